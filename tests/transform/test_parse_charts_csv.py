"""Charts files of every format, whole, damaged and cut at every byte."""

import csv
import io
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chartlake.errors import RefusedFile
from chartlake.model import sha256
from chartlake.schema import Edition, Entry, Reject, SlotRows
from chartlake.transform.parse_charts_csv import count_records, parse_charts_csv
from tests.transform.slots import CHART, THURSDAY, THURSDAY_SLOT, manifest, rows_by, spotify_id

ONE, TWO, THREE = spotify_id(1), spotify_id(2), spotify_id(3)
TRACK = "https://open.spotify.com/track/"

OLD = f"""Position,Track Name,Artist,"Streams",URL
1,"Say ""Hello"", Twice","Moss, The","900",{TRACK}{ONE}
2,Ñandú,Vera,"800",{TRACK}{TWO}
3,"Two
Lines",Oto,"750",{TRACK}{THREE}
"""
NOTE = ',,,"Note that these figures are ""protected"", somehow.",\n'
NEW = f"""rank,uri,artist_names,track_name,source,peak_rank,previous_rank,weeks_on_chart,streams
1,spotify:track:{ONE},"Moss, The","Say ""Hello"", Twice","Big/Label",1,-1,12,900
2,spotify:track:{TWO},Vera,Ñandú,"Small, Inc.",2,1,30,800
3,spotify:track:{THREE},Oto,"Two
Lines",Own,3,-1,1,750
"""
DAILY = NEW.replace("weeks_on_chart", "days_on_chart")
VIRAL = f"""rank,uri,artist_names,track_name,source,peak_rank,previous_rank,days_on_chart
1,spotify:track:{ONE},Moss,Hello,Label,1,-1,12
2,spotify:track:{TWO},Vera,Ñandú,Label,2,1,130
"""
ARTISTS = f"""rank,uri,artist_name,peak_rank,previous_rank,days_on_chart
1,spotify:artist:{ONE},"Tyler, The Creator",1,2,50
2,spotify:artist:{TWO},Vera,1,1,40
"""
ALBUMS = f"""rank,uri,artist_names,album_name,source,peak_rank,previous_rank,weeks_on_chart
1,spotify:album:{ONE},"Vera, Oto",First,Label,1,2,11
2,spotify:album:{TWO},Moss,Second,Label,1,1,40
"""
FORMATS = {
    "old": OLD,
    "old-with-note": NOTE + OLD,
    "old-link-query": OLD.replace(f"{THREE}\n", f"{THREE}?si=4f2\n"),
    "new-weekly": NEW,
    "new-daily": DAILY,
    "new-crlf": NEW.replace("\n", "\r\n"),
    "new-bom": "\ufeff" + NEW,
    "viral": VIRAL,
    "artists": ARTISTS,
    "albums": ALBUMS,
}


def parsed(text: str | bytes) -> SlotRows:
    content = text.encode() if isinstance(text, str) else text
    return rows_by(parse_charts_csv, manifest(content, feed=CHART), [content])


def entries(text: str | bytes) -> list[Entry]:
    rows = parsed(text)
    assert rows.rejects == []
    return rows.entries


def refusal(text: str | bytes) -> RefusedFile:
    with pytest.raises(RefusedFile) as refused:
        count_records(text.encode() if isinstance(text, str) else text)
    return refused.value


def entry(**known: Any) -> Entry:
    """An entry of a charts file; what is not given is null, as in a file without the column."""
    spotify = known["item_key"] if known.get("item_kind", "track") == "track" else None
    nothing = dict.fromkeys(Entry._fields) | {"item_kind": "track", "track_id": spotify, "page": 0}
    return Entry(**(nothing | {"item": known["position"] - 1} | known))


OLD_ENTRIES = [
    entry(
        position=1,
        item_key=ONE,
        item_name='Say "Hello", Twice',
        artist_names="Moss, The",
        streams=900,
    ),
    entry(position=2, item_key=TWO, item_name="Ñandú", artist_names="Vera", streams=800),
    entry(position=3, item_key=THREE, item_name="Two\nLines", artist_names="Oto", streams=750),
]
NEW_ENTRIES = [
    OLD_ENTRIES[0]._replace(
        label="Big/Label",
        reported_rank=1,
        reported_peak=1,
        reported_previous_rank=-1,
        reported_time_on_chart=12,
    ),
    OLD_ENTRIES[1]._replace(
        label="Small, Inc.",
        reported_rank=2,
        reported_peak=2,
        reported_previous_rank=1,
        reported_time_on_chart=30,
    ),
    OLD_ENTRIES[2]._replace(
        label="Own",
        reported_rank=3,
        reported_peak=3,
        reported_previous_rank=-1,
        reported_time_on_chart=1,
    ),
]


