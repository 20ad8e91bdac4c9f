"""A CloudFormation on a socket that answers what a test has written down.

moto answers CREATE_COMPLETE to almost anything; this one is for what goes otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qsl

ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/chartlake/1"


class FakeCloudFormation:
    """``answers`` has the answers of each action in turn; the last is given again and again."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.asked: list[Mapping[str, str]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = fake.answer(dict(parse_qsl(body)))
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def actions(self) -> list[str]:
        return [each["Action"] for each in self.asked]

    def answer(self, asked: Mapping[str, str]) -> tuple[int, bytes]:
        self.asked.append(asked)
        action = asked["Action"]
        waiting = self.answers.get(action, [""])
        said = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if said.startswith("!"):
            code, _, message = said[1:].partition(" ")
            error = f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
            return 400, f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
        result = f"<{action}Result>{said}</{action}Result>"
        return 200, f"<{action}Response>{result}</{action}Response>".encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def tags(**values: Any) -> str:
    """Elements: of a list its members, of a mapping its own."""
    return "".join(f"<{key}>{_inside(value)}</{key}>" for key, value in values.items())


def _inside(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f"<member>{_inside(each)}</member>" for each in value)
    return tags(**value) if isinstance(value, dict) else str(value)


def stack(status: str, reason: str = "") -> str:
    """What DescribeStacks says of one."""
    told = {"StackName": "chartlake", "StackId": ID, "StackStatus": status}
    told |= {"CreationTime": "2026-11-20T06:00:00Z"}
    return tags(Stacks=[told | ({"StackStatusReason": reason} if reason else {})])


NO_STACK = "!ValidationError Stack with id chartlake does not exist"


def event(
    number: int, status: str, resource: str = "chartlake", reason: str = ""
) -> dict[str, Any]:
    """One of DescribeStackEvents."""
    kind = "AWS::CloudFormation::Stack" if resource == "chartlake" else "AWS::Lambda::Function"
    return {
        "StackId": ID,
        "EventId": f"e{number}",
        "StackName": "chartlake",
        "LogicalResourceId": resource,
        "ResourceType": kind,
        "Timestamp": f"2026-11-20T06:00:{number:02}Z",
        "ResourceStatus": status,
    } | ({"ResourceStatusReason": reason} if reason else {})


def events(*newest_first: dict[str, Any]) -> str:
    """What DescribeStackEvents says."""
    return tags(StackEvents=list(newest_first))
