"""What is wrong with the world's lists, where and when: the mess that real ones contain."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in one market's playlist on one date, counted back from the world's last date."""

    market: str
    days_ago: int
    position: int = 1


def _spots(market: str, days_ago: range, position: int) -> tuple[Spot, ...]:
    return tuple(Spot(market, ago, position) for ago in days_ago)


@dataclass(frozen=True, slots=True)
class Blemishes:
    """The flaws of a world. As it comes, for the demo (dates for a last date of 2026-11-20):

    - ``outages``: Japan's playlist answers 503 all day, 41 days ago (2026-10-10): an edition that
      can never be had.
    - ``malformed``: the track at Mexico's position 33 has a JSON object as its ``id``, 23 days ago
      (2026-10-28): it cannot be used.
    - ``unavailable``: Brazil's position 18 is null, 30 and 29 days ago (2026-10-21 and -22).
    - ``local_files``: Brazil's position 44 is somebody's own file, 31 to 27 days ago.
    - ``episodes``: Brazil's position 52 is a podcast episode, 34 to 28 days ago.

    An unavailable or malformed item stands in the place of its track; a file or an episode is put
    in between, and the last track falls off the end: the list keeps its length.
    """

    outages: tuple[Spot, ...] = (Spot("Japan", 41),)
    malformed: tuple[Spot, ...] = (Spot("Mexico", 23, 33),)
    unavailable: tuple[Spot, ...] = _spots("Brazil", range(29, 31), 18)
    local_files: tuple[Spot, ...] = _spots("Brazil", range(27, 32), 44)
    episodes: tuple[Spot, ...] = _spots("Brazil", range(28, 35), 52)

    def of(self, market: str, days_ago: int) -> "Blemishes":
        """Those of one market's playlist on one day."""
        kinds = (getattr(self, kind.name) for kind in fields(self))
        wanted = (market, days_ago)
        here = (tuple(s for s in spots if (s.market, s.days_ago) == wanted) for spots in kinds)
        return Blemishes(*here)

    @classmethod
    def none(cls) -> "Blemishes":
        """A world without flaws."""
        return cls((), (), (), (), ())
