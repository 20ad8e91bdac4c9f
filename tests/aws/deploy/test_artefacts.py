"""What is packed: the same bytes each time, all that is needed, nothing secret."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from importlib.metadata import version
from pathlib import Path

import pyarrow
import pytest

from chartlake.aws.deploy import artefacts
from chartlake.aws.deploy.artefacts import Artefact, build_artefacts
from chartlake.aws.deploy.leave_out import is_needed
from chartlake.aws.deploy.zips import digest_of, files_below, write_zip
from chartlake.errors import ConfigError
from chartlake.warehouse.sql import MARTS
from tests.conftest import ROOT

SETTINGS = b'[spotify]\nclient_id = "an id"\n'


def built(folder: Path, template: Path, packages: Path, settings: bytes = SETTINGS) -> Built:
    folder.mkdir()
    return {each.parameter: each for each in build_artefacts(folder, settings, template, packages)}


Built = dict[str, Artefact]


def names_in(artefact: Artefact) -> list[str]:
    with zipfile.ZipFile(artefact.file) as archive:
        return archive.namelist()


def test_the_same_is_the_same_bytes(tmp_path: Path, template: Path, packages: Path) -> None:
    first = built(tmp_path / "first", template, packages)
    copy = tmp_path / "elsewhere"
    shutil.copytree(packages, copy)
    for file in copy.rglob("*.py"):
        os.utime(file, (time.time(), 0))
        file.chmod(0o600)
    second = built(tmp_path / "second", template, copy)
    assert {name: each.key for name, each in first.items()} == {
        name: each.key for name, each in second.items()
    }
    for name in first:
        contents = [hashlib.sha256(each[name].file.read_bytes()) for each in (first, second)]
        assert contents[0].digest() == contents[1].digest()


def test_other_settings_are_another_key(tmp_path: Path, template: Path, packages: Path) -> None:
    first = built(tmp_path / "first", template, packages)
    second = built(tmp_path / "second", template, packages, SETTINGS + b"# more\n")
    changed = {name for name in first if first[name].key != second[name].key}
    assert changed == {"CodeKey", "GlueCodeKey"}


def test_the_functions_zip(tmp_path: Path, template: Path, packages: Path) -> None:
    code = built(tmp_path / "made", template, packages)["CodeKey"]
    names = names_in(code)
    package = ROOT / "src" / "chartlake"
    ours = {
        f"chartlake/{file.relative_to(package).as_posix()}"
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in names if name.startswith("chartlake/")} == ours
    assert any(name.endswith(".sql") for name in names)
    assert "somewhere/__init__.py" in names
    assert "chartlake.toml" in names
    assert names == sorted(names)
    assert not [name for name in names if ".env" in name or name.endswith(".pyc")]
    assert code.unpacked
    assert code.unpacked > code.size


def test_glue_gets_the_code_without_packages(
    tmp_path: Path, template: Path, packages: Path
) -> None:
    names = names_in(built(tmp_path / "made", template, packages)["GlueCodeKey"])
    assert "chartlake/pipeline.py" in names
    assert "chartlake.toml" in names
    assert "somewhere/__init__.py" not in names


def test_the_code_in_the_zip_knows_its_version(
    tmp_path: Path, template: Path, packages: Path
) -> None:
    glue = built(tmp_path / "made", template, packages)["GlueCodeKey"]
    program = "from importlib.metadata import version; print(version('chartlake'))"
    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path = [{str(glue.file)!r}, "
         f"*sys.path]; {program}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == version("chartlake")


def test_glue_can_import_the_code_from_the_zip(
    tmp_path: Path, template: Path, packages: Path
) -> None:
    """It is not unpacked there: whatever is read beside the code is read from the archive."""
    glue = built(tmp_path / "made", template, packages)["GlueCodeKey"]
    program = (
        "import sys; sys.path = [p for p in sys.path if not p.endswith('src')];"
        f"sys.path.insert(0, {str(glue.file)!r});"
        "import chartlake, chartlake.wiring, chartlake.spark.jobs, chartlake.spark.marts;"
        "from chartlake.warehouse.sql import MARTS; from chartlake.warehouse import dialects;"
        f"assert chartlake.__file__.startswith({str(glue.file)!r}); print(len(MARTS))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert int(said.stdout) == len(MARTS)


@pytest.mark.parametrize(
    "settings",
    [
        '[spotify]\nclient_secret = "s"',
        '[spotify]\naccess_token = "t"',
        '[aws.tags]\npassword = "p"',
    ],
)
def test_a_secret_is_refused(tmp_path: Path, template: Path, packages: Path, settings: str) -> None:
    with pytest.raises(ConfigError, match="looks like a secret"):
        build_artefacts(tmp_path, settings.encode(), template, packages)


def test_a_feed_may_have_any_name(tmp_path: Path, template: Path, packages: Path) -> None:
    settings = (
        b'[feeds.secret-garden]\nsource = "playlist"\nplaylist = "x"\n[spotify]\ntoken_url = "u"'
    )
    assert built(tmp_path / "made", template, packages, settings)


def test_too_large_is_told(
    tmp_path: Path, template: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artefacts, "LAMBDA_LIMIT", 1000)
    with pytest.raises(ConfigError, match=r"too large: \d+ MB unpacked"):
        build_artefacts(tmp_path, SETTINGS, template, packages)


def test_the_digest_is_of_names_and_contents() -> None:
    assert digest_of({"a": b"1", "b": b"2"}) == digest_of({"b": b"2", "a": b"1"})
    assert digest_of({"a": b"1"}) != digest_of({"a": b"2"})
    assert digest_of({"a": b"1"}) != digest_of({"b": b"1"})


def test_a_library_can_be_executed(tmp_path: Path) -> None:
    write_zip(tmp_path / "z.zip", {"a.py": b"", "lib/b.so.2600": b"", "c.cpython-313.so": b""})
    with zipfile.ZipFile(tmp_path / "z.zip") as archive:
        modes = {each.filename: oct(each.external_attr >> 16) for each in archive.infolist()}
    assert modes == {
        "a.py": "0o100644",
        "lib/b.so.2600": "0o100755",
        "c.cpython-313.so": "0o100755",
    }


def _put(file: Path, place: Path) -> None:
    """Not as a symbolic link: libraries are looked for beside the file that it leads to."""
    try:
        place.hardlink_to(file)
    except OSError:  # on another disk
        shutil.copy(file, place)


def test_arrow_works_without_what_is_left_out(tmp_path: Path) -> None:
    """This machine's own build of it: Lambda's is linked in the same way."""
    folder = Path(pyarrow.__file__).parent
    names = files_below(folder, "pyarrow/")
    libraries = folder.parent / "pyarrow.libs"
    names |= files_below(libraries, "pyarrow.libs/") if libraries.is_dir() else {}
    kept = {name: file for name, file in names.items() if is_needed(name)}
    for name, file in kept.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        _put(file, tmp_path / name)
    dropped = names.keys() - kept.keys()
    assert [name for name in dropped if name.startswith("pyarrow/libarrow_flight")]
    program = (
        "import io, pyarrow, pyarrow.parquet as pq, pyarrow.compute as pc, pyarrow.csv;"
        f"assert pyarrow.__file__.startswith({str(tmp_path)!r});"
        "t = pyarrow.table({'a': [1, 2]}); f = io.BytesIO(); pq.write_table(t, f);"
        "print(pc.sum(pq.read_table(f)['a']))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "3"
