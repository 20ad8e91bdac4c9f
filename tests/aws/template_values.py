"""The template as CloudFormation would see it: intrinsic functions replaced by values.

    resolve(Parameters(CodeKey="functions/1.zip")) -> {"DataBucket": {"Type": …, "Properties": …}}

Resources whose condition is false are not there. What only AWS can know (the name of a bucket that
it makes) is spelled as AWS would; `ACCOUNT` and `REGION` are the same everywhere.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

TEMPLATE = ROOT / "src" / "chartlake" / "aws" / "template.yaml"
ACCOUNT = "123456789012"
REGION = "eu-central-1"
NAME = "chartlake"
DEFAULTS = {
    "ArtefactsBucket": f"{NAME}-artefacts-{ACCOUNT}-{REGION}",
    "CodeKey": "functions/0.zip",
    "GlueCodeKey": "glue/0.whl",
    "GlueScriptKey": "glue/0.py",
    "GlueRequirementsKey": "glue/0.txt",
}
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": NAME,
    "AWS::URLSuffix": "amazonaws.com",
}
_NOTHING = object()  # AWS::NoValue: the property is not there
_ARN = f"arn:aws:{{}}:{REGION}:{ACCOUNT}:{{}}"

Resources = dict[str, dict[str, Any]]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise TypeError(f"!{suffix} of a mapping")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


@cache
def _loaded(file: Path) -> dict[str, Any]:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # type: ignore[no-any-return]


def template() -> dict[str, Any]:
    """The template as it is written, to be changed at will; functions in their long form."""
    return copy.deepcopy(_loaded(TEMPLATE))


def resolve(
    parameters: Mapping[str, Any] | None = None, of: Mapping[str, Any] | None = None
) -> Resources:
    """The resources that these parameters (over the defaults) make, without any function."""
    return _Stack(of or template(), parameters or {}).resources()


def outputs(parameters: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What the stack says of itself."""
    stack = _Stack(template(), parameters or {})
    return {name: stack.value(each["Value"]) for name, each in stack.template["Outputs"].items()}


def definition(resources: Resources) -> dict[str, Any]:
    """The state machine, in Amazon States Language."""
    properties = resources["Run"]["Properties"]
    text = json.dumps(properties["Definition"])
    for name, value in properties["DefinitionSubstitutions"].items():
        text = text.replace(f"${{{name}}}", value)
    return json.loads(text)  # type: ignore[no-any-return]


