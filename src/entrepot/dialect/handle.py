"""What happens to every request, in order, in one function that no dialect overrides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from types import coroutine
from typing import Any

from entrepot.core.caller import Caller
from entrepot.core.faults import Broken, Fault, Invalid, TooLarge, Unauthenticated, Violation
from entrepot.core.ports import Store
from entrepot.core.precompute import NeedsPrecompute
from entrepot.dialect.authenticator import Authenticator
from entrepot.dialect.check import STRICT, Leniency, json_text, read_json, read_params
from entrepot.dialect.dialect import (
    SINGLE_HEADERS,
    Dialect,
    Exchange,
    Topics,
    row_for,
    rows_by_fault,
)
from entrepot.dialect.operation import Call, Operation
from entrepot.dialect.parameters import parse
from entrepot.dialect.quoting import fitted, quoted
from entrepot.dialect.rates import Rates
from entrepot.dialect.request import Answer, Request
from entrepot.dialect.router import Router
from entrepot.dialect.sizes import LARGE

log = logging.getLogger("entrepot")
_EMPTY = Request("GET", b"/")


@dataclass(frozen=True, slots=True)
class ServerContext:
    """What every request needs of the world."""

    store: Store
    authenticator: Authenticator
    rates: Rates


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The dialect's topics, and the router over their operations."""

    topics: Topics
    router: Router


class ServedDialect:
    """A dialect made ready to answer: its rows by fault, and its router once a request asked for it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._loaded: _Loaded | None = None
        self.single_headers = SINGLE_HEADERS | dialect.single_headers
        self.call_headers = dialect.single_headers | {b"authorization"}
        self.rows = rows_by_fault(dialect.rows)

    @property
    def loaded(self) -> bool:
        """Whether a request has asked for the dialect's topics."""
        return self._loaded is not None

    def load(self) -> _Loaded:
        """Imports the dialect's topics, which takes up to a tenth of a second the first time."""
        if self._loaded is None:
            topics = self.dialect.topics()
            self._loaded = _Loaded(topics, Router(topics.operations))
        return self._loaded

    def exchange(self, request: Request, authenticator: Authenticator) -> Exchange:
        """A new exchange with a request id of the dialect's shape."""
        now_ms = authenticator.now_ms()
        return Exchange(
            self.dialect, request, self.dialect.request_id(now_ms), authenticator, now_ms
        )

    def refuse(self, fault: Fault, exchange: Exchange) -> Answer:
        """Returns the refusal in the dialect's words; never raises.

        Where the words for a fault cannot be made, the answer is the dialect's internal error. It
        is made for an empty request, because something in this one broke the words.
        """
        exchange.fault = fault
        try:
            return self._refusal(fault, exchange)
        except Exception:
            exchange.fault = Broken()
            log.exception(
                "the refusal of request %s could not be made; report this with the lines below",
                exchange.request_id,
                extra={"facts": exchange.facts()},
            )
            empty = Exchange(
                self.dialect, _EMPTY, exchange.request_id, exchange.authenticator, exchange.now_ms
            )
            return self._refusal(exchange.fault, empty)

    def _refusal(self, fault: Fault, exchange: Exchange) -> Answer:
        row, short = row_for(self.rows, fault, exchange.operation), quoted(fault)
        text = (
            row.text.format_map(_Fields(short))
            if isinstance(row.text, str)
            else row.text(short, exchange)
        )
        refuse = self.dialect.refuse
        return fitted(text, lambda text: refuse(row.status, row.code, text, fault, exchange))

    async def handle(
        self, request: Request, context: ServerContext, crowd: bool = False
    ) -> tuple[Answer, Exchange]:
        """The answer to one request, whatever it holds; `crowd`: others are under way too."""
        exchange = self.exchange(request, context.authenticator)
        dialect = self.dialect
        # Each millisecond here is one for everybody: what is large is read in a thread beside the loop.
        large = len(request.body) + len(request.query) > LARGE
        try:
            if len(request.query) > dialect.query_limit:
                raise TooLarge("query", dialect.query_limit)
            if large:
                await context.store.apart(partial(dialect.parse, exchange))
            else:
                dialect.parse(exchange)
            loaded = self._loaded
            if loaded is None:
                loaded = await context.store.apart(self.load)
            topics = loaded.topics
            operation, exchange.path = loaded.router.find(
                request.method, request.path, topics.select(exchange)
            )
            exchange.operation = operation
            caller = exchange.caller = await dialect.authenticate(exchange)
            caller.demand(operation.permission)
            loaded.router.keep(request.path)
            if operation.rate is not None:
                taken = context.rates.take(
                    caller.tenant, dialect.name, operation.name, operation.rate
                )
                if taken is not None:
                    await taken
            if crowd:
                # Let those that came with it get as far: a processor is faster at one step of many
                # requests than at all steps of one (docs/decisions/0101).
                await _others()
            if large:
                rate, value = await context.store.apart(
                    partial(_read, operation, exchange, caller, topics.decode), caller.tenant.id
                )
            else:
                rate, value = _read(operation, exchange, caller, topics.decode)
            if rate is not None:
                taken = context.rates.take(
                    caller.tenant, dialect.name, operation.name + " heavy", rate
                )
                if taken is not None:
                    await taken
            if operation.prepare is not None:
                value = await operation.prepare(value, context.authenticator, request.peer)
            run = operation.run
            if operation.writes:
                try:
                    result = await context.store.write(lambda tx: run(tx, caller, value))
                except NeedsPrecompute as needed:
                    await context.store.apart(needed.work, caller.tenant.id)
                    result = await context.store.write(lambda tx: run(tx, caller, value))
            else:
                result = await context.store.read(
                    lambda tx: run(tx, caller, value), caller.tenant.id
                )
            return topics.encode(operation.give(result, caller), exchange), exchange
        except Fault as fault:
            without_frames(fault)
            return self.refuse(fault, exchange), exchange
        except Exception as error:
            log.exception(
                "request %s failed", exchange.request_id, extra={"facts": exchange.facts()}
            )
            without_frames(error)
            return self.refuse(Broken(error), exchange), exchange


