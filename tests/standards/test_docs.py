"""docs/standards.md says what is there."""

from __future__ import annotations

from pathlib import Path

from entrepot.standards import STANDARDS
from entrepot.standards.units import UNITS

PAGE = (Path(__file__).parents[2] / "docs" / "standards.md").read_text()


def test_the_page_names_every_standard_and_its_directions() -> None:
    for standard in STANDARDS:
        read = "yes" if standard.read is not None else "no"
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{standard.name}` |"))
        assert row.endswith(f"| {read} | yes |")


def test_the_page_counts_the_units() -> None:
    assert f"each of {len(UNITS)} units" in PAGE
