"""The stores of every release so far are opened by this one, and say what they said then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.releases.reading import DUMP, DUMPS, HERE, NAME, RELEASES, kinds, missing, read, restored

STORES = [*RELEASES, *DUMPS]


@pytest.mark.parametrize("name", [NAME, DUMP])
def test_there_is_one_of_this_release_and_this_schema(tmp_path: Path, name: str) -> None:
    """`python -m tests.releases.make` makes it, with a thing of every kind in it."""
    assert name in STORES
    assert all(kinds(restored(name, tmp_path)).values())


@pytest.mark.parametrize("name", STORES)
def test_everything_in_it_reads_as_it_was_written(tmp_path: Path, name: str) -> None:
    console = restored(name, tmp_path)
    release = name.partition(".postgres-")[0]
    wanted = json.loads((HERE / f"{release}.json").read_text(encoding="utf-8"))
    assert len(wanted) > 40
    console.opened().close()
    assert missing(wanted, read(console)) == []
    said = console("doctor")
    assert said.status == 0, said.out


@pytest.mark.parametrize("name", STORES)
def test_it_goes_on_from_there(tmp_path: Path, name: str) -> None:
    """Numbers, names and claims of then are still taken."""
    console = restored(name, tmp_path)
    console.opened().close()
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
