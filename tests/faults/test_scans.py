"""A search that takes too long is refused in the vendor's words, and nobody else waits for it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from entrepot.config import Config
from entrepot.core.faults import TooMuch
from entrepot.dialect.request import Answer
from tests import postgres
from tests.cli.console import Console
from tests.contract.adapters import WITH_PRODUCTS
from tests.contract.live import ask
from tests.faults.disk import Goods, look, said_as
from tests.faults.test_shutdown import LISTS, PRODUCTS, fill
from tests.server import Server

SCAN_S = "0.001"  # shorter than any scan, which is never found out before its first block


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_scan_that_takes_too_long_is_refused_in_the_vendors_words(
    tmp_path: Path, engine: str, workers: str
) -> None:
    store = postgres.database(tmp_path) if engine == "postgres" else ""
    fill(Config(data=tmp_path, store=store))
    flags = ("--admin-port", "0", "--scan-s", SCAN_S, "--workers", workers)
    with Server(tmp_path, *flags, store=store) as server:
        assert len(WITH_PRODUCTS) == 4
        for adapter in WITH_PRODUCTS:
            goods = Goods(adapter, server)
            answer = listed(goods, server)
            assert said_as(adapter, answer, TooMuch), answer.body
            assert b"takes longer than 0.001 s" in answer.body
            assert goods.can_show(goods.make())  # what is short is answered
        metrics = look(server.admin, "/metrics")[1]
        told = re.findall(
            r'^entrepot_limits_hit_total{[^}]*limit="scan"[^}]*} (\d+)', metrics, re.M
        )
        assert [int(float(n)) for n in told] == [1, 1, 1, 1]
        for line in ("store_scans 0", "store_scans_waiting 0", "store_scans_refused_total 4"):
            assert re.search(rf"^entrepot_{line}\.0$", metrics, re.M), metrics
        # A command is in nobody's way.
        said = Console(tmp_path, store)("product", "list", "--json", "--limit", "1")
        assert said.json["total"] == PRODUCTS + 4
    postgres.drop(tmp_path)


def listed(goods: Goods, server: Server) -> Answer:
    """The answer to a list that takes a look at every product."""
    operation = goods.adapter.operation(LISTS[goods.adapter.dialect])
    sent = {} if operation.body else operation.example or {}
    given, body = ({}, sent) if operation.body else (sent, None)
    host = server.address.encode()
    answer = ask(server.address, goods.adapter.request(operation, given, body, goods.caller, host))
    assert json.loads(answer.body)
    return answer
