"""What chartlake.toml says of charts, as the warehouse takes it."""

from __future__ import annotations

from chartlake.errors import ConfigError
from chartlake.settings import FILE_NAME, Settings, WarehouseSettings
from chartlake.warehouse.choices import Choices
from chartlake.warehouse.sql import checks

__all__ = ["choices_of", "limits_of"]


def choices_of(settings: Settings) -> Choices:
    """The roster, what is excluded, the markets, and what only warns; ConfigError names a check."""
    roster, exclude = settings.roster, settings.exclude
    return Choices(
        roster=(
            *(("artist", value) for value in roster.artists),
            *(("track", value) for value in roster.tracks),
            *(("album", value) for value in roster.albums),
            *(("isrc", value) for value in roster.isrcs),
            *(("name", value) for value in roster.names),
        ),
        excluded=(
            *(("item", value) for value in exclude.items),
            *(("artist", value) for value in exclude.artists),
            *(("name", value) for value in exclude.names),
            *(("kind", value) for value in exclude.kinds),
        ),
        markets=tuple(
            (feed, family, market)
            for family, markets in settings.markets.items()
            for market, feed in markets.items()
        ),
        recordings=settings.charts.recordings,
        as_warnings=_known(settings),
    )


def limits_of(settings: WarehouseSettings) -> dict[str, str | int]:
    """What DuckDB may take while it writes; what is not said is left to DuckDB."""
    limits = {"memory_limit": settings.memory_limit, "threads": settings.threads}
    return {name: value for name, value in limits.items() if value is not None}


def _known(settings: Settings) -> frozenset[str]:
    valid = [check.name for check in checks()] if settings.checks.as_warnings else []
    for name in settings.checks.as_warnings:
        if name not in valid:
            raise ConfigError(
                f"{settings.project / FILE_NAME}: checks.as_warnings: no check is named {name!r}",
                fix=f"valid: {', '.join(valid)}",
            )
    return frozenset(settings.checks.as_warnings)