# What each format says --------------------------------------------------------


@pytest.mark.parametrize("name", ["old", "old-with-note", "old-link-query"])
def test_old_files(name: str) -> None:
    assert entries(FORMATS[name]) == OLD_ENTRIES


@pytest.mark.parametrize("name", ["new-weekly", "new-daily", "new-crlf", "new-bom"])
def test_new_files(name: str) -> None:
    text = FORMATS[name]
    lines = [e._replace(item_name=(e.item_name or "").replace("\r", "")) for e in entries(text)]
    assert lines == NEW_ENTRIES


def test_a_line_break_inside_quotes_is_kept_as_it_is() -> None:
    assert entries(FORMATS["new-crlf"])[2].item_name == "Two\r\nLines"


def test_viral_files_have_no_streams() -> None:
    assert entries(VIRAL)[1] == entry(
        position=2,
        item_key=TWO,
        item_name="Ñandú",
        artist_names="Vera",
        label="Label",
        reported_rank=2,
        reported_previous_rank=1,
        reported_peak=2,
        reported_time_on_chart=130,
    )


def test_artist_charts() -> None:
    assert entries(ARTISTS)[0] == entry(
        position=1,
        item_kind="artist",
        item_key=ONE,
        item_name="Tyler, The Creator",
        artist_names="Tyler, The Creator",
        reported_rank=1,
        reported_previous_rank=2,
        reported_peak=1,
        reported_time_on_chart=50,
    )


def test_album_charts() -> None:
    assert entries(ALBUMS)[0] == entry(
        position=1,
        item_kind="album",
        item_key=ONE,
        item_name="First",
        artist_names="Vera, Oto",
        label="Label",
        reported_rank=1,
        reported_previous_rank=2,
        reported_peak=1,
        reported_time_on_chart=11,
    )


def test_the_edition_of_a_file() -> None:
    content = NEW.encode()
    rows = rows_by(
        parse_charts_csv, manifest(content, feed=CHART, slot=THURSDAY_SLOT, day=THURSDAY), [content]
    )
    assert rows.editions == [
        Edition(
            scheduled_at=datetime(2026, 2, 26),
            chart_date=THURSDAY,
            observed_at=datetime(2026, 3, 1, 4, 0, 7),
            source="charts-csv",
            source_id="regional-us-weekly",
            schedule="weekly",
            timezone="UTC",
            cadence="edition",
            title=None,
            owner=None,
            item_count=3,
            spotify_snapshot_id=None,
            unchanged_from=None,
        )
    ]
    assert rows.track_observations == []


def test_columns_are_found_by_name_in_any_order_and_case() -> None:
    shuffled = (
        f"URI,Streams,something_new,ARTIST_NAMES,Rank,track_name\n{TRACK}{ONE},5,x,Vera,7,T\n"
    )
    assert entries(shuffled) == [
        entry(position=7, item=0, item_key=ONE, item_name="T", artist_names="Vera", streams=5)
    ]


@pytest.mark.parametrize(
    ("link", "kind", "key"),
    [
        (f"{TRACK}{ONE}", "track", ONE),
        (f"http://open.spotify.com/track/{ONE}", "track", ONE),
        (f"{TRACK}{ONE}?si=0123456789abcdef", "track", ONE),
        (f"spotify:track:{ONE}", "track", ONE),
        (f" spotify:track:{ONE} ", "track", ONE),
        (f"spotify:episode:{ONE}", "episode", ONE),
    ],
)
def test_links(link: str, kind: str, key: str) -> None:
    (found,) = entries(f"Position,Track Name,Artist,Streams,URL\n1,T,A,5,{link}\n")
    assert (found.item_kind, found.item_key) == (kind, key)
    assert found.track_id == (ONE if kind == "track" else None)


def test_rows_of_2017_without_id_and_name_are_unavailable() -> None:
    text = f"Position,Track Name,Artist,Streams,URL\n1,T,A,9,{TRACK}{ONE}\n2,,,8,{TRACK}\n3,,,7,\n"
    assert entries(text)[1:] == [
        entry(position=2, item_kind="unavailable", item_key=None, track_id=None, streams=8),
        entry(position=3, item_kind="unavailable", item_key=None, track_id=None, streams=7),
    ]


