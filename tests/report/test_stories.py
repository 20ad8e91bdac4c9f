"""Stories: told in words that are true to the rows, and each proved by its own query."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from chartlake.errors import UsageError
from chartlake.report.editions import edition
from chartlake.report.stories import stories
from chartlake.report.stories.calendar import Calendar, Issue
from chartlake.report.stories.proof import literal
from chartlake.report.stories.rules import RULES
from tests.report.lists import DAY, HOUR, charts, follow, told, world
from tests.warehouse import worlds
from tests.warehouse.worlds import WorldPipeline

A_TITLE = "'; drop table entries; -- \x1b[31mred"

# by what happens: the kind, the weeks, and the headline in the last of them
CASES: dict[str, tuple[str, list[str | None], str]] = {
    "a climb as never before": (
        "biggest_climb",
        [*["abcde"] * 5, "eabcd"],
        "Biggest climb in all 5 weeks: Song e · Artist e ▲4 (5 → 1)",
    ),
    "a climb as once": (
        "biggest_climb",
        ["abcde", *["eabcd"] * 10, "deabc"],
        "Biggest climb in 10 weeks: Song d · Artist d ▲4 (5 → 1), the biggest since 2020-01-09",
    ),
    "a climb, with a week missing since the last": (
        "biggest_climb",
        ["abcde", *["eabcd"] * 5, None, *["eabcd"] * 5, "deabc"],
        "Biggest climb in 10 editions: Song d · Artist d ▲4 (5 → 1), "
        "the biggest of those collected since 2020-01-09",
    ),
    "a climb, with a week missing before the last": (
        "biggest_climb",
        ["abcde", None, *["eabcd"] * 10, "deabc"],
        "Biggest climb in 10 weeks: Song d · Artist d ▲4 (5 → 1), the biggest since 2020-01-16",
    ),
    "a climb for the first time in a year": (
        "biggest_climb",
        ["abcde", *["eabcd"] * 53, "deabc"],
        "Biggest climb in a year: Song d · Artist d ▲4 (5 → 1), the biggest since 2020-01-09",
    ),
    "a climb as in the week before": (
        "biggest_climb",
        ["abcde", *["abcde"] * 20, "eabcd", "deabc"],
        "Big climb: Song d · Artist d ▲4 (5 → 1), matched in only 1 of the 21 editions before",
    ),
    "a fall": (
        "biggest_fall",
        [*["abcde"] * 5, "bcdea"],
        "Biggest fall in all 5 weeks: Song a · Artist a ▼4 (1 → 5)",
    ),
    "debuts": (
        "most_debuts",
        [*["abcd"] * 5, "abxy"],
        "Most debuts in all 5 weeks: 2 of 4",
    ),
    "exits": (
        "most_exits",
        [*["abcd"] * 5, "ab"],
        "Most exits in all 5 weeks: 2 left, 50% of the chart before",
    ),
    "nothing at all": (
        "quietest_edition",
        ["abcd", "bacd", "abcd", "bacd", "abcd", "abcd"],
        "Fewest changes in all 5 weeks: nothing came, left or moved",
    ),
    "little": (
        "quietest_edition",
        ["abcd", "dcba", "abcd", "dcba", "abcd", "abce"],
        "Fewest changes in all 5 weeks: 1 new, 1 left",
    ),
    "a reign that ends": (
        "new_number_one",
        [*["abcd"] * 5, "bacd"],
        "Song b · Artist b is the new number one, after 5 weeks of Song a · Artist a, "
        "the longest reign to end on record",
    ),
    "a reign that ends as one before": (
        "new_number_one",
        [*["abcd"] * 3, *["bacd"] * 2, *["acbd"] * 8, "cabd", *["acbd"] * 3, "cabd"],
        "",
    ),
    "a reign that goes on": (
        "longest_reign",
        ["abcd", "bacd", "abcd", "bacd", "abcd", "abcd"],
        "Song a · Artist a is #1 for 2 weeks in a row, the longest reign on record",
    ),
    "a reign that never began": ("longest_reign", ["abcd"] * 8, ""),
    "a high debut": (
        "highest_debut",
        ["abcd", "abce", "abcf", "abcg", "abch", "axbc"],
        "Highest debut in all 5 weeks: Song x · Artist x comes in at #2",
    ),
    "an item that is back": (
        "longest_absence",
        ["abcd", *["abce"] * 5, "abcd"],
        "Song d · Artist d is back at #4 after 5 weeks away (last there on 2020-01-02), "
        "the longest absence on record",
    ),
    "an item that is back after a gap": (
        "longest_absence",
        ["abcd", *["abce"] * 3, None, *["abce"] * 2, "abcd"],
        "Song d · Artist d is back at #4 after 5 editions away (last there on 2020-01-02), "
        "the longest absence on record",
    ),
    "an artist who is gone for the first time": (
        "artist_gone",
        [*["abcd"] * 6, "abce"],
        "First week without Artist d, after 6 weeks in a row, "
        "the longest presence to end on record",
    ),
    "an artist who is gone again": (
        "artist_gone",
        [*["abce"] * 2, *["abcd"] * 6, "abce"],
        "First week without Artist d since 2020-01-09, after 6 weeks in a row, "
        "the longest presence to end on record",
    ),
    "an artist who is gone after a gap": (
        "artist_gone",
        [*["abce"] * 2, *["abcd"] * 3, None, *["abcd"] * 3, "abce"],
        "First collected edition without Artist d since 2020-01-09, after 6 editions in a row, "
        "the longest presence to end on record",
    ),
    "a round streak": (
        "streak_milestone",
        ["wxyz", *["abcd"] * 10],
        "Song a · Artist a (and 3 more): 10 weeks in a row on the chart, the first to get there "
        "on record",
    ),
    "a round streak, after a longer one was reached with it": (
        "streak_milestone",
        # a has 25 and b 10 in one week; c's 10 are not the first since a's 25
        ["ax", *["ax"] * 14, *["ab"] * 10, *["abc"] * 10],
        "Song c · Artist c: 10 weeks in a row on the chart, the first to get there "
        "since 2020-06-18",
    ),
    "a round streak, after only a longer one": (
        "streak_milestone",
        ["w", *["a"] * 25, *["ac"] * 10],
        "Song c · Artist c: 10 weeks in a row on the chart, the first to get there "
        "since 2020-03-12",
    ),
    "a round streak from the very start": (
        "streak_milestone",
        ["abcd"] * 10,
        "Song a · Artist a (and 3 more): on the chart in all 10 weeks there are",
    ),
    "a slow climb": (
        "slow_climb",
        [*["abcd"] * 11, "bacd"],
        "Song b · Artist b is higher than ever, at #1, in its 12th week on the chart, "
        "the slowest way up on record",
    ),
}


@pytest.mark.parametrize(("kind", "weeks", "expected"), CASES.values(), ids=list(CASES))
def test_each_rule_in_words(
    tmp_path: Path, kind: str, weeks: list[str | None], expected: str
) -> None:
    here = world(tmp_path, charts(weeks))
    found = told(here)
    assert (found[kind].headline if kind in found else "") == expected
    assert_proved(here)


def assert_proved(here: WorldPipeline, *, roster: bool = False) -> None:
    """The query below each headline, asked as anybody would, answers what the story says."""
    found = told(here, roster=roster)
    for story in found.values():
        (row,) = here.warehouse.query(story.sql).records()
        assert row["value"] == story.value
        assert row["last_reached"] == story.since
        assert (row["editions_compared"], row["times_reached"]) == (
            story.editions_compared,
            story.times_reached,
        )
        assert row.get("item_key") == story.item_key
        assert row.get("artist_key") == story.artist_key
        assert story.rarity == pytest.approx(
            (story.times_reached + 1) / (story.editions_compared + 1), abs=1e-6
        )


def test_every_rule_is_tested_here() -> None:
    elsewhere = {"most_by_artist", "most_debuts_by_artist", "most_streams", "chart_streams"}
    elsewhere |= {"longest_run_ended"}
    assert {kind for kind, *_ in CASES.values()} | elsewhere == {rule.name for rule in RULES}


def test_the_end_of_a_run_where_its_artist_stays(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcd"] * 6, "abce"], artists={"d": "Artist a"}))
    found = told(here)
    assert "artist_gone" not in found
    assert found["longest_run_ended"].headline == (
        "Song d · Artist a is gone after 6 weeks in a row (peak #4), "
        "the longest run to end on record"
    )


def test_an_artist_is_not_gone_who_is_named_in_a_title(tmp_path: Path) -> None:
    weeks = charts([*["abcd"] * 6, "abce"], titles={"e": "Song e (feat. Artist D)"})
    assert "artist_gone" not in told(world(tmp_path, weeks))


def test_an_artist_of_the_roster_is_not_gone_who_is_named_in_another_item(tmp_path: Path) -> None:
    weeks = [*["abcd"] * 6, "abce"]
    here = world(tmp_path, charts(weeks, titles={"e": "Song e (feat. Artist D)"}))
    follow(here, ("name", "artist d"))
    found = told(here)
    assert "roster: longest_run_ended" in found or "longest_run_ended" in found
    assert not {"artist_gone", "roster: artist_gone"} & set(found)


def test_an_artist_was_there_who_shared_an_item_before(tmp_path: Path) -> None:
    weeks = [*["abcx"] * 2, *["abcd"] * 8, "abce"]
    shared = {"x": "Artist d, Friend"}
    assert "artist_gone" not in told(world(tmp_path / "text", charts(weeks, artists=shared)))
    titles = {"x": "Song x (with Artist D)"}
    assert "artist_gone" not in told(world(tmp_path / "title", charts(weeks, titles=titles)))
    assert "artist_gone" in told(world(tmp_path / "alone", charts(weeks)))


def test_an_artist_with_an_id_is_not_gone_who_is_named_where_no_id_is_known(
    tmp_path: Path,
) -> None:
    def gone(folder: str, title: str) -> bool:
        weeks = charts([*["abcd"] * 6, "abce"], titles={"d": "Vera", "e": title})
        known = [
            replace(
                week,
                entries=tuple(
                    replace(entry, item_kind="artist", track_id=None, artist_names=None)
                    if entry.item_name == "Vera"
                    else entry
                    for entry in week.entries
                ),
            )
            for week in weeks
        ]
        return "artist_gone" in told(world(tmp_path / folder, known))

    assert gone("nowhere", "Song e")
    assert not gone("named", "Song e (feat. Vera)")


def test_nothing_ends_with_several_artists_in_one_text(tmp_path: Path) -> None:
    weeks = charts([*["abcd"] * 6, "abce"], artists={"d": "Artist d, Friend"})
    found = told(world(tmp_path, weeks))
    assert "artist_gone" not in found
    assert "longest_run_ended" in found


def test_one_artist_with_many_items(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcd"] * 5, "xyza"], artists=dict.fromkeys("xyz", "X")))
    story = told(here)["most_by_artist"]
    assert (
        story.headline == "Most items of one artist at once in all 6 weeks: X has 3, the best at #1"
    )
    assert (story.artist_key, story.item_key, story.value) == ("X", None, 3)
    # both say that X came with three: the rarer is told
    assert "most_debuts_by_artist" not in told(here)
    assert_proved(here)


def test_one_item_of_an_artist_is_not_most(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcd"] * 5, "abce"]))
    follow(here, ("name", "artist a"), ("name", "artist e"))
    kinds = {kind.removeprefix("roster: ") for kind in told(here)}
    assert "highest_debut" in kinds
    assert not {"most_by_artist", "most_debuts_by_artist"} & kinds


def test_one_artist_with_many_debuts(tmp_path: Path) -> None:
    artists = dict.fromkeys("abcd", "A") | dict.fromkeys("xy", "X")
    here = world(tmp_path, charts([*["abcd"] * 5, "axyb"], artists=artists))
    assert told(here)["most_debuts_by_artist"].headline == (
        "Most debuts of one artist at once in all 5 weeks: X has 2, the best at #2"
    )
    assert_proved(here)


def test_streams_are_compared_where_they_are_given(tmp_path: Path) -> None:
    known = {week: (1000 + week, 10) for week in range(6)}
    here = world(tmp_path, charts(["ab"] * 6, streams=known))
    assert told(here)["most_streams"].headline == (
        "Most streams of one item in all 6 weeks: Song a · Artist a with 1,005"
    )
    assert told(here)["chart_streams"].headline == (
        "Most streams of the whole chart in all 6 weeks: 1,015 over 2 entries"
    )
    assert_proved(here)


def test_streams_that_were_not_given_are_no_week(tmp_path: Path) -> None:
    known = {week: (1000 + week, 10) for week in range(8) if week != 3}
    story = told(world(tmp_path, charts(["ab"] * 8, streams=known)))["most_streams"]
    assert story.headline.startswith("Most streams of one item in all 7 editions: ")
    assert story.editions_compared == 6


def test_nothing_is_told_of_streams_where_there_are_none(tmp_path: Path) -> None:
    assert not {"most_streams", "chart_streams"} & set(told(world(tmp_path, charts(["ab"] * 8))))


def test_what_one_in_ten_had_is_rare_and_what_more_had_is_not(tmp_path: Path) -> None:
    climbs = ["abcde", "eabcd", *["eabcd"] * 9]
    assert "biggest_climb" in told(world(tmp_path / "rare", charts([*climbs, "deabc"])))
    often = ["abcde", "eabcd", *["eabcd"] * 8]
    assert "biggest_climb" not in told(world(tmp_path / "often", charts([*often, "deabc"])))


def test_a_story_needs_four_editions_to_compare(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcde"] * 5, "eabcd"]))
    assert "biggest_climb" in told(here)
    young = world(tmp_path / "young", charts([*["abcde"] * 4, "eabcd"]))
    assert "biggest_climb" not in told(young)
    assert told(young, date(2020, 1, 2)) == {}


def test_the_rarest_comes_first_and_only_what_was_known_that_day_counts(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcde"] * 5, "eabcd", *["eabcd"] * 4, "xyzde"]))
    about = edition(here.warehouse, None, None)
    rarities = [story.rarity for story in stories(here.warehouse, about, 100).stories]
    assert rarities == sorted(rarities)
    assert len(stories(here.warehouse, about, 1).stories) == 1
    earlier = told(here, date(2020, 2, 6))["biggest_climb"]
    assert (earlier.editions_compared, earlier.since) == (4, None)


def test_days_and_hours_are_counted_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(worlds.SCHEDULES, "hits", "hourly")
    words = [*["abcde"] * 5, "eabcd"]
    daily = charts(words, feed="regional-global-daily", step=DAY)
    # through midnight, in which the date changes between two hours
    hourly = charts(words, feed="hits", first=daily[0].scheduled_at + 22 * HOUR, step=HOUR)
    here = world(tmp_path, [*daily, *hourly])
    for feed, unit in (("regional-global-daily", "days"), ("hits", "hours")):
        headline = told(here, feed=feed)["biggest_climb"].headline
        assert headline == f"Biggest climb in all 5 {unit}: Song e · Artist e ▲4 (5 → 1)"
    gone = [*words[:3], None, *words[3:]]
    later = charts(gone, feed="hits", first=hourly[-1].scheduled_at + 50 * HOUR, step=HOUR)
    assert "in all" in told(here, feed="hits")["biggest_climb"].headline
    here.deliver(later)
    # the hours are not whole any more
    assert " editions: Song e" in told(here, feed="hits")["biggest_climb"].headline


@pytest.mark.parametrize(
    ("times", "unit"),
    [
        (["2020-03-01T23:00", "2020-03-02T00:00"], "hour"),
        (["2020-03-01T23:00", "2020-03-02T01:00"], "edition"),
        (["2020-03-28T23:00", "2020-03-29T22:00", "2020-03-30T22:00"], "day"),
        (["2020-03-01T12:00", "2020-03-02T10:00"], "edition"),
        (["2020-03-26T23:00", "2020-04-02T22:00"], "week"),
        (["2020-03-26T23:00", "2020-04-02T20:00"], "edition"),
        (["2020-03-01T23:00"], "edition"),
    ],
)
def test_a_unit_is_true_of_the_date_and_of_the_time(times: list[str], unit: str) -> None:
    moments = [datetime.fromisoformat(time) for time in times]
    calendar = Calendar([Issue(moment, moment.date(), 0) for moment in moments])
    assert calendar.unit(1, len(times)) == unit


def test_the_roster_has_stories_of_its_own(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcde"] * 5, "aecbd"]))
    assert all(not story.on_roster for story in told(here).values())
    follow(here, ("name", "artist c"))
    found = told(here)
    assert found["biggest_climb"].headline.startswith("Biggest climb in all 5 weeks: Song e")
    assert not found["biggest_climb"].on_roster
    assert "roster: biggest_climb" not in found  # c did not move
    assert_proved(here)


def test_what_is_common_is_told_of_the_roster(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcde", "bacde"] * 4, "abdce"]))
    assert "biggest_climb" not in told(here)
    follow(here, ("track", "d" * 22))
    story = told(here)["roster: biggest_climb"]
    assert story.headline == (
        "Biggest climb on the roster in all 8 weeks: Song d · Artist d ▲1 (4 → 3)"
    )
    assert (story.item_key, story.on_roster) == ("d" * 22, True)
    assert_proved(here)
    only = told(here, roster=True)
    assert set(only) <= set(told(here))
    assert all(story.on_roster for story in only.values())
    assert_proved(here, roster=True)


def test_an_artist_of_the_roster_is_marked(tmp_path: Path) -> None:
    here = world(tmp_path, charts([*["abcd"] * 6, "abce"], artists={"d": "Artist D"}))
    follow(here, ("name", "artist d"))
    found = told(here, roster=True)
    assert found["artist_gone"].headline.startswith("First week without Artist D, after 6")
    assert found["artist_gone"].on_roster
    assert_proved(here, roster=True)


def test_without_a_roster_there_are_no_stories_of_it(tmp_path: Path) -> None:
    here = world(tmp_path, charts(["ab"] * 6))
    with pytest.raises(UsageError, match="follows nobody"):
        told(here, roster=True)


def test_names_cannot_break_out_of_a_proof(tmp_path: Path) -> None:
    weeks = charts(
        [*["abcde"] * 5, "eabcd"],
        titles=dict.fromkeys("abcde", A_TITLE),
        artists=dict.fromkeys("abcde", "O'Hara"),
    )
    here = world(tmp_path, weeks)
    found = told(here)
    assert A_TITLE in found["biggest_climb"].headline
    assert_proved(here)
    follow(here, ("name", "o'hara"))
    assert_proved(here, roster=True)


def test_a_name_may_be_missing_or_endless(tmp_path: Path) -> None:
    weeks = charts([*["abcde"] * 5, "eabcd"], titles={"e": "x" * 100_000}, artists={"e": ""})
    headline = told(world(tmp_path, weeks))["biggest_climb"].headline
    assert headline == f"Biggest climb in all 5 weeks: {'x' * 99}… ▲4 (5 → 1)"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("it's", "'it''s'"),
        ("''; drop table x; --", "'''''; drop table x; --'"),
        (7, "7"),
        (True, "true"),
        (date(2020, 1, 2), "date '2020-01-02'"),
    ],
)
def test_literals_end_where_they_should(value: object, expected: str) -> None:
    assert literal(value) == expected
