"""The packages of the functions: those of the lock and no others, for where they run."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from chartlake.aws.deploy.artefacts import LAMBDA_LIMIT, build_artefacts, package_entries
from chartlake.aws.deploy.packages import fetch_packages, installers
from chartlake.errors import ConfigError, StorageError
from tests.conftest import LAMBDA_REQUIREMENTS

MOST_ZIPPED = 80e6  # bytes; Lambda allows more, and each cold start reads them
UV = [str(Path(sys.prefix, "bin", "uv")), "pip", "install"]
PIP = [sys.executable, "-m", "pip", "install"]
PURE = "cronsim"

pytestmark = pytest.mark.xdist_group("packages")  # fetched once


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    fetch_packages(LAMBDA_REQUIREMENTS, folder)
    return folder


def lines_of(package: str) -> str:
    blocks = re.split(r"^(?=\S)", LAMBDA_REQUIREMENTS.read_text(), flags=re.MULTILINE)
    (found,) = (block for block in blocks if block.startswith(f"{package}=="))
    return found


@pytest.mark.needs("index")
def test_they_are_those_of_the_lock(fetched: Path) -> None:
    wanted = re.findall(r"^([\w-]+)==(\S+)", LAMBDA_REQUIREMENTS.read_text(), re.MULTILINE)
    found = [folder.name.removesuffix(".dist-info") for folder in fetched.glob("*.dist-info")]
    assert sorted(found) == sorted(f"{name.replace('-', '_')}-{ver}" for name, ver in wanted)


@pytest.mark.needs("index")
def test_they_are_for_lambdas_platform(fetched: Path) -> None:
    libraries = [file for file in fetched.rglob("*") if re.search(r"\.so(\.\d+)*$", file.name)]
    assert len(libraries) > 5
    for file in libraries:
        header = file.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert int.from_bytes(header[18:20], "little") == 183, f"{file.name} is not for aarch64"
        assert "cpython-3" not in file.name or "cpython-313-aarch64" in file.name


@pytest.mark.needs("index")
def test_what_arrows_libraries_link_is_in_the_zip(fetched: Path) -> None:
    kept = package_entries(fetched)
    arrow = {Path(name).name: file for name, file in kept.items() if name.startswith("pyarrow/")}
    libraries = [file for name, file in arrow.items() if ".so" in name]
    assert libraries
    for file in libraries:
        assert isinstance(file, Path)
        linked = set(re.findall(rb"lib(?:arrow|parquet)\w*\.so\.\d+(?=\0)", file.read_bytes()))
        assert {name.decode() for name in linked} <= arrow.keys(), file.name


@pytest.mark.needs("index")
def test_the_zip_is_small_enough(fetched: Path, template: Path, tmp_path: Path) -> None:
    made = {each.parameter: each for each in build_artefacts(tmp_path, b"", template, fetched)}
    code = made["CodeKey"]
    assert code.unpacked
    assert code.unpacked < 0.8 * LAMBDA_LIMIT, "leave room for what comes"
    assert code.size < MOST_ZIPPED


@pytest.mark.needs("index")
def test_no_database_and_no_drawing(fetched: Path) -> None:
    names = {name.split("/")[0].split("-")[0] for name in package_entries(fetched)}
    assert {"pyarrow", "obstore", "boto3", "aws_lambda_powertools"} <= names
    assert not names & {"duckdb", "vl_convert", "altair", "pandas", "rich", "typer", "pyspark"}
    assert not [name for name in package_entries(fetched) if name.startswith("pyarrow/tests")]


@pytest.mark.needs("index")
@pytest.mark.parametrize("installer", [UV, PIP], ids=["uv", "pip"])
def test_a_package_that_is_not_what_was_locked_is_refused(
    tmp_path: Path, installer: list[str]
) -> None:
    if not Path(installer[0]).exists():
        pytest.skip("not here")
    file, good = tmp_path / "requirements.txt", lines_of(PURE)
    file.write_text(good)
    fetch_packages(file, tmp_path / "good", [installer])
    assert (tmp_path / "good" / PURE / "__init__.py").exists()
    bad = re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", good)
    assert bad != good
    file.write_text(bad)
    with pytest.raises(StorageError, match="could not be fetched") as refused:
        fetch_packages(file, tmp_path / "bad", [installer])
    assert "hash" in str(refused.value.why).lower()
    assert not (tmp_path / "bad" / PURE).exists()


@pytest.mark.parametrize(
    "installer",
    [pytest.param(UV, id="uv"), pytest.param(PIP, id="pip", marks=pytest.mark.needs("index"))],
)
def test_a_package_without_a_hash_is_refused(tmp_path: Path, installer: list[str]) -> None:
    """By uv before it asks the network for anything."""
    file = tmp_path / "requirements.txt"
    file.write_text(lines_of(PURE).split("\\")[0] + "\n")
    with pytest.raises(StorageError, match="could not be fetched") as refused:
        fetch_packages(file, tmp_path / "packages", [installer])
    assert "hash" in str(refused.value.why).lower()


def test_without_uv_and_pip_it_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither uv nor pip is here") as refused:
        fetch_packages(LAMBDA_REQUIREMENTS, tmp_path, [])
    assert "uv" in str(refused.value.fix)


def test_uv_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("uv") == str(program)
    assert list(installers()[0]) == [str(program), "pip", "install"]
