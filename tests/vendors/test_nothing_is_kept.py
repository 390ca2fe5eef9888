"""Of a request that proved nobody nothing is kept: no cache, counter or table holds what it said."""

from __future__ import annotations

import gc
import json
import re
import uuid
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from entrepot.core.faults import Unauthenticated
from entrepot.core.recent import Recent
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Request
from entrepot.explorer.sign_in import SignIn
from entrepot.vendors.huawei import signing
from tests.vendors.wronged import DIALECTS, Sender, Way, each_header, headers, sending

PLAIN = (str, bytes, int, float, complex, type(None), type(...))


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    with sending(tmp_path_factory.mktemp("kept")) as made:
        yield made


def marked(mark: bytes) -> tuple[Way, ...]:
    """Requests with the mark wherever a caller may write; none is signed by anybody."""
    credentials = rb"authorization|token|nonce|signature"
    return (
        Way("path", after=lambda r: replace(r, path=r.path + b"/" + mark)),
        Way("query", after=lambda r: replace(r, query=r.query + b"&x=" + mark + b"&" + mark + b"=1")),
        Way("body", after=lambda r: replace(r, body=b'{"' + mark + b'": "' + mark + b'"}')),
        Way("method", after=lambda r: replace(r, method="M" + mark.decode())),
        Way("credentials", after=each_header(credentials, lambda v: v + mark)),
        Way("key", after=each_header(credentials, lambda v: v.replace(b"=", b"=" + mark, 1))),
        Way("names", after=each_header(rb"^authorization", lambda v: v.replace(b"host", b"host;x" + mark))),
        Way("date", after=each_header(rb"date|timestamp", lambda v: mark)),
        Way("host", after=headers((b"host", mark))),
        Way("tokens", after=headers((b"x-auth-token", b"MII" + mark), (b"apim-accesstoken", mark))),
        Way("action", after=headers((b"x-acs-action", mark), (b"x-acs-version", mark))),
    )  # fmt: skip


def holders(mark: str) -> list[str]:
    """Every container in the process that holds a text with the mark."""
    raw, found = mark.encode(), []
    gc.collect()
    # The collector does not track containers of texts and numbers alone, nor some structs.
    waiting = [(thing, type(thing)) for thing in gc.get_objects()]
    while waiting:
        thing, owner = waiting.pop()
        if owner.__name__ in ("frame", "cell", "function"):
            continue
        fields = thing.__struct_fields__ if isinstance(thing, msgspec.Struct) else ()
        for one in (*gc.get_referents(thing), *(getattr(thing, f, None) for f in fields)):
            if (type(one) is str and mark in one) or (type(one) is bytes and raw in one):
                found.append(f"{owner}, {type(thing)} {str(thing)[:500]}")
            elif not gc.is_tracked(one) and not isinstance(one, PLAIN):
                waiting.append((one, owner))
    return found


def send_all(sender: Sender, dialect: Dialect, operation: Operation, mark: str) -> int:
    refused = 0
    for way in marked(mark.encode()):
        _, fault = sender.send(dialect, operation, (Way("", secret="f" * 32), way))
        refused += fault is not None
    sender.heard.clear()
    return refused


@pytest.mark.parametrize(
    "dialect", range(len(DIALECTS)), ids=[f"{n}-{d.name}" for n, d in enumerate(DIALECTS)]
)
def test_nothing_of_an_unproved_request_is_kept(dialect: int, sender: Sender) -> None:
    served, mark = DIALECTS[dialect], uuid.uuid4().hex
    for operation in served.operations[:4]:
        assert send_all(sender, served, operation, mark)
    assert not holders(mark)


def test_nothing_of_a_wrong_login_is_kept(sender: Sender) -> None:
    """Nor is it where the wrong attempts are counted."""
    mark = uuid.uuid4().hex
    world = sender.world
    user = {"name": f"n{mark}", "password": f"p{mark}", "domain": {"name": f"d{mark}"}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    token = {"appKey": f"k{mark}", "encryption": mark, "timestamp": "1"}
    for path, sent in (
        ("/v3/auth/tokens", body),
        ("/apim-token-service/v2.0/token/get", token),
        ("/apim-token-service/v2.0/token/refresh", {**token, "accessToken": mark}),
    ):
        request = Request("POST", path.encode(), body=json.dumps(sent).encode())
        _, exchange = world.exchange(request)
        assert isinstance(exchange.fault, Unauthenticated)
    door = SignIn(world.context.authenticator, lambda tenant: "")
    with pytest.raises(Unauthenticated):
        world.run(door.sign_in(f"u{mark}", f"p{mark}", "192.0.2.1"))
    with pytest.raises(Unauthenticated):
        world.run(door.enter(f"t{mark}", "192.0.2.1"))
    del request, exchange, sent, body, user, token, path
    # The log names whoever was turned away, and pytest keeps the log of a test.
    logged = re.compile("LogRecord|turned .* away")
    assert not [holder for holder in holders(mark) if not logged.search(holder)]


KEPT: dict[Any, Any] = {}


@lru_cache
def remembering(text: bytes) -> int:
    return len(text)


def test_what_is_kept_is_found() -> None:
    ways: tuple[Callable[[bytes], Any], ...] = (
        lambda mark: KEPT.update({("a", mark): 1}),
        lambda mark: KEPT.update({1: Request("GET", b"/" + mark)}),
        lambda mark: KEPT.update({2: Recent[bytes, int](9)}) or KEPT[2].keep(mark, 1),
        remembering,
    )
    for n, keep in enumerate(ways):
        mark = uuid.uuid4().hex
        keep(mark.encode())
        assert holders(mark), n
        KEPT.clear()


def test_a_client_whose_signature_held_is_remembered(sender: Sender) -> None:
    iotda = next(d for d in DIALECTS if d.name == "iotda")
    operation = next(o for o in iotda.operations if o.name == "ListProducts")
    request: Request = sender.request(iotda, operation, ())
    before = request.header(b"authorization")[:-64]
    wrong = sender.request(iotda, operation, (Way("", secret="f" * 32),))
    sender.world.ask(wrong)
    assert signing._told.get(before) is None
    sender.world.context.authenticator._remembered.clear()  # as it is a second later
    sender.world.ask(request)
    assert signing._told.get(before) is not None
    for n in range(300):
        signing._told.keep(b"%d" % n, ("", "", None, ()))
    assert len(signing._told) == 256
    assert signing._told.get(before) is None
