"""The crawler runs when a deployment has changed a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chartlake.aws.deploy.changes import Change
from chartlake.aws.deploy.crawl import crawl_changed
from chartlake.aws.deploy.stack import Proposal, Stack

TABLE = Change("Modify", "CuratedEntries", "AWS::Glue::Table", "False", None)
OTHER = Change("Modify", "Schedule", "AWS::Scheduler::Schedule", "False", None)


@pytest.fixture
def glue(s3: str) -> Iterator[Any]:
    made = boto3.client(
        "glue",
        endpoint_url=s3,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    targets = {"S3Targets": [{"Path": "s3://music/lake/curated/"}]}
    made.create_crawler(Name="music", Role="role", Targets=targets, DatabaseName="seen")
    yield made
    made.delete_crawler(Name="music")
    made.close()


@pytest.mark.parametrize(
    ("changes", "is_new", "crawls"),
    [((OTHER, TABLE), False, True), ((OTHER,), False, False), ((TABLE,), True, False)],
    ids=["a table has changed", "something else", "a new stack has no files"],
)
def test_it_starts(glue: Any, changes: tuple[Change, ...], is_new: bool, crawls: bool) -> None:
    stack = Stack("music", "id", "UPDATE_COMPLETE", outputs={"Crawler": "music"})
    proposal = Proposal("change", "id", changes, is_new)
    assert crawl_changed(glue, proposal, stack) == crawls
    assert (glue.get_crawler(Name="music")["Crawler"]["State"] == "RUNNING") == crawls
    # one that runs already is as good
    assert crawl_changed(glue, proposal, stack) == crawls
    if crawls:
        glue.stop_crawler(Name="music")


def test_of_a_stack_that_has_none_nothing_is_asked(glue: Any) -> None:
    proposal = Proposal("change", "id", (TABLE,), False)
    assert not crawl_changed(glue, proposal, Stack("music", "id", "UPDATE_COMPLETE"))
