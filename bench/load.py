"""A closed-loop HTTP load over keep-alive connections, run in a process of its own; knows no API.

The requests are bytes made before the clock starts; while it runs nothing is built but a
timestamp. A run in which one request failed has no figures: it raises `LoadFailure`.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar, cast

import uvloop

T = TypeVar("T")

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_FIRST_OF_BODY = 600
_STRAGGLER_S = 60.0


class LoadFailure(Exception):
    """A request that was not answered with 2xx, or was not answered."""


class Recipe(Protocol):
    """Makes requests; picklable, because they are made in the process that sends them."""

    def requests(self, count: int) -> Sequence[bytes]:
        """`count` whole HTTP/1.1 requests, no two of them for the same resource."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: who is asked what, over how many connections, for how long.

    The run ends after `count` requests or `seconds`, whichever is first; `seconds` bounds the
    sending, answers are still awaited. With `repeat` the requests are sent round and round (for
    servers that do not mind), else each goes out once.
    """

    host: str
    port: int
    connections: int
    recipe: Recipe
    count: int
    seconds: float = math.inf
    repeat: bool = False
    server_pid: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What one run gave. Latencies are from the write of a request to the end of its answer."""

    requests: int
    elapsed_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    """CPU of the server process and its threads, a request; 0 where no pid was given."""
    client_cpu_share: float
    """CPU of the load generator over the time elapsed: at 1.0 it was the limit."""

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return self.requests / self.elapsed_s

    @property
    def client_capacity(self) -> float:
        """The rate at which this generator would have used all of its core."""
        return self.rate / max(self.client_cpu_share, 1e-9)


class _Run:
    """The state the connections of one run share."""

    __slots__ = ("deadline", "done", "failure", "latencies", "open", "requests")

    def __init__(self, requests: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self.requests = requests
        self.done = done
        self.deadline = math.inf
        self.latencies: list[float] = []
        self.open = 0
        self.failure = ""

    def fail(self, reason: str) -> None:
        self.failure = self.failure or reason
        if not self.done.done():
            self.done.set_result(None)

    def leave(self) -> None:
        """One connection has nothing more to send."""
        self.open -= 1
        if self.open == 0 and not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """Sends a request, waits for the whole answer, sends the next."""

    __slots__ = ("address", "held", "run", "sent_at", "transport")

    def __init__(self, run: _Run, address: tuple[str, int]) -> None:
        self.run = run
        self.address = address
        self.held = b""
        self.sent_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's
        self.transport = cast(asyncio.Transport, transport)

    def send(self) -> None:
        run = self.run
        now = time.perf_counter()
        request = next(run.requests, None) if now < run.deadline else None
        if request is None or self.transport is None:
            self.sent_at = 0.0
            run.leave()
            return
        self.sent_at = now
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self.held:
            data = self.held + data
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0:
            self.held = data
            return
        at = data.find(b"ontent-length: ", 0, head_end)
        if at < 0:
            at = data.find(b"ontent-Length: ", 0, head_end)
        if at < 0:
            self.run.fail(f"an answer without Content-Length: {data[:_FIRST_OF_BODY]!r}")
            return
        body_bytes = int(data[at + 15 : data.find(b"\r", at + 15)])
        if len(data) < head_end + 4 + body_bytes:
            self.held = data
            return
        self.held = b""
        self.run.latencies.append(time.perf_counter() - self.sent_at)
        if data[9:10] != b"2":
            status = data[9 : data.find(b"\r")].decode()
            body = data[head_end + 4 :][:_FIRST_OF_BODY].decode(errors="replace")
            self.run.fail(f"{status}: {body}")
            return
        if data.find(b"onnection: close", 0, head_end) > 0:
            self.reconnect()
        else:
            self.send()

    def reconnect(self) -> None:
        """A server that closes after each answer gets a new connection for the next request."""
        self.sent_at = 0.0
        asyncio.get_running_loop().create_task(self._reconnect(self.transport))

    async def _reconnect(self, old: asyncio.Transport | None) -> None:
        self.transport = None
        if old is not None:
            old.close()
        await asyncio.get_running_loop().create_connection(lambda: self, *self.address)
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.sent_at:
            self.run.fail(f"connection lost before the answer: {error}; held {self.held[:200]!r}")


def server_cpu_s(pid: int) -> float:
    """CPU seconds a process and those it started have used, user and system, all their threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS
    return own + sum(server_cpu_s(int(child)) for child in started)


def machine_cpu_s() -> float:
    """CPU seconds that all cores together were not idle."""
    user, nice, system, _, _, *interrupts = Path("/proc/stat").read_text().split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / _CLOCK_TICKS


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def _drive(plan: Plan, requests: Sequence[bytes]) -> Result:
    loop = asyncio.get_running_loop()
    source: Iterator[bytes] = iter(requests)
    if plan.repeat:
        source = itertools.islice(itertools.cycle(requests), plan.count)
    run = _Run(source, loop.create_future())
    address = (plan.host, plan.port)
    connections: list[_Connection] = []
    for _ in range(plan.connections):
        _, connection = await loop.create_connection(lambda: _Connection(run, address), *address)
        connections.append(connection)
    run.open = len(connections)
    server_before = server_cpu_s(plan.server_pid) if plan.server_pid else 0.0
    own_before, started = time.process_time(), time.perf_counter()
    run.deadline = started + plan.seconds
    for connection in connections:
        connection.send()
    limit = None if math.isinf(plan.seconds) else plan.seconds + _STRAGGLER_S
    try:
        await asyncio.wait_for(run.done, limit)
    except TimeoutError:
        run.failure = run.failure or f"{run.open} requests without an answer after {limit} s"
    elapsed = time.perf_counter() - started
    own_cpu = time.process_time() - own_before
    server_cpu = (server_cpu_s(plan.server_pid) - server_before) if plan.server_pid else 0.0
    for connection in connections:
        connection.sent_at = 0.0
        if connection.transport is not None:
            connection.transport.abort()
    if not run.latencies:
        run.fail("no request was answered")
    if run.failure:
        raise LoadFailure(f"after {len(run.latencies)} answers: {run.failure}")
    ordered = sorted(run.latencies)
    return Result(
        requests=len(ordered),
        elapsed_s=elapsed,
        p50_ms=_percentile(ordered, 0.50) * 1e3,
        p99_ms=_percentile(ordered, 0.99) * 1e3,
        server_cpu_us=server_cpu / len(ordered) * 1e6,
        client_cpu_share=own_cpu / elapsed,
    )


def run_here(plan: Plan) -> Result:
    """The run's figures, driven from the calling process. Raises: LoadFailure."""
    made = min(plan.count, 4096) if plan.repeat else plan.count
    requests = plan.recipe.requests(made)
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_drive(plan, requests))
    finally:
        gc.enable()


def _pin(core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})


class Generator:
    """The process that sends; one for a whole benchmark, pinned where a core is given."""

    def __init__(self, core: int | None = None) -> None:
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_pin,
            initargs=(core,),
        )

    def run(self, plan: Plan) -> Result:
        """The run's figures. Raises: LoadFailure where any request failed."""
        return self._pool.submit(run_here, plan).result()

    def call(self, function: Callable[[], T]) -> T:
        """What `function` returns in the generator's process, on the generator's core."""
        return self._pool.submit(function).result()

    def close(self) -> None:
        """Ends the process."""
        self._pool.shutdown()
