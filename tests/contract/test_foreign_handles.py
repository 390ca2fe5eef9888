"""A handle of another tenant's thing is answered like one that nothing has, wherever it is sent.

Each operation of each dialect is called with the caller's own things, all but one text or number, which
is a handle, a name or an account id of another tenant; then with one that nobody has. The two answers
are the same, show nothing of the other tenant's, and whatever is written leaves its things as they are.
What the calls write is undone, so that all begin alike.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from entrepot import main as root
from entrepot.core.accounts.tenancy import user_named
from entrepot.core.faults import Broken, Invalid
from entrepot.core.ports import Store, Tx
from entrepot.core.things.account import Settings
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.handle import ServerContext
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer
from tests.contract.adapters import ADAPTERS, Adapter
from tests.contract.furnished import Victim, call, furnish, furnished
from tests.contract.locations import Location, places
from tests.contract.world import World, everything

R = TypeVar("R")
CALLS = [(a, o) for a in ADAPTERS for o in a.value.operations if not o.public]
AT_LEAST = 2500  # calls, each made twice
OTHERS = 3
NAMES = (
    "ProductName", "DeviceName", "name", "app_name", "node_id", "deviceKey", "model",
    "manufacturer_id",
)  # fmt: skip
NAMING = 9  # operations that make something by name
LONG = 8  # a shorter handle may stand in an answer by chance
VOLATILE = re.compile(r"[0-9A-Fa-f-]{32,36}|[0-9]{10,}")
ALL = os.environ.get("HYPOTHESIS_PROFILE") == "search"
each_call = pytest.mark.parametrize(
    ("adapter", "operation"), CALLS, ids=[f"{a.dialect}-{o.name}" for a, o in CALLS]
)


class Undone(Exception):
    """Carries a result out of a unit of work, of which nothing is kept."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Forgetful:
    """A store that undoes every write after `look` has seen it."""

    def __init__(self, store: Store, look: Callable[[Tx], None]) -> None:
        self._store = store
        self._look = look

    def read(self, work: Callable[[Tx], R], tenant: int) -> Awaitable[R]:
        """What the work returns."""
        return self._store.read(work, tenant)

    def apart(self, work: Callable[[], R], tenant: int = 0) -> Awaitable[R]:
        """What the work returns."""
        return self._store.apart(work, tenant)

    async def write(self, work: Callable[[Tx], R]) -> R:
        """What the work returns, although it was in vain."""

        def run(tx: Tx) -> None:
            result = work(tx)
            self._look(tx)
            raise Undone(result)

        try:
            await self._store.write(run)
        except Undone as undone:
            result: R = undone.result
            return result
        raise AssertionError("a unit of work that raised was kept")


@dataclass(frozen=True, slots=True)
class Scene:
    """A world in which nothing that is called leaves a trace."""

    world: World
    mine: Victim
    theirs: Victim
    nobodys: Victim  # was never kept: what its handles name is nowhere


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    world = World(tmp_path_factory.mktemp("foreign"))
    theirs = furnished(world, "zebra")
    assert len(name_all(world, theirs)) >= NAMING
    # As long as theirs: refusals say at which character they are.
    nobodys = unkept(world, "quagg", theirs.tenant.name.replace("tenant", "nobody"))
    mine = furnished(world, "okapi")
    before = world.everything(theirs.tenant)

    def look(tx: Tx) -> None:
        assert everything(tx, theirs.tenant) == before

    store: Any = Forgetful(world.context.store, look)
    world.context = ServerContext(store, world.context.authenticator, world.context.rates)
    yield Scene(world, mine, theirs, nobodys)
    assert world.everything(theirs.tenant) == before
    world.close()


def name_all(world: World, owner: Victim) -> list[str]:
    """Take the owner's mark for a name in whatever can be made by name; returns the operations that did.

    A name that one tenant has must be free for another.
    """
    made = []
    for adapter, operation in CALLS:
        kind, _, verb = operation.permission.partition(":")
        if verb != "create":
            continue
        handles = owner.handles(adapter, world)
        handles.pop(f"{kind}_id", None)  # the store chooses it
        given, body = call(adapter, operation, handles, owner.credentials)
        for place in places(operation):
            if place.path[-1] in NAMES and len(place.path) == 1:
                given, body = place.put(given, body, owner.mark)
        answer = world.ask(adapter.request(operation, given, body, owner.credentials))
        if not adapter.refused(answer):
            made.append(f"{adapter.dialect} {operation.name}")
    return made


