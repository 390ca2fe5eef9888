"""From a request to the dialect that owns its root, and back.

Answers nothing in a dialect's place, not even 404 or 413; it speaks for itself only where no
dialect owns the path, and to a browser at the bare "/".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

import msgspec

from entrepot.core.faults import Fault, Malformed, Unavailable
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.handle import ServedDialect, ServerContext
from entrepot.dialect.owners import Owners
from entrepot.dialect.request import Answer, Request
from entrepot.edge.connection import Application
from entrepot.edge.proxies import Proxies

# What is told of every answered request, after the fact: the exchange, the answer, how many seconds.
Observer = Callable[[Exchange, Answer, float], None]

_STRANGERS_BODY = 1 << 16
_STRANGERS_QUERY = 1 << 16


class Edge:
    """What a connection asks: the dialects (an `Application`).

    `in_work` requests wait for their answers; past `max_in_work` the next are refused at once.
    """

    def __init__(
        self,
        owners: Owners,
        context: ServerContext,
        observers: Sequence[Observer] = (),
        max_in_work: int = 1024,
        proxies: Proxies | None = None,
    ) -> None:
        self._owners = owners
        self._context = context
        self._observers = tuple(observers)
        self._max_in_work = max_in_work
        self._proxies = proxies
        self._others: dict[bytes, Application] = {}
        self._home = b""
        self.in_work = 0
        self.turned_away = 0

    def host(self, root: bytes, other: Application) -> None:
        """From now on the other answers below this root, and browsers that look in are sent there."""
        self._others[root] = other
        self._home = b"/" + root

    def _other(self, path: bytes) -> Application | None:
        return self._others.get(path[1:].split(b"/", 1)[0])

    def query_limit(self, path: bytes) -> int:
        """The most bytes that a query sent to this path may have."""
        owners = self._owners.below(path)
        return max((owner.dialect.query_limit for owner in owners), default=_STRANGERS_QUERY)

    def body_limit(self, head: Request) -> int:
        """The most bytes that the body behind this head may have."""
        owner = self._owners.of(head)
        if owner is not None:
            return owner.dialect.body_limit
        other = self._other(head.path)
        return _STRANGERS_BODY if other is None else other.body_limit(head)

    def refuse(self, request: Request, fault: Fault) -> Answer:
        """The answer to a request that is refused before all of it was read."""
        if self._proxies is not None:
            request = self._proxies.seen(request)
        owner = self._owners.of(request)
        if owner is None:
            other = self._other(request.path)
            return other.refuse(request, fault) if other else stranger(request.path, self._owners)
        exchange = owner.exchange(request, self._context.authenticator)
        return self._told(exchange, owner.refuse(fault, exchange), 0.0)

    async def answer(self, request: Request) -> Answer:
        """The answer to a request that was read whole."""
        began = monotonic()
        if self._proxies is not None:
            request = self._proxies.seen(request)
        owner = self._owners.of(request)
        if owner is None:
            other = self._other(request.path)
            return await other.answer(request) if other else stranger(request.path, self._owners)
        if request.method == "GET" and request.path == b"/" and _is_a_browser(request, owner):
            return (
                Answer(303, b"", ((b"location", self._home),))
                if self._home
                else welcome(self._owners)
            )
        if self.in_work >= self._max_in_work:
            self.turned_away += 1
            exchange = owner.exchange(request, self._context.authenticator)
            answer = owner.refuse(Unavailable("too many requests are in work"), exchange)
        elif request.repeated and not owner.single_headers.isdisjoint(request.repeated):
            name = min(request.repeated & owner.single_headers).decode()
            exchange = owner.exchange(request, self._context.authenticator)
            answer = owner.refuse(Malformed("headers", f"{name} was sent more than once"), exchange)
        else:
            self.in_work += 1
            try:
                answer, exchange = await owner.handle(request, self._context, self.in_work > 1)
            finally:
                self.in_work -= 1
        return self._told(exchange, answer, monotonic() - began)

    async def ask(self, request: Request) -> tuple[Answer, Fault | None]:
        """The same for somebody in this process, who is also told the fault that was answered."""
        faults: list[Fault | None] = []

        def hear(exchange: Exchange, answer: Answer, seconds: float) -> None:
            if exchange.request.headers is request.headers:  # a proxy's request is a copy
                faults.append(exchange.fault)

        self._observers += (hear,)  # while it lasts: whoever else calls pays nothing otherwise
        try:
            answer = await self.answer(request)
        finally:
            self._observers = tuple(o for o in self._observers if o is not hear)
        return answer, faults[0] if faults else None

    def _told(self, exchange: Exchange, answer: Answer, seconds: float) -> Answer:
        for observe in self._observers:
            observe(exchange, answer, seconds)
        return answer


def stranger(path: bytes, owners: Owners) -> Answer:
    """The answer where no dialect owns the path: which paths there are."""
    shown = path.decode("ascii", "backslashreplace")[:200]
    return _listing(404, f"No vendor's API lives at {shown}.", owners, error="not_found")


def welcome(owners: Owners) -> Answer:
    """The answer to somebody who looks in: which APIs there are."""
    return _listing(200, "Entrepot is here, and speaks these APIs.", owners)


def _listing(status: int, message: str, owners: Owners, **more: str) -> Answer:
    point = "Point the SDK's endpoint at this host and port, without a path."
    body = msgspec.json.encode({**more, "message": f"{message} {point}", "roots": owners.titles()})
    return Answer(status, body, ((b"content-type", b"application/json"),))


def _is_a_browser(request: Request, owner: ServedDialect) -> bool:
    """Whether a GET of the bare "/" is no call. Old Java clients ask for text/html, too, with a call's headers."""
    return (
        b"text/html" in request.header(b"accept")
        and not request.query
        and not any(request.header(name) for name in owner.call_headers)
    )
