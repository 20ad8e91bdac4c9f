"""Which chart and date a file is, by its name, by what is said, or not at all."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartlake.errors import RefusedFile
from chartlake.extract.charts_csv import MAX_BYTES, read_chart_file
from chartlake.model import Body, Feed, Snapshot, slot_of_date

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
THURSDAY = date(2026, 11, 19)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(
    path: Path, *, feed: str | None = None, day: date | None = None, content: bytes = b"x"
) -> Snapshot:
    path.write_bytes(content)
    return read_chart_file(path, now=NOW, count_records=len, feed=feed, day=day)


def refusal(path: Path, *, feed: str | None = None, day: date | None = None) -> RefusedFile:
    with pytest.raises(RefusedFile) as refused:
        read(path, feed=feed, day=day)
    return refused.value


def test_a_file_is_kept_as_it_is(folder: Path) -> None:
    name = "regional-us-weekly-2026-11-19.csv"
    content = b"\xef\xbb\xbfrank,uri\r\n1,\xff\r\n"
    assert read(folder / name, content=content) == Snapshot(
        feed=Feed(
            name="regional-us-weekly",
            source="charts-csv",
            source_id="regional-us-weekly",
            schedule="weekly",
            timezone="UTC",
            cadence="edition",
        ),
        slot=slot_of_date(THURSDAY),
        chart_date=THURSDAY,
        bodies=(
            Body(
                content=content,
                resource="charts_csv",
                media_type="text/csv",
                received_at=NOW,
                url=name,
            ),
        ),
        item_count=len(content),
    )


@pytest.mark.parametrize(
    ("name", "feed", "day"),
    [
        ("regional-us-weekly-2026-11-19.csv", "regional-us-weekly", date(2026, 11, 19)),
        ("regional-global-daily-2026-11-20.csv", "regional-global-daily", date(2026, 11, 20)),
        ("viral-de-daily-2020-02-29.csv", "viral-de-daily", date(2020, 2, 29)),
        ("artist-global-daily-2026-11-18.csv", "artist-global-daily", date(2026, 11, 18)),
        ("artist-gb-weekly-2026-11-19.csv", "artist-gb-weekly", date(2026, 11, 19)),
        ("album-us-weekly-2026-11-19.csv", "album-us-weekly", date(2026, 11, 19)),
        # from a Friday to the next Friday: the chart closed on the Thursday before
        ("regional-us-weekly-2019-01-04--2019-01-11.csv", "regional-us-weekly", date(2019, 1, 10)),
        ("viral-us-weekly-2019-12-27--2020-01-03.csv", "viral-us-weekly", date(2020, 1, 2)),
        ("regional-us-weekly-2020-02-28--2020-03-06.csv", "regional-us-weekly", date(2020, 3, 5)),
        ("regional-us-weekly-2026-11-19 (1).csv", "regional-us-weekly", date(2026, 11, 19)),
        ("regional-us-daily-2026-11-19 (12).csv", "regional-us-daily", date(2026, 11, 19)),
        ("REGIONAL-US-WEEKLY-2026-11-19.CSV", "regional-us-weekly", date(2026, 11, 19)),
    ],
)
def test_a_name_tells_feed_and_date(folder: Path, name: str, feed: str, day: date) -> None:
    found = read(folder / name)
    assert (found.feed.name, found.feed.source_id, found.chart_date) == (feed, feed, day)
    assert found.feed.schedule == ("weekly" if "weekly" in feed else "daily")
    assert found.slot == f"{day:%Y%m%d}T000000Z"


@given(st.dates(min_value=date(2014, 1, 2)))
def test_the_old_and_the_new_name_of_a_week_are_one_slot(day: date) -> None:
    thursday = day - timedelta(days=(day.weekday() - 3) % 7)
    first, end = thursday - timedelta(days=6), thursday + timedelta(days=1)
    missing = Path("/nowhere")
    for name in (f"regional-us-weekly-{thursday}.csv", f"regional-us-weekly-{first}--{end}.csv"):
        # the name is looked at before the file: a name that's no good would say so
        with pytest.raises(RefusedFile, match="it cannot be read"):
            read_chart_file(missing / name, now=NOW, count_records=len)


@pytest.mark.parametrize(
    "name",
    [
        "chart.csv",
        "regional-us-weekly.csv",
        "regional-us-weekly-2026-11-19.csv.gz",
        "regional-us-weekly-2026-11-19.txt",
        "regional-usa-weekly-2026-11-19.csv",
        "regional-us-monthly-2026-11-19.csv",
        "podcast-us-daily-2026-11-19.csv",
        "my-regional-us-daily-2026-11-19.csv",
        "regional-us-daily-26-11-19.csv",
        "regional-us-daily-latest.csv",
    ],
)
def test_other_names_do_not_tell(folder: Path, name: str) -> None:
    refused = refusal(folder / name)
    assert refused.what == "its name does not tell which chart and date it is"
    assert "regional-us-weekly-2026-11-19.csv" in str(refused.why)
    assert "--feed NAME --date YYYY-MM-DD" in str(refused.fix)


def test_feed_and_date_can_be_given(folder: Path) -> None:
    found = read(folder / "download.csv", feed="regional-us-weekly", day=THURSDAY)
    assert (found.feed.name, found.feed.schedule) == ("regional-us-weekly", "weekly")
    assert (found.chart_date, found.slot) == (THURSDAY, "20261119T000000Z")
    own = read(folder / "download.csv", feed="office-party", day=date(2026, 11, 20))
    assert (own.feed.name, own.feed.source_id, own.feed.schedule) == (
        "office-party",
        "office-party",
        None,
    )


@pytest.mark.parametrize(
    "given", [{"feed": "office-party"}, {"day": THURSDAY}, {"feed": "", "day": THURSDAY}]
)
def test_one_of_both_is_not_enough(folder: Path, given: dict[str, Any]) -> None:
    assert "does not tell" in refusal(folder / "download.csv", **given).what


def test_what_is_given_goes_before_the_name(folder: Path) -> None:
    path = folder / "regional-us-daily-2026-11-17.csv"
    assert read(path, day=THURSDAY).chart_date == THURSDAY
    assert read(path, day=THURSDAY).feed.name == "regional-us-daily"
    assert read(path, feed="mine").feed.name == "mine"
    assert read(path, feed="mine").chart_date == date(2026, 11, 17)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("regional-us-weekly-2026-11-20.csv", None, "its date 2026-11-20 is a Friday"),
        ("album-us-weekly-2026-11-18.csv", None, "its date 2026-11-18 is a Wednesday"),
        ("regional-us-weekly-2019-01-05--2019-01-12.csv", None, "its date 2019-01-11 is a Friday"),
        ("regional-us-weekly-2026-11-19.csv", date(2026, 11, 15), "2026-11-15 is a Sunday"),
    ],
)
def test_a_week_closes_on_a_thursday(
    folder: Path, name: str, given: date | None, said: str
) -> None:
    refused = refusal(folder / name, day=given)
    assert said in refused.what
    assert refused.fix == "give the Thursday with --date YYYY-MM-DD"


def test_a_given_weekly_feed_too(folder: Path) -> None:
    refused = refusal(folder / "x.csv", feed="office-weekly", day=date(2026, 11, 20))
    assert refused.what == "its date 2026-11-20 is a Friday"


def test_the_thursday_given_for_a_wrong_name_is_taken(folder: Path) -> None:
    found = read(folder / "regional-us-weekly-2026-11-20.csv", day=THURSDAY)
    assert found.chart_date == THURSDAY


@pytest.mark.parametrize(
    "name",
    [
        "regional-us-daily-2026-02-30.csv",
        "regional-us-daily-2026-13-01.csv",
        "regional-us-daily-0000-01-01.csv",
        "regional-us-weekly-2019-01-04--2019-01-32.csv",
    ],
)
def test_a_date_that_does_not_exist(folder: Path, name: str) -> None:
    assert refusal(folder / name).what == "the date in its name does not exist"


@pytest.mark.parametrize(
    "name",
    [
        "regional-us-weekly-2018-01-04--2019-01-11.csv",  # a year
        "regional-us-weekly-2019-01-18--2019-01-11.csv",  # backwards
        "regional-us-weekly-2019-99-99--2019-01-11.csv",  # from no day at all
        "regional-us-daily-2019-01-04--2019-01-11.csv",  # a day that lasts a week
    ],
)
def test_two_dates_that_are_no_week(folder: Path, name: str) -> None:
    assert "date" in refusal(folder / name).what


def test_a_week_before_all_weeks(folder: Path) -> None:
    refusal(folder / "regional-us-weekly-0001-01-01--0001-01-01.csv")


@pytest.mark.parametrize("day", ["0999-12-31", "2007-12-31", "2062-12-07"])
def test_a_date_of_no_chart_is_refused_before_it_spoils_the_history(folder: Path, day: str) -> None:
    assert "is no date of a chart" in refusal(folder / f"regional-us-daily-{day}.csv").what


@pytest.mark.parametrize("feed", ["../../elsewhere", "a/b", "Regional US", "a\nb", "x" * 300])
def test_a_given_feed_has_a_feeds_name(folder: Path, feed: str) -> None:
    refusal(folder / "download.csv", feed=feed, day=THURSDAY)


# What can't be read -------------------------------------------------------------------------


def test_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(RefusedFile, match="it cannot be read") as refused:
        read_chart_file(folder / "regional-us-daily-2026-11-19.csv", now=NOW, count_records=len)
    assert refused.value.why == "No such file or directory"


def test_a_folder_is_no_file(folder: Path) -> None:
    path = folder / "regional-us-daily-2026-11-19.csv"
    path.mkdir()
    with pytest.raises(RefusedFile, match="it is a folder"):
        read_chart_file(path, now=NOW, count_records=len)


def test_an_empty_file_is_for_the_parser_to_judge(folder: Path) -> None:
    assert read(folder / "regional-us-daily-2026-11-19.csv", content=b"").item_count == 0


def test_a_file_that_is_too_large_is_not_read(folder: Path) -> None:
    path = folder / "regional-us-daily-2026-11-19.csv"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES)
    assert len(read_chart_file(path, now=NOW, count_records=len).bodies[0].content) == MAX_BYTES
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(RefusedFile, match="it has 17 MB, far more than any chart"):
        read_chart_file(path, now=NOW, count_records=len)


def test_what_the_parser_refuses_is_refused(folder: Path) -> None:
    def refuse(content: bytes) -> int:
        raise RefusedFile(f"no chart of {len(content)} bytes")

    path = folder / "regional-us-daily-2026-11-19.csv"
    path.write_bytes(b"abc")
    with pytest.raises(RefusedFile, match="no chart of 3 bytes"):
        read_chart_file(path, now=NOW, count_records=refuse)


@pytest.mark.needs("real-data")
def test_real_names(real_data: Path) -> None:
    days = [
        read_chart_file(path, now=NOW, count_records=len).chart_date
        for path in sorted(real_data.glob("charts/us-weekly/*.csv"))
    ]
    weeks = (date(2020, 12, 17) - date(2019, 1, 10)).days // 7 + 1
    assert days == [date(2019, 1, 10) + timedelta(weeks=week) for week in range(weeks)]
