"""Projects over the simulated Spotify, as a person would write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chartlake.simulator import Playlist, Simulator

SECRET = "simulated-secret"


def write_project(
    folder: Path, spotify: Simulator, playlists: Iterable[Playlist], lake: str | None = None
) -> None:
    """chartlake.toml and .env for some playlists, read daily."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".env").write_text(
        f"CHARTLAKE_SPOTIFY__CLIENT_ID=simulated-client\nCHARTLAKE_SPOTIFY__CLIENT_SECRET={SECRET}\n"
    )
    feeds = "".join(
        f"""
        [feeds.{playlist.slug}]
        source = "playlist"
        playlist = "{playlist.playlist_id}"
        schedule = "daily"
        """
        for playlist in playlists
    )
    where = f'[lake]\nurl = "{lake}"\n' if lake else ""
    (folder / "chartlake.toml").write_text(
        f"""
        {where}
        [spotify]
        api_url = "{spotify.api_url}"
        token_url = "{spotify.token_url}"
        {feeds}
        """
    )


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
