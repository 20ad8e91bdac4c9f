"""What chartlake aws says: what would change, what happens, how it goes, what stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from chartlake.cli import show
from chartlake.cli.show import Col

if TYPE_CHECKING:
    from chartlake.aws.deploy.destroy import Leftovers
    from chartlake.aws.deploy.follow import Event
    from chartlake.aws.deploy.prepare import Prepared

__all__ = [
    "destroyed",
    "event",
    "exit_code",
    "prepared",
    "print_destroyed",
    "print_outputs",
    "print_prepared",
    "print_status",
]

_CHANGES = [
    Col("change", "action"),
    Col("resource", "resource", wide=True),
    Col("type", "type", wide=True),
    Col("replaced", "replacement"),
]
_RUNS = [
    Col("run", "name", wide=True),
    Col("began", "started_at"),
    Col("ended", "ended_at"),
    Col("state", "status"),
]
_ALARMS = [
    Col("alarm", "name", wide=True),
    Col("state", "state"),
    Col("since", "since"),
    Col("why", "reason", wide=True, wraps=True),
]
_DIFFERENCES = [
    Col("table", "table"),
    Col("column", "column"),
    Col("in the template", "expected"),
    Col("in the files", "found"),
]


def prepared(
    name: str, region: str, done: Prepared, artefacts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What was uploaded and what would change, for programs."""
    proposal = done.proposal
    return {
        "stack": name,
        "region": region,
        "is_new": bool(proposal and proposal.is_new),
        "was_proposed": bool(done.stack and done.stack.is_empty),
        "artefacts_bucket": done.bucket,
        "artefacts": list(artefacts),
        "uploaded": done.uploaded,
        "changes": [each._asdict() for each in proposal.changes] if proposal else [],
        "has_changes": proposal is not None,
        "warnings": list(done.warnings),
    }


def print_prepared(told: Mapping[str, Any]) -> None:
    """The same for people."""
    for warning in told["warnings"]:
        show.warn(warning)
    for each in told["artefacts"]:
        unpacked = f" ({each['unpacked'] / 1e6:,.1f} MB unpacked)" if each["unpacked"] else ""
        mark = "new" if each["key"] in told["uploaded"] else "there"
        show.line(show.plain(f"{mark:<6} {each['key']}  {each['bytes'] / 1e6:,.1f} MB{unpacked}"))
    if not told["has_changes"]:
        show.line(f"stack {told['stack']} in {told['region']}: nothing to change")
        return
    if told["was_proposed"]:
        show.note("an earlier deploy ended before it was agreed to: this one takes its place")
    show.line(f"stack {told['stack']} in {told['region']}:")
    rows = [each | {"replacement": _replaced(each["replacement"])} for each in told["changes"]]
    show.table(_CHANGES, rows)
    for each in told["changes"]:
        if each["warning"]:
            show.warn(each["warning"])


def _replaced(replacement: str) -> str | None:
    return {"True": "yes", "Conditional": "perhaps"}.get(replacement)


def event(happened: Event) -> None:
    """A line as it happens, on standard error."""
    why = f"  {happened.reason}" if happened.reason and "_FAILED" in happened.status else ""
    line = f"{happened.at:%H:%M:%S}  {happened.status:<28} {happened.resource}{why}"
    show.warn(line) if happened.is_failure else show.note(line)


def print_outputs(outputs: Mapping[str, Any] | None, asks_mail: str | None) -> None:
    """The stack's outputs; none after a look."""
    if outputs is None:
        show.line("the stack was not changed: this was a look (--dry-run)")
        return
    width = max(map(len, outputs), default=0)
    for key, value in outputs.items():
        show.line(show.plain(f"{key:<{width}}  {value}"))
    if asks_mail:
        show.note(f"alarms go to {asks_mail} once the mail of AWS there is confirmed")


