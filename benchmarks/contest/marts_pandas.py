"""pandas: the core of the marts, without a loop over rows, feeds or items. Words: CURATED FOLDER

Made are editions, movements with all columns, exits, turnover and items, each a Parquet file, with
all charts in one frame. It counts on what these worlds are: daily charts of tracks, every entry
with its streams, nobody twice in an edition. Left out, and part of ours: other schedules, editions
given twice, what is excluded, ids counted as one, streams partly unknown, going on from earlier
states, and all the other marts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

ITEM = ["feed", "item_key"]
NAMES = ["item_kind", "item_key", "track_id", "item_name", "artist_names"]


def read(curated: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Entries and editions, with the columns that are needed."""
    entries = pd.read_parquet(
        curated / "entries", columns=["feed", "slot", "position", *NAMES, "streams"]
    )
    editions = pd.read_parquet(
        curated / "editions", columns=["feed", "slot", "scheduled_at", "chart_date"]
    )
    editions["chart_date"] = pd.to_datetime(editions["chart_date"]).astype("datetime64[us]")
    return entries, editions


def chart_editions(entries: pd.DataFrame, editions: pd.DataFrame) -> pd.DataFrame:
    """One row per edition; of a daily chart every day without one is missing."""
    contents = entries.groupby(["feed", "slot"], as_index=False).agg(
        entry_count=("position", "size"), last=("position", "max"), streams=("streams", "sum")
    )
    made = editions.merge(contents, on=["feed", "slot"]).sort_values(["feed", "scheduled_at"])
    feeds = made.groupby("feed")
    made["ordinal"] = feeds.cumcount() + 1
    made["previous_scheduled_at"] = feeds["scheduled_at"].shift()
    made["previous_chart_date"] = feeds["chart_date"].shift()
    made["days_since_previous"] = (made["chart_date"] - made["previous_chart_date"]).dt.days
    made["missing_before"] = (made["days_since_previous"] - 1).fillna(0)
    made["missed_before"] = 0
    made["length"] = made[["last", "entry_count"]].max(axis=1)
    return made.drop(columns="last")


def chart_movements(entries: pd.DataFrame, editions: pd.DataFrame) -> pd.DataFrame:
    """One row per edition and item, compared with the edition before."""
    of_edition = editions[["feed", "slot", "scheduled_at", "chart_date", "ordinal"]].assign(
        length=editions["length"], all_streams=editions["streams"]
    )
    rows = entries.merge(of_edition, on=["feed", "slot"])
    rows = rows.sort_values([*ITEM, "ordinal"], ignore_index=True)
    items = rows.groupby(ITEM, sort=False)
    last = items[["ordinal", "position", "streams"]].shift()
    went_on = last["ordinal"] == rows["ordinal"] - 1
    rows["previous_position"] = last["position"].where(went_on)
    rows["change"] = rows["previous_position"] - rows["position"]
    rows["movement"] = np.select(
        [
            rows["ordinal"] == 1,
            last["ordinal"].isna(),
            ~went_on,
            rows["change"] > 0,
            rows["change"] < 0,
        ],
        ["first", "new", "re_entry", "up", "down"],
        "same",
    )
    rows["peak_position"] = items["position"].cummin()
    is_first = last["ordinal"].isna()
    is_peak = is_first | (rows["peak_position"] < rows["peak_position"].shift())
    rows["peak_date"] = rows["chart_date"].where(is_peak).ffill()
    rows["debut_date"] = rows["chart_date"].where(is_first).ffill()
    rows["debut_position"] = rows["position"].where(is_first).ffill()
    rows["editions_on_chart"] = items.cumcount() + 1
    rows["streak"] = rows["ordinal"] - rows["ordinal"].where(~went_on).ffill() + 1
    is_one = (rows["position"] == 1).astype("int64")
    rows["editions_at_one"] = is_one.groupby([rows["feed"], rows["item_key"]], sort=False).cumsum()
    rows["chart_points"] = (rows["length"] + 1 - rows["position"]) / rows["length"]
    before = last["streams"].where(went_on)
    rows["streams_change"] = rows["streams"] - before
    rows["streams_change_percent"] = 100 * rows["streams_change"] / before.where(before > 0)
    rows["streams_7"] = streams_of_seven(rows, is_first)
    rows["streams_total"] = items["streams"].cumsum()
    rows["streams_share"] = rows["streams"] / rows["all_streams"]
    rows = rows.sort_values(["feed", "scheduled_at", "position"], ignore_index=True)
    return rows.drop(columns=["slot", "length", "all_streams"])


