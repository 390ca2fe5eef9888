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
    ("DeviceName", "too_many"): "iot.device.DeviceCountExceeded",
    ("IotId", "too_many"): "iot.device.DeviceCountExceeded",
    ("DeviceNicknameInfo", "too_many"): "iot.device.DeviceCountExceeded",
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
    if violation.path[2:] == ("Nickname",):
        return "iot.device.InvalidDeviceNickNameExisted"
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


_MOST = {
    "tag": "A product may have at most {} tags.",
    "module": "A thing model may have at most {} custom modules.",
    "feature": "A module may have at most {} features.",
}
_FORBIDDEN = {
    "released": "The {} {} is released; call CancelReleaseProduct first.",
    "category": "The {} {} is of another category than the one to copy from.",
    "unreadable": "The {} of the product {} is in a format that this server does not know.",
}


def _too_many(fault: QuotaExceeded, exchange: Exchange) -> str:
    return _MOST.get(fault.kind, f"There may be at most {{}} of: {fault.kind}.").format(fault.limit)


def _forbidden(fault: Refused, exchange: Exchange) -> str:
    said = _FORBIDDEN.get(fault.rule, f"The {{}} {{}} cannot be changed: it is {fault.rule}.")
    return said.format(fault.kind, fault.handle)


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
    "Specified SecurityToken is malformed: this installation issues none. Use an access key pair."
)
_DENIED = "User not authorized to operate on the specified resource: it needs the permission {permission}."
_NO_INSTANCE = "The instance {handle} does not exist; `entrepot credentials` prints its ID."
_NO_PRODUCT = "The product {handle} does not exist."
_NO_VERSION = "Specified api is not found: the version {handle} does not exist, 2018-01-20 does."
_NO_CATEGORY = "CategoryKey {handle} does not exist; ListThingTemplates lists those that do."
_NO_TAG = "The product {scope} has no tag of the key {handle}; CreateProductTags makes one."
_NAME_TAKEN = "The product name {value} already exists in the instance."
_NO_DEVICE = "The device {handle} does not exist."
_DEVICE_TAKEN = "The product has a device of this name already: {value}."
_DEVICE_QUOTA = "The product has {limit} devices, which is as many as it may have."
_DEVICE_TAG_QUOTA = "A device may have at most {limit} tags."
_IN_USE = "The product {handle} still has {by}; delete them first."
_QUOTA = "The instance has {limit} products, which is as many as it may have."
_NO_MODULE = "The thing model has no custom module {handle}; CreateThingModel makes one."
_NO_FEATURE = "The module {scope} has no such feature {handle}; CreateThingModel adds one."
_FEATURE_TAKEN = "The module has a feature {value} already; UpdateThingModel changes it."
_VERSION_TAKEN = "The product has a thing model version of this name already: {value}."
_NOT_SENIOR = "The product {handle} is of the edition iothub, which has no thing model."
_NO_AUTH_TYPE = (
    "AuthType id2 and x509 are available only in the China (Shanghai) region, and the instance is in"
    " {handle}: set AuthType to secret."
)
_TOO_LONG = "The search takes longer than {limit:g} s. Search for less, by another condition."
_TOO_MANY = "Request was denied due to user flow control: {limit:g} long calls wait already."
_FLOW = "Request was denied due to user flow control: {limit} calls in {per_s} s."

