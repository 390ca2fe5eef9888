"""`python -m tests.faults.memory`: a server with 1 GB of address space, and strangers who want all of it.

Each attack alone, then all together. Meanwhile a tenant lists and creates from another address, and now
and then creates a large product. Ends with status 1 where a figure is not reached.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from queue import Empty
from typing import Any

from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Request
from entrepot.edge.server import TIDY_S
from tests.certificates import issue
from tests.contract.adapters import WITH_PRODUCTS
from tests.faults.attacks import ATTACKS, Target, chosen, large_create
from tests.faults.load import give_way
from tests.server import ENTREPOT, Server

LIMIT_KB = 1_000_000  # of address space
RESIDENT_MB, LEFT_MB, P99_MS, LARGE_S = 200, 30, 100.0, 10.0
SETTLE_S = TIDY_S + 10  # freed memory is given back now and then
_IOTDA = next(adapter for adapter in WITH_PRODUCTS if adapter.dialect == "iotda")
_WORDS = f'ulimit -v {LIMIT_KB}; exec "$0" "$@"'


@dataclass
class Figures:
    """What one attack did."""

    resident_mb: float = 0.0
    left_mb: float = 0.0
    lists_ms: list[float] = field(default_factory=list)
    creates_ms: list[float] = field(default_factory=list)
    large_s: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def missed(self, before_mb: float) -> list[str]:
        """What is not as it should be."""
        wrong = list(dict.fromkeys(self.failed))[:3]
        if self.resident_mb > RESIDENT_MB:
            wrong.append(f"{self.resident_mb:.0f} MB resident")
        if self.left_mb > before_mb + LEFT_MB:
            wrong.append(f"{self.left_mb - before_mb:.0f} MB left")
        for name, found in (("list", self.lists_ms), ("create", self.creates_ms)):
            if not found or p99(found) > P99_MS:
                wrong.append(f"p99 of {name} {p99(found):.0f} ms")
        if max(self.large_s, default=0.0) > LARGE_S:
            wrong.append(f"large create {max(self.large_s):.1f} s")
        return wrong


def p99(values: list[float]) -> float:
    """The value that one in a hundred is above."""
    return sorted(values)[int(len(values) * 0.99)] if values else float("inf")


# Each of these runs in a process of its own.


def strangers(names: list[str], target: Target, together: Any) -> None:
    """Attack until the end."""
    give_way()

    async def all_of_them() -> None:
        begun = target.begun(together)
        await asyncio.gather(*(attack(begun) for attack in chosen(names)))

    asyncio.run(all_of_them())


class Tenant:
    """Calls as any client does, over a connection that it opens again where it has to."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection: HTTPConnection | None = None

    def call(self, request: Request, patience_s: float = 15) -> int:
        """The status of the answer; 0 where there was none."""
        if self._connection is None:
            import ssl

            host, port = self._target.host, self._target.port
            if self._target.tls:
                context = ssl._create_unverified_context()
                self._connection = HTTPSConnection(host, port, timeout=patience_s, context=context)
            else:
                self._connection = HTTPConnection(host, port, timeout=patience_s)
        target = request.path + (b"?" + request.query if request.query else b"")
        headers = {k.decode(): v.decode() for k, v in request.headers.items()}
        try:
            self._connection.request(request.method, target.decode(), request.body, headers)
            with self._connection.getresponse() as answer:
                answer.read()
                if answer.getheader("connection") == "close":
                    self._connection = None
                return answer.status
        except (OSError, HTTPException):
            self._connection = None
            return 0


def small_calls(target: Target, together: Any, results: Any) -> None:
    """List and create until the end; a call that fails is made once more, as SDKs do."""
    target = target.begun(together)
    tenant, known = Tenant(target), target.credentials
    products = _IOTDA.products
    assert products is not None
    listing, creating = _IOTDA.operation("ListProducts"), _IOTDA.operation(products.create)
    found: dict[str, list[Any]] = {"lists_ms": [], "creates_ms": [], "failed": []}
    began = int(time.time() * 1000)
    n = 0
    while not target.over:
        n += 1
        body = products.unique(dict(creating.example), began + n, known)
        body["service_capabilities"] = [
            {**service, "service_id": f"{service['service_id']}{i}"}
            for service in body["service_capabilities"]
            for i in range(8)
        ]
        calls = {
            "lists_ms": partial(_IOTDA.request, listing, {"limit": 1}, None, known),
            "creates_ms": partial(_IOTDA.create, body, known),
        }
        for kind, make in calls.items():
            request = make()
            start = time.perf_counter()
            status = tenant.call(request) or tenant.call(make())
            found[kind].append((time.perf_counter() - start) * 1000)
            if status not in (200, 201):
                found["failed"].append(f"{kind[:-4]} answered {status}")
        time.sleep(0.01)
    results.put(found)


