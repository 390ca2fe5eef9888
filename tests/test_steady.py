"""What Hypothesis draws is the same in every run, and in every part of the suite."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def examples() -> list[int]:
    drawn: list[int] = []

    @settings(max_examples=500)
    @given(st.integers())
    def draw(n: int) -> None:
        drawn.append(n)

    draw()
    return drawn


def test_examples_do_not_depend_on_what_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = examples()
    numbers = ", ".join(str(n) for n in range(10**9, 10**9 + 1000))
    (tmp_path / "full_of_numbers.py").write_text(f"NUMBERS = [{numbers}]\n")
    monkeypatch.syspath_prepend(tmp_path)
    import_module("full_of_numbers")
    try:
        assert (examples() == before) is settings().derandomize
    finally:
        del sys.modules["full_of_numbers"]
