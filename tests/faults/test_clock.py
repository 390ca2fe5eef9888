"""The clock jumps: ids stay what they were and grow, tokens live as long as they say, limits let go."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.faults import Throttled
from tests.cli import Console
from tests.contract.adapters import WITH_PRODUCTS
from tests.faults.disk import OnDisk, said_as

ALIYUN, ROMA = (next(a for a in WITH_PRODUCTS if a.dialect == n) for n in ("aliyun", "roma"))
MINUTES, HOURS = 60, 3600  # seconds; less than the vendors allow a caller's clock to be wrong


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OnDisk]:
    with OnDisk(tmp_path) as running:
        yield running


def test_numbers_grow_and_none_is_given_out_twice(server: OnDisk) -> None:
    goods = server.goods(ROMA)
    made = [int(goods.make())]
    for offset_s in (-10 * MINUTES, 10 * MINUTES, -10 * MINUTES, 0):
        with server.clock(offset_s):
            made += [int(goods.make()) for _ in range(3)]
    server.stop()
    with server.clock(-10 * MINUTES):
        server.start()
        made += [int(goods.make()) for _ in range(3)]
        server.stop()
    assert made == sorted(set(made))
    assert Console(server.data)("doctor").status == 0


def test_a_limit_does_not_hold_until_the_clock_is_where_it_was(server: OnDisk) -> None:
    goods = server.goods(ALIYUN)
    assert ALIYUN.products is not None
    rate = ALIYUN.operation(ALIYUN.products.show).rate
    assert rate is not None
    for _ in range(20 * rate):
        answer = goods.show("none")
        if said_as(ALIYUN, answer, Throttled):
            break
    assert said_as(ALIYUN, answer, Throttled)
    with server.clock(-10 * MINUTES):
        assert not said_as(ALIYUN, goods.show("none"), Throttled)


def call(server: OnDisk, method: str, path: str, body: Any, token: str = "") -> tuple[int, str]:
    """The status, and the token that came with it."""
    connection = http.client.HTTPConnection(server.address, timeout=30)
    try:
        headers = {"content-type": "application/json", **({"x-auth-token": token} if token else {})}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("x-subject-token", "")
    finally:
        connection.close()


def test_a_token_lives_as_long_as_it_was_granted_for_whichever_way_the_clock_went(
    server: OnDisk,
) -> None:
    known = server.credentials()["huawei"]
    user = {
        "name": known["user_name"],
        "password": known["password"],
        "domain": {"name": known["domain_name"]},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"id": known["project_id"]}}
    asked = {"auth": {"identity": identity, "scope": scope}}
    status, token = call(server, "POST", "/v3/auth/tokens", asked)
    assert (status, bool(token)) == (201, True)
    products = f"/v5/iot/{known['project_id']}/products"
    for offset_s, wanted in (
        (-10 * MINUTES, 200), (10 * MINUTES, 200), (23 * HOURS, 200), (25 * HOURS, 401), (0, 200),
    ):  # fmt: skip
        with server.clock(offset_s):
            assert call(server, "GET", products, None, token)[0] == wanted, offset_s
