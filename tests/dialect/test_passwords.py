"""Guessing passwords is slow, locks nobody out, and costs others neither memory nor a reader."""

from __future__ import annotations

import asyncio
import threading
import time
import tracemalloc
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from entrepot.core.faults import Throttled, Unavailable
from entrepot.dialect.addresses import network_of
from entrepot.dialect.attempts import MOST_COUNTERS, WINDOW_S, Attempts
from entrepot.dialect.passwords import (
    MOST_WAITING,
    SLOWEST_S,
    WAITING_BY_ADDRESS,
    WRONG_BY_ACCOUNT,
    WRONG_BY_ADDRESS,
    Passwords,
)
from entrepot.dialect.threads import OneThread

R = TypeVar("R")
HERE, THERE = "192.0.2.1", "192.0.2.2"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def passwords(clock: Clock) -> Passwords:
    return Passwords(clock)


def run(work: Coroutine[Any, Any, R]) -> R:
    return asyncio.run(work)


async def attempts(
    passwords: Passwords, number: int, account: str = "anna", peer: str = HERE, right: bool = False
) -> list[str]:
    """What came of so many attempts, one after the other."""
    said = []
    for _ in range(number):
        try:
            proved = await passwords.prove(peer, account, lambda: right, hashes=False)
            said.append("right" if proved else "wrong")
        except Throttled:
            said.append("refused")
    return said


# By address and account


def test_an_address_is_refused_at_an_account_after_ten_wrong_passwords(
    passwords: Passwords, clock: Clock
) -> None:
    assert run(attempts(passwords, 12)) == ["wrong"] * WRONG_BY_ACCOUNT + ["refused"] * 2
    assert run(attempts(passwords, 1, right=True)) == [
        "refused"
    ]  # so a guess that hits tells nothing
    assert run(attempts(passwords, 1, "bert", right=True)) == ["right"]
    assert (passwords.turned_away, passwords.not_checked) == (3, 0)
    clock.now_s += WINDOW_S - 1
    with pytest.raises(Throttled) as refused:
        run(passwords.prove(HERE, "anna", lambda: True))
    assert refused.value.retry_after_s == pytest.approx(1.0)
    clock.now_s += 1
    assert run(attempts(passwords, 1, right=True)) == ["right"]


def test_right_passwords_are_not_counted(passwords: Passwords) -> None:
    assert run(attempts(passwords, 500, right=True)) == ["right"] * 500
    assert run(attempts(passwords, 9)) == ["wrong"] * 9
    assert run(attempts(passwords, 50, right=True)) == ["right"] * 50


def test_an_address_is_refused_everywhere_after_a_hundred_wrong_passwords(
    passwords: Passwords,
) -> None:
    said = [run(attempts(passwords, 1, f"user{n}"))[0] for n in range(WRONG_BY_ADDRESS + 5)]
    assert said == ["wrong"] * WRONG_BY_ADDRESS + ["refused"] * 5
    assert run(attempts(passwords, 1, "user1", THERE, right=True)) == ["right"]


def test_an_account_is_never_locked_and_slowed_by_a_second_at_most(passwords: Passwords) -> None:
    for n in range(200):
        passwords.wrong(f"198.51.100.{n}", "anna")
    began = time.monotonic()
    assert run(attempts(passwords, 1, right=True)) == ["right"]
    assert time.monotonic() - began >= SLOWEST_S * 0.9
    began = time.monotonic()
    assert run(attempts(passwords, 1, "bert", right=True)) == ["right"]
    assert time.monotonic() - began < SLOWEST_S * 0.9


def test_words_that_run_together_are_different_accounts(passwords: Passwords) -> None:
    assert run(attempts(passwords, 11, "ab"))[-1] == "refused"
    assert run(attempts(passwords, 1, "a"))[-1] == "wrong"
    assert run(attempts(passwords, 1, "\ud800 half a pair", right=True)) == ["right"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "192.0.2.1", False),
        ("no:address", "no:address", True),
    ],
)
def test_an_address_is_what_its_owner_cannot_change(
    passwords: Passwords, one: str, other: str, same: bool
) -> None:
    assert (network_of(one) == network_of(other)) == same
    run(attempts(passwords, WRONG_BY_ACCOUNT, peer=one))
    assert run(attempts(passwords, 1, peer=other)) == ["refused" if same else "wrong"]


# The thread


def test_guesses_that_come_together_are_no_more_than_those_that_come_one_by_one(
    passwords: Passwords,
) -> None:
    looked_at = []

    async def all_at_once() -> list[Any]:
        guesses = (
            passwords.prove(HERE, "anna", lambda: bool(looked_at.append(1))) for _ in range(300)
        )
        return await asyncio.gather(*guesses, return_exceptions=True)

    came = run(all_at_once())
    assert len(looked_at) == WRONG_BY_ACCOUNT
    assert {type(c) for c in came} == {bool, Throttled, Unavailable}


@pytest.mark.parametrize("hashes", [False, True])
def test_what_had_to_wait_is_judged_again_before_it_is_checked(
    passwords: Passwords, hashes: bool
) -> None:
    looked_at = []

    def check() -> bool:
        looked_at.append(1)
        return False

    async def all_at_once() -> list[Any]:
        for _ in range(WRONG_BY_ACCOUNT):
            passwords.wrong(THERE, "anna")  # so whoever comes now waits
        guesses = (passwords.prove(HERE, "anna", check, hashes=hashes) for _ in range(500))
        return await asyncio.gather(*guesses, return_exceptions=True)

    came = run(all_at_once())
    assert len(looked_at) == WRONG_BY_ACCOUNT
    assert came.count(False) == WRONG_BY_ACCOUNT
    assert {type(c) for c in came} == {bool, Throttled} | ({Unavailable} if hashes else set())
    assert passwords.turned_away == sum(isinstance(c, Throttled) for c in came)


