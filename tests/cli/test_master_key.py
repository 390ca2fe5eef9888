"""`entrepot master-key`: the key changes, the secrets stay, and no moment is without a key that opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrepot import keyfile
from entrepot import main as root
from entrepot.core.accounts import tenancy
from tests.cli.console import Console
from tests.contract.adapters import ADAPTERS
from tests.contract.live import ask
from tests.server import Server

IOTDA = next(a for a in ADAPTERS if a.dialect == "iotda")


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def key_of(cli: Console) -> bytes:
    return keyfile.read(cli.data / root.MASTER_KEY)


def test_the_key_changes_and_the_secrets_stay(cli: Console, tmp_path: Path) -> None:
    known, old = cli("credentials", "--json").json, key_of(cli)
    assert cli("backup", str(tmp_path / "before")).status == 0
    print_ = cli("master-key", "fingerprint").out.strip()
    said = cli("master-key", "rotate")
    assert said.status == 0
    kept = cli.data / f"{root.MASTER_KEY}.{print_}"
    assert str(kept) in said.out
    assert key_of(cli) != old
    assert keyfile.read(kept) == old
    assert (cli.data / root.MASTER_KEY).stat().st_mode & 0o777 == 0o600
    assert cli("master-key", "fingerprint").out.strip() != print_
    assert cli("credentials", "--json").json == known
    assert cli("doctor").status == 0
    # The old key opens what is from before, and nothing else.
    assert "needs the master key" in cli("verify", str(tmp_path / "before")).err
    assert cli("verify", str(tmp_path / "before"), "--key-file", str(kept)).status == 0
    keyfile.put(cli.data / root.MASTER_KEY, old)
    assert "another master key" in cli("credentials").err


def test_a_running_server_does_not_notice(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        caller = server.credentials()
        server.run("master-key", "rotate")
        address = server.address.encode()
        assert ask(server.address, IOTDA.show("none", caller, address)).status == 404
        server.run("tenant", "create", "later")
        assert (
            ask(server.address, IOTDA.show("none", server.credentials("later"), address)).status
            == 404
        )
        server.stop()
        server.start()
        assert server.credentials() == caller


@pytest.mark.parametrize("in_store", [False, True])
def test_a_change_that_was_cut_off_is_found_and_ended(cli: Console, in_store: bool) -> None:
    """Killed before the store had the new key, or after that and before the file had it."""
    known, old, new = cli("credentials", "--json").json, key_of(cli), bytes(range(32))
    keyfile.put(cli.data / root.NEXT_KEY, new)
    if in_store:
        installation = cli.opened()
        installation.store.write_now(lambda tx: tenancy.change_master_key(tx, old, new))
        installation.close()
    assert cli("credentials", "--json").json == known
    assert key_of(cli) == (new if in_store else old)
    assert (cli.data / root.NEXT_KEY).exists() != in_store
    assert cli("master-key", "rotate").status == 0
    assert not (cli.data / root.NEXT_KEY).exists()
    assert cli("credentials", "--json").json == known


def test_a_key_of_ones_own_and_a_key_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "ab" * 32, "cd" * 32
    monkeypatch.setenv("ENTREPOT_MASTER_KEY", old)
    cli = Console(tmp_path / "data")
    assert cli("tenant", "create", "dev").status == 0
    known = cli("credentials", "--json").json
    said = cli("master-key", "rotate")
    assert said.status == 1
    assert "--to" in said.err
    file = tmp_path / "new"
    file.write_text(new)
    said = cli("master-key", "rotate", "--to", str(file))
    assert "Set ENTREPOT_MASTER_KEY to the new key" in said.out
    assert "another master key" in cli("credentials").err
    monkeypatch.setenv("ENTREPOT_MASTER_KEY", new)
    assert cli("credentials", "--json").json == known
    assert [p.name for p in cli.data.iterdir()] == [root.STORE]
    file.write_text("short")
    assert "64 hexadecimal digits" in cli("master-key", "rotate", "--to", str(file)).err
