"""How IAM says no: Keystone's words; the code is the status, as a number."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from entrepot.core.faults import (
    Broken,
    Denied,
    Fault,
    InUse,
    Invalid,
    Malformed,
    NotFound,
    QuotaExceeded,
    Refused,
    Taken,
    Throttled,
    TooLarge,
    TooMuch,
    Unauthenticated,
    Unavailable,
    Unrouted,
)
from entrepot.dialect.dialect import Exchange, Row
from entrepot.dialect.request import Answer, header_value

_JSON = (b"content-type", b"application/json;charset=utf-8")

_WHO = {
    "absent": "The request you have made requires authentication: sign it with your AK/SK or send"
    " X-Auth-Token.",
    "malformed": "The Authorization header cannot be read; SDK-HMAC-SHA256 is expected.",
    "unknown_key": "The access key {0} does not exist; `entrepot credentials` prints the keys.",
    "disabled_key": "The user, its key or its account is disabled.",
    "signature": "The signature does not match. Canonical request here: {0}",
    "unsignable": "The signature cannot be checked: {0}.",
    "date": "X-Sdk-Date is missing or not of the form YYYYMMDDTHHMMSSZ.",
    "expired": "The signature was made at {0}, more than 15 minutes from now; set the client's clock.",
    "token": "The token is not one of this server; get one from POST /v3/auth/tokens.",
    "token_expired": "The token must be updated.",
    "password": "The username or password is wrong.",
}


def _who(fault: Unauthenticated, exchange: Exchange) -> str:
    return _WHO.get(fault.reason, fault.reason).format(fault.detail)


def _invalid(fault: Invalid, exchange: Exchange) -> str:
    wrong = "; ".join(
        f"{v.field or 'body'}: {v.kind}" + (f", want {v.want}" if v.want is not None else "")
        for v in fault.violations
    )
    return f"Request body or parameter is incorrect: {wrong}."


_UNREADABLE = "The {part} cannot be read: {reason}."
_MISSING = "Could not find {kind}: {handle}."

ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, "404", "No operation of IAM lives at {method} {path}.", "inferred"),
    Row(TooLarge, 413, "413", "The {part} is over {limit_bytes} bytes.", "inferred"),
    Row(Malformed, 400, "400", _UNREADABLE, "inferred"),
    Row(Invalid, 400, "400", _invalid, "inferred"),
    Row(Unauthenticated, 401, "401", _who, "documented"),
    Row(Denied, 403, "403", "You are not authorized to perform {permission}.", "inferred"),
    Row(NotFound, 404, "404", _MISSING, "inferred"),
    Row(NotFound, 404, "404", "Could not find token.", "inferred", when="token"),
    Row(
        Throttled,
        429,
        "429",
        "There were {limit} wrong passwords within {per_s} s. Try again in a minute.",
        "inferred",
    ),
    Row(
        TooMuch,
        400,
        "400",
        "The search takes longer than {limit:g} s. Narrow the filter.",
        "inferred",
    ),
    Row(
        TooMuch,
        429,
        "429",
        "{limit:g} long calls wait already. Try again.",
        "inferred",
        when="waiting",
    ),
    Row(Unavailable, 503, "503", "The service is unavailable. Try again.", "inferred"),
    Row(Broken, 500, "500", "Internal server error.", "inferred"),
)

NEVER: frozenset[type[Fault]] = frozenset(
    (Taken, InUse, Refused, QuotaExceeded)
)  # nothing is changed here


def refusal(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    """`{"error": {"code", "message", "title"}}` (source: api-iam, returned error codes)."""
    body = {"error": {"code": status, "message": message, "title": HTTPStatus(status).phrase}}
    return Answer(status, msgspec.json.encode(body), (_JSON, *trace(exchange)))


def trace(exchange: Exchange) -> tuple[tuple[bytes, bytes], ...]:
    """The request id where the SDK's exceptions look for it, and where its log messages do."""
    id = header_value(exchange.request_id)
    return ((b"x-request-id", id), (b"x-iam-trace-id", id))