def test_a_name_without_an_id_is_known_by_its_text() -> None:
    header = "Position,Track Name,Artist,Streams,URL\n"
    first = entries(f"{header}1,Song,Vera,9,{TRACK}\n2,Song,Oto,8,{TRACK}{ONE}\n")[0]
    assert first.item_kind == "track"
    assert first.track_id is None
    assert first.item_key == "text:" + sha256(b"track\nSong\nVera")[:32]


def test_blank_lines_are_no_rows() -> None:
    lines = NEW.split("\n", 2)
    assert entries("\n".join(["", lines[0], "", lines[1], lines[2], "", ""])) == NEW_ENTRIES


# Rows that can't be used --------------------------------------------------------


GOOD = [f"{n},T{n},A,{1000 - n},{TRACK}{spotify_id(n)}" for n in range(1, 11)]


def with_row(row: str) -> str:
    """A file of eleven rows whose fourth is this one."""
    return "\n".join(["Position,Track Name,Artist,Streams,URL", *GOOD[:3], row, *GOOD[3:], ""])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"x,T,A,5,{TRACK}{ONE}", "position 'x' is not a whole number"),
        (f",T,A,5,{TRACK}{ONE}", "position '' is not a place in a list"),
        (f"0,T,A,5,{TRACK}{ONE}", "position '0' is not a place in a list"),
        (f"-1,T,A,5,{TRACK}{ONE}", "position '-1' is not a place in a list"),
        (f"1.5,T,A,5,{TRACK}{ONE}", "position '1.5' is not a whole number"),
        (f"99,T,A,many,{TRACK}{ONE}", "streams 'many' is not a whole number"),
        (f"99,T,A,{TRACK}{ONE}", "4 fields, not 5"),
        (f"99,T,A,5,{TRACK}{ONE},more", "6 fields, not 5"),
        ("99,T,A,5,https://example.org/x", "'https://example.org/x' is not a link to Spotify"),
        (f"99,T,A,5,{TRACK}short", "track id 'short' is not 22 letters and digits"),
        (f"99,T,A,5,{TRACK}{'é' * 22}", f"track id {'é' * 22!r} is not 22 letters and digits"),
        ("99,T,A,5,spotify:user:vera", "'spotify:user:vera' is not a link to Spotify"),
    ],
)
def test_one_bad_row_is_kept_with_reason_and_place(row: str, reason: str) -> None:
    rows = parsed(with_row(row))
    assert rows.rejects == [Reject(page=0, item=3, reason=reason, payload=row)]
    assert [e.position for e in rows.entries] == list(range(1, 11))
    assert [e.item for e in rows.entries] == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert rows.editions[0].item_count == 11
    assert count_records(with_row(row).encode()) == 11


def test_a_long_bad_row_is_cut() -> None:
    (kept,) = parsed(with_row("x" * 5000)).rejects
    assert kept.payload == "x" * 4000


def test_one_reject_in_ten_is_too_many_when_there_are_two() -> None:
    two_of_twelve = with_row("x,T,A,5,\ny,T,A,5,")
    assert refusal(two_of_twelve).what == "2 of 12 rows cannot be used"
    assert refusal(two_of_twelve).why == "the first: position 'x' is not a whole number"


def test_two_rejects_in_twenty_are_not() -> None:
    good = [f"{n},T{n},A,{1000 - n},{TRACK}{spotify_id(n)}" for n in range(1, 19)]
    text = "\n".join(["Position,Track Name,Artist,Streams,URL", "x,,,,", "y,,,,", *good, ""])
    assert len(parsed(text).rejects) == 2


def test_a_file_whose_only_row_is_bad() -> None:
    rows = parsed(f"Position,Track Name,Artist,Streams,URL\nx,T,A,5,{TRACK}{ONE}\n")
    assert (rows.entries, len(rows.rejects)) == ([], 1)


def test_a_file_of_bad_rows_only_is_refused() -> None:
    header = "Position,Track Name,Artist,Streams,URL\n"
    assert refusal(header + "x,T,A,5,\n" * 3).what == "3 of 3 rows cannot be used"


