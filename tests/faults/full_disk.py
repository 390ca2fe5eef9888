"""`python -m tests.faults.full_disk`: a store's disk runs full under load, and gets room again.

SQLite's, and three times PostgreSQL's: the disk of its tables, that of its log (where PostgreSQL panics and
starts anew, again and again), and one disk for both. Needs root and Linux, to mount small file systems. Ends
with status 1, and says what is wrong, where a call is not refused in its vendor's words, or anything that was
answered is not there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.faults import Unavailable
from entrepot.core.things.account import Settings
from entrepot.dialect.client import Credentials
from tests.contract.adapters import WITH_PRODUCTS
from tests.contract.test_durability import WRITERS, verify
from tests.faults.disk import Goods, look, said_as, wait_until_ready
from tests.faults.interrupted import Client, absent
from tests.postgres import NOBODY, PostgresServer
from tests.server import Server

FULL = {"tables": "data", "log": "data/pg_wal", "both": "data"}
ROOM_MB = {"tables": 8, "log": 24, "both": 24}
LONG_S = 10.0  # how long it stays full
SQLITE = "sqlite"


class Disk:
    """A file system in memory, of as many megabytes as it is told. Use as a context manager."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __enter__(self) -> Disk:
        self.place.mkdir()
        owner = f"uid={NOBODY},gid={NOBODY},mode=0700"
        self._mount("-t", "tmpfs", "-o", f"size=1g,{owner}", "entrepot-test")
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", self.place], check=True)

    def leave(self, room_mb: int) -> None:
        """So much room, whatever is on it."""
        found = os.statvfs(self.place)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._mount("-o", f"remount,size={used + (room_mb << 20)}")

    def _mount(self, *words: str) -> None:
        subprocess.run(["mount", *words, self.place], check=True)


@contextmanager
def supervised(postgres: PostgresServer) -> Iterator[list[int]]:
    """While the context lasts, PostgreSQL is started again a second after it has ended, as a machine
    does for its services; with the statuses that it has ended with."""
    enough, ended = threading.Event(), []

    def watch() -> None:
        while not enough.wait(1.0):
            if postgres.process is not None and (status := postgres.process.poll()) is not None:
                ended.append(status)
                postgres.launch()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield ended
    finally:
        enough.set()
        thread.join()


def put_on(disk: Disk, postgres: PostgresServer, full: str) -> None:
    """The part of PostgreSQL's folder, on the disk from now on; what is not to be full stays elsewhere."""
    postgres.stop()
    if full == "tables":
        _move(postgres.folder / "data/pg_wal", postgres.folder / "wal")
    _move(postgres.folder / FULL[full], disk.place / "full")
    postgres.start()