def unkept(world: World, mark: str, name: str) -> Victim:
    """A tenant with one of everything that is undone at once; nothing else gets its ids."""
    installation = world.installation

    def make(tx: Tx) -> None:
        wanted = Settings(rate_limits=False)
        tenant = root.create_tenant(tx, installation.vault, name, wanted)
        user = user_named(tx, tenant, name)
        known = root.credentials_in(tx, installation.vault, tenant, user)
        victim = furnish(tx, {"name": name, **known}, mark)
        raise Undone((victim, tx.new_id()))

    with pytest.raises(Undone) as raised:
        installation.store.write_now(make)
    victim, last = raised.value.result
    while installation.store.write_now(lambda tx: tx.new_id()) < last:
        pass
    found: Victim = victim
    return found


def names(adapter: Adapter, world: World, victim: Victim) -> dict[str, str]:
    """What tells the victim and its things apart in the dialect, by the parameters that may say it."""
    handles = victim.handles(adapter, world)
    texts = {key: value for key, value in handles.items() if isinstance(value, str)}
    said = {
        "name": victim.mark, "template": victim.template.name, "space": victim.spare.name,
        "tenant": victim.tenant.name, "topic": victim.topic.name,
        "key": victim.credentials["access_key"],
    }  # fmt: skip
    return {**said, **texts, **adapter.own(victim.credentials)}


@dataclass(frozen=True, slots=True)
class Case:
    """One call twice: with a name of theirs at a place, and with nobody's."""

    place: Location
    theirs: str
    nobodys: str


def cases(adapter: Adapter, operation: Operation, scene: Scene) -> Iterator[Case]:
    """What is tried of the operation: at each place the name that it is for, and some of the others."""
    theirs = names(adapter, scene.world, scene.theirs)
    nobodys = names(adapter, scene.world, scene.nobodys)
    keys = {theirs[key]: key for key in theirs if theirs[key] != nobodys[key]}
    for number, place in enumerate(places(operation)):
        fit = [k for k in keys.values() if place.takes(theirs[k]) and place.takes(nobodys[k])]
        meant = [k for k in fit if k in place.path]
        for key in dict.fromkeys([*meant, *dealt(fit, number)]):
            yield Case(place, theirs[key], nobodys[key])


def dealt(fit: list[str], number: int) -> list[str]:
    """Some of the names, others for each place; all of them with HYPOTHESIS_PROFILE=search."""
    if ALL or len(fit) <= OTHERS:
        return fit
    return [fit[(number * OTHERS + n) % len(fit)] for n in range(OTHERS)]


def test_no_call_got_lost(scene: Scene) -> None:
    assert sum(len(list(cases(a, o, scene))) for a, o in CALLS) >= AT_LEAST
    # Each parameter that names a thing is tried with a handle of that thing.
    for adapter, operation in CALLS:
        tried = {case.place.path for case in cases(adapter, operation, scene)}
        told = names(adapter, scene.world, scene.theirs)
        declared = {place.path for place in places(operation) if told.keys() & set(place.path)}
        assert declared <= tried, f"{adapter.dialect} {operation.name}"


@each_call
def test_a_foreign_handle_is_answered_like_an_unknown_one(
    adapter: Adapter, operation: Operation, scene: Scene
) -> None:
    world, credentials = scene.world, scene.mine.credentials
    given, body = call(adapter, operation, scene.mine.handles(adapter, world), credentials)
    secrets = secret(adapter, scene)

    def ask(place: Location, value: str | int) -> tuple[Answer, Exchange]:
        request = adapter.request(operation, *place.put(given, body, value), credentials)
        return world.exchange(request)

    for case in cases(adapter, operation, scene):
        theirs, nobodys = (case.place.values(text) for text in (case.theirs, case.nobodys))
        for one, other in zip(theirs, nobodys, strict=True):
            answer, exchange = ask(case.place, one)
            seen = text_of(answer, case.theirs)
            assert not isinstance(exchange.fault, Broken), f"{case} {seen}"
            assert not [word for word in secrets if word in seen], f"{case} {seen}"
            unknown, other_exchange = ask(case.place, other)
            told, untold = violations(exchange), violations(other_exchange)
            if ("pattern" in str(told)) != ("pattern" in str(untold)):
                continue  # the spelling of one of the two is refused
            assert (answer.status, told) == (unknown.status, untold), f"{case} {seen}"
            made = exchange.fault is None and operation.writes  # has a new id
            if not told and not made:
                assert seen == text_of(unknown, case.nobodys), case


def violations(exchange: Exchange) -> list[tuple[Any, str]]:
    """What is wrong with the spelling of a request, without the words: they may quote it."""
    fault = exchange.fault
    return [(v.path, v.kind) for v in fault.violations] if isinstance(fault, Invalid) else []


def secret(adapter: Adapter, scene: Scene) -> set[str]:
    """What no answer may show of the other tenant, unless it was sent."""
    known = names(adapter, scene.world, scene.theirs).values()
    return {scene.theirs.mark, *(text for text in known if len(text) >= LONG)}


def text_of(answer: Answer, sent: str) -> str:
    """The answer without what was sent, times and ids of requests."""
    return VOLATILE.sub("#", answer.body.decode().replace(sent, "?"))
