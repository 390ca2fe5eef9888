"""How IoTDA says no: every fault of the catalogue as status, code and message.

Knows which codes are on a page and which are guesses: few product codes are public.
"""

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
    Taken,
    Throttled,
    TooLarge,
    TooMuch,
    Unauthenticated,
    Unavailable,
    Unrouted,
    Violation,
)
from entrepot.dialect.dialect import Exchange, Row
from entrepot.dialect.request import Answer
from entrepot.vendors.huawei import codec
from entrepot.vendors.huawei.iotda import common
from entrepot.vendors.huawei.iotda.devices import wire as device_wire
from entrepot.vendors.huawei.iotda.formats import wire as model
from entrepot.vendors.huawei.iotda.formats.size import CONTENT_BYTES

_SPECIAL = "Chinese characters, letters, digits, and the special characters "
_CLASSES = {
    model.NAME_CLASS: f"{_SPECIAL}_?'#().,&%@!-",
    model.SERVICE_CLASS: f"{_SPECIAL}_?'#().,&%@!-$",
    model.TEXT_CLASS: f"{_SPECIAL}_?'#().,;&%@!-:$![]~/，、：；。 and spaces",
    device_wire.TAG_CLASS: f"{_SPECIAL}_.-",
    common.ID_CLASS: "letters, digits, underscores (_) and hyphens (-)",
    "0-9A-Fa-f": "24 hexadecimal digits",
    "0-9A-Fa-f]{40}|[0-9A-Fa-f": "40 or 64 hexadecimal digits",
}
MOST_SHOWN = 20

# Parameters with codes of their own (source: documented; api-iothub, error codes).
_OWN_CODES = {
    "limit": ("IOTDA.000017", "Invalid input. The specified parameter 'limit' is out of range."),
    "start_time": ("IOTDA.000009", "Invalid input. Invalid time format."),
    "end_time": ("IOTDA.000009", "Invalid input. Invalid time format."),
    "marker": ("IOTDA.000018", "Invalid input. The specified parameter 'marker' is out of range."),
}
_ORDER = (
    "IOTDA.000010",
    "Invalid input. The start time must be earlier than the end time.",
)


def _characters(pattern: str) -> str:
    if "[" not in pattern:
        return pattern
    inside = pattern[pattern.index("[") + 1 : pattern.rindex("]")]
    return _CLASSES.get(inside, pattern)


def _words(violation: Violation) -> str:
    """One violation. The pages show no such text: all of it is INFERRED."""
    want = violation.want
    match violation.kind:
        case "missing":
            return "is mandatory"
        case "null":
            return "must not be null"
        case "empty":
            return "must not be empty"
        case "too_short":
            return f"must have at least {want} characters"
        case "too_long" if want == CONTENT_BYTES:
            return "must not be larger than 500 KB"
        case "too_long":
            return f"must have at most {want} characters"
        case "pattern":
            return f"may contain only {_characters(want)}"
        case "enum":
            return f"must be one of {', '.join(map(str, want))}"
        case "too_small":
            return f"must be at least {want}"
        case "too_large":
            return f"must be at most {want}"
        case "too_few":
            return f"must have at least {want} elements"
        case "too_many":
            return f"must have at most {want} elements"
        case "duplicate":
            return f"has {want!r} twice"
        case "repeated":
            return "must be given once"
        case "nul":
            return "must not contain the character U+0000"
        case "type":
            return f"must be of type {want}"
        case _:
            return str(want)


def _invalid(fault: Invalid, exchange: Exchange) -> str:
    """The documented sentence, then every violated field."""
    own = _own_code(fault)
    head = own[1] if own else "Invalid input data."
    wrong = [f"{v.field or 'body'} {_words(v)}" for v in fault.violations[:MOST_SHOWN]]
    more = len(fault.violations) - MOST_SHOWN
    return f"{head} {'; '.join(wrong)}{f'; and {more} more' if more > 0 else ''}."