def test_passwords_are_hashed_one_at_a_time_and_not_by_the_loop(passwords: Passwords) -> None:
    threads, running, most = set(), [0], [0]

    def check() -> bool:
        threads.add(threading.get_ident())
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.002)
        running[0] -= 1
        return True

    async def several() -> list[bool]:
        return await asyncio.gather(
            *(passwords.prove(HERE, "anna", check) for _ in range(WAITING_BY_ADDRESS))
        )

    assert run(several()) == [True] * WAITING_BY_ADDRESS
    assert most == [1]
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_full_queue_refuses_the_next_and_counts_nothing_as_wrong(passwords: Passwords) -> None:
    go_on = threading.Event()

    async def many() -> None:
        waiting = [
            asyncio.create_task(passwords.prove(f"192.0.2.{n}", "anna", go_on.wait))
            for n in range(MOST_WAITING + 1)
        ]
        await asyncio.sleep(0)
        assert passwords.waiting == MOST_WAITING
        for _ in range(20):
            with pytest.raises(Unavailable):
                await passwords.prove(THERE, "anna", lambda: False)
        assert await attempts(passwords, 1, peer=THERE, right=True) == ["right"]  # hashes nothing
        assert (passwords.turned_away, passwords.not_checked) == (0, 20)
        go_on.set()
        assert await asyncio.gather(*waiting) == [True] * (MOST_WAITING + 1)
        assert await passwords.prove(THERE, "anna", lambda: True)

    run(many())
    assert passwords.waiting == 0


def test_one_address_cannot_fill_the_queue(passwords: Passwords) -> None:
    go_on = threading.Event()

    async def many() -> None:
        waiting = [
            asyncio.create_task(passwords.prove(HERE, f"user{n}", go_on.wait))
            for n in range(WAITING_BY_ADDRESS)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await passwords.prove(HERE, "anna", lambda: True)
        there = asyncio.create_task(passwords.prove(THERE, "anna", lambda: True))
        await asyncio.sleep(0)
        go_on.set()
        assert await there
        await asyncio.gather(*waiting)

    run(many())


def test_as_many_addresses_as_there_are_places_are_needed_to_fill_the_queue(
    passwords: Passwords,
) -> None:
    go_on = threading.Event()

    async def many() -> None:
        waiting = [
            asyncio.create_task(passwords.prove(f"192.0.2.{n % 11}", f"user{n}", go_on.wait))
            for n in range(MOST_WAITING + 1)
        ]
        await asyncio.sleep(0)
        assert passwords.waiting == MOST_WAITING
        others = [
            asyncio.create_task(passwords.prove(f"198.51.100.{n}", "anna", lambda: True))
            for n in range(MOST_WAITING - 11)
        ]
        await asyncio.sleep(0)
        go_on.set()
        assert await asyncio.gather(*others) == [True] * len(others)
        await asyncio.gather(*waiting, return_exceptions=True)

    run(many())


def test_who_gives_up_waiting_leaves_the_queue() -> None:
    thread, go_on = OneThread("test", 2), threading.Event()

    async def wait() -> None:
        async with thread.turn():
            await thread.run(go_on.wait)

    async def several() -> None:
        first, second = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0.01)
        assert thread.waiting == 1
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert thread.waiting == 0
        go_on.set()
        await first
        await wait()

    run(several())


def test_who_gives_up_just_when_the_turn_comes_holds_nobody_up() -> None:
    """The one who leaves the thread comes upon a request that was given up and has not noticed yet."""
    thread = OneThread("test", 2)

    async def several() -> None:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            async with thread.turn():
                entered.set()
                await leave.wait()
                given_up.cancel()  # and ends its turn before the other has noticed

        async def wait() -> str:
            async with thread.turn():
                return "had its turn"

        one = asyncio.create_task(first())
        await entered.wait()
        given_up, third = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0)
        leave.set()
        await one
        assert await asyncio.wait_for(third, 10) == "had its turn"
        assert given_up.cancelled() or given_up.done()
        assert await asyncio.wait_for(wait(), 10) == "had its turn"

    run(several())


# Memory


def test_counters_are_bounded_in_number_and_in_bytes_whatever_the_words(clock: Clock) -> None:
    counted = Attempts(clock=clock)
    tracemalloc.start()
    try:
        for n in range(MOST_COUNTERS + 5000):
            counted.add("both", "192.0.2.1", f"{n}" + "x" * 2000)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(counted) == MOST_COUNTERS
    assert used < 8 << 20


def test_the_counter_that_was_used_least_recently_is_forgotten_first(clock: Clock) -> None:
    counted = Attempts(most=3, clock=clock)
    for word in ("a", "b", "c", "a", "d"):
        counted.add(word)
    assert [counted.number(word)[0] for word in "abcd"] == [2, 0, 1, 1]


def test_lower_ranks_come_first_and_take_the_place_of_the_last() -> None:
    async def race() -> list[str]:
        thread, told = OneThread("tests", 2), list[str]()

        async def one(name: str, rank: int) -> None:
            try:
                async with thread.turn(rank):
                    told.append(name)
                    await asyncio.sleep(0.01)
            except Unavailable:
                told.append(f"{name} refused")

        tasks = []
        for name, rank in (
            ("first", 0),
            ("wrong", 5),
            ("more wrong", 7),
            ("honest", 0),
            ("late", 9),
        ):
            tasks.append(asyncio.ensure_future(one(name, rank)))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        assert thread.waiting == 0
        return told

    assert asyncio.run(race()) == ["first", "more wrong refused", "late refused", "honest", "wrong"]
