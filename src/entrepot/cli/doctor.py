"""`entrepot doctor`: is a data directory as it should be?"""

from __future__ import annotations

import stat
from typing import Annotated

from cyclopts import Parameter

from entrepot import engines, private
from entrepot.cli.checking import Report, secrets
from entrepot.cli.options import Json, StoreOptions, readable
from entrepot.config import Config
from entrepot.store.checks import TOTALS, Check


def doctor(
    *,
    fix: Annotated[
        bool, Parameter(help="Mend file permissions and totals, where they are wrong.")
    ] = False,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> int:
    """Check a data directory, while a server runs on it or not; exit status 1 where it is not well.

    Looks at the files' permissions, the master key, the database file, and whether claims, tags,
    totals, numbers and the audit log fit together.
    """
    settings = (store_options or StoreOptions()).settings
    report = Report(as_json)
    report.tell(*_files(settings, fix))
    with readable(store_options) as installation:
        report.tell(secrets(installation))
    checkup = engines.checkup(settings)
    try:
        report.look(checkup)
        if fix and report.wrong(TOTALS):
            checkup.mend_totals()
            report.mended(TOTALS)
            if not as_json:
                print("totals were counted anew")
    finally:
        checkup.close()
    return report.status(
        f"{engines.store_location(settings)} is not well."
        " `entrepot doctor --fix` mends permissions and totals; for the rest restore a backup."
    )


def _files(settings: Config, fix: bool) -> tuple[Check, bool]:
    """Only their owner may read the directory and what is in it; nobody else needs to."""
    findings: list[str] = []
    named = [settings.data, *([settings.master_key_file] if settings.master_key_file else [])]
    wrong = [p for p in named if p.exists() and stat.S_IMODE(p.stat().st_mode) & 0o077]
    for path in (*wrong, *private.exposed(settings.data)):
        mode = stat.S_IMODE(path.stat().st_mode)
        findings.append(f"{path} has mode {mode:o}: others can look into it")
        if fix:
            private.close(path)
    return Check("only the owner can read the files", len(findings), tuple(findings)), fix
