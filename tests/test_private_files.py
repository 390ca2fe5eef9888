"""What is kept on disk can be read by its owner alone, whatever the umask; and nothing half made stays."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot import keyfile
from entrepot import main as root
from tests import postgres
from tests.cli.console import Console, say
from tests.contract.adapters import ADAPTERS
from tests.contract.live import ask
from tests.server import Server

ALIYUN, ROMA = (next(a for a in ADAPTERS if a.dialect == name) for name in ("aliyun", "roma"))
KEY = bytes(range(32))
# Alone in a process namespace a program has the same number each time, as in a container.
OWN_NUMBER = f".{os.getpid()}"


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def exposed(folder: Path) -> list[str]:
    """The files in the folder and below that others have a right to."""
    return [str(p) for p in folder.rglob("*") if p.is_file() and p.stat().st_mode & 0o077]


def modes(folder: Path) -> dict[str, int]:
    return {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}


@pytest.mark.usefixtures("open_umask")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_makes_its_files_for_its_owner_alone(tmp_path: Path, workers: str) -> None:
    data = tmp_path / "data"
    data.mkdir()  # open to everybody, as it may be found
    there = {"TMPDIR": str(tmp_path)}
    with Server(data, "--workers", workers, variables=there) as server:
        known, address = server.credentials(), server.address.encode()
        ask(server.address, ALIYUN.show("none", known, address))  # has a nonce, which is kept
        body = {**ROMA.operation("CreateProduct").example, "app_id": known["roma"]["app_id"]}
        assert ask(server.address, ROMA.create(body, known, address)).status == 201
        made = modes(data)
        assert {"entrepot.sqlite", "entrepot.sqlite-wal", "entrepot.sqlite-shm"} < made.keys()
        assert {"master.key", "serve.lock"} < made.keys()
        assert [name for name in made if name.startswith("nonces.")]
        assert ("entrepot.sqlite-turn" in made) is (workers == "2")
        server.run("master-key", "rotate")
        assert exposed(tmp_path) == []  # what workers count in among it
        server.stop()
    assert exposed(tmp_path) == []


@pytest.mark.usefixtures("open_umask")
def test_copies_are_for_their_owner_alone(cli: Console, tmp_path: Path) -> None:
    assert cli("backup", str(tmp_path / "b"), "--with-key").status == 0
    restored = ("restore", str(tmp_path / "b"), "--data", str(tmp_path / "restored"))
    assert say(*restored).status == 0
    there = postgres.database(tmp_path)
    here = ("--from", f"sqlite:{cli.data}", "--to", there)
    assert say("store", "copy", *here).status == 0
    back = ("--from", there, "--to", f"sqlite:{tmp_path / 'back'}")
    assert say("store", "copy", *back).status == 0
    assert (tmp_path / "back" / root.STORE).exists()
    assert exposed(tmp_path) == []


@pytest.mark.usefixtures("open_umask")
def test_a_nodes_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    Console(tmp_path / "data", postgres.database(tmp_path)).with_dev()
    assert modes(tmp_path / "data") == {"master.key": 0o600}


def test_files_that_others_could_read_are_closed_at_the_start(cli: Console) -> None:
    opened = [cli.data / name for name in (root.STORE, root.MASTER_KEY, "nonces.1", "serve.lock")]
    theirs = cli.data / "notes.txt"
    for path in (*opened, theirs):
        path.touch()
        path.chmod(0o644)
    with Server(cli.data, "--access-log", "true") as server:
        assert server.stop() == 0
        (line,) = [line for line in server.said.splitlines() if "others could read" in line]
    assert all(path.name in line for path in opened)
    assert theirs.name not in line
    assert exposed(cli.data) == [str(theirs)]
    with Server(cli.data) as server:
        assert server.stop() == 0
        assert "others could read" not in server.said


def test_doctor_finds_and_closes_every_file_that_others_can_read(cli: Console) -> None:
    for name in (root.STORE, "nonces.1", "master.key.next", "entrepot.sqlite-wal"):
        (cli.data / name).touch()
        (cli.data / name).chmod(0o640)
    cli.data.chmod(0o750)
    said = cli("doctor", "--json")
    found = next(c for c in json.loads(said.out)["checks"] if "owner" in c["name"])
    assert (said.status, found["wrong"]) == (1, 5)
    assert cli("doctor", "--fix").status == 0
    assert exposed(cli.data) == []
    assert cli("doctor").status == 0


# What killed programs left


@pytest.mark.parametrize("written", ["", "ab" * 20, "ab" * 31 + "a"])
@pytest.mark.parametrize("of", ["", ".next", "." + "0f" * 8])
def test_a_key_file_that_was_cut_off_is_removed_and_stops_nobody(
    tmp_path: Path, written: str, of: str
) -> None:
    cli = Console(tmp_path / "data")
    cli.data.mkdir()
    for suffix in (OWN_NUMBER, ".1", "." + "1e" * 8 + ".part"):
        (cli.data / f"master.key{of}{suffix}").write_text(written)
    cli.with_dev()
    left = {name for name in modes(cli.data) if name.startswith("master.key")}
    assert left == {root.MASTER_KEY}
    assert cli("credentials").status == 0


def test_what_may_be_somebodys_copy_of_a_key_stays(cli: Console) -> None:
    copies = {
        "master.key.20261130": keyfile.read(cli.data / root.MASTER_KEY).hex(),
        "master.key.2": KEY.hex() + "\n", "master.key.3": "encrypted", "master.key.old": "",
        "master.key." + "12" * 8: KEY.hex(), "master.key.next": KEY.hex(), "other.key.4": "",
    }  # fmt: skip
    for name, text in copies.items():
        (cli.data / name).write_text(text)
    assert cli("tenant", "create", "acme").status == 0
    assert {n: (cli.data / n).read_text() for n in copies} == copies


def test_what_somebody_writes_at_this_moment_stays(cli: Console, tmp_path: Path) -> None:
    key = cli.data / ("master.key." + "1e" * 8 + ".part")
    key.touch()
    backup = tmp_path / ".entrepot-backup-abc"
    backup.mkdir()
    (backup / root.STORE).touch()
    locks = [os.open(path, os.O_RDONLY) for path in (key, backup)]
    for lock in locks:
        fcntl.flock(lock, fcntl.LOCK_EX)
    assert cli("tenant", "create", "acme").status == 0
    assert cli("backup", str(tmp_path / "b1")).status == 0
    assert key.exists()
    assert (backup / root.STORE).exists()
    for lock in locks:
        os.close(lock)
    assert cli("tenant", "create", "later").status == 0
    assert cli("backup", str(tmp_path / "b2")).status == 0
    assert not key.exists()
    assert not backup.exists()


KILLED = """
import os, sys
from entrepot import cli, keyfile
from entrepot.store.sqlite import copy

