"""chartlake doctor on the simulated Spotify: what the app may do, and what to do about the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chartlake.simulator import Mixtape, Mode, Simulator, World
from chartlake.simulator.faults import quota_exceeded, status
from tests.cli.spotify import (
    MINE,
    SPOTIFYS,
    THEIRS,
    now,
    playlist,
    use_a_browser_that_agrees,
    write_project,
)
from tests.commands import Command, Said

FEEDS = (
    playlist("mine", MINE)
    + playlist("theirs", THEIRS)
    + playlist("top-50", SPOTIFYS)
    + """
    [feeds.top]
    source = "top-items"
    [feeds.plays]
    source = "recently-played"
    [feeds.saved]
    source = "saved-tracks"
    [feeds.fill]
    source = "hydration"
    """
)


@pytest.fixture(scope="module")
def world() -> World:
    world = World(7, now().date())
    tracks = [t for t in world.tracks if t.album.release_date <= world.first_date][:3]
    owners = {MINE: world.users[0].user_id, THEIRS: world.users[1].user_id, SPOTIFYS: "spotify"}
    for playlist_id, owner in owners.items():
        world.mixtapes[playlist_id] = Mixtape(playlist_id, owner, tracks)
    return world


@pytest.fixture
def mode() -> Mode:
    return "development"


@pytest.fixture
def spotify(world: World, mode: Mode, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    use_a_browser_that_agrees(monkeypatch)
    with Simulator(world, now, mode=mode, approve="at once") as running:
        yield running


@pytest.fixture
def signed_in(chartlake: Command, spotify: Simulator, tmp_path: Path) -> Command:
    write_project(tmp_path, spotify, FEEDS)
    assert chartlake("login").code == 0
    return chartlake


def capabilities(said: Said) -> dict[str, tuple[str, str]]:
    """Level and state by what was looked at."""
    return {each["what"]: (each["level"], each["state"]) for each in said.json()["capabilities"]}


def findings(said: Said) -> list[str]:
    return [each["what"] for each in said.json()["findings"]]


# What the app may do --------------------------------------------------------------------------


def test_development_mode(signed_in: Command) -> None:
    said = signed_in("doctor", "--json")
    assert said.code == 3
    seen = capabilities(said)
    assert seen.pop("mode")[1].startswith("development: owned playlists only")
    assert seen == {
        "batch reads": ("ok", "not allowed: one request for each id"),
        f"feed mine: playlist {MINE}": ("ok", "readable"),
        f"feed theirs: playlist {THEIRS}": ("fail", "refused (403): Forbidden"),
        f"feed top-50: playlist {SPOTIFYS}": (
            "fail",
            "not shown to this app (404): gone, or Spotify's own",
        ),
        "feed top: top-items": ("ok", "readable"),
        "feed plays: recently-played": ("ok", "readable"),
        "feed saved: saved-tracks": ("ok", "readable"),
        "feed fill: hydration": ("ok", "asks for what other feeds name"),
    }
    assert any("account default: " in what and "signed in until" in what for what in findings(said))
    # two requests told what these findings say
    assert any(what.endswith(" requests left in 24 hours") for what in findings(said))


@pytest.mark.parametrize("mode", ["extended"])
def test_extended_mode(signed_in: Command) -> None:
    said = signed_in("doctor", "--json")
    assert said.code == 0
    seen = capabilities(said)
    assert {level for level, _ in seen.values()} == {"ok"}
    assert seen["mode"] == ("ok", "extended quota")
    assert seen["batch reads"] == ("ok", "allowed: 50 ids with one request")
    assert len(seen) == 2 + 7
    again = signed_in("doctor", "--json")
    assert "no budget of requests" in findings(again)


def test_the_table_says_what_to_do(signed_in: Command) -> None:
    said = signed_in("doctor")
    assert said.code == 3
    table = said.out.partition("What this app may do, asked just now")[2]
    assert [word for word in ("what", "seen", "what to do") if word not in table] == []
    words = " ".join(table.split())
    for told in ("fail", "feed theirs:", "chartlake login", "CSV", "docs/spotify-account.md"):
        assert told in words, told
    assert "no room for" not in said.err


def test_everything_is_asked_anew(signed_in: Command, spotify: Simulator) -> None:
    """What is remembered may be true no more: a table that says `just now` has to mean it."""
    signed_in("doctor")
    first = spotify.request_count
    signed_in("doctor")
    assert spotify.request_count - first == first - 1  # who signed in is asked at the login


def test_a_run_knows_what_the_doctor_saw(signed_in: Command, tmp_path: Path) -> None:
    signed_in("doctor")
    due = signed_in("run", "--dry-run", "--json").json()
    assert due["budget_left"] < 1000
    assert list((tmp_path / "chartlake-data" / "lake" / "state").glob("capabilities-*.json"))


# What cannot be asked ---------------------------------------------------------------------------


def test_told_to_come_back_later(signed_in: Command, spotify: Simulator) -> None:
    spotify.faults.add(quota_exceeded(20 * 3600))
    assert signed_in("run", "--feed", "mine").code == 75
    requests = spotify.request_count
    said = signed_in("doctor", "--json")
    assert said.code == 75
    assert any("Spotify is not asked before" in what for what in findings(said))
    assert said.json()["capabilities"] == []
    assert spotify.request_count == requests
    shown = signed_in("doctor")
    assert shown.code == 75
    assert "runs before that end as deferred (75) and keep what is done" in shown.out


def test_told_so_while_it_looks(signed_in: Command, spotify: Simulator) -> None:
    spotify.faults.add(quota_exceeded(20 * 3600, nth=3))
    write = spotify.request_count
    said = signed_in("doctor", "--json")
    assert said.code == 75
    (level, state), *others = [
        told for what, told in capabilities(said).items() if "Spotify asks to wait" in told[1]
    ]
    assert not others
    assert level == "warn"
    assert "Spotify asks to wait 20.0 hours" in state
    assert spotify.request_count - write == 3


def test_an_outage_is_a_failure(signed_in: Command, spotify: Simulator, tmp_path: Path) -> None:
    write_project(tmp_path, spotify, playlist("mine", MINE))
    spotify.faults.add(status(404, path="/v1/tracks"))
    spotify.faults.add(status(501, path="/v1/playlists/*"))
    said = signed_in("doctor", "--json")
    assert said.code == 3
    level, state = capabilities(said)[f"feed mine: playlist {MINE}"]
    assert (level, state.split(":")[0]) == ("fail", "refused (501)")


def test_nobody_is_signed_in(chartlake: Command, spotify: Simulator, tmp_path: Path) -> None:
    write_project(tmp_path, spotify, FEEDS)
    said = chartlake("doctor", "--json")
    assert said.code == 3
    seen = capabilities(said)
    level, state = seen["feed top: top-items"]
    assert (level, "nobody is signed in" in state) == ("fail", True)
    fixes = {each["what"]: each["fix"] for each in said.json()["capabilities"]}
    assert "chartlake login" in fixes["feed top: top-items"]
    assert any("gave an access token" in what for what in findings(said))


def test_another_account_is_looked_at_by_its_name(
    signed_in: Command, spotify: Simulator, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, '[feeds.x]\nsource = "saved-tracks"\naccount = "work"\n')
    said = signed_in("doctor")
    assert said.code == 3
    assert "nobody is signed in as account work" in said.out
    assert "chartlake login --account work" in said.out
    assert spotify.request_count == 1  # that of the login


def test_a_wrong_secret(chartlake: Command, spotify: Simulator, tmp_path: Path) -> None:
    write_project(tmp_path, spotify, playlist("mine", MINE))
    (tmp_path / ".env").write_text("CHARTLAKE_SPOTIFY__CLIENT_SECRET=wrong\n")
    said = chartlake("doctor")
    assert said.code == 3
    assert "fail  Spotify refused the client id and secret" in said.out
    assert "copy both again" in said.out
    assert spotify.request_count == 0


def test_a_lake_that_cannot_be_written(
    chartlake: Command, spotify: Simulator, tmp_path: Path
) -> None:
    write_project(tmp_path, spotify, '[lake]\nurl = "file"\n')
    (tmp_path / "file").write_text("mine")
    said = chartlake("doctor")
    assert said.code == 4
    assert f"in {tmp_path}/file" in said.out
    assert "check that the place exists" in said.out


def test_a_lake_is_left_as_it_was(signed_in: Command, tmp_path: Path) -> None:
    signed_in("doctor")
    names = {file.name.split("-")[0] for file in (tmp_path / "chartlake-data").rglob("*.*")}
    assert names <= {"capabilities", "quota", ".locks", "lake.json"}, names


def test_several_wrongs_the_gravest_counts(
    signed_in: Command, spotify: Simulator, tmp_path: Path
) -> None:
    """Also where Spotify may not be asked: deferred means that nothing is wrong."""
    spotify.faults.add(quota_exceeded(20 * 3600))
    assert signed_in("run", "--feed", "mine").code == 75
    (tmp_path / "chartlake-data" / "warehouse.duckdb").write_text("no database at all" * 1000)
    assert signed_in("doctor").code == 4


def test_an_account_without_a_sign_in_hides_no_other_feed(
    signed_in: Command, spotify: Simulator, tmp_path: Path
) -> None:
    hers = playlist("hers", THEIRS) + 'account = "anna"\n'
    write_project(tmp_path, spotify, playlist("mine", MINE) + hers)
    said = signed_in("doctor", "--json")
    assert said.code == 3
    seen = capabilities(said)
    assert seen[f"feed mine: playlist {MINE}"] == ("ok", "readable")
    assert seen["feed hers"] == ("fail", "nobody is signed in as account anna")
    assert any("(needed by hers)" in what for what in findings(said))


def test_an_artist_that_is_not_there_is_told(
    signed_in: Command, spotify: Simulator, tmp_path: Path
) -> None:
    radar = '[feeds.radar]\nsource = "artist-catalog"\nartists = ["{}"]\n'
    write_project(tmp_path, spotify, radar.format("0" * 22))
    said = signed_in("doctor", "--json")
    assert said.code == 3
    told = capabilities(said)["feed radar: artist-catalog of 1"]
    assert told == ("fail", f"no artist has the id {'0' * 22}")
