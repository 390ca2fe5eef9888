"""Huawei's answers as bytes: JSON bodies, the request id in its header; shared by both services."""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.core.faults import Fault
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Answer, header_value

_JSON = (b"content-type", b"application/json;charset=utf-8")
_encode = msgspec.json.Encoder().encode


def answer(value: Any, exchange: Exchange) -> Answer:
    """The reply struct as JSON; no body where there is none (204)."""
    operation = exchange.operation
    status = operation.status if operation else 200
    id_header = (b"x-request-id", header_value(exchange.request_id))
    if value is None:
        return Answer(status, b"", (id_header,))
    return Answer(status, _encode(value), (_JSON, id_header))


def refusal(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    """`error_code`, `error_msg`, `request_id`; the SDK reads the id from the header only."""
    body = {"error_code": code, "error_msg": message, "request_id": exchange.request_id}
    return Answer(
        status, _encode(body), (_JSON, (b"x-request-id", header_value(exchange.request_id)))
    )
