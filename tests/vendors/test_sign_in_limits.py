"""What strangers can ask for without a key costs others nothing: logins, the public key, sealed tokens."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Fault, Throttled, Unauthenticated
from entrepot.dialect.calls import filled, placeholders, signed
from entrepot.dialect.client import Credentials
from entrepot.dialect.passwords import WRONG_BY_ACCOUNT, WRONG_BY_ADDRESS
from entrepot.dialect.request import Answer, Request
from entrepot.main import dialects
from entrepot.vendors.enos.signing import PoseidonToken
from entrepot.vendors.enos.tokens import keys
from tests.contract.adapters import ENOS, HOST, IAM, IOTDA, stamp
from tests.contract.world import World
from tests.vendors.test_bearer_changes import sealed

LOGIN = IAM.operation("KeystoneCreateUserTokenByPassword")
PUBLIC_KEY = Request("GET", b"/apim-token-service/entrepot/public-key", headers={b"host": HOST})


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("limits"))
    yield made
    made.close()


@pytest.fixture
def known(world: World) -> Credentials:
    return world.tenant()


def login(known: Credentials, peer: str, **user: str) -> Request:
    body: dict[str, Any] = filled(LOGIN.example, placeholders(IAM.value, known))
    body["auth"]["identity"]["password"]["user"].update(user)
    return replace(signed(IAM.value, LOGIN, {}, body, known, stamp(), HOST), peer=peer)


def statuses(world: World, requests: list[Request]) -> list[int]:
    return [world.ask(request).status for request in requests]


# IAM


def test_who_guesses_at_a_user_is_refused_and_the_user_elsewhere_is_not(
    world: World, known: Credentials
) -> None:
    guesses = [login(known, "192.0.2.1", password=f"guess{n}") for n in range(WRONG_BY_ACCOUNT + 2)]
    assert statuses(world, guesses) == [401] * WRONG_BY_ACCOUNT + [429] * 2
    assert world.ask(login(known, "192.0.2.1")).status == 429  # the right one does not shorten it
    answer = world.ask(guesses[0])
    assert json.loads(answer.body)["error_msg"] == (
        "The throttling threshold has been reached: 10 wrong passwords within 60 s. Try again in a minute."
    )
    assert world.ask(login(known, "192.0.2.2")).status == 201
    others = world.tenant()
    assert world.ask(login(others, "192.0.2.1")).status == 201


def test_who_guesses_at_many_users_is_refused_whoever_they_are(
    world: World, known: Credentials
) -> None:
    guesses = [
        login(known, f"2001:db8::{n:x}", name=f"nobody{n}") for n in range(WRONG_BY_ADDRESS + 3)
    ]
    assert statuses(world, guesses) == [401] * WRONG_BY_ADDRESS + [429] * 3
    assert world.ask(login(known, "2001:db8::1:0")).status == 429
    assert world.ask(login(known, "2001:db8:0:1::1")).status == 201


def test_many_logins_at_once_are_all_answered_where_the_password_is_right(
    world: World, known: Credentials
) -> None:
    async def at_once() -> list[Answer]:
        served = world.owners.below(b"/v3")[0]
        asked = (served.handle(login(known, "192.0.2.1"), world.context) for _ in range(16))
        return [answer for answer, _ in await asyncio.gather(*asked)]

    assert [answer.status for answer in world.run(at_once())] == [201] * 16


def test_a_password_that_is_being_hashed_keeps_no_reader_of_the_store(
    world: World, known: Credentials
) -> None:
    """The hash is computed in the one thread for it: where that is busy, reads are answered all the same."""
    go_on, products = threading.Event(), IOTDA.operation("ListProducts")

    async def meanwhile() -> tuple[list[int], list[int]]:
        passwords = world.context.authenticator.passwords
        busy = asyncio.create_task(passwords.prove("192.0.2.9", "somebody", go_on.wait))
        logins = [
            asyncio.create_task(
                world.owners.below(b"/v3")[0].handle(login(known, "192.0.2.1"), world.context)
            )
            for _ in range(8)
        ]
        await asyncio.sleep(0.05)
        reads = []
        for _ in range(5):
            request = IOTDA.request(products, {}, None, known)
            answer, _ = await world.owners.below(b"/v5")[0].handle(request, world.context)
            reads.append(answer.status)
        assert not any(task.done() for task in logins)
        go_on.set()
        await busy
        return reads, [answer.status for answer, _ in await asyncio.gather(*logins)]

    assert world.run(meanwhile()) == ([200] * 5, [201] * 8)


def test_wrong_logins_are_counted_nowhere_but_in_this_process(
    world: World, known: Credentials
) -> None:
    nonces = world.context.authenticator._nonces
    before = repr(vars(nonces))
    statuses(world, [login(known, "192.0.2.1", password=f"guess{n}") for n in range(15)])
    assert repr(vars(nonces)) == before


# EnOS


def test_the_public_key_is_computed_once(world: World) -> None:
    first = world.ask(PUBLIC_KEY).body
    began = time.process_time()
    assert {world.ask(PUBLIC_KEY).body for _ in range(100)} == {first}
    assert time.process_time() - began < 1.0  # it took 33 ms each time


def test_many_who_ask_for_the_public_key_at_first_get_one(world: World) -> None:
    async def at_once() -> set[bytes]:
        served = world.owners.below(b"/apim-token-service")[0]
        asked = (served.handle(PUBLIC_KEY, world.context) for _ in range(20))
        return {answer.body for answer, _ in await asyncio.gather(*asked)}

    assert len(world.run(at_once())) == 1


def by_token(
    world: World, known: Credentials, token: bytes, peer: str
) -> tuple[Answer, Fault | None]:
    """What came of a call with a sealed token."""
    bare = Request(
        "POST",
        b"/connect-service/v2.1/products",
        b"action=search&orgId=" + known["enos"]["org_id"].encode(),
        {b"host": b"example.com", b"apim-accesstoken": token, b"content-type": b"application/json"},
        b"{}",
        peer=peer,
    )
    answer, exchange = world.exchange(bare)
    return answer, exchange.fault


def test_tokens_that_nobody_can_open_are_counted_by_address(
    world: World, known: Credentials
) -> None:
    good = sealed(world, known["access_key"], known["secret_key"])
    assert not ENOS.refused(by_token(world, known, good, "192.0.2.1")[0])
    faults = [
        by_token(world, known, base64.b64encode(os.urandom(256)), "192.0.2.1")[1]
        for _ in range(keys.WRONG_BY_ADDRESS + 3)
    ]
    assert [f.reason for f in faults if isinstance(f, Unauthenticated)] == (
        ["unverifiable"] * keys.WRONG_BY_ADDRESS
    )
    assert [type(f) for f in faults[-3:]] == [Throttled] * 3
    # A token that was good once is known; another one, from another address, is opened.
    assert by_token(world, known, good, "192.0.2.1")[1] is None
    other = sealed(world, known["access_key"], known["secret_key"])
    assert isinstance(by_token(world, known, other, "192.0.2.1")[1], Throttled)
    assert by_token(world, known, other, "192.0.2.2")[1] is None


def test_a_token_is_remembered_only_once_it_proved_its_caller(
    world: World, known: Credentials
) -> None:
    seals = world.run(keys.seals(world.context.authenticator))
    wrong = sealed(world, known["access_key"], "00000000-1111-4222-8333-444444444444")
    for token in (wrong, base64.b64encode(os.urandom(256))):
        assert by_token(world, known, token, "192.0.2.1")[1] is not None
    assert len(seals._opened) == 0
    inside = PoseidonToken(known["access_key"], "")
    for _ in range(keys.MOST_OPENED + 5):
        seals.remember(os.urandom(8), inside)
    assert len(seals._opened) == keys.MOST_OPENED


def test_no_rate_is_shared_by_strangers() -> None:
    """A rate is a tenant's: of a call that needs no credentials anybody could use it up for all."""
    public = [o for d in dialects() for o in d.operations if o.public]
    assert public
    assert all(o.rate is None and o.heavy is None for o in public)
