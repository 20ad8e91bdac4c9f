"""The columns of the trends' tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chartlake.cli.show import Col

__all__ = [
    "ARTISTS",
    "ARTIST_ITEMS",
    "CHART",
    "ENTERED",
    "EXITS",
    "LEFT",
    "MARK",
    "MARKET_HISTORY",
    "MOVED",
    "MOVERS",
    "NEW",
    "RECORDS",
    "RELEASES",
    "ROSTER",
    "STAYED",
    "STREAKS",
    "TRACK",
    "markets",
    "placed",
]

_MOVES = {"new": "NEW", "re_entry": "RE", "first": "first", "same": "="}
_STYLES = {"up": "green", "down": "red", "new": "magenta", "re_entry": "yellow"}
_SIGN_STYLES = {"▲": "green", "▼": "red", "NEW": "magenta", "RE": "yellow"}


def _change(change: int) -> str:
    return f"▲{change}" if change > 0 else f"▼{-change}" if change < 0 else "="


def _change_style(change: float) -> str:
    return "green" if change > 0 else "red" if change < 0 else "dim"


def _percent(share: float) -> str:
    return f"{share:+.0%}"


MARK = Col("", "on_roster", lambda on: "●" if on else "", lambda on: "bold magenta")
"""What is on the roster, told without colour too; shown where anything is."""
_TITLE = Col("title", "item_name", wide=True)
_BY = Col("artist", "artist_names", wide=True)
_PEAK = Col("peak", "peak_position")
_PEAK_DATE = Col("peak on", "peak_date")
_STARRED_PEAK = Col("peak", "starred_peak")
_ON_CHART = Col("on chart", "editions_on_chart")
_STREAK = Col("streak", "streak")
_STREAMS = Col("streams", "streams")
_STREAMS_PERCENT = Col(
    "streams +/-", "streams_change_percent", lambda percent: f"{percent:+.1f}%", _change_style
)
_POSITION = Col("#", "position")
_WAS = Col("was", "previous_position")
_MOVEMENT = Col("move", "movement", lambda m: _MOVES.get(m, m), lambda m: _STYLES.get(m, "dim"))
_MOVE = Col(
    "move",
    "move",
    None,
    lambda move: next((style for sign, style in _SIGN_STYLES.items() if sign in move), "dim"),
)
_CHANGE = Col("+/-", "change", _change, _change_style)
_FROM = Col("from", "position_then")
_TO = Col("to", "position_now")

MOVERS = [_POSITION, _CHANGE, _WAS, _TITLE, _BY, _PEAK, _ON_CHART, _STREAK, _STREAMS]
NEW = [_POSITION, _MOVEMENT, _TITLE, _BY, _PEAK, _PEAK_DATE, _ON_CHART, _STREAMS]
EXITS = [
    Col("was", "last_position"),
    _TITLE,
    _BY,
    Col("run", "run_length"),
    _ON_CHART,
    _PEAK,
    Col("came back", "returned_date"),
    Col("at", "returned_position"),
]
STREAKS = [
    _POSITION,
    _TITLE,
    _BY,
    _STREAK,
    _ON_CHART,
    _PEAK,
    _PEAK_DATE,
    Col("at #1", "editions_at_one"),
]
CHART = [
    _POSITION,
    _MOVE,
    _WAS,
    _TITLE,
    _BY,
    _STARRED_PEAK,
    _ON_CHART,
    _STREAK,
    _STREAMS,
    _STREAMS_PERCENT,
    Col("last 7", "streams_7"),
    Col("share", "streams_share", lambda share: f"{share:.2%}"),
]
ROSTER = [*CHART[:8], Col("because", "because"), *CHART[8:10]]
ARTIST_ITEMS = [_POSITION, _MOVE, _WAS, _TITLE, _BY, _PEAK, _PEAK_DATE, _ON_CHART, _STREAK]
ARTISTS = [
    Col("artist", "artist_name", wide=True),
    Col("items", "items"),
    Col("best", "best_position"),
    Col("points", "chart_points", lambda points: f"{points:.2f}"),
    Col("share", "share", lambda share: f"{share:.1%}"),
    Col("4 weeks", "momentum_4w", _percent, _change_style),
]
TRACK = [
    Col("date", "chart_date"),
    _POSITION,
    _CHANGE,
    _MOVEMENT,
    _PEAK,
    _ON_CHART,
    _STREAK,
    _STREAMS,
    _STREAMS_PERCENT,
]
MOVED = [_TO, _CHANGE, _FROM, _TITLE, _BY, _PEAK, _ON_CHART]
ENTERED = [
    _TO,
    Col("before", "was_there_before", lambda was: "RE" if was else "NEW"),
    *MOVED[3:],
]
LEFT = [_FROM, _TITLE, _BY, _PEAK, _ON_CHART]
STAYED = [_TO, _TITLE, _BY, _PEAK, _ON_CHART]
MARKET_HISTORY = [
    Col("market", "market"),
    Col("first on", "first_chart_date"),
    Col("at", "first_position"),
    Col("days after", "days_after_first"),
    _PEAK,
    _PEAK_DATE,
    _ON_CHART,
    Col("last on", "last_chart_date"),
    Col("now", "position"),
]
RECORDS = [
    Col("", "place"),
    Col("value", "value"),
    _TITLE,
    _BY,
    _POSITION,
    Col("since", "since_date"),
    Col("date", "chart_date"),
]
RELEASES = [
    Col("seen on", "first_chart_date"),
    Col("released", "release_date_text"),
    Col("album", "album_name", wide=True),
    Col("artist", "artist_name", wide=True),
    Col("type", "album_type"),
    Col("tracks", "total_tracks"),
]


def markets(names: list[str]) -> list[Col]:
    """The columns of an edition side by side: a position for each market."""
    spread = [Col("first in", "first_in"), Col("days until", "days_until", wide=True)]
    return [_TITLE, _BY, *(Col(name, f"at {name}") for name in names), *spread]


def placed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the chart with its move in one word, and a star at a peak where it stands now."""
    change = row["change"]
    star = "★" if row["position"] == row["peak_position"] else " "
    return {
        **row,
        "move": _MOVES.get(row["movement"]) or _change(change),
        "starred_peak": f"{row['peak_position']:>3}{star}",
    }
