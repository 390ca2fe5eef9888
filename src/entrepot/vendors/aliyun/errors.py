"""How Alibaba says no: every fault of the catalogue as status, code and message.

A code that begins with `iot.` is the service's and travels as HTTP 200; any other is the gateway's.
"""

from __future__ import annotations

from dataclasses import replace

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
)  # fmt: skip
from entrepot.dialect.dialect import Exchange, Row

FORMATTED = "iot.common.InvalidFormattedParameter"
LESS_THAN_MAX = "iot.check.ParameterIsNotLessThanMax"
_ALSO = 20
_DOCUMENTS = ("ThingModelJson", "TslStr")  # parameters that are JSON in a text

# Parameter and kind -> code of the service; kind "" is any other kind. Source: documented (error codes).
PARAMETERS: dict[tuple[str, str], str] = {
    ("ProductName", "empty"): "iot.prod.NullProductName",
    ("ProductName", ""): "iot.prod.InvalidFormattedProductName",
    ("ProductKey", "empty"): "iot.prod.NullProductKey",
    ("ProductKey", ""): "iot.prod.InvalidFormattedProductkey",  # the lower-case k is the vendor's
    ("NodeType", ""): "iot.prod.InvalidNodeType",
    ("AliyunCommodityCode", ""): "iot.prod.InvalidAliyunCommodityCode",
    ("Description", "too_long"): "iot.prod.LongProductDesc",
    ("CategoryKey", ""): "iot.prod.InvalidFormattedCatId",
    ("DeviceName", "empty"): "iot.device.NullDeviceName",
    ("DeviceName", ""): "iot.device.InvalidFormattedDeviceName",
    ("IotId", ""): "iot.device.InvalidIoTId",
    ("Props", "empty"): "iot.device.NullDevicePropertiesString",
    ("Props", "too_long"): "iot.device.LongDevicePropertiesString",
    ("Props", ""): "iot.device.InvalidFormattedDevicePropertiesString",
    ("PropKey", "empty"): "iot.device.NullDevicePropertyKey",
    ("PropKey", ""): "iot.device.InvalidFormattedDevicePropertyKey",
    ("CurrentPage", ""): "iot.common.InvalidPageParams",
    ("PageSize", ""): "iot.common.InvalidPageParams",
}
# What the gateway itself looks at; everything else that is wrong in a value is the service's business.
_GATEWAY_KINDS = frozenset(("missing", "type", "repeated", "nul"))
_GATEWAY_PARAMETERS = {
    "SignatureMethod": "InvalidSignatureMethod",
    "SignatureVersion": "InvalidSignatureVersion",
    "Format": "InvalidParameter.Format",
}


def named(status: int, code: str, fault: Fault) -> tuple[int, str]:
    """The status and code of this very fault, where its row cannot know them."""
    if isinstance(fault, Invalid) and fault.violations:
        code = _code(_ordered(fault)[0])
        return (200 if code.startswith("iot.") else 400), code
    if isinstance(fault, Unrouted) and fault.method not in ("GET", "POST"):
        return 400, "UnsupportedHTTPMethod"  # source: documented
    return status, code


def _ordered(fault: Invalid) -> list[Violation]:
    """The gateway's findings first, because it looks first; otherwise in the page's order."""
    return sorted(fault.violations, key=lambda v: _code(v).startswith("iot."))


def _code(violation: Violation) -> str:
    """The code of one violation.

    INFERRED: an absent parameter and one of the wrong type are the gateway's (400), everything else
    the service's (200); where no page gives a code, InvalidFormattedParameter.
    """
    name, kind = str(violation.path[0]) if violation.path else "Parameter", violation.kind
    if kind == "type" and violation.got == "":
        kind = "empty"
    inside = name in _DOCUMENTS and (len(violation.path) > 1 or kind == "type")
    if kind in _GATEWAY_KINDS and not inside:
        return f"{'Missing' if kind == 'missing' else 'Invalid'}{_field(violation)}"
    if name in _GATEWAY_PARAMETERS:
        return _GATEWAY_PARAMETERS[name]
    if kind == "too_many":
        return LESS_THAN_MAX
    return PARAMETERS.get((name, kind)) or PARAMETERS.get((name, "")) or FORMATTED


