"""The paths of the Web API: which request gets which answer.

``paths_music``, ``paths_playlists`` and ``paths_me`` hold the answers themselves.
"""

from typing import Protocol

import msgspec

from chartlake.simulator.access import Caller, Window
from chartlake.simulator.answers import Answer, Refusal, Request
from chartlake.simulator.etags import tagged
from chartlake.simulator.lists import Lists
from chartlake.simulator.modes import Mode, is_removed
from chartlake.simulator.paths_me import Me
from chartlake.simulator.paths_music import Music
from chartlake.simulator.paths_playlists import Playlists
from chartlake.simulator.payloads import Payloads, Shape
from chartlake.simulator.routes import Route
from chartlake.simulator.world import World


class Door(Protocol):
    """Whoever knows the tokens (``Tokens``)."""

    def check(self, request: Request) -> Caller:
        """Who asks; a Refusal for a request without a good token."""
        ...


class Api:
    """Answers requests to ``/v1``: first who asks, then how often, then what.

    ``mode`` is what the app may do, ``shape`` how the answers are written; any two go together.
    """

    def __init__(
        self,
        world: World,
        shape: Shape,
        base_url: str,
        tokens: Door,
        window: Window,
        *,
        mode: Mode = "extended",
        etags: bool = True,
    ) -> None:
        """Serve ``world`` to whoever holds one of ``tokens``."""
        self._tokens = tokens
        self._window = window
        self._mode: Mode = mode
        self._etags = etags
        payloads = Payloads(world, shape, base_url)
        lists = Lists(world, shape, base_url, mode)
        self._routes: tuple[Route, ...] = (
            *Music(world, payloads, base_url, mode).routes(),
            *Playlists(world, lists, base_url, mode).routes(),
            *Me(world, payloads, base_url).routes(),
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths that are served, in the form ``/albums/{id}/tracks``."""
        return tuple(route.path for route in self._routes)

    def answer(self, request: Request) -> Answer:
        """The answer to a request, also when it is a refusal."""
        try:
            caller = self._tokens.check(request)
            self._window.enter()
            answer = Answer(200, self._body(request, caller))
        except Refusal as refusal:
            return refusal.to_answer()
        return tagged(answer, request) if self._etags else answer

    def _body(self, request: Request, caller: Caller) -> bytes:
        if is_removed(request.path, self._mode):
            raise Refusal(403, "Forbidden")
        for route in self._routes:
            ids = route.ids(request.path)
            if ids is None:
                continue
            if request.method != "GET":
                raise Refusal(405, "Method not allowed", Allow="GET")
            if route.scope and route.scope not in caller.scopes:
                raise Refusal(403, "Insufficient client scope")
            body = route.handle(request, caller, *ids)
            return body if isinstance(body, bytes) else msgspec.json.encode(body)
        raise Refusal(404, "Service not found")
