"""The schemes that sign a request, as values: how each makes one that makes a product, and what it covers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlencode

from msgspec.structs import replace

from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.request import Request
from entrepot.vendors.aliyun import codec
from entrepot.vendors.aliyun import signing as aliyun
from entrepot.vendors.huawei import signing as huawei
from tests.contract.adapters import ALIYUN, ENOS, IOTDA, Adapter
from tests.contract.changes import UNSIGNED_HEADER, Part, added, between, header, parameter

EXTRA = {"alpha": "one", "beta": "two"}  # parameters that no operation reads; signed all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way to sign. What `unsigned` makes, once signed, makes a product that is like no other."""

    name: str
    adapter: Adapter
    unsigned: Callable[[Credentials, int], Request]
    sign: Callable[[Request, Credentials, Stamp], Request]
    query: tuple[str, ...]  # the parameters of the query once it is signed
    headers: tuple[str, ...]  # those that are signed or are a part of the proof
    signature: Part
    key: Part  # the access key
    listed: Part | None = None  # the names of the headers that are signed
    once: bool = False  # a signed request works once
    # Changes that are taken, each with the reason: what they mean is what was signed, ...
    same: Mapping[str, str] = field(default_factory=dict)
    # ... or the vendor's scheme does not cover it.
    uncovered: Mapping[str, str] = field(default_factory=dict)

    def signed(self, credentials: Credentials, number: int, stamp: Stamp) -> Request:
        """A signed request, as an HTTP client sends it."""
        made = self.sign(self.unsigned(credentials, number), credentials, stamp)
        return replace(made, headers={**made.headers, UNSIGNED_HEADER: b"gzip"})


AUTHORIZATION = header("authorization")
_JSON = b"application/json"
# Why a change is taken that changes nothing of what the request means.
_ESCAPES = "a letter and its escape are the same parameter, and both are signed as the letter"
_ORDER = "parameters have no order, and are sorted before they are signed"
_EMPTY = "there is no parameter between two ampersands"
_UNREAD = "no call is read from it"


def _other_value(header: str, why: str) -> dict[str, str]:
    """The changes that give the header another value, or remove it."""
    names = ("a bit *", "a byte *", "empty", "named otherwise")
    return {f"header {header}: {name}": why for name in names}


_HOST = _other_value("host", _UNREAD)
_ALL = {
    "query *: a letter escaped": _ESCAPES,
    "query: reversed": _ORDER,
    "query: an ampersand behind": _EMPTY,
    "unsigned header: *": _UNREAD,
    "signed 14 minutes *": "the vendor takes a clock that is off by a quarter of an hour",
}
_SPACES = {
    "authorization: other spaces behind commas": "the vendor's own clients differ in them",
    "authorization: two spaces behind the scheme": "they part two words, however many they are",
}
_AGAIN = {"sent twice": "the scheme has no nonce: a request works as long as its date is taken"}
_SLASH = {"path: a slash behind": "no other operation lives there"}
_SIGNATURE = between(AUTHORIZATION, b"Signature=")
_LISTED = between(AUTHORIZATION, b"SignedHeaders=", b",")


def _made(path: str, query: Mapping[str, str], kind: bytes, content: bytes) -> Request:
    headers = {b"host": b"iot.example.com", b"content-type": kind}
    return Request("POST", path.encode(), urlencode(query).encode(), headers, content)


def _product(adapter: Adapter, credentials: Credentials, number: int) -> Mapping[str, object]:
    assert adapter.products is not None
    example = adapter.operation(adapter.products.create).example
    return adapter.products.unique(dict(example), number, credentials)


# Alibaba: a part of the parameters in the query and a part in a form


def _aliyun(credentials: Credentials, number: int) -> Request:
    query = {"IotInstanceId": credentials["aliyun"]["instance_id"], **EXTRA}
    form = urlencode(_product(ALIYUN, credentials, number)).encode()
    return _made("/", query, codec.FORM, form)


