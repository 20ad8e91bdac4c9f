"""The faults of extraction, a row each: what goes wrong, and what a person then has and sees.

A project follows ``LIST``, of 60 items on two pages, and ``OTHER``, of 3 on one. Undisturbed that
is four requests: two pages and the version of the one, a page of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import msgspec

from chartlake.simulator import Fault, Mixtape
from chartlake.simulator.answers import Answer
from chartlake.simulator.entries import Entry, Malformed
from chartlake.simulator.faults import (
    drip,
    html,
    huge,
    late,
    mutated,
    quota_exceeded,
    reset,
    shortened,
    status,
    too_many,
    truncated,
)
from chartlake.simulator.records import Track
from chartlake.simulator.users import USERS

LIST, OTHER = "2nWxVs7sKLqP7tqTZQv0Fa", "5hTkYc1dEbRm3uGwXz8JQo"
TRACKS = {"track": 60}
UNDISTURBED = 4

_FIRST = f"/v1/playlists/{LIST}"
_SECOND = f"{_FIRST}/items"
_ALL = f"{_FIRST}*"


@dataclass(frozen=True)
class Row:
    """A fault, and what comes of it.

    - ``requests``: all of the run to the Web API; ``waits``: seconds, at least
    - ``says``: words on standard error
    - ``committed``: whether the list has a manifest, of so many ``pages``; ``others``: the other's
    - ``held``: pages of the list that wait for another run
    - ``kinds``, ``rejects``: what its entries in the warehouse are; ``tracks``: those with an id
    - ``sql``: a query, and the one value that it gives
    """

    name: str
    faults: tuple[Fault, ...] = ()
    requests: int = UNDISTURBED
    code: int = 0
    says: tuple[str, ...] = ()
    committed: bool = True
    others: bool = True
    pages: int = 2
    held: int = 0
    kinds: Mapping[str, int] = field(default_factory=lambda: TRACKS)
    tracks: int = 60
    rejects: int = 0
    waits: float = 0
    sql: Mapping[str, Any] = field(default_factory=dict)
    tape: Callable[[Mixtape], None] = lambda tape: None
    signed_in: bool = False
    http_seconds: float = 30


def _kept(name: str, *faults: Fault, **more: Any) -> Row:
    """All of the list is stored, in spite of something."""
    return Row(name, faults, **more)


def _lost(name: str, *faults: Fault, says: str, too: tuple[str, ...] = (), **more: Any) -> Row:
    """Nothing of the list is stored but why, and the run says so."""
    nothing: dict[str, Any] = {"code": 3, "kinds": {}, "tracks": 0, "committed": False}
    return Row(name, faults, says=("feed list", says, *too), **nothing | more)


def _deferred(name: str, fault: Fault, words: str, until: str) -> Row:
    """The run ends at once; what was read is held."""
    told = (words, f"not before {until} UTC", "run again after that")
    row = _lost(name, fault, says="Spotify asks to wait", requests=2, held=1, pages=1)
    return replace(row, says=told, code=75, others=False)


def _passing(
    name: str, make: Callable[..., Fault], says: str, too: tuple[str, ...] = (), **more: Any
) -> list[Row]:
    """What passes costs one more request; what does not pass is given up after four attempts."""
    once, always = make(path=_SECOND), make(path=_SECOND, every=1)
    lost: dict[str, Any] = {
        "says": says,
        "too": too,
        "requests": 1 + 4 + 1,
        "held": 1,
        "waits": 1.5,
    }
    return [
        _kept(f"{name}, once", once, requests=5, waits=0.2, **more),
        _lost(f"{name}, again and again", always, **lost, **more),
    ]


def _lasting(name: str, make: Callable[..., Fault], says: str, *too: str) -> Row:
    return _lost(name, make(path=_ALL, every=1), says=says, too=too, requests=4 + 1, waits=1.5)


def _changed(change: Callable[[dict[str, Any]], None], path: str = _ALL) -> Fault:
    """Each page of items, changed."""

    def changed(answering: Callable[[], Answer]) -> Answer:
        answer = answering()
        content = msgspec.json.decode(answer.body)
        page = content["items"] if isinstance(content.get("items"), dict) else content
        if "total" in page:
            change(page)
        return replace(answer, body=msgspec.json.encode(content))

    return Fault("changed", changed, path, every=1)


def next_at(host: str) -> Fault:
    """``next`` leads to another host."""
    return _changed(lambda page: page.update(next=f"{host}/v1/playlists/{LIST}/items?offset=50"))


def _other_total(by: int) -> Fault:
    return _changed(lambda page: page.update(total=page["total"] + by))


def _a_list(**when: Any) -> Fault:
    return Fault("a list", lambda answering: replace(answering(), body=b"[]"), **when)


def _edited(times: int) -> Callable[[Mixtape], None]:
    """Somebody moves the first track to the end, whenever the first page was read."""

    def edit(tape: Mixtape) -> None:
        if tape.reads % 2 and tape.revision <= times:
            tape.edit([*tape.items[1:], tape.items[0]])

    return lambda tape: setattr(tape, "on_read", edit)


def _poisoned(count: int) -> Callable[[Mixtape], None]:
    """So many tracks have an object as their id."""

    def poison(place: int, entry: Entry) -> Entry:
        return Malformed(entry) if place < count and isinstance(entry, Track) else entry

    return lambda tape: tape.edit([poison(*each) for each in enumerate(tape.items)])


def _of_somebody_else(tape: Mixtape) -> None:
    tape.owner_id = USERS[1].user_id


def _odd(mutation: str, kinds: Mapping[str, int] = TRACKS, **more: Any) -> Row:
    """Something odd at the eighth place."""
    fault = mutated(mutation, item=7, path=_FIRST)
    return _kept(
        mutation.replace("_", " "), fault, kinds=kinds, **{"tracks": kinds["track"]} | more
    )


_NOT_LISTED = "User not registered in the Developer Dashboard"
_NO_PREMIUM = "Active premium subscription required for the owner of the app"
_NOT_SHOWN = "Spotify does not let this app read the items of playlist"
_UNAVAILABLE = {"track": 59, "unavailable": 1}

ROWS = [
    # who asks
    _kept("the token expires in the middle", status(401, path=_SECOND), requests=5, signed_in=True),
    _lost(
        "401 even with a new token",
        status(401, path=_ALL, every=1),
        says="Spotify does not accept the credentials (401)",
        requests=2 + 1,
        signed_in=True,
    ),
    _lost(
        "a given token has ended",
        status(401, path=_ALL, every=1),
        says="Spotify no longer accepts the access token that was given",
        too=("chartlake login",),
        requests=1,
        others=False,  # it is no better for them, so they need not ask
    ),
    # what is not allowed, and what is not there
    _lost(
        "403: somebody else's playlist",
        says=_NOT_SHOWN,
        too=("only its owner and collaborators", "chartlake doctor"),
        requests=2 + 1,
        tape=_of_somebody_else,
    ),
    _lost(
        "403: the user is not listed",
        status(403, _NOT_LISTED, path=_ALL, every=1),
        says=_NOT_SHOWN,
        too=(_NOT_LISTED, "not on the app's list"),
        requests=1 + 1,
    ),
    _lost(
        "403: no Premium",
        status(403, _NO_PREMIUM, path=_ALL, every=1),
        says=_NOT_SHOWN,
        too=(_NO_PREMIUM, "without Premium"),
        requests=1 + 1,
    ),
    _lost(
        "404",
        status(404, path=_ALL, every=1),
        says=f"Spotify does not show playlist {LIST} to this app (404)",
        too=("chartlake import",),
        requests=1 + 1,
    ),
    _lost(
        "400",
        status(400, "Invalid limit", path=_ALL, every=1),
        says="Spotify refused",
        too=("(400)", "Invalid limit"),
        requests=1 + 1,
    ),
    # how often
    _kept("429 for seconds", too_many(7, path=_SECOND), requests=5, waits=7),
    _kept("429 without a time", status(429, path=_SECOND), requests=5, waits=0.2),
    _lost(
        "429 for seconds, again and again",
        too_many(7, path=_ALL, every=1),
        says="Spotify asked to slow down (429)",
        requests=4 + 1,
        waits=4 * 7,
    ),
    _deferred("429 for hours", too_many(52_531, path=_SECOND), "14.6 hours", "2026-11-20 15:05"),
    _deferred("quota", quota_exceeded(72_000, path=_SECOND), "20.0 hours", "2026-11-20 20:30"),
    _deferred("quota, briefly", quota_exceeded(90, path=_SECOND), "2 minutes", "2026-11-20 00:31"),
    # outages
    *_passing("503", partial(status, 503), "Spotify has an outage (503)"),
    _lasting("500", partial(status, 500), "Spotify has an outage (500)"),
    _lasting("502, in HTML", partial(status, 502), "Spotify has an outage (502)"),
    _lasting("504", partial(status, 504), "Spotify has an outage (504)"),
    *_passing("reset", reset, "cannot read"),
    _lasting("reset in the body", partial(reset, 900), "cannot read"),
    *_passing("timeout", partial(late, 90), "cannot read", ("ReadTimeout",), http_seconds=0.6),
    # answers that are not whole
    *_passing("cut short", partial(truncated, 900), "cannot read"),
    _lasting("no body", partial(truncated, 0), "cannot read"),
    *_passing("shortened", partial(shortened, 900), "the answer of", ("is not whole JSON",)),
    _lasting("emptied", partial(shortened, 0), "the answer of", "is not whole JSON"),
    *_passing("a page in HTML", html, "http", ("answered with text/html, not JSON",)),
    _lasting("20 MB", huge, "the answer of", "is larger than 8 MiB"),
    _lasting("a slow drip", partial(drip, 40, 400), "the answer of", "did not end within"),
    _lost("a list", _a_list(path=_FIRST), says="http", too=("another shape",), requests=1 + 1),
    _lost(
        "a page that is none",
        _changed(lambda page: page.update(items={"0": None}), _SECOND),
        says="http",
        too=("has another shape than a playlist_items",),
        requests=2 + 1,
        held=1,
    ),
    # pages that do not fit together
    _lost(
        "a page from another place",
        _changed(lambda page: page.update(offset=49), _SECOND),
        says="begins at item 49, not 50",
        requests=2 + 1,
        held=1,
    ),
    _lost(
        "fewer items than stated",
        _other_total(+1),
        says=f"playlist {LIST} gave 60 of 61 items",
        requests=4 + 1,  # one to see that there are no more
    ),
    _lost(
        "more items than stated",
        _other_total(-1),
        says=f"playlist {LIST} gave 60 of 59 items",
        requests=3 + 1,
    ),
    _kept("no total", mutated("total_null", path=_ALL, every=1, times=2), requests=5, pages=3),
    _kept("edited while it is read", tape=_edited(1), requests=2 * 3 + 1),
    _kept("edited twice", tape=_edited(2), requests=3 * 3 + 1),
    _lost(
        "edited three times",
        tape=_edited(3),
        says=f"playlist {LIST} was edited while it was read, 3 times in a row",
        requests=3 * 3 + 1,
    ),
    # odd things in the list
    _odd("null_item", _UNAVAILABLE),
    _odd("null_entry", _UNAVAILABLE),
    _odd("no_item", _UNAVAILABLE),
    _odd("local_file", {"track": 59, "local": 1}),
    _odd("episode", {"track": 59, "episode": 1}),
    _odd("null_id", tracks=59),
    _odd("unknown_field"),
    _odd("odd_added_at", sql={"select count(*) from entries where added_at is null": 1}),
    _odd("odd_dates", sql={"select bool_or(release_date is null) from albums": True}),
    _kept("poison", tape=_poisoned(1), rejects=1, kinds={"track": 59}, tracks=59),
    _kept("poison, six of sixty", tape=_poisoned(6), rejects=6, kinds={"track": 54}, tracks=54),
    Row(
        "poison, too much",
        code=1,
        says=("list 20261120T000000Z", "7 of 60 records"),
        tape=_poisoned(7),
        kinds={},
        tracks=0,
    ),
]
