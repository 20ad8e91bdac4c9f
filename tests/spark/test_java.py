"""What a person reads where Spark, or the Java below it, is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chartlake.errors import ConfigError
from chartlake.settings import TransformSettings
from chartlake.spark.java import check_java
from chartlake.spark.session import start_session
from chartlake.wiring.engines import open_engine


def put_java(folder: Path, says: str) -> Path:
    """A program in ``bin`` that says a version as Java does."""
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{says}\n")
    java.chmod(0o755)
    return java


def version(number: str) -> str:
    return f"""echo 'openjdk version "{number}" 2025-04-15' >&2"""


@pytest.fixture(autouse=True)
def _no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)


def problem() -> ConfigError:
    with pytest.raises(ConfigError) as error:
        check_java()
    assert "openjdk-17-jre-headless" in str(error.value.fix)
    return error.value


def test_no_java() -> None:
    assert problem().what == "Spark needs Java, which is not installed"


@pytest.mark.parametrize(
    ("number", "is_told"), [("1.8.0_452", "8"), ("11.0.27", "11"), ("16", "16")]
)
def test_an_old_java(tmp_path: Path, number: str, is_told: str) -> None:
    java = put_java(tmp_path, version(number))
    found = problem()
    assert found.what == f"Spark needs Java 17 or later, and this one is {is_told}"
    assert found.why == str(java)


@pytest.mark.parametrize("number", ["17.0.15", "21", "25.0.1", "26-ea"])
def test_a_java_that_is_new_enough(tmp_path: Path, number: str) -> None:
    put_java(tmp_path, version(number))
    check_java()


def test_a_java_that_is_broken(tmp_path: Path) -> None:
    put_java(tmp_path, "exit 3")
    assert problem().what == "Spark needs Java, which does not run"


def test_java_home_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_java(tmp_path, version("17.0.15"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    found = problem()
    assert found.what == "Spark needs Java, which does not run"
    assert f"JAVA_HOME is {tmp_path / 'gone'}" in str(found.why)


def test_a_session_asks_for_java_first() -> None:
    with pytest.raises(ConfigError, match="needs Java"):
        start_session("local[2]")


def test_spark_connect_is_refused() -> None:
    with pytest.raises(ConfigError, match="does not speak Spark Connect"):
        start_session("sc://host:15002")


def test_without_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [name for name in sys.modules if name.startswith("chartlake.spark")]
    for name in ours:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pyspark", "py4j", "py4j.protocol"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError) as error:
        open_engine(TransformSettings(engine="spark"))
    assert error.value.what == 'engine = "spark" needs a package that is not installed'
    assert "chartlake[spark]" in str(error.value.fix)
