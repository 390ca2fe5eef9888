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

# The order of the page's 400 sample; fields that it does not show come after, in document order.
_SAMPLE_ORDER = ("name", "manufacturer_name", "manufacturer_id", "product_type", "app_id", "model")
_MUST_NOT_BE_EMPTY = ("app_id",)
_NUMBERS = (
    "product_type",
    "protocol_type",
    "permission",
    "status",
    "required",
    "max_length",
    "product_id",
)

ServiceComb = "Parameter is not valid for operation [romalink.{op}]. Parameter is [{name}]. Processor is [{part}]."

# What the framework calls the operations, and two of its parameters. Where the documents' samples
# show none, INFERRED in the same manner.
_CALLED = {
    "CreateProduct": "link-product.create",  # INFERRED
    "ListProducts": "link-product.search",
    "ShowProduct": "link-product.searchProductDetails",
    "UpdateProduct": "link-product.update",  # INFERRED
    "DeleteProduct": "link-product.delete",
    "DownloadProducts": "link-product.exportProduct",
    "UploadProduct": "link-product.importProduct",
    "ListDevicesInProduct": "link-product.queryDevicesSummary",  # INFERRED
    "ShowProductAuthentication": "link-product.queryAuthentication",  # INFERRED
    "ResetProductAuthentication": "link-product.resetAuthentication",  # INFERRED
    "CreateProductTemplate": "link-producttemplate.create",  # INFERRED
    "ListProductTemplates": "link-producttemplate.search",  # INFERRED
    "ShowProductTemplate": "link-producttemplate.searchDetails",  # INFERRED
    "UpdateProductTemplate": "link-producttemplate.update",  # INFERRED
    "DeleteProductTemplate": "link-producttemplate.delete",
    "CreateProductTopic": "link-product-topic.createProductTopic",  # INFERRED
    "ListProductTopics": "link-product-topic.queryProductTopic",
    "UpdateProductTopic": "link-product-topic.updateProductTopic",  # INFERRED
    "DeleteProductTopic": "link-product-topic.deleteProductTopic",
    "CountDevices": "link-statistics.countDevices",  # INFERRED
    "CreateDevice": "link-device.create",  # INFERRED
    "ListDevices": "link-device.search",  # INFERRED
    "ShowDevice": "link-device.searchDetails",  # INFERRED
    "UpdateDevice": "link-device.update",  # INFERRED
    "DeleteDevice": "link-device.delete",
    "BatchDeleteDevices": "link-device.batchDelete",
    "ShowAuthentication": "link-device.queryAuthentication",  # INFERRED
    "ResetAuthentication": "link-device.resetAuthentication",  # INFERRED
    "AddSubsetsToGateway": "link-device.addSubDevices",  # INFERRED
    "ListSubsets": "link-device.batchQuerySubDevices",
} | {
    # link-services.deleteService is in the samples; the others INFERRED.
    f"{verb}{noun}": f"link-services.{called}{noun}"
    for nouns, verbs in (
        (("Service", "Property", "Command", "RequestProperty", "ResponseProperty"),
         {"Create": "create", "Show": "query", "Update": "update", "Delete": "delete"}),
        (("Services", "Properties", "Commands", "RequestProperties", "ResponseProperties"),
         {"List": "query"}),
    )
    for noun in nouns
    for verb, called in verbs.items()
}  # fmt: skip
_PARAMETERS = {
    ("DeleteProductTemplate", "product_template_id"): "id",
    ("ShowProductTemplate", "product_template_id"): "id",
    ("UpdateProductTemplate", "product_template_id"): "id",
    ("CreateProductTopic", "product_id"): "productId",
    ("ListProductTopics", "product_id"): "productId",
    ("UpdateProductTopic", "product_id"): "productId",
    ("DeleteProductTopic", "product_id"): "productId",
    ("ListSubsets", "device_id"): "deviceOid",
    ("AddSubsetsToGateway", "device_id"): "deviceOid",
    ("BatchDeleteDevices", "body"): "request",
}
# The permission words of applications (Authorizing Users); LINK's changes need "modify" (INFERRED).
_ACTIONS = {
    f"{thing}:{action}": word
    for thing in ("product", "device", "space", "template")
    for action, word in (
        ("create", "modify"), ("read", "read"), ("update", "modify"), ("delete", "delete"),
    )
} | {"credential:read": "access", "credential:update": "modify"}  # fmt: skip


