"""A fault script as a TOML file: one ``[[fault]]`` after the other.

::

    [[fault]]
    kind = "status"
    code = 503
    path = "/v1/playlists/*"
    nth = 2

``kind`` is a function of ``kinds``; the other keys are its arguments.
"""

import inspect
import tomllib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

import msgspec

from chartlake.errors import ConfigError
from chartlake.simulator.faults import kinds
from chartlake.simulator.faults.fault import Fault, When

KINDS: Mapping[str, Callable[..., Fault]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            kinds.status,
            kinds.too_many,
            kinds.quota_exceeded,
            kinds.reset,
            kinds.late,
            kinds.drip,
            kinds.truncated,
            kinds.shortened,
            kinds.html,
            kinds.huge,
            kinds.mutated,
        )
    }
)


def read_faults(text: str, name: str) -> tuple[Fault, ...]:
    """The faults of a script; ConfigError says which one of the file ``name`` is wrong, and how."""
    try:
        script = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML", why=str(error)) from error
    tables = script.pop("fault", [])
    if script or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        what = f"unknown key {next(iter(script))!r}" if script else "fault is no list of tables"
        raise ConfigError(f"{name}: {what}", fix="begin each fault with a line [[fault]]")
    return tuple(
        _fault(table, f"{name}: fault {number}") for number, table in enumerate(tables, start=1)
    )


def _fault(table: dict[str, Any], where: str) -> Fault:
    arguments = dict(table)
    kind = arguments.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        what = "kind is missing" if kind is None else f"unknown kind {kind!r}"
        raise ConfigError(f"{where}: {what}", fix=f"valid: {', '.join(KINDS)}")
    types = _arguments(KINDS[kind])
    for key, value in arguments.items():
        _check(f"{where}: {key}", value, types.get(key), list(types))
    missing = [key for key in _required(KINDS[kind]) if key not in arguments]
    if missing:
        raise ConfigError(f"{where}: {missing[0]} is missing", fix=f"{kind} needs it")
    try:
        return KINDS[kind](**arguments)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def _arguments(kind: Callable[..., Fault]) -> dict[str, Any]:
    """The arguments of a kind, also those that all have, with their types."""
    own = {name: hint for name, hint in get_type_hints(kind).items() if name not in _NOT_WRITTEN}
    return own | get_type_hints(When)


_NOT_WRITTEN = {"return", "when"}


def _required(kind: Callable[..., Fault]) -> list[str]:
    parameters = inspect.signature(kind).parameters.values()
    return [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]


def _check(where: str, value: object, expected: Any, known: list[str]) -> None:
    if expected is None:
        raise ConfigError(f"{where}: unknown key", fix=f"valid here: {', '.join(known)}")
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {str(error).lower()}") from error
