"""Everything before somebody is asked: artefacts uploaded, and a change set of the stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from chartlake.aws.deploy.artefacts import Artefact
from chartlake.aws.deploy.bucket import bucket_name, check_bucket, open_bucket, upload
from chartlake.aws.deploy.deployment import Deployment
from chartlake.aws.deploy.parameters import parameters_for
from chartlake.aws.deploy.schedule import too_rare
from chartlake.aws.deploy.stack import Proposal, Stack, asked_by, check_ready, propose, stack_of
from chartlake.aws.session import open_client
from chartlake.errors import ConfigError

__all__ = ["Cloud", "Prepared", "open_cloud", "prepare"]


@dataclass(frozen=True)
class Cloud:
    """An account in a region, and the clients that reach it."""

    account: str
    region: str
    suffix: str
    cloudformation: Any
    s3: Any
    glue: Any

    def artefacts_bucket(self, name: str) -> str:
        """The bucket for the artefacts of a stack."""
        return bucket_name(name, self.account, self.region)


@dataclass(frozen=True)
class Prepared:
    """What was uploaded, and what would change; ``proposal`` is None where nothing would.

    ``warnings`` are for whoever deploys.
    """

    bucket: str
    uploaded: list[str]
    used: frozenset[str]
    stack: Stack | None
    proposal: Proposal | None
    warnings: tuple[str, ...] = ()


@contextmanager
def open_cloud(session: boto3.Session) -> Iterator[Cloud]:
    """Ask whose account it is, and open the clients."""
    with ExitStack() as stack:
        sts, *others = (
            stack.enter_context(closing(open_client(session, service)))
            for service in ("sts", "cloudformation", "s3", "glue")
        )
        account = sts.get_caller_identity()["Account"]
        region = str(session.region_name)
        is_in_china = session.get_partition_for_region(region) == "aws-cn"
        suffix = "amazonaws.com.cn" if is_in_china else "amazonaws.com"
        yield Cloud(account, region, suffix, *others)


def prepare(
    cloud: Cloud,
    deployment: Deployment,
    artefacts: Sequence[Artefact],
    now: datetime,
    sleep: Callable[[float], None],
) -> Prepared:
    """Upload what is not there, and make a change set; the stack itself is not touched."""
    stack = stack_of(cloud.cloudformation, deployment.name)
    check_ready(stack)
    for existing in (deployment.bucket, deployment.curated_bucket):
        if existing and existing != "create":
            check_bucket(cloud.s3, existing, cloud.account, cloud.region)
    bucket = cloud.artefacts_bucket(deployment.name)
    open_bucket(cloud.s3, bucket, cloud.account, cloud.region, deployment.kms_key)
    uploaded = upload(cloud.s3, bucket, cloud.account, artefacts)
    keys = {each.parameter: each.key for each in artefacts}
    if "Template" not in keys:
        raise ConfigError("this chartlake has no template for AWS")
    url = f"https://{bucket}.s3.{cloud.region}.{cloud.suffix}/{keys['Template']}"
    asked, capabilities = asked_by(cloud.cloudformation, url)
    parameters = parameters_for(asked, deployment, keys | {"ArtefactsBucket": bucket})
    proposal = propose(
        cloud.cloudformation,
        stack,
        name=deployment.name,
        change_set=f"chartlake-{now:%Y%m%dT%H%M%SZ}",
        template_url=url,
        parameters=parameters,
        capabilities=capabilities or ["CAPABILITY_NAMED_IAM"],
        tags=deployment.tags,
        sleep=sleep,
    )
    warnings = _warnings(asked, parameters, deployment.schedule)
    return Prepared(bucket, uploaded, frozenset(keys.values()), stack, proposal, warnings)


def _warnings(
    asked: Sequence[Mapping[str, Any]], parameters: Sequence[Mapping[str, str]], schedule: str
) -> tuple[str, ...]:
    """What would go otherwise than somebody may think."""
    values = {each["ParameterKey"]: each.get("DefaultValue") for each in asked}
    values |= {each["ParameterKey"]: each["ParameterValue"] for each in parameters}
    hours = values.get("StaleAfterHours")
    said = too_rare(schedule, int(hours)) if hours else None
    return (said,) if said else ()
