"""The kinds of faults, each made by a function of its name.

All take ``path``, ``nth``, ``every`` and ``times``: see ``When``.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Unpack

import msgspec

from chartlake.simulator.answers import Answer
from chartlake.simulator.faults.fault import Answering, Fault, NothingToChange, When
from chartlake.simulator.faults.mutations import MUTATIONS, mutate

QUOTA_SECONDS = 86_400
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_EXPIRED = {
    "WWW-Authenticate": 'Bearer realm="spotify", error="invalid_token", '
    'error_description="The access token expired"'
}
_MESSAGES = {
    401: "The access token expired",
    403: "Forbidden",
    404: "Resource not found",
    429: "API rate limit exceeded",
    500: "Server error",
    503: "Service temporarily unavailable",
}


def status(code: int, message: str | None = None, **when: Unpack[When]) -> Fault:
    """An error instead of the answer; 502 is a page in HTML, as gateways write them."""
    if not 400 <= code <= 599 or code not in set(HTTPStatus):
        raise ValueError(f"code is {code}: it is an error of HTTP, from 400 to 511")
    name = f"status {code}"
    if code == 502:
        return _instead(name, Answer(code, b"<html><h1>502 Bad Gateway</h1></html>", _HTML), when)
    headers = _EXPIRED if code == 401 else {}
    said = message or _MESSAGES.get(code) or HTTPStatus(code).phrase
    return _instead(name, _error(code, headers, message=said), when)


def too_many(seconds: int, **when: Unpack[When]) -> Fault:
    """429 with so many seconds in Retry-After: some, or hours of them."""
    _check(seconds=seconds)
    answer = _error(429, {"Retry-After": str(seconds)}, message=_MESSAGES[429])
    return _instead(f"too_many {seconds}", answer, when)


def quota_exceeded(seconds: int = QUOTA_SECONDS, **when: Unpack[When]) -> Fault:
    """429 because the requests of the day are used up."""
    _check(seconds=seconds)
    headers = {"Retry-After": str(seconds)}
    answer = _error(429, headers, message="Too many requests", reason="QUOTA_EXCEEDED")
    return _instead("quota_exceeded", answer, when)


def html(**when: Unpack[When]) -> Fault:
    """200 with a page in HTML, as networks give that want a login of their own."""
    page = b"<!doctype html><title>Welcome</title><p>Please accept our terms to go online.</p>"
    return _instead("html", Answer(200, page, _HTML), when)


def huge(megabytes: int = 20, **when: Unpack[When]) -> Fault:
    """The true answer, blown up by white space: still valid JSON."""
    _check(megabytes=megabytes)

    def blow_up(answer: Answer) -> Answer:
        return replace(answer, body=answer.body.ljust(megabytes * 1_000_000))

    return _edited("huge", blow_up, when)


def reset(at: int | None = None, **when: Unpack[When]) -> Fault:
    """The connection is reset: before the answer, or after so many bytes of its body."""
    _check(at=at or 0)

    def cut(answer: Answer) -> Answer:
        if at is not None:
            _check_cut(answer, at)
        return _delivered(answer, cut_at=at, reset=True)

    return _edited("reset", cut, when)


def late(seconds: float, **when: Unpack[When]) -> Fault:
    """Nothing for so long, then the answer."""
    _check(seconds=seconds)
    return _edited("late", lambda answer: _delivered(answer, wait=seconds), when)


def drip(seconds: float, pieces: int = 10, **when: Unpack[When]) -> Fault:
    """The head at once, the body over so many seconds, in pieces."""
    _check(seconds=seconds)
    if pieces < 1:
        raise ValueError(f"pieces is {pieces}: there is at least 1")
    slow = {"pieces": pieces, "pause": seconds / pieces}
    return _edited("drip", lambda answer: _delivered(answer, **slow), when)


def truncated(at: int, **when: Unpack[When]) -> Fault:
    """The connection ends after so many bytes of the body, fewer than Content-Length says."""
    _check(at=at)

    def cut(answer: Answer) -> Answer:
        _check_cut(answer, at)
        return _delivered(answer, cut_at=at)

    return _edited(f"truncated {at}", cut, when)


def shortened(at: int, **when: Unpack[When]) -> Fault:
    """So many bytes of the body with a Content-Length to match, as a proxy may do."""
    _check(at=at)

    def cut(answer: Answer) -> Answer:
        _check_cut(answer, at)
        return replace(answer, body=answer.body[:at])

    return _edited(f"shortened {at}", cut, when)


def mutated(mutation: str, item: int = 0, **when: Unpack[When]) -> Fault:
    """The true answer with something odd in it: see ``mutations``; ``item`` counts from 0."""
    _check(item=item)
    if mutation not in MUTATIONS:
        raise ValueError(f"mutation is {mutation!r}: there are {', '.join(MUTATIONS)}")

    def edit(answer: Answer) -> Answer:
        if answer.status != 200:
            raise NothingToChange(f"the true answer is {answer.status}")
        return replace(answer, body=mutate(answer.body, mutation, item))

    return _edited(mutation, edit, when)


def _check(**numbers: float) -> None:
    for name, number in numbers.items():
        if number < 0:
            raise ValueError(f"{name} is {number}: it cannot be less than 0")


def _error(code: int, headers: dict[str, str], **said: str) -> Answer:
    body = {"error": {"status": code, **said}}
    return Answer(code, msgspec.json.encode(body), headers)


def _instead(name: str, answer: Answer, when: When) -> Fault:
    # the true answer is not even looked for: a code that was not answered is not used up
    return Fault(name, lambda answering: answer, **when)


def _edited(name: str, edit: Callable[[Answer], Answer], when: When) -> Fault:
    return Fault(name, partial(_edit, edit), **when)


def _edit(edit: Callable[[Answer], Answer], answering: Answering) -> Answer:
    return edit(answering())


def _delivered(answer: Answer, **how: Any) -> Answer:
    # one fault may cut what another one slows down
    return replace(answer, delivery=replace(answer.delivery, **how))


def _check_cut(answer: Answer, at: int) -> None:
    if at >= len(answer.body):
        raise NothingToChange(f"cannot cut {len(answer.body)} bytes at {at}")
