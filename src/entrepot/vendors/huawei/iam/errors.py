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
from entrepot.vendors.huawei import codec

_JSON = (b"content-type", b"application/json;charset=utf-8")

# What IAM itself says of a caller. What is wrong with a signature is the gateway's business.
_WHO = {
    "absent": "The request you have made requires authentication: sign it with your AK/SK or send"
    " X-Auth-Token.",
    "disabled_key": "The user, its key or its account is disabled.",
    "token": "The X-Auth-Token is invalid! Get one from POST /v3/auth/tokens.",
    "token_expired": "The token must be updated.",
    "password": "The username or password is wrong.",
}
_SIGNED = {
    "malformed": "the Authorization header cannot be read; SDK-HMAC-SHA256 is expected",
    "unknown_key": "the access key {0} does not exist; `entrepot credentials` prints the keys",
    "disabled_key": "the user, its key or its account is disabled",
    "signature": "verify aksk signature fail, canonicalRequest:{0}",
    "unsignable": "verify aksk signature fail, {0}",
    "date": "X-Sdk-Date is missing or not of the form YYYYMMDDTHHMMSSZ",
    "expired": "the signature was made at {0}, more than 15 minutes from now; set the client's clock",
}
_LOGIN = "KeystoneCreateUserTokenByPassword"


def _who(fault: Unauthenticated, exchange: Exchange) -> str:
    return _WHO.get(fault.reason, fault.reason).format(fault.detail)


def _signer(fault: Unauthenticated, exchange: Exchange) -> str:
    said = _SIGNED.get(fault.reason, fault.reason).format(fault.detail)
    return f"Incorrect IAM authentication information: {said}"


def _invalid(fault: Invalid, exchange: Exchange) -> str:
    wrong = "; ".join(
        f"{v.field or 'body'}: {v.kind}" + (f", want {v.want}" if v.want is not None else "")
        for v in fault.violations
    )
    return f"Request body or parameter is incorrect: {wrong}."


def _wrong_method(fault: Unrouted, exchange: Exchange) -> str:
    return f"{fault.path} takes {', '.join(fault.allowed)}, not {fault.method}."


_UNREADABLE = "The request {part} is invalid: it cannot be read: {reason}."

# Pages and files, each with the edition that was read.
_GATEWAY = "API Request Signing Guide, Error Codes"
_OPENAPI = "OpenAPI document of IAM, republished 2026-07-24"

ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, "APIGW.0101", "The API does not exist: no operation of IAM lives at {method} {path}.",
        "documented", evidence=_GATEWAY),
    Row(Unrouted, 405, "405", _wrong_method, "documented", when="method",
        evidence=f"{_OPENAPI}: KeystoneListAuthProjects, KeystoneListAuthDomains"),
    Row(TooLarge, 413, "413", "The {part} is over {limit_bytes} bytes.", "documented", evidence=_OPENAPI),
    Row(Malformed, 400, "400", _UNREADABLE, "documented", evidence=f"{_OPENAPI}: creating a token"),
    Row(Invalid, 400, "400", _invalid, "documented", evidence=f"{_OPENAPI}: creating a token"),
    Row(Unauthenticated, 401, "401", _who, "documented", evidence=_OPENAPI),
    *(
        Row(Unauthenticated, 401, "APIGW.0301", _signer, "documented", when=reason, evidence=_GATEWAY)
        for reason in _SIGNED
    ),
    Row(Unauthenticated, 401, "401", _who, "documented", when="disabled_key", calls=(_LOGIN,), evidence=_OPENAPI),
    Row(Denied, 403, "403", "You are not authorized to perform the requested action: {permission}.", "documented",
        evidence=_OPENAPI),
    Row(NotFound, 404, "404", "Could not find {kind}: {handle}.", "documented",
        evidence=f"{_OPENAPI}; IAM.0004 in the newer form"),
    Row(NotFound, 404, "404", "X-Subject-Token is invalid in the request.", "documented", when="token",
        evidence=f"{_OPENAPI}: KeystoneValidateToken"),
    Row(Throttled, 429, "APIGW.0308",
        "The throttling threshold has been reached: {limit} wrong passwords within {per_s} s. Try again in a minute.",
        "documented", evidence=_GATEWAY),
    Row(TooMuch, 400, "400", "The search takes longer than {limit:g} s. Narrow the filter.", "inferred"),
    Row(TooMuch, 429, "APIGW.0308", "The throttling threshold has been reached: {limit:g} long calls wait already.",
        "inferred", when="waiting", evidence=f"{_GATEWAY}: flow control; that long searches wait is ours"),
    Row(Unavailable, 503, "503", "The service is unavailable. Try again.", "documented", evidence=_OPENAPI),
    Row(Broken, 500, "500", "An unexpected error prevented the server from fulfilling your request.", "documented",
        evidence=f"{_OPENAPI}; IAM.0006 in the newer form"),
)  # fmt: skip

NEVER: frozenset[type[Fault]] = frozenset(
    (Taken, InUse, Refused, QuotaExceeded)
)  # nothing is changed here


def refusal(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    """`{"error": {"code", "message", "title"}}` (source: api-iam, returned error codes), or the gateway's form."""
    if code.startswith("APIGW."):
        gateways = codec.refusal(status, code, message, fault, exchange)
        return Answer(status, gateways.body, (_JSON, *trace(exchange)))
    body = {"error": {"code": status, "message": message, "title": HTTPStatus(status).phrase}}
    headers: tuple[tuple[bytes, bytes], ...] = (_JSON, *trace(exchange))
    if isinstance(fault, Unrouted):  # 405 names the methods that are allowed (RFC 9110, 15.5.6)
        headers += ((b"allow", header_value(", ".join(fault.allowed))),)
    return Answer(status, msgspec.json.encode(body), headers)


def trace(exchange: Exchange) -> tuple[tuple[bytes, bytes], ...]:
    """The request id where the SDK's exceptions look for it, and where its log messages do."""
    id = header_value(exchange.request_id)
    return ((b"x-request-id", id), (b"x-iam-trace-id", id))
