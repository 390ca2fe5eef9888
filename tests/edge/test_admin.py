"""The admin listener: alive, ready or not and why, and what was done, in numbers."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from entrepot.core.faults import Throttled
from tests.contract.adapters import WITH_PRODUCTS, Adapter
from tests.contract.live import ask
from tests.edge.raw import Wire
from tests.faults.disk import Goods, OnDisk, held, look, said_as, until_closed, wait_until_ready
from tests.server import Server

ALIYUN = next(a for a in WITH_PRODUCTS if a.dialect == "aliyun")
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("admin"), "--admin-port", "0") as running:
        yield running


def samples(server: Server) -> Samples:
    """Every sample of /metrics, read by the library's own parser."""
    status, text = look(server.admin, "/metrics")
    assert status == 200
    return {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }


def total(found: Samples, name: str, **labels: str) -> float:
    """The sum of the samples of this name with at least these labels."""
    return sum(
        v for (n, ls), v in found.items() if n == name and labels.items() <= dict(ls).items()
    )


def test_it_is_alive_and_ready(server: Server) -> None:
    assert server.admin.startswith("127.0.0.1:")
    assert look(server.admin, "/healthz") == (200, "alive\n")
    assert look(server.admin, "/readyz") == (200, "ready\n")
    assert look(server.admin, "/healthz", "HEAD") == (200, "")


def test_anything_else_is_refused_and_the_vendors_port_has_none_of_it(server: Server) -> None:
    assert look(server.admin, "/")[0] == 404
    assert look(server.admin, "/healthz", "DELETE")[0] == 405
    with Wire(server.admin) as wire:
        wire.send(b"POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n")
        reply = wire.reply()
    assert reply is not None
    assert reply.status == 413
    for path in ("/healthz", "/readyz", "/metrics"):
        assert look(server.address, path)[0] == 404
        assert "roots" in look(server.address, path)[1]  # the listing that any stranger gets


@pytest.mark.parametrize("adapter", WITH_PRODUCTS, ids=lambda a: a.dialect)
def test_requests_are_counted_by_dialect_operation_code_and_fault(
    server: Server, adapter: Adapter
) -> None:
    assert adapter.products is not None
    caller = adapter.ready(server.credentials(), lambda request: ask(server.address, request))
    before = samples(server)
    address = server.address.encode()
    body = adapter.operation(adapter.products.create).example
    made = ask(
        server.address, adapter.create(adapter.products.unique(body, 7, caller), caller, address)
    )
    assert not adapter.refused(made), made.body
    missing = ask(server.address, adapter.show("none", caller, address))
    assert adapter.refused(missing)
    after = samples(server)

    def grew(name: str, **labels: str) -> float:
        labels["dialect"] = adapter.dialect
        return total(after, name, **labels) - total(before, name, **labels)

    create, show = adapter.products.create, adapter.products.show
    code = str(made.status)
    assert grew("entrepot_requests_total", operation=create, code=code, fault="") == 1
    assert grew("entrepot_requests_total", operation=show) == 1
    assert grew("entrepot_requests_total", operation=show, fault="") == 0
    assert grew("entrepot_request_seconds_count", operation=create) == 1
    assert grew("entrepot_request_seconds_bucket", operation=create, le="+Inf") == 1
    assert 0 < grew("entrepot_request_seconds_sum", operation=create) < 30


def test_commits_queue_and_process_are_counted(server: Server) -> None:
    look(server.admin, "/readyz")  # a write of its own, when the last was a second ago
    found = samples(server)
    assert total(found, "entrepot_commit_units_count") > 0
    assert total(found, "entrepot_commit_units_sum") >= total(found, "entrepot_commit_units_count")
    assert total(found, "entrepot_commit_seconds_sum") > 0
    assert total(found, "entrepot_requests_in_work") == 0
    assert total(found, "entrepot_requests_in_work_limit") == 1024
    assert total(found, "entrepot_store_units_waiting") == 0
    assert total(found, "entrepot_info") == 1
    assert total(found, "process_resident_memory_bytes") > 1 << 20


def test_a_reached_limit_is_counted(server: Server) -> None:
    goods = Goods(ALIYUN, server)
    call = "GetThingTemplate"
    rate = ALIYUN.operation(call).rate
    assert rate is not None
    assert rate < 5  # so that a busy machine reaches it too
    answers = [goods.call(call) for _ in range(10 * rate)]
    refused = sum(said_as(ALIYUN, answer, Throttled) for answer in answers)
    assert refused > 0
    labels = {"dialect": "aliyun", "operation": call}
    assert total(samples(server), "entrepot_limits_hit_total", limit="rate", **labels) == refused


@pytest.mark.parametrize("page", ["operations.md", "operations.zh.md"])
def test_the_manual_names_every_metric(server: Server, page: str) -> None:
    manual = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    named = {
        name.removesuffix("_total").removesuffix("_bucket").removesuffix("_sum")
        .removesuffix("_count").removesuffix("_created")
        for name, _ in samples(server)
    }  # fmt: skip
    ours = {name for name in named if name.startswith("entrepot_")} - {"entrepot_info"}
    assert len(ours) > 6
    assert {name for name in ours if f"`{name}" not in manual} == set()


def test_without_the_flag_there_is_no_such_listener(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as plain:
        assert plain.admin == ""


def test_an_address_in_use_is_told_apart_from_the_main_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AssertionError, match="choose another --admin-port"):
            Server(tmp_path / "data", "--admin-port", str(port)).start()
    assert not (tmp_path / "data").exists()


def test_while_it_ends_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    with Server(tmp_path, "--admin-port", "0") as server, held(server) as wire:
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        assert wait_until_ready(server.admin, ready=False) == "the server is ending\n"
        assert look(server.admin, "/healthz")[0] == 200
        wire.send(b"....")
        reply = wire.reply()
        assert reply is not None
        assert reply.status == 401
        assert server.process.wait(20) == 0


@pytest.mark.parametrize(("grace_s", "signals"), [("3600", 2), ("0.5", 1)])
def test_a_second_signal_or_the_end_of_the_grace_cuts_off_who_still_waits(
    tmp_path: Path, grace_s: str, signals: int
) -> None:
    with Server(tmp_path, "--drain-s", grace_s) as server, held(server) as wire:
        assert server.process is not None
        for _ in range(signals):
            server.process.send_signal(signal.SIGTERM)
            until_closed(server)
        assert server.process.wait(20) == 0
        assert wire.reply() is None
        assert server.stop() == 0
        assert "ended with 1 connections still waiting" in server.said


def test_a_store_that_takes_no_writes_is_not_ready_and_says_why(tmp_path: Path) -> None:
    with OnDisk(tmp_path) as server:
        wait_until_ready(server.admin)
        with server.disk("slow"):
            said = wait_until_ready(server.admin, ready=False)
            assert said == "the store has not taken a write within 2 s\n"
            assert look(server.admin, "/healthz")[0] == 200
        wait_until_ready(server.admin)
        with server.disk("full"):
            said = wait_until_ready(server.admin, ready=False)
            assert said.startswith("the store takes no writes: ")
        wait_until_ready(server.admin)