def _own_code(fault: Fault) -> tuple[str, str] | None:
    if not isinstance(fault, Invalid) or len(fault.violations) != 1:
        return None
    violation = fault.violations[0]
    if violation.want == device_wire.EARLIER:
        return _ORDER
    return _OWN_CODES.get(violation.field)


def _unreadable(fault: Malformed, exchange: Exchange) -> str:
    return f"{_BAD} The {fault.part} cannot be read: {fault.reason}."


def _who(fault: Unauthenticated, exchange: Exchange) -> str:
    say = {
        "absent": "no Authorization and no X-Auth-Token header; sign the request with your AK/SK",
        "malformed": "the Authorization header cannot be read; SDK-HMAC-SHA256 or V11-HMAC-SHA256 is"
        " expected",
        "unknown_key": "access key {0} does not exist; `entrepot credentials` prints the keys",
        "disabled_key": "access key {0} is disabled",
        "signature": "the signature does not match; canonical request here: {0}",
        "unsignable": "the signature cannot be checked: {0}",
        "date": "X-Sdk-Date is missing or not of the form yyyyMMdd'T'HHmmss'Z'",
        "expired": "the signature was made at {0}, more than 15 minutes from now; set the client's"
        " clock",
        "token": "the token is not one of this server; get one from POST /v3/auth/tokens",
        "token_expired": "The token must be updated",
    }
    words = say.get(fault.reason, fault.reason).format(fault.detail)
    return f"Authentication failed. {words[:1].upper()}{words[1:]}."


def _absent(fault: Unrouted, exchange: Exchange) -> str:
    says = f"The API does not exist: {fault.method} {fault.path}."
    if fault.allowed:
        return f"{says} This path takes {', '.join(fault.allowed)}."
    resources = {o.path.split("/")[_RESOURCE] for o in exchange.dialect.operations}
    *some, last = sorted(resources)
    return f"{says} Spoken under /v5/iot/{{project_id}}/ are {', '.join(some)} and {last}."


def _taken(fault: Taken, exchange: Exchange) -> str:
    """The claim's value is the space and, behind a slash, the id that the caller chose."""
    id = fault.value.rpartition("/")[2]
    return f"Operation not allowed. The product already exists. product_id: {id}"


_RESOURCE = 4  # which piece of a path names the resource
_BAD = "Invalid input. Bad request, for more detail, refer to the error message."
_NO_PROJECT = (
    "Operation not allowed. User not found by IAM token or the authorized user has not subscribed"
    " IOTDA: project {handle} is not the caller's."
)
_LAST_SPACE = "Invalid input for this application. The default resource space cannot be deleted."

