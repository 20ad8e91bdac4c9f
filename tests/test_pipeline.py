"""The exit code of several problems."""

from __future__ import annotations

import pytest

from chartlake.errors import (
    ChartlakeError,
    ConfigError,
    DataError,
    Deferred,
    Refused,
    SignInError,
    StorageError,
)
from chartlake.pipeline import exit_code


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([DataError("")], 1),
        ([ConfigError("")], 2),
        ([Deferred("")], 75),
        ([Deferred(""), DataError("")], 1),
        ([DataError(""), Refused(""), SignInError("")], 3),
        ([Refused(""), StorageError(""), Deferred("")], 4),
    ],
)
def test_the_gravest_counts_and_deferred_only_alone(
    errors: list[ChartlakeError], code: int
) -> None:
    assert exit_code(errors) == code
