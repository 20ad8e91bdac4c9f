"""Lambda, as far as a function sees it: a process, events over the Runtime API, and a time limit.

    with Function("chartlake-extract", "chartlake.aws.handlers.extract", variables, folder) as one:
        one.invoke({"scheduled_at": …})

The process stays between invocations, as it does in Lambda, until one kills it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, NamedTuple, Self

from tests.aws.rehearsal.asl import TaskFailed
from tests.conftest import ROOT

__all__ = ["Function", "Ran"]

_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:"


class Ran(NamedTuple):
    """One invocation: what was given, what came (or which error), and what was printed."""

    function: str
    event: Any
    output: Any
    error: TaskFailed | None
    printed: list[dict[str, Any]]

    @property
    def metrics(self) -> dict[str, float]:
        """What its EMF documents measured."""
        documents = [each for each in self.printed if "_aws" in each]
        return {
            metric["Name"]: document[metric["Name"]][0]
            for document in documents
            for told in document["_aws"]["CloudWatchMetrics"]
            for metric in told["Metrics"]
        }


class Function:
    """One; ``ran`` has all its invocations, ``peak_mb`` what its processes took at most."""

    def __init__(self, name: str, handler: str, variables: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.ran: list[Ran] = []
        self.peak_mb = 0.0
        self._handler, self._variables = handler, variables
        self._output = folder / f"{name}-{uuid.uuid4().hex}.log"
        self._read = self._life = 0
        self._events: Queue[dict[str, Any]] = Queue()
        self._answers: Queue[tuple[str, Any]] = Queue()
        self._process: subprocess.Popen[bytes] | None = None
        self._server = _server(self)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: Any, seconds: float = 900) -> Any:
        """What it answers; TaskFailed for its error, when its time is over, or if it is killed."""
        output, failed = None, None
        try:
            output = self._invoke(event, seconds)
        except TaskFailed as error:
            failed = error
        self._measure()
        ran = Ran(self.name, event, output, failed, self._printed())
        self.ran.append(ran)
        if failed:
            raise failed
        return output

    def kill(self) -> None:
        """End its process where it stands."""
        self._life += 1
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()

    def _invoke(self, event: Any, seconds: float) -> Any:
        if self._process is None:
            self._start()
        until = time.time() + seconds
        self._events.put({"id": str(uuid.uuid4()), "event": event, "deadline": until})
        while True:
            try:
                kind, answer = self._answers.get(timeout=0.05)
            except Empty:
                if self._process is None or self._process.poll() is not None:
                    self._end()
                    raise TaskFailed("Runtime.ExitError", "the process ended") from None
                if time.time() > until:
                    self._end()
                    raise TaskFailed("Sandbox.Timedout", f"after {seconds} seconds") from None
                continue
            if kind == "response":
                return answer
            raise TaskFailed(answer["errorType"], answer["errorMessage"])

    def _measure(self) -> None:
        status = Path("/proc", str(self._process.pid), "status") if self._process else None
        found = _PEAK.search(status.read_text()) if status and status.exists() else None
        self.peak_mb = max(self.peak_mb, int(found[1]) / 1024 if found else 0)

    def _end(self) -> None:
        self.kill()
        while not self._events.empty():
            self._events.get()

    def _start(self) -> None:
        address = f"127.0.0.1:{self._server.server_port}"
        about = {
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "HOME": "/nowhere",
            "TZ": ":UTC",
        }
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "tests.aws.rehearsal.child", self._handler],
                env={**about, **self._variables},
                cwd=self._variables["LAMBDA_TASK_ROOT"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def _printed(self) -> list[dict[str, Any]]:
        """The lines of JSON since the last invocation."""
        text = self._output.read_bytes()[self._read :] if self._output.exists() else b""
        self._read += len(text)
        found = []
        for line in text.decode(errors="replace").splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                told = {"text": line}
            found.append(told if isinstance(told, dict) else {"text": line})
        return found

    # What the runtime asks ----------------------------------------------------

    def next_event(self) -> dict[str, Any] | None:
        """The next event for the process that asks; None when it has been killed meanwhile."""
        life = self._life
        while life == self._life:
            try:
                found = self._events.get(timeout=0.02)
            except Empty:
                continue
            if life == self._life:
                return found
            self._events.put(found)
        return None

    def answer(self, kind: str, body: bytes) -> None:
        self._answers.put((kind, json.loads(body)))


def _server(function: Function) -> ThreadingHTTPServer:
    class Runtime(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = function.next_event()
            if asked is None:
                self.close_connection = True
                return
            # its client reads each of these, and dies where one is missing
            self._send(
                200,
                json.dumps(asked["event"]).encode(),
                {
                    "Lambda-Runtime-Aws-Request-Id": asked["id"],
                    "Lambda-Runtime-Deadline-Ms": str(int(asked["deadline"] * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": _ARN + function.name,
                    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
                    "Lambda-Runtime-Client-Context": "",
                    "Lambda-Runtime-Cognito-Identity": "",
                },
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            function.answer(self.path.rpartition("/")[2], body)
            self._send(202, b"{}", {})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
    server.daemon_threads = True
    server.block_on_close = False
    return server
