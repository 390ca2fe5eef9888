"""The stores of every release so far are opened by this one, and say what they said then."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from entrepot import keyfile
from entrepot import main as root
from tests.cli.console import Console, say
from tests.releases.reading import (
    DUMP,
    DUMPS,
    HERE,
    NAME,
    RELEASES,
    kinds,
    missing,
    read,
    restored,
    unpacked,
)

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


@pytest.mark.parametrize("name", RELEASES)
def test_a_backup_of_then_is_verified_and_restored(tmp_path: Path, name: str) -> None:
    backup = unpacked(name, tmp_path).rename(tmp_path / "backup")
    key = keyfile.read(backup / root.MASTER_KEY)
    store = backup / root.STORE
    with closing(apsw.Connection(str(store))) as copy:
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # as every release leaves its backups
    manifest = {
        "format": 1, "release": name.partition("-")[0], "made_at": "2026-11-22T12:00:00Z",
        "store_bytes": store.stat().st_size, "master_key": keyfile.fingerprint(key),
        "store_sha256": hashlib.sha256(store.read_bytes()).hexdigest(), "master_key_included": True,
    }  # fmt: skip
    (backup / "backup.json").write_text(json.dumps(manifest))
    before = {p.name: p.read_bytes() for p in backup.iterdir()}
    said = say("verify", str(backup), "--json")
    assert said.status == 0, said.out
    assert len(said.json["checks"]) >= 9
    assert {p.name: p.read_bytes() for p in backup.iterdir()} == before
    console = Console(tmp_path / "restored")
    assert console("restore", str(backup)).status == 0
    wanted = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    assert missing(wanted, read(console)) == []
    assert console("doctor").status == 0


def test_a_difference_is_found_wherever_it_is() -> None:
    wanted = {"a": [{"b": 1}], "c": "x"}
    assert missing(wanted, {"a": [{"b": 1, "new": 2}], "c": "x", "d": 1}) == []
    assert missing(wanted, {"a": [{"b": 2}], "c": "x"}) == [".a[0].b: 1 became 2"]
    assert missing(wanted, {"a": [], "c": "x"}) == [".a: [{'b': 1}] became []"]
    assert missing(wanted, {"a": [{"b": 1}]}) == [".c is gone"]
    assert missing({"a": [], "b": 0}, {"a": [1], "b": 1}) == [".b: 0 became 1"]
