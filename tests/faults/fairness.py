"""`python -m tests.faults.fairness`: what one caller does that is much work, and what another has of it.

Each attack is sent over four connections by a tenant with 10,000 devices, or by nobody, on both engines.
Meanwhile another tenant asks for the first of its products again and again. Prints a table, and ends with
status 1 where a figure is not reached.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.disk import look
from tests.faults.load import Answered, Processes
from tests.faults.much_work import ATTACKS, DEVICES, Attack, config_of, listing, settle, target
from tests.postgres import PostgresServer
from tests.server import Server

CONNECTIONS = 4
P99_MS = {"sqlite": 10.0, "postgres": 20.0}  # the promise
_LEAD_S = 0.3  # until the attack is under way


@dataclass(frozen=True, slots=True)
class Figure:
    """What the victim had of one attack on one engine, and the attacker of it."""

    engine: str
    attack: str
    victim: Answered
    alive: Answered  # the answers to /healthz, which wait for nothing but the loop
    attacker: Answered

    @property
    def p99_ms(self) -> float:
        """What 99 of a hundred of the victim's lists took at most."""
        return self.victim.at(0.99) * 1000

    @property
    def reached(self) -> bool:
        """Whether the promise is kept: in time, and nothing refused."""
        return set(self.victim.statuses) == {200} and self.p99_ms < P99_MS[self.engine]

    def line(self) -> str:
        """A line of the table."""
        seconds = sum(self.attacker.seconds) or 1.0
        said = ", ".join(f"{n} x {status}" for status, n in sorted(self.attacker.statuses.items()))
        times = (self.victim.at(0.5), self.victim.at(0.99), self.victim.at(1), self.alive.at(1))
        figures = "".join(f"{s * 1000:10.1f}" for s in times)
        each_ms = seconds * 1000 / max(len(self.attacker.seconds), 1)
        return (
            f"{self.engine:9}{self.attack:24}{figures}{each_ms:12.0f}"
            f"  {'reached' if self.reached else 'NOT REACHED':12} {said}"
        )


HEAD = (
    f"{'engine':9}{'attack':24}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}{'loop ms':>10}"
    f"{'attack ms':>12}  {'':12} what the attacker was answered"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of an attack."""

    seconds: float = 10.0  # of each
    devices: int = DEVICES
    share: float = 1.0  # of the largest bodies


SHORT = Size(1.0, 1000, 0.02)


def figures(
    engine: str, folder: Path, store: str, attacks: Sequence[Attack], size: Size
) -> Iterator[Figure]:
    """The figure of each attack on a server of its own, and first of none."""
    settle(config_of(folder, store), size.devices)
    flags = ("--admin-port", "0", *(("--count-alone", "true") if store else ()))
    with Server(folder, *flags, store=store) as server, Processes() as run:
        asked = ((server.address, listing(server)), (server.admin, _ALIVE))
        victim, alive = run.measure(asked, size.seconds).result()
        yield Figure(engine, "none", victim, alive, Answered())
        attacker = target(server, size.share)
        for attack in attacks:
            request = attack.request(attacker)
            under_way = run.attack(server.address, request, CONNECTIONS, size.seconds + 2 * _LEAD_S)
            time.sleep(_LEAD_S)
            victim, alive = run.measure(asked, size.seconds).result()
            yield Figure(engine, attack.name, victim, alive, under_way.result())
            wait_until_idle(server)


_ALIVE = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"


def wait_until_idle(server: Server, patience_s: float = 60) -> None:
    """Returns when no request of the last attack is in work."""
    end = time.monotonic() + patience_s
    while True:
        text = look(server.admin, "/metrics")[1]
        if re.search(r"^entrepot_requests_in_work 0", text, re.M):
            return
        assert time.monotonic() < end, text
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=tuple(P99_MS), action="append")
    parser.add_argument("--attack", action="append", help="only those whose names hold this text")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each attack")
    parser.add_argument("--short", action="store_true", help="a second each, and 1,000 devices")
    given = parser.parse_args()
    size = SHORT if given.short else Size(given.seconds)
    wanted = [a for a in ATTACKS if not given.attack or any(t in a.name for t in given.attack)]
    print(HEAD, flush=True)
    missed = 0
    for engine in given.engine or P99_MS:
        with tempfile.TemporaryDirectory() as folder:
            postgres = PostgresServer() if engine == "postgres" else None
            store = postgres.database() if postgres else ""
            for figure in figures(engine, Path(folder), store, wanted, size):
                print(figure.line(), flush=True)
                missed += not figure.reached
            if postgres:
                postgres.remove()
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
