"""What the crawler saw, beside the types of the template."""

from __future__ import annotations

from chartlake.aws.deploy.crawled import Difference, differences

TYPED = {"entries": {"position": "bigint", "at": "timestamp", "slot_month": "string"}}


def test_the_same_is_no_difference() -> None:
    assert differences(TYPED, TYPED) == ([], [])


def test_every_kind_of_difference() -> None:
    seen = {
        "entries": {"position": "int", "at": "timestamp", "slot_month": "string", "more": "double"},
        "strays": {"a": "string"},
    }
    assert differences(TYPED | {"slots": {}}, seen) == (
        [
            Difference("entries", "more", None, "double"),
            Difference("entries", "position", "bigint", "int"),
            Difference("strays", None, None, "a table"),
        ],
        ["slots"],
    )


def test_a_column_that_the_files_lack() -> None:
    seen = {"entries": {"position": "bigint", "slot_month": "string"}}
    assert differences(TYPED, seen)[0] == [Difference("entries", "at", "timestamp", None)]
