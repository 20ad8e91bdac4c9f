"""chartlake aws: the same pipeline in an AWS account: deployed, looked at, taken away."""

from __future__ import annotations

import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chartlake.cli import aws_told, show
from chartlake.cli.options import AsJson, ProjectDir
from chartlake.cli.remove import Yes, check_sure
from chartlake.errors import ConfigError, UsageError
from chartlake.settings import FILE_NAME, AwsSettings, read_settings
from chartlake.wiring.clock import system_clock

if TYPE_CHECKING:  # boto takes a while to import: only a command of this group waits for it
    from chartlake.aws.deploy.prepare import Cloud, Prepared
    from chartlake.aws.session import Session

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="The pipeline in your AWS account: deploy it, watch it, remove it."
)
_AS_IT_WAS = "nothing was changed"
_DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Only show what would change: code is uploaded, the stack stays."
    ),
]
_WithData = Annotated[
    bool,
    typer.Option("--with-data", help="Also the buckets that the stack has made, and the code's."),
]
_YesDelete = Annotated[
    list[str] | None,
    typer.Option(
        "--yes-delete", metavar="BUCKET", help="Do not ask for this bucket's name (with data)."
    ),
]


@app.command()
def deploy(
    dry_run: _DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing.")] = False,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Put the pipeline of this project into AWS, or bring it up to date: shows, asks, changes."""
    if not (yes or dry_run or sys.stdin.isatty()):
        raise UsageError("this would change a stack, and nobody can be asked", fix="add --yes")
    folder = project or Path()
    whole, file = read_settings(folder), _settings_file(folder)
    if not whole.feeds:
        show.warn("no feed is configured: nothing would be collected")
    elif "client_id" not in tomllib.loads(file.decode()).get("spotify", {}):
        show.warn("chartlake.toml names no client_id, and .env stays here: nobody could sign in")
    with _opened(whole.aws, "deploy") as (settings, _, cloud):
        from chartlake.aws.deploy.artefacts import build_artefacts
        from chartlake.aws.deploy.deployment import Deployment
        from chartlake.aws.deploy.prepare import prepare

        values = settings.model_dump(exclude={"region", "profile", "workgroup"})
        with tempfile.TemporaryDirectory() as made:
            show.note("collecting code and packages")
            artefacts = build_artefacts(Path(made), file)
            now, deployment = system_clock(), Deployment(**values)
            prepared = prepare(cloud, deployment, artefacts, now, time.sleep)
            sizes = [{"key": a.key, "bytes": a.size, "unpacked": a.unpacked} for a in artefacts]
        told = aws_told.prepared(settings.name, cloud.region, prepared, sizes)
        if not as_json:
            aws_told.print_prepared(told)
        outputs = _carry_out(cloud, prepared, dry_run=dry_run, yes=yes, name=settings.name)
    if as_json:
        show.json(told | {"outputs": outputs})
    else:
        aws_told.print_outputs(outputs, settings.alert_email if told["is_new"] else None)
        if told["is_new"] and outputs is not None:
            show.line("next      a lake of yours, if there is one: chartlake lake copy LakeUrl")
            show.line("          then: chartlake login --store aws, and chartlake aws status")


@app.command()
def status(as_json: AsJson = False, project: ProjectDir = None) -> None:
    """What the stack does: its state, the last runs, alarms, dead letters, what the crawler saw."""
    with _opened(read_settings(project or Path()).aws, "look at") as (settings, session, cloud):
        from chartlake.aws.deploy.stack import stack_of
        from chartlake.aws.deploy.status import look, resources_of

        stack = stack_of(cloud.cloudformation, settings.name)
        if stack is None:
            raise UsageError(
                f"there is no stack {settings.name} in {cloud.region}", fix="chartlake aws deploy"
            )
        resources = resources_of(cloud.cloudformation, stack)
        parts, unknown = look(session, settings.name, resources, system_clock())
    whole = {
        "stack": stack.name,
        "region": cloud.region,
        "state": stack.status,
        "reason": stack.reason or None,
        "outputs": dict(stack.outputs),
        **parts,
        "unknown": unknown,
    }
    if as_json:
        show.json(whole)
    else:
        aws_told.print_status(whole)
    raise typer.Exit(aws_told.exit_code(whole))


@app.command()
def destroy(
    with_data: _WithData = False,
    yes: Yes = False,
    yes_delete: _YesDelete = None,
    as_json: AsJson = False,
    project: ProjectDir = None,
) -> None:
    """Take the stack away. The data stay, unless you say --with-data and name their bucket."""
    if yes_delete and not with_data:
        raise UsageError("--yes-delete is for the data", fix="add --with-data, or leave it out")
    with _opened(read_settings(project or Path()).aws, "destroy") as (settings, _, cloud):
        from chartlake.aws.deploy.destroy import delete_stack, leftovers
        from chartlake.aws.deploy.empty import remove_bucket
        from chartlake.aws.deploy.stack import stack_of

        stack = stack_of(cloud.cloudformation, settings.name)
        left = leftovers(cloud, settings.name)
        doomed = left.buckets if with_data else ()
        if stack:
            check_sure(
                f"delete the stack {stack.name} in {cloud.region}", yes, "nothing was changed"
            )
        _check_named(doomed, yes_delete or [])
        if stack:
            delete_stack(cloud, stack, aws_told.event, time.sleep)
        removed = []
        for bucket in [*doomed, *([left.artefacts] if with_data and left.artefacts else [])]:
            with show.progress(f"deleting {bucket}", quiet=as_json) as advance:
                count = remove_bucket(cloud.s3, bucket, cloud.account, lambda n: advance(n, n))
            removed.append({"bucket": bucket, "versions": count})
    told = aws_told.destroyed(settings.name, cloud.region, stack is not None, removed, left)
    if as_json:
        show.json(told)
    else:
        aws_told.print_destroyed(told)


@contextmanager
def _opened(settings: AwsSettings, doing: str) -> Iterator[tuple[AwsSettings, Session, Cloud]]:
    """The account, with errors for people around all that is asked of it."""
    if find_spec("boto3") is None:
        raise ConfigError("chartlake aws needs boto3", fix="pip install 'chartlake[aws]'")
    from chartlake.aws.deploy.prepare import open_cloud
    from chartlake.aws.session import open_session, told

    session = open_session(settings.region, settings.profile)
    with told(f"{doing} stack {settings.name}"), open_cloud(session) as cloud:
        yield settings, session, cloud


def _settings_file(folder: Path) -> bytes:
    try:
        return (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"{folder / FILE_NAME} is not there, so nothing would be collected",
            fix="deploy from the project's folder; chartlake init makes one",
        ) from None


def _carry_out(
    cloud: Cloud, prepared: Prepared, *, dry_run: bool, yes: bool, name: str
) -> dict[str, Any] | None:
    """Ask and execute; the outputs of the stack as it is then, None where it was only looked at."""
    from chartlake.aws.deploy.bucket import remove_replaced
    from chartlake.aws.deploy.crawl import crawl_changed
    from chartlake.aws.deploy.follow import execute
    from chartlake.aws.deploy.stack import discard

    proposal = prepared.proposal
    if proposal is None:
        return dict(prepared.stack.outputs) if prepared.stack else {}
    if dry_run:
        discard(cloud.cloudformation, proposal)
        return None
    try:
        check_sure(
            f"{'make' if proposal.is_new else 'change'} the stack {name}",
            yes,
            "nothing was changed",
        )
    except BaseException:
        discard(cloud.cloudformation, proposal)
        raise
    stack = execute(cloud.cloudformation, proposal, aws_told.event, time.sleep)
    remove_replaced(cloud.s3, prepared.bucket, prepared.used)
    if crawl_changed(cloud.glue, proposal, stack):
        show.note("tables have changed: the crawler looks at the files (chartlake aws status)")
    return dict(stack.outputs)


def _check_named(buckets: tuple[str, ...], named: list[str]) -> None:
    """Each bucket of data is named by whoever wants it gone, letter by letter."""
    if strange := sorted(set(named) - set(buckets)):
        raise UsageError(
            f"bucket {strange[0]} is none that this stack has made, and stays",
            fix=f"made by it: {', '.join(buckets) or 'none'}",
        )
    for bucket in buckets:
        if bucket in named:
            continue
        if not sys.stdin.isatty():
            raise UsageError(
                f"this would delete all data in bucket {bucket}, and nobody can be asked",
                fix=f"add --yes-delete {bucket}",
            )
        show.note(f"this will delete bucket {bucket} with all that was ever collected in it.")
        show.note("Nothing brings it back. Type the bucket's name to go on:")
        if sys.stdin.readline().strip() != bucket:
            raise UsageError("that is not its name: nothing was changed")
