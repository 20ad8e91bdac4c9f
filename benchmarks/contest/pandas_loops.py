"""pandas as the common student pipelines use it: loops, lists of dicts, a frame for each day.

Words: FOLDER FILE… It runs where pandas is (see `rivals`) and knows nothing of ours.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

Rows = list[dict[str, Any]]


def rows_of(file: Path) -> dict[str, Rows]:
    """All rows of one day."""
    tables: dict[str, Rows] = {name: [] for name in _KEYS}
    with file.open() as lines:
        for line in lines:
            page = json.loads(line)
            common = {"feed": page["feed"], "slot": page["slot"]}
            for number, item in enumerate(page["items"]):
                seen = common | {"observed_at": page["observed_at"]}
                _add(tables, common, seen, item, page["first_item"] + number + 1, number)
    return tables


def _add(
    tables: dict[str, Rows],
    common: dict[str, Any],
    seen: dict[str, Any],
    item: dict[str, Any],
    position: int,
    number: int,
) -> None:
    track = item["track"]
    album = track["album"]
    tables["entries"].append(
        {
            **common,
            "position": position,
            "item_kind": track["type"],
            "track_id": track["id"],
            "item_name": track["name"],
            "artist_names": ", ".join(artist["name"] for artist in track["artists"]),
            "added_at": item["added_at"],
            "item": number,
        }
    )
    tables["track_observations"].append(
        {
            **seen,
            "track_id": track["id"],
            "track_name": track["name"],
            "album_id": album["id"],
            "isrc": track["external_ids"]["isrc"],
            "disc_number": track["disc_number"],
            "track_number": track["track_number"],
            "duration_ms": track["duration_ms"],
            "explicit": track["explicit"],
            "popularity": track.get("popularity"),
        }
    )
    tables["album_observations"].append(
        {
            **seen,
            "album_id": album["id"],
            "album_name": album["name"],
            "album_type": album["album_type"],
            "total_tracks": album["total_tracks"],
            "release_date_text": album["release_date"],
            "release_date_precision": album["release_date_precision"],
            "image_url": max(album["images"], key=lambda image: image["width"])["url"],
        }
    )
    for artist in track["artists"] + album["artists"]:
        found = {"artist_id": artist["id"], "artist_name": artist["name"]}
        tables["artist_observations"].append({**seen, **found})
    for name, thing in (("track", track), ("album", album)):
        for place, artist in enumerate(thing["artists"], start=1):
            tables[f"{name}_artists"].append(
                {
                    **common,
                    f"{name}_id": thing["id"],
                    "artist_position": place,
                    "artist_id": artist["id"],
                    "artist_name": artist["name"],
                }
            )


_KEYS = {
    "entries": ["feed", "slot", "position"],
    "track_observations": ["feed", "slot", "track_id"],
    "album_observations": ["feed", "slot", "album_id"],
    "artist_observations": ["feed", "slot", "artist_id"],
    "track_artists": ["feed", "slot", "track_id", "artist_position"],
    "album_artists": ["feed", "slot", "album_id", "artist_position"],
}


def write(folder: Path, day: str, tables: dict[str, Rows]) -> None:
    """A file for each table of a day."""
    for name, rows in tables.items():
        frame = pd.DataFrame(rows).drop_duplicates(_KEYS[name], keep="last")
        for column in frame.columns.intersection(["observed_at", "added_at"]):
            frame[column] = pd.to_datetime(frame[column])
        if name == "album_observations":
            days = frame["release_date_text"].str.ljust(10, "-").str.replace("------", "-01-01")
            frame["release_date"] = pd.to_datetime(days, errors="coerce")
        frame.to_parquet(folder / f"{name}-{day}.parquet", compression="zstd", index=False)


def main() -> None:
    folder, *files = map(Path, sys.argv[1:])
    begun = time.perf_counter()
    for file in files:
        write(folder, file.stem, rows_of(file))
    seconds = time.perf_counter() - begun
    sys.stdout.write(json.dumps({"seconds": seconds, "version": pd.__version__}) + "\n")


if __name__ == "__main__":
    main()
