"""`entrepot store copy`: everything moves, in both directions, goes on where it was cut off, and is compared."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from entrepot import engines
from entrepot import main as root
from entrepot.cli import stores
from entrepot.config import Config
from entrepot.core.kinds import INSTALLATION, KINDS
from entrepot.core.ports import Tx
from entrepot.core.things.account import Tenant
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Product
from entrepot.store import transfer
from tests import postgres
from tests.cli.console import Console, say
from tests.contract.goods import entry, product, topic


@pytest.fixture
def source(tmp_path: Path) -> Console:
    """A directory with something of everything."""
    cli = Console(tmp_path / "source").with_dev()
    assert cli("user", "create", "ann").status == 0
    with closing(cli.opened()) as installation:
        tenant, space = installation.store.read_now(tenant_of)

        def fill(tx: Tx) -> None:
            for i in range(300):
                made = product(
                    tx, f"p{i}", tenant=tenant, space=space, claims=(Claim("test.name", f"{i}"),),
                    tags={"n": str(i % 7), "nul\0": "x" * 3000} if i % 3 == 0 else {},
                    extras={"test": {"bulk": "灯" * (i * 10)}},
                )  # fmt: skip
                tx.note(tenant, entry(made.id))
                topic(tx, made)

        installation.store.write_now(fill)
    return cli


def tenant_of(tx: Tx) -> tuple[int, int]:
    (tenant,) = tx.scan(Tenant, INSTALLATION)
    return tenant.id, tenant.default_space


def copied(source: str, target: str) -> str:
    said = say("store", "copy", "--from", source, "--to", target)
    assert said.status == 0, said.err + said.out
    return said.out


def everything(config: Config) -> Any:
    """All that can be read through the port."""
    with closing(root.read_installation(config)) as installation:

        def look(tx: Tx) -> Any:
            tenant, space = tenant_of(tx)
            things = [
                [(t, tx.history(tenant, t.id)) for t in tx.scan(k.type, owner)]
                for k in KINDS
                for owner in (INSTALLATION, tenant)
            ]
            products = list(tx.scan(Product, tenant))
            held = [tx.holder(tenant, claim) for p in products for claim in p.claims]
            counts = [
                tx.count(k.type, t, parent=p)
                for k in KINDS
                for t in (INSTALLATION, tenant)
                for p in (None, space)
            ]
            tags = [
                tx.labelled(Product, tenant, [w])
                for w in (("n", "3"), ("n", None), ("nul\0", None))
            ]
            return things, held, counts, tags, tx.recall("root"), installation.vault.derive("x")

        return installation.store.read_now(look)


def test_an_installation_moves_there_and_back_whole(source: Console, tmp_path: Path) -> None:
    before = everything(source.config)
    database = postgres.database(tmp_path)
    assert "all of them are equal" in copied(f"sqlite:{source.data}", database)
    there = Config(data=source.data, store=database)
    assert everything(there) == before
    assert say("doctor", "--data", str(source.data), "--store", database).status == 0

    back = tmp_path / "back"
    copied(database, f"sqlite:{back}")
    (back / root.MASTER_KEY).write_text((source.data / root.MASTER_KEY).read_text())
    (back / root.MASTER_KEY).chmod(0o600)
    assert everything(Config(data=back)) == before
    assert Console(back)("doctor").status == 0
    assert {p.name for p in back.iterdir()} >= {root.STORE, root.MASTER_KEY}
    assert not list(back.glob("*.copying*"))
    # Numbers go on where they were.
    last = max(p.id for p, _ in before[0][1])
    for config in (there, Config(data=back)):
        with closing(root.open_installation(config)) as installation:
            assert installation.store.write_now(lambda tx: tx.new_id()) > last


@pytest.mark.parametrize("to", ["postgres", "sqlite"])
def test_a_copy_that_was_cut_off_goes_on_where_it_was(
    source: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    for module in (
        "sqlite.transfer",
        "postgres.transfer",
    ):  # first: one that is imported here would keep the 50
        monkeypatch.setattr(f"entrepot.store.{module}.BLOCK", 50)
    monkeypatch.setattr(transfer, "BLOCK", 50)
    target = postgres.database(tmp_path) if to == "postgres" else f"sqlite:{tmp_path / 'new'}"
    here = engines.moved(f"sqlite:{source.data}")
    rows = sum(here.count(table) for table in transfer.TABLES) - 1  # without `next_id`
    done = 0
    for cut in (1, 200, 77, 500):
        seen = 0

        def step(table: str, n: int, cut: int = cut) -> None:
            nonlocal seen
            seen += n
            if seen >= cut:
                raise KeyboardInterrupt

        with closing(engines.moved(target, fill=True)) as there, pytest.raises(KeyboardInterrupt):
            transfer.copy(here, there, step)
        done += seen
    here.close()
    config = Config(data=source.data, store=target)
    if to == "postgres":
        with pytest.raises(ValueError, match="has not ended"):
            root.open_installation(config)
    else:
        assert not (tmp_path / "new" / root.STORE).exists()
    said = copied(f"sqlite:{source.data}", target)
    assert f"Copied {rows - done} rows" in said
    assert 0 < done < rows
    if to == "sqlite":
        key = source.data / root.MASTER_KEY
        config = Config(data=tmp_path / "new", master_key_file=key)
    assert everything(config) == everything(source.config)


def test_what_was_changed_meanwhile_is_named(source: Console, tmp_path: Path) -> None:
    database = postgres.database(tmp_path)
    with (
        closing(engines.moved(f"sqlite:{source.data}")) as here,
        closing(engines.moved(database, fill=True)) as there,
    ):
        transfer.copy(here, there)
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("UPDATE entrepot.product SET document = '\\x00' WHERE id % 100 = 5")
            other.execute("DELETE FROM entrepot.audit WHERE thing % 100 = 7")
            other.execute("INSERT INTO entrepot.claim VALUES (0, '\\x00', 7)")
        found = list(transfer.compare(here, there))
    assert sum("product" in f and "was changed" in f for f in found) == 6
    assert sum("audit" in f and "was not copied" in f for f in found) == 6
    assert [f for f in found if "is not in the source" in f] == ["claim 0/00 is not in the source"]
    with closing(apsw.Connection(str(source.data / root.STORE))) as rows:
        rows.execute("UPDATE claim SET holder = 7 WHERE holder IN (SELECT id FROM user)")
    said = say("store", "copy", "--from", f"sqlite:{source.data}", "--to", database)
    assert said.status == 1
    assert "the source was changed while it was copied" in said.err


def test_a_log_is_told_how_far_a_copy_is(
    source: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_SAID_S", 0)
    said = say(
        "store", "copy", "--from", f"sqlite:{source.data}", "--to", f"sqlite:{tmp_path / 'new'}"
    )
    copying, comparing = (
        [line for line in said.err.splitlines() if line.startswith(word)]
        for word in ("copying product: ", "comparing product: ")
    )
    assert copying[0].startswith("copying product: 300 of ")
    assert len(comparing) == 300


def test_a_copy_refuses_what_it_cannot_mean(source: Console, tmp_path: Path) -> None:
    database = postgres.database(tmp_path)
    here = f"sqlite:{source.data}"
    copied(here, database)
    for start, end, says in (
        (here, database, "the target holds a store already"),
        (database, here, "is there already"),
        (f"sqlite:{tmp_path / 'none'}", database, "cannot be used as a store"),
        ("postgresql://h:1/none?connect_timeout=1", here, "cannot use postgresql://h:1/none"),
        (str(source.data), database, "is neither sqlite:DIRECTORY nor postgresql://"),
        ("mysql://u:hunter2@h/d", database, "'mysql://u@h/d' is neither"),
    ):
        said = say("store", "copy", "--from", start, "--to", end)
        assert said.status == 1
        assert says in said.err
        assert "Traceback" not in said.err
    with engines.exclusive(source.config):
        said = say("store", "copy", "--from", here, "--to", f"sqlite:{tmp_path / 'new'}")
        assert said.status == 1
        assert "stop it first" in said.err