def words(violation: Violation) -> str:
    """One violation in Bean Validation's words. Only the first three are on a page; the rest INFERRED."""
    want = violation.want
    match violation.kind:
        case "missing" | "null" | "empty":
            name = violation.path[-1] if violation.path else ""
            if name in _MUST_NOT_BE_EMPTY:
                return "must not be empty"
            return "must not be null" if name in _NUMBERS else "Can not be empty"
        case "too_many":
            return f"size must be less than or equal to {want}"
        case "too_short":
            return f"length must be greater than or equal to {want}"
        case "too_long":
            return f"length must be less than or equal to {want}"
        case "pattern":
            # As Java spells the two ends, which is what the caller's regular expressions do too.
            anchored = want.replace(r"\A", "^").replace(r"\Z", "$")
            return f'must match "{anchored}"'
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


def _position(violation: Violation) -> int:
    name = violation.path[0] if violation.path else ""
    if name in _SAMPLE_ORDER:
        return _SAMPLE_ORDER.index(str(name))
    return len(_SAMPLE_ORDER)


def _invalid(fault: Invalid, exchange: Exchange) -> str:
    """Every failing field in one bracketed list (source: the seed's 400 sample)."""
    listed = sorted(fault.violations, key=_position)
    inside = ", ".join(f"{v.field}:{words(v)}" for v in listed)
    return f"The parameter does not meet verification rules: [{inside}]"


def _unreadable(fault: Malformed, exchange: Exchange) -> str:
    """What the framework under ROMA says of a value that is not even of its type, and why."""
    name = exchange.operation.name if exchange.operation else ""
    part = "header" if fault.part == "headers" else fault.part
    parameter = str(exchange.notes.get("parameter", part))
    says = ServiceComb.format(
        op=_CALLED.get(name, name or "unknown"),
        name=_PARAMETERS.get((name, parameter), parameter),
        part=part,
    )
    return f"{says} ({fault.reason})"


def _denied(fault: Denied, exchange: Exchange) -> str:
    """ROMA's word, and the one to grant."""
    word = _ACTIONS.get(fault.permission, fault.permission)
    return f"{_NO_PERMISSION.format(permission=word)} ({fault.permission})"


def _absent(fault: Unrouted, exchange: Exchange) -> str:
    """The documented words, then what was looked for and what is there."""
    there = f"; allowed: {', '.join(fault.allowed)}" if fault.allowed else ""
    return f"Not Found ({fault.method} {fault.path}{there})"


def _taken(fault: Taken, exchange: Exchange) -> str:
    name = f"The product name already exists. Name: {fault.value}"
    return f"{name}. {_TAKEN_MODEL}" if fault.rule == "roma.name_and_model" else name


def _taken_app(fault: Taken, exchange: Exchange) -> str:
    what = "key" if fault.rule == "roma.app_key" else "name"
    return f"The application {what} already exists. {what.title()}: {fault.value}"


def _taken_topic(fault: Taken, exchange: Exchange) -> str:
    """The claim's value is the product and, on a second line, the topic."""
    name = fault.value.partition("\n")[2]
    return f"The product topic name already exists. Name: {name}"


def _who(fault: Unauthenticated, exchange: Exchange) -> str:
    say = {
        "absent": "no Authorization or X-Auth-Token header; sign the request with your AK/SK",
        "malformed": "the Authorization header cannot be read; SDK-HMAC-SHA256 is expected",
        "unknown_key": "AK access {0} does not exist; `entrepot credentials` prints the keys",
        "disabled_key": "AK access {0} is disabled",
        "signature": "verify aksk signature fail, canonicalRequest:{0}",
        "unsignable": "verify aksk signature fail, {0}",
        "date": "X-Sdk-Date is missing or not of the form YYYYMMDDTHHMMSSZ",
        "expired": "signature expired, signature time:{0}; set the client's clock",
        "token": "decrypt token fail; get a new one from POST /v3/auth/tokens",
    }
    said = say.get(fault.reason, fault.reason).format(fault.detail)
    return f"Incorrect IAM authentication information: {said}"


