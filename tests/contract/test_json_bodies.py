"""JSON bodies of every dialect: a byte order mark before them, and values that are no object."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Broken, Invalid, Malformed, Unauthenticated, Unrouted
from entrepot.dialect.calls import bare, form, with_own
from entrepot.dialect.client import Credentials
from entrepot.dialect.dialect import Dialect, Exchange
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Request
from entrepot.main import dialects
from tests.contract.adapters import HOST, stamp
from tests.contract.test_calls import given
from tests.contract.world import World

CALLS = [
    (d, o)
    for d in dialects()
    for o in d.operations
    if o.body is not None and getattr(o.body, "__name__", "") != "Upload"
]
SIGNED = [(d, o) for d, o in CALLS if not o.public]


def each(calls: list[tuple[Dialect, Operation]]) -> pytest.MarkDecorator:
    """The test runs once for each of these operations."""
    names = [f"{d.name}-{o.name}" for d, o in calls]
    return pytest.mark.parametrize(("dialect", "operation"), calls, ids=names)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("bodies"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def caller(world: World) -> Credentials:
    return world.tenant()


def unsigned(dialect: Dialect, operation: Operation, caller: Credentials) -> Request:
    shown = form(dialect, operation, caller)
    values = with_own(dialect, operation, given(shown), caller)
    body = {} if shown.body is None else shown.body
    return bare(dialect, operation, values, body, HOST, stamp().nonce)


def signed(
    dialect: Dialect, operation: Operation, request: Request, caller: Credentials
) -> Request:
    return request if operation.public else dialect.client.sign(request, caller, stamp())


def decoded(exchange: Exchange) -> object:
    """What the dialect reads in the request: the call, or what is wrong with it."""
    try:
        return exchange.dialect.topics().decode(exchange)
    except Invalid as fault:
        return fault.violations


@each(CALLS)
def test_a_body_is_read_without_its_byte_order_mark(
    dialect: Dialect, operation: Operation, world: World, caller: Credentials
) -> None:
    plain = unsigned(dialect, operation, caller)
    marked = replace(plain, body=BOM_UTF8 + plain.body)
    answer, exchange = world.exchange(signed(dialect, operation, marked, caller))
    unread = (Unauthenticated, Unrouted, Broken, Malformed)
    assert not isinstance(exchange.fault, unread), answer.body.decode()
    said = decoded(exchange)
    exchange.request = plain
    assert said == decoded(exchange)


@each(SIGNED)
def test_a_signature_covers_the_byte_order_mark(
    dialect: Dialect, operation: Operation, world: World, caller: Credentials
) -> None:
    request = signed(dialect, operation, unsigned(dialect, operation, caller), caller)
    _, exchange = world.exchange(replace(request, body=BOM_UTF8 + request.body))
    assert isinstance(exchange.fault, Unauthenticated)


@each(CALLS)
def test_a_body_that_is_no_object_is_named_in_the_refusal(
    dialect: Dialect, operation: Operation, world: World, caller: Credentials
) -> None:
    for body in (b"null", b"[]", b"3", b'"text"'):
        request = replace(unsigned(dialect, operation, caller), body=body)
        answer, exchange = world.exchange(signed(dialect, operation, request, caller))
        assert isinstance(exchange.fault, Invalid | Malformed)
        assert b"body " in answer.body or b"body:" in answer.body, answer.body.decode()