def _v3(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    named = replace(request, headers={**request.headers, b"x-acs-action": b"CreateProduct"})
    return ALIYUN.value.client.sign(named, credentials, stamp)


def _v1(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    at = datetime.fromtimestamp(stamp.at_ms / 1000, UTC)
    common = {
        "AccessKeyId": credentials["access_key"], "Action": "CreateProduct", "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1", "SignatureNonce": stamp.nonce, "SignatureVersion": "1.0",
        "Timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "Version": "2018-01-20",
    }  # fmt: skip
    whole = replace(request, query=request.query + b"&" + urlencode(common).encode())
    made = aliyun.sign_v1("POST", codec.read(whole).all, credentials["secret_key"])
    return replace(whole, query=whole.query + b"&" + urlencode({"Signature": made}).encode())


V3 = Scheme(
    name="aliyun-v3",
    adapter=ALIYUN,
    unsigned=_aliyun,
    sign=_v3,
    query=("IotInstanceId", "alpha", "beta"),
    headers=(
        "host", "content-type", "accept", "x-acs-action", "x-acs-version", "x-acs-date",
        "x-acs-signature-nonce", "x-acs-content-sha256", "authorization",
    ),
    signature=_SIGNATURE,
    key=between(AUTHORIZATION, b"Credential=", b","),
    listed=_LISTED,
    once=True,
    same={**_ALL, **_SPACES},
)  # fmt: skip
V1 = Scheme(
    name="aliyun-v1",
    adapter=ALIYUN,
    unsigned=_aliyun,
    sign=_v1,
    query=(
        "IotInstanceId", "alpha", "beta", "AccessKeyId", "Action", "Format", "SignatureMethod",
        "SignatureNonce", "SignatureVersion", "Timestamp", "Version", "Signature",
    ),
    headers=("host", "content-type"),
    signature=parameter("Signature"),
    key=parameter("AccessKeyId"),
    once=True,
    same={
        **_ALL,
        **_SLASH,
        **_HOST,
        "V1: the header of the same action added": "it says what the signed parameter says",
        "V1: a parameter * in the form": "query and form are one set of parameters",
        "V1: Authorization of another scheme added": _UNREAD,
    },
)  # fmt: skip

# Huawei: JSON in the body


def _iotda(credentials: Credentials, number: int) -> Request:
    project = credentials["huawei"]["project_id"]
    product = {**_product(IOTDA, credentials, number), "name": f"lamp{number}"}
    content = json.dumps(product).encode()
    return _made(f"/v5/iot/{project}/products", EXTRA, _JSON, content)


def _huawei(region: str | None) -> Callable[[Request, Credentials, Stamp], Request]:
    def sign(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
        at = datetime.fromtimestamp(stamp.at_ms / 1000, UTC)
        secret = credentials["secret_key"].encode()
        made = huawei.sign(request, credentials["access_key"], secret, at, derived_region=region)
        return replace(request, headers={**request.headers, **made})

    return sign


_HASH = {"Huawei: the true hash of the body": "it is the hash that was signed"}


def _hashed(credentials: Credentials, number: int) -> Request:
    request = _iotda(credentials, number)
    return added(request, "x-sdk-content-sha256", sha256(request.body).hexdigest().encode())


def _of_huawei(
    name: str, region: str | None, key: Part, unsigned: Callable[[Credentials, int], Request]
) -> Scheme:
    return Scheme(
        name=name,
        adapter=IOTDA,
        unsigned=unsigned,
        sign=_huawei(region),
        query=tuple(EXTRA),
        headers=("host", "content-type", "x-sdk-date", "authorization"),
        signature=_SIGNATURE,
        key=key,
        listed=_LISTED,
        same={
            **_ALL,
            **_AGAIN,
            **_SLASH,
            "path: a letter escaped": "a letter and its escape are the same path",
            "listed: capitals": "names of headers have no case",
            **_SPACES,
            **({} if unsigned is _hashed else _HASH),
        },
    )


_ACCESS = between(AUTHORIZATION, b"Access=", b",")
_CREDENTIAL = between(AUTHORIZATION, b"Credential=", b"/")
PLAIN = _of_huawei("huawei-plain", None, _ACCESS, _iotda)
HASHED = _of_huawei("huawei-plain, the body's hash in a header", None, _ACCESS, _hashed)
DERIVED = _of_huawei("huawei-derived", "cn-north-4", _CREDENTIAL, _iotda)


def _over_the_date(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    """Signed as the Go SDK does: X-Sdk-Date is the only header that is covered."""
    at = datetime.fromtimestamp(stamp.at_ms / 1000, UTC)
    dated = added(request, "x-sdk-date", f"{at:%Y%m%dT%H%M%SZ}".encode())
    key, secret = credentials["access_key"], credentials["secret_key"].encode()
    said = huawei.Authorization(huawei.STANDARD, key, None, (b"x-sdk-date",), "")
    made = huawei.signature(dated, said, secret)
    header = f"{huawei.STANDARD} Access={key}, SignedHeaders=x-sdk-date, Signature={made}"
    return added(dated, "authorization", header.encode())


DATED = dataclasses.replace(
    PLAIN,
    name="huawei-plain, the date alone",
    sign=_over_the_date,
    listed=None,
    same={
        **_ALL,
        **_AGAIN,
        **_SLASH,
        **_HASH,
        **_HOST,
        **_other_value("content-type", "the body is JSON whatever it is called"),
        "path: a letter escaped": PLAIN.same["path: a letter escaped"],
    },
)

# EnOS: JSON in the body, the account and the action in the query


def _enos(credentials: Credentials, number: int) -> Request:
    query = {"action": "create", "orgId": credentials["enos"]["org_id"], **EXTRA}
    name = {"defaultValue": f"turbine {number}"}
    product = {**_product(ENOS, credentials, number), "productName": name}
    content = json.dumps(product).encode()
    return _made("/connect-service/v2.1/products", query, _JSON, content)


SIGNED = Scheme(
    name="enos-signed",
    adapter=ENOS,
    unsigned=_enos,
    sign=ENOS.value.client.sign,
    query=("action", "orgId", *EXTRA),
    headers=("host", "content-type", "apim-accesstoken", "apim-signature", "apim-timestamp"),
    signature=header("apim-signature"),
    key=header("apim-accesstoken"),
    same={
        **_ALL,
        **_AGAIN,
        **_SLASH,
        "method: GET": "the operation answers to both methods; the action decides",
        **_HOST,
        **_other_value("content-type", "the body is JSON whatever it is called"),
    },
    uncovered={
        "EnOS: the path of another operation": "the vendor signs query and body, not the path",
    },
)

SCHEMES = (V3, V1, PLAIN, HASHED, DERIVED, DATED, SIGNED)
