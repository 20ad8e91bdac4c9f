"""AWS on a socket: moto, and before it an Athena that really runs what it is asked.

    with open_aws() as aws:  # aws.url is the address, for AWS_ENDPOINT_URL

`Aws.requests` has every request that came, in order, and whose key it was signed with.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NamedTuple

import boto3
import httpx2
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from tests.aws.fake_athena import Athena, InvalidRequest

__all__ = ["OWN_KEY", "REGION", "Aws", "Request", "open_aws"]

REGION = "us-east-1"
OWN_KEY = "AWSITSELF"
"""The key of questions that are nobody's."""

_ATHENA = "AmazonAthena."
_KEY = re.compile(r"Credential=([^/]+)/\d+/[^/]+/(\w[\w-]*)/")


class Request(NamedTuple):
    """One request, as it came: whose key, which service, and what of it tells the action."""

    key: str
    service: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Aws:
    """A WSGI application: Athena's protocol here, all else on to moto."""

    def __init__(self, folder: Path, region: str) -> None:
        self.region = region
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._of_clients = Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self.url = ""
        self.requests: list[Request] = []
        self.athena = Athena(self.client, OWN_KEY, folder)
        self.instead: Callable[[Request], tuple[int, bytes] | None] = lambda request: None
        """What a test answers in place of all of it: a status and a body."""

    def client(self, service: str, key: str = OWN_KEY) -> Any:
        """A client of boto3 with this key; it is closed with the server."""
        with self._of_clients:
            if (service, key) not in self._clients:
                self._clients[service, key] = boto3.client(
                    service,
                    endpoint_url=self.url,
                    region_name=self.region,
                    aws_access_key_id=key,
                    aws_secret_access_key="secret",
                )
            return self._clients[service, key]

    def close(self) -> None:
        """Close what it asked itself with."""
        for client in self._clients.values():
            client.close()

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        length = environ.get("CONTENT_LENGTH")
        chunked = environ.get("wsgi.input_terminated")
        body = environ["wsgi.input"].read(-1 if chunked else int(length or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        request = _request(environ, body)
        if request.key != OWN_KEY:
            self.requests.append(request)
        if answer := self.instead(request):
            return _answered(start, *answer)
        name = request.headers.get("x-amz-target", "")
        action = self.athena.actions.get(name.removeprefix(_ATHENA))
        if not name.startswith(_ATHENA) or action is None:
            self._tell_athena(request, name)
            return self._moto(environ, start)
        try:
            return _answered(start, 200, json.dumps(action(json.loads(body), request.key)).encode())
        except InvalidRequest as error:
            told = {"__type": "InvalidRequestException", "Message": str(error)}
            return _answered(start, 400, json.dumps(told).encode())

    def _tell_athena(self, request: Request, target: str) -> None:
        """Of what may change the tables; what is asked just before it is answered counts too."""
        if request.service == "s3" and request.method != "GET":
            self.athena.written("s3", request.path, {})
        if request.service == "glue" and not target.startswith("AWSGlue.Get"):
            self.athena.written("glue", "", json.loads(request.body))


def _answered(start: Any, status: int, body: bytes) -> list[bytes]:
    kind = ("Content-Type", "application/x-amz-json-1.1")
    start(f"{status} Told", [kind, ("Content-Length", str(len(body)))])
    return [body]


def _request(environ: dict[str, Any], body: bytes) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    signed = _KEY.search(headers.get("authorization", ""))
    key, service = (signed[1], signed[2]) if signed else ("", "")
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    return Request(key, service, environ["REQUEST_METHOD"], path, query, headers, body)


@contextmanager
def open_aws(region: str = REGION) -> Iterator[Aws]:
    """AWS on a socket of this machine, empty."""
    with tempfile.TemporaryDirectory() as folder:
        aws = Aws(Path(folder), region)
        server = make_server("127.0.0.1", 0, aws, True, request_handler=_Quiet)
        aws.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        httpx2.post(f"{aws.url}/moto-api/reset", trust_env=False).raise_for_status()
        try:
            yield aws
        finally:
            aws.close()
            server.shutdown()
            thread.join()
            server.server_close()


class _Quiet(MotoRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""
