"""`entrepot doctor`: is a data directory as it should be?"""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import Parameter

from entrepot import engines
from entrepot import main as root
from entrepot.cli.options import Json, Place, readable
from entrepot.cli.output import print_json
from entrepot.config import Config
from entrepot.core.identity import Key
from entrepot.core.ports import INSTALLATION, Tx
from entrepot.store.checkup import TOTALS, Check


def doctor(
    *,
    fix: Annotated[
        bool, Parameter(help="Mend file permissions and totals, where they are wrong.")
    ] = False,
    as_json: Json = False,
    place: Place | None = None,
) -> int:
    """Check a data directory, while a server runs on it or not; exit status 1 where it is not well.

    Looks at the files' permissions, the master key, the database file, and whether claims, tags,
    totals, numbers and the audit log fit together.
    """
    settings = (place or Place()).settings
    checks: list[tuple[Check, bool]] = []  # and whether it was mended

    def tell(check: Check, mended: bool = False) -> None:
        checks.append((check, mended))
        if not as_json:
            _print(check, mended)

    tell(*_files(settings, fix))
    with readable(place) as installation:
        tell(_secrets(installation))
    checkup = engines.checkup(settings)
    try:
        with _progress(checkup.rows(), as_json) as progress:
            for check in checkup.look(progress):
                tell(check)
        if fix and any(c.name == TOTALS and c.count for c, _ in checks):
            checkup.mend_totals()
            checks = [(c, m or c.name == TOTALS) for c, m in checks]
            if not as_json:
                print("totals were counted anew")
    finally:
        checkup.close()
    well = all(not check.count or mended for check, mended in checks)
    if as_json:
        print_json(
            {
                "well": well,
                "checks": [
                    {"name": c.name, "wrong": c.count, "mended": m, "findings": list(c.findings)}
                    for c, m in checks
                ],
            }
        )
    elif not well:
        print(
            f"entrepot: {engines.place(settings)} is not well."
            " `entrepot doctor --fix` mends permissions and totals; for the rest restore a backup.",
            file=sys.stderr,
        )
    return 0 if well else 1


def _files(settings: Config, fix: bool) -> tuple[Check, bool]:
    """Only their owner may read the directory and the key; nobody else needs to."""
    findings: list[str] = []
    key = settings.master_key_file or settings.data / root.MASTER_KEY
    for path in (settings.data, key):
        if not path.exists():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            findings.append(f"{path} has mode {mode:o}: others can look into it")
            if fix:
                path.chmod(mode & ~0o077)
    return Check("only the owner can read the files", len(findings), tuple(findings)), fix


def _secrets(installation: root.Readable) -> Check:
    """The master key opened the vault already; does the vault open every key?"""

    def work(tx: Tx) -> list[str]:
        findings = []
        for key in tx.scan(Key, INSTALLATION):
            try:
                installation.vault.open(key.sealed, f"key/{key.id}")
            except ValueError as error:
                findings.append(str(error))
        return findings

    findings = installation.store.read_now(work)
    return Check("the master key opens the secrets", len(findings), tuple(findings[:20]))


@contextmanager
def _progress(rows: int, silent: bool) -> Iterator[Callable[[int], None]]:
    if silent or rows < 20_000 or not sys.stderr.isatty():
        yield lambda n: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking at every row", total=rows)
        yield lambda n: bar.advance(task, n)


def _print(check: Check, mended: bool) -> None:
    mark = "well " if not check.count else "mended" if mended else "WRONG"
    print(f"{mark:6} {check.name}")
    for finding in check.findings:
        print(f"         {finding}")
    if check.count > len(check.findings):
        print(f"         ... and {check.count - len(check.findings)} more")
