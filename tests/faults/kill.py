"""`python -m tests.faults.kill [--engine postgres] [--victim postgres]`: kill -9 under load, a hundred times.

The victim is the server, whose starts are measured, or PostgreSQL itself: kill -9 of its postmaster and its
immediate shutdown in turns, while the node goes on. Ends with status 1, and says what is missing, where
anything that was answered is not there.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from entrepot.config import Config
from tests.contract.test_durability import WRITERS, killed
from tests.faults.interrupted import interrupted
from tests.postgres import PostgresServer

START_S = 2.0  # the promise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--victim", choices=("server", "postgres"), default="server")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--verified-each", type=int, default=10, help="rounds between full looks")
    parser.add_argument("--directory", type=Path, help="where the store is made; its disk matters")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.directory) as folder:
        data = Path(folder) / "data"
        if given.victim == "postgres":
            interrupt(data, given.rounds, given.verified_each)
        else:
            kill(data, given.engine, given.rounds, given.verified_each)
    return 0


def kill(data: Path, engine: str, rounds: int, verified_each: int) -> None:
    """Kill the server again and again, and say what came of it."""
    postgres = PostgresServer("-c", "fsync=on") if engine == "postgres" else None
    config = Config(data=data, store=postgres.database() if postgres else "")
    done = []
    for round in killed(config, rounds, verified_each):
        done.append(round)
        print(f"round {len(done)}: {round}", flush=True)
    starts = [r.start_s for r in done]
    print(
        f"{engine}, {len(done)} kills with {WRITERS} writers: all of {sum(r.answered for r in done)}"
        f" answered creates are there, nothing by halves.\n{_measured('starts', starts)}"
        f" (to reach: {START_S:g} s: {'reached' if max(starts) < START_S else 'NOT REACHED'});"
        f" {_measured('of processor time', [r.start_cpu_s for r in done])}."
    )


def interrupt(data: Path, rounds: int, verified_each: int) -> None:
    """Kill PostgreSQL again and again, and say what came of it."""
    done = []
    for round in interrupted(PostgresServer("-c", "fsync=on"), data, rounds, verified_each):
        done.append(round)
        print(f"round {len(done)}: {round}", flush=True)
    answered, refused = sum(r.answered for r in done), sum(r.refused for r in done)
    print(
        f"PostgreSQL, {len(done)} times killed with {WRITERS} writers: all of {answered} answered creates"
        f" are there, none of {refused} refused ones, nothing by halves.\n"
        f"{_measured('ready again', [r.back_s for r in done])} after PostgreSQL was."
    )


def _measured(what: str, seconds: Sequence[float]) -> str:
    return f"{what}: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"


if __name__ == "__main__":
    raise SystemExit(main())
