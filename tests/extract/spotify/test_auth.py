"""Moved to `auth/`; this name is left for who still imports from here."""

from tests.extract.spotify.auth.fakes import told

__all__ = ["told"]
