"""Schemathesis against each dialect's own document, on a live server, with signed requests.

Whatever the document permits, and much that it does not, gets an answer that the document names:
its status, its content type, its shape; and never the refusal that stands for a defect of ours.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.faults import Broken
from entrepot.core.things.account import Settings
from entrepot.dialect.client import Credentials
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.openapi import document
from entrepot.dialect.request import Request
from tests.contract.adapters import ADAPTERS, Adapter
from tests.contract.live import ask
from tests.examples import examples
from tests.holding import BOUND_S
from tests.server import Server

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
SIGNERS = {a.dialect: a for a in ADAPTERS}
SCHEMAS = {d.name: schemathesis.openapi.from_dict(document(d)) for d in root.dialects()}
OPERATIONS = [
    (dialect, cast(Any, found).ok())
    for dialect in root.dialects()
    for found in SCHEMAS[dialect.name].get_all_operations()
]


@dataclass(frozen=True, slots=True)
class Live:
    """A server in a process of its own, and a tenant that no rate limits hold back."""

    url: str
    credentials: Credentials
    session: requests.Session
    loop_s: Callable[[], float]  # the processor time that the server's event loop has taken so far


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("schemathesis")
    prepare(data)
    with Server(data) as server, requests.Session() as session:
        session.trust_env = False
        credentials: Credentials = server.credentials("fuzzed")
        for adapter in ADAPTERS:
            credentials = adapter.ready(credentials, lambda r: ask(server.address, r))
        yield Live(server.url, credentials, session, server.loop_s)


def prepare(data: Path) -> None:
    """A store with the tenant that is fuzzed."""
    installation = root.open_installation(Config(data=data))
    try:
        wanted = Settings(rate_limits=False)
        installation.store.write_now(
            lambda tx: root.create_tenant(tx, installation.vault, "fuzzed", wanted)
        )
    finally:
        installation.close()


class Signed(requests.auth.AuthBase):
    """Signs what is about to be sent, byte for byte."""

    def __init__(self, adapter: Adapter, credentials: Credentials) -> None:
        self._adapter = adapter
        self._credentials = credentials

    def __call__(self, prepared: PreparedRequest) -> PreparedRequest:
        url = urlsplit(str(prepared.url))
        body = prepared.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(cast(bytes, body))
        prepared.headers["host"] = url.netloc
        headers = {_bytes(k).lower(): _bytes(v) for k, v in prepared.headers.items()}
        request = Request(str(prepared.method), url.path.encode(), url.query.encode(), headers, raw)
        for name, value in self._adapter.sign(request, self._credentials).headers.items():
            prepared.headers[name.decode()] = value
        return prepared


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text


WRONG = st.one_of(
    st.sampled_from(
        [
            None,
            True,
            0,
            -1,
            2**63,
            1e308,
            "",
            " ",
            "\0",
            "灯" * 2000,
            "a\nb",
            "%",
            "{}",
            [],
            {},
            [[]],
        ]
    ),
    st.text(max_size=20),
)


@pytest.mark.parametrize(
    ("dialect", "operation"), OPERATIONS, ids=[f"{d.name}-{o.label}" for d, o in OPERATIONS]
)
def test_every_answer_is_one_that_the_document_names(
    dialect: Dialect, operation: Any, live: Live
) -> None:
    adapter = SIGNERS.get(dialect.name)
    address = adapter.own(live.credentials) if adapter else {}
    broken = next(r for r in dialect.rows if r.fault is Broken and not r.when)
    defect = broken.text if isinstance(broken.text, str) else ""
    public = next(
        o.public for o in dialect.operations if o.name == operation.definition.raw["operationId"]
    )
    statuses = []

    def send(case: Any) -> None:
        auth = Signed(adapter, live.credentials) if adapter else None
        began = live.loop_s()
        response = case.call(base_url=live.url, session=live.session, auth=auth, timeout=30)
        held = live.loop_s() - began
        assert held < BOUND_S, f"{case} held the loop for {held:.2f} s"
        case.validate_response(response, checks=CHECKS)
        statuses.append(response.status_code)
        assert not defect or defect not in str(response.text), response.text
        assert "Traceback" not in str(response.text)

    @settings(examples(5), phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), wrong=WRONG, where=st.integers(0, 1 << 16))
    def walk(case: Any, wrong: Any, where: int) -> None:
        # At the caller's own address, or nothing behind it would be reached.
        for place in (case.path_parameters, case.query):
            place.update({k: v for k, v in address.items() if k in (place or ())})
        send(case)
        case.body = copy.deepcopy(case.body)  # it may be the document's own example
        spoil(case, wrong, where)
        send(case)

    walk()
    assert public or 401 not in statuses, "the signature is not of this request"


def spoil(case: Any, wrong: Any, where: int) -> None:
    """Put the wrong value somewhere into the query or the body."""
    places: list[tuple[Any, Any]] = [(case.query, name) for name in case.query]
    if isinstance(case.body, dict | list):
        places += _places(case.body)
    if places:
        holder, name = places[where % len(places)]
        holder[name] = _word(wrong) if holder is case.query else wrong


def _places(value: Any) -> list[tuple[Any, Any]]:
    names = value if isinstance(value, dict) else range(len(value))
    found: list[tuple[Any, Any]] = [(value, name) for name in names]
    for name in names:
        if isinstance(value[name], dict | list):
            found += _places(value[name])
    return found


def _word(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