@coroutine
def _others() -> Generator[None, None, None]:
    """Lets everybody else go on first: `asyncio.sleep(0)`, in one call less."""
    yield


def _read(
    operation: Operation, exchange: Exchange, caller: Caller, decode: Callable[[Exchange], Call]
) -> tuple[int | None, Any]:
    """The lower rate of a heavy call, and what the use case takes.

    Raises:
        Malformed, Invalid: it is not what the operation declares.
    """
    call = decode(exchange)
    rate = None if operation.heavy is None else operation.heavy(call)
    return rate, operation.take(call, caller)


def without_frames(error: BaseException) -> None:
    """Takes the tracebacks off an exception and off those that led to it.

    A traceback holds the frames of `handle`, and they hold the request. The exchange holds the fault,
    so with its traceback each refused request would be a cycle and stay in memory until the next
    collection.
    """
    error.__traceback__ = error.__context__ = error.__cause__ = None


class _Fields(dict[str, object]):
    """A fault's fields for `str.format_map`; an unknown name is a defect and says so."""

    def __init__(self, fault: Fault) -> None:
        names = getattr(fault, "__dataclass_fields__", ())
        super().__init__({name: getattr(fault, name) for name in names})


def parse_query(exchange: Exchange) -> None:
    """`Dialect.parse` for vendors whose parameters are the query's, `+` for a space."""
    exchange.parameters = parse(exchange.request.query)


def parse_plain_query(exchange: Exchange) -> None:
    """The same for vendors who sign `+` as a plus."""
    exchange.parameters = parse(exchange.request.query, plus_is_space=False)


def no_selector(exchange: Exchange) -> str:
    """`Topics.select` for vendors that route by method and path alone."""
    return ""


def decode_rest(exchange: Exchange, lenient: Leniency = STRICT) -> Call:
    """`Topics.decode` for path and query parameters and a JSON body.

    Raises:
        Malformed, Invalid: the violations of parameters and body together.
    """
    operation = exchange.operation
    if operation is None:
        raise Unauthenticated("absent")
    params = body = None
    found: tuple[Violation, ...] = ()
    if operation.params is not None:
        try:
            params = read_params({**exchange.parameters, **exchange.path}, operation.params)
        except Invalid as refused:
            found = refused.violations
    if operation.body is not None:
        try:
            raw = json_text(exchange.request.body) or b"{}"
            body = read_json(raw, operation.body, lenient, most=exchange.dialect.most_values)
        except Invalid as refused:
            found += refused.violations
    if found:
        raise Invalid(found)
    return Call(params, body)
