"""Conditional requests: an answer's tag, and 304 for who has it already."""

from dataclasses import replace
from hashlib import blake2b

from chartlake.simulator.answers import Answer, Request


def tagged(answer: Answer, request: Request) -> Answer:
    """The answer with its ETag, or 304 without a body where the asker knows it."""
    tag = f'W/"{blake2b(answer.body, digest_size=16).hexdigest()}"'
    headers = {**answer.headers, "ETag": tag}
    if _knows(request.headers.get("if-none-match", ""), tag):
        return Answer(304, b"", headers)
    return replace(answer, headers=headers)


def _knows(known: str, tag: str) -> bool:
    # weak comparison: with or without W/ it is the same (RFC 9110, 13.1.2)
    tags = {one.strip().removeprefix("W/") for one in known.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags
