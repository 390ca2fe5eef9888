"""How the contract suites speak each dialect: name a product, read an answer.

A dialect added to `main.dialects()` gets its adapter here; the suites themselves name no vendor.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from entrepot.dialect.calls import bare, with_own
from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Call, Operation
from entrepot.dialect.request import Answer, Request
from entrepot.main import dialects

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
    """One dialect as the suites know it: what its `client` cannot say of it."""

    dialect: str
    sdk: str  # the vendor's own, by its name in `sdk_envs.DISTRIBUTIONS`
    refused: Callable[[Answer], bool] = lambda answer: answer.status >= 400
    products: Products | None = None
    devices: Devices | None = None

    @property
    def value(self) -> Dialect:
        """The dialect itself."""
        return next(d for d in dialects() if d.name == self.dialect)

    def operation(self, name: str) -> Operation:
        """The operation of this name."""
        return next(o for o in self.value.operations if o.name == name)

    def own(self, credentials: Credentials) -> Mapping[str, str]:
        """The parameters that say whose account is called."""
        return self.value.client.own(credentials)

    def sign(self, request: Request, credentials: Credentials) -> Request:
        """The request as the vendor's SDK would send it now."""
        return self.value.client.sign(request, credentials, stamp())

    def ready(self, credentials: Credentials, ask: Ask) -> Credentials:
        """The credentials with what must be asked for before a request can be signed."""
        login = self.value.client.login
        if login is None:
            return credentials
        return login.read(ask(login.ask(credentials, stamp(), HOST)), credentials)

    def request(
        self,
        operation: Operation,
        given: Mapping[str, Any],
        body: Any,
        credentials: Credentials,
        host: bytes = HOST,
    ) -> Request:
        """The signed request: `given` and the caller's own parameters, in the path or the query."""
        values = with_own(self.value, operation, given, credentials)
        request = bare(self.value, operation, values, body, host, stamp().nonce)
        return self.sign(request, credentials)

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


def stamp() -> Stamp:
    """Now, and a nonce that nobody has had."""
    return Stamp(time.time_ns() // 1_000_000, uuid.uuid4().hex)


def said(body: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """What the body says: no nulls, and not these."""
    return {k: v for k, v in body.items() if v is not None and k not in but}


# Huawei


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
    sdk="huawei",
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
    from entrepot.vendors.huawei.iotda.products.body import Sent

    return Call(None, Sent(struct, msgspec.Raw(b"[]")))


IOTDA = Adapter(
    dialect="iotda",
    sdk="huawei",
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

IAM = Adapter(dialect="iam", sdk="huawei")

# Alibaba


def _aliyun_unique(body: dict[str, Any], n: int, credentials: Credentials) -> dict[str, Any]:
    name = re.sub(r"[^\x00-\x7f]", "x", body["ProductName"])
    wanted = {k: v for k, v in said(body, "IotInstanceId").items() if v != ""}
    if "CategoryKey" in wanted:
        wanted["CategoryKey"] = "Lighting"  # only those that there are may be said
    return {**wanted, "ProductName": f"{name[:20]}_{n:04}"}


def _aliyun_echoed(body: dict[str, Any]) -> dict[str, Any]:
    networks = {"WIFI": 3, "CELLULAR": 6, "ETHERNET": 7, "LORA": 8, "OTHER": 8}
    edition = body.get("AliyunCommodityCode", "iothub_senior")
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
    sdk="aliyun-v2",
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


def _enos_unique(body: dict[str, Any], n: int, credentials: Credentials) -> dict[str, Any]:
    return {**body, "modelId": credentials["enos"]["model_id"]}


def _enos_echoed(body: dict[str, Any]) -> dict[str, Any]:
    # Not shown: nobody's page has them in Get Product.
    name = body["productName"]
    translations = said(name.get("i18nValue") or {})
    shown_name = {"defaultValue": name["defaultValue"], "i18nValue": translations}
    return {**said(body, "defaultValidDay", "maxValidDay"), "productName": shown_name}


def _enos_again(shown: dict[str, Any]) -> dict[str, Any]:
    from entrepot.vendors.enos.common import StringI18n

    names = ("modelId", "productType", "dataFormat", "biDirectionalAuth", "productDesc",
             "dynamicActivateEnabled", "productTags")  # fmt: skip
    said_name = shown["productName"]
    name = StringI18n(said_name["defaultValue"], said_name.get("i18nValue"))
    return {**{k: shown[k] for k in names}, "productName": name}


ENOS = Adapter(
    dialect="enos",
    sdk="enos",
    refused=lambda answer: answer.status >= 400 or json.loads(answer.body)["code"] != 0,
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
