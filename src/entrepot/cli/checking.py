"""Checks as they are told, line by line or as one JSON document; knows no store and no file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from entrepot.cli.output import print_json
from entrepot.core import sealing
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Key
from entrepot.main import Readable
from entrepot.store.checks import Check, Progress

_MANY_ROWS = 20_000


class Lookable(Protocol):
    """What looks a store over, of whichever engine."""

    def rows(self) -> int:
        """How many rows `look` will walk."""
        ...

    def look(self, progress: Progress) -> Iterator[Check]:
        """Every check in turn."""
        ...


class Report:
    """What was checked, and whether all of it was well."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._checks: list[tuple[Check, bool]] = []  # and whether it was mended

    def tell(self, check: Check, mended: bool = False) -> None:
        """One check more."""
        self._checks.append((check, mended))
        if not self._as_json:
            _print(check, mended)

    def look(self, checkup: Lookable) -> None:
        """Every check of the store, with progress where that takes long and somebody watches."""
        with progress("looking at every row", checkup.rows(), _MANY_ROWS, self._as_json) as seen:
            for check in checkup.look(seen):
                self.tell(check)

    def mended(self, name: str) -> None:
        """The check's findings are mended."""
        self._checks = [(c, m or c.name == name) for c, m in self._checks]

    def wrong(self, name: str) -> bool:
        """Whether the check found anything."""
        return any(c.name == name and c.count for c, _ in self._checks)

    def status(self, advice: str) -> int:
        """The exit status, once everything is said; the advice where not all is well."""
        well = all(not check.count or mended for check, mended in self._checks)
        if self._as_json:
            print_json(
                {
                    "well": well,
                    "checks": [
                        {
                            "name": c.name,
                            "wrong": c.count,
                            "mended": m,
                            "findings": list(c.findings),
                        }
                        for c, m in self._checks
                    ],
                }
            )
        elif not well:
            print(f"entrepot: {advice}", file=sys.stderr)
        return 0 if well else 1


def secrets(installation: Readable) -> Check:
    """The master key opened the vault already; does the vault open every key?"""

    def work(tx: Tx) -> list[str]:
        findings = []
        for key in tx.scan(Key, INSTALLATION):
            try:
                installation.vault.open(key.sealed, sealing.access_key(key.id))
            except ValueError as error:
                findings.append(str(error))
        return findings

    findings = installation.store.read_now(work)
    return Check("the master key opens the secrets", len(findings), tuple(findings[:20]))


@contextmanager
def progress(words: str, total: int, least: int, silent: bool) -> Iterator[Callable[[int], None]]:
    """A bar that is told how much more is done; none for less than `least`, or where nobody looks."""
    if silent or total < least or not sys.stderr.isatty():
        yield lambda n: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda n: bar.advance(task, n)


def _print(check: Check, mended: bool) -> None:
    mark = "well " if not check.count else "mended" if mended else "WRONG"
    print(f"{mark:6} {check.name}")
    for finding in check.findings:
        print(f"         {finding}")
    if check.count > len(check.findings):
        print(f"         ... and {check.count - len(check.findings)} more")