def streams_of_seven(rows: pd.DataFrame, is_first: pd.Series) -> pd.Series:
    """Of each row the streams in seven editions: a rolling sum by group would loop over items.

    Item and ordinal in one rising number tell where the seven begin.
    """
    item = is_first.cumsum().to_numpy() * 100_000
    ordinal = rows["ordinal"].to_numpy()
    begins = np.searchsorted(item + ordinal, item + np.maximum(ordinal - 6, 0))
    total = np.concatenate([[0], rows["streams"].to_numpy().cumsum()])
    found = pd.Series(total[1:] - total[begins], index=rows.index)
    return found.where(rows["ordinal"] >= 7)


def chart_exits(movements: pd.DataFrame, editions: pd.DataFrame) -> pd.DataFrame:
    """One row per item and first edition without it."""
    run_start = movements["ordinal"] - movements["streak"]
    ends = movements.groupby([*ITEM, run_start], sort=False)["ordinal"].idxmax()
    left = movements.loc[ends, ["feed", "ordinal", *NAMES]].assign(
        last_chart_date=movements["chart_date"],
        last_position=movements["position"],
        run_length=movements["streak"],
        **{
            name: movements[name]
            for name in ("peak_position", "peak_date", "debut_date", "editions_on_chart")
        },
    )
    left["ordinal"] += 1
    left = left.merge(
        editions[["feed", "ordinal", "scheduled_at", "chart_date"]], on=["feed", "ordinal"]
    )
    return left.sort_values(["feed", "scheduled_at", "last_position"], ignore_index=True)


def chart_turnover(
    movements: pd.DataFrame, exits: pd.DataFrame, editions: pd.DataFrame
) -> pd.DataFrame:
    """One row per edition: how many came, went, rose and fell."""
    key = ["feed", "scheduled_at"]
    kinds = movements.groupby([*key, "movement"]).size().unstack(fill_value=0)
    names = {
        "new": "new_entries",
        "re_entry": "re_entries",
        "up": "climbers",
        "down": "fallers",
        "same": "unchanged",
    }
    counted = kinds.reindex(columns=[*names], fill_value=0).rename(columns=names)
    counted["items"] = kinds.sum(axis=1)
    counted["exits"] = exits.groupby(key).size()
    made = editions[[*key, "chart_date", "ordinal", "missing_before"]].merge(
        counted.reset_index(), on=key
    )
    made["exits"] = made["exits"].fillna(0)
    previous = made.groupby("feed")["items"].shift()
    made["turnover"] = (made["exits"] / previous).round(6)
    return made


def item_profiles(movements: pd.DataFrame, editions: pd.DataFrame) -> pd.DataFrame:
    """One row per feed and item: its whole time on the chart."""
    last = movements.drop_duplicates(ITEM, keep="last")
    last = last.drop(columns=["movement", "scheduled_at", "chart_points"])
    last = last.rename(columns={"chart_date": "last_chart_date", "position": "last_position"})
    columns = [*ITEM, "ordinal", "position", "peak_position", "streak", "change", "chart_points"]
    rows = movements[[*columns, "streams"]].assign(
        is_start=movements["streak"] == 1,
        is_peak=movements["position"]
        == movements.groupby(ITEM, sort=False)["peak_position"].transform("last"),
    )
    sums = rows.groupby(ITEM, as_index=False, sort=False).agg(
        first_ordinal=("ordinal", "min"),
        editions_at_peak=("is_peak", "sum"),
        runs=("is_start", "sum"),
        longest_streak=("streak", "max"),
        climb=("change", "max"),
        fall=("change", "min"),
        chart_points=("chart_points", "sum"),
        best_streams=("streams", "max"),
    )
    made = last.merge(sums, on=ITEM)
    made["debut_is_known"] = made["first_ordinal"] > 1
    made["is_on_chart"] = made["ordinal"] == made["feed"].map(
        editions.groupby("feed")["ordinal"].max()
    )
    made["streak"] = made["streak"].where(made["is_on_chart"], 0)
    made["biggest_climb"] = made["climb"].where(made["climb"] > 0)
    made["biggest_fall"] = (-made["fall"]).where(made["fall"] < 0)
    made["chart_points"] = made["chart_points"].round(6)
    return made.sort_values(ITEM, ignore_index=True)


def main() -> None:
    curated, folder = map(Path, sys.argv[1:])
    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def done(name: str, made: pd.DataFrame) -> pd.DataFrame:
        nonlocal begun
        made.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
        seconds[name] = time.perf_counter() - begun
        begun = time.perf_counter()
        return made

    entries, given = read(curated)
    reading = time.perf_counter() - begun
    begun = time.perf_counter()
    editions = done("chart_editions", chart_editions(entries, given))
    movements = done("chart_movements", chart_movements(entries, editions))
    exits = done("chart_exits", chart_exits(movements, editions))
    done("chart_turnover", chart_turnover(movements, exits, editions))
    done("item_profiles", item_profiles(movements, editions))
    told = {"seconds": sum(seconds.values()), "parts": seconds, "reading": reading}
    sys.stdout.write(json.dumps({**told, "version": pd.__version__}) + "\n")


if __name__ == "__main__":
    main()
