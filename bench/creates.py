"""Durable, signed IoTDA creates beside the HTTP limit, the disk's limit and two peers.

The cases are interleaved: every round runs each of them once, so that a noisy minute of the
machine falls on all of them and the ratios survive it.
"""

from __future__ import annotations

import http.client
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console

from bench import servers
from bench.disk import fdatasyncs
from bench.figures import Figures
from bench.load import Generator, LoadFailure, Plan, Recipe, Result
from bench.peers.aws import ROOT, ThingTypes
from bench.requests_iotda import SignedCreates

CONNECTIONS = (1, 16, 64, 256)
_PEER_CONNECTIONS = 64
_PEER_REQUESTS = 20_000
_STARTS = 3
_IDLE_S = 1.0
_SYNC_S = 1.0
# requests are signed before the clock starts: enough for this rate, then for a bit over the best
_FIRST_GUESS = {1: 6_000, 16: 20_000, 64: 25_000, 256: 25_000}
_HEADROOM = 1.4


@dataclass(frozen=True, slots=True)
class Options:
    """What to run and for how long."""

    rounds: int = 5
    seconds: float = 2.0
    connections: Sequence[int] = CONNECTIONS
    command: Sequence[str] = field(default_factory=servers.entrepot_command)
    peers: Sequence[str] = ("moto", "ministack")
    directory: Path = ROOT / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Subject:
    """A running server with the requests for it."""

    name: str
    server: servers.Server
    recipe: Recipe
    connections: Sequence[int]
    repeat: bool = False


@contextmanager
def fresh_directory(parent: Path) -> Iterator[Path]:
    """An empty directory on the disk of `parent`, removed afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def first_create_s(recipe: SignedCreates) -> float:
    """Seconds from opening a connection to one answered create. Raises: ServerFailure."""
    head, _, body = recipe.requests(1)[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    started = time.perf_counter()
    connection = http.client.HTTPConnection(recipe.host, recipe.port, timeout=30)
    connection.request("POST", lines[0].split()[1], body, headers)
    answer = connection.getresponse()
    text = answer.read()
    elapsed = time.perf_counter() - started
    connection.close()
    if answer.status != 201:
        raise servers.ServerFailure(f"the first create: {answer.status} {text[:600]!r}")
    return elapsed


def _timed_start(options: Options, data: Path) -> tuple[servers.Server, float, SignedCreates]:
    # The key is read in between by another process; that time belongs to nobody's start.
    started = time.perf_counter()
    server = servers.entrepot(options.command, data)
    listening_s = time.perf_counter() - started
    try:
        recipe = servers.creates(options.command, data, server)
        return server, listening_s + first_create_s(recipe), recipe
    except BaseException:
        server.stop()
        raise


def measure_starts(options: Options, figures: Figures) -> None:
    """Fills in the start times and the idle memory: some starts, each from nothing and again."""
    idle: list[float] = []
    for _ in range(_STARTS):
        with fresh_directory(options.directory) as data:
            for times in (figures.first_start_s, figures.later_start_s):
                server, seconds, _ = _timed_start(options, data)
                times.append(seconds)
                time.sleep(_IDLE_S)
                idle.append(server.rss_mb())
                server.stop()
    figures.idle_rss_mb = max(idle)


def _subjects(options: Options, stack: ExitStack) -> list[Subject]:
    data = stack.enter_context(fresh_directory(options.directory))
    product, _, signed = _timed_start(options, data)
    stack.callback(product.stop)
    echo = servers.module("bench.peers.echo")
    stack.callback(echo.stop)
    same = SignedCreates(
        echo.host, echo.port, signed.project_id, signed.access_key, signed.secret_key
    )
    found = [
        Subject("entrepot", product, signed, options.connections),
        Subject("echo", echo, same, options.connections, repeat=True),
    ]
    for name in options.peers:
        server = servers.peer(name)
        stack.callback(server.stop)
        recipe = ThingTypes(server.host, server.port)
        found.append(Subject(name, server, recipe, (_PEER_CONNECTIONS,)))
    return found


def _plan(subject: Subject, connections: int, options: Options, figures: Figures) -> Plan:
    earlier = figures.runs.get((subject.name, connections), [])
    guess = max((result.rate * _HEADROOM for result in earlier), default=0.0)
    if subject.repeat:
        count = 10**9
    elif subject.name in options.peers:
        count = _PEER_REQUESTS
    else:
        count = int((guess or _FIRST_GUESS.get(connections, 25_000)) * options.seconds)
    return Plan(
        host=subject.server.host,
        port=subject.server.port,
        connections=connections,
        recipe=subject.recipe,
        count=count,
        seconds=options.seconds,
        repeat=subject.repeat,
        server_pid=subject.server.pid,
    )


def _sent(subject: Subject, plan: Plan, generator: Generator) -> Result:
    try:
        return generator.run(plan)
    except LoadFailure as failure:
        where = f"{subject.name} at {plan.connections} connections"
        raise LoadFailure(f"{where}, {failure}") from failure


def _warm_up(subject: Subject, generator: Generator) -> None:
    # moto builds its tables at the first call; 64 first calls at once would take half a minute
    for connections in (1, 4):
        plan = Plan(
            host=subject.server.host,
            port=subject.server.port,
            connections=connections,
            recipe=subject.recipe,
            count=20 * connections,
            repeat=subject.repeat,
        )
        _sent(subject, plan, generator)


def run(options: Options, console: Console) -> Figures:
    """The figures of all rounds. Raises: LoadFailure, ServerFailure."""
    figures = Figures()
    _, generator_core = servers.cores()
    generator = Generator(generator_core)
    with ExitStack() as stack:
        stack.callback(generator.close)
        measure_starts(options, figures)
        subjects = _subjects(options, stack)
        for subject in subjects:
            _warm_up(subject, generator)
        for number in range(options.rounds):
            console.print(f"round {number + 1} of {options.rounds}", style="dim")
            for connections in sorted({*options.connections, _PEER_CONNECTIONS}):
                for subject in subjects:
                    if connections in subject.connections:
                        plan = _plan(subject, connections, options, figures)
                        result = _sent(subject, plan, generator)
                        figures.add((subject.name, connections), result)
            syncs = partial(fdatasyncs, options.directory, _SYNC_S)
            figures.syncs.append(generator.call(syncs))
        figures.loaded_rss_mb = subjects[0].server.rss_mb()
    return figures