# Codes marked inferred follow their neighbours: 014000 is a missing device, 014024 a device that
# has sub-devices, 014031 a device that exists, and 013xxx are the product model's.
ROWS: tuple[Row, ...] = (
    # Seen for a URL without /iot/, by others; no page says what it means.
    Row(Unrouted, 404, "IOTDA.000029", _absent, "inferred"),
    Row(TooLarge, 413, "IOTDA.000008", _BAD + " The {part} is over {limit_bytes} bytes.", "inferred"),
    Row(Malformed, 400, "IOTDA.000008", _unreadable, "documented"),
    Row(Invalid, 400, "IOTDA.000006", _invalid, "documented"),
    Row(Unauthenticated, 401, "IOTDA.000002", _who, "documented"),
    Row(Denied, 403, "IOTDA.000022",
        "Operation not allowed. The user does not have the permission {permission}.", "documented"),
    Row(NotFound, 404, "IOTDA.013000", "The {kind} {handle} does not exist.", "inferred"),
    # 403, not 404: so say the page of deleting a device and Terraform's provider
    Row(NotFound, 403, "IOTDA.001000", "The application does not exist. app_id: {handle}", "documented",
        when="space"),
    Row(NotFound, 403, "IOTDA.000021", _NO_PROJECT, "documented", when="project"),
    Row(NotFound, 403, "IOTDA.000021",
        "The instance {handle} is not yours. Leave Instance-Id out, or send the tenant's own.",
        "inferred", when="instance"),
    Row(NotFound, 404, "IOTDA.014000", "The device does not exist. device_id: {handle}", "documented",
        when="device"),
    Row(NotFound, 400, "IOTDA.000006", "Invalid input data. The device has no tag {handle}.", "inferred",
        when="tag"),
    Row(Taken, 403, "IOTDA.013031", _taken, "inferred"),
    # The number is known from a constant in others' programs, its status and text are not.
    Row(Taken, 403, "IOTDA.014031",
        "Operation not allowed. The device already exists. node_id: {value}", "inferred", when="device.key"),
    Row(Taken, 403, "IOTDA.014031",
        "Operation not allowed. The device already exists. device_id: {value}", "inferred", when="iotda.device"),
    Row(InUse, 403, "IOTDA.013024",
        "Operation not allowed. The {kind} {handle} still has {by}; delete them first.", "inferred"),
    Row(InUse, 403, "IOTDA.014024",
        "Operation not allowed. The device already has endpoint. device_id: {handle}", "documented", when="device"),
    Row(Refused, 403, "IOTDA.014038",
        "Operation not allowed. It is not allowed to freeze sub-devices, only gateways or directly"
        " connected devices can be frozen.", "documented", when="subdevice"),
    Row(Refused, 403, "IOTDA.014040",
        "Operation not allowed. The device is not frozen, can not unfreeze.", "documented", when="not_frozen"),
    Row(Refused, 403, "IOTDA.014025",
        "Operation not allowed. There are two levels of sub-devices at most; {handle} cannot be the gateway.",
        "inferred", when="too_deep"),
    Row(Refused, 403, "IOTDA.014025",
        "Operation not allowed. The product of {handle} is not one of gateways, so the device cannot have sub-devices.",
        "inferred", when="not_a_gateway"),
    Row(Refused, 403, "IOTDA.014026",
        "Operation not allowed. The device {handle} connects directly and has no gateway to change.",
        "inferred", when="direct"),
    Row(Refused, 403, "IOTDA.014027",
        "Operation not allowed. The device {handle} has sub-devices and cannot change its gateway.",
        "inferred", when="has_subdevices"),
    Row(Refused, 403, "IOTDA.014028",
        "Operation not allowed. The gateway {handle} is the device's own already, or not in its application.",
        "inferred", when="no_other_gateway"),
    Row(Refused, 403, "IOTDA.013025", "Operation not allowed. The {kind} {handle} is {rule}.", "inferred"),
    Row(Refused, 400, "IOTDA.000006",
        "Invalid input data. protocol_type must not be changed to CoAP.", "inferred", when="coap"),
    Row(Refused, 400, "IOTDA.001001", _LAST_SPACE, "inferred", when="default_space"),
    Row(QuotaExceeded, 403, "IOTDA.013026",
        "Operation not allowed. There are {limit} {kind}s already, as many as the quota allows.", "inferred"),
    Row(QuotaExceeded, 400, "IOTDA.000006",
        "Invalid input data. A device has at most {limit} tags.", "inferred", when="tag"),
    # 403, not 429: the SDK would put its own text in place of this one (urllib3's retry list)
    Row(Throttled, 403, "IOTDA.021102",
        "Request reached the maximum rate limit, upper limit of the tenant, limit {limit}.", "inferred"),
    Row(TooMuch, 400, "IOTDA.000006",
        "Invalid input data. The search takes longer than {limit:g} s. Narrow the filter.", "inferred"),
    Row(TooMuch, 403, "IOTDA.021102",
        "Request reached the maximum rate limit: {limit:g} long calls wait already.", "inferred", when="waiting"),
    Row(Unavailable, 500, "IOTDA.000001",
        "Internal server error. The store cannot be used now; nothing was kept. Try again.", "inferred"),
    Row(Broken, 500, "IOTDA.000001", "Internal server error.", "documented"),
)  # fmt: skip


def refusal(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    """The refusal, under the parameter's own code where it has one."""
    own = _own_code(fault)
    return codec.refusal(status, own[0] if own else code, message, fault, exchange)
