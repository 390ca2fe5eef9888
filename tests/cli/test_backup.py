"""`entrepot backup`, `restore` and `verify`: what was answered before a backup is in it, and comes back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import apsw
import pytest

from entrepot import keyfile
from entrepot import main as root
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.ports import Tx
from entrepot.core.things.account import Settings
from entrepot.core.things.product import Product
from tests.cli.console import Console, Said, say
from tests.contract.live import ask
from tests.contract.test_durability import CLAIMING, Writer
from tests.server import Server


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def restored(cli: Console, backup: Path, *flags: str) -> tuple[Said, Console]:
    """What `restore` says, and the directory that it makes."""
    data = backup.with_name(backup.name + "-restored")
    if not flags:
        flags = ("--key-file", str(cli.data / root.MASTER_KEY))
    return say("restore", str(backup), "--data", str(data), *flags), Console(data)


def verified(backup: Path, *flags: str) -> dict[str, list[str]]:
    """What `verify` finds wrong."""
    said = say("verify", str(backup), "--json", *flags)
    found = json.loads(said.out)
    assert said.status == (0 if found["well"] else 1)
    assert len(found["checks"]) >= 9
    return {c["name"]: c["findings"] for c in found["checks"] if c["wrong"]}


def test_a_backup_under_load_has_everything_that_was_answered_before_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    cli = Console(data)
    installation = cli.opened()
    installation.store.write_now(
        lambda tx: root.create_tenant(
            tx, installation.vault, "busy", Settings(rate_limits=False)
        )
    )  # fmt: skip
    caller = root.credentials(installation, "busy")
    installation.close()
    with Server(data) as server:
        writers = [Writer(CLAIMING, server.address, caller, n) for n in range(4)]
        for writer in writers:
            writer.start()
        while min(len(w.answered) for w in writers) < 20:
            time.sleep(0.01)
        before: dict[str, str] = {}
        for writer in writers:
            before |= dict(writer.answered)
        server.run("backup", str(tmp_path / "backup"))
        meanwhile = sum(len(w.answered) for w in writers)
        assert meanwhile > len(before), "nobody wrote while the backup was made"
        server.stop()
        for writer in writers:
            writer.join(30)
            assert not writer.refused
    said, copy = restored(cli, tmp_path / "backup")
    assert said.status == 0, said.err
    assert copy("doctor", "--json").json["well"]

    def there(tx: Tx) -> dict[str, str]:
        tenant = tenant_named(tx, "busy")
        return {str(p.id): p.profile.name for p in tx.scan(Product, tenant.id)}

    installation = copy.opened()
    found = installation.store.read_now(there)
    installation.close()
    assert before.items() <= found.items()
    # The same keys, ids and handles work on the copy.
    with Server(copy.data) as server:
        handle = next(iter(before))
        answer = ask(server.address, CLAIMING.show(handle, caller, server.address.encode()))
        assert answer.status == 200, answer.body
        assert json.loads(answer.body)["name"] == before[handle]


def test_a_backup_is_checked_as_a_data_directory_is(cli: Console, tmp_path: Path) -> None:
    cli.make_product("kept", tags={"site": "north"})
    backup, key = tmp_path / "backup", ("--key-file", str(cli.data / root.MASTER_KEY))
    said = cli("backup", str(backup))
    assert said.status == 0
    assert keyfile.fingerprint(keyfile.read(cli.data / root.MASTER_KEY)) in said.out
    assert "does not hold the master key" in said.out
    assert sorted(p.name for p in backup.iterdir()) == ["backup.json", root.STORE]
    assert backup.stat().st_mode & 0o777 == 0o700
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in backup.iterdir())
    for _ in range(2):  # looking changes nothing
        assert verified(backup, *key) == {}
    assert sorted(p.name for p in backup.iterdir()) == ["backup.json", root.STORE]
    connection = apsw.Connection(str(backup / root.STORE))
    connection.execute("UPDATE total SET n = 41 WHERE kind = 'product'")
    connection.close()
    wrong = verified(backup, *key)
    assert "its checksum differs" in wrong["the files are what was written"][0]
    assert "totals equal the rows" in wrong
    assert "is not well: make another" in say("verify", str(backup), *key).err
    said, copy = restored(cli, backup)
    assert (said.status, copy.data.exists()) == (1, False)
    assert "is not whole" in said.err


def test_a_cut_off_copy_is_told(cli: Console, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    assert cli("backup", str(backup)).status == 0
    whole = (backup / root.STORE).read_bytes()
    (backup / root.STORE).write_bytes(whole[:-4096])
    said, copy = restored(cli, backup)
    assert said.err.endswith(f"has {len(whole) - 4096} bytes, not {len(whole)}\n")
    assert not copy.data.exists()
    (backup / root.STORE).unlink()
    assert restored(cli, backup)[0].status == 1
    (backup / "backup.json").unlink()
    assert "is not a backup" in restored(cli, backup)[0].err


def test_nothing_is_overwritten_and_a_failed_backup_leaves_nothing(
    cli: Console, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    assert cli("backup", str(backup)).status == 0
    assert "is there already" in cli("backup", str(backup)).err
    said = say("restore", str(backup), "--data", str(cli.data))
    assert said.status == 1
    assert "is there already: restore into another directory" in said.err
    before = sorted(tmp_path.iterdir())
    assert say("backup", str(tmp_path / "no"), "--data", str(tmp_path / "empty")).status == 1
    store = cli.data / root.STORE
    raw = bytearray(store.read_bytes())
    raw[28:32] = b"\0\xff\xff\xff"  # the file claims to be much longer than it is
    raw[4096:] = b""
    store.write_bytes(raw)
    assert cli("backup", str(tmp_path / "no")).status == 1
    assert sorted(tmp_path.iterdir()) == before


def test_without_its_master_key_a_backup_is_not_restored(cli: Console, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    assert cli("backup", str(backup)).status == 0
    wrong = tmp_path / "wrong.key"
    keyfile.put(wrong, bytes(32))
    said, copy = restored(cli, backup, "--key-file", str(wrong))
    assert said.status == 1
    assert "needs the master key with the fingerprint" in said.err
    assert "wrong.key holds another" in said.err
    assert not copy.data.exists()
    assert "--key-file" in say("restore", str(backup), "--data", str(copy.data)).err
    assert "No such file" in restored(cli, backup, "--key-file", str(tmp_path / "no"))[0].err
    assert say("verify", str(backup), "--data", str(copy.data)).status == 1
    assert say("verify", str(backup), "--without-key", "--data", str(copy.data)).status == 0
    # Put where it belongs, it is found.
    copy.data.mkdir(mode=0o700)
    keyfile.put(copy.data / root.MASTER_KEY, keyfile.read(cli.data / root.MASTER_KEY))
    assert copy("restore", str(backup)).status == 0
    assert copy("credentials", "--json").json == cli("credentials", "--json").json


def test_a_backup_with_the_key_is_enough_by_itself(cli: Console, tmp_path: Path) -> None:
    backup, known = tmp_path / "backup", cli("credentials", "--json").json
    said = cli("backup", str(backup), "--with-key")
    assert "can read every secret" in said.out
    assert say("verify", str(backup), "--data", str(tmp_path / "nowhere")).status == 0
    copy = Console(tmp_path / "copy")
    assert copy("restore", str(backup)).status == 0
    assert copy("credentials", "--json").json == known
    assert copy("doctor").status == 0
    assert (copy.data / root.MASTER_KEY).stat().st_mode & 0o777 == 0o600


def test_a_key_in_the_settings_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_MASTER_KEY", "ab" * 32)
    cli, backup = Console(tmp_path / "data"), tmp_path / "backup"
    assert cli("tenant", "create", "dev").status == 0
    known = cli("credentials", "--json").json
    assert cli("backup", str(backup)).status == 0
    copy = Console(tmp_path / "copy")
    assert copy("restore", str(backup)).status == 0
    assert [p.name for p in copy.data.iterdir()] == [root.STORE]
    assert copy("credentials", "--json").json == known
    monkeypatch.setenv("ENTREPOT_MASTER_KEY", "cd" * 32)
    other = Console(tmp_path / "other")
    key = tmp_path / "key"
    keyfile.put(key, bytes.fromhex("ab" * 32))
    assert "another key" in other("restore", str(backup), "--key-file", str(key)).err
    assert not other.data.exists()
