"""What a caller without a secret makes the server compute does not hold the event loop up."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Broken
from tests.vendors.wronged import DIALECTS, Sender, Way, sending

# Processor time of the loop's thread, so that a busy machine fails no test. The worst took 650 ms.
MOST_MS = 50
MEGABYTES = 8
PIECES = (b"%41", b"%2f", b"+", b"a", b"&a=b", b"&", b"&%41=", b"&Format=", b"%zz")


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    with sending(tmp_path_factory.mktemp("canonical")) as made:
        yield made


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "dialect", range(len(DIALECTS)), ids=[f"{n}-{d.name}" for n, d in enumerate(DIALECTS)]
)
def test_the_longest_query_with_a_known_key_and_no_secret_holds_nobody_up(
    dialect: int, piece: bytes, sender: Sender
) -> None:
    served = DIALECTS[dialect]
    operation = served.operations[0]
    size = min(served.query_limit, MEGABYTES << 20) - 1000
    query = b"&Name=" + piece * (size // len(piece))
    ways = (Way("", after=lambda r: replace(r, query=r.query + query)),)
    request = sender.request(served, operation, ways)
    began = time.thread_time()
    _, exchange = sender.world.exchange(request)
    took_ms = (time.thread_time() - began) * 1000
    assert exchange.fault is None or not isinstance(exchange.fault, Broken)
    assert took_ms < MOST_MS


@pytest.mark.parametrize(
    "dialect", range(len(DIALECTS)), ids=[f"{n}-{d.name}" for n, d in enumerate(DIALECTS)]
)
def test_the_longest_body_with_a_known_key_and_no_secret_holds_nobody_up(
    dialect: int, sender: Sender
) -> None:
    served = DIALECTS[dialect]
    operation = next(o for o in served.operations if o.body is not None or o.method == "POST")
    body = b'{"a": "' + b"x" * (served.body_limit - 10) + b'"}'
    ways = (Way("", after=lambda r: replace(r, body=body)),)
    request = sender.request(served, operation, ways)
    began = time.thread_time()
    _, exchange = sender.world.exchange(request)
    took_ms = (time.thread_time() - began) * 1000
    assert not isinstance(exchange.fault, Broken)
    assert took_ms < MOST_MS
