"""One process against two on one machine, on both engines: creates and reads, in turns.

The load generator, the workers and PostgreSQL share the cores, so two cores can show little more
than that the work is dealt out; a run during which other programs took much is made again.
"""

from __future__ import annotations

import http.client
import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import servers
from bench.creates import fresh_directory
from bench.figures import Figures, Spread
from bench.load import Generator, Plan, Recipe, Result, machine_cpu_s, server_cpu_s
from bench.requests_iotda import SignedCreates, SignedShows
from tests import postgres

ENGINES = ("SQLite", "PostgreSQL")
WORKERS = (1, 2)
CONNECTIONS = 64
_PRODUCTS = 200
_MOST_A_SECOND = 20_000
_QUIET = 0.3  # cores that others may take
_TRIES = 6


@dataclass(frozen=True, slots=True)
class Subject:
    """A running server, the database beside it, and what it is asked."""

    name: str
    server: servers.Server
    database_pid: int
    recipes: dict[str, Recipe]


def _products(recipe: SignedCreates) -> list[str]:
    """The ids of some new products."""
    made = []
    for request in recipe.requests(_PRODUCTS):
        head, _, body = request.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        connection = http.client.HTTPConnection(recipe.host, recipe.port, timeout=30)
        headers = dict(line.split(": ", 1) for line in lines[1:])
        connection.request("POST", lines[0].split()[1], body, headers)
        made.append(json.loads(connection.getresponse().read())["product_id"])
        connection.close()
    return made


def _subject(engine: str, workers: int, directory: Path, stack: ExitStack) -> Subject:
    data = stack.enter_context(fresh_directory(directory))
    store, database_pid = "", 0
    if engine == "PostgreSQL":
        running = postgres.server()
        assert running.process is not None
        store, database_pid = running.database(), running.process.pid
    command = servers.entrepot_command()
    server = servers.together(command, data, store, workers)
    stack.callback(server.stop)
    creates = servers.creates(command, data, server, store)
    shows = SignedShows(creates, _products(creates))
    return Subject(
        f"{engine}, {workers}", server, database_pid, {"creates": creates, "shows": shows}
    )


def _run(subject: Subject, kind: str, seconds: float, generator: Generator) -> tuple[Result, float]:
    """The figures of one run, and how many cores other programs took meanwhile."""
    pids = [pid for pid in (subject.server.pid, subject.database_pid) if pid]
    plan = Plan(
        host=subject.server.host,
        port=subject.server.port,
        connections=CONNECTIONS,
        recipe=subject.recipes[kind],
        count=int(_MOST_A_SECOND * seconds) if kind == "creates" else 10**9,
        seconds=seconds,
        repeat=kind != "creates",
        server_pid=subject.server.pid,
    )
    began, machine, ours = time.perf_counter(), machine_cpu_s(), sum(map(server_cpu_s, pids))
    result = generator.run(plan)
    took = time.perf_counter() - began
    ours = sum(map(server_cpu_s, pids)) - ours
    # The generator's own share counts while it sends; making requests before is not others' work.
    making = took - result.elapsed_s
    others = machine_cpu_s() - machine - ours - making
    others -= result.client_cpu_share * result.elapsed_s
    return result, max(others, 0.0) / took


def run(rounds: int, seconds: float, directory: Path, console: Console) -> Figures:
    """The figures of all rounds. Raises: LoadFailure, ServerFailure."""
    figures = Figures()
    loudest = 0.0
    with ExitStack() as stack:
        generator = Generator()
        stack.callback(generator.close)
        subjects = [_subject(e, n, directory, stack) for e in ENGINES for n in WORKERS]
        for number in range(rounds):
            console.print(f"round {number + 1} of {rounds}", style="dim")
            for kind in ("creates", "shows"):
                for subject in subjects[:: 1 if number % 2 else -1]:
                    tries: list[tuple[float, int, Result]] = []
                    while len(tries) < _TRIES and (not tries or min(tries)[0] > _QUIET):
                        result, others = _run(subject, kind, seconds, generator)
                        tries.append((others, len(tries), result))
                    others, _, result = min(tries)
                    loudest = max(loudest, others)
                    figures.add((f"{subject.name}: {kind}", CONNECTIONS), result)
    console.print(f"other programs took at most {loudest:.1f} cores in the runs that count")
    return figures


def ratios(figures: Figures) -> dict[str, Spread]:
    """The rate of the most processes over that of one, paired round by round."""
    one, many = min(WORKERS), max(WORKERS)
    found = {}
    for engine in ENGINES:
        for kind in ("creates", "shows"):
            case = (f"{engine}, {many}: {kind}", CONNECTIONS)
            ratio = figures.ratio(case, (f"{engine}, {one}: {kind}", CONNECTIONS))
            assert ratio is not None
            found[f"{engine}: {kind}"] = ratio
    return found


def show(console: Console, figures: Figures) -> None:
    """The ratios as a table."""
    table = Table(title=f"{max(WORKERS)} processes over one, requests a second")
    for title in ("", "median", "lowest", "highest"):
        table.add_column(title, justify="right" if title else "left")
    for name, ratio in ratios(figures).items():
        table.add_row(name, f"{ratio.median:.2f}", f"{ratio.low:.2f}", f"{ratio.high:.2f}")
    console.print(table)
