"""`python -m bench [creates|models|capacity|disk|growth|devices|workers]`: the command line of the benchmarks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from bench import capacity, creates, devices, growth, models, servers, table, workers
from bench.disk import fdatasyncs
from bench.figures import Figures, document
from bench.load import LoadFailure
from bench.store_locations import ENGINES

_FILE_WIDTH = 140


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "benchmark",
        nargs="?",
        default="creates",
        choices=("creates", "models", "capacity", "disk", "growth", "devices", "workers"),
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each case in each round")
    parser.add_argument("--connections", type=int, nargs="+", default=list(creates.CONNECTIONS))
    parser.add_argument(
        "--peers", nargs="*", default=["moto", "ministack"], choices=("moto", "ministack")
    )
    parser.add_argument("--server", default="", metavar="COMMAND", help="in place of `entrepot`")
    parser.add_argument(
        "--directory",
        type=Path,
        default=creates.Options().directory,
        help="where the data is written; its disk is the one measured",
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=list(growth.SIZES),
        help="of `growth` in products, of `devices` in devices",
    )
    parser.add_argument(
        "--engine",
        nargs="+",
        default=["sqlite"],
        choices=tuple(ENGINES),
        help="of `growth` and `devices`",
    )
    parser.add_argument(
        "--keep", action="store_true", help="what `growth` fills is left, and gone on with"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    return parser


def _figures(given: argparse.Namespace, console: Console) -> Figures:
    if given.benchmark == "capacity":
        return capacity.run(given.rounds, given.seconds, given.connections, console)
    if given.benchmark == "workers":
        return workers.run(given.rounds, given.seconds, given.directory, console)
    if given.benchmark == "disk":
        given.directory.mkdir(parents=True, exist_ok=True)
        rounds = range(given.rounds)
        return Figures(syncs=[fdatasyncs(given.directory, given.seconds) for _ in rounds])
    options = creates.Options(
        rounds=given.rounds,
        seconds=given.seconds,
        connections=given.connections,
        command=servers.entrepot_command(given.server),
        peers=given.peers,
        directory=given.directory,
    )
    return creates.run(options, console)


def _growth(given: argparse.Namespace, machine: str, console: Console) -> int:
    options = growth.Options(
        sizes=sorted(given.sizes),
        engines=given.engine,
        seconds=given.seconds,
        rounds=given.rounds,
        directory=given.directory / "growth",
        command=servers.entrepot_command(given.server),
        keep=given.keep,
    )
    sizes: list[growth.Size] = []
    for size in growth.run(options, console):  # each is worth keeping: the next takes long
        sizes.append(size)
        _ended(given.json, {"machine": machine, "sizes": growth.document(sizes)})
        growth.show(console, sizes[-1:])
    growth.show(console, sizes)
    return 0


def _devices(given: argparse.Namespace, machine: str, console: Console) -> int:
    found = devices.run(
        sorted(given.sizes), given.engine, given.rounds, given.directory / "devices", console
    )
    sizes: list[devices.Size] = []
    for size in found:
        sizes.append(size)
        _ended(given.json, {"machine": machine, "sizes": msgspec.to_builtins(sizes)})
    devices.show(console, sizes)
    return 0


def main() -> int:
    """0 where the run has figures, whether or not they reach the goals; 1 where it has none."""
    given = _parser().parse_args()
    console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)
    machine = table.machine()
    console.print(machine)
    if given.benchmark == "models":
        found = models.document(models.run(given.rounds, given.directory, console))
        return _ended(given.json, {"machine": machine, **found})
    try:
        if given.benchmark == "growth":
            return _growth(given, machine, console)
        if given.benchmark == "devices":
            return _devices(given, machine, console)
        figures = _figures(given, console)
    except (LoadFailure, servers.ServerFailure) as failure:
        console.print(f"no figures: {failure}", style="red", markup=False, soft_wrap=True)
        return 1
    table.show_cases(console, figures)
    if given.benchmark == "workers":
        workers.show(console, figures)
    if given.benchmark == "creates":
        table.show_goals(console, figures)
    return _ended(given.json, {"machine": machine, **document(figures)})


def _ended(file: Path | None, figures: dict[str, Any]) -> int:
    if file:
        file.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
