"""What every ledger promises (core/ports.py), and what one server's nonces do; each promise a test."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Ledger
from entrepot.dialect.nonces import MemoryNonces
from entrepot.store.counting import sqlite as sqlite_ledger
from entrepot.store.counting.calls import grant
from entrepot.store.counting.nonce_journal import NonceJournal
from entrepot.store.counting.postgres import PostgresLedger
from entrepot.store.counting.redis import RedisLedger
from entrepot.store.counting.sqlite import SqliteLedger
from entrepot.store.postgres.store import PostgresStore
from tests import postgres
from tests.valkey import ValkeyServer

MARK, OTHER = b"m" * 12, b"o" * 12


def _postgres(folder: Path) -> Ledger:
    url = postgres.database(folder)
    PostgresStore(url).close()  # makes the tables
    return PostgresLedger(url)


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    """One server for all tests here, which count under names of their own."""
    with ValkeyServer() as running:
        yield running


@pytest.fixture(params=["postgres", "redis", "sqlite"])
def ledgers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Ledger]]:
    """Three that count together."""
    if request.param == "postgres":
        made = [_postgres(tmp_path) for _ in range(3)]
    elif request.param == "sqlite":
        sqlite_ledger.make(tmp_path / "counts", NonceJournal(tmp_path))
        made = [SqliteLedger(tmp_path / "counts", NonceJournal(tmp_path)) for _ in range(3)]
    else:
        url = request.getfixturevalue("valkey").url
        made = [RedisLedger(url) for _ in range(3)]
        with redis.Redis.from_url(url) as client:
            client.flushall()
    yield made
    for ledger in made:
        ledger.close()
    postgres.drop(tmp_path)


def ask(calls: list[Any]) -> list[Any]:
    """The answers to calls that are all made at once."""

    async def together() -> list[Any]:
        return await asyncio.gather(*calls)

    return asyncio.run(together())


def test_a_second_has_its_calls_for_all_together_and_then_has_them_again(
    ledgers: list[Ledger],
) -> None:
    began = time.monotonic()
    waits = ask([ledgers[i % 3].hit(1, "d/Op", 20) for i in range(90)])
    took_s = time.monotonic() - began
    assert 20 <= waits.count(0.0) <= 20 * (1 + int(took_s))
    assert all(0 < wait_s <= 1.1 for wait_s in waits if wait_s)
    time.sleep(1.1)
    assert ask([ledgers[2].hit(1, "d/Op", 20) for _ in range(20)]) == [0.0] * 20


def test_tenants_and_operations_are_counted_apart(ledgers: list[Ledger]) -> None:
    calls = [(tenant, name) for tenant in (1, 2) for name in ("a", "b") for _ in range(5)]
    waits = ask([ledgers[0].hit(tenant, name, 3) for tenant, name in calls])
    for i in range(0, 20, 5):
        assert waits[i : i + 5].count(0.0) == 3


def test_of_all_who_use_a_mark_one_is_the_first(ledgers: list[Ledger]) -> None:
    for i in range(20):
        mark = i.to_bytes(12, "big")
        firsts = ask([ledgers[n % 3].first(mark, 60) for n in range(9)])
        assert firsts.count(True) == 1
    assert ask([ledgers[0].first(OTHER, 60), ledgers[0].first(OTHER, 60)]) == [True, False]


def test_a_mark_whose_life_is_over_may_be_used_again(ledgers: list[Ledger]) -> None:
    assert ask([ledgers[0].first(MARK, 0.2)]) == [True]
    assert ask([ledgers[1].first(MARK, 0.2)]) == [False]
    time.sleep(0.3)
    assert ask([ledgers[2].first(MARK, 60)]) == [True]
    assert ask([ledgers[1].first(MARK, 60)]) == [False]


def test_a_ledger_that_is_gone_is_unavailable_and_counts_again_when_it_is_back() -> None:
    with ValkeyServer() as server:
        ledger = RedisLedger(server.url, retry_s=0)
        assert ask([ledger.hit(1, "a", 1), ledger.first(MARK, 60)]) == [0.0, True]
        server.stop()
        for call in (ledger.hit(1, "a", 1), ledger.first(OTHER, 60)):
            with pytest.raises(Unavailable):
                ask([call])
        server.start()
        assert ask([ledger.hit(1, "a", 1), ledger.first(OTHER, 60)]) == [0.0, True]
        ledger.close()
    with pytest.raises(ValueError, match=r"cannot use redis://127\.0\.0\.1"):
        RedisLedger(server.url.replace("//", "//:hunter2@"))


# The calls of the last second


def test_no_second_anywhere_holds_more_calls_than_it_may() -> None:
    dice = random.Random(7)
    for per_s in (1, 2, 5, 50):
        calls, now_ms, granted = b"", 1_000_000, []
        for _ in range(400):
            now_ms += dice.choice((0, 1, 3, 19, 20, 21, 150, 999, 1001)) // dice.choice((1, 1, 7))
            got = grant(calls, now_ms, dice.randint(1, 2 * per_s), per_s)
            calls = got.calls
            granted += [now_ms] * got.granted
        assert len(granted) > per_s
        for i, at in enumerate(granted):
            assert sum(at <= t < at + 1000 for t in granted[i:]) <= per_s
        assert len(calls) < 1000


def test_who_comes_when_it_was_told_to_is_let_through() -> None:
    calls, now_ms = b"", 5
    for _ in range(50):
        first = grant(calls, now_ms, 3, 3)
        assert first.granted == 3
        refused = grant(first.calls, now_ms + 1, 1, 3)
        assert refused.granted == 0
        calls, now_ms = refused.calls, now_ms + 1 + round(refused.wait_s * 1000)


def test_a_clock_that_was_set_back_holds_nobody_up_until_it_is_there_again() -> None:
    full = grant(b"", 7_200_000, 3, 3)
    assert grant(full.calls, 7_200_000, 1, 3).granted == 0
    back = grant(full.calls, 3_600_000, 2, 3)
    assert back.granted == 2
    assert grant(back.calls, 3_600_001, 2, 3).granted == 1


# One server


def test_a_server_that_starts_again_knows_the_nonces_of_before(tmp_path: Path) -> None:
    before = MemoryNonces(NonceJournal(tmp_path))
    assert ask([before.first(MARK, 900), before.first(OTHER, 60)]) == [True, True]
    for path in tmp_path.iterdir():
        with path.open("ab") as file:
            file.write(b"half")  # as a crash may leave it
    after = MemoryNonces(NonceJournal(tmp_path))
    assert ask([after.first(MARK, 900), after.first(OTHER, 60)]) == [False, False]
    assert ask([after.first(b"n" * 12, 900)]) == [True]
    last = MemoryNonces(NonceJournal(tmp_path))
    assert ask([last.first(m, 900) for m in (MARK, OTHER, b"n" * 12)]) == [False] * 3


def test_one_process_and_several_know_each_others_nonces_of_before(tmp_path: Path) -> None:
    alone = MemoryNonces(NonceJournal(tmp_path))
    assert ask([alone.first(MARK, 900)]) == [True]
    sqlite_ledger.make(tmp_path / "counts", NonceJournal(tmp_path))
    several = [SqliteLedger(tmp_path / "counts", NonceJournal(tmp_path)) for _ in range(2)]
    assert ask([one.first(MARK, 900) for one in several]) == [False, False]
    assert sorted(ask([one.first(OTHER, 900) for one in several])) == [False, True]
    for one in several:
        one.close()
    alone = MemoryNonces(NonceJournal(tmp_path))
    assert ask([alone.first(m, 900) for m in (MARK, OTHER, b"n" * 12)]) == [False, False, True]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_clock_that_is_set_forward_and_back_forgets_no_nonce(
    processes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, off_s = NonceJournal(tmp_path), [0]
    right, right_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: right() + off_s[0])
    monkeypatch.setattr(time, "time_ns", lambda: right_ns() + off_s[0] * 10**9)
    sqlite_ledger.make(tmp_path / "counts", journal)
    nonces: Any = (
        MemoryNonces(journal) if processes == 1 else SqliteLedger(tmp_path / "counts", journal)
    )
    assert ask([nonces.first(MARK, 900)]) == [True]
    off_s[0] = 7200
    assert ask([nonces.first(OTHER, 900), nonces.first(MARK, 900)]) == [True, False]
    off_s[0] = 0
    assert ask([nonces.first(MARK, 900), nonces.first(OTHER, 900)]) == [False, False]
    # What is used while the clock is wrong is known when it is right again.
    off_s[0] = -7200
    assert ask([nonces.first(b"n" * 12, 900)]) == [True]
    off_s[0] = 0
    assert ask([nonces.first(b"n" * 12, 900)]) == [False]
    if processes == 2:
        nonces.close()


def test_files_of_nonces_that_have_ended_go(tmp_path: Path) -> None:
    (tmp_path / "nonces.7").write_bytes(b"\0" * 64)
    MemoryNonces(NonceJournal(tmp_path))
    assert list(tmp_path.iterdir()) == []
    journal = NonceJournal(tmp_path)
    now = int(time.time() // 60)
    for ends in range(now, now + 300, 10):
        journal.add(ends, MARK)
    journal.close()
    assert len(list(tmp_path.iterdir())) <= 3
