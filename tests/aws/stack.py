"""What the template makes in a real account, as far as publishing needs it: made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from chartlake.aws.athena import Athena
from chartlake.aws.catalog import hive_columns
from chartlake.aws.databases import parquet
from chartlake.aws.relations import Relation
from chartlake.aws.warehouse import AthenaWarehouse
from chartlake.lake.store import Store, open_store
from chartlake.schema import TABLES
from chartlake.warehouse.choices import Choices
from tests.aws.fake_aws import REGION, Aws, open_aws

__all__ = ["BUCKET", "LAKE", "NAME", "lake_of", "open_stack", "warehouse_of"]

BUCKET, NAME = "music", "chartlake"
LAKE = f"s3://{BUCKET}/lake"


@contextmanager
def open_stack(monkeypatch: pytest.MonkeyPatch, curated: str = f"{LAKE}/curated") -> Iterator[Aws]:
    """AWS with a bucket, the typed tables over curated files, and a workgroup."""
    with open_aws() as aws:
        for name, value in {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "PUBLISH",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION,
        }.items():
            monkeypatch.setenv(name, value)
        s3, glue, athena = (aws.client(each) for each in ("s3", "glue", "athena"))
        for bucket in {BUCKET, curated.split("/")[2]}:
            s3.create_bucket(Bucket=bucket)
        for database in (NAME, f"{NAME}_curated"):
            glue.create_database(DatabaseInput={"Name": database})
        for table in TABLES.values():
            columns = {column.name: column.type for column in hive_columns(table)}
            about = parquet(Relation(table.name, columns, ""), f"{curated}/{table.name}/")
            month = [{"Name": "slot_month", "Type": "string"}]
            glue.create_table(
                DatabaseName=f"{NAME}_curated",
                TableInput={
                    "Name": table.name,
                    "TableType": "EXTERNAL_TABLE",
                    "PartitionKeys": month,
                    **about,
                },
            )
        answers = {"OutputLocation": f"s3://{BUCKET}/athena-results/"}
        configuration = {
            "ResultConfiguration": answers,
            "EnforceWorkGroupConfiguration": True,
        }
        athena.create_work_group(Name=NAME, Configuration=configuration)
        yield aws


def lake_of(url: str = LAKE) -> Store:
    """The lake in the bucket."""
    return open_store(url, lambda: datetime.now(UTC))


def warehouse_of(aws: Aws, store: Store, chosen: Choices | None = None) -> AthenaWarehouse:
    """The warehouse over it; nothing waits for Athena, which has run what it is asked at once."""
    athena = Athena(aws.client("athena", "PUBLISH"), NAME, lambda seconds: None)
    return AthenaWarehouse(store, athena, aws.client("glue", "PUBLISH"), NAME, chosen or Choices())
