"""How EnOS says no: every fault of the catalogue as status, code and message.

Business refusals come with HTTP status 200; the gateway's own with theirs.
"""

from __future__ import annotations

from entrepot.core.faults import (
    Broken,
    Denied,
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
    Violation,
)  # fmt: skip
from entrepot.dialect.dialect import Exchange, Row
from entrepot.vendors.enos.products.use_cases import MODEL_OF_PRODUCT, MODEL_OF_PRODUCT_2019

_MOST_NAMED = 10  # violations in one message


def words(violation: Violation) -> str:
    """What is wrong with a field. Only `is missing` is on a page; the rest INFERRED."""
    want = violation.want
    match violation.kind:
        case "missing" | "null" | "empty":
            return "is missing"
        case "too_short":
            return f"must have at least {want} characters"
        case "too_long":
            return f"must have at most {want} characters"
        case "pattern":
            return f"must consist of {want}"
        case "enum":
            return f"must be one of {', '.join(map(str, want))}"
        case "too_small":
            return f"must be at least {want}"
        case "too_large":
            return f"must be at most {want}"
        case "too_few":
            return f"must hold at least {want}"
        case "too_many":
            return f"must hold at most {want}"
        case "nul":
            return "must not contain the character U+0000"
        case "duplicate":
            return f"must not hold {want} twice"
        case "repeated":
            return "must be given once"
        case "type":
            return f"must be of type {want}"
        case _:
            return str(want)


def invalid(fault: Invalid, exchange: Exchange) -> str:
    """`Invalid Argument action:action is missing` (source: the overview page), for each field."""
    named = [(v.field or "body", words(v)) for v in fault.violations[:_MOST_NAMED]]
    first = named[0][0]
    said = [f"{field} {wrong}" for field, wrong in named]
    return f"Invalid Argument {first}:{'; '.join(said)}"


def _unreadable(fault: Malformed, exchange: Exchange) -> str:
    return f"Invalid Argument {fault.part}:{fault.part} cannot be read: {fault.reason}"


def _denied(fault: Denied, exchange: Exchange) -> str:
    thing = fault.thing or f"{fault.permission}, which this user has not been granted"
    return f"Denied resource:  {thing}"


_PUBLIC_KEY = "GET /apim-token-service/entrepot/public-key"
_WHO = {
    "absent": "no apim-accesstoken header",
    "malformed": "{detail}",
    "unknown_key": "there is no access key {detail}; `entrepot credentials` prints the keys",
    "disabled_key": "{detail} is disabled",
    "signature": "apim-signature does not match",
    "date": "apim-timestamp must be 13 digits, in milliseconds",
    "expired": "apim-timestamp {detail} is more than 15 minutes off; set the client's clock",
    "token": "unknown token; get one from POST /apim-token-service/v2.0/token/get",
    "token_expired": "the token has expired; POST /apim-token-service/v2.0/token/get",
    "password": "the secret key does not belong to the access key",
    "unverifiable": (
        "this token is sealed to the vendor's key, so nobody here can tell who is calling. Set"
        " poseidon.poseidon.pubkey to the key of " + _PUBLIC_KEY + ", or have the tenant's setting"
        " accept_unverifiable include enos on a server that listens on loopback only, and call it"
        " 127.0.0.1 or localhost"
    ),
}


def who(fault: Unauthenticated, exchange: Exchange) -> str:
    """The gateway's stock words, and what is wrong in ours."""
    said = _WHO.get(fault.reason, fault.reason).format(detail=fault.detail)
    return f"Invalid authentication credentials: {said}"


def _nowhere(fault: Unrouted, exchange: Exchange) -> str:
    if fault.allowed:
        return f"{fault.method} is not for {fault.path}; use {' or '.join(fault.allowed)}"
    return f"no Route matched with those values: {fault.path}"


# The page's words, and ours.
_NO_ORGANIZATION = (
    "Invalid Argument orgId:  orgId does not exist; `entrepot credentials` prints the one that does"
)

ROWS: tuple[Row, ...] = (
    # INFERRED: the gateway is a Kong by its words, so its statuses are taken to be Kong's.
    Row(Unrouted, 404, "99404", _nowhere, "inferred"),
    Row(TooLarge, 413, "99400",
        "Request size limit exceeded: the {part} may have {limit_bytes} bytes", "inferred"),
    Row(Malformed, 200, "99400", _unreadable, "inferred"),
    Row(Invalid, 200, "99400", invalid, "inferred"),
    Row(Invalid, 200, "99400", invalid, "documented", when="missing"),
    # INFERRED: who must be read by enos-poseidon (see codec.refusal) gets the code of a denial.
    Row(Unauthenticated, 401, "99403", who, "inferred"),
    Row(Denied, 200, "99403", _denied, "documented"),
    Row(NotFound, 200, "99404", "Not found: {kind} {handle}", "documented"),
    Row(NotFound, 200, "11404", "Product cannot be found", "documented", when="product"),
    Row(NotFound, 200, "11404", "Device cannot be found", "documented", when="device"),
    Row(NotFound, 200, "99500", "Query model failed", "documented", when=MODEL_OF_PRODUCT),
    Row(NotFound, 200, "11699", "ModelId does not exist", "documented", when=MODEL_OF_PRODUCT_2019),
    Row(NotFound, 200, "99400", _NO_ORGANIZATION, "documented", when="organization"),
    Row(Taken, 200, "99400", "Invalid Argument: {value} is taken", "inferred"),
    Row(Taken, 200, "11702", "DeviceKey existed: {value}", "documented", when="device.key"),
    Row(InUse, 200, "99400", "{kind} {handle} is in use by {by}", "inferred"),
    Row(InUse, 200, "11619", "Existing Device Restrictions", "documented", when="product"),
    Row(Refused, 200, "99400", "The {kind} {handle} cannot be changed: it is {rule}", "inferred"),
    # INFERRED: the numbers are from a copy of Enable Device and Disable Device (V2.1); another has 11794 for both.
    Row(Refused, 200, "11721", "The device is enabled already: {handle}", "inferred", when="enabled"),
    Row(Refused, 200, "11723", "The device is disabled already: {handle}", "inferred", when="disabled"),
    Row(Refused, 200, "11704", "The new deviceKey {handle} is the one that the device has", "documented",
        when="same_key"),
    Row(Refused, 200, "11738", "Not Gateway: {handle}", "documented", when="not_a_gateway"),
    Row(Refused, 200, "11795", "Invalid arguments: {handle} is not behind this gateway", "documented",
        when="not_behind"),
    Row(Refused, 200, "99400", "Invalid Argument subDevices:{handle} is a gateway, or has another one",
        "inferred", when="no_sub_device"),
    Row(QuotaExceeded, 200, "11739", "Exceed max device size: {limit}", "documented", when="device"),
    Row(QuotaExceeded, 200, "99400", "The organization has its {limit} {kind}s", "inferred"),
    Row(Throttled, 429, "99500", "API rate limit exceeded: {limit} in {per_s} s", "inferred"),
    Row(TooMuch, 200, "99400",
        "Invalid Argument: the search takes longer than {limit:g} s; narrow the expression", "inferred"),
    Row(TooMuch, 429, "99500",
        "API rate limit exceeded: {limit:g} long calls wait already", "inferred", when="waiting"),
    Row(Unavailable, 503, "99500", "Service unavailable; try again", "inferred"),
    Row(Broken, 200, "99500", "Internal Server Error", "documented"),
)  # fmt: skip
