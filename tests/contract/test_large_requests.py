"""A large request is no burden to others: it is read beside the loop, and refused for what it holds by counting."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from entrepot.core.faults import Malformed
from entrepot.dialect.handle import ServedDialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Request
from entrepot.dialect.sizes import LARGE
from tests.contract.adapters import ADAPTERS, Adapter
from tests.contract.furnished import Victim, call, furnished
from tests.contract.heaviest import costs, with_body
from tests.contract.toy import TOY, word
from tests.contract.world import World
from tests.holding import BOUND_S

SPEAKERS = [(a, o) for a in ADAPTERS for o in a.value.operations]
each_operation = pytest.mark.parametrize(
    ("adapter", "operation"), SPEAKERS, ids=[f"{a.dialect}-{o.name}" for a, o in SPEAKERS]
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("large"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def victim(world: World) -> Victim:
    return furnished(world)


# Where the work is done


def headers_of(world: World, victim: Victim) -> dict[bytes, bytes]:
    """The head of a call of the toy that makes something."""
    return {
        b"toy-key": victim.credentials["access_key"].encode(),
        b"toy-word": word(world.installation.vault, victim.tenant).encode(),
        b"toy-do": b"make",
    }


def threads_of(world: World, victim: Victim, request: Request) -> tuple[int, dict[str, int]]:
    """The loop's thread, and the threads in which the toy's parts of a request ran."""
    found: dict[str, int] = {}

    def noted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            found[name] = threading.get_ident()
            return work(*given)

        return run

    topics = TOY.topics()
    make = topics.operations[0]
    changed = replace(
        topics,
        decode=noted("decode", topics.decode),
        operations=(replace(make, take=noted("take", make.take)),),
    )
    dialect = replace(TOY, parse=noted("parse", TOY.parse), topics=lambda: changed)

    async def ask() -> int:
        answer, _ = await ServedDialect(dialect).handle(request, world.context)
        assert answer.status == 200, answer.body
        return threading.get_ident()

    return world.run(ask()), found


@pytest.mark.parametrize(("size", "beside"), [(100, False), (LARGE, False), (LARGE + 1, True)])
def test_what_is_large_is_read_beside_the_loop(
    size: int, beside: bool, world: World, victim: Victim
) -> None:
    body = f'{{"title":"ball{size}"}}'.encode().ljust(size)
    headers = headers_of(world, victim)
    loop, threads = threads_of(world, victim, Request("POST", b"/", headers=headers, body=body))
    assert set(threads) == {"parse", "decode", "take"}
    assert {thread != loop for thread in threads.values()} == {beside}


def test_while_it_is_read_the_loop_serves_others(world: World, victim: Victim) -> None:
    passed = threading.Event()

    def decode(exchange: Any) -> Any:
        assert passed.wait(10), "the loop did not go on"
        return TOY.topics().decode(exchange)

    changed = replace(TOY.topics(), decode=decode)
    dialect = replace(TOY, topics=lambda: changed)

    async def ask() -> int:
        asyncio.get_running_loop().call_soon(lambda: turn(3))
        answer, _ = await ServedDialect(dialect).handle(request, world.context)
        return answer.status

    def turn(left: int) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: turn(left - 1)) if left else loop.call_later(0.05, passed.set)

    headers = headers_of(world, victim)
    body = b'{"title":"other"}'.ljust(LARGE + 1)
    request = Request("POST", b"/", headers=headers, body=body)
    assert world.run(ask()) == 200


# How much it may hold

JSON_BODIES = [(a, o) for a, o in SPEAKERS if o.body is not None and o.takes == "application/json"]
OVER = [(a, o) for a, o in JSON_BODIES if a.value.body_limit > 2 * a.value.most_values]


@pytest.mark.parametrize(
    ("adapter", "operation"), OVER, ids=[f"{a.dialect}-{o.name}" for a, o in OVER]
)
def test_too_many_values_are_refused_in_the_vendors_words(
    adapter: Adapter, operation: Operation, world: World, victim: Victim
) -> None:
    most = adapter.value.most_values
    given, body = call(adapter, operation, victim.handles(adapter, world), victim.credentials)
    for values, refused in ((most - 5_000, False), (most, True)):
        raw = json.dumps({**(body or {}), "unknown": 1}).encode()
        raw = raw[:-2] + b"[" + b",".join([b"{}"] * values) + b"]}"
        request = with_body(adapter, operation, given, raw, victim.credentials)
        answer, exchange = world.exchange(request)
        said = f"{most:,} values" in str(getattr(exchange.fault, "reason", ""))
        assert said == refused, (exchange.fault, answer.body[:200])
        if refused:
            assert isinstance(exchange.fault, Malformed)
            assert adapter.refused(answer)
            assert answer.status != 500


DOCUMENTS = [("CreateThingModel", "ThingModelJson"), ("ImportThingModelTsl", "TslStr")]


@pytest.mark.parametrize("values", [200_000, 890_000], ids=["just too many", "the largest query"])
@pytest.mark.parametrize(("name", "parameter"), DOCUMENTS)
def test_a_text_in_a_parameter_is_counted_too(
    name: str, parameter: str, values: int, world: World, victim: Victim
) -> None:
    adapter = next(a for a in ADAPTERS if any(o.name == name for o in a.value.operations))
    operation = adapter.operation(name)
    given, _ = call(adapter, operation, victim.handles(adapter, world), victim.credentials)
    text = '{"properties":[' + "{}," * values + "{}]}"
    request = adapter.request(operation, {**given, parameter: text}, None, victim.credentials)
    answer = world.ask(request)  # which does not hold the loop for long
    assert adapter.refused(answer)
    assert b"200,000 values" in answer.body


# What it costs the loop


@each_operation
def test_no_request_holds_the_loop_for_long(
    adapter: Adapter, operation: Operation, world: World
) -> None:
    for seconds, name, answer in costs(world, adapter, operation, LARGE - 2_500):
        assert seconds < BOUND_S, f"{name}: {seconds:.3f} s, {answer.body[:200]!r}"


LARGEST = {
    ("enos", "AddSubDevice"), ("enos", "UpdateThingModel"), ("iotda", "CreateProduct"),
    ("iotda", "ListResourcesByTags"), ("roma", "CreateProperty"),
}  # fmt: skip


@pytest.mark.parametrize("full", [True, False], ids=["of the largest size", "of the most values"])
@pytest.mark.parametrize(
    ("adapter", "operation"),
    [(a, o) for a, o in SPEAKERS if (a.dialect, o.name) in LARGEST],
    ids=lambda v: getattr(v, "name", ""),
)
def test_nor_does_a_large_one(
    full: bool, adapter: Adapter, operation: Operation, world: World
) -> None:
    dialect = adapter.value
    size = dialect.body_limit - 2_500 if full else 3 * dialect.most_values - 2_500
    for seconds, name, answer in costs(world, adapter, operation, size, kinds=("objects",)):
        assert seconds < BOUND_S, f"{name}: {seconds:.3f} s, {answer.body[:200]!r}"
