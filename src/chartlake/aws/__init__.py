"""What only AWS has. Nothing below `wiring` imports it; it needs the extra ``aws``."""
