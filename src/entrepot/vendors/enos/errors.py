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
from entrepot.vendors.enos.common import MODEL_OF_PRODUCT, MODEL_OF_PRODUCT_2019

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

# Pages, each with the edition that was read. The gateway's table gives statuses and texts; the numbers are ours.
_GATEWAY = "Getting started, what PoseidonException carries, en 2020-08 and zh 2019-10"
_OVERVIEW = "API overview, en 2020-08"
_NEWEST = "Device and product pages, 2.3 and later"
_TOPOLOGY = "Device topology pages, en 2020-08"

ROWS: tuple[Row, ...] = (
    # INFERRED: the gateway is a Kong by its words, so the status is taken to be Kong's.
    Row(Unrouted, 404, "99404", _nowhere, "inferred", evidence=f"Not in {_GATEWAY}"),
    Row(TooLarge, 413, "99400",
        "Request size limit exceeded: the {part} may have {limit_bytes} bytes", "documented", evidence=_GATEWAY),
    Row(Malformed, 400, "99400", "Cannot process request {part}: {reason}", "documented", evidence=_GATEWAY),
    Row(Invalid, 200, "99400", invalid, "documented", evidence=f"{_OVERVIEW}; Apply Certificate"),
    # Who must be read by enos-poseidon (see codec.refusal) gets the number of a denial.
    Row(Unauthenticated, 401, "99403", who, "documented", evidence=_GATEWAY),
    Row(Denied, 200, "99403", _denied, "documented", evidence=_OVERVIEW),
    Row(NotFound, 200, "99404", "Not found: {kind} {handle}", "documented", evidence=_OVERVIEW),
    Row(NotFound, 200, "11404", "Product cannot be found", "documented", when="product", evidence=_NEWEST),
    Row(NotFound, 200, "11404", "Device cannot be found", "documented", when="device", evidence=_NEWEST),
    Row(NotFound, 200, "99500", "Query model failed", "documented", when=MODEL_OF_PRODUCT, evidence="Create Product"),
    Row(NotFound, 200, "11699", "ModelId does not exist", "documented", when=MODEL_OF_PRODUCT_2019,
        evidence="Create Product, 2019-06 to 2020-08"),
    Row(NotFound, 200, "99400", _NO_ORGANIZATION, "documented", when="organization", evidence=_OVERVIEW),
    Row(Taken, 200, "99400", "Invalid Argument: {value} is taken", "inferred",
        evidence="Apply Certificate has the number for a subject that is there twice"),
    Row(Taken, 200, "11702", "DeviceKey existed: {value}", "documented", when="device.key",
        evidence="Create Device, Replace Device, en 2020-08"),
    Row(InUse, 200, "99400", "{kind} {handle} is in use by {by}", "inferred"),
    Row(InUse, 200, "11619", "Existing Device Restrictions", "documented", when="product",
        evidence="Delete Product, 2.1 to 3.0"),
    Row(Refused, 200, "99400", "The {kind} {handle} cannot be changed: it is {rule}", "inferred"),
    Row(Refused, 200, "11721", "The device is enabled already: {handle}", "documented", when="enabled",
        evidence="V2.1 Enable Device, zh 3.0.0; en 2020-08 has 11794"),
    Row(Refused, 200, "11723", "The device is disabled already: {handle}", "documented", when="disabled",
        evidence="V2.1 Disable Device; en 2020-08 has 11794"),
    Row(Refused, 200, "11704", "The new deviceKey {handle} is the one that the device has", "documented",
        when="same_key", evidence="Replace Device, en 2020-08"),
    Row(Refused, 200, "11738", "Not Gateway: {handle}", "documented", when="not_a_gateway", evidence=_TOPOLOGY),
    Row(Refused, 200, "11795", "Invalid arguments: {handle} is not behind this gateway", "documented",
        when="not_behind", evidence=_TOPOLOGY),
    Row(Refused, 200, "11795", "Invalid arguments: {handle} is a gateway, or has another one", "documented",
        when="no_sub_device", evidence="Add Sub-device, zh 2019-10; en 2020-08 has 99400"),
    Row(QuotaExceeded, 200, "11739", "Exceed max device size: {limit}", "documented", when="device",
        evidence="Create Device, Add Sub-device, en 2020-08"),
    Row(QuotaExceeded, 200, "99400", "The organization has its {limit} {kind}s", "inferred"),
    Row(Throttled, 429, "99500", "API rate limit exceeded: {limit} in {per_s} s", "documented",
        evidence=f"{_GATEWAY}; API management, flow control, en 2019-09"),
    Row(TooMuch, 200, "99400",
        "Invalid Argument: the search takes longer than {limit:g} s; narrow the expression", "inferred"),
    Row(TooMuch, 429, "99500",
        "API rate limit exceeded: {limit:g} long calls wait already", "inferred", when="waiting",
        evidence=f"{_GATEWAY}: flow control; that long searches wait is ours"),
    Row(Unavailable, 503, "99500", "Service unavailable; try again", "documented", evidence=_GATEWAY),
    Row(Broken, 200, "99500", "Internal Server Error", "documented", evidence=_OVERVIEW),
)  # fmt: skip