_TAKEN_MODEL = "The manufacturer ID and product model already exist."
# INFERRED: the pages list no codes for templates and parts of models; numbered as products are.
_TAKEN_TEMPLATE = "The product template name already exists. Name: {value}"
_TAKEN_SERVICE = "The service name already exists. Name: {value}"
_TAKEN_PROPERTY = "The property name already exists. Name: {value}"
_TAKEN_COMMAND = "The command name already exists. Name: {value}"
_USED_PRODUCT = (
    "The product named {handle} contains {by}. Delete all {by} under the product and try again."
)
_USED_TEMPLATE = "The product template named {handle} is used by {by}. Delete all {by} made from it and try again."
_USED_APP = (
    "The application {handle} contains {by}. Delete all {by} of the application and try again."
)
# INFERRED: only halves of these four sentences could be read, the rest is ours; and the numbers of all but
# the last, of products with devices and of topics are counted on from the rows beside them.
_USED_GATEWAY = "The device {handle} has subdevices. Delete the subdevices under the device first."
_ONLINE = "The online device {handle} cannot be deleted. Bring the device offline first."
_NO_SUBDEVICE = (
    "The device {handle} cannot be added as a subdevice. Check whether the type of the added device"
    " is correct."
)
_ONLINE_SUBSET = (
    "An online device cannot be added as a subdevice. Bring the device {handle} offline first."
)
_NO_PERMISSION = (
    "You do not have the {permission} permission on the resource. Check whether you have been"
    " granted the corresponding permission in the related service."
)
_NOT_FOUND = "The resource does not exist. Check whether the resource ID {handle} is correct."
_NO_INSTANCE = "The instance does not exist. project_id: {scope}, instance_id: {handle}"

# Applications are not LINK's: they answer in the codes of ROMA's public resources.
_APPS = (
    "CreateRomaApp",
    "ListRomaApp",
    "CheckRomaAppDetails",
    "UpdateRomaApp",
    "DeleteRomaApp",
    "CheckRomaAppSecret",
    "ResetRomaAppSecret",
)
_APP = "ROMA.00000101"

