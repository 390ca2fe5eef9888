"""Between ROMA's words and the canonical ones, in tables read both ways; the only file that knows both."""

from __future__ import annotations

from msgspec import UNSET

from entrepot.core.identity import Caller
from entrepot.core.product import Actor, Claim, Draft, Kind, Payload, Profile, Protocol
from entrepot.core.registry import Ref, Shown
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.roma import handles, wire

PRODUCT_QUOTA = 500  # source: documented (usage limits)
MASK = "********"
PERMISSIONS = ("read", "access", "delete", "modify")

KINDS: dict[int, Kind] = {0: "device", 1: "gateway"}
PAYLOADS: dict[int, Payload] = {0: "json", 1: "binary"}
PROTOCOLS: dict[int, Protocol] = {0: "mqtt", 1: "coap", 2: "modbus", 4: "opc-ua", 5: "custom"}

_KIND_CODES = {word: code for code, word in KINDS.items()}
_PAYLOAD_CODES = {word: code for code, word in PAYLOADS.items()}
_PROTOCOL_CODES = {word: code for code, word in PROTOCOLS.items()}
EXTENDED = 5

LOSSES = {
    "names": "translations are not shown",
    "protocol": "one that ROMA has no number for is shown as 5 (extended protocol), none as 0 (mqtt)",
    "auth": "not shown",
    "network": "not shown",
    "industry": "not shown",
    "category": "not shown",
    "dynamic_activation": "not shown",
    "model_key": "not shown",
    "model": "not shown with the product",
    "tags": "not shown",
    "extras": "another dialect's own fields are not shown",
    "manufacturer_id": "none is shown as an empty text",
    "manufacturer_name": "none is shown as an empty text",
    "model_number": "none is shown as an empty text",
    "device_type": "none is shown as Default",
}


def draft(call: Call, caller: Caller) -> Draft:
    """CreateProduct as a draft."""
    body: wire.CreateProduct = call.body
    return Draft(
        profile=Profile(
            name=body.name,
            description=body.description,
            kind=KINDS[body.product_type],
            protocol=PROTOCOLS[body.protocol_type],
            payload=PAYLOADS[body.data_format],
            device_type=body.device_type,
            manufacturer_id=body.manufacturer_id,
            manufacturer_name=body.manufacturer_name,
            model_number=body.model,
            version=body.version,
            template=body.template_id,
        ),
        space=handles.space_of(caller.vault, body.app_id),
        space_handle=body.app_id,
        claims=claims(body.name, body.manufacturer_id, body.model),
        quota=PRODUCT_QUOTA,
    )


def claims(name: str, manufacturer_id: str, model: str) -> tuple[Claim, ...]:
    """What must be unique: the name in the tenant, and manufacturer with model (ROMA.00110706)."""
    return (Claim("roma.name", name), Claim("roma.model", f"{manufacturer_id}\n{model}"))


def ref(call: Call, caller: Caller) -> Ref:
    """The product that the path names."""
    id: int = call.params.product_id
    return Ref(str(id), id)


def product(shown: Shown, caller: Caller) -> wire.Product:
    """The product as ROMA shows it, its password masked."""
    product, profile, vault = shown.product, shown.product.profile, caller.vault
    protocol = 0 if profile.protocol is None else _PROTOCOL_CODES.get(profile.protocol, EXTENDED)
    return wire.Product(
        permissions=list(PERMISSIONS),
        id=product.id,
        product_serial=handles.product_serial(vault, product.id),
        app_id=handles.app_id(vault, product.space),
        name=profile.name,
        manufacturer_id=profile.manufacturer_id or "",
        manufacturer_name=profile.manufacturer_name or "",
        model=profile.model_number or "",
        product_type=_KIND_CODES[profile.kind],
        description=profile.description,
        protocol_type=protocol,
        device_type="Default" if profile.device_type is None else profile.device_type,
        version=profile.version,
        status=0,
        created_user=_user(product.created_by),
        last_updated_user=_user(product.updated_by),
        authentication=wire.Authentication(secret_name(shown, caller), MASK),
        created_datetime=product.created_at,
        last_updated_datetime=product.updated_at,
        app_name=shown.space.name,
        data_format=_PAYLOAD_CODES.get(profile.payload or "json", 0),
        template_id=profile.template,
        template_name=shown.template.name if shown.template else None,
        sync_template_date=product.created_at if shown.template else None,
    )


def without_authentication(shown: Shown, caller: Caller) -> wire.Product:
    """The product as UpdateProduct answers it."""
    answer = product(shown, caller)
    answer.authentication = UNSET
    return answer


def secret_name(shown: Shown, caller: Caller) -> str:
    """The user name of the product's credentials."""
    product = shown.product
    return product.names_of_secrets.get("roma") or handles.secret_name(caller.vault, product.id)


def _user(actor: Actor) -> wire.UserName:
    return wire.UserName(str(actor.id), actor.name)
