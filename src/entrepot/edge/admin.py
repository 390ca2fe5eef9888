"""What the admin listener answers: is the process alive, is it ready, what has it done.

An `Application` like the vendors' front, on a port of its own; it knows no dialect and no secret.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from entrepot.core.faults import Fault, TooLarge
from entrepot.dialect.request import Answer, Request
from entrepot.edge.incoming import FREE_BYTES

_TEXT = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))

_QUERY = 1024
_EXPOSITION = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), _TEXT[1])


class Condition(Protocol):
    """How it goes, in a line each; empty where all is well."""

    async def silence(self) -> str:
        """Who of those that serve does not answer at all."""
        ...

    async def trouble(self) -> str:
        """Why no work should be sent here."""
        ...


class Admin:
    """Answers GET /healthz, /readyz and /metrics; `metrics` is the exposition.

    `more`: what else is asked of it by those who know.
    """

    def __init__(
        self,
        condition: Condition,
        metrics: Callable[[], Awaitable[bytes]],
        more: Mapping[bytes, Callable[[], bytes]] | None = None,
    ) -> None:
        self._condition = condition
        self._metrics = metrics
        self._more = more or {}

    def query_limit(self, path: bytes) -> int:
        """What a monitoring program may add to a path."""
        return _QUERY

    def body_limit(self, head: Request) -> int:
        """None of its requests has a body; a small one is read and ignored."""
        return FREE_BYTES

    def refuse(self, request: Request, fault: Fault) -> Answer:
        """The answer to a request that is refused before all of it was read."""
        if isinstance(fault, TooLarge):
            return Answer(413, b"the path, the query or the body is too long\n", _TEXT)
        return Answer(400, b"the request cannot be read\n", _TEXT)

    async def answer(self, request: Request) -> Answer:
        """The answer to any request."""
        if request.method not in ("GET", "HEAD"):
            return Answer(405, b"GET only\n", (*_TEXT, (b"allow", b"GET, HEAD")))
        match request.path:
            case b"/healthz":
                return _state(await self._condition.silence(), "alive")
            case b"/readyz":
                return _state(await self._condition.trouble(), "ready")
            case b"/metrics":
                return Answer(200, await self._metrics(), _EXPOSITION)
            case path if path in self._more:
                return Answer(200, self._more[path](), _TEXT)
        return Answer(404, b"there are /healthz, /readyz and /metrics\n", _TEXT)


def _state(trouble: str, well: str) -> Answer:
    return Answer(503 if trouble else 200, f"{trouble or well}\n".encode(), _TEXT)
