"""How the contract suites speak each dialect: sign a request, name a product, read an answer.

A dialect added to `main.dialects()` gets its adapter here; the suites themselves name no vendor.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from entrepot.dialect.operation import Call, Dialect, Operation
from entrepot.dialect.request import Answer, Request
from entrepot.main import dialects
from entrepot.vendors.aliyun import signing as aliyun_signing
from entrepot.vendors.enos import signing as enos_signing
from entrepot.vendors.huawei import signing as huawei_signing

Credentials = Mapping[str, Any]
Ask = Callable[[Request], Answer]
HOST = b"127.0.0.1:8080"


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """How a dialect makes and shows products.

    `unique` makes a body like no other. `echoed` is what show must say of what was sent. `again` is
    a shown product as the struct fields that create would take.
    """

    create: str  # the operation's name
    show: str
    named: str  # the parameter that names a product
    handle: Callable[[Any], str]  # in the decoded answer of create
    shown: Callable[[Any], dict[str, Any]]  # the product in the decoded answer of show
    unique: Callable[[dict[str, Any], int, Credentials], dict[str, Any]]
    echoed: Callable[[dict[str, Any]], dict[str, Any]]
    again: Callable[[dict[str, Any]], dict[str, Any]]
    call: Callable[[Any], Call] = lambda struct: Call(None, struct)  # what create takes
    in_query: bool = False  # create has parameters and no body


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """How a dialect makes, shows and deletes devices.

    `sent` is what create takes for a device of the product with this handle, under this key and name.
    `shown` is its product's handle, its key and its name in the decoded answer of show.
    """

    create: str  # the operation's name
    show: str
    delete: str = "DeleteDevice"
    named: str  # the parameter that names a device
    sent: Callable[[str, str, str, Credentials], dict[str, Any]]
    handle: Callable[[Any], str]  # in the decoded answer of create
    shown: Callable[[Any], tuple[str, str, str]]
    in_query: bool = False  # create has parameters and no body


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One dialect from a client's side.

    `own` gives the parameters, by the vendor's names, that say whose account is called. `sign` gives
    back the request as the vendor's SDK would send it; `ready` fetches what it needs for that.
    """

    dialect: str
    sign: Callable[[Request, Credentials], Request]
    own: Callable[[Credentials], dict[str, str]] = lambda credentials: {}
    ready: Callable[[Credentials, Ask], Credentials] = lambda credentials, ask: credentials
    refused: Callable[[Answer], bool] = lambda answer: answer.status >= 400
    selector: str = ""  # the query parameter that carries the operation's selector
    products: Products | None = None
    devices: Devices | None = None

    @property
    def value(self) -> Dialect:
        """The dialect itself."""
        return next(d for d in dialects() if d.name == self.dialect)

    def operation(self, name: str) -> Operation:
        """The operation of this name."""
        return next(o for o in self.value.operations if o.name == name)

    def request(
        self,
        operation: Operation,
        given: Mapping[str, Any],
        body: Any,
        credentials: Credentials,
        host: bytes = HOST,
    ) -> Request:
        """The signed request: `given` and the caller's own parameters, in the path or the query."""
        values = {**self.own(credentials), **given}
        in_path = set(re.findall(r"{(\w+)}", operation.path))
        path = re.sub(r"{(\w+)}", lambda m: quote(str(values[m[1]]), safe=""), operation.path)
        known = declared_names(operation) | given.keys()
        query = {k: v for k, v in values.items() if k in known and k not in in_path}
        headers, raw = {b"host": host}, b""
        if operation.selector and self.selector:
            query[self.selector] = operation.selector
        elif operation.selector:
            headers[b"x-acs-action"] = operation.selector.encode()
        if body is not None:
            headers[b"content-type"] = b"application/json"
            raw = json.dumps(body, ensure_ascii=False).encode()
        spelled_query = spelled(query).encode()
        return self.sign(
            Request(operation.method, path.encode(), spelled_query, headers, raw), credentials
        )

    def create(self, body: dict[str, Any], credentials: Credentials, host: bytes = HOST) -> Request:
        """The signed request that makes a product of the body."""
        assert self.products is not None
        operation = self.operation(self.products.create)
        if self.products.in_query:
            return self.request(operation, body, None, credentials, host)
        return self.request(operation, {}, body, credentials, host)

    def show(self, handle: str, credentials: Credentials, host: bytes = HOST) -> Request:
        """The signed request that shows the product."""
        assert self.products is not None
        operation = self.operation(self.products.show)
        return self.request(operation, {self.products.named: handle}, None, credentials, host)

    def create_device(
        self, product: str, key: str, name: str, credentials: Credentials, host: bytes = HOST
    ) -> Request:
        """The signed request that makes a device of the product."""
        assert self.devices is not None
        operation = self.operation(self.devices.create)
        sent = self.devices.sent(product, key, name, credentials)
        if self.devices.in_query:
            return self.request(operation, sent, None, credentials, host)
        return self.request(operation, {}, sent, credentials, host)

    def show_device(self, handle: str, credentials: Credentials, host: bytes = HOST) -> Request:
        """The signed request that shows the device."""
        assert self.devices is not None
        operation = self.operation(self.devices.show)
        return self.request(operation, {self.devices.named: handle}, None, credentials, host)

    def delete_device(self, handle: str, credentials: Credentials, host: bytes = HOST) -> Request:
        """The signed request that deletes the device."""
        assert self.devices is not None
        operation = self.operation(self.devices.delete)
        return self.request(operation, {self.devices.named: handle}, None, credentials, host)