def exit_code(whole: Mapping[str, Any]) -> int:
    """1 where somebody should look: an alarm rings, messages are dead, the last run failed."""
    is_ringing = any(each["state"] == "ALARM" for each in whole["alarms"] or ())
    is_dead = any((whole["dead_letters"] or {}).values())
    has_failed = any(
        each["status"] in ("FAILED", "TIMED_OUT", "ABORTED") for each in (whole["runs"] or ())[:1]
    )
    is_other = bool(whole["crawler"] and whole["crawler"]["differences"])
    is_broken = "FAILED" in whole["state"] or whole["state"] == "ROLLBACK_COMPLETE"
    return int(is_ringing or is_dead or has_failed or is_other or is_broken)


def print_status(whole: Mapping[str, Any]) -> None:
    """Everything that is known, and what is not."""
    show.line(f"stack      {whole['stack']} in {whole['region']}: {whole['state']}")
    if whole["reason"]:
        show.line(show.plain(f"           {whole['reason']}"))
    for each in whole["schedules"] or ():
        zone = f" {each['timezone']}" if each["timezone"] else ""
        show.line(f"schedule   {each['expression']}{zone}: {each['state'].lower()}")
    if (days := whole["sign_in_days"]) is not None:
        show.line(f"sign-in    {days:.0f} days left of the one that ends first")
    if whole["runs"]:
        show.table(_RUNS, whole["runs"])
    elif whole["runs"] is not None:
        show.line("runs       none yet")
    _print_alarms(whole["alarms"])
    for queue, count in (whole["dead_letters"] or {}).items():
        if count:
            show.warn(f"{count:,} messages in {queue}: nobody could do what they ask for")
    _print_crawler(whole["crawler"])
    for part, why in whole["unknown"].items():
        show.warn(f"{part.replace('_', ' ')}: not known: {why}")


def _print_alarms(alarms: Sequence[Mapping[str, Any]] | None) -> None:
    if alarms is None:
        return
    ringing = [each for each in alarms if each["state"] == "ALARM"]
    waiting = len(alarms) - len(ringing)
    if ringing:
        show.table(_ALARMS, ringing)
    else:
        show.line("alarms     none")
    if waiting:
        show.note(f"{waiting} alarms have seen nothing yet")


def _print_crawler(crawler: Mapping[str, Any] | None) -> None:
    if crawler is None:
        show.line("crawler    has seen nothing yet")
        return
    if crawler["differences"]:
        show.warn("the crawler found in the files what the template does not say:")
        show.table(_DIFFERENCES, crawler["differences"])
    else:
        show.line("crawler    the files are as the template says")


def destroyed(
    name: str, region: str, had_stack: bool, removed: Sequence[Mapping[str, Any]], left: Leftovers
) -> dict[str, Any]:
    """What went and what stays, for programs."""
    gone = {each["bucket"] for each in removed}
    buckets = [each for each in left.buckets if each not in gone]
    artefacts = left.artefacts if left.artefacts not in gone else None
    again = "chartlake aws destroy --with-data"
    stays: list[dict[str, str | None]] = [
        {"what": f"the data, bucket {each}", "remove": again} for each in buckets
    ]
    stays += [{"what": f"your own bucket {each}", "remove": None} for each in left.existing]
    stays += [{"what": f"the code, bucket {artefacts}", "remove": again}] if artefacts else []
    stays += [{"what": what, "remove": how} for what, how in left.removal(name, region)]
    return {
        "stack": name,
        "region": region,
        "had_stack": had_stack,
        "removed": list(removed),
        "stays": stays,
        "buckets": buckets,
    }


def print_destroyed(told: Mapping[str, Any]) -> None:
    """The same for people."""
    name = told["stack"]
    show.line(f"stack {name} is gone" if told["had_stack"] else f"there is no stack {name}")
    for each in told["removed"]:
        show.line(f"bucket {each['bucket']} is gone, with {each['versions']:,} versions of objects")
    for each in told["stays"]:
        how = Text(f"  remove: {show.plain(each['remove'])}", style="dim") if each["remove"] else ""
        show.line(Text(show.plain(f"stays  {each['what']}")), how)
    for bucket in told["buckets"]:
        show.note(f'to go on with this data later: bucket = "{bucket}" under [aws], and deploy')
