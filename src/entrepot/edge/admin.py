"""What the admin listener answers: is the process alive, is it ready, what has it done.

An `Application` like the vendors' front, on a port of its own; it knows no dialect and no secret.
"""

from __future__ import annotations

from collections.abc import Callable

from entrepot.dialect.request import Answer, Request
from entrepot.edge.health import Health

_TEXT = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))

_EXPOSITION = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), _TEXT[1])


class Admin:
    """Answers GET /healthz, /readyz and /metrics; `metrics` is the exposition."""

    def __init__(self, health: Health, metrics: Callable[[], bytes]) -> None:
        self._health = health
        self._metrics = metrics

    def body_limit(self, path: bytes) -> int:
        """None of its requests has a body."""
        return 0

    def too_large(self, request: Request) -> Answer:
        """The answer to a request that has one all the same."""
        return Answer(413, b"no body, please\n", _TEXT)

    async def answer(self, request: Request) -> Answer:
        """The answer to any request."""
        if request.method not in ("GET", "HEAD"):
            return Answer(405, b"GET only\n", (*_TEXT, (b"allow", b"GET, HEAD")))
        match request.path:
            case b"/healthz":
                return Answer(200, b"alive\n", _TEXT)
            case b"/readyz":
                trouble = await self._health.trouble()
                return Answer(503 if trouble else 200, f"{trouble or 'ready'}\n".encode(), _TEXT)
            case b"/metrics":
                return Answer(200, self._metrics(), _EXPOSITION)
        return Answer(404, b"there are /healthz, /readyz and /metrics\n", _TEXT)
