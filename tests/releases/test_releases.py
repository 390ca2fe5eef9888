"""The data directory of every release so far is opened by this one, and says what it said then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import Console
from tests.releases.reading import HERE, NAME, RELEASES, kinds, missing, read, unpacked


def test_there_is_one_of_this_release_and_this_schema(tmp_path: Path) -> None:
    """`python -m tests.releases.make` makes it, with a thing of every kind in it."""
    assert NAME in RELEASES
    assert all(kinds(unpacked(NAME, tmp_path)).values())


@pytest.mark.parametrize("release", RELEASES)
def test_everything_in_it_reads_as_it_was_written(tmp_path: Path, release: str) -> None:
    data = unpacked(release, tmp_path)
    wanted = json.loads((HERE / f"{release}.json").read_text(encoding="utf-8"))
    assert len(wanted) > 40
    assert missing(wanted, read(data)) == []
    said = Console(data)("doctor")
    assert said.status == 0, said.out


@pytest.mark.parametrize("release", RELEASES)
def test_it_goes_on_from_there(tmp_path: Path, release: str) -> None:
    """Numbers, names and claims of then are still taken."""
    data = unpacked(release, tmp_path)
    console = Console(data)
    numbers = {p["number"] for p in console("product", "list", "--json").json["products"]}
    made = console.make_product("later")
    assert made.id > max(numbers)
    assert console("doctor").status == 0
    assert "is taken" in console("tenant", "create", "other").err


def test_a_difference_is_found_wherever_it_is() -> None:
    wanted = {"a": [{"b": 1}], "c": "x"}
    assert missing(wanted, {"a": [{"b": 1, "new": 2}], "c": "x", "d": 1}) == []
    assert missing(wanted, {"a": [{"b": 2}], "c": "x"}) == [".a[0].b: 1 became 2"]
    assert missing(wanted, {"a": [], "c": "x"}) == [".a: [{'b': 1}] became []"]
    assert missing(wanted, {"a": [{"b": 1}]}) == [".c is gone"]
    assert missing({"a": [], "b": 0}, {"a": [1], "b": 1}) == [".b: 0 became 1"]
