"""Known vulnerabilities of everything that is pinned beside this file: `make audit`, before a release.

pip-audit asks a service on the network. A package of which the service knows nothing it skips, and ends
well all the same; where the network has only a mirror, that is every package. Here nothing found
counts only where there was an answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FOUND, UNANSWERED = 1, 2  # exit statuses
ADVICE = (
    "So this is no result. Run `make audit` where the service of PyPI can be reached, or that of"
    " OSV with `make audit ARGS='-s osv'`."
)


def asked(file: Path, arguments: Iterable[str]) -> Any:
    """What pip-audit says of the file, as JSON; None where it could not ask."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
    command += ["--progress-spinner", "off", "--format", "json", "--requirement", str(file)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)  # noqa: S603
    try:
        return json.loads(done.stdout)
    except ValueError:
        lines = done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"]
        print(f"{file.name}: {lines[-1][:200]}", file=sys.stderr)
        return None


def judged(name: str, report: Any) -> tuple[int, list[str]]:
    """The exit status for what was said of one file, and lines for people."""
    packages: list[Mapping[str, Any]] = [] if report is None else report["dependencies"]
    lines = [
        f"{name}: {package['name']} {package['version']}: {flaw['id']}"
        f" ({', '.join(flaw['aliases']) or 'no other name'}),"
        f" mended in {', '.join(flaw['fix_versions']) or 'no release yet'}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]
    answered = [package for package in packages if "skip_reason" not in package]
    if lines:
        return FOUND, lines
    if not answered or len(answered) < len(packages):
        missing = (
            f" for {len(packages) - len(answered)} of {len(packages)} packages" if packages else ""
        )
        return UNANSWERED, [f"{name}: no answer{missing}"]
    return 0, [f"{name}: no known vulnerability in {len(answered)} packages"]


def main() -> int:
    """The exit status: 0 where all was answered and nothing is known, 1 where something is, else 2."""
    statuses = set()
    for file in sorted(Path(__file__).parent.glob("*.txt")):
        status, lines = judged(file.name, asked(file, sys.argv[1:]))
        statuses.add(status)
        print("\n".join(lines), flush=True)
    if UNANSWERED in statuses:
        print(f"Not every package was answered for. {ADVICE}", file=sys.stderr)
    return FOUND if FOUND in statuses else max(statuses)


if __name__ == "__main__":
    sys.exit(main())
