"""A caller may do what the operation's permission says, and no other permission stands in for it.

For every operation of every dialect, from their tables: a user with every permission but the one that
it needs is denied and writes nothing; a user with that one alone is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from entrepot.core.caller import PERMISSIONS
from entrepot.core.faults import Broken, Denied
from entrepot.dialect.client import Credentials
from entrepot.dialect.operation import Operation
from tests.contract.adapters import ADAPTERS, Adapter
from tests.contract.furnished import Victim, call, furnished
from tests.contract.world import World

CALLS = [(a, o) for a in ADAPTERS for o in a.value.operations if o.permission]
AT_LEAST = 150  # so that none gets lost
each_call = pytest.mark.parametrize(
    ("adapter", "operation"), CALLS, ids=[f"{a.dialect}-{o.name}" for a, o in CALLS]
)


@dataclass(frozen=True, slots=True)
class Users:
    """The users of one tenant that has one of everything, each by a permission."""

    owner: Victim
    without: dict[str, Credentials]  # has every one but this
    with_alone: dict[str, Credentials]  # has this one
    powerless: Credentials  # has none


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("permissions"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def users(world: World) -> Users:
    owner = furnished(world)
    known = owner.credentials
    rest = {wanted: [p for p in PERMISSIONS if p != wanted] for wanted in PERMISSIONS}
    return Users(
        owner,
        {p: world.user(known, f"without {p}", *others) for p, others in rest.items()},
        {p: world.user(known, f"with {p}", p) for p in PERMISSIONS},
        world.user(known, "powerless"),
    )


def test_no_operation_got_lost() -> None:
    assert len(CALLS) >= AT_LEAST
    assert {o.permission for _, o in CALLS} <= set(PERMISSIONS)


@each_call
def test_every_other_permission_is_not_enough(
    adapter: Adapter, operation: Operation, world: World, users: Users
) -> None:
    before = world.everything(users.owner.tenant)
    for user in (users.without[operation.permission], users.powerless):
        handles = users.owner.handles(adapter, world)
        given, body = call(adapter, operation, handles, user)
        answer, exchange = world.exchange(adapter.request(operation, given, body, user))
        assert isinstance(exchange.fault, Denied), answer.body.decode()
        assert exchange.fault.permission == operation.permission
        assert adapter.refused(answer), answer.body.decode()
    assert world.everything(users.owner.tenant) == before


@each_call
def test_the_one_permission_is_enough(
    adapter: Adapter, operation: Operation, world: World, users: Users
) -> None:
    user = users.with_alone[operation.permission]
    given, body = call(adapter, operation, users.owner.handles(adapter, world), user)
    answer, exchange = world.exchange(adapter.request(operation, given, body, user))
    assert not isinstance(exchange.fault, Denied | Broken), answer.body.decode()
    assert exchange.caller is not None
