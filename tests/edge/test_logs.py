"""What is logged: one line a request where asked for, JSON that programs can read, and never a secret."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entrepot import main as root
from entrepot.dialect.client import Credentials
from entrepot.edge.logs import FORMATS, Console, Json
from tests.contract.adapters import ADAPTERS, WITH_PRODUCTS, Adapter
from tests.contract.live import ask
from tests.server import Server

ALL = ("--log-level", "debug", "--access-log", "true")


@pytest.fixture(params=sorted(FORMATS))
def loud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data", *ALL, "--log-format", request.param) as server:
        yield server


def create(server: Server, adapter: Adapter, caller: Credentials, n: int = 1) -> Any:
    """The answer to a create of a product that is like no other."""
    assert adapter.products is not None
    body = adapter.operation(adapter.products.create).example
    wanted = adapter.products.unique(body, n, caller)
    return ask(server.address, adapter.create(wanted, caller, server.address.encode()))


def test_a_request_is_one_line_with_who_what_and_how_long(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--access-log", "true", "--log-format", "json") as server:
        for adapter in WITH_PRODUCTS:
            caller = adapter.ready(server.credentials(), lambda r: ask(server.address, r))
            create(server, adapter, caller)
        server.stop()
        lines = [json.loads(line) for line in server.said.splitlines()]
    assert {line["logger"] for line in lines} == {"entrepot.access"}
    for adapter in WITH_PRODUCTS:
        assert adapter.products is not None
        (line,) = (
            li for li in lines
            if li["dialect"] == adapter.dialect and li["operation"] == adapter.products.create
        )  # fmt: skip
        assert (line["tenant"], line["user"], line["peer"]) == ("dev", "dev", "127.0.0.1")
        assert line["status"] in (200, 201)
        assert line["ms"] > 0
        assert "fault" not in line
    ids = [line["request_id"] for line in lines]
    assert len(set(ids)) == len(ids) == len(lines)


def test_the_line_has_the_request_id_that_the_caller_was_told(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--access-log", "true", "--log-format", "json") as server:
        adapter = next(a for a in ADAPTERS if a.dialect == "aliyun")
        answer = create(server, adapter, {**server.credentials(), "access_key": "nobody"})
        server.stop()
        line = json.loads(server.said.splitlines()[-1])
    assert adapter.refused(answer)
    assert line["request_id"].encode() in answer.body
    assert line["fault"] == "Unauthenticated"
    assert "tenant" not in line


def test_without_the_setting_no_request_is_logged(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--log-level", "info") as server:
        create(server, WITH_PRODUCTS[0], server.credentials())
        server.stop()
        assert server.said == ""


def test_a_whole_life_of_calls_leaves_no_secret_in_the_log(loud: Server) -> None:
    """Every operation of every API once with its own example, well and badly signed."""
    secrets = {(loud.data / root.MASTER_KEY).read_text().strip()}
    known = loud.credentials()
    asked = 0
    for adapter in ADAPTERS:
        caller = adapter.ready(known, lambda request: ask(loud.address, request))
        if adapter.products is not None:
            for n in (1, 2):
                secrets |= found_secrets(create(loud, adapter, caller, n).body)
        for operation in adapter.value.operations:
            given = dict.fromkeys(_in_path(operation.path), "100001")
            for signer in (caller, {**caller, "access_key": "nobody"}):
                request = adapter.request(
                    operation, {**given, **adapter.own(caller)}, operation.example or None, signer,
                    loud.address.encode(),
                )  # fmt: skip
                secrets |= found_secrets(ask(loud.address, request).body)
                secrets |= {request.header(b"authorization").decode()} - {""}
                asked += 1
        secrets |= found_secrets(json.dumps(caller).encode())
    loud.stop()
    assert len(secrets) > 8
    assert len(loud.said.splitlines()) >= asked > 100
    for secret in secrets:
        assert secret not in loud.said


def _in_path(path: str) -> list[str]:
    return [step[1:-1] for step in path.split("/") if step.startswith("{")]


def found_secrets(body: bytes) -> set[str]:
    """Whatever stands under a name of a secret, at any depth."""
    try:
        return set(_secrets(json.loads(body)))
    except ValueError:
        return set()


def _secrets(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _secrets(inner, inner_name.lower())
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, name)
    elif (
        isinstance(value, str)
        and len(value) >= 8
        and any(word in name for word in ("secret", "password", "token"))
        and set(value) != {"*"}
    ):
        yield value


def test_an_error_is_one_json_object_with_its_traceback_and_its_request() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.LogRecord(
            "entrepot", logging.ERROR, __file__, 1, "request %s failed", ("r1",), sys.exc_info()
        )
    record.facts = {"request_id": "r1", "tenant": "two words\nand a line"}
    text = Json().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert line["message"] == "request r1 failed"
    assert line["tenant"] == "two words\nand a line"
    assert line["level"] == "error"
    assert "ValueError: broken" in line["error"]
    first, _, rest = Console().format(record).partition("\n")
    assert first.endswith("request r1 failed request_id=r1 tenant=two_words_and_a_line")
    assert "ValueError: broken" in rest
