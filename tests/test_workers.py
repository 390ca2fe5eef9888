"""One server in several processes on one address: they share the work, and fail one at a time."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from entrepot import main as root
from entrepot.core.faults import Unavailable
from tests.certificates import issue
from tests.cli.console import Console
from tests.cluster import ROMA, Client, Cluster, working
from tests.contract.test_durability import verify
from tests.edge.test_admin import samples, total
from tests.edge.test_tls import common_name, status
from tests.faults.disk import OnDisk, held, look, said_as, until_closed, wait_until_ready
from tests.server import ENTREPOT, Server, environment
from tests.vendors.aliyun.caller import stamp

WORKERS = 3
FLAGS = ("--workers", str(WORKERS), "--admin-port", "0")


on_both = pytest.mark.parametrize("store", ["", None], ids=["sqlite", "postgres"])


@pytest.fixture(scope="module", params=["", None], ids=["sqlite", "postgres"])
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("workers"), *FLAGS, nodes=1, store=request.param)
    made.start()
    yield made
    made.nodes[0].stop()


@pytest.fixture
def server(cluster: Cluster) -> Server:
    return cluster.nodes[0]


def children(server: Server) -> list[int]:
    """The processes that it has started."""
    assert server.process is not None
    pid = server.process.pid
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def workers(server: Server) -> list[int]:
    """Those of them that callers connect to; the one that is left speaks to operators."""
    return [pid for pid in children(server) if holds(server, pid, "0A")]


def holds(server: Server, pid: int, state: str) -> int:
    """How many sockets of the server's address the process has: 01 connected, 0A listening."""
    port = int(server.address.rpartition(":")[2])
    held = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(os.readlink(file))
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    there = [r[9] for r in rows if r[1].endswith(f":{port:04X}") and r[3] == state]
    return sum(f"socket:[{inode}]" in held for inode in there)


def test_connections_are_dealt_out_among_all(server: Server) -> None:
    host, _, port = server.address.rpartition(":")
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
        end = time.monotonic() + 20
        while sum(dealt := [holds(server, pid, "01") for pid in workers(server)]) < 60:
            assert time.monotonic() < end, dealt
            time.sleep(0.05)
        assert [holds(server, pid, "0A") for pid in workers(server)] == [1] * WORKERS
    assert len(dealt) == WORKERS
    assert min(dealt) >= 5, dealt


def test_a_start_says_where_it_listens_once(tmp_path: Path) -> None:
    with Server(tmp_path, *FLAGS) as server:
        process = server.process
        assert process is not None
        assert process.stdout is not None
        assert look(server.address, "/nowhere")[0] == 404
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == ""
        assert server.stop() == 0
        assert server.said == ""


def test_an_account_has_its_calls_a_second_over_all_workers_together(cluster: Cluster) -> None:
    cli = Console(cluster.config.data, cluster.config.store)
    assert cli("tenant", "create", "counted").status == 0
    began = time.monotonic()
    with ThreadPoolExecutor(6) as threads:
        callers = [cluster.aliyun(0, "counted") for _ in range(6)]
        many = threads.map(lambda c: c.v3_all("CreateProduct", {"NodeType": 7}, 30), callers)
        codes = [reply.code for of_one in many for reply in of_one]
    took_s = time.monotonic() - began
    assert len(codes) == 180
    assert set(codes) == {"400 MissingProductName", "400 Throttling.User"}
    assert 50 <= codes.count("400 MissingProductName") <= 50 * (1 + int(took_s))


def test_a_request_that_one_worker_answered_the_others_refuse(cluster: Cluster) -> None:
    once = {"SignatureNonce": "once", "Timestamp": stamp()}
    first = cluster.aliyun(0).v1("ListThingTemplates", common=once)
    assert first.status == 200, first.body
    for _ in range(20):  # a connection each: the kernel deals them out
        again = cluster.aliyun(0).v1("ListThingTemplates", common=once)
        assert again.code == "400 SignatureNonceUsed"


