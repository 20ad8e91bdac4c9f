"""The records of a feed: the ten best of each, over all its editions."""

from __future__ import annotations

from chartlake.errors import UsageError
from chartlake.report.editions import EditionFacts
from chartlake.report.roster import ARTISTS, ITEMS, marked, marked_artists
from chartlake.report.trends.moves import Trend
from chartlake.warehouse.port import Warehouse

__all__ = ["RECORDS", "records"]

RECORDS = {
    "longest_streak": "Longest in a row",
    "most_editions": "Most editions on chart",
    "most_at_one": "Most editions at #1",
    "biggest_climb": "Biggest climbs",
    "biggest_fall": "Biggest falls",
    "longest_absence": "Longest absences before a re-entry",
    "most_streams": "Most streams in one edition",
    "most_by_artist": "Most items of one artist at once",
}
"""The records by name, and what they are called."""


def records(
    warehouse: Warehouse,
    about: EditionFacts,
    limit: int = 3,
    record: str | None = None,
    *,
    roster: bool = False,
) -> Trend:
    """The best of each record, or of one; records have no date, they are of all editions."""
    if record and record not in RECORDS:
        raise UsageError(f"there is no record {record!r}", fix=f"there are: {', '.join(RECORDS)}")
    rows = warehouse.query(
        f"""
        select record, place, value, item_name, artist_names, position, since_date, chart_date,
            item_key, artist_key
        from (
            select *, row_number() over (
                partition by record order by place, scheduled_at, position, item_key
            ) as row_place
            from chart_records
            where feed = $feed and ($record is null or record = $record)
                {f"and (item_key in ({ITEMS}) or artist_key in ({ARTISTS}))" if roster else ""}
        ) r
        where row_place <= $limit
        order by record, row_place
        """,
        {"feed": about.feed, "record": record, "limit": limit},
    ).records()
    of_items = marked(warehouse, about.feed, rows)
    of_artists = marked_artists(warehouse, about.feed, rows)
    told = [
        {**item, "on_roster": item["on_roster"] or artist["on_roster"]}
        for item, artist in zip(of_items, of_artists, strict=True)
    ]
    in_order = list(RECORDS)
    return Trend(about, sorted(told, key=lambda row: in_order.index(row["record"])))
