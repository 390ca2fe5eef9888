"""Redis silent, slow or answering nonsense: what is counted there is refused soon, and only as long as that lasts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import redis

from entrepot.core.faults import Unavailable
from entrepot.store.counting.redis import RedisLedger
from entrepot.store.outage import Outage
from entrepot.store.worker_threads import WorkerThreads
from tests.faults.redis_proxy import RedisProxy
from tests.valkey import ValkeyServer

PATIENCE_S, RETRY_S = 1.0, 0.2
FOREVER_S = 60  # of a test that fails


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as running:
        yield running


@pytest.fixture
def proxy(valkey: ValkeyServer) -> Iterator[RedisProxy]:
    with RedisProxy(valkey.url) as running:
        yield running


@pytest.fixture(params=[RETRY_S])
def ledger(proxy: RedisProxy, request: pytest.FixtureRequest) -> Iterator[RedisLedger]:
    made = RedisLedger(proxy.url, patience_s=PATIENCE_S, retry_s=request.param)
    yield made
    proxy.answer, proxy.silent, proxy.delay_s = b"", False, 0.0
    made.close()


Outcome = tuple[Any, float]  # what came of a call, and after how many seconds


def outcomes(calls: list[Awaitable[Any]]) -> list[Outcome]:
    """What comes of calls that are all made at once."""

    async def one(call: Awaitable[Any]) -> Outcome:
        began = time.monotonic()
        try:
            found: Any = await asyncio.wait_for(call, FOREVER_S)
        except Unavailable as fault:
            found = fault
        return found, time.monotonic() - began

    async def together() -> list[Outcome]:
        return list(await asyncio.gather(*map(one, calls)))

    return asyncio.run(together())


_marks = iter(range(1_000_000))


def both(ledger: RedisLedger, name: str = "Op") -> list[Any]:
    """What comes of a call that is counted and of a nonce that is new, one after the other."""
    mark = next(_marks).to_bytes(12, "big")
    return [outcomes([call])[0][0] for call in (ledger.hit(1, name, 1000), ledger.first(mark, 60))]


def until_it_is_asked_again() -> None:
    time.sleep(RETRY_S + 0.05)


NONSENSE = {
    "no number": b":x\r\n",
    "an error": b"-ERR no\r\n",
    "no memory": b"-OOM command not allowed\r\n",
    "only to be read": b"-READONLY it is a replica\r\n",
    "still loading": b"-LOADING it is loading\r\n",
    "another type": b"-WRONGTYPE no\r\n",
    "moved": b"-MOVED 1 127.0.0.1:1\r\n",
    "no login": b"-NOAUTH no\r\n",
    "no such script": b"-NOSCRIPT no\r\n",
    "too many answers": b"+OK\r\n" * 9,
    "an answer too few": b"*0\r\n",
    "another protocol": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "bytes": bytes(range(256)) + b"\r\n",
    "no text": b"$4\r\n\xff\xfe\xfd\xfc\r\n",
    "a negative length": b"$-7\r\n",
    "nested": b"*1\r\n" * 400 + b":1\r\n",
    "a map": b"%1\r\n+a\r\n:1\r\n",
    "a number of 300 digits": b":" + b"9" * 300 + b"\r\n",
}


@pytest.mark.parametrize("ledger", [0.0], ids=["at once"], indirect=True)
@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_and_forgotten(
    answer: bytes, proxy: RedisProxy, ledger: RedisLedger
) -> None:
    """The two threads that ask live on, although each was told it once."""
    assert both(ledger) == [0.0, True]
    proxy.answer = answer
    for found in both(ledger):
        assert isinstance(found, Unavailable | float | bool)
    proxy.answer = b""
    for _ in range(3):  # an answer too many may still be on its way
        last = both(ledger)
    assert last == [0.0, True]


def test_a_silent_server_holds_nobody_up_but_who_asks_first(
    proxy: RedisProxy, ledger: RedisLedger
) -> None:
    assert both(ledger) == [0.0, True]
    proxy.silent = True
    crowd = outcomes([ledger.hit(1, "Op", 1000) for _ in range(500)])
    assert all(isinstance(found, Unavailable) for found, _ in crowd)
    # Two threads wait at the same time; who stands behind them is refused when they have failed.
    assert max(after for _, after in crowd) < 3 * PATIENCE_S + 5
    later = outcomes([ledger.hit(1, "Op", 1000) for _ in range(500)])
    assert all(isinstance(found, Unavailable) for found, _ in later)
    proxy.silent = False
    until_it_is_asked_again()
    assert both(ledger) == [0.0, True]


def test_answers_that_come_late_one_after_the_other_are_not_waited_for(
    proxy: RedisProxy, ledger: RedisLedger
) -> None:
    """Each comes in time; sixty of them would take a quarter of a minute."""
    assert both(ledger) == [0.0, True]
    proxy.delay_s = PATIENCE_S / 2
    crowd = outcomes([ledger.hit(1, "Op", 1000) for _ in range(60)])
    assert any(isinstance(found, Unavailable) for found, _ in crowd)
    assert max(after for _, after in crowd) < 4 * PATIENCE_S + 5
    proxy.delay_s = 0.0
    until_it_is_asked_again()
    assert both(ledger) == [0.0, True]


def test_the_operator_is_told_once_when_it_fails_and_once_when_it_is_back(
    proxy: RedisProxy, ledger: RedisLedger, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "entrepot.store"):
        proxy.answer = b"nonsense\r\n"
        for _ in range(3):
            both(ledger)
            until_it_is_asked_again()
        proxy.answer = b""
        until_it_is_asked_again()
        assert both(ledger) == [0.0, True]
    first, last = (record.getMessage() for record in caplog.records)
    assert first.startswith(f"{proxy.url} cannot be used: ")
    assert last == f"{proxy.url} can be used again"


def test_a_call_that_the_server_refuses_holds_no_other_up(
    valkey: ValkeyServer, ledger: RedisLedger, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes([ledger.hit(7, "taken", 1000)])
    with redis.Redis.from_url(valkey.url) as client:
        [key] = client.keys("*/7/taken/*")
        client.set(key, b"a text")
    with caplog.at_level(logging.WARNING, "entrepot.store"):
        for _ in range(3):
            one, other = outcomes([ledger.hit(7, "taken", 1000), ledger.hit(7, "free", 1000)])
            assert isinstance(one[0], Unavailable)
            assert other[0] == 0.0
    [record] = caplog.records
    assert "refuses to count" in record.getMessage()


# The parts


def test_one_caller_at_a_time_tries_a_server_that_failed() -> None:
    now = [0.0]
    outage = Outage(5.0, 1.0, lambda: now[0])
    before = outage.turn()
    assert before is not None
    assert outage.failed("gone")
    assert not outage.failed("gone")
    assert outage.turn() is None
    assert not outage.worked(before)  # an answer from before says nothing of now
    now[0] = 1.0
    assert outage.turn() is not None
    assert outage.turn() is None
    now[0] = 6.5  # the trial waits as long as it may, and never reports
    assert outage.turn() is None
    now[0] = 7.0
    trial = outage.turn()
    assert trial is not None
    assert outage.worked(trial)
    assert not outage.worked(trial)
    assert [outage.turn() for _ in range(3)] == [trial] * 3


def test_work_that_raises_tells_everybody_and_leaves_the_threads_alive() -> None:
    def settle(group: list[Callable[[], Any]]) -> list[tuple[Any, None]]:
        return [(work(), None) for work in group]

    def fail() -> None:
        raise ZeroDivisionError

    workers = WorkerThreads("test", settle, threads=2, most=4)

    async def run() -> None:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await asyncio.wait_for(workers.do(fail), FOREVER_S)
        assert await asyncio.wait_for(workers.do(lambda: 7), FOREVER_S) == 7

    asyncio.run(run())
    workers.close()
