"""What was asked of AWS, as its permissions name it: role, action, resource, context.

calls_of(account.aws.requests) -> [Call("ExtractRole", "s3:PutObject", "arn:aws:s3:::…", {…})]
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import unescape

from tests.aws.fake_aws import Request
from tests.aws.template_values import ACCOUNT, NAME, REGION

__all__ = ["Call", "calls_of"]

_CREATED = {"s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"}
_WRITTEN = {"s3:ObjectCreationOperation": "true"}
_KEY = re.compile(r"<Key>([^<]+)</Key>")
_SECRET_SUFFIX = "-AbCdEf"
"""Secrets Manager ends the names of ARNs so."""


class Call(NamedTuple):
    """One permission that was needed; ``context`` is what conditions may ask for."""

    role: str
    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()

    def in_json(self) -> str:
        """One line for whoever reads it elsewhere."""
        return json.dumps(self._asdict() | {"context": dict(self.context)}, sort_keys=True)


def calls_of(requests: Iterable[Request]) -> list[Call]:
    """Each call once, in order; ValueError for a request that is not understood."""
    return sorted(
        {
            Call(request.key, action, resource, tuple(sorted(context.items())))
            for request in requests
            if request.key
            for action, resource, context in _needed(request)
        }
    )


Needed = Iterator[tuple[str, str, Mapping[str, str]]]


def _needed(request: Request) -> Needed:
    kinds = {
        "s3": _of_s3,
        "glue": _of_glue,
        "athena": _of_athena,
        "secretsmanager": _of_secrets,
        "lambda": _of_lambda,
    }
    if request.service not in kinds:
        raise ValueError(f"what does {request.service} {request.path} need?")
    yield from kinds[request.service](request)


def _of_s3(request: Request) -> Needed:
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    asked = {name: values[0] for name, values in parse_qs(request.query, True).items()}
    of_bucket, of_object = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{key}"
    if not key and request.method == "GET":
        if "location" in asked:
            yield "s3:GetBucketLocation", of_bucket, {}
        elif "versions" in asked:
            yield "s3:ListBucketVersions", of_bucket, {"s3:prefix": asked.get("prefix", "")}
        else:
            yield "s3:ListBucket", of_bucket, {"s3:prefix": asked.get("prefix", "")}
    elif request.method in ("GET", "HEAD"):
        yield "s3:GetObject", of_object, {}
    elif request.method == "PUT":
        yield (
            "s3:PutObject",
            of_object,
            _CREATED if "if-none-match" in request.headers else _WRITTEN,
        )
        if source := request.headers.get("x-amz-copy-source"):
            yield "s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/')}", {}
    elif request.method == "DELETE":
        yield "s3:DeleteObject", of_object, {}
    elif request.method == "POST" and "delete" in asked:
        for name in _KEY.findall(request.body.decode()):
            yield "s3:DeleteObject", f"{of_bucket}/{unescape(name)}", {}
    else:
        raise ValueError(f"what does S3 {request.method} {request.path}?{request.query} need?")


def _of_glue(request: Request) -> Needed:
    """Glue asks for the right to the catalog, the database and the table, all of them."""
    action, asked = _target(request), json.loads(request.body)
    catalog = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    resources = [f"{catalog}:catalog"]
    made = asked.get("DatabaseInput", {}).get("Name")
    database = asked.get("DatabaseName") or made
    if database is None and action.endswith("Database"):
        database = asked["Name"]
    if database is None and action == "GetDatabases":
        database = "*"
    if database is None:
        raise ValueError(f"what does Glue {action} {sorted(asked)} need?")
    resources.append(f"{catalog}:database/{database}")
    tables = [asked.get("TableName"), asked.get("TableInput", {}).get("Name")]
    tables += asked.get("TablesToDelete", [])
    if not action.endswith(("Database", "Databases")):
        tables += [asked.get("Name")]
    if action == "GetTables":
        tables = ["*"]
    resources += [f"{catalog}:table/{database}/{table}" for table in tables if table]
    for resource in resources:
        yield f"glue:{action}", resource, {}


def _of_athena(request: Request) -> Needed:
    """A query belongs to the workgroup in which it was started."""
    workgroup = json.loads(request.body).get("WorkGroup", NAME)
    resource = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{workgroup}"
    yield f"athena:{_target(request)}", resource, {}


def _of_secrets(request: Request) -> Needed:
    asked: dict[str, Any] = json.loads(request.body)
    name = asked.get("SecretId") or asked.get("Name")
    suffix = _SECRET_SUFFIX if name else ""
    resource = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}{suffix}"
    yield f"secretsmanager:{_target(request)}", resource, {}


def _of_lambda(request: Request) -> Needed:
    name = request.path.split("/")[3]
    yield "lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}", {}


def _target(request: Request) -> str:
    return request.headers["x-amz-target"].rpartition(".")[2]