def large_calls(target: Target, together: Any, results: Any) -> None:
    """A large create every few seconds: how long until it got through, tried again where it was refused."""
    target = target.begun(together)
    took = []
    while not target.over:
        start = time.perf_counter()
        while True:
            raw = large_create(target.credentials)
            head, _, body = raw.partition(b"\r\n\r\n")
            lines = head.split(b"\r\n")
            headers = dict(line.split(b": ", 1) for line in lines[1:])
            path = lines[0].split()[1]
            status = Tenant(target).call(Request("POST", path, b"", headers, body))
            if status == 201 or time.perf_counter() - start > 3 * LARGE_S:
                break
            time.sleep(0.2)
        took.append(time.perf_counter() - start)
        time.sleep(2)
    results.put({"large_s": took})


def resident_mb(server: Server) -> float:
    """The memory that the server's processes have between them."""
    assert server.process is not None
    pids = [server.process.pid]
    children = Path(f"/proc/{pids[0]}/task/{pids[0]}/children")
    pids += [int(pid) for pid in children.read_text().split()]
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def attacked(
    server: Server,
    names: list[str],
    seconds: float,
    users: list[Credentials],
    tls: bool,
    settled_mb: float = 0.0,
) -> Figures:
    """What comes of these attacks; afterwards the memory has some time to come down to `settled_mb`."""
    host, _, port = server.address.partition(":")
    tenant, large, stranger = (Target(host, int(port), seconds, user, tls) for user in users)
    spawn = multiprocessing.get_context("spawn")
    results: Any = spawn.Queue()
    together = spawn.Barrier(3)
    made = [
        spawn.Process(target=small_calls, args=(tenant, together, results)),
        spawn.Process(target=large_calls, args=(large, together, results)),
        spawn.Process(target=strangers, args=(names, stranger, together)),
    ]
    for process in made:
        process.start()
    figures = Figures()
    told, end = 0, time.monotonic() + seconds + 180
    while told < 2 or made[2].is_alive():
        figures.resident_mb = max(figures.resident_mb, resident_mb(server))
        try:
            for kind, values in results.get(timeout=0.2).items():
                getattr(figures, kind).extend(values)
            told += 1
        except Empty:
            if time.monotonic() > end:
                figures.failed.append("the callers did not end")
                break
    for process in made:
        process.kill()
        process.join()
    end = time.monotonic() + (SETTLE_S if settled_mb else 0)
    figures.left_mb = resident_mb(server)
    while figures.left_mb > settled_mb and time.monotonic() < end:
        time.sleep(0.5)
        figures.left_mb = resident_mb(server)
    return figures


def measure(
    folder: Path, flags: tuple[str, ...], names: list[str], seconds: float, together: bool
) -> int:
    """How many figures were missed by a server with these flags."""
    tls = "--tls-cert" in flags
    program = ("/bin/sh", "-c", _WORDS, *ENTREPOT)
    missed = 0
    with Server(folder / "data", *flags, program=program) as server:
        users: list[Credentials] = []
        for name in ("dev", "large", "stranger"):
            if name != "dev":
                server.run("tenant", "create", name)
            server.run("tenant", "set", name, "rate_limits=false")
            users.append(server.credentials(name))
        attacked(server, list(ATTACKS), 3, users, tls)  # what is made once is made
        time.sleep(SETTLE_S)
        before = resident_mb(server)
        print(f"entrepot serve {' '.join(flags)}: {before:.0f} MB before", flush=True)
        rounds = [[name] for name in names] + ([names] if together else [])
        for round in rounds:
            figures = attacked(server, round, seconds, users, tls, before + LEFT_MB)
            wrong = figures.missed(before)
            missed += len(wrong)
            print(
                f"  {round[0] if len(round) == 1 else 'all together':32s}"
                f" most {figures.resident_mb:4.0f} MB, left {figures.left_mb - before:+4.0f} MB,"
                f" list p99 {p99(figures.lists_ms):5.0f} ms, create p99 {p99(figures.creates_ms):5.0f} ms"
                f" (median {statistics.median(figures.creates_ms or [0]):.0f}),"
                f" large {max(figures.large_s, default=0):4.1f} s"
                f"{'  MISSED: ' + '; '.join(wrong) if wrong else ''}",
                flush=True,
            )
        server.stop()
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of each attack")
    parser.add_argument("--only", nargs="*", help="attacks whose names begin so")
    parser.add_argument("--cases", nargs="*", default=["plain", "tls", "workers"])
    given = parser.parse_args()
    names = [n for n in ATTACKS if not given.only or any(n.startswith(o) for o in given.only)]
    missed = 0
    for case in given.cases:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            flags: tuple[str, ...] = ()
            if case == "tls":
                flags = issue(place, "localhost").flags
            elif case == "workers":
                flags = ("--workers", "2")
            kinds = [n for n in names if case == "tls" or n != "slow handshakes"]
            missed += measure(place, flags, kinds, given.seconds, together=not given.only)
    print("all figures reached" if not missed else f"{missed} figures MISSED")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