def test_the_admin_listener_speaks_for_all(cluster: Cluster, server: Server) -> None:
    assert look(server.admin, "/healthz") == (200, "alive\n")
    assert look(server.admin, "/readyz") == (200, "ready\n")
    assert look(server.admin, "/report")[0] == 404  # what workers tell stays inside
    before = samples(server)
    for i in range(30):
        assert cluster.create(f"counted-{i}")[0] == 201
    after = samples(server)
    assert total(after, "entrepot_workers") == WORKERS
    assert total(after, "entrepot_requests_in_work_limit") == 1024 * WORKERS
    assert total(after, "process_resident_memory_bytes") > WORKERS * (20 << 20)
    asked = {"dialect": "roma", "operation": "CreateProduct", "code": "201"}
    for name in ("entrepot_requests_total", "entrepot_request_seconds_count"):
        labels = {k: v for k, v in asked.items() if name.endswith("total") or k != "code"}
        assert total(after, name, **labels) - total(before, name, **labels) == 30
    units = "entrepot_commit_units_sum"
    assert total(after, units) - total(before, units) >= 30


def test_what_a_process_costs_is_shared(server: Server) -> None:
    shares = []
    for pid in children(server):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        shares += [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")]
    assert len(shares) == WORKERS + 1
    assert sum(shares) < 60_000 * WORKERS, shares  # kB; each alone would have about 65,000


def test_a_worker_killed_in_mid_load_loses_nothing_and_the_service_goes_on(
    cluster: Cluster, server: Server
) -> None:
    done = {"dialect": "roma", "operation": "CreateProduct", "code": "201"}
    before = total(samples(server), "entrepot_requests_total", **done)
    clients = [Client(cluster, n) for n in range(6)]
    killed = []
    with working(clients):
        for _ in range(WORKERS):
            time.sleep(0.3)
            seen = total(samples(server), "entrepot_requests_total", **done)
            killed.append(workers(server)[0])  # the one that has lived longest
            os.kill(killed[-1], signal.SIGKILL)
            wait_until_ready(server.admin)
            assert total(samples(server), "entrepot_requests_total", **done) >= seen > before
        time.sleep(0.3)
    assert not set(killed) & set(children(server))
    assert len(children(server)) == WORKERS + 1
    assert [c.lost for c in clients] == [[]] * 6
    # A create that a killed worker kept without answering may have been asked again.
    assert sum(len(c.refused) for c in clients) <= 6 * WORKERS
    assert server.said.count("ended with status -9; another starts in") == WORKERS
    assert all(c.answered for c in clients)
    for n, client in enumerate(clients):
        name, maker = f"after-{n}", next(iter(client.answered.values()))
        assert cluster.create(name)[0] == 201
        assert cluster.create(maker)[1]["error_code"] == "ROMA.00110701"  # taken: it is there


def test_a_worker_that_stands_still_is_told_of(server: Server) -> None:
    stuck = workers(server)[1]
    os.kill(stuck, signal.SIGSTOP)
    try:
        for path in ("/readyz", "/healthz"):
            answered, said = look(server.admin, path)
            assert (answered, said.endswith("does not answer\n")) == (503, True), said
        assert total(samples(server), "entrepot_workers") == WORKERS - 1
    finally:
        os.kill(stuck, signal.SIGCONT)
    wait_until_ready(server.admin)
    assert look(server.admin, "/healthz")[0] == 200


def test_the_operators_process_is_replaced_too(server: Server) -> None:
    (workers_admin,) = set(children(server)) - set(workers(server))
    os.kill(workers_admin, signal.SIGKILL)
    end = time.monotonic() + 20
    while True:
        try:
            assert look(server.admin, "/healthz")[0] == 200
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, *FLAGS) as running:
        yield running


