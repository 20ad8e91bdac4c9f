"""A simulated Spotify with a browser whose user agrees, and projects that ask it."""

from __future__ import annotations

import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from chartlake.simulator import Simulator

MINE, THEIRS, SPOTIFYS = "2nWxVs7sKLqP7tqTZQv0Fa", "5nWxVs7sKLqP7tqTZQv0Fb", f"37i9{'x' * 18}"


def now() -> datetime:
    return datetime.now(UTC)


def use_a_browser_that_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(url: str) -> bool:
        httpx2.get(url, follow_redirects=True, trust_env=False)
        return True

    monkeypatch.setenv("BROWSER", "a fake")
    monkeypatch.setattr(webbrowser, "open", follow)


def write_project(folder: Path, spotify: Simulator, feeds: str, more: str = "") -> None:
    """chartlake.toml and .env; ``feeds`` and what stands under ``[spotify]`` are TOML."""
    (folder / ".env").write_text("CHARTLAKE_SPOTIFY__CLIENT_SECRET=simulated-secret\n")
    (folder / "chartlake.toml").write_text(
        f"""
        [auth]
        store = "file"
        folder = "accounts"

        [spotify]
        client_id = "simulated-client"
        api_url = "{spotify.api_url}"
        token_url = "{spotify.token_url}"
        authorize_url = "{spotify.authorize_url}"
        {more}
        {feeds}
        """
    )


def playlist(name: str, playlist_id: str) -> str:
    return f'[feeds.{name}]\nsource = "playlist"\nplaylist = "{playlist_id}"\nschedule = "daily"\n'
