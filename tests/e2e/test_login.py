"""The life of a sign-in: login, reading, refresh, revocation, logout, against a whole Spotify."""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import msgspec
import pytest

from chartlake.errors import SignInError
from chartlake.settings import read_settings
from chartlake.simulator import Simulator, World
from chartlake.wiring.project import Project, open_project
from tests.commands import Command


@pytest.fixture
def spotify() -> Iterator[Simulator]:
    world = World(7)
    with Simulator(
        world, lambda: datetime.now(UTC), approve="at once", rotate_refresh_tokens=True
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def _browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose user is sent on from page to page, and agrees."""

    def follow(url: str) -> bool:
        httpx2.get(url, follow_redirects=True, trust_env=False)
        return True

    monkeypatch.setenv("BROWSER", "a fake")
    monkeypatch.setattr(webbrowser, "open", follow)


@pytest.fixture
def folder(tmp_path: Path, spotify: Simulator) -> Path:
    (tmp_path / "chartlake.toml").write_text(
        f"""
        [spotify]
        client_id = "simulated-client"
        api_url = "{spotify.api_url}"
        token_url = "{spotify.token_url}"
        authorize_url = "{spotify.authorize_url}"

        [auth]
        store = "file"
        folder = "accounts"
        """
    )
    return tmp_path


def who(project: Project) -> str:
    """The user that the Web API sees."""
    body = project.spotify.client(needs_user=True).get("/me", "me")
    return str(msgspec.json.decode(body.content)["id"])


def test_from_login_to_logout(chartlake: Command, folder: Path, spotify: Simulator) -> None:
    said = chartlake("login")
    assert said.code == 0, said.err
    assert spotify.token_request_count == 1

    with open_project(read_settings(folder)) as project:
        user_id = who(project)
        assert f"({user_id})" in said.out
        assert spotify.token_request_count == 1  # the token of the login is still good

        spotify.expire_access_tokens()
        assert who(project) == user_id
        assert spotify.token_request_count == 2

    spotify.expire_access_tokens()
    with open_project(read_settings(folder)) as project:
        assert who(project) == user_id  # with the refresh token that replaced the first
        assert spotify.token_request_count == 3

        spotify.revoke(user_id)
        spotify.expire_access_tokens()
        for _ in range(2):
            with pytest.raises(SignInError, match="log in again") as ended:
                who(project)
            assert ended.value.fix == "chartlake login"
        assert spotify.token_request_count == 4

    assert chartlake("login").code == 0
    said = chartlake("logout")
    assert said.code == 0
    kept = "".join(
        file.read_text() for file in (folder / "accounts").iterdir() if file.name != "lock"
    )
    assert not [secret for secret in spotify.issued_secrets if secret in kept]
    with (
        open_project(read_settings(folder)) as project,
        pytest.raises(SignInError, match="nobody is signed in"),
    ):
        who(project)


def test_secrets_stay_where_they_are_kept(
    chartlake: Command, folder: Path, spotify: Simulator
) -> None:
    said = [chartlake("-v", "login"), chartlake("-v", "doctor"), chartlake("-v", "logout")]
    assert [each.code for each in said] == [0, 0, 0], said
    told = "".join(each.out + each.err for each in said)
    assert len(spotify.issued_secrets) >= 3
    assert not [secret for secret in spotify.issued_secrets if secret in told]


def test_an_app_whose_redirect_address_is_missing(
    chartlake: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spotify's page then stays where it is, and says INVALID_CLIENT."""
    monkeypatch.setattr("chartlake.cli.account.WAIT_SECONDS", 0.01)
    monkeypatch.setenv("CHARTLAKE_SPOTIFY__CLIENT_ID", "another-app")
    said = chartlake("login")
    assert said.code == 3
    assert "INVALID_CLIENT" in said.err
    assert "compare the client id" in said.err


def test_access_is_denied(chartlake: Command, folder: Path, spotify: Simulator) -> None:
    toml = folder / "chartlake.toml"
    with Simulator(World(7), lambda: datetime.now(UTC), approve="deny") as other:
        toml.write_text(toml.read_text().replace(spotify.url, other.url))
        said = chartlake("login")
    assert said.code == 3
    assert "access was denied" in said.err
    assert not (folder / "accounts").exists()


def test_a_sign_in_that_aws_keeps(
    chartlake: Command,
    folder: Path,
    spotify: Simulator,
    s3_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What runs in AWS reads it, and keeps what a refresh gives; this machine keeps nothing."""
    monkeypatch.setenv("CHARTLAKE_AWS__NAME", f"s{folder.name[-4:]}".replace("-", ""))
    monkeypatch.setenv("CHARTLAKE_LAKE__URL", s3_url)
    said = chartlake("login", "--store", "aws")
    assert said.code == 0, said.err
    assert "AWS Secrets Manager" in said.out
    assert not (folder / "accounts").exists()

    monkeypatch.setenv("CHARTLAKE_AUTH__STORE", "aws")
    for _ in range(2):  # the second needs what the first has written back
        spotify.expire_access_tokens()
        with open_project(read_settings(folder)) as project:
            assert f"({who(project)})" in said.out

    assert chartlake("logout", "--store", "aws").code == 0
    with (
        open_project(read_settings(folder)) as project,
        pytest.raises(SignInError, match="nobody is signed in"),
    ):
        who(project)