# a poison record must not stop a batch: rows go to tables that hold 64-bit numbers
@pytest.mark.parametrize("row", [f"{10**19},T,A,5,{TRACK}{ONE}", f"99,T,A,{10**19},{TRACK}{ONE}"])
def test_a_number_that_no_table_holds_is_a_reject(row: str) -> None:
    (kept,) = parsed(with_row(row)).rejects
    assert "10000000000000000000" in kept.reason


@pytest.mark.parametrize("streams", ["1_000", "１２"])
def test_numbers_are_plain_digits(streams: str) -> None:
    (kept,) = parsed(with_row(f"99,T,A,{streams},{TRACK}{ONE}")).rejects
    assert kept.reason == f"streams {streams!r} is not a whole number"


def test_a_rejected_row_is_kept_as_received() -> None:
    row = f'x,"a, b","say ""hi""",5,{TRACK}{ONE}'
    (kept,) = parsed(with_row(row)).rejects
    assert kept.payload == row


# Files that are refused ---------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t\n", "the file is empty"),
        (b"%PDF-1.7\n1 0 obj", "the file is a PDF, not CSV text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "the file is a binary file, not CSV text"),
        (NEW.encode("utf-16"), "the file is a binary file, not CSV text"),
        (NEW.encode("latin-1"), "the file is not UTF-8 text"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "no header of a Spotify chart"),
        (b'<html lang="en">\n<p class="x">Log in</p>', "no header of a Spotify chart"),
        (b"a,b,c\n1,2,3\n", "no header of a Spotify chart"),
        (b"one\ntwo\n" + NEW.encode(), "no header of a Spotify chart"),
        (NEW.split("\n", 1)[0].encode(), "the file has a header but no rows"),
        (NEW.split("\n", 1)[0].encode() + b"\n\n", "the file has a header but no rows"),
        (NOTE.encode() + OLD.split("\n", 1)[0].encode(), "the file has a header but no rows"),
        (OLD.replace('""Hello""', '"Hello"').encode(), "the file is not whole CSV"),
    ],
)
def test_what_is_no_chart_is_refused(content: bytes, what: str) -> None:
    assert what in refusal(content).what


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_a_byte_order_mark_alone_is_an_empty_file(content: bytes) -> None:
    assert refusal(content).what == "the file is empty"


def test_two_rows_of_one_position_are_refused() -> None:
    twice = OLD.replace("\n2,", "\n1,")
    assert refusal(twice).what == "position 1 stands in the file 2 times"


def test_a_header_of_other_columns_tells_how_the_file_begins() -> None:
    assert "'date,title'" in str(refusal("date,title\n1,2\n").why)


def test_a_file_with_a_short_last_row_is_cut_even_with_a_line_end() -> None:
    assert refusal(OLD + "4,T\n").what == "the file is cut off in row 4"


@pytest.mark.parametrize(("before", "last"), [("9", "x"), ("9", "1.5"), ("²", "1")])
def test_streams_that_are_no_number_at_the_end_do_not_crash(before: str, last: str) -> None:
    text = NEW.replace(",12,900", f",12,{before}").replace(",30,800", f",30,{before}")
    with suppress(RefusedFile):  # refused, or a reject
        count_records(text.removesuffix("750\n").encode() + last.encode())


# Cut at every byte ----------------------------------------------------------------


def row_ends(text: str) -> list[int]:
    """Where the rows end in the encoded file, without their line ends; the header is the first."""
    whole = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    ends, encoded = [], text.encode()
    for at in range(1, len(encoded) + 1):
        here = encoded[:at].decode("utf-8-sig", "ignore")
        if encoded[at : at + 1] in (b"", b"\n", b"\r") and encoded[at - 1 : at] not in b"\r\n":
            rows = [row for row in csv.reader(io.StringIO(here, newline="")) if row]
            if rows == whole[: len(rows)]:
                ends.append(at)
    return ends


def cuts_that_pass(text: str) -> dict[int, SlotRows]:
    encoded = text.encode()
    passing = {}
    for at in range(len(encoded)):
        try:
            passing[at] = parsed(encoded[:at])
        except RefusedFile:
            continue
    return passing


LAST_CELL = dict.fromkeys(["viral", "artists", "albums"], "reported_time_on_chart")


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_anywhere_is_refused_or_gives_the_rows_before_the_cut(name: str) -> None:
    whole = parsed(FORMATS[name]).entries
    unsure = LAST_CELL.get(name, "streams")
    for at, rows in cuts_that_pass(FORMATS[name]).items():
        *before, last = rows.entries
        place = len(before)
        assert rows.rejects == [], at
        assert before == whole[:place], at
        assert last._asdict() | {unsure: 0} == whole[place]._asdict() | {unsure: 0}, at


