"""When the loop's time is scarce, addresses take turns, and who has used least comes first."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import uvloop

from entrepot.dialect.request import Answer, Request
from entrepot.edge.budget import Budget, Share
from entrepot.edge.connection import Connection
from entrepot.edge.connections import Connections
from entrepot.edge.loop_time import GIVEN_S, READ, SLICE_S, SMALL_READ, UNREAD_BYTES, LoopTime
from tests.edge.fakes import Prompt, Source

REQUEST = Request("GET", b"/")


class Case:
    """A loop's time, and requests that hold the loop for some milliseconds."""

    def __init__(self) -> None:
        self.loop_time = LoopTime()
        self.order: list[str] = []

    def answer(self, share: Share, holds_ms: float = 1) -> asyncio.Task[Answer]:
        async def answer_of(request: Request) -> Answer:
            hold(holds_ms)
            self.order.append(share.network)
            await asyncio.sleep(0)
            return Answer(200)

        return asyncio.ensure_future(self.loop_time.answer(answer_of, REQUEST, share))


def scarce(case: Case) -> bool:
    """Asked anew each time; of a property a type checker takes it to stay."""
    return case.loop_time.scarce


def hold(ms: float) -> None:
    """Uses the processor, as a request does that is parsed."""
    end = time.perf_counter() + ms / 1000
    while time.perf_counter() < end:
        pass


def run(check: Callable[[Case], Awaitable[None]]) -> None:
    async def inside() -> None:
        await check(Case())

    uvloop.run(inside())


def test_time_is_scarce_once_a_turn_of_the_loop_took_long() -> None:
    async def check(case: Case) -> None:
        assert not scarce(case)
        hold(SLICE_S * 1100)
        assert scarce(case)
        await asyncio.sleep(0.002)
        assert not scarce(case)

    run(check)


def test_who_uses_much_waits_and_who_uses_little_does_not() -> None:
    async def check(case: Case) -> None:
        dear, cheap = Share("dear"), Share("cheap")
        tasks = [case.answer(dear, 5) for _ in range(20)]
        while len(case.order) < 3:
            await asyncio.sleep(0)
        tasks += [case.answer(cheap, 0.1) for _ in range(10)]
        behind = len(case.order)
        await asyncio.gather(*tasks)
        # What had its turn already comes first, and perhaps one more, whose cost is not known yet.
        assert case.order[behind:].index("cheap") <= 3
        assert case.order[-5:] == ["dear"] * 5
        assert dear.used_s > 0.09

    run(check)


def test_who_has_proved_who_it_is_does_not_wait_for_many_strangers() -> None:
    async def check(case: Case) -> None:
        strangers = [Share(f"stranger {n}") for n in range(50)]
        tasks = [case.answer(share, 1) for share in strangers * 2]
        while len(case.order) < 10:
            await asyncio.sleep(0)
        known = Share("known", proved=True)
        known.used_s = 10.0  # more than any stranger
        tasks += [case.answer(known, 1) for _ in range(10)]
        behind = len(case.order)
        await asyncio.gather(*tasks)
        places = [place for place, network in enumerate(case.order) if network == "known"]
        assert max(places) < behind + 30, "strangers have a fifth of the time meanwhile"
        assert any(network != "known" for network in case.order[behind : max(places)])

    run(check)


def test_an_address_is_known_once_somebody_there_has_proved_who_they_are() -> None:
    connections = Connections(10, Budget(1 << 20))
    first = connections.admit("203.0.113.1")
    assert first is not None
    before = first.proved
    connections.prove("203.0.113.1")
    assert (before, first.proved) == (False, True)
    connections.leave(first)
    again, other = connections.admit("203.0.113.1"), connections.admit("203.0.113.2")
    assert again is not None
    assert other is not None
    assert (again.proved, other.proved) == (True, False)
    connections.prove("2001:db8::1")
    neighbour = connections.admit("2001:db8::2")
    assert neighbour is not None
    assert neighbour.proved
    for n in range(10_000):
        connections.prove(f"198.51.{n // 250}.{n % 250}")
    connections.leave(again)
    forgotten = connections.admit("203.0.113.1")
    assert forgotten is not None
    assert not forgotten.proved


