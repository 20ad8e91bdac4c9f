"""chartlake init: a project's folder, ready to be filled in."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from chartlake.cli import show
from chartlake.cli.options import ProjectDir
from chartlake.errors import UsageError
from chartlake.settings import FILE_NAME

__all__ = ["init"]

_IGNORED = (".env", "chartlake-data/", "chartlake-demo/")


def init(project: ProjectDir = None) -> None:
    """Write chartlake.toml and .env.example, and ignore what must not be committed."""
    folder = project or Path()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE_NAME
    if target.exists():
        raise UsageError(f"{target} is there already", fix="edit it, or remove it first")
    templates = files("chartlake.cli") / "templates"
    for name, template in ((FILE_NAME, "chartlake.toml"), (".env.example", "env.example")):
        if (folder / name).exists():
            show.line(f"left {folder / name} as it is")
            continue
        text = (templates / template).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
        show.line(f"wrote {folder / name}")
    _ignore(folder / ".gitignore")
    show.line("next: client_id and a feed into chartlake.toml, then: chartlake login")
    show.line("      or bring charts: chartlake import FILES")


def _ignore(file: Path) -> None:
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    missing = [entry for entry in _IGNORED if entry not in before.splitlines()]
    if missing:
        gap = "" if not before or before.endswith("\n") else "\n"
        file.write_text(before + gap + "\n".join(missing) + "\n", encoding="utf-8")
        show.line(f"wrote {file}: {', '.join(missing)}")
