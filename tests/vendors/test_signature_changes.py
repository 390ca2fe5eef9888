"""Whoever changes one thing of a signed request is refused, or has changed nothing of what it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

import pytest

from entrepot.core.accounts.tenancy import set_disabled, tenant_named, user_named
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Key
from entrepot.core.things.product import Product
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Request
from tests.contract import changes
from tests.contract.adapters import stamp
from tests.contract.changes import Change
from tests.contract.world import World
from tests.vendors import signature_attempts as tries
from tests.vendors.signature_attempts import Attempt, Parties
from tests.vendors.signature_schemes import (
    DATED,
    DERIVED,
    HASHED,
    PLAIN,
    SCHEMES,
    SIGNED,
    V1,
    V3,
    Scheme,
)

_numbers = count(1, 2)  # of products; a spliced request has the body of the next


def changes_of(scheme: Scheme) -> Iterator[Change]:
    """Everything that somebody on the way could do to a request of the scheme."""
    yield from changes.of_the_method("POST")
    yield from changes.of_the_path(root=scheme in (V1, V3))
    yield from changes.of_the_query(scheme.query)
    for name in scheme.headers:
        yield from changes.of_a_header(name)
    yield from changes.of_the_body()
    yield from changes.of_unsigned_headers()
    yield from changes.edits("signature", scheme.signature)
    yield from changes.edits("access key", scheme.key)
    if scheme is not V1:
        yield from tries.of_a_hex_signature(scheme.signature)
    if scheme.listed is not None:
        yield from tries.of_listed(scheme.listed)
        yield from tries.of_authorization(_WORDS[scheme.name])
    yield from _OF_ONE[scheme.name]()


_WORDS = {
    V3.name: b"ACS3-HMAC-SHA256",
    PLAIN.name: b"SDK-HMAC-SHA256",
    HASHED.name: b"SDK-HMAC-SHA256",
    DERIVED.name: b"V11-HMAC-SHA256",
}
_OF_ONE = {
    V3.name: tries.of_v3,
    V1.name: tries.of_v1,
    PLAIN.name: tries.of_a_plain_key,
    HASHED.name: tries.of_a_hash,
    DERIVED.name: tries.of_a_derived_key,
    DATED.name: tries.of_a_plain_key,
    SIGNED.name: tries.of_enos,
}
CHANGES = [(scheme, change) for scheme in SCHEMES for change in changes_of(scheme)]
ATTEMPTS = [(scheme, attempt) for scheme in SCHEMES for attempt in tries.attempts()]
NAMES = [(s.name, c.name) for s, c in CHANGES] + [(s.name, a.name) for s, a in ATTEMPTS]
AT_LEAST = 1200  # so that none gets lost


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("signatures"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def parties(world: World) -> Parties:
    disabled = {what: world.tenant() for what in ("key", "user", "tenant")}

    def switch_off(tx: Tx) -> None:
        for what, credentials in disabled.items():
            tenant = tenant_named(tx, credentials["name"])
            user = user_named(tx, tenant, tenant.name)
            match what:
                case "key":
                    [key] = tx.scan(Key, INSTALLATION, parent=user.id)
                    set_disabled(tx, key, True)
                case "user":
                    set_disabled(tx, user, True)
                case _:
                    set_disabled(tx, tenant, True)

    world.installation.store.write_now(switch_off)
    return Parties(world.tenant(), world.tenant(), disabled)


def test_no_change_got_lost() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert len(NAMES) >= AT_LEAST
    for scheme in SCHEMES:
        own = [name for of, name in NAMES if of == scheme.name]
        for pattern in (*scheme.same, *scheme.uncovered):
            assert any(fnmatchcase(name, pattern) for name in own), f"{scheme.name} {pattern}"


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
def test_a_request_as_it_was_signed_is_taken(
    scheme: Scheme, world: World, parties: Parties
) -> None:
    answer, exchange = world.serve(scheme.signed(parties.mine, next(_numbers), stamp()))
    assert not scheme.adapter.refused(answer), answer.body
    assert exchange is not None
    assert exchange.caller is not None


def reason(reasons: Mapping[str, str], name: str) -> str:
    """Why a change of this name is taken; empty where it must not be."""
    return next((why for pattern, why in reasons.items() if fnmatchcase(name, pattern)), "")


@pytest.mark.parametrize(
    ("scheme", "change"), CHANGES, ids=[f"{s.name}-{c.name}" for s, c in CHANGES]
)
def test_a_changed_request(scheme: Scheme, change: Change, world: World, parties: Parties) -> None:
    number = next(_numbers)
    original = scheme.signed(parties.mine, number, stamp())
    changed = change.make(original)
    assert changed != original
    if reason(scheme.same, change.name):
        meant = world.serve(scheme.signed(parties.mine, number, stamp()))[1]
        assert meaning(world.serve(changed)[1]) == meaning(meant)
    else:
        judge(scheme, change.name, changed, world)


def meaning(exchange: Exchange | None) -> tuple[Any, ...]:
    """Who wants what: all that the use case is told."""
    assert exchange is not None
    assert exchange.caller is not None
    assert exchange.operation is not None
    call = exchange.dialect.topics().decode(exchange)
    return exchange.caller.user, exchange.operation.name, exchange.path, call


def judge(scheme: Scheme, name: str, request: Request, world: World) -> None:
    """Nobody was proved and nothing was made, but for what is known to be taken."""
    before = world.count(Product)
    answer, exchange = world.serve(request)
    assert answer.status < 500, answer.body
    if reason(scheme.uncovered, name):
        assert exchange is not None
        assert exchange.caller is not None
        return
    assert answer.status >= 400 or scheme.adapter.refused(answer), answer.body
    assert exchange is None or exchange.caller is None, answer.body
    assert world.count(Product) == before


@pytest.mark.parametrize(
    ("scheme", "attempt"), ATTEMPTS, ids=[f"{s.name}-{a.name}" for s, a in ATTEMPTS]
)
def test_an_attempt(scheme: Scheme, attempt: Attempt, world: World, parties: Parties) -> None:
    request = attempt.make(scheme, parties, next(_numbers))
    if attempt.name == "sent twice":
        answer, _ = world.serve(request)
        assert not scheme.adapter.refused(answer), answer.body
    if reason(scheme.same, attempt.name):
        exchange = world.serve(request)[1]
        assert exchange is not None
        assert exchange.caller is not None
    else:
        judge(scheme, attempt.name, request, world)
