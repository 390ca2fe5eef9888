"""The command line on a PostgreSQL store: every command as on a directory, and the key that nodes share."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from entrepot import main as root
from entrepot.config import load, shown
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from tests import postgres
from tests.cli.console import Console, say
from tests.server import Server


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data", postgres.database(tmp_path)).with_dev()


def execute(cli: Console, sql: str) -> None:
    with psycopg.connect(cli.config.store) as connection:
        assert connection.execute(sql.encode()).rowcount


def wrong(cli: Console, *flags: str) -> dict[str, list[str]]:
    said = cli("doctor", "--json", *flags)
    found = json.loads(said.out)
    assert said.status == (0 if found["well"] else 1)
    return {c["name"]: c["findings"] for c in found["checks"] if c["wrong"] and not c["mended"]}


def test_the_commands_do_there_what_they_do_on_a_directory(cli: Console) -> None:
    assert cli("tenant", "create", "acme", "--json").json["name"] == "acme"
    assert [t["name"] for t in cli("tenant", "list", "--json").json] == ["dev", "acme"]
    made = cli("user", "create", "ann", "--tenant", "acme", "--json").json
    assert cli("key", "disable", made["access_key"]).status == 0
    assert cli("credentials", "--tenant", "acme", "--user", "ann").status == 1
    assert cli("credentials", "--tenant", "acme", "--json").json["secret_key"]
    product = cli.make_product("lamp", tags={"site": "north"})
    listed = cli("product", "list", "--json").json
    assert (listed["total"], [p["number"] for p in listed["products"]]) == (1, [product.id])
    assert "lamp" in cli("product", "show", str(product.id)).out
    assert cli("model", "list").status == 0
    assert not (cli.data / root.STORE).exists()


def test_looking_makes_nothing(tmp_path: Path) -> None:
    empty = Console(tmp_path / "data", postgres.database(tmp_path))
    for words in (("credentials",), ("tenant", "list"), ("doctor",)):
        said = empty(*words)
        assert said.status == 1
        assert "start `entrepot serve` once" in said.err
    with psycopg.connect(empty.config.store) as connection:
        sql = "SELECT count(*) FROM pg_namespace WHERE nspname = 'entrepot'"
        assert connection.execute(sql).fetchall() == [(0,)]


def test_a_node_with_another_master_key_is_told_so(cli: Console, tmp_path: Path) -> None:
    other = Console(tmp_path / "other", cli.config.store)
    said = other("credentials")
    assert said.status == 1
    assert "master.key is missing" in said.err
    key = tmp_path / "wrong.key"
    key.write_text("ab" * 32)
    for words in (("credentials",), ("tenant", "create", "x")):
        said = other(*words, "--master-key-file", str(key))
        assert said.status == 1
        assert "made with another master key" in said.err
    right = ("--master-key-file", str(cli.data / root.MASTER_KEY))
    assert other("credentials", "--json", *right).json == cli("credentials", "--json").json
    assert not other.data.exists()


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/none?connect_timeout=2"
    for words in (("credentials",), ("tenant", "create", "x"), ("doctor",)):
        said = say(*words, "--store", url, "--data", str(tmp_path))
        assert said.status == 1
        assert said.err.startswith("entrepot: cannot use postgresql://me@127.0.0.1:1/none")
        assert "hunter2" not in said.err
        assert "Traceback" not in said.err


def test_a_password_is_shown_nowhere() -> None:
    url = "postgresql://me:hunter2@h:5432/d?sslmode=require&password=hunter3&sslpassword=hunter4"
    config, _ = load({}, {"ENTREPOT_STORE": url})
    assert shown(config)["store"] == "postgresql://me@h:5432/d?sslmode=require"
    assert "hunter" not in repr(config)
    for value in ("mysql://me:hunter2@h/d", "postgresql://me:hunter2@h/ d"):
        with pytest.raises(ValueError, match="ENTREPOT_STORE") as refused:
            load({}, {"ENTREPOT_STORE": value})
        assert "hunter" not in str(refused.value)


def test_a_store_of_a_newer_release_is_left_alone(cli: Console) -> None:
    execute(cli, "UPDATE entrepot.meta SET value = '99' WHERE name = 'schema'")
    for words in (("doctor",), ("credentials",), ("tenant", "create", "x")):
        said = cli(*words)
        assert said.status == 1
        assert "newer" in said.err


def test_serve_says_where_the_things_are(tmp_path: Path) -> None:
    with Server(tmp_path, store=postgres.database(tmp_path)) as server:
        assert server.credentials()["access_key"]
    assert {p.name for p in tmp_path.iterdir()} == {root.MASTER_KEY}


def test_backups_are_left_to_postgresql(cli: Console, tmp_path: Path) -> None:
    for words in (("backup", str(tmp_path / "b")), ("restore", str(tmp_path / "b"))):
        said = cli(*words)
        assert said.status == 1
        assert "use `pg_dump` and `pg_restore`" in said.err


def test_the_master_key_can_be_changed_and_other_nodes_are_given_the_new_one(
    cli: Console, tmp_path: Path
) -> None:
    key = tmp_path / "node.key"
    key.write_text((cli.data / root.MASTER_KEY).read_text())
    before = cli("credentials", "--json").json
    assert cli("master-key", "rotate").status == 0
    assert cli("credentials", "--json").json == before
    said = cli("credentials", "--master-key-file", str(key))
    assert "made with another master key" in said.err
    key.write_text((cli.data / root.MASTER_KEY).read_text())
    assert cli("credentials", "--json", "--master-key-file", str(key)).json == before


# doctor


def test_a_new_store_is_well(cli: Console) -> None:
    cli.make_product("fine", tags={"a": "b"})
    assert wrong(cli) == {}


def test_wrong_totals_are_found_and_mended_only_when_asked(cli: Console) -> None:
    cli.make_product("one")
    execute(cli, "UPDATE entrepot.total SET n = 41 WHERE kind = 'product' AND n = 1")
    execute(cli, "UPDATE entrepot.block SET n = 7 WHERE kind = 'space' AND n = 1")
    first, second = wrong(cli)["totals equal the rows"]
    assert "1 of kind product, but the total says 41" in first
    assert "1 of kind space, but the block says 7" in second
    assert "totals equal the rows" in wrong(cli)
    assert wrong(cli, "--fix") == {}
    assert wrong(cli) == {}
    assert cli("product", "list", "--json").json["total"] == 1


def test_wrong_totals_of_labels_are_found_and_mended(cli: Console) -> None:
    cli.make_product("one", tags={"a": "b", "b": "b"})
    execute(cli, "UPDATE entrepot.total SET n = 41 WHERE kind = 'label'")
    execute(cli, "UPDATE entrepot.block SET n = 42 WHERE kind = 'label'")
    found = wrong(cli)["totals equal the rows"]
    assert len(found) == 8
    assert "1 of kind label, but the total says 41" in found[0]
    assert wrong(cli, "--fix") == {}
    assert wrong(cli) == {}


def test_claims_tags_orphans_and_documents_that_do_not_fit_are_found(cli: Console) -> None:
    made = cli.make_product("orphan", tags={"site": "north"})
    gone = cli.make_product("gone")  # what was done to it is in the log alone
    ref = Ref(str(gone.id), gone.id)
    cli.done("roma", "DeleteProduct", lambda tx, caller: registry.delete(tx, caller, ref))
    execute(cli, """DELETE FROM entrepot.claim WHERE holder IN (SELECT id FROM entrepot."user")""")
    execute(cli, "INSERT INTO entrepot.claim VALUES (0, '\\x00112233', 77)")
    execute(cli, f"UPDATE entrepot.product SET parent = 5 WHERE id = {made.id}")
    execute(cli, f"DELETE FROM entrepot.label WHERE thing = {made.id}")
    execute(cli, f"INSERT INTO entrepot.label VALUES (1, 'a', 'b', {made.id})")
    execute(cli, "UPDATE entrepot.space SET document = '\\x0000'")
    execute(cli, "UPDATE entrepot.audit SET document = '\\x0000'")
    execute(cli, "SELECT setval('entrepot.ids', 100002)")
    found = wrong(cli)
    assert any("nothing holds" in f for f in found["claims and things agree"])
    assert any("held for 77" in f for f in found["claims and things agree"])
    assert f"product {made.id} belongs to space 5" in found["everything has what it belongs to"][0]
    assert any(f.startswith("space") for f in found["things can be read"])
    assert "which no index names" in found["labels and things agree"][0]
    assert "1 labels are indexed" in found["labels and things agree"][-1]
    assert any("given out again (100003)" in f for f in found["numbers are not given out twice"])
    assert found["the audit log can be read"]
