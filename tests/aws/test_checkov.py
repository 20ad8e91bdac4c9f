"""What checkov finds in the template is known, and each finding that stays has a reason."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.aws.template_values import TEMPLATE
from tests.conftest import OUT_OF_UVS_CACHE

pytestmark = pytest.mark.needs("checkov")

KNOWN = Path(__file__).parent / "checkov.toml"


def test_every_finding_has_a_reason_and_every_reason_a_finding(tmp_path: Path) -> None:
    """Of a copy: where the path to the file has 40 letters, checkov takes it for a secret key."""
    copied = tmp_path / "template.yaml"
    copied.write_bytes(TEMPLATE.read_bytes())
    reasons = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    known = {(check, resource) for check, each in reasons.items() for resource in each}
    assert all(reason for each in reasons.values() for reason in each.values())
    assert found_in(copied) == known


def test_a_new_finding_is_found(tmp_path: Path) -> None:
    looser = tmp_path / "template.yaml"
    text = TEMPLATE.read_text(encoding="utf-8").replace(
        "BlockPublicAcls: true", "BlockPublicAcls: false"
    )
    looser.write_text(text, encoding="utf-8")
    assert ("CKV_AWS_53", "DataBucket") in found_in(looser)


def found_in(template: Path) -> set[tuple[str, str]]:
    """The checks that failed, each with its resource; nothing is asked of a network."""
    options = ("--framework", "cloudformation", "--output", "json", "--compact", "--skip-download")
    done = subprocess.run(
        [*OUT_OF_UVS_CACHE, "checkov", "--file", str(template), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0, done.stderr
    assert report["summary"]["resource_count"] > 50
    failed = report["results"]["failed_checks"]
    return {(each["check_id"], each["resource"].rpartition(".")[2]) for each in failed}