def declared_names(operation: Operation) -> set[str]:
    """The names of the operation's parameters."""
    return set(operation.params.__struct_encode_fields__) if operation.params else set()


def spelled(query: Mapping[str, Any]) -> str:
    """The parameters as a query string; a list is given once for each item."""
    pairs = [(k, i) for k, v in query.items() for i in (v if isinstance(v, list) else [v])]
    return "&".join(f"{quote(k, safe='')}={quote(_word(v), safe='')}" for k, v in pairs)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def said(body: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """What the body says: no nulls, and not these."""
    return {k: v for k, v in body.items() if v is not None and k not in but}


# Huawei


def _sign_huawei(request: Request, credentials: Credentials) -> Request:
    secret = credentials["secret_key"].encode()
    added = huawei_signing.sign(request, credentials["access_key"], secret, datetime.now(UTC))
    return replace(request, headers={**request.headers, **added})


def _roma_own(credentials: Credentials) -> dict[str, str]:
    return {
        "project_id": credentials["huawei"]["project_id"],
        "instance_id": credentials["roma"]["instance_id"],
    }


def _roma_unique(body: dict[str, Any], n: int, credentials: Credentials) -> dict[str, Any]:
    # A template has to be there first; its own tests have that.
    return {
        **{k: v for k, v in body.items() if k != "template_id"},
        "app_id": credentials["roma"]["app_id"],
        "name": f"{body['name'][:50]}{n}",
        "model": f"{body['model'][:40]}x{n}",
    }


def _roma_echoed(body: dict[str, Any]) -> dict[str, Any]:
    return {**said(body), "model": body["model"].strip(" ")}


def _roma_device(product: str, key: str, name: str, credentials: Credentials) -> dict[str, Any]:
    return {
        "product": {"product_id": int(product)}, "node_id": key, "device_name": name,
        "app_id": credentials["roma"]["app_id"],
    }  # fmt: skip


ROMA = Adapter(
    dialect="roma",
    sign=_sign_huawei,
    own=_roma_own,
    products=Products(
        create="CreateProduct",
        show="ShowProduct",
        named="product_id",
        handle=lambda answer: str(answer["id"]),
        shown=lambda answer: dict(answer),
        unique=_roma_unique,
        echoed=_roma_echoed,
        again=lambda shown: shown,
    ),
    devices=Devices(
        create="CreateDevice",
        show="ShowDevice",
        named="device_id",
        sent=_roma_device,
        handle=lambda answer: str(answer["device_id"]),
        shown=lambda a: (str(a["product"]["product_id"]), a["node_id"], a["device_name"]),
    ),
)


def _iotda_unique(body: dict[str, Any], n: int, credentials: Credentials) -> dict[str, Any]:
    wanted = {k: v for k, v in body.items() if k != "product_id"}
    return {**wanted, "app_id": credentials["iotda"]["app_id"]}


def _iotda_echoed(body: dict[str, Any]) -> dict[str, Any]:
    services = [
        {**s, "service_type": s.get("service_type") or s["service_id"]}
        for s in body["service_capabilities"]
    ]
    return {**said(body), "service_capabilities": services}


def _iotda_call(struct: Any) -> Call:
    from entrepot.vendors.huawei.iotda.body import Sent

    return Call(None, Sent(struct, msgspec.Raw(b"[]")))


IOTDA = Adapter(
    dialect="iotda",
    sign=_sign_huawei,
    own=lambda credentials: {"project_id": credentials["huawei"]["project_id"]},
    products=Products(
        create="CreateProduct",
        show="ShowProduct",
        named="product_id",
        handle=lambda answer: str(answer["product_id"]),
        shown=lambda answer: dict(answer),
        unique=_iotda_unique,
        echoed=_iotda_echoed,
        # Services are the thing model: compared by the law of the dialect with itself.
        again=lambda shown: {**shown, "service_capabilities": []},
        call=_iotda_call,
    ),
    devices=Devices(
        create="AddDevice",
        show="ShowDevice",
        named="device_id",
        sent=lambda product, key, name, credentials: {
            "product_id": product,
            "node_id": key,
            "device_name": name,
        },
        handle=lambda answer: str(answer["device_id"]),
        shown=lambda a: (a["product_id"], a["node_id"], a["device_name"]),
    ),
)

IAM = Adapter(dialect="iam", sign=_sign_huawei)

# Alibaba


def _sign_aliyun(request: Request, credentials: Credentials) -> Request:
    headers = {
        **request.headers,
        b"x-acs-version": b"2018-01-20",
        b"x-acs-date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}".encode(),
        b"x-acs-signature-nonce": uuid.uuid4().hex.encode(),
        b"x-acs-content-sha256": hashlib.sha256(request.body).hexdigest().encode(),
        b"accept": b"application/json",
    }
    dated = replace(request, headers=headers)
    from entrepot.dialect.parameters import parse

    query = {k: v for k, v in parse(request.query).items() if isinstance(v, str)}
    made = aliyun_signing.sign_v3(
        dated, query, credentials["access_key"], credentials["secret_key"]
    )
    return replace(dated, headers={**headers, b"authorization": made})


def _aliyun_unique(body: dict[str, Any], n: int, credentials: Credentials) -> dict[str, Any]:
    name = re.sub(r"[^\x00-\x7f]", "x", body["ProductName"])
    wanted = {k: v for k, v in said(body, "IotInstanceId").items() if v != ""}
    return {**wanted, "ProductName": f"{name[:20]}_{n:04}"}


def _aliyun_echoed(body: dict[str, Any]) -> dict[str, Any]:
    networks = {"WIFI": 3, "CELLULAR": 6, "ETHERNET": 7, "LORA": 8, "OTHER": 8}
    edition = body.get("AliyunCommodityCode") or (
        "iothub_senior" if body.get("CategoryKey") else "iothub"
    )
    of_models = ("NodeType", "DataFormat", "ProtocolType", "CategoryKey")
    ours = ("ProductName", "Description", "AuthType", "ValidateType")
    wanted = (*ours, *of_models) if edition == "iothub_senior" else ours
    return {
        **{k: v for k, v in body.items() if k in wanted},
        "AliyunCommodityCode": edition,
        "NetType": networks[body.get("NetType", "WIFI")],
        "Id2": body.get("AuthType") == "id2",
    }


def _aliyun_again(shown: dict[str, Any]) -> dict[str, Any]:
    names = (
        "ProductName", "NodeType", "DataFormat", "Description", "AliyunCommodityCode", "Id2",
        "ProtocolType", "AuthType", "CategoryKey", "ValidateType",
    )  # fmt: skip
    return {k: shown[k] for k in names if k in shown}


ALIYUN = Adapter(
    dialect="aliyun",
    sign=_sign_aliyun,
    own=lambda credentials: {"IotInstanceId": credentials["aliyun"]["instance_id"]},
    refused=lambda answer: answer.status >= 400 or not json.loads(answer.body).get("Success", True),
    products=Products(
        create="CreateProduct",
        show="QueryProduct",
        named="ProductKey",
        handle=lambda answer: str(answer["ProductKey"]),
        shown=lambda answer: dict(answer["Data"]),
        unique=_aliyun_unique,
        echoed=_aliyun_echoed,
        again=_aliyun_again,
        call=lambda struct: Call(struct),
        in_query=True,
    ),
    devices=Devices(
        create="RegisterDevice",
        show="QueryDeviceDetail",
        named="IotId",
        sent=lambda product, key, name, credentials: {
            "ProductKey": product,
            "DeviceName": key,
            "Nickname": name.replace("-", "_"),
        },
        handle=lambda answer: str(answer["Data"]["IotId"]),
        shown=lambda a: (a["Data"]["ProductKey"], a["Data"]["DeviceName"], a["Data"]["Nickname"]),
        in_query=True,
    ),
)

# EnOS


def _millis() -> str:
    return str(int(datetime.now(UTC).timestamp() * 1000))


def _enos_ready(credentials: Credentials, ask: Ask) -> Credentials:
    at, key = _millis(), credentials["access_key"]
    proof = enos_signing.encryption(key, at, credentials["secret_key"])
    body = {"appKey": key, "encryption": proof, "timestamp": at}
    path = b"/apim-token-service/v2.0/token/get"
    headers = {b"host": HOST, b"content-type": b"application/json"}
    answer = ask(Request("POST", path, b"", headers, json.dumps(body).encode()))
    token = json.loads(answer.body)["data"]["accessToken"]
    return {**credentials, "enos": {**credentials["enos"], "token": token}}


def _sign_enos(request: Request, credentials: Credentials) -> Request:
    added = enos_signing.sign(
        request, credentials["enos"]["token"], _millis(), credentials["secret_key"]
    )
    return replace(request, headers={**request.headers, **dict(added)})


def _enos_unique(body: dict[str, Any], n: int, credentials: Credentials) -> dict[str, Any]:
    return {**body, "modelId": credentials["enos"]["model_id"]}


def _enos_echoed(body: dict[str, Any]) -> dict[str, Any]:
    # Not shown: nobody's page has them in Get Product.
    name = body["productName"]
    translations = said(name.get("i18nValue") or {})
    shown_name = {"defaultValue": name["defaultValue"], "i18nValue": translations}
    return {**said(body, "defaultValidDay", "maxValidDay"), "productName": shown_name}


def _enos_again(shown: dict[str, Any]) -> dict[str, Any]:
    from entrepot.vendors.enos.wire import StringI18n

    names = ("modelId", "productType", "dataFormat", "biDirectionalAuth", "productDesc",
             "dynamicActivateEnabled", "productTags")  # fmt: skip
    said_name = shown["productName"]
    name = StringI18n(said_name["defaultValue"], said_name.get("i18nValue"))
    return {**{k: shown[k] for k in names}, "productName": name}


ENOS = Adapter(
    dialect="enos",
    sign=_sign_enos,
    own=lambda credentials: {"orgId": credentials["enos"]["org_id"]},
    ready=_enos_ready,
    refused=lambda answer: answer.status >= 400 or json.loads(answer.body)["code"] != 0,
    selector="action",
    products=Products(
        create="CreateProduct",
        show="GetProduct",
        named="productKey",
        handle=lambda answer: str(answer["data"]),
        shown=lambda answer: dict(answer["data"]),
        unique=_enos_unique,
        echoed=_enos_echoed,
        again=_enos_again,
    ),
    devices=Devices(
        create="CreateDevice",
        show="GetDevice",
        named="assetId",
        sent=lambda product, key, name, credentials: {
            "productKey": product,
            "deviceKey": key,
            "timezone": "+08:00",
            "deviceName": {"defaultValue": name},
        },
        handle=lambda answer: str(answer["data"]["assetId"]),
        shown=lambda answer: (
            answer["data"]["productKey"],
            answer["data"]["deviceKey"],
            answer["data"]["deviceName"]["defaultValue"],
        ),
    ),
)

_ALL = {a.dialect: a for a in (ROMA, IOTDA, IAM, ALIYUN, ENOS)}


def adapters() -> tuple[Adapter, ...]:
    """The adapter of every dialect whose callers sign.

    Raises:
        LookupError: a dialect has none.
    """
    wanted = [d.name for d in dialects() if not all(o.public for o in d.operations)]
    if missing := [name for name in wanted if name not in _ALL]:
        raise LookupError(f"tests/contract/adapters.py has none for {', '.join(missing)}")
    return tuple(_ALL[name] for name in wanted)


ADAPTERS = adapters()
WITH_PRODUCTS = tuple(a for a in ADAPTERS if a.products)
WITH_DEVICES = tuple(a for a in ADAPTERS if a.devices)
