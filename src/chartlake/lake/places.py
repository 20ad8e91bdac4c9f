"""In which bucket an object of the lake lies: mostly in one; what readers read may have another.

s3://raw-bucket/lake                                 one place
s3://raw-bucket/lake?curated=s3://other/lake         curated/ and marts/ in another
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from chartlake.errors import ConfigError
from chartlake.lake import keys

__all__ = ["Places", "places_of"]

_APART = (keys.CURATED, keys.MARTS)


class Places(NamedTuple):
    """Where a lake lies; ``curated`` is where its tables do, if that is another place."""

    main: str
    curated: str | None = None

    def of(self, key: str) -> str:
        """The place of an object, or of all whose keys begin so."""
        return self.curated if self.curated and key.startswith(_APART) else self.main

    def url_of(self, key: str) -> str:
        """The address of an object."""
        return f"{self.of(key)}/{key}"

    def apart(self, prefix: str) -> tuple[str, ...]:
        """Prefixes, one for each place in which objects may lie whose keys begin so."""
        return (prefix, keys.CURATED) if self.curated and not prefix else (prefix,)

    def all_of(self, prefix: str) -> tuple[str, ...]:
        """The places in which objects may lie whose keys begin so."""
        return tuple(self.of(each) for each in self.apart(prefix))


def places_of(url: str) -> Places:
    """Read a lake's URL; ConfigError where it says what a lake can't be."""
    parts = urlsplit(url)
    if parts.scheme != "s3":
        return Places(url)
    said = parse_qs(parts.query, keep_blank_values=True)
    curated = said.pop("curated", [None])[-1]
    if said or (curated is not None and not (_is_bucket(curated) and parts.netloc)):
        raise ConfigError(
            f"lake url {url!r} is none that chartlake knows",
            fix="s3://bucket/prefix, or s3://bucket/prefix?curated=s3://other-bucket/prefix",
        )
    main = parts._replace(query="", fragment="").geturl().rstrip("/")
    return Places(main, curated.rstrip("/") if curated else None)


def _is_bucket(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "s3" and bool(parts.netloc) and not parts.query
