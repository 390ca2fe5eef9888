"""The ASGI application: reads bounded requests, hands them to the dialect that owns their root.

Answers nothing in a dialect's place, not even 404 or 413; only where no dialect owns the path it
speaks for itself.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import msgspec

from entrepot.core.faults import Malformed, TooLarge
from entrepot.dialect.handle import House, Spoken
from entrepot.dialect.request import Answer, Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

access = logging.getLogger("entrepot.access")

_ONCE = frozenset(
    (b"host", b"authorization", b"content-length", b"content-type", b"x-auth-token", b"x-sdk-date")
)


class Edge:
    """An ASGI 3 application over the dialects by root."""

    def __init__(self, spoken: Mapping[bytes, Spoken], house: House) -> None:
        self._spoken = spoken
        self._house = house

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        path: bytes = scope["raw_path"]
        spoken = self._spoken.get(path[1:].split(b"/", 1)[0])
        if spoken is None:
            await _send(send, stranger(path, self._spoken))
            return
        headers: dict[bytes, bytes] = {}
        repeated = []
        for name, value in scope["headers"]:
            if headers.setdefault(name, value) is not value:
                repeated.append(name)
        limit = spoken.dialect.body_limit
        body = await _body(receive, headers, limit)
        request = Request(
            scope["method"], path, scope["query_string"], headers, body or b"",
            frozenset(repeated), (scope.get("client") or ("",))[0],
        )  # fmt: skip
        fault: TooLarge | Malformed | None = None
        if body is None:
            fault = TooLarge("body", limit)
        elif repeated and not _ONCE.isdisjoint(repeated):
            fault = Malformed("headers", f"{repeated[0].decode('latin-1')} was sent more than once")
        if fault is not None:
            exchange = spoken.exchange(request, self._house.gate)
            answer = spoken.refuse(fault, exchange)
            if (
                body is None
            ):  # the rest of the body is on its way: this connection is of no more use
                answer = Answer(
                    answer.status, answer.body, (*answer.headers, (b"connection", b"close"))
                )
        else:
            answer, exchange = await spoken.handle(request, self._house)
        await _send(send, answer)
        if access.isEnabledFor(logging.INFO):
            access.info(
                "%s %s %s %d %s",
                spoken.dialect.name,
                exchange.operation.name if exchange.operation else "-",
                exchange.caller.tenant.name if exchange.caller else "-",
                answer.status,
                exchange.request_id,
            )


async def _body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes | None:
    """The whole body; None as soon as it is known to be over the limit."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        return None
    message = await receive()
    chunk: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return chunk if len(chunk) <= limit else None
    chunks, size = [chunk], len(chunk)
    while message.get("more_body"):
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


async def _send(send: Send, answer: Answer) -> None:
    length = (b"content-length", b"%d" % len(answer.body))
    headers = answer.headers if answer.status == 204 else (*answer.headers, length)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def stranger(path: bytes, spoken: Mapping[bytes, Spoken]) -> Answer:
    """The answer where no dialect owns the path: which paths there are."""
    roots = {f"/{root.decode()}": s.dialect.title for root, s in sorted(spoken.items())}
    body = msgspec.json.encode(
        {
            "error": "not_found",
            "message": f"No vendor's API lives at {path.decode('ascii', 'backslashreplace')[:200]}."
            " Point the SDK's endpoint at this host and port, without a path.",
            "roots": roots,
        }
    )
    return Answer(404, body, ((b"content-type", b"application/json"),))


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