# Pages, each with the edition that was read.
_SERVICE = "Error codes (87387), zh, 2020-12"
_SERVICE_NOW = "Error codes (87387)"
_GATEWAY = "Common error codes (48054)"
_FUNCTIONS = "Function Compute, FAQ of faascmd: codes of the gateway"
_QUEUES = "Simple Message Queue, error codes, 2022-01-19, where the code stands with 400"
_NEAREST = f"Not on {_SERVICE}; this is the nearest there"

ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, "InvalidAction.NotFound", _lost, "sdk", evidence="Tests of the Swift and Python core SDKs"),
    Row(TooLarge, 413, "RequestTooLarge", _TOO_LARGE, "inferred"),
    Row(Malformed, 400, "InvalidParameter", _UNREADABLE, "inferred"),
    Row(Invalid, 400, "InvalidParameter", _invalid, "documented", evidence=_GATEWAY),
    Row(Unauthenticated, 400, "IncompleteSignature", _INCOMPLETE, "documented", evidence=_GATEWAY),
    Row(Unauthenticated, 400, "MissingAccessKeyId", _ABSENT, "documented", when="absent", evidence=_GATEWAY),
    Row(Unauthenticated, 404, "InvalidAccessKeyId.NotFound", _UNKNOWN_KEY, "documented", when="unknown_key",
        evidence=_FUNCTIONS),
    Row(Unauthenticated, 400, "InvalidAccessKeyId.Inactive", _DISABLED, "documented", when="disabled_key",
        evidence=_FUNCTIONS),
    Row(Unauthenticated, 400, "SignatureDoesNotMatch", _mismatch, "sdk", when="signature",
        evidence="Tests of the Python core SDK, which reads what follows the colon"),
    Row(Unauthenticated, 400, "InvalidTimeStamp.Format", _DATE, "documented", when="date", evidence=_GATEWAY),
    Row(Unauthenticated, 400, "InvalidTimeStamp.Expired", _EXPIRED, "documented", when="expired", evidence=_GATEWAY),
    Row(Unauthenticated, 400, "SignatureNonceUsed", _REPLAYED, "documented", when="replayed", evidence=_GATEWAY),
    Row(Unauthenticated, 400, "InvalidSecurityToken.Malformed", _NO_STS, "documented", when="token",
        evidence=_FUNCTIONS),
    Row(Denied, 403, "Forbidden.RAM", _DENIED, "documented",
        evidence=f"{_GATEWAY}; {_SERVICE} has iot.common.RamActionPermissionDeny beside it"),
    Row(NotFound, 200, "iot.prod.NotExistedProduct", _NO_PRODUCT, "documented", evidence=_SERVICE),
    Row(NotFound, 200, "iot.device.NotExistedDevice", _NO_DEVICE, "documented", when="device", evidence=_SERVICE),
    Row(NotFound, 200, "iot.Sre.IotInstanceNotFound", _NO_INSTANCE, "documented", when="instance",
        evidence=_SERVICE_NOW),
    Row(NotFound, 404, "InvalidApi.NotFound", _NO_VERSION, "documented", when="version", evidence=_GATEWAY),
    Row(NotFound, 200, "iot.prod.InvalidFormattedCatId", _NO_CATEGORY, "documented", when="category",
        evidence=_SERVICE),
    Row(NotFound, 200, "iot.prod.QueryExtendPropertyFailed", _NO_TAG, "inferred", when="tag", evidence=_NEAREST),
    Row(NotFound, 200, "iot.tsl.ThingModelNotFound", _no_version, "inferred", when="model version", evidence=_QUEUES),
    Row(NotFound, 200, "iot.prod.QueryProductAbilityFailed", _NO_MODULE, "inferred", when="module",
        evidence=_NEAREST),
    Row(NotFound, 200, "iot.prod.QueryProductAbilityFailed", _NO_FEATURE, "documented", when="feature",
        evidence=_SERVICE),
    Row(Taken, 200, "iot.prod.AlreadyExistedProductName", _NAME_TAKEN, "documented", evidence=_SERVICE),
    Row(Taken, 200, "iot.device.AlreadyExistedDeviceName", _DEVICE_TAKEN, "documented", when="device.key",
        evidence=_SERVICE),
    # Twice the same name would be iot.prod.ThingModelNameDuplicated; here an identifier is there already.
    Row(Taken, 200, "iot.prod.BatchCreateThingModelFailed", _FEATURE_TAKEN, "inferred", when="aliyun.feature",
        evidence=f"{_SERVICE}: making features failed"),
    Row(Taken, 200, FORMATTED, _VERSION_TAKEN, "inferred", when="model.version"),
    Row(InUse, 200, "iot.system.IllegalRequest", _IN_USE, "inferred", evidence=_NEAREST),
    Row(Refused, 200, "iot.system.IllegalRequest", _forbidden, "inferred", evidence=_NEAREST),
    Row(Refused, 200, "iot.prod.NotSeniorProduct", _NOT_SENIOR, "documented", when="not_senior", evidence=_SERVICE),
    Row(Refused, 200, FORMATTED, _NO_AUTH_TYPE, "inferred", when="region"),
    Row(QuotaExceeded, 200, FORMATTED, _too_many, "inferred", evidence=_NEAREST),
    Row(QuotaExceeded, 200, "iot.prod.ProductCountExceedMax", _QUOTA, "documented", when="product",
        evidence=_SERVICE),
    Row(QuotaExceeded, 200, "iot.device.DeviceNumberExceedInstance", _DEVICE_QUOTA, "inferred", when="device",
        evidence=_QUEUES),
    Row(QuotaExceeded, 200, "iot.device.TooManyDevicePropertiesPerTime", _DEVICE_TAG_QUOTA, "documented",
        when="device tag", evidence=f"{_SERVICE}, and SaveDeviceProp: 100 a call and a device"),
    Row(Throttled, 400, "Throttling.User", _FLOW, "documented", evidence=_GATEWAY),
    Row(TooMuch, 200, "iot.system.IllegalRequest", _TOO_LONG, "inferred", evidence=_NEAREST),
    Row(TooMuch, 400, "Throttling.User", _TOO_MANY, "inferred", when="waiting",
        evidence=f"{_GATEWAY}: flow control; that long searches wait is ours"),
    Row(Unavailable, 503, "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server; nothing was kept.", "documented",
        evidence=_GATEWAY),
    Row(Broken, 500, "InternalError",
        "The request processing has failed due to some unknown error.", "documented", evidence=_FUNCTIONS),
)  # fmt: skip