def stop(*_):
    print("there", flush=True)
    os.kill(os.getpid(), 9)

{patch} = stop
cli.main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        ("os.fsync", ("tenant", "create", "x")),
        ("os.link", ("tenant", "create", "x")),
        ("copy.sync", ("backup", "{folder}/b")),
    ],
)
def test_what_a_kill_leaves_is_gone_after_the_next_time(
    tmp_path: Path, patch: str, words: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    if words[0] == "backup":
        Console(data).with_dev()
    words = tuple(word.format(folder=tmp_path) for word in words)
    place = ("--data", str(data))
    before = {p.name for p in (*tmp_path.iterdir(), *data.glob("*"))}
    program = (sys.executable, "-c", KILLED.format(patch=patch))
    done = subprocess.run([*program, *words, *place], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("there\n", -9)
    left = {p.name for p in (*tmp_path.iterdir(), *data.glob("*"))} - before - {"data"}
    assert left  # which is what this is about
    assert say(*words, *place).status == 0
    now = {p.name for p in (*tmp_path.iterdir(), *data.glob("*"))}
    assert not left & now
    assert not [name for name in now if "part" in name or "entrepot-backup" in name]


def test_many_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    """Each looks for what the others left while they still write it."""
    program = (sys.executable, "-m", "entrepot.cli", "tenant", "create")
    running = [
        subprocess.Popen(
            [*program, f"t{n}", "--data", str(tmp_path / "data")], stderr=subprocess.PIPE, text=True
        )
        for n in range(6)
    ]
    end = time.monotonic() + 120
    for process in running:
        _, said = process.communicate(timeout=end - time.monotonic())
        assert process.returncode == 0, said
    assert len(Console(tmp_path / "data")("tenant", "list", "--json").json) == 6
    assert [n for n in modes(tmp_path / "data") if n.startswith("master")] == [root.MASTER_KEY]