def _move(part: Path, to: Path) -> None:
    shutil.copytree(part, to, symlinks=True)
    shutil.rmtree(part)
    part.symlink_to(to)
    for folder, folders, files in os.walk(to):
        for path in (folder, *(os.path.join(folder, name) for name in folders + files)):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def fill(full: str) -> None:
    """Load until the disk is full, more of it, room again; says what came of it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.chmod(folder, 0o755)  # PostgreSQL runs as somebody else
        disk = stack.enter_context(Disk(folder / "disk"))
        postgres = PostgresServer("-c", "fsync=on", folder=folder / "postgres")
        stack.callback(postgres.stop)
        put_on(disk, postgres, full)
        config = Config(data=folder / "node", store=postgres.database())
        caller = _settle(config)
        flags = ("--admin-port", "0", "--count-alone", "true")
        node = stack.enter_context(Server(config.data, *flags, store=config.store))
        goods = [Goods(adapter, node) for adapter in WITH_PRODUCTS]
        made = [g.make() for g in goods]
        disk.leave(ROOM_MB[full])
        ended = stack.enter_context(supervised(postgres))
        clients = [Client(node.address, caller, f"c{n}") for n in range(WRITERS)]
        for client in clients:
            client.start()
        said = wait_until_ready(node.admin, ready=False, patience_s=600)
        print(f"{full}: full after {_answered(clients)} answered creates: {said.strip()}")
        counts = _while_full(node, goods, made)
        disk.leave(1024)
        room = time.monotonic()
        wait_until_ready(node.admin, patience_s=120)
        back_s = time.monotonic() - room
        made += [g.make() for g in goods]
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join(60)
            assert not client.strange, client.strange
        assert all(g.can_show(handle) for g, handle in zip(goods * 2, made, strict=True))
        verify(config, {h: name for c in clients for h, name in c.answered.items()})
        if full != "log":  # while nobody answers, nobody can tell what became of the last group
            assert counts["ready"] == counts["not shown"] == 0, counts
            absent(config, {name for c in clients for name in c.refused})
        print(
            f"{full}: {counts}; all of {_answered(clients)} answered creates are there,"
            f" {sum(len(c.refused) for c in clients)} were refused, nothing by halves;"
            f" PostgreSQL ended {len(ended)} times; ready {back_s:.1f} s after there was room",
            flush=True,
        )


def fill_sqlite() -> None:
    """The same of an SQLite file, whose disk is full for creates while small values still find room."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disk = stack.enter_context(Disk(folder / "disk"))
        config = Config(data=disk.place / "data")
        caller = _settle(config)
        node = stack.enter_context(Server(config.data, "--admin-port", "0"))
        goods = [Goods(adapter, node) for adapter in WITH_PRODUCTS]
        made = [g.make() for g in goods]
        disk.leave(6)
        clients = [Client(node.address, caller, f"c{n}") for n in range(WRITERS)]
        for client in clients:
            client.start()
        said = wait_until_ready(node.admin, ready=False, patience_s=600)
        print(f"sqlite: full after {_answered(clients)} answered creates: {said.strip()}")
        counts = _while_full(node, goods, made)
        disk.leave(1024)
        wait_until_ready(node.admin, patience_s=120)
        made += [g.make() for g in goods]
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join(60)
            assert not client.strange, client.strange
        assert all(g.can_show(handle) for g, handle in zip(goods * 2, made, strict=True))
        verify(config, {h: name for c in clients for h, name in c.answered.items()})
        assert counts["ready"] == counts["not shown"] == 0, counts
        absent(config, {name for c in clients for name in c.refused})
        print(
            f"sqlite: {counts}; all of {_answered(clients)} answered creates are there", flush=True
        )


def _settle(config: Config) -> Credentials:
    """A tenant without limits, beside the development tenant."""
    with closing(root.open_installation(config)) as installation:
        root.prepare(installation)
        wanted = Settings(rate_limits=False)
        installation.store.write_now(
            lambda tx: root.create_tenant(tx, installation.vault, "killed", wanted)
        )
        return root.credentials(installation, "killed")


def _answered(clients: Sequence[Client]) -> int:
    return sum(len(client.answered) for client in clients)


def _while_full(node: Server, goods: Sequence[Goods], made: Sequence[str]) -> dict[str, int]:
    """How often what was answered while the disk was full; every refusal was in its vendor's words."""
    found = dict.fromkeys(("created", "not created", "shown", "not shown", "ready", "not ready"), 0)
    end = time.monotonic() + LONG_S
    while time.monotonic() < end:
        for g, handle in zip(goods, made, strict=True):
            for what, answer in (("created", g.create()), ("shown", g.show(handle))):
                refused = g.adapter.refused(answer)
                assert not refused or said_as(g.adapter, answer, Unavailable), answer.body
                found[f"not {what}" if refused else what] += 1
        time.sleep(0.1)  # a vendor's own limits are counted here too
        found["ready" if look(node.admin)[0] == 200 else "not ready"] += 1
        assert look(node.admin, "/healthz")[0] == 200
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    every = [SQLITE, *FULL]
    parser.add_argument("full", nargs="*", default=every, help=f"of {', '.join(every)}")
    given = parser.parse_args()
    if sys.platform != "linux" or os.geteuid() != 0:
        parser.error("only root can mount a small file system, and only Linux has this one")
    for full in given.full:
        if full == SQLITE:
            fill_sqlite()
        else:
            fill(full)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
