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
from entrepot.vendors.huawei.iotda.formats import wire as model
from entrepot.vendors.huawei.iotda.formats.size import CONTENT_BYTES

_SPECIAL = "Chinese characters, letters, digits, and the special characters "
_CLASSES = {
    model.NAME_CLASS: f"{_SPECIAL}_?'#().,&%@!-",
    model.SERVICE_CLASS: f"{_SPECIAL}_?'#().,&%@!-$",
    model.TEXT_CLASS: f"{_SPECIAL}_?'#().,;&%@!-:$![]~/，、：；。 and spaces",
    common.TAG_CLASS: f"{_SPECIAL}_.-",
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
    if violation.want == common.EARLIER:
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
    return f"Invalid input. The product already exists. product_id: {id}"


def _no_gateway(fault: Refused, exchange: Exchange) -> str:
    """Why a device or its gateway cannot be one. The pages show no such text: all of it is INFERRED."""
    said = {
        "too_deep": "There are two levels of sub-devices at most; {} cannot be the gateway",
        "not_a_gateway": "The product of {} is not one of gateways, so the device cannot have sub-devices",
        "direct": "The device {} connects directly and has no gateway to change",
        "has_subdevices": "The device {} has sub-devices and cannot change its gateway",
        "no_other_gateway": "The gateway {} is the device's own already, or not in its application",
    }.get(fault.rule, f"The {fault.kind} {{}} is {fault.rule}")
    return f"Invalid input data. {said.format(fault.handle)}."


_RESOURCE = 4  # which piece of a path names the resource
_BAD = "Invalid input. Bad request, for more detail, refer to the error message."
_NO_PROJECT = (
    "Operation not allowed. User not found by IAM token or the authorized user has not subscribed"
    " IOTDA: project {handle} is not the caller's."
)
_NO_APP = (
    "Operation not allowed. Application not found by authorized user or the authorized user has no"
    " application. app_id: {handle}"
)
_FLOW = "The request rate has reached the upper limit of the tenant, limit {limit}."
_PRODUCTS = ("CreateProduct", "ListProducts", "ShowProduct", "UpdateProduct", "DeleteProduct")
_TAGS = ("TagDevice", "UntagDevice", "ListResourcesByTags")

# Pages and files, each with the edition that was read.
_OPENAPI = "OpenAPI document of IoTDA, republished 2026-07-24"
_LIST = "IoTDA API reference, error codes (iot_06_v5_0018)"
_PAGE = "IoTDA API reference, ErrorCode"
_OLDER = "IoTDA API reference, older edition"
_GATEWAY = "API Request Signing Guide, Error Codes"
# The document lists numbers by call and status, without texts; where one is left for a case, it is that one.
_LEFT = f"{_OPENAPI}: the one code of the call whose meaning is not known"
_AMONG = f"{_OPENAPI}: one of the codes of the call whose meaning is not known"
_LISTED = f"{_OPENAPI}: the call has no code for this case, so it gets the nearest of those that the call has"
_NO_CODES = f"{_OPENAPI}: the call has no codes at all; this is the general one"

ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, "IOTDA.000029", _absent, "inferred", evidence="Answers that others were given for such a path"),
    Row(TooLarge, 413, "APIGW.0201", "Request entity too large: the {part} is over {limit_bytes} bytes.", "documented",
        evidence=_GATEWAY),
    Row(Malformed, 400, "IOTDA.000008", _unreadable, "documented", evidence=_LIST),
    Row(Invalid, 400, "IOTDA.000006", _invalid, "documented", evidence=_LIST),
    Row(Unauthenticated, 401, "IOTDA.000002", _who, "documented", evidence="IoTDA, authentication of devices by HTTP"),
    Row(Denied, 403, "IOTDA.000022",
        "Operation not allowed. The user does not have the permission {permission}.", "documented", evidence=_OPENAPI),
    Row(NotFound, 404, "IOTDA.013000", "The {kind} {handle} does not exist.", "documented", evidence=_OPENAPI),
    Row(NotFound, 400, "IOTDA.013000", "Invalid input. The product {handle} does not exist.", "documented",
        when="product", calls=("AddDevice", "UpdateDevice"), evidence=_OPENAPI),
    # 403, not 404: so say the page of deleting a device and Terraform's provider
    Row(NotFound, 403, "IOTDA.001000", "The application does not exist. app_id: {handle}", "documented",
        when="space", evidence=f"{_OLDER} (0041); {_OPENAPI}"),
    Row(NotFound, 403, "IOTDA.001006", _NO_APP, "documented", when="space", calls=_PRODUCTS + _TAGS,
        evidence=f"{_OPENAPI}; {_OLDER} (0056)"),
    Row(NotFound, 403, "IOTDA.000021", _NO_PROJECT, "documented", when="project",
        evidence=f"IoTDA user guide; {_OPENAPI}"),
    Row(NotFound, 403, "IOTDA.000021",
        "The instance {handle} is not yours. Leave Instance-Id out, or send the tenant's own.",
        "inferred", when="instance"),
    Row(NotFound, 404, "IOTDA.014000", "The device does not exist. device_id: {handle}", "documented",
        when="device", evidence=_OPENAPI),
    Row(NotFound, 404, "IOTDA.004000", "The resource does not exist. resource_id: {handle}", "documented",
        when="device", calls=_TAGS, evidence=_OPENAPI),
    Row(NotFound, 400, "IOTDA.004003", "Invalid input. The device has no tag {handle}.", "inferred",
        when="tag", evidence=_LEFT),
    Row(Taken, 400, "IOTDA.013010", _taken, "inferred", evidence=_AMONG),
    Row(Taken, 400, "IOTDA.014031",
        "Invalid input. The device already exists. node_id: {value}", "documented", when="device.key", evidence=_PAGE),
    Row(Taken, 400, "IOTDA.014031",
        "Invalid input. The device already exists. device_id: {value}", "documented", when="iotda.device",
        evidence=_PAGE),
    Row(InUse, 403, "IOTDA.013007",
        "Operation not allowed. The {kind} {handle} still has {by}; delete them first.", "inferred", evidence=_LEFT),
    Row(InUse, 403, "IOTDA.001007",
        "Operation not allowed. The application {handle} still has {by}; delete them first.", "inferred", when="space",
        evidence=_LISTED),
    Row(InUse, 403, "IOTDA.014024",
        "Operation not allowed. The device already has endpoint. device_id: {handle}", "documented", when="device",
        evidence=f"{_OLDER} (0041); {_OPENAPI}"),
    Row(Refused, 403, "IOTDA.014038",
        "Operation not allowed. It is not allowed to freeze sub-devices, only gateways or directly"
        " connected devices can be frozen.", "documented", when="subdevice", evidence=f"{_OLDER} (0095); {_OPENAPI}"),
    Row(Refused, 403, "IOTDA.014039",
        "Operation not allowed. The device is frozen already. device_id: {handle}", "inferred", when="frozen",
        evidence=_LEFT),
    Row(Refused, 403, "IOTDA.014040",
        "Operation not allowed. The device is not frozen, can not unfreeze.", "documented", when="not_frozen",
        evidence=f"{_OLDER} (0095); {_OPENAPI}"),
    Row(Refused, 400, "IOTDA.014025", _no_gateway, "inferred", calls=("AddDevice",), evidence=_AMONG),
    Row(Refused, 400, "IOTDA.000006", _no_gateway, "inferred", calls=("ChangeGateway",), evidence=_NO_CODES),
    Row(Refused, 403, "IOTDA.013013", "Operation not allowed. The {kind} {handle} is {rule}.", "inferred",
        evidence=_AMONG),
    Row(Refused, 400, "IOTDA.000006",
        "Invalid input data. protocol_type must not be changed to CoAP.", "inferred", when="coap"),
    Row(Refused, 403, "IOTDA.001007",
        "Operation not allowed. The default resource space cannot be deleted.", "inferred", when="default_space",
        evidence=_LISTED),
    Row(QuotaExceeded, 403, "IOTDA.013006",
        "Operation not allowed. There are {limit} {kind}s already, as many as the quota allows.", "inferred",
        evidence=_LEFT),
    Row(QuotaExceeded, 403, "IOTDA.001009",
        "Operation not allowed. There are {limit} applications already, as many as the quota allows.", "inferred",
        when="space", evidence=_LEFT),
    Row(QuotaExceeded, 403, "IOTDA.004001",
        "Operation not allowed. A device has at most {limit} tags.", "inferred", when="tag", evidence=_LEFT),
    # 403, not 429: the SDK would put its own text in place of this one (urllib3's retry list)
    Row(Throttled, 403, "IOTDA.021102", _FLOW, "documented", evidence=_OPENAPI),
    Row(TooMuch, 400, "IOTDA.000006",
        "Invalid input data. The search takes longer than {limit:g} s. Narrow the filter.", "inferred"),
    Row(TooMuch, 403, "IOTDA.021102",
        "The request rate has reached the upper limit: {limit:g} long calls wait already.", "inferred",
        when="waiting", evidence=f"{_OPENAPI}: flow control; that long searches wait is ours"),
    Row(Unavailable, 500, "IOTDA.000001",
        "Internal server error. The store cannot be used now; nothing was kept. Try again.", "documented",
        evidence=_OPENAPI),
    Row(Broken, 500, "IOTDA.000001", "Internal server error.", "documented", evidence=_OPENAPI),
)  # fmt: skip


def refusal(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    """The refusal, under the parameter's own code where it has one."""
    own = _own_code(fault)
    return codec.refusal(status, own[0] if own else code, message, fault, exchange)