def test_every_answer_comes_and_a_failure_too() -> None:
    async def check(case: Case) -> None:
        async def fails(request: Request) -> Answer:
            await asyncio.sleep(0)
            raise ValueError("no")

        share = Share("a")
        tasks = [case.answer(share, 1) for _ in range(10)]
        with pytest.raises(ValueError, match="no"):
            await case.loop_time.answer(fails, REQUEST, share)
        assert all(answer.status == 200 for answer in await asyncio.gather(*tasks))

    run(check)


def test_a_request_that_is_cancelled_ends_wherever_it_is() -> None:
    async def check(case: Case) -> None:
        ended: list[str] = []

        async def endless(request: Request) -> Answer:
            try:
                return await asyncio.get_running_loop().create_future()
            finally:
                ended.append("answering")

        share = Share("a")
        waits = case.answer(share)
        answered = asyncio.ensure_future(case.loop_time.answer(endless, REQUEST, share))
        waits.cancel()
        await asyncio.sleep(0.01)
        answered.cancel()
        await asyncio.gather(waits, answered, return_exceptions=True)
        assert waits.cancelled()
        assert answered.cancelled()
        assert ended == ["answering"]
        assert (await case.answer(share)).status == 200

    gc.disable()
    try:
        run(check)
    finally:
        gc.enable()


def test_what_was_received_is_read_in_turns_but_not_more_than_may_be_in_memory() -> None:
    async def check(case: Case) -> None:
        read: list[int] = []
        share, half = Share("a"), UNREAD_BYTES // 2

        def read_one(n: int) -> bool:
            read.append(n)
            return False

        assert all(case.loop_time.read_later(partial(read_one, n), half, share) for n in range(2))
        assert not case.loop_time.read_later(partial(read_one, 2), READ, share)
        assert len(case.loop_time.small_buffer) == SMALL_READ
        assert case.loop_time.read_later(partial(read_one, 2), SMALL_READ, share)
        assert scarce(case)
        await asyncio.sleep(0.01)
        assert read == [0, 1, 2]
        assert len(case.loop_time.small_buffer) == READ
        assert not scarce(case)
        assert case.loop_time.read_later(partial(read_one, 3), half, share)

    run(check)


def test_reads_whose_requests_are_answered_next_fill_a_turn_with_what_those_cost() -> None:
    async def check(case: Case) -> None:
        read: list[int] = []
        share = Share("a", cost_s=2 * GIVEN_S)

        def read_one(n: int) -> bool:
            read.append(n)
            return True

        for n in range(3):
            case.loop_time.read_later(partial(read_one, n), 1, share)
        turns = 0
        while len(read) < 3:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 3

    run(check)


class _Queued(LoopTime):
    """Counts what takes a turn."""

    queued = 0

    def _queue(self, share: Share, go_on: Callable[[], float]) -> None:
        self.queued += 1
        super()._queue(share, go_on)


def test_a_request_that_was_read_in_its_turn_is_answered_without_another() -> None:
    async def check(case: Case) -> None:
        loop_time = _Queued()
        source, application = Source(), Prompt()
        connection = Connection(application, Connections(4, Budget(1 << 20)), Share("a"), loop_time)
        connection.connection_made(source)

        async def receive(requests: int) -> int:
            """Returns how many turns so many requests took that came together."""
            loop_time.queued, application.answered = 0, 0
            assert not loop_time.scarce
            hold(SLICE_S * 1100)
            raw = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" * requests
            connection.get_buffer(-1)[: len(raw)] = raw
            connection.buffer_updated(len(raw))
            while application.answered < requests:
                await asyncio.sleep(0)
            await asyncio.sleep(0.005)  # nothing is scarce any more
            return loop_time.queued

        assert await receive(1) == 1
        assert await receive(1) == 1
        assert 1 <= await receive(3) <= 3
        connection.connection_lost(None)

    run(check)
