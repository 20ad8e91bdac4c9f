"""login and logout, as a person would run them; Spotify is scripted."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest
from typer.testing import CliRunner

from chartlake.cli import app
from tests.commands import PROGRAM, Command
from tests.extract.server import Server, answer

GRANT = {
    "access_token": "planted-access",
    "refresh_token": "planted-refresh",
    "expires_in": 3600,
    "scope": "playlist-read-private playlist-read-collaborative user-read-recently-played "
    "user-top-read user-library-read",
}
ADA = {"id": "ada-1", "display_name": "Ada \x1b[31mL."}


@pytest.fixture
def spotify() -> Iterator[Server]:
    running = Server()
    running.script("/api/token", answer(GRANT))
    running.script("/v1/me", answer(ADA))
    yield running
    running.close()


@pytest.fixture
def folder(tmp_path: Path, spotify: Server) -> Path:
    """A project, with sign-ins kept beside it."""
    (tmp_path / "chartlake.toml").write_text(
        f"""
        [spotify]
        client_id = "an-app"
        api_url = "{spotify.url}/v1"
        token_url = "{spotify.url}/api/token"
        authorize_url = "{spotify.url}/authorize"

        [auth]
        store = "file"
        folder = "accounts"
        """
    )
    return tmp_path / "accounts"


Browser = Callable[[str], bool]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A browser whose user agrees at once; the pages that it was sent to."""
    opened: list[str] = []

    def agree(url: str) -> bool:
        opened.append(url)
        _come_back(url, code="planted-code")
        return True

    monkeypatch.setenv("BROWSER", "a fake")
    monkeypatch.setattr(webbrowser, "open", agree)
    return opened


def _come_back(url: str, **given: str) -> httpx2.Response:
    asked = dict(parse_qsl(urlsplit(url).query))
    answered = {"state": asked["state"], **given}
    return httpx2.get(asked["redirect_uri"], params=answered, trust_env=False)


def tokens_sent(spotify: Server) -> dict[str, list[str]]:
    (request,) = spotify.asked("/api/token")
    return parse_qs(request.body.decode())


@pytest.mark.usefixtures("browser")
def test_login_signs_in_and_says_what_is_so_now(
    chartlake: Command, folder: Path, spotify: Server
) -> None:
    said = chartlake("login")
    assert said.code == 0, said.err
    assert "Signed in as Ada �[31mL. (ada-1), account default." in said.out
    assert str(folder) in said.out
    assert re.search(r"until +20\d\d-\d\d-\d\d", said.out)
    assert "chartlake doctor" in said.out
    assert tokens_sent(spotify)["code"] == ["planted-code"]
    (file,) = folder.glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "planted-refresh" in file.read_text()
    assert "planted" not in said.out + said.err


@pytest.mark.usefixtures("browser", "folder")
def test_login_answers_with_one_document(chartlake: Command) -> None:
    told = chartlake("login", "--account", "ada", "--json").json()
    assert (told["account"], told["user_id"]) == ("ada", "ada-1")
    assert told["expires_at"] > told["authorized_at"]
    assert "playlist-read-private" in told["scopes"]
    assert "token" not in str(told)


@pytest.mark.usefixtures("folder")
def test_the_page_is_printed_too(chartlake: Command, browser: list[str]) -> None:
    assert browser[0:] == []
    said = chartlake("login")
    assert browser[0] in said.err
    assert browser[0].startswith("http://127.0.0.1")


@pytest.mark.usefixtures("browser")
def test_an_account_keeps_its_user(chartlake: Command, folder: Path, spotify: Server) -> None:
    spotify.script("/v1/me", answer({"id": "ben-2", "display_name": "Ben"}))
    assert chartlake("login").code == 0
    said = chartlake("login")
    assert said.code == 3
    assert "account default belongs to Ada" in said.err
    assert "--account NAME" in said.err
    assert chartlake("login", "--account", "ben").code == 0
    assert len(list(folder.glob("*.json"))) == 2


