"""Parameters into an operation's struct, replies and refusals into JSON or XML."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from entrepot.core.faults import Denied, Fault, Invalid, NotFound, Throttled, Violation
from entrepot.dialect.check import read_params
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.operation import Call
from entrepot.dialect.quoting import quoted
from entrepot.dialect.request import Answer, header_value
from entrepot.vendors.aliyun import codec, common, errors, signing
from entrepot.vendors.aliyun.handles import ACCOUNT

HOST = "iot.cn-shanghai.aliyuncs.com"
HELP = "https://api.alibabacloud.com/troubleshoot?product=Iot&q="

_JSON = (b"content-type", b"application/json;charset=utf-8")
# Exactly so: one SDK reads an XML refusal only under this very text.
_XML = (b"content-type", b"text/xml;charset=utf-8")
# Begins with plain letters, which are found forty times as fast as `(?:\A|&)Format=` is.
_FORMAT = re.compile(rb"Format=(?<![^&]Format=)([A-Za-z]+)(?:&|\Z)")
_SEARCHED = 1 << 14  # bytes of what cannot be read
_required: dict[type[Any], frozenset[str]] = {}


def decode(exchange: Exchange) -> Call:
    """The operation's struct.

    Raises:
        Invalid: with every violation.
    """
    operation = exchange.operation
    if operation is None or operation.params is None:
        return Call()
    sent: codec.Sent = exchange.notes["sent"]
    try:
        plain = codec.nest(sent.all)
    except codec.BadParameter as error:
        raise Invalid((Violation((error.name[:100],), "rule", error.reason),)) from None
    required = _required_by(operation.params)
    # INFERRED: an optional parameter that is present and empty is taken for absent.
    given = {name: value for name, value in plain.items() if value != "" or name in required}
    return Call(read_params(given, operation.params))


def _required_by(params: type[Any]) -> frozenset[str]:
    found = _required.get(params)
    if found is None:
        fields = msgspec.structs.fields(params)
        found = _required[params] = frozenset(f.encode_name for f in fields if f.required)
    return found


def encode(value: Any, exchange: Exchange) -> Answer:
    """The reply, in the format that was asked for."""
    return _answer(200, value, _response(exchange), exchange)


def _response(exchange: Exchange) -> str:
    return f"{exchange.operation.name}Response" if exchange.operation else "Error"


def refuse(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    """The refusal: the gateway's with its status, the service's always as 200 (code `iot.`)."""
    status, code = errors.named(status, code, quoted(fault))
    if code.startswith("iot."):
        refusal = common.BusinessRefusal(
            RequestId=exchange.request_id, Code=code, ErrorMessage=message, Message=message
        )
        invalid = _invalid_tags(fault, exchange)
        if invalid:
            refusal.InvalidProductTags = common.Tags(ProductTag=invalid)
        return _answer(200, refusal, _response(exchange), exchange)
    gateway = common.GatewayRefusal(
        RequestId=exchange.request_id,
        HostId=_host(exchange),
        Code=code,
        Message=message,
        Recommend=HELP + code,
    )
    if isinstance(fault, Denied):
        gateway.AccessDeniedDetail = _denied(exchange)
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if isinstance(fault, Throttled):
        # The only hint that an SDK understands: milliseconds (alibabacloud-tea-openapi).
        wait_ms = max(1, math.ceil(fault.retry_after_s * 1000))
        headers = ((b"x-acs-retry-after", b"%d" % wait_ms),)
    return _answer(status, gateway, "Error", exchange, headers)


def _answer(
    status: int,
    value: Any,
    root: str,
    exchange: Exchange,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Answer:
    id_header = (b"x-acs-request-id", header_value(exchange.request_id))
    if _wants_xml(exchange):
        body = codec.xml_answer(root, msgspec.to_builtins(value))
        return Answer(status, body, (_XML, id_header, *headers))
    return Answer(status, msgspec.json.encode(value), (_JSON, id_header, *headers))


def _wants_xml(exchange: Exchange) -> bool:
    """XML where V1 asks for it or, as documented, asks for nothing; never for V3, whose SDKs cannot read it."""
    request = exchange.request
    if signing.is_v3(request) or request.header(b"x-acs-signature-nonce"):
        return False
    asked = exchange.parameters.get("Format", "")
    if not exchange.parameters:  # they could not be read, or were not
        found = _FORMAT.search(request.query, 0, _SEARCHED) or _FORMAT.search(
            request.body, 0, _SEARCHED
        )
        asked = found[1].decode() if found else ""
    return not (isinstance(asked, str) and asked.upper() == "JSON")


def _host(exchange: Exchange) -> str:
    """The endpoint as the caller wrote it; one SDK puts a scheme before it."""
    host = exchange.request.header(b"host").decode("latin-1")[:255]
    return host.rpartition("//")[2] or HOST


def _denied(exchange: Exchange) -> dict[str, str]:
    caller = exchange.caller
    return {
        "AuthAction": f"iot:{exchange.operation.name if exchange.operation else ''}",
        "AuthPrincipalType": "SubUser",
        "AuthPrincipalDisplayName": caller.user.name if caller else "",
        "AuthPrincipalOwnerId": caller.tenant.ids.get(ACCOUNT, "") if caller else "",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "NoPermissionType": "ImplicitDeny",
    }


def _invalid_tags(fault: Fault, exchange: Exchange) -> list[common.Tag]:
    """The refused tags of CreateProductTags and UpdateProductTags, as they were sent."""
    sent: codec.Sent | None = exchange.notes.get("sent")
    if sent is None:
        return []
    numbers: dict[int, None] = {}
    if isinstance(fault, Invalid):
        for violation in fault.violations:
            if len(violation.path) > 1 and violation.path[0] == "ProductTag":
                numbers[int(violation.path[1]) + 1] = None
    elif isinstance(fault, NotFound) and fault.kind == "tag":
        keys = fault.handle.split(",")
        numbers = {n: None for n in range(1, 11) if _tag(sent.all, n).TagKey in keys}
    return [_tag(sent.all, n) for n in numbers]


def _tag(given: Mapping[str, str], number: int) -> common.Tag:
    name = f"ProductTag.{number}."
    return common.Tag(
        TagKey=given.get(name + "TagKey", "")[:256], TagValue=given.get(name + "TagValue", "")[:256]
    )
