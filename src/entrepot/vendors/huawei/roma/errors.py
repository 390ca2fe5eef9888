"""How ROMA Connect LINK says no: every fault of the catalogue as status, code and message."""

from __future__ import annotations

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
    Stale,
    Taken,
    Throttled,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unrouted,
    Violation,
)  # fmt: skip
from entrepot.dialect.operation import Exchange, Row

# The order of the page's 400 sample; fields that it does not show come after, in document order.
_SAMPLE_ORDER = ("name", "manufacturer_name", "manufacturer_id", "product_type", "app_id", "model")
_MUST_NOT_BE_EMPTY = ("app_id",)

ServiceComb = "Parameter is not valid for operation [romalink.{op}]. Parameter is [{name}]. Processor is [{part}]."


def _words(violation: Violation) -> str:
    """One violation in Bean Validation's words. Only the first three are on a page; the rest INFERRED."""
    want = violation.want
    match violation.kind:
        case "missing" | "null" | "empty":
            if violation.path[-1] in _MUST_NOT_BE_EMPTY:
                return "must not be empty"
            number = violation.path[-1] in ("product_type", "protocol_type", "status", "required")
            return "must not be null" if number else "Can not be empty"
        case "too_short":
            return f"length must be greater than or equal to {want}"
        case "too_long":
            return f"length must be less than or equal to {want}"
        case "pattern":
            return f'must match "{want}"'
        case "enum":
            return f"must be one of {', '.join(map(str, want))}"
        case "too_small":
            return f"must be greater than or equal to {want}"
        case "too_large":
            return f"must be less than or equal to {want}"
        case "nul":
            return "must not contain the character U+0000"
        case "duplicate":
            return f"{want} must not appear twice"
        case "repeated":
            return "must be given once"
        case "type":
            return f"must be of type {want}"
        case _:
            return str(want)


def _place(violation: Violation) -> int:
    name = violation.path[0] if violation.path else ""
    if name in _SAMPLE_ORDER:
        return _SAMPLE_ORDER.index(str(name))
    return len(_SAMPLE_ORDER)


def _invalid(fault: Invalid, exchange: Exchange) -> str:
    """Every failing field in one bracketed list (source: the seed's 400 sample)."""
    listed = sorted(fault.violations, key=_place)
    inside = ", ".join(f"{v.field}:{_words(v)}" for v in listed)
    return f"The parameter does not meet verification rules: [{inside}]"


def _unreadable(fault: Malformed | TooLarge, exchange: Exchange) -> str:
    operation = exchange.operation.name if exchange.operation else "request"
    why = fault.reason if isinstance(fault, Malformed) else f"over {fault.limit_bytes} bytes"
    part = "header" if fault.part == "headers" else fault.part
    return ServiceComb.format(op=operation, name=part, part=part) + f" ({why})"


def _who(fault: Unauthenticated, exchange: Exchange) -> str:
    say = {
        "absent": "no Authorization or X-Auth-Token header; sign the request with your AK/SK",
        "malformed": "the Authorization header cannot be read; SDK-HMAC-SHA256 is expected",
        "unknown_key": "AK access {0} does not exist; `entrepot credentials` prints the keys",
        "disabled_key": "AK access {0} is disabled",
        "signature": "verify aksk signature fail, canonicalRequest:{0}",
        "date": "X-Sdk-Date is missing or not of the form YYYYMMDDTHHMMSSZ",
        "expired": "signature expired, signature time:{0}; set the client's clock",
        "token": "decrypt token fail; get a new one from POST /v3/auth/tokens",
        "token_expired": "The token must be updated",
    }
    words = say.get(fault.reason, fault.reason).format(fault.detail)
    return f"Incorrect IAM authentication information: {words}"


_TAKEN_NAME = "The product name already exists. Name: {value}"
_TAKEN_MODEL = "The manufacturer ID and product model already exist."
_NO_PERMISSION = "You do not have the {permission} permission on the resource. Check whether you have been granted the corresponding permission in the related service."  # noqa: E501
_NOT_FOUND = "The resource does not exist. Check whether the resource ID {handle} is correct."
_NO_INSTANCE = "The instance does not exist. project_id: {scope}, instance_id: {handle}"

ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, "SCB.00000000", "Not Found", "documented"),
    Row(TooLarge, 413, "SCB.00000000", _unreadable, "inferred"),
    Row(Malformed, 400, "SCB.00000000", _unreadable, "inferred"),
    Row(Invalid, 400, "ROMA.00110001", _invalid, "documented"),
    Row(Unauthenticated, 401, "APIGW.0301", _who, "documented"),
    Row(Unauthenticated, 401, "APIGW.0303", _who, "documented", when="expired"),
    Row(Unauthenticated, 401, "APIGW.0303", _who, "inferred", when="date"),
    Row(Denied, 403, "ROMA.00110008", _NO_PERMISSION, "documented"),
    Row(NotFound, 404, "ROMA.00110006", _NOT_FOUND, "documented"),
    Row(NotFound, 500, "ROMA.00110002", _NO_INSTANCE, "documented", when="instance"),
    Row(Taken, 500, "ROMA.00110701", _TAKEN_NAME, "inferred"),
    Row(Taken, 500, "ROMA.00110706", _TAKEN_MODEL, "documented", when="roma.model"),
    Row(InUse, 500, "ROMA.00110703",
        "The product named {handle} contains {by}. Delete all {by} under the product and try again.", "documented"),
    Row(Refused, 500, "ROMA.00110704", "The {kind} {handle} cannot be changed: it is {rule}.", "inferred"),
    Row(QuotaExceeded, 500, "ROMA.00110004",
        "The quota exceeds the upper limit, {limit}. Increase the quota.", "documented"),
    Row(Stale, 500, "ROMA.00110000", "The resource {handle} was changed meanwhile. Try again.", "inferred"),
    Row(Throttled, 429, "APIGW.0308", "The throttling threshold has been reached: {limit} in {per_s} s.", "inferred"),
    Row(Unavailable, 500, "ROMA.00110003",
        "An error occurs when reading data from or writing data to the store. Try again.", "inferred"),
    Row(Broken, 500, "ROMA.00110000", "Internal Error.", "documented"),
)  # fmt: skip

CATALOGUED: tuple[type[Fault], ...] = tuple({row.fault for row in ROWS})
