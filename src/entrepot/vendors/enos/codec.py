"""EnOS's answers as bytes, and how its calls are told apart by `action`."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from entrepot.core.faults import Fault, Invalid, Violation
from entrepot.dialect.check import Leniency
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer, Request
from entrepot.vendors.enos import signing
from entrepot.vendors.enos.common import Reply

# Official samples send "false" for a boolean and "730" for an integer.
LENIENT = Leniency(text_as_number=True, text_as_bool=True)

HEADERS = ((b"content-type", b"application/json;charset=utf-8"),)
_AGENT = b"Python_enos_api"
_encode = msgspec.json.Encoder().encode


def request_id(now_ms: int) -> str:
    """A UUID, as in every sample."""
    return str(uuid.UUID(bytes=os.urandom(16), version=4))


def selector(operations: Iterable[Operation]) -> Callable[[Exchange], str]:
    """`Dialect.select` for these operations: the query's `action`."""
    actions: dict[bytes, list[str]] = {}
    for operation in operations:
        actions.setdefault(operation.path.encode(), []).append(operation.selector)

    def select(exchange: Exchange) -> str:
        known = actions.get(exchange.request.path.removesuffix(b"/"))
        if known is None:
            return ""
        given = exchange.parameters.get("action", "")
        if isinstance(given, list):
            raise Invalid((Violation(("action",), "repeated"),))
        if not given:
            raise Invalid((Violation(("action",), "missing"),))
        if given not in known:
            raise Invalid((Violation(("action",), "enum", tuple(known), given),))
        return given

    return select


def answer(value: Reply, exchange: Exchange) -> Answer:
    """The reply struct as JSON, never compressed."""
    value.requestId = exchange.request_id
    return Answer(200, _encode(value), HEADERS)


def refusal(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    """`code`, `msg`, `requestId`, and no data.

    A refusal of the gateway has a `message` besides, where the vendor's gateway puts its words.
    """
    body: dict[str, Any] = {
        "code": int(code),
        "msg": message,
        "requestId": exchange.request_id,
        "data": None,
    }
    if status >= 400:
        if reads_only_200(exchange.request):
            status = 200
        else:
            body["message"] = message
    return Answer(status, _encode(body), HEADERS)


def reads_only_200(request: Request) -> bool:
    """Whether the client is enos-poseidon, which throws the body of any other answer away.

    INFERRED: so its refusals come with status 200 and a `code`, or nobody could read what to do.
    """
    if request.header(b"user-agent") == _AGENT:
        return True
    token = request.header(signing.TOKEN)
    return not request.header(signing.SIGNATURE) and signing.looks_like_poseidon(token)
