"""What is uploaded: code, packages, the Glue job's script, the template.

Each has a key with the hash of its content: the same code is the same keys, and no change.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from chartlake.aws.deploy.leave_out import is_needed
from chartlake.aws.deploy.packages import fetch_packages
from chartlake.aws.deploy.zips import Entries, digest_of, files_below, size_of, write_zip
from chartlake.errors import ConfigError

__all__ = ["LAMBDA_LIMIT", "Artefact", "build_artefacts", "code_entries", "package_entries"]

LAMBDA_LIMIT = 250 * 1024**2  # bytes, unpacked
_PACKAGE = Path(__file__).resolve().parents[2]
_AWS = _PACKAGE / "aws"
_SETTINGS = "chartlake.toml"
_SECRET = re.compile(r"secret|password|access_token|refresh_token|api_key|private_key")


@dataclass(frozen=True)
class Artefact:
    """A file to upload, and the key it gets; ``unpacked`` is the size of what a zip holds."""

    parameter: str
    key: str
    file: Path
    unpacked: int | None = None

    @property
    def size(self) -> int:
        """In bytes, as it is uploaded."""
        return self.file.stat().st_size


def build_artefacts(
    folder: Path,
    settings: bytes,
    template: Path = _AWS / "template.yaml",
    packages: Path | None = None,
) -> list[Artefact]:
    """Make everything that a stack needs, in a folder; ``settings`` is the project's TOML file.

    ``packages`` is a folder into which they were fetched before.
    """
    _check_no_secret(settings)
    if packages is None:
        packages = folder / "packages"
        fetch_packages(_AWS / "requirements-lambda.txt", packages)
    ours = code_entries(settings)
    zips = [
        _zip(folder, "CodeKey", "lambda/chartlake", ours | package_entries(packages)),
        _zip(folder, "GlueCodeKey", "glue/chartlake", ours),
    ]
    if (size := zips[0].unpacked or 0) > LAMBDA_LIMIT:
        raise ConfigError(
            f"the functions' code is too large: {size / 1e6:.0f} MB unpacked",
            why=f"Lambda takes {LAMBDA_LIMIT / 1e6:.0f} MB",
        )
    files = {
        "GlueScriptKey": _AWS / "glue_job.py",
        "GlueRequirementsKey": _AWS / "requirements-glue.txt",
        "Template": template,
    }
    return zips + [_file(name, file) for name, file in files.items() if file.exists()]


def code_entries(settings: bytes) -> dict[str, Path | bytes]:
    """Chartlake itself with its data files, what tells its version, and a project's settings."""
    code = {
        name: file
        for name, file in files_below(_PACKAGE, "chartlake/").items()
        if "__pycache__" not in file.parts and file.name != ".DS_Store"
    }
    here = distribution("chartlake")
    metadata = here.read_text("METADATA") or ""
    told = {f"chartlake-{here.version}.dist-info/METADATA": metadata.encode()}
    return code | told | {_SETTINGS: settings}


def package_entries(packages: Path) -> dict[str, Path | bytes]:
    """What of fetched packages goes into the zip."""
    return {name: file for name, file in files_below(packages).items() if is_needed(name)}


def _zip(folder: Path, parameter: str, place: str, entries: Entries) -> Artefact:
    key = f"{place}-{digest_of(entries)[:32]}.zip"
    file = folder / key.replace("/", "-")
    write_zip(file, entries)
    return Artefact(parameter, key, file, size_of(entries))


def _file(parameter: str, file: Path) -> Artefact:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:32]
    place = "template" if parameter == "Template" else "glue"
    return Artefact(parameter, f"{place}/{file.stem}-{digest}{file.suffix}", file)


def _check_no_secret(settings: bytes) -> None:
    """Whoever may read the code of a function would read it."""
    try:
        written = tomllib.loads(settings.decode())
    except ValueError as error:
        raise ConfigError(f"{_SETTINGS}: not valid TOML", why=str(error)) from error
    for key in _keys_with_text(written):
        if _SECRET.search(key.rpartition(".")[2].lower()):  # a feed may have any name
            raise ConfigError(
                f"{_SETTINGS}: {key} looks like a secret, and the file goes to AWS as it is",
                fix="remove it; sign in for the cloud with: chartlake login --store aws",
            )


def _keys_with_text(table: Mapping[str, Any], at: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _keys_with_text(value, f"{at}{key}.")
        elif isinstance(value, str):
            yield f"{at}{key}"