@pytest.mark.usefixtures("folder")
def test_a_denial_exits_3(chartlake: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(url: str) -> bool:
        _come_back(url, error="access_denied")
        return True

    monkeypatch.setenv("BROWSER", "a fake")
    monkeypatch.setattr(webbrowser, "open", deny)
    said = chartlake("login")
    assert said.code == 3
    assert "access was denied in the browser" in said.err


@pytest.mark.usefixtures("folder")
def test_a_browser_that_does_not_come_back_ends_with_what_to_register(
    chartlake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartlake.cli.account.WAIT_SECONDS", 0.01)
    said = chartlake("login", "--no-browser")
    assert said.code == 3
    assert "add http://127.0.0.1/callback under Redirect URIs" in said.err


def test_no_browser_means_none_is_opened(
    chartlake: Command, folder: Path, browser: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartlake.cli.account.WAIT_SECONDS", 0.01)
    chartlake("login", "--no-browser")
    assert browser == []
    assert not folder.exists()


def test_what_is_missing_is_said_before_a_browser_opens(
    chartlake: Command, folder: Path, browser: list[str]
) -> None:
    folder.mkdir(mode=0o755)
    said = chartlake("login")
    assert said.code == 2
    assert f"chmod 700 {folder}" in said.err
    assert browser == []


@pytest.mark.usefixtures("browser")
def test_without_an_app_it_is_said_how_to_get_one(chartlake: Command) -> None:
    said = chartlake("login")
    assert said.code == 2
    for word in (
        "no Spotify client id",
        "developer.spotify.com/dashboard",
        "http://127.0.0.1/callback",
        "CHARTLAKE_SPOTIFY__CLIENT_ID",
        "chartlake.toml",
    ):
        assert word in said.err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["Ada", "a b", "../ada", ""])
def test_an_account_has_a_plain_name(chartlake: Command, browser: list[str], name: str) -> None:
    said = chartlake("login", "--account", name)
    assert said.code == 2
    assert "is no name for an account" in said.err
    assert browser == []


@pytest.mark.usefixtures("folder", "browser")
def test_a_given_token_that_hides_the_sign_in_is_warned_of(
    chartlake: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTLAKE_SPOTIFY__ACCESS_TOKEN", "planted-given")
    said = chartlake("login")
    assert said.code == 0
    assert "CHARTLAKE_SPOTIFY__ACCESS_TOKEN is set" in said.err
    assert "planted-given" not in said.err


@pytest.mark.usefixtures("folder", "browser")
def test_a_scope_that_was_not_given_is_warned_of(chartlake: Command, spotify: Server) -> None:
    spotify._scripts["/api/token"] = [answer({**GRANT, "scope": "user-top-read"})]
    assert "not allowed: playlist-read-collaborative" in chartlake("login").err


@pytest.mark.usefixtures("browser")
def test_a_fixed_port_is_used_where_it_is_set(
    chartlake: Command, folder: Path, spotify: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = urlsplit(spotify.url).port
    monkeypatch.setenv("CHARTLAKE_SPOTIFY__REDIRECT_PORT", str(taken))
    said = chartlake("login")
    assert said.code == 2
    assert f"port {taken} of this machine cannot be used" in said.err
    assert "redirect_port" in said.err
    assert not folder.exists()


# By hand ----------------------------------------------------------------------


def paste(*lines: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["login", "--paste"], input="".join(lines))
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.mark.usefixtures("here")
def test_a_code_can_be_pasted(spotify: Server) -> None:
    code, out, err = paste("planted-code\n")
    assert code == 0, err
    assert "Signed in as Ada" in out
    assert "show an error page" in err
    assert tokens_sent(spotify)["redirect_uri"] == ["http://127.0.0.1/callback"]


@pytest.mark.usefixtures("here")
def test_a_wrong_paste_may_be_mended_and_three_are_enough(spotify: Server) -> None:
    assert paste("\n", "http://127.0.0.1/callback\n", "planted-code\n")[0] == 0
    code, _, err = paste("\n", "\n", "\n", "planted-code\n")
    assert code == 3
    assert err.count("no code in what was pasted") == 3


@pytest.mark.usefixtures("here")
def test_an_end_of_input_is_said() -> None:
    code, _, err = paste()
    assert code == 2
    assert "no address was pasted" in err


@pytest.mark.usefixtures("here")
def test_without_a_screen_pasting_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    def never(url: str) -> bool:
        raise AssertionError("a browser of text would take the terminal")

    monkeypatch.setattr(webbrowser, "open", never)
    result = CliRunner().invoke(app, ["login"], input="planted-code\n")
    assert result.exit_code == 0, result.stderr
    assert "no browser could be opened here" in result.stderr


def started(here: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, "login", *words],
        cwd=here.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if k != "BROWSER"},
    )


def printed_url(stream: IO[str] | None) -> str:
    assert stream
    before: list[str] = []
    for line in stream:
        if "/authorize?" in line:
            return line.strip()
        before.append(line)
    raise AssertionError("".join(before))


def test_the_whole_address_is_pasted_into_a_running_program(here: Path, spotify: Server) -> None:
    with started(here, "--paste") as program:
        asked = dict(parse_qsl(urlsplit(printed_url(program.stderr)).query))
        ended = f"{asked['redirect_uri']}?code=planted-code&state={asked['state']}\n"
        out, err = program.communicate(ended, timeout=60)
    assert program.returncode == 0, err
    assert "Signed in as Ada" in out
    assert tokens_sent(spotify)["code"] == ["planted-code"]
    assert "planted" not in out + err


def test_an_interrupt_while_waiting_leaves_nothing(here: Path) -> None:
    with started(here, "--no-browser") as program:
        printed_url(program.stderr)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    assert program.returncode == 130
    assert "interrupted: nobody was signed in" in err
    assert "Traceback" not in out + err
    assert not here.exists()


# Logout -----------------------------------------------------------------------


@pytest.mark.usefixtures("browser")
def test_logout_forgets_and_says_what_it_does_not_do(chartlake: Command, folder: Path) -> None:
    chartlake("login")
    chartlake("login", "--account", "ada")
    said = chartlake("logout")
    assert said.code == 0
    assert "Forgot the sign-in of account default." in said.out
    assert "https://www.spotify.com/account/apps" in said.out
    assert "stays in the lake" in said.out
    (left,) = folder.glob("*.json")
    assert left.name.startswith("ada@")


@pytest.mark.usefixtures("browser", "folder")
def test_logout_of_nobody_names_who_is_there(chartlake: Command) -> None:
    assert "signed in: nobody" in chartlake("logout").err
    chartlake("login", "--account", "ada")
    said = chartlake("logout", "--account", "adda")
    assert said.code == 2
    assert "nobody is signed in as account adda" in said.err
    assert "signed in: ada" in said.err


@pytest.mark.usefixtures("browser")
def test_logout_of_one_app_leaves_the_other(
    chartlake: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chartlake("login")
    monkeypatch.setenv("CHARTLAKE_SPOTIFY__CLIENT_ID", "another-app")
    chartlake("login")
    chartlake("logout")
    (left,) = folder.glob("*.json")
    assert left.name == "default@an-app.json"


@pytest.mark.usefixtures("browser")
def test_logout_of_all_is_for_every_app_and_can_be_repeated(
    chartlake: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chartlake("login")
    monkeypatch.setenv("CHARTLAKE_SPOTIFY__CLIENT_ID", "another-app")
    chartlake("login", "--account", "ada")
    told = chartlake("logout", "--all", "--json").json()
    assert told["forgotten"] == [
        {"name": "ada", "client_id": "another-app"},
        {"name": "default", "client_id": "an-app"},
    ]
    assert list(folder.glob("*.json")) == []
    again = chartlake("logout", "--all")
    assert (again.code, again.out) == (0, "Nobody was signed in.\n")


@pytest.mark.usefixtures("browser")
def test_logout_works_where_what_is_kept_is_damaged(chartlake: Command, folder: Path) -> None:
    chartlake("login")
    (file,) = folder.glob("*.json")
    file.write_text("{")
    said = chartlake("login")
    assert said.code == 4
    assert "chartlake logout --account default, then chartlake login" in said.err
    assert chartlake("logout").code == 0
    assert chartlake("login").code == 0
