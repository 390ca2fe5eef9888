"""The disk fails: each vendor's callers are told so in its words, and nothing else is needed to go on."""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from entrepot import main as root
from entrepot.core.faults import Unavailable
from tests.cli.console import Console
from tests.contract.adapters import WITH_PRODUCTS
from tests.faults.disk import Goods, OnDisk, look, said_as, wait_until_ready
from tests.server import Server

ROMA = next(a for a in WITH_PRODUCTS if a.dialect == "roma")


def is_well(server: Server, made: list[str]) -> None:
    """The store is sound, and holds what was answered and nothing more."""
    console = Console(server.data)
    said = console("doctor")
    assert said.status == 0, said.out
    assert console("product", "list", "--json").json["total"] == len(made)


@pytest.mark.parametrize("word", ["full", "read-only"])
def test_writes_are_refused_reads_go_on_and_it_recovers_by_itself(
    tmp_path: Path, word: str
) -> None:
    with OnDisk(tmp_path) as server:
        goods = [server.goods(adapter) for adapter in WITH_PRODUCTS]
        made = {g.adapter.dialect: [g.make()] for g in goods}
        assert len(made) == 4
        with server.disk(word):
            for g in goods:
                for _ in range(3):
                    assert said_as(g.adapter, g.create(), Unavailable), g.adapter.dialect
                assert g.can_show(made[g.adapter.dialect][0])
            assert "takes no writes" in wait_until_ready(server.admin, ready=False)
            assert look(server.admin, "/healthz")[0] == 200
        for g in goods:
            made[g.adapter.dialect].append(g.make())
        wait_until_ready(server.admin)
        for g in goods:
            assert all(g.can_show(handle) for handle in made[g.adapter.dialect])
        assert server.stop() == 0
        is_well(server, [handle for handles in made.values() for handle in handles])


def test_a_limit_of_the_systems_own_on_the_files_is_refused_and_recovered_from(
    tmp_path: Path,
) -> None:
    """The same without anything in between: the kernel itself refuses to let the files grow."""
    with Server(tmp_path, "--admin-port", "0") as server:
        assert server.process is not None
        pid = server.process.pid
        goods = Goods(ROMA, server)
        made = [goods.make()]
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        size = (server.data / f"{root.STORE}-wal").stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 20_000, before[1]))
        for _ in range(100):
            answer = goods.create()
            if ROMA.refused(answer):
                break
            made.append(goods.handle(answer))
        assert said_as(ROMA, answer, Unavailable)
        assert "takes no writes" in wait_until_ready(server.admin, ready=False)
        assert goods.can_show(made[-1])
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        made.append(goods.make())
        wait_until_ready(server.admin)
        assert server.stop() == 0
        is_well(server, made)


def test_a_slow_sync_holds_answers_back_and_loses_none(tmp_path: Path) -> None:
    with OnDisk(tmp_path, "--max-in-work", "2") as server:
        goods = server.goods(ROMA)
        made = [goods.make()]
        wait_until_ready(server.admin)
        with server.disk("slow"):
            waiting = [threading.Thread(target=lambda: made.append(goods.make())) for _ in "ab"]
            for thread in waiting:
                thread.start()
            assert "not taken a write" in wait_until_ready(server.admin, ready=False)
            assert len(made) == 1  # nothing is answered before it is on disk
            # What would have to wait behind them is told to come again, not left to time out.
            assert said_as(ROMA, goods.create(), Unavailable)
        for thread in waiting:
            thread.join(30)
        assert len(made) == 3
        wait_until_ready(server.admin)
        assert server.stop() == 0
        is_well(server, made)


def test_a_sync_that_fails_ends_the_process_and_a_new_one_has_all_that_was_answered(
    tmp_path: Path,
) -> None:
    """After a failed sync the kernel may have dropped what it could not write: no answer of this
    process could be believed. Whatever watches over it starts another."""
    with OnDisk(tmp_path) as server:
        goods = server.goods(ROMA)
        made = [goods.make() for _ in range(3)]
        assert server.process is not None
        with server.disk("dead"):
            with pytest.raises(OSError, match=r"."):
                goods.create()
            assert server.process.wait(20) == os.EX_IOERR
        server.stop()
        assert "the disk failed" in server.said
        server.start()
        again = Goods(ROMA, server)
        assert all(again.can_show(handle) for handle in made)
        wait_until_ready(server.admin)


def spoil(store: Path) -> None:
    """Overwrite the page of the file on which the oldest products are; nobody has it open."""
    connection = apsw.Connection(str(store))
    connection.execute("PRAGMA journal_mode=DELETE").fetchall()  # everything into the one file
    pages: list[Any] = connection.execute(
        "SELECT pageno, pgsize FROM dbstat WHERE name='product' AND pagetype='leaf' ORDER BY pageno"
    ).fetchall()
    connection.close()
    assert len(pages) > 1
    page, size = pages[0]
    with store.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def test_a_spoilt_page_is_told_and_what_is_elsewhere_is_still_answered(tmp_path: Path) -> None:
    with OnDisk(tmp_path) as server:
        goods = [server.goods(adapter) for adapter in WITH_PRODUCTS]
        oldest = [g.make() for g in goods]  # on the page that will be spoilt
        assert len(oldest) == 4
        roma = next(g for g in goods if g.adapter is ROMA)
        newest = [roma.make() for _ in range(80)][-1]
        server.run("backup", str(tmp_path / "backup"))
        server.stop()
        spoil(server.data / root.STORE)
        server.start()
        assert look(server.admin)[0] == 200  # nobody has met it yet
        for g, handle in zip(goods, oldest, strict=True):
            assert said_as(g.adapter, g.show(handle), Unavailable), g.adapter.dialect
        assert roma.can_show(newest)
        status, text = look(server.admin)
        assert (status, "damaged, restore a backup" in text) == (503, True)
        server.stop()
        console = Console(server.data)
        said = console("doctor")
        assert said.status == 1
        assert "WRONG" in said.out
        # The way back that the message names.
        (server.data / root.STORE).unlink()
        assert console("restore", str(tmp_path / "backup")).status == 0
        server.start()
        assert all(g.can_show(handle) for g, handle in zip(goods, oldest, strict=True))
        wait_until_ready(server.admin)
