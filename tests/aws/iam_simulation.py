"""Asks what the template's roles may do: the policies go to an IAM simulator with each question.

    asked("TransformRole", "s3:PutObject", f"{LAKE}/builds/2026-03/b.json", CREATE) -> True

The simulator is a program for node, which `npm ci --prefix tests/aws/iam` brings: tests that ask
have `needs("iam-simulate")`. Starting it takes half a second, so `answers` takes many questions.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tests.aws.template_values import ACCOUNT, NAME, REGION, Resources, resolve
from tests.conftest import IAM_SIMULATION

_ALLOWED = "Allowed"
_POLICIES = {  # the policies that stand on the other side, and in which of their fields what for
    "s3": ("AWS::S3::BucketPolicy", "Bucket"),
    "sns": ("AWS::SNS::TopicPolicy", "Topics"),
    "sqs": ("AWS::SQS::QueuePolicy", "Queues"),
}
_KEY_POLICY = {  # what a key has unless its owner says otherwise: the account's policies decide
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


class Question(NamedTuple):
    """May this role do that? ``role`` is its name in the template, or a service or ARN.

    ``context`` is what conditions ask for, beside TLS, which is taken for granted.
    """

    role: str
    action: str
    resource: str
    context: Mapping[str, str] | None = None


def asked(
    role: str,
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> bool:
    """Whether the role may, in the stack that these parameters make."""
    return answers([Question(role, action, resource, context)], parameters)[0]


def answers(
    questions: Iterable[Question],
    parameters: Mapping[str, Any] | None = None,
    resources: Resources | None = None,
) -> list[bool]:
    """The answers in the order of the questions. ValueError for one that makes no sense."""
    stack = resolve(parameters) if resources is None else resources
    wanted = list(questions)
    done = subprocess.run(
        ["node", "simulate.mjs"],
        cwd=IAM_SIMULATION,
        input=json.dumps([_request(stack, each) for each in wanted]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(f"the simulator failed: {done.stderr}")
    return [_answer(*each) for each in zip(wanted, json.loads(done.stdout), strict=True)]


def _answer(question: Question, found: dict[str, Any]) -> bool:
    if "error" in found:
        raise ValueError(f"{question}: {found['error']}")
    if ignored := [key for key in found["ignored"] if key in (question.context or ())]:
        raise ValueError(f"{question}: there is no condition on {', '.join(ignored)}")
    return bool(found["result"] == _ALLOWED)


def _request(stack: Resources, question: Question) -> dict[str, Any]:
    known = question.role in stack
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}-{question.role}/run"
    return {
        "principal": role if known else question.role,
        "action": question.action,
        "resource": question.resource,
        "account": ACCOUNT,
        "context": {"aws:SecureTransport": "true", **(question.context or {})},
        "identity": identity_policies(stack, question.role) if known else [],
        "resourcePolicy": _resource_policy(stack, question.resource),
    }


def identity_policies(stack: Resources, role: str) -> list[dict[str, Any]]:
    """Every policy that a role has: its own, and those of the template that it names."""
    properties = stack[role]["Properties"]
    named = [arn.rpartition(f"{NAME}-")[2] for arn in properties.get("ManagedPolicyArns", ())]
    documents = [stack[name]["Properties"]["PolicyDocument"] for name in named]
    return [*documents, *(each["PolicyDocument"] for each in properties["Policies"])]


def _resource_policy(stack: Resources, resource: str) -> dict[str, Any] | None:
    service, rest = resource.split(":", 5)[2::3]
    if service == "kms":
        return _KEY_POLICY
    kind, field = _POLICIES.get(service, ("", ""))
    names = {
        "s3": rest.partition("/")[0],
        "sns": resource,
        "sqs": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{rest}",
    }
    for each in stack.values():
        if each["Type"] == kind:
            of = each["Properties"][field]
            if names[service] in (of if isinstance(of, list) else [of]):
                policy: dict[str, Any] = each["Properties"]["PolicyDocument"]
                return policy
    return None