# Pages and files, each with the edition that was read.
_LINK = "ROMA Connect, ErrorCode_link, edition ae-ad-1"
_PART = f"{_LINK}: the number is read from the rows beside it"
_FREE = f"Not visible in {_LINK}; a number that nothing else is known to have"
_GATEWAY = "API Request Signing Guide, Error Codes"
_IAM = f"{_GATEWAY}; FAQ on APIG.0301"
_OPENAPI = "OpenAPI document of ROMA, republished 2026-07-24"
_SAMPLE = f"{_OPENAPI}: sample of every call of applications"
_ALONE = f"{_SAMPLE}, which list 200 and 403 alone; the case is not shown"

ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, "SCB.00000000", _absent, "documented",
        evidence="ROMA Connect, samples of the operations' pages"),
    Row(TooLarge, 413, "APIGW.0201", "Request entity too large: the {part} is over {limit_bytes} bytes.", "documented",
        evidence=_GATEWAY),
    Row(Malformed, 400, "SCB.00000000", _unreadable, "documented",
        evidence="ROMA Connect, samples: UploadProduct, ListProducts, ShowProduct, BatchAddDeviceToGroup"),
    Row(Invalid, 400, "ROMA.00110001", _invalid, "documented", evidence=_LINK),
    Row(Invalid, 400, "ROMA.13000", _invalid, "documented", calls=_APPS, evidence="ROMA Connect, ErrorCode_server"),
    Row(Unauthenticated, 401, "APIGW.0301", _who, "documented", evidence=_IAM),
    Row(Unauthenticated, 401, "APIGW.0307",
        "The token must be updated; get a new one from POST /v3/auth/tokens.", "documented", when="token_expired",
        evidence=_GATEWAY),
    Row(Denied, 403, "ROMA.00110008", _denied, "documented", evidence=_LINK),
    Row(Denied, 403, _APP, _denied, "documented", calls=_APPS, evidence=_SAMPLE),
    Row(NotFound, 404, "ROMA.00110006", _NOT_FOUND, "documented", evidence=_LINK),
    Row(NotFound, 403, _APP, _NOT_FOUND, "inferred", when="space", calls=_APPS, evidence=_ALONE),
    Row(NotFound, 500, "ROMA.00110002", _NO_INSTANCE, "documented", when="instance", evidence=_LINK),
    Row(Taken, 500, "ROMA.00110701", _taken, "inferred", evidence=_FREE),
    Row(Taken, 500, "ROMA.00110705", _taken_topic, "inferred", when="roma.topic", evidence=_PART),
    Row(Taken, 500, "ROMA.00110706", _TAKEN_MODEL, "documented", when="roma.model", evidence=_LINK),
    Row(Taken, 500, "ROMA.00110801", _TAKEN_TEMPLATE, "inferred", when="roma.template", evidence=_FREE),
    Row(Taken, 403, _APP, _taken_app, "inferred", calls=_APPS, evidence=_ALONE),
    Row(Taken, 500, "ROMA.00111201", _TAKEN_SERVICE, "inferred", when="roma.service", evidence=_FREE),
    Row(Taken, 500, "ROMA.00111301", _TAKEN_PROPERTY, "inferred", when="roma.property", evidence=_FREE),
    Row(Taken, 500, "ROMA.00111401", _TAKEN_COMMAND, "inferred", when="roma.command", evidence=_FREE),
    Row(Taken, 500, "ROMA.00111001",
        "The device node ID already exists. Node ID: {value}", "inferred", when="device.key", evidence=_FREE),
    Row(InUse, 500, "ROMA.00111011", _USED_GATEWAY, "inferred", when="device", evidence=_PART),
    Row(InUse, 500, "ROMA.00110703", _USED_PRODUCT, "inferred", evidence=_PART),
    Row(InUse, 500, "ROMA.00110803", _USED_TEMPLATE, "inferred", when="template", evidence=_FREE),
    Row(InUse, 403, _APP, _USED_APP, "inferred", calls=_APPS, evidence=_ALONE),
    Row(Refused, 500, "ROMA.00110702", "The {kind} {handle} cannot be changed: it is {rule}.", "inferred",
        evidence=_FREE),
    Row(Refused, 403, _APP, "The default application {handle} cannot be deleted.", "inferred", calls=_APPS,
        evidence=_ALONE),
    Row(Refused, 500, "ROMA.00111009", _ONLINE, "inferred", when="online", evidence=_PART),
    Row(Refused, 500, "ROMA.00111017", "The device {handle} is not a gateway.", "inferred", when="not_a_gateway",
        evidence=f"{_FREE}; the V1 API has RML.0237 for it"),
    Row(Refused, 500, "ROMA.00111018", _NO_SUBDEVICE, "inferred", when="not_direct", evidence=_PART),
    Row(Refused, 500, "ROMA.00111019", _ONLINE_SUBSET, "documented", when="online_subset", evidence=_LINK),
    Row(QuotaExceeded, 500, "ROMA.00110004",
        "The quota exceeds the upper limit, {limit}. Increase the quota.", "documented", evidence=_LINK),
    Row(Throttled, 429, "APIGW.0308", "The throttling threshold has been reached: {limit} in {per_s} s.", "documented",
        evidence=f"{_GATEWAY}; FAQ on APIG.0308"),
    Row(TooMuch, 400, "ROMA.00110001",
        "The search takes longer than {limit:g} s. Narrow the filter.", "inferred"),
    Row(TooMuch, 429, "APIGW.0308",
        "The throttling threshold has been reached: {limit:g} long calls wait already.", "inferred", when="waiting",
        evidence=f"{_GATEWAY}: flow control; that long searches wait is ours"),
    Row(Unavailable, 500, "ROMA.00110003",
        "An error occurs when reading data from or writing data to the store. Try again.", "documented",
        evidence=_LINK),
    Row(Broken, 500, "ROMA.00110000", "Internal Error.", "documented", evidence=_LINK),
)  # fmt: skip

CATALOGUED: tuple[type[Fault], ...] = tuple({row.fault for row in ROWS})
