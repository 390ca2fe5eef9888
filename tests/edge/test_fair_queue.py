"""Addresses take turns: with new connections, and with large requests."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

from entrepot.edge.accepting import BEGUN_AT_ONCE, Accepting
from entrepot.edge.budget import Budget, Share
from entrepot.edge.connections import Connections
from entrepot.edge.fair_queue import FairQueue, FairSemaphore
from entrepot.edge.server import listen


def test_an_address_that_queues_much_does_not_delay_another() -> None:
    queue: FairQueue[int] = FairQueue()
    busy, other = Share("busy"), Share("other")
    for n in range(5):
        queue.put(busy, n)
    queue.put(other, 9)
    assert [queue.pop() for _ in range(3)] == [(busy, 0), (other, 9), (busy, 1)]
    assert [queue.pop()[1] for _ in range(3)] == [2, 3, 4]
    assert not queue


def test_those_who_wait_for_a_semaphore_take_turns_by_address() -> None:
    busy, other = Share("busy"), Share("other")
    order: list[str] = []
    free: list[asyncio.Event] = []

    async def one(semaphore: FairSemaphore, share: Share) -> None:
        async with semaphore.turn(share):
            order.append(share.network)
            free.append(asyncio.Event())
            await free[-1].wait()

    async def race() -> None:
        semaphore = FairSemaphore(2)
        tasks = [asyncio.ensure_future(one(semaphore, busy)) for _ in range(6)]
        await asyncio.sleep(0)
        tasks.append(asyncio.ensure_future(one(semaphore, other)))
        await asyncio.sleep(0)
        assert order == ["busy"] * 2
        tasks[3].cancel()  # while it waits
        for n in range(6):
            await asyncio.sleep(0.001)
            free[n].set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert order == ["busy", "busy", "busy", "other", "busy", "busy"]
        async with semaphore.turn(busy), semaphore.turn(busy):  # all came back
            pass

    asyncio.run(race())


def test_a_turn_that_is_given_to_a_cancelled_task_goes_to_the_next() -> None:
    async def race() -> None:
        semaphore, share = FairSemaphore(1), Share("one")

        async def one() -> None:
            async with semaphore.turn(share):
                pass

        async with semaphore.turn(share):
            given = asyncio.ensure_future(one())
            await asyncio.sleep(0)
        given.cancel()  # it has its turn, and has not run since
        await asyncio.gather(given, return_exceptions=True)
        await asyncio.wait_for(one(), 5)

    asyncio.run(race())


def test_a_new_connection_does_not_wait_behind_all_of_another_address() -> None:
    begun: list[str] = []

    def made(share: Share) -> asyncio.Protocol:
        begun.append(share.network)
        return asyncio.Protocol()

    async def race() -> None:
        sock = listen("127.0.0.1", 0)
        accepting = Accepting(sock, Connections(1000, Budget(1 << 20)), made)
        with ExitStack() as stack:
            for source in ["127.0.0.2"] * 60 + ["127.0.0.1"]:
                new = stack.enter_context(socket.socket())
                new.bind((source, 0))
                new.connect(sock.getsockname())  # the loop does not run: the kernel queues them all
            while len(begun) < 61:
                await asyncio.sleep(0.001)
            assert begun.index("127.0.0.1") < BEGUN_AT_ONCE
            assert begun.count("127.0.0.2") == 60
            accepting.close()

    asyncio.run(race())


def test_what_was_taken_and_not_begun_is_closed_at_the_end() -> None:
    async def race() -> None:
        sock = listen("127.0.0.1", 0)
        connections = Connections(1000, Budget(1 << 20))
        accepting = Accepting(sock, connections, lambda share: asyncio.Protocol())
        with ExitStack() as stack:
            for _ in range(60):
                new = stack.enter_context(socket.socket())
                new.connect(sock.getsockname())
            while not connections.number:
                await asyncio.sleep(0)
            accepting.close()
            await asyncio.sleep(0.01)
            assert connections.number <= BEGUN_AT_ONCE  # those whose protocol was made

    asyncio.run(race())
