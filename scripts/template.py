"""Write the curated tables into the CloudFormation template: `make template`, or `--check`.

    src/chartlake/aws/template.yaml     between the lines `# tables: begin` and `# tables: end`

The source is chartlake.schema, with the types that chartlake.aws.catalog gives.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from chartlake.aws.catalog import HiveColumn, hive_columns
from chartlake.schema import TABLES, Table

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "src" / "chartlake" / "aws" / "template.yaml"
BEGIN, END = "  # tables: begin", "  # tables: end"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"

_TABLE = """\
  {logical}:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref CuratedDatabase
      TableInput:
        Name: {name}
        Description: "{grain}"
        TableType: EXTERNAL_TABLE
        Parameters: {{EXTERNAL: "TRUE", classification: parquet}}
        PartitionKeys: [{{Name: slot_month, Type: string}}]
        StorageDescriptor:
          Location: !Sub "s3://${{TablesBucket.Value}}/${{LakePrefix}}/curated/{name}/"
          InputFormat: {parquet}.MapredParquetInputFormat
          OutputFormat: {parquet}.MapredParquetOutputFormat
          SerdeInfo:
            SerializationLibrary: {parquet}.serde.ParquetHiveSerDe
          Columns:
{columns}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    only_check = parser.parse_args().check
    text = TEMPLATE.read_text(encoding="utf-8")
    wanted = written(text, TABLES.values())
    if text == wanted:
        return
    name = TEMPLATE.relative_to(ROOT)
    if only_check:
        sys.exit(f"stale: {name}. Write it again: make template")
    TEMPLATE.write_text(wanted, encoding="utf-8")
    print(f"wrote {name}")


def written(text: str, tables: Iterable[Table]) -> str:
    """The template with these tables between its two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"{TEMPLATE.name} has lost one of the lines {BEGIN.strip()!r}, {END.strip()!r}")
    note = rest.partition("\n")[0]
    body = "\n".join(map(_table, tables))
    return f"{before}{begin}{note}\n\n{body}\n{end}{after}"


def _table(table: Table) -> str:
    return _TABLE.format(
        logical="Curated" + table.name.title().replace("_", ""),
        name=table.name,
        grain=table.grain,
        parquet=_PARQUET,
        columns="\n".join(map(_column, hive_columns(table))),
    )


def _column(column: HiveColumn) -> str:
    comment = json.dumps(column.meaning, ensure_ascii=False)  # a text of YAML too
    return f"            - {{Name: {column.name}, Type: {column.type}, Comment: {comment}}}"


if __name__ == "__main__":
    main()