def test_the_end_waits_for_what_was_accepted(fresh: Server) -> None:
    assert fresh.process is not None
    with held(fresh) as wire:
        fresh.process.send_signal(signal.SIGTERM)
        until_closed(fresh)
        wait_until_ready(fresh.admin, ready=False)
        wire.send(b"....")
        reply = wire.reply()
        assert reply is not None
        assert reply.status == 401
        assert fresh.process.wait(20) == 0
    assert fresh.stop() == 0
    assert fresh.said == ""


def test_a_second_signal_cuts_off_who_still_waits(fresh: Server) -> None:
    assert fresh.process is not None
    with held(fresh) as wire:
        for _ in range(2):
            fresh.process.send_signal(signal.SIGTERM)
            until_closed(fresh)
        assert fresh.process.wait(20) == 0
        assert wire.reply() is None
    assert fresh.stop() == 0
    assert "ended with 1 connections still waiting" in fresh.said


def test_when_the_parent_is_killed_nobody_stays(fresh: Server) -> None:
    started = children(fresh)
    assert len(started) == WORKERS + 1
    fresh.stop(signal.SIGKILL)
    end = time.monotonic() + 20
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in started):
        assert time.monotonic() < end
        time.sleep(0.05)
    until_closed(fresh)


def test_when_the_parent_is_killed_what_is_accepted_has_a_moment_and_not_the_whole_grace(
    tmp_path: Path,
) -> None:
    with Server(tmp_path / "data", *FLAGS, "--drain-s", "600") as server:
        with held(server) as quick, held(server) as slow:
            assert server.process is not None
            server.process.kill()
            quick.send(b"....")
            reply = quick.reply()
            assert reply is not None
            assert reply.status == 401
            server.stop()  # returns when nobody holds its standard error any more
            assert slow.reply() is None
        server.start()  # the directory is free
        assert server.stop() == 0


def test_all_workers_read_a_new_certificate_on_sighup(tmp_path: Path) -> None:
    pair = issue(tmp_path, "first")
    with Server(tmp_path / "data", *FLAGS, *pair.flags) as server:
        assert server.process is not None
        assert common_name(server, pair.cert) == "first"
        issue(tmp_path, "second")
        server.process.send_signal(signal.SIGHUP)
        time.sleep(1.0)
        for _ in range(20):
            assert common_name(server, pair.cert) == "second"
        assert status(server, pair.cert) == 404
        assert server.stop() == 0


def test_an_address_in_use_is_refused_as_for_one_process(tmp_path: Path, server: Server) -> None:
    port = server.address.rpartition(":")[2]
    command = [*ENTREPOT, "serve", "--workers", "2", "--port", port, "--data", str(tmp_path / "d")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=20)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"entrepot: cannot listen on 127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1


def test_a_directory_has_one_server_of_however_many_processes(fresh: Server) -> None:
    assert fresh.process is not None
    for flags in (FLAGS, ()):
        with pytest.raises(AssertionError, match=f"process {fresh.process.pid} serves "):
            Server(fresh.data, *flags).start()
    assert look(fresh.admin)[0] == 200
    fresh.stop(signal.SIGKILL)
    until_closed(fresh)
    with Server(fresh.data) as one:  # whatever ends them, the directory is free
        assert children(one) == []


def test_a_nonce_is_known_whoever_serves_next(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, *FLAGS, nodes=1, store="")
    once = {"SignatureNonce": "once", "Timestamp": stamp()}
    with cluster.nodes[0]:
        assert cluster.aliyun(0).v1("ListThingTemplates", common=once).status == 200
    cluster.nodes[0] = Server(tmp_path)
    with cluster.nodes[0]:
        again = cluster.aliyun(0).v1("ListThingTemplates", common=once)
        assert again.code == "400 SignatureNonceUsed"