def _field(violation: Violation) -> str:
    """The parameter as it is sent: `ProductTag.1.TagKey`; in JSON counted from 0: `properties[0]`."""
    if len(violation.path) > 1 and violation.path[0] in _DOCUMENTS:
        return f"{violation.path[0]}: {replace(violation, path=violation.path[1:]).field}"
    steps = (str(step + 1) if isinstance(step, int) else step for step in violation.path)
    return ".".join(steps)


def _words(violation: Violation) -> str:
    """One violation in a sentence. Only the first is on a page."""
    name, want = _field(violation), violation.want
    match violation.kind:
        case "missing":
            # The page's sentence; what follows in brackets says where V3 sends it, or why it is needed.
            return f"{name} is mandatory for this action" + (f" ({want})." if want else ".")
        case "null" | "empty":
            return f"{name} must not be empty."
        case "type":
            return f"{name} must be of type {want}."
        case "too_short":
            return f"{name} must have at least {want} characters{_columns(name)}."
        case "too_long":
            return f"{name} must have at most {want} characters{_columns(name)}."
        case "pattern":
            return f"{name} must consist of {want}."
        case "enum":
            return f"{name} must be one of: {', '.join(map(str, want))}."
        case "too_small":
            return f"{name} must be at least {want}."
        case "too_large":
            return f"{name} must be at most {want}."
        case "too_few":
            return f"{name} must have at least {want} items."
        case "too_many":
            return f"{name} must have at most {want} items."
        case "duplicate":
            return f"{name} has {want} twice."
        case "repeated":
            return f"{name} must be given once."
        case "nul":
            return f"{name} must not hold the character U+0000."
        case _:
            return f"{name} {want}."


def _columns(name: str) -> str:
    wide = name.rpartition(".")[2] in ("ProductName", "Nickname", "TagValue")
    return ", a Chinese character counting as two" if wide else ""


def _invalid(fault: Invalid, exchange: Exchange) -> str:
    """What the code names, and everything else that is wrong: the vendor tells one at a time."""
    said = [_words(v) for v in _ordered(fault)]
    also = said[1 : _ALSO + 1]
    more = f" And {len(said) - 1 - _ALSO} more." if len(said) > _ALSO + 1 else ""
    return said[0] + (f" Also: {' '.join(also)}{more}" if also else "")


def _mismatch(fault: Unauthenticated, exchange: Exchange) -> str:
    """The older Python SDK splits this text at its colon and compares what follows with its own."""
    return (
        "Specified signature is not matched with our calculation. server string to sign is:"
        f"{fault.detail}"
    )


def _lost(fault: Unrouted, exchange: Exchange) -> str:
    if fault.method not in ("GET", "POST"):
        return f"The method {fault.method} is not supported: use GET or POST."
    return (
        "Specified api is not found, please check your url and method."
        f" No action {fault.selector!r} lives at {fault.path!r};"
        f" there are: {', '.join(fault.allowed) or 'none, use the path /'}."
    )


def _no_version(fault: NotFound, exchange: Exchange) -> str:
    if not fault.handle:
        return "No version of the thing model was published yet; PublishThingModel publishes the draft."
    return f"The thing model has no version {fault.handle}; ListThingModelVersion lists them."


