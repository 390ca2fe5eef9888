"""Two tenants cannot see or touch each other's things through any operation of any dialect.

The victim has one of everything, each with a name that stands nowhere else. The intruder, with keys
of its own, tries every operation with the victim's handles; then, still with its own keys, at the
victim's own address. The same call by the victim itself works, so the tries are not vain.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from entrepot.dialect.client import Credentials
from entrepot.dialect.operation import Operation
from tests.contract.adapters import ADAPTERS, Adapter
from tests.contract.furnished import MARK, Victim, call, furnished
from tests.contract.world import World

CALLS = [(a, o) for a in ADAPTERS for o in a.value.operations if not o.public]
each_call = pytest.mark.parametrize(
    ("adapter", "operation"), CALLS, ids=[f"{a.dialect}-{o.name}" for a, o in CALLS]
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("tenants"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def intruder(world: World) -> Credentials:
    return world.tenant()


@pytest.fixture(scope="module")
def victim(world: World) -> Victim:
    """The one whom nothing happens to."""
    return furnished(world)


@each_call
def test_nobody_reaches_another_tenants_things(
    adapter: Adapter, operation: Operation, world: World, victim: Victim, intruder: Credentials
) -> None:
    handles = victim.handles(adapter, world)
    before = world.everything(victim.tenant)
    given, body = call(adapter, operation, handles, intruder)
    answer = world.ask(adapter.request(operation, given, body, intruder))
    assert answer.status != 500 or adapter.refused(answer)
    seen = answer.body.decode().replace(victim.model.key, "")  # a refusal may repeat what was sent
    assert MARK not in seen
    assert world.everything(victim.tenant) == before


@each_call
def test_nobody_calls_at_another_tenants_address(
    adapter: Adapter, operation: Operation, world: World, victim: Victim, intruder: Credentials
) -> None:
    handles = victim.handles(adapter, world)
    before = world.everything(victim.tenant)
    given, body = call(adapter, operation, handles, victim.credentials)
    address = adapter.own(victim.credentials)
    answer = world.ask(adapter.request(operation, {**given, **address}, body, intruder))
    if address:
        assert adapter.refused(answer), answer.body.decode()
    seen = answer.body.decode().replace(victim.model.key, "")
    assert MARK not in seen
    assert world.everything(victim.tenant) == before


def made_up(value: str) -> str:
    """An id of the same shape that nobody has."""
    return "".join(str((int(c) + 1) % 10) if c.isdigit() else c for c in value)


@each_call
def test_another_tenants_address_answers_like_nobodys(
    adapter: Adapter, operation: Operation, world: World, victim: Victim, intruder: Credentials
) -> None:
    """With the caller's own credentials and with none: nobody learns which accounts there are."""
    given, body = call(adapter, operation, victim.handles(adapter, world), victim.credentials)
    own, names = adapter.own(intruder), adapter.own(victim.credentials).keys()
    for signed in (True, False):
        for name in names & operation.parameters:
            said = []
            value = adapter.own(victim.credentials)[name]
            for address in (value, made_up(value)):
                values = {**given, **own, name: address}
                request = adapter.request(operation, values, body, intruder)
                if not signed:
                    request = replace(request, headers={b"host": b"h"})
                answer, exchange = world.exchange(request)
                assert exchange.fault is not None, answer.body
                text = answer.body.decode().replace(address, "ADDRESS")
                said.append((answer.status, text.replace(exchange.request_id, "ID")))
            assert said[0] == said[1]


NAMING = {
    "device_id", "IotId", "assetId", "product_id", "ProductKey", "productKey", "app_id",
    "product_template_id", "topic_id", "service_id",
}  # fmt: skip
NAMED = [(a, o) for a, o in CALLS if o.parameters & NAMING]


@pytest.mark.parametrize(
    ("adapter", "operation"), NAMED, ids=[f"{a.dialect}-{o.name}" for a, o in NAMED]
)
def test_the_owner_reaches_them_by_the_same_call(
    adapter: Adapter, operation: Operation, world: World
) -> None:
    victim = furnished(world)
    before = world.everything(victim.tenant)
    given, body = call(adapter, operation, victim.handles(adapter, world), victim.credentials)
    answer = world.ask(adapter.request(operation, given, body, victim.credentials))
    assert not adapter.refused(answer), answer.body.decode()
    if operation.permission.endswith(":delete"):
        assert world.everything(victim.tenant) != before
