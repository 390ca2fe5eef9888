"""Between IoTDA's words and the canonical ones, in tables read both ways; the only file that knows both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import Refused
from entrepot.core.models.authored import Authored
from entrepot.core.products.registry import Edit, Shown
from entrepot.core.things.product import Draft, Payload, Product, Profile, Protocol
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.iotda import common, handles
from entrepot.vendors.huawei.iotda.handles import DIALECT
from entrepot.vendors.huawei.iotda.products import wire
from entrepot.vendors.huawei.iotda.products.body import Sent
from entrepot.vendors.huawei.iotda.products.use_cases import Listed, ProductRef, Query
from entrepot.vendors.huawei.iotda.spaces.convert import space_ref

PRODUCT_QUOTA = 1000  # source: documented (products of an instance)

PROTOCOLS: dict[str, Protocol] = {
    "MQTT": "mqtt",
    "CoAP": "coap",
    "HTTP": "http",
    "HTTPS": "https",
    "Modbus": "modbus",
    "ONVIF": "onvif",
    "OPC-UA": "opc-ua",
    "OPC-DA": "opc-da",
    "TCP": "tcp",
    "UDP": "udp",
    "Other": "other",
}
PAYLOADS: dict[str, Payload] = {"json": "json", "binary": "binary"}
_PROTOCOL_WORDS = {word: theirs for theirs, word in PROTOCOLS.items()}
OTHER, UNSAID, UNTYPED = "Other", "MQTT", "Default"

LOSSES = {
    "names": "translations are not shown",
    "kind": "not shown, nor said by what is made here: the first sub-device makes a product one of gateways",
    "protocol": "one that IoTDA has no word for is shown as Other, none as MQTT",
    "payload": "none is shown as json",
    "device_type": "none is shown as Default",
    "auth": "not shown",
    "network": "not shown",
    "manufacturer_id": "not shown",
    "model_number": "not shown",
    "version": "not shown",
    "category": "not shown",
    "dynamic_activation": "not shown",
    "disabled": "not shown",
    "template": "not shown",
    "model_key": "not shown; the model that it names is",
    "model": "shown as far as IoTDA can say it; the rest is parked where IoTDA changes the model",
    "tags": "not shown",
    "extras": "another dialect's own fields are not shown",
}

_NO_SERVICES = msgspec.Raw(b"[]")


def draft(call: Call, caller: Caller) -> Draft:
    """CreateProduct as a draft."""
    sent: Sent[wire.CreateProduct] = call.body
    body = sent.body
    app = body.app_id
    return Draft(
        profile=Profile(
            name=body.name,
            description=body.description,
            kind=None,
            protocol=PROTOCOLS[body.protocol_type],
            payload=PAYLOADS[body.data_format],
            device_type=body.device_type,
            manufacturer_name=body.manufacturer_name,
            industry=body.industry,
            model=_authored(sent),
        ),
        space=None if app is None else handles.APPS.space_of(caller.vault, caller.tenant, app),
        space_handle=app or "",
        alias=body.product_id,
        quota=PRODUCT_QUOTA,
    )


def _authored(sent: Sent[Any]) -> Authored | None:
    return None if sent.services is None else Authored(DIALECT, sent.services)


def ref(call: Call, caller: Caller) -> ProductRef:
    """The product that the path and the query name."""
    address: wire.ProductAddress = call.params
    return product_ref(address.product_id, address.app_id, caller)


def product_ref(text: str, app: str | None, caller: Caller) -> ProductRef:
    """The product of this id, in this space where one is said."""
    return ProductRef(text, handles.product_of(caller.vault, text), space_ref(app, caller))


def change(call: Call, caller: Caller) -> tuple[ProductRef, Callable[[Product], Edit]]:
    """UpdateProduct: the product, and what becomes of it."""
    sent: Sent[wire.UpdateProduct] = call.body
    body = sent.body
    address: wire.ProductAddress = call.params
    given: dict[str, object] = {
        "name": body.name,
        "device_type": body.device_type,
        "protocol": PROTOCOLS.get(body.protocol_type or ""),
        "payload": PAYLOADS.get(body.data_format or ""),
        "manufacturer_name": body.manufacturer_name,
        "industry": body.industry,
        "description": body.description,
        "model": _authored(sent),
    }
    wanted = {field: value for field, value in given.items() if value is not None}

    def edit(old: Product) -> Edit:
        # other protocols must not be changed to CoAP (UpdateProduct, protocol_type; from the SDK)
        if wanted.get("protocol") == "coap" and old.profile.protocol != "coap":
            raise Refused("product", "coap", address.product_id)
        return Edit(replace(old.profile, **wanted))

    return product_ref(address.product_id, body.app_id or address.app_id, caller), edit


def query(call: Call, caller: Caller) -> Query:
    """ListProducts."""
    sent: wire.ListProductsQuery = call.params
    return Query(
        before=handles.before(sent.marker),
        skip=sent.offset,
        limit=sent.limit,
        space=space_ref(sent.app_id, caller),
        name=sent.product_name,
    )


def product(shown: Shown, caller: Caller) -> wire.Product:
    """The product with its services."""
    product, profile = shown.product, shown.product.profile
    protocol = profile.protocol
    model = shown.model
    return wire.Product(
        app_id=handles.APPS.id_of(caller.vault, caller.tenant, product.space),
        app_name=shown.space.name,
        product_id=handles.product_handle(caller.vault, product),
        name=profile.name,
        device_type=profile.device_type or UNTYPED,
        protocol_type=UNSAID if protocol is None else _PROTOCOL_WORDS.get(protocol, OTHER),
        data_format=profile.payload or "json",
        manufacturer_name=_said(profile.manufacturer_name),
        industry=_said(profile.industry),
        description=_said(profile.description),
        create_time=handles.time(product.created_at),
        service_capabilities=_services(model, caller),
    )


def _services(model: Authored | None, caller: Caller) -> msgspec.Raw:
    return (model and caller.catalog.text(model, DIALECT)) or _NO_SERVICES


def _said(text: str | None) -> str | msgspec.UnsetType:
    return UNSET if text is None else text


def products(listed: Listed, caller: Caller) -> wire.Products:
    """A page of summaries. INFERRED: an empty page has a null marker; no page says."""
    page = listed.page
    marker = handles.marker(page[-1].product.id) if page else None
    return wire.Products([_summary(s, caller) for s in page], common.Page(listed.total, marker))


def _summary(shown: Shown, caller: Caller) -> wire.ProductSummary:
    whole = product(Shown(shown.product, shown.space), caller)  # without its model
    fields = wire.ProductSummary.__struct_fields__
    return wire.ProductSummary(**{field: getattr(whole, field) for field in fields})
