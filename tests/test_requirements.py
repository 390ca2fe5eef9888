"""What is pinned: each by hash, without a host; and what is asked about it counts only where there was an answer."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "requirements"
PINNED = sorted(path.stem for path in FOLDER.glob("*.txt"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
judged = runpy.run_path(str(FOLDER / "audit.py"))["judged"]


def test_everything_that_is_pinned_is_recompiled_by_one_command() -> None:
    (names,) = re.findall(r"for name in ([\w ]+); do", MAKEFILE)
    assert sorted(names.split()) == PINNED
    assert {f"{name}.in" for name in PINNED} == {p.name for p in FOLDER.glob("*.in")} - {"sdks.in"}


@pytest.mark.parametrize("name", PINNED)
def test_each_is_pinned_by_hash_and_from_no_host_in_particular(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z].*==.* \\$", text, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[a-zA-Z]", text, re.MULTILINE)) > 0
    assert "--hash=sha256:" in text
    assert "://" not in text


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    """As pip-audit writes it."""
    return {"dependencies": list(packages), "fixes": []}


FINE = {"name": "fine", "version": "1.0", "vulns": []}
SKIPPED = {"name": "skipped", "skip_reason": "Dependency not found on PyPI"}
FLAWED = {
    "name": "flawed", "version": "2.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": ["CVE-1"], "description": "x"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "status", "line"),
    [
        (report(FINE, FINE), 0, "run.txt: no known vulnerability in 2 packages"),
        (report(FINE, SKIPPED), 2, "run.txt: no answer for 1 of 2 packages"),
        (report(SKIPPED), 2, "run.txt: no answer for 1 of 1 packages"),
        (report(), 2, "run.txt: no answer"),
        (None, 2, "run.txt: no answer"),
        (report(FLAWED, SKIPPED), 1, "run.txt: flawed 2.0: PYSEC-1 (CVE-1), mended in 2.1"),
    ],
)
def test_nothing_found_counts_only_where_there_was_an_answer(
    said: Any, status: int, line: str
) -> None:
    assert judged("run.txt", said) == (status, [line])


def test_what_takes_long_names_programs_and_suites_that_are_there() -> None:
    for module in re.findall(r"python -m (tests\.[\w.]+)", MAKEFILE):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()
    (suites,) = re.findall(r"addprefix (\S+),([\w. ]+)\)", MAKEFILE)
    assert [n for n in suites[1].split() if not (ROOT / f"{suites[0]}{n}").exists()] == []