_UNREADABLE = "The request cannot be read: {reason}."
_TOO_LARGE = "The {part} is over {limit_bytes} bytes."
_INCOMPLETE = "The request signature does not conform to Aliyun standards: {detail}."
_ABSENT = (
    "AccessKeyId is mandatory for this action. Sign the request with V3 (header Authorization:"
    " ACS3-HMAC-SHA256) or V1 (parameters AccessKeyId, Signature and their like)."
)
_UNKNOWN_KEY = "Specified access key is not found; `entrepot credentials` prints the keys."
_DISABLED = "Specified access key is disabled."
_DATE = "Specified time stamp or date value is not well formatted: YYYY-MM-DDThh:mm:ssZ in UTC is."
_EXPIRED = "Specified time stamp or date value is expired; it is over 15 minutes from the server's."
_REPLAYED = "Specified signature nonce was used already."
_NO_STS = (
    "Specified security token is not found: this installation issues none. Use an access key pair."
)
_DENIED = "User not authorized to operate on the specified resource: it needs the permission {permission}."
_NO_INSTANCE = "The instance {handle} does not exist; `entrepot credentials` prints its ID."
_NO_PRODUCT = "The product {handle} does not exist."
_NO_VERSION = "Specified api is not found: the version {handle} does not exist, 2018-01-20 does."
_NO_CATEGORY = "The category {handle} does not exist; ListThingTemplates lists them."
_NO_TAG = "The product {scope} has no tag of the key {handle}; CreateProductTags makes one."
_NAME_TAKEN = "The product name {value} already exists in the instance."
_NO_DEVICE = "The device {handle} does not exist."
_DEVICE_TAKEN = "The product has a device of this name already: {value}."
_DEVICE_QUOTA = "The product has {limit} devices, which is as many as it may have."
_DEVICE_TAG_QUOTA = "A device may have at most {limit} tags."
_IN_USE = "The product {handle} still has {by}; delete them first."
_RELEASED = "The {kind} {handle} is {rule}; call CancelReleaseProduct first."
_QUOTA = "The instance has {limit} products, which is as many as it may have."
_TAG_QUOTA = "A product may have at most {limit} tags."
_NO_MODULE = "The thing model has no custom module {handle}; CreateThingModel makes one."
_NO_FEATURE = "The module {scope} has no such feature {handle}; CreateThingModel adds one."
_FEATURE_TAKEN = "The module has a feature {value} already; UpdateThingModel changes it."
_VERSION_TAKEN = "The product has a thing model version of this name already: {value}."
_NOT_SENIOR = "The product {handle} is of the edition iothub, which has no thing model."
_NO_AUTH_TYPE = (
    "AuthType id2 and x509 are available only in the China (Shanghai) region, and the instance is in"
    " {handle}: set AuthType to secret."
)
_TWO_CATEGORIES = "The product {handle} is of another category than the one to copy from."
_UNREADABLE_MODEL = "The {kind} of the product {handle} is in words that nobody here can read."
_MODULE_QUOTA = "A thing model may have at most {limit} custom modules."
_FEATURE_QUOTA = "A module may have at most {limit} features."
_TOO_LONG = "The search takes longer than {limit:g} s. Search for less, by another condition."
_TOO_MANY = "Request was denied due to user flow control: {limit:g} long calls wait already."
_FLOW = "Request was denied due to user flow control: {limit} calls in {per_s} s."

ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, "InvalidAction.NotFound", _lost, "inferred"),
    Row(TooLarge, 413, "RequestTooLarge", _TOO_LARGE, "inferred"),
    Row(Malformed, 400, "InvalidParameter", _UNREADABLE, "inferred"),
    Row(Invalid, 400, "InvalidParameter", _invalid, "documented"),
    Row(Unauthenticated, 400, "IncompleteSignature", _INCOMPLETE, "documented"),
    Row(Unauthenticated, 400, "MissingAccessKeyId", _ABSENT, "documented", when="absent"),
    Row(Unauthenticated, 404, "InvalidAccessKeyId.NotFound", _UNKNOWN_KEY, "documented", when="unknown_key"),
    Row(Unauthenticated, 400, "InvalidAccessKeyId.Inactive", _DISABLED, "documented", when="disabled_key"),
    Row(Unauthenticated, 400, "SignatureDoesNotMatch", _mismatch, "sdk", when="signature"),
    Row(Unauthenticated, 400, "InvalidTimeStamp.Format", _DATE, "documented", when="date"),
    Row(Unauthenticated, 400, "InvalidTimeStamp.Expired", _EXPIRED, "documented", when="expired"),
    Row(Unauthenticated, 400, "SignatureNonceUsed", _REPLAYED, "documented", when="replayed"),
    Row(Unauthenticated, 400, "InvalidSecurityToken.NotFound", _NO_STS, "inferred", when="token"),
    Row(Denied, 403, "Forbidden.RAM", _DENIED, "documented"),
    Row(NotFound, 200, "iot.prod.NotExistedProduct", _NO_PRODUCT, "documented"),
    Row(NotFound, 200, "iot.device.NotExistedDevice", _NO_DEVICE, "documented", when="device"),
    Row(NotFound, 200, "iot.system.InstanceNotFound", _NO_INSTANCE, "documented", when="instance"),
    Row(NotFound, 404, "InvalidApi.NotFound", _NO_VERSION, "documented", when="version"),
    Row(NotFound, 200, "iot.prod.InvalidFormattedCatId", _NO_CATEGORY, "inferred", when="category"),
    Row(NotFound, 200, FORMATTED, _NO_TAG, "inferred", when="tag"),
    # No page gives codes for thing models. INFERRED: those whose names speak of a product's abilities.
    Row(NotFound, 200, "iot.prod.QueryProductAbilitiesFailed", _no_version, "inferred", when="model version"),
    Row(NotFound, 200, "iot.prod.QueryProductAbilityFailed", _NO_MODULE, "inferred", when="module"),
    Row(NotFound, 200, "iot.prod.QueryProductAbilityFailed", _NO_FEATURE, "inferred", when="feature"),
    Row(Taken, 200, "iot.prod.AlreadyExistedProductName", _NAME_TAKEN, "documented"),
    Row(Taken, 200, "iot.device.AlreadyExistedDeviceName", _DEVICE_TAKEN, "documented", when="device.key"),
    Row(Taken, 200, FORMATTED, _FEATURE_TAKEN, "inferred", when="aliyun.feature"),
    Row(Taken, 200, FORMATTED, _VERSION_TAKEN, "inferred", when="model.version"),
    Row(InUse, 200, "iot.system.IllegalRequest", _IN_USE, "inferred"),
    Row(Refused, 200, "iot.system.IllegalRequest", _RELEASED, "inferred"),
    Row(Refused, 200, "iot.prod.NotSeniorProduct", _NOT_SENIOR, "documented", when="not_senior"),
    Row(Refused, 200, FORMATTED, _NO_AUTH_TYPE, "inferred", when="region"),
    Row(Refused, 200, "iot.system.IllegalRequest", _TWO_CATEGORIES, "inferred", when="category"),
    Row(Refused, 200, "iot.system.IllegalRequest", _UNREADABLE_MODEL, "inferred", when="unreadable"),
    Row(QuotaExceeded, 200, "iot.prod.ProductCountExceedMax", _QUOTA, "documented"),
    Row(QuotaExceeded, 200, "iot.device.DeviceCountExceeded", _DEVICE_QUOTA, "documented", when="device"),
    Row(QuotaExceeded, 200, "iot.device.SaveOrUpdateDevicePropertiesFailed", _DEVICE_TAG_QUOTA, "inferred",
        when="device tag"),
    Row(QuotaExceeded, 200, LESS_THAN_MAX, _TAG_QUOTA, "inferred", when="tag"),
    Row(QuotaExceeded, 200, LESS_THAN_MAX, _MODULE_QUOTA, "inferred", when="module"),
    Row(QuotaExceeded, 200, LESS_THAN_MAX, _FEATURE_QUOTA, "inferred", when="feature"),
    Row(Throttled, 400, "Throttling.User", _FLOW, "documented"),
    Row(TooMuch, 200, "iot.system.IllegalRequest", _TOO_LONG, "inferred"),
    Row(TooMuch, 400, "Throttling.User", _TOO_MANY, "inferred", when="waiting"),
    Row(Unavailable, 503, "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server; nothing was kept.", "documented"),
    Row(Broken, 500, "InternalError",
        "The request processing has failed due to some unknown error.", "documented"),
)  # fmt: skip