@on_both
def test_what_was_written_is_whole(tmp_path: Path, store: str | None) -> None:
    cluster = Cluster(tmp_path, *FLAGS, nodes=1, store=store)
    with cluster.nodes[0] as server:
        clients = [Client(cluster, n) for n in range(4)]
        with working(clients):
            time.sleep(0.5)
            os.kill(workers(server)[0], signal.SIGKILL)
            time.sleep(0.5)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(40) == 0
    assert all(c.answered for c in clients)
    verify(cluster.config, {h: name for c in clients for h, name in c.answered.items()})


def test_a_disk_that_fails_is_refused_and_what_was_answered_stays(tmp_path: Path) -> None:
    with OnDisk(tmp_path, "--workers", "2") as server:
        goods = server.goods(ROMA)
        made = [goods.make() for _ in range(6)]
        with server.disk("full"):
            said = wait_until_ready(server.admin, ready=False)
            assert said.startswith("the store takes no writes: ")
            assert said_as(ROMA, goods.create(), Unavailable)
            assert goods.can_show(made[0])
        wait_until_ready(server.admin)
        made.append(goods.make())
        with server.disk("dead"):
            with pytest.raises(OSError, match=r"."):
                goods.create()
            end = time.monotonic() + 20
            while f"ended with status {os.EX_IOERR}; another starts" not in server.said:
                assert time.monotonic() < end, server.said
                time.sleep(0.05)
        wait_until_ready(server.admin)
        made.append(goods.make())
        assert all(goods.can_show(handle) for handle in made)
        assert server.stop() == 0


STAFF = """
import logging, os, signal, sys, time
from entrepot.workers import Post, Staff
logging.basicConfig(format="%(message)s", level="WARNING")

def works(at_work):
    at_work()
    signal.pause()

def {name}(at_work):
{body}

staff = Staff(posts=[Post("one", works), Post("two", {name})], ready=lambda: print("ready", flush=True),
              ending=lambda: print("ending", flush=True), grace_s=-4)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
try:
    staff.keep()
except ValueError as error:
    print(error)
"""


def staff(name: str, body: str) -> subprocess.Popen[str]:
    """A parent of two posts, the second of which is filled by `body`."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return subprocess.Popen(
        [sys.executable, "-c", STAFF.format(name=name, body=indented)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_who_cannot_start_ends_the_start() -> None:
    parent = staff("fails", "raise ValueError('no such thing')")
    out, err = parent.communicate(timeout=20)
    assert out == "ending\ntwo ended before it served; see above\n"
    assert err == "two: no such thing\n"


def test_who_dies_again_and_again_is_given_longer_and_longer_rests() -> None:
    parent = staff("dies", "at_work()\nos._exit(7)")
    assert parent.stdout is not None
    assert parent.stderr is not None
    assert parent.stdout.readline() == "ready\n"
    said = [parent.stderr.readline().strip() for _ in range(5)]
    assert said == [
        f"two ended with status 7; another starts in {rest} s"
        for rest in ("0.1", "0.2", "0.4", "0.8", "1.6")
    ]
    parent.terminate()
    assert parent.communicate(timeout=20)[0] == "ending\n"
    assert parent.returncode == 0


STAYS = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nat_work()\nwhile True: time.sleep(1)"


def test_who_does_not_end_without_its_parent_is_ended() -> None:
    parent = staff("stays", STAYS)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    parent.kill()
    _, err = parent.communicate(timeout=30)  # returns when nobody holds its output any more
    assert "the work did not end: ended by force" in err


def test_who_does_not_end_is_ended() -> None:
    parent = staff("stays", STAYS)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    parent.terminate()
    out, err = parent.communicate(timeout=20)
    assert (out, err, parent.returncode) == ("ending\n", "ended by force: two\n", 0)


def test_settings_say_how_many(tmp_path: Path) -> None:
    for wrong in ("0", "65", "many"):
        with pytest.raises(AssertionError, match="--workers: "):
            Server(tmp_path / "data", "--workers", wrong).start()
    assert not (tmp_path / "data").exists()
    assert root.STORE not in os.listdir(tmp_path)
