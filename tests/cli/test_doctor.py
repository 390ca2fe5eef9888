"""`entrepot doctor`: finds what is wrong, mends what it may, and says nothing of what is well but that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from entrepot import main as root
from tests.cli.console import Console


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def spoil(cli: Console, sql: str, *values: Any) -> None:
    connection = apsw.Connection(str(cli.data / root.STORE))
    try:
        connection.execute(sql, values)
        assert connection.changes()
    finally:
        connection.close()


def wrong(cli: Console, *flags: str) -> dict[str, list[str]]:
    import json

    said = cli("doctor", "--json", *flags)
    found = json.loads(said.out)
    assert said.status == (0 if found["well"] else 1)
    return {
        c["name"]: c["findings"] for c in found["checks"] if c["wrong"] and not c["mended"]
    }  # fmt: skip


def test_a_new_directory_is_well(cli: Console) -> None:
    cli.make_product("fine", tags={"a": "b"})
    assert wrong(cli) == {}
    said = cli("doctor")
    assert said.status == 0
    assert "WRONG" not in said.out
    assert "claims and things agree" in said.out


def test_wrong_totals_are_found_and_mended_only_when_asked(cli: Console) -> None:
    cli.make_product("one")
    spoil(cli, "UPDATE total SET n = 41 WHERE kind = 'product'")
    (finding,) = wrong(cli)["totals equal the rows"]
    assert "1 of kind product, but the total says 41" in finding
    assert "totals equal the rows" in wrong(cli)
    assert wrong(cli, "--fix") == {}
    assert wrong(cli) == {}
    assert cli("product", "list", "--json").json["total"] == 1


def test_wrong_totals_of_labels_are_found_and_mended(cli: Console) -> None:
    cli.make_product("one", tags={"a": "b", "b": "b"})
    spoil(cli, "UPDATE total SET n = 41 WHERE kind = 'label'")
    found = wrong(cli)["totals equal the rows"]
    assert len(found) == 4
    assert "1 of kind label, but the total says 41" in found[0]
    assert wrong(cli, "--fix") == {}
    assert wrong(cli) == {}


def test_files_that_others_can_read_are_found_and_closed(cli: Console) -> None:
    key = cli.data / root.MASTER_KEY
    key.chmod(0o644)
    cli.data.chmod(0o755)
    findings = wrong(cli)["only the owner can read the files"]
    assert len(findings) == 2
    assert str(key) in findings[1]
    assert wrong(cli, "--fix") == {}
    assert (key.stat().st_mode & 0o777, cli.data.stat().st_mode & 0o777) == (0o600, 0o700)
    assert wrong(cli) == {}


def test_a_claim_without_its_thing_and_a_thing_without_its_claim_are_found(cli: Console) -> None:
    spoil(cli, "DELETE FROM claim WHERE holder IN (SELECT id FROM user)")
    spoil(cli, "INSERT INTO claim VALUES (0, x'00112233445566778899aabbccddeeff', 77)")
    findings = wrong(cli)["claims and things agree"]
    assert any("claims user.name" in f and "nothing holds" in f for f in findings)
    assert any("held for 77" in f for f in findings)


def test_orphans_unreadable_things_and_labels_are_found(cli: Console) -> None:
    made = cli.make_product("orphan", tags={"site": "north"})
    spoil(cli, "UPDATE product SET parent = 5 WHERE id = ?", made.id)
    spoil(cli, "DELETE FROM label WHERE thing = ?", made.id)
    spoil(cli, "UPDATE space SET document = x'0000'")
    found = wrong(cli)
    assert f"product {made.id} belongs to space 5" in found["everything has what it belongs to"][0]
    assert any("is kept under another" in f for f in found["things can be read"])
    assert any(f.startswith("space") for f in found["things can be read"])
    assert "which no index names" in found["labels and things agree"][0]
    said = cli("doctor")
    assert said.status == 1
    assert "WRONG" in said.out
    assert "is not well" in said.err


def test_a_sequence_that_would_give_numbers_out_twice_is_found(cli: Console) -> None:
    spoil(cli, "UPDATE meta SET value = ? WHERE name = 'next_id'", b"100002")
    findings = wrong(cli)["numbers are not given out twice"]
    assert any("will be given out again (100002)" in f for f in findings)


def test_triggers_and_views_of_others_are_found_and_never_run(cli: Console) -> None:
    connection = apsw.Connection(str(cli.data / root.STORE))
    connection.execute(
        "CREATE TRIGGER evil AFTER INSERT ON product BEGIN DELETE FROM product; END;"
        "CREATE VIEW odd AS SELECT 1"
    )
    connection.close()
    cli.make_product("kept")
    assert wrong(cli) == {
        "the file is sound": [
            "it holds a trigger that Entrepot did not make: evil",
            "it holds a view that Entrepot did not make: odd",
        ]
    }
    assert "kept" in cli("product", "list").out


def test_a_damaged_file_is_told_apart_from_a_strange_one(cli: Console) -> None:
    cli.make_product("x")
    store = cli.data / root.STORE
    store.write_bytes(b"This is no database at all, whatever its name says. " * 100)
    said = cli("doctor")
    assert said.status == 1
    assert said.err.startswith("entrepot: ")
    assert "Traceback" not in said.err
    store.unlink()
    other = apsw.Connection(str(store))
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    for words in (("doctor",), ("credentials",), ("tenant", "create", "x")):
        said = cli(*words)
        assert said.status == 1
        assert "belongs to another program" in said.err


def test_a_store_of_a_newer_release_is_left_alone(cli: Console) -> None:
    connection = apsw.Connection(str(cli.data / root.STORE))
    connection.execute("PRAGMA user_version=99")
    connection.close()
    for words in (("doctor",), ("credentials",), ("tenant", "create", "x")):
        said = cli(*words)
        assert said.status == 1
        assert "newer" in said.err
