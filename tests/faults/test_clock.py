"""The clock jumps: ids stay what they were and grow, tokens live as long as they say, limits let go."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.faults import Throttled
from entrepot.dialect.calls import signed
from entrepot.dialect.client import Stamp
from entrepot.dialect.request import Answer
from tests.cli.console import Console
from tests.contract.adapters import WITH_PRODUCTS
from tests.contract.live import ask
from tests.faults.disk import Goods, OnDisk, said_as

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
    answers = [goods.call("GetThingTemplate") for _ in range(20)]  # two a second
    assert any(said_as(ALIYUN, answer, Throttled) for answer in answers)
    with server.clock(-10 * MINUTES):
        assert not said_as(ALIYUN, goods.call("GetThingTemplate"), Throttled)


@pytest.mark.parametrize("minutes", [20, 24 * 60])
def test_a_clock_that_is_set_forward_and_back_lets_no_request_work_twice(
    server: OnDisk, minutes: int
) -> None:
    goods = server.goods(ALIYUN)
    operation, host = ALIYUN.operation("QueryProductList"), server.address.encode()
    parameters = {"CurrentPage": 1, "PageSize": 1}
    request = ALIYUN.request(operation, parameters, None, goods.caller, host)
    assert not ALIYUN.refused(ask(server.address, request))
    late = Stamp((time.time_ns() // 1_000_000) + minutes * MINUTES * 1000, "nonce of the future")
    with server.clock(minutes * MINUTES):
        then = signed(ALIYUN.value, operation, parameters, None, goods.caller, late, host)
        assert not ALIYUN.refused(ask(server.address, then))
    answer = ask(server.address, request)
    assert ALIYUN.refused(answer)
    assert b"SignatureNonceUsed" in answer.body


def test_under_load_no_number_is_given_out_twice_and_nothing_breaks(server: OnDisk) -> None:
    """The clock jumps while all dialects make and show products, now within what callers may be wrong by
    and now beyond it."""
    goods = [server.goods(adapter) for adapter in WITH_PRODUCTS] * 2
    made: list[tuple[Goods, str]] = []
    done = threading.Event()
    wrong: list[Answer] = []

    def work(mine: Goods) -> None:
        while not done.is_set():
            answer = mine.create()
            if answer.status >= 500:
                wrong.append(answer)
            elif not mine.adapter.refused(answer):
                made.append((mine, mine.handle(answer)))

    threads = [threading.Thread(target=work, args=(one,)) for one in goods]
    for thread in threads:
        thread.start()
    for offset_s in (-10 * MINUTES, 10 * MINUTES, HOURS, -HOURS, -MINUTES, 24 * HOURS):
        with server.clock(offset_s):
            time.sleep(0.2)
        time.sleep(0.1)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len({(mine.adapter.dialect, handle) for mine, handle in made}) == len(made) > 20
    assert all(mine.can_show(handle) for mine, handle in made[:: len(made) // 20])
    assert "Traceback" not in server.said


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
