"""`entrepot store copy`: an installation moves to another engine, and says whether all of it arrived."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from entrepot import engines
from entrepot.cli.output import counted
from entrepot.config import Config
from entrepot.core.urls import masked
from entrepot.store.transfer import TABLES, StoreRows, compare, copy

store = App(name="store", help="Move a store to another engine.")

_LISTED = 20
_SAID_S = 10.0
_WHERE = "sqlite:DIRECTORY or postgresql://user:password@host/database"


@store.command(name="copy")
def copy_store(
    *,
    source: Annotated[str, Parameter("--from", help=f"What to copy: {_WHERE}.")],
    target: Annotated[str, Parameter("--to", help=f"An empty place for it: {_WHERE}.")],
) -> int:
    """Copy everything, then compare it row by row; exit status 1 where something differs.

    Stop every server on the source first. Cut off, the same command goes on where it was. Both need
    the same master key: it is not copied.
    """
    with _alone(source), _alone(target):
        here = engines.moved(source)
        try:
            there = engines.moved(target, fill=True)
            try:
                return _copy(here, there, target)
            finally:
                there.close()
        finally:
            here.close()


def _copy(here: StoreRows, there: StoreRows, target: str) -> int:
    rows = {table.name: here.count(table) for table in TABLES}
    with _progress("copying", sum(rows.values())) as step:
        copied = copy(here, there, step)
    with _progress("comparing", sum(rows.values())) as step:
        differences = list(islice(compare(here, there, step), _LISTED))
    if differences:
        print("\n".join(differences))
        print(
            "entrepot: the source was changed while it was copied, so the target is of no use:"
            " empty it, stop every server on the source, and copy again",
            file=sys.stderr,
        )
        return 1
    there.release()
    print(f"Copied {counted(copied, 'row')} to {masked(target)}, and all of them are equal.")
    print("The copy opens with the master key of the original; `entrepot doctor` looks it over.")
    return 0


@contextmanager
def _alone(store_options: str) -> Iterator[None]:
    """Nobody serves a directory while it is copied; of a database the comparison will tell."""
    kind, _, folder = store_options.partition(":")
    if kind != "sqlite" or not Path(folder).is_dir():
        yield
        return
    with engines.exclusive(Config(data=Path(folder))):
        yield


@contextmanager
def _progress(what: str, rows: int) -> Iterator[Callable[[str, int], None]]:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(what, rows)
        return
    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=rows)

        def step(table: str, n: int) -> None:
            bar.update(task, advance=n, description=f"{what} {table}")

        yield step


def _lines(what: str, rows: int) -> Callable[[str, int], None]:
    """Progress for a log: a line now and then."""
    done, said = 0, time.monotonic()

    def step(table: str, n: int) -> None:
        nonlocal done, said
        done += n
        if time.monotonic() - said >= _SAID_S:
            said = time.monotonic()
            print(f"{what} {table}: {done} of {rows} rows", file=sys.stderr, flush=True)

    return step
