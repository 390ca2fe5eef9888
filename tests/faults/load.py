"""Light load in processes of their own: four connections that attack, and one that measures.

Everything is sent as it was made before, over connections that stay open; knows no API.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field

PAUSE_S = (
    0.004  # between two questions of who measures, so that the questions are no load themselves
)
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one request that was sent over and over."""

    seconds: list[float] = field(default_factory=list)  # of each, in the order of the answers
    statuses: Counter[int] = field(default_factory=Counter)
    first: bytes = b""  # the first answer's body

    def at(self, share: float) -> float:
        """The seconds that this share of the answers took at most; 0 where there was none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def give_way() -> None:
    """From now on this process runs only where no other wants to.

    Who attacks has processors of its own elsewhere. On a machine with two, it would otherwise have the
    server and whoever measures wait for the end of its time slice, which is 3 ms.
    """
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def attack(address: str, request: bytes, connections: int, seconds: float) -> Answered:
    """Sends the request over so many connections, each again as soon as it is answered."""

    async def all_of_them() -> Answered:
        end = time.monotonic() + seconds
        each = (_repeat(address, request, end, 0.0) for _ in range(connections))
        return _together(await asyncio.gather(*each))

    return asyncio.run(all_of_them())


def measure(asked: Sequence[tuple[str, bytes]], seconds: float) -> list[Answered]:
    """Asks each of the addresses its question, again a moment after it is answered."""

    async def all_of_them() -> list[Answered]:
        end = time.monotonic() + seconds
        return await asyncio.gather(*(_repeat(*one, end, PAUSE_S) for one in asked))

    return asyncio.run(all_of_them())


async def _repeat(address: str, request: bytes, end: float, pause_s: float) -> Answered:
    answered = Answered()
    host, _, port = address.rpartition(":")
    reader = writer = None
    try:
        while time.monotonic() < end:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 24)
            began = time.monotonic()
            writer.write(request)
            async with asyncio.timeout(_PATIENCE_S):
                await writer.drain()
                status, body, open_still = await _answer(reader)
            answered.seconds.append(time.monotonic() - began)
            answered.statuses[status] += 1
            if len(answered.seconds) == 1:
                answered = Answered(answered.seconds, answered.statuses, body)
            if not open_still:
                writer.close()
                reader = writer = None
            await asyncio.sleep(pause_s)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        answered.statuses[0] += 1  # the connection broke, or nobody answered
    finally:
        if writer is not None:
            writer.close()
    return answered


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, rest = head.partition(b"content-length:")
    body = await reader.readexactly(int(rest.split(b"\r\n", 1)[0])) if rest else b""
    return int(head.split(b" ", 2)[1]), body, b"connection: close" not in head


def _together(each: Sequence[Answered]) -> Answered:
    seconds = [second for one in each for second in one.seconds]
    statuses = sum((one.statuses for one in each), Counter[int]())
    return Answered(seconds, statuses, next((one.first for one in each if one.first), b""))


class Processes:
    """A process that attacks and one that measures. Use as a context manager."""

    def __enter__(self) -> Processes:
        spawn = multiprocessing.get_context("spawn")
        self._pools = [ProcessPoolExecutor(1, mp_context=spawn) for _ in range(2)]
        self._pools[0].submit(give_way).result()
        self._pools[1].submit(time.time).result()
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools:
            pool.shutdown()

    def attack(
        self, address: str, request: bytes, connections: int, seconds: float
    ) -> Future[Answered]:
        """See `attack`."""
        return self._pools[0].submit(attack, address, request, connections, seconds)

    def measure(self, asked: Sequence[tuple[str, bytes]], seconds: float) -> Future[list[Answered]]:
        """See `measure`."""
        return self._pools[1].submit(measure, asked, seconds)
