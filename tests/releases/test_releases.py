"""The data directory of every release so far is opened by this one, and says what it said then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from entrepot import __version__
from tests.cli import Console
from tests.releases.reading import HERE, RELEASES, kinds, missing, read, unpacked


def test_there_is_one_of_this_release() -> None:
    """`python -m tests.releases.make` makes it."""
    assert __version__ in RELEASES


@pytest.mark.parametrize("release", RELEASES)
def test_it_holds_a_thing_of_every_kind(tmp_path: Path, release: str) -> None:
    assert all(kinds(unpacked(release, tmp_path)).values())


@pytest.mark.parametrize("release", RELEASES)
def test_everything_in_it_reads_as_it_was_written(tmp_path: Path, release: str) -> None:
    data = unpacked(release, tmp_path)
    wanted = json.loads((HERE / f"{release}.json").read_text(encoding="utf-8"))
    assert len(wanted) > 40
    Console(data).opened().close()  # which brings it to this release's schema
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