class _Stack:
    """One template with the values of its parameters."""

    def __init__(self, of: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        self.template = of
        known = of["Parameters"]
        if unknown := parameters.keys() - known.keys():
            raise KeyError(f"the template has no parameter {', '.join(sorted(unknown))}")
        given = {**DEFAULTS, **parameters}
        self._parameters = {
            name: _typed(given.get(name, each.get("Default")), each["Type"])
            for name, each in known.items()
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self._condition,
            "Fn::And": lambda of: all(self.value(each) for each in of),
            "Fn::Equals": lambda of: str(self.value(of[0])) == str(self.value(of[1])),
            "Fn::GetAtt": lambda of: self._attribute(*of),
            "Fn::If": lambda of: self.value(of[1] if self._condition(of[0]) else of[2]),
            "Fn::Join": lambda of: of[0].join(self.value(of[1])),
            "Fn::Not": lambda of: not self.value(of[0]),
            "Fn::Sub": self._sub,
        }

    def resources(self) -> Resources:
        return {
            name: {**each, "Properties": self.value(each.get("Properties", {}))}
            for name, each in self.template["Resources"].items()
            if "Condition" not in each or self._condition(each["Condition"])
        }

    def value(self, node: Any) -> Any:
        """A part of the template with its functions replaced."""
        if isinstance(node, list):
            return [each for each in map(self.value, node) if each is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (function := self._functions.get(next(iter(node)))):
            name, argument = next(iter(node.items()))
            # a policy's statement may be nothing but a condition; this template has none such
            return function(argument) if name != "Condition" or isinstance(argument, str) else node
        values = {key: self.value(each) for key, each in node.items()}
        return {key: each for key, each in values.items() if each is not _NOTHING}

    def _condition(self, name: str) -> bool:
        return bool(self.value(self.template["Conditions"][name]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self._parameters:
            return self._parameters[name]
        each = self.template["Resources"][name]
        return self.value(_REFERENCES[each["Type"]](name, each["Properties"]))

    def _attribute(self, name: str, attribute: str) -> Any:
        each = self.template["Resources"][name]
        return self.value(_ATTRIBUTES[each["Type"], attribute](name, each["Properties"]))

    def _sub(self, of: str | list[Any]) -> str:
        text, own = (of, {}) if isinstance(of, str) else of

        def found(match: re.Match[str]) -> str:
            if match[1] in own:
                return str(self.value(own[match[1]]))
            name, _, attribute = match[1].partition(".")
            return str(self._attribute(name, attribute) if attribute else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", found, text)


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        raise KeyError("a parameter without a value")
    if kind == "CommaDelimitedList":
        return value if isinstance(value, list) else str(value).split(",")
    return value


def _bucket(name: str, properties: Any) -> str:
    return f"{NAME}-{name.lower()}-1a2b3c4d5e6f"


def _queue_url(name: str, properties: Any) -> Any:
    place = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"
    return {"Fn::Join": ["", [place, properties["QueueName"]]]}


def _arn(service: str, what: str, key: str) -> Callable[[str, Any], Any]:
    """An ARN that ends in the name which a property says."""
    return lambda name, properties: {
        "Fn::Join": ["", [_ARN.format(service, what), properties[key]]]
    }


def _named(*path: str) -> Callable[[str, Any], Any]:
    def found(name: str, properties: Any) -> Any:
        for key in path:
            properties = properties[key]
        return properties

    return found


_TOPIC = _arn("sns", "", "TopicName")
_LOG_GROUP = _arn("logs", "log-group:", "LogGroupName")
_REFERENCES: dict[str, Callable[[str, Any], Any]] = {
    "AWS::Athena::WorkGroup": _named("Name"),
    "AWS::Events::Rule": _named("Name"),
    "AWS::Glue::Crawler": _named("Name"),
    "AWS::Glue::Database": _named("DatabaseInput", "Name"),
    "AWS::Glue::Job": _named("Name"),
    "AWS::IAM::ManagedPolicy": lambda name, _: f"arn:aws:iam::{ACCOUNT}:policy/{NAME}-{name}",
    "AWS::IAM::Role": lambda name, properties: f"{NAME}-{name}",
    "AWS::Lambda::Function": _named("FunctionName"),
    "AWS::Logs::LogGroup": _named("LogGroupName"),
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _TOPIC,
    "AWS::SQS::Queue": _queue_url,
    "AWS::Scheduler::Schedule": _named("Name"),
    "AWS::StepFunctions::StateMachine": _arn("states", "stateMachine:", "StateMachineName"),
}
_ATTRIBUTES: dict[tuple[str, str], Callable[[str, Any], Any]] = {
    ("AWS::IAM::Role", "Arn"): lambda name, _: f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{name}",
    ("AWS::Lambda::Function", "Arn"): _arn("lambda", "function:", "FunctionName"),
    ("AWS::Logs::LogGroup", "Arn"): lambda name, properties: {
        "Fn::Join": ["", [_LOG_GROUP(name, properties), ":*"]]
    },
    ("AWS::S3::Bucket", "Arn"): lambda name, of: f"arn:aws:s3:::{_bucket(name, of)}",
    ("AWS::SQS::Queue", "Arn"): _arn("sqs", "", "QueueName"),
    ("AWS::SQS::Queue", "QueueName"): _named("QueueName"),
    ("AWS::SSM::Parameter", "Value"): _named("Value"),
}