def missing_bytes(name: str) -> set[tuple[int, int]]:
    """(row, how many of its last bytes are missing) of each cut within a row that passes."""
    text = FORMATS[name]
    ends = row_ends(text)
    ends_of_rows = ends[-len(parsed(text).entries) :]
    return {
        (row + 1, end - at)
        for at, rows in cuts_that_pass(text).items()
        for row, end in enumerate(ends_of_rows)
        if len(rows.entries) == row + 1 and at < end
    }


NUMBER_HALVED = {
    "old": set(),
    "old-with-note": set(),
    "old-link-query": {(3, n) for n in range(1, 8)},  # ?si=4f2: the id is whole, nothing is lost
    "new-weekly": {(1, 1), (1, 2)},  # streams of the first row: nothing to compare them with
    "new-daily": {(1, 1), (1, 2)},
    "new-crlf": {(1, 1), (1, 2)},
    "new-bom": {(1, 1), (1, 2)},
    "viral": {(1, 1), (2, 1), (2, 2)},  # days or weeks on the chart: never comparable
    "artists": {(1, 1), (2, 1)},
    "albums": {(1, 1), (2, 1)},
}
"""What nothing in the file shows: what is left of the last cell is a number too."""
FIRST_NUMBER_GONE = {name: {(1, 2)} for name in LAST_CELL}
"""The last cell of the first row is empty: so it might be in every row."""


@pytest.mark.parametrize("name", FORMATS)
def test_which_cuts_in_a_row_pass(name: str) -> None:
    streams_gone = {(1, 3)} if name.startswith("new") else set()
    assert missing_bytes(name) == NUMBER_HALVED[name] | FIRST_NUMBER_GONE.get(name, streams_gone)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_at_the_end_of_a_row_is_a_shorter_chart(name: str) -> None:
    text, whole = FORMATS[name], parsed(FORMATS[name]).entries
    for count, end in enumerate(row_ends(text)[-len(whole) :], start=1):
        assert entries(text.encode()[:end]) == whole[:count]


# Anything at all --------------------------------------------------------------------


CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.integers(-3, 30).map(str),
    st.just(TRACK + ONE),
    st.integers().map(str),
)


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["rank", "artist_names", "uri", "streams"], *rows])
    return text.getvalue().encode()


@given(st.lists(st.lists(CELLS, min_size=3, max_size=5), max_size=6))
@example([["x", "A", "", "1"]])
@example([["1", "A", "", "5"], ["2", "A", "", "x"]])
def test_whatever_the_cells_hold_no_row_is_lost(rows: list[list[str]]) -> None:
    content = as_csv(rows)
    for whole in (content, content.removesuffix(b"\r\n")):
        try:
            found = parsed(whole)
        except RefusedFile:
            continue
        assert len(found.entries) + len(found.rejects) == len(rows)
        assert found.editions[0].item_count == len(rows)
        assert {e.item for e in found.entries} | {r.item for r in found.rejects} == set(
            range(len(rows))
        )


@given(st.binary(max_size=60))
def test_bytes_that_are_no_chart_are_refused_in_words(content: bytes) -> None:
    assert refusal(content).what


# Real files ---------------------------------------------------------------------------


@pytest.mark.needs("real-data")
def test_real_files_are_whole(real_data: Path) -> None:
    files = sorted(real_data.glob("charts/*/*.csv"))
    assert len(files) == 107
    for file in files:
        found = parsed(file.read_bytes())
        assert found.rejects == [], file.name
        assert [e.position for e in found.entries] == list(range(1, 201)), file.name
        streams = [e.streams or 0 for e in found.entries]
        assert all(above >= below for above, below in pairwise(streams)), file.name


@pytest.mark.needs("real-data")
def test_real_files_cut_in_their_last_row_are_refused(real_data: Path) -> None:
    for file in sorted(real_data.glob("charts/*/*.csv"))[::20]:
        content = file.read_bytes().rstrip()
        start = content.rindex(b"\n") + 2
        passing = []
        for at in range(start, len(content)):
            try:
                passing.append(len(content) - at - bool(count_records(content[:at])))
            except RefusedFile:
                continue
        assert passing == []
