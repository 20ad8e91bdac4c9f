"""The script of the Glue job: a backlog of any size, and the marts, on Spark."""

import argparse
import os
import tempfile
from importlib.resources import files
from pathlib import Path

from chartlake.settings import FILE_NAME, read_settings
from chartlake.wiring.choices import choices_of
from chartlake.wiring.cloud import open_cloud
from chartlake.wiring.marts import marts_on_spark


def main() -> None:
    """Run the stages that are asked for; of Glue's own arguments there are many more."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--lake_url", required=True)
    parser.add_argument("--stages", default="transform,marts")
    parser.add_argument("--region", default=os.environ.get("AWS_REGION", "us-east-1"))
    asked, _ = parser.parse_known_args()
    os.environ |= {"CHARTLAKE_LAKE__URL": asked.lake_url, "CHARTLAKE_TRANSFORM__ENGINE": "spark"}
    os.environ |= dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), asked.region)
    told = files("chartlake").parent / FILE_NAME  # type: ignore[attr-defined]  # beside the code, in a zip
    with tempfile.TemporaryDirectory() as folder:
        if told.is_file():
            Path(folder, FILE_NAME).write_bytes(told.read_bytes())
        settings = read_settings(Path(folder))
    with open_cloud(settings) as cloud:
        failed = cloud.pipeline.transform().failed if "transform" in asked.stages else ()
        if "marts" in asked.stages:
            marts = marts_on_spark(settings.transform.spark_master, choices_of(settings))
            marts.make(cloud.store, cloud.pipeline.clock(), lambda done, of: None)
    if failed:
        raise RuntimeError(f"{len(failed)} slots could not be built, the first: {failed[0].error}")


if __name__ == "__main__":
    main()
