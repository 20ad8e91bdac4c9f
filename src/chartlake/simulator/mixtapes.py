"""Playlists that people make and edit: unlike the charts they change when somebody changes them.

For tests that need a long list, a list that is edited between two pages, a version that changes
while the items stay, or items of any shape::

    tape = Mixtape("2nWxVs7sKLqP7tqTZQv0Fa", owner_id, list(world.tracks[:430]))
    tape.on_read = lambda tape: tape.edit(tape.items[1:]) if tape.reads == 1 else None
    world.mixtapes[tape.playlist_id] = tape
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from threading import RLock

from chartlake.simulator.dice import Dice
from chartlake.simulator.entries import Entry
from chartlake.simulator.records import Track
from chartlake.simulator.users import USERS


@dataclass(eq=False)
class Mixtape:
    """A playlist of a user: its version changes by ``edit`` and ``touch`` alone, never by date.

    - ``on_read`` is called after each reading of items (the playlist object or one page of them,
      not the version alone), before the answer leaves: its edits show in the next one.
    - ``spoil`` gets each item with its position, counted from 0, and returns what is served.
    - ``gone``: 404, and null in lists of playlists.
    """

    playlist_id: str
    owner_id: str
    items: Sequence[Entry]
    name: str = "Mixtape"
    public: bool = True
    collaborators: Sequence[str] = ()
    followers: Sequence[str] = ()
    gone: bool = False
    on_read: Callable[["Mixtape"], None] | None = None
    spoil: Callable[[int, dict[str, object]], object] | None = None
    reads: int = field(default=0, init=False)
    revision: int = field(default=1, init=False)
    _lock: RLock = field(default_factory=RLock, init=False, repr=False)

    @property
    def snapshot_id(self) -> str:
        """The version, in Spotify's form: base64 of "revision,hash"."""
        digest = sha256(f"{self.playlist_id},{self.revision}".encode()).hexdigest()[:40]
        return b64encode(f"{self.revision},{digest}".encode()).decode()

    def edit(self, items: Sequence[Entry]) -> None:
        """Replace the items: a new version."""
        with self._lock:
            self.items = items
            self.revision += 1

    def touch(self) -> None:
        """A new version with the same items, as Spotify gives at times."""
        self.edit(self.items)

    def read(self) -> tuple[str, tuple[Entry, ...]]:
        """The version and its items, which belong together."""
        with self._lock:
            found = self.snapshot_id, tuple(self.items)
            self.reads += 1
            if self.on_read is not None:
                self.on_read(self)
            return found

    def opens_to(self, user_id: str | None) -> bool:
        """Whether somebody owns it or works on it."""
        return user_id is not None and user_id in (self.owner_id, *self.collaborators)


def prepared(dice: Dice, tracks: Sequence[Track]) -> tuple[Mixtape, ...]:
    """Those that are there from the start: a stranger's, a private, a shared and Spotify's own."""

    def pick(name: str, count: int) -> list[Track]:
        return dice.shuffled(tracks, "mixtape", name)[:count]

    owner, stranger, friend = (user.user_id for user in USERS)
    rain = pick("rain", 34)
    return (
        # one track stands twice in it: a place in a list is no track
        Mixtape(dice.base62("rain"), stranger, [*rain, rain[0]], "Rain on the Tram"),
        Mixtape(dice.base62("kitchen"), owner, pick("kitchen", 61), "Kitchen, Late", public=False),
        Mixtape(
            dice.base62("road"),
            friend,
            pick("road", 22),
            "Road to the Coast",
            public=False,
            collaborators=(owner,),
        ),
        Mixtape(
            f"37i9dQZF1D{dice.base62('editorial')[:12]}",
            "spotify",
            pick("editorial", 50),
            "Invented Hits",
            followers=(stranger,),
        ),
    )
