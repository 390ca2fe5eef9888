"""Products between ROMA's words and the canonical ones, in tables read both ways."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from entrepot.core import sealing
from entrepot.core.caller import Caller, allows
from entrepot.core.products.registry import Edit, Ref, Shown
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import (
    GATEWAY,
    NAME,
    Draft,
    Kind,
    Payload,
    Product,
    Profile,
    Protocol,
)
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.common import Authentication
from entrepot.vendors.huawei.roma.paging import Page, Selection, both, made, part
from entrepot.vendors.huawei.roma.people import MASK, user
from entrepot.vendors.huawei.roma.products import wire
from entrepot.vendors.huawei.roma.products.use_cases import Reset, model_claim

PRODUCT_QUOTA = 500  # source: documented (usage limits)
# The page's sample order; what a caller may not do is left out.
PERMISSIONS = {
    "read": "product:read",
    "access": "credential:read",
    "delete": "product:delete",
    "modify": "product:update",
}

KINDS: dict[int, Kind] = {0: "device", 1: "gateway"}
PAYLOADS: dict[int, Payload] = {0: "json", 1: "binary"}
PROTOCOLS: dict[int, Protocol] = {0: "mqtt", 1: "coap", 2: "modbus", 4: "opc-ua", 5: "custom"}

KIND_CODES: dict[Kind | None, int] = {None: 0, **{word: code for code, word in KINDS.items()}}
_PAYLOAD_CODES = {word: code for code, word in PAYLOADS.items()}
_PROTOCOL_CODES = {word: code for code, word in PROTOCOLS.items()}
EXTENDED = 5

LOSSES = {
    "names": "translations are not shown",
    "kind": "none is shown as 0 (device)",
    "protocol": "one that ROMA has no number for is shown as 5 (extended protocol), none as 0 (mqtt)",
    "auth": "not shown",
    "network": "not shown",
    "industry": "not shown",
    "category": "not shown",
    "dynamic_activation": "not shown",
    "model_key": "not shown",
    "model": "shown as services, as far as ROMA can say it; the rest is parked where ROMA changes it",
    "tags": "not shown",
    "extras": "another dialect's own fields are not shown",
    "manufacturer_id": "none is shown as an empty text",
    "manufacturer_name": "none is shown as an empty text",
    "model_number": "none is shown as an empty text",
    "device_type": "none is shown as Default",
    "disabled": "none is shown as 0 (enabled)",
}


def draft(call: Call, caller: Caller) -> Draft:
    """CreateProduct as a draft."""
    body: wire.CreateProduct = call.body
    return drafted(body, caller)


def drafted(body: wire.CreateProduct, caller: Caller) -> Draft:
    """The body as a draft."""
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
            disabled=_disabled(body.status),
        ),
        space=handles.APPS.space_of(caller.vault, caller.tenant, body.app_id),
        space_handle=body.app_id,
        claims=claims(body.name, body.manufacturer_id, body.model),
        quota=PRODUCT_QUOTA,
    )


def changed(call: Call, caller: Caller) -> tuple[Ref, Callable[[Product], Edit]]:
    """UpdateProduct as a product and its change."""
    body: wire.UpdateProduct = call.body

    def edit(old: Product) -> Edit:
        profile = old.profile
        return Edit(
            profile=replace(
                profile,
                name=body.name,
                manufacturer_id=body.manufacturer_id,
                manufacturer_name=body.manufacturer_name,
                model_number=body.model,
                device_type=_given(body.device_type, profile.device_type),
                description=_given(body.description, profile.description),
                version=_given(body.version, profile.version),
                disabled=profile.disabled if body.status is None else _disabled(body.status),
            ),
            claims=claims(body.name, body.manufacturer_id, body.model),
        )

    return ref(call, caller), edit


def _disabled(status: int | None) -> bool | None:
    return None if status is None else status == 1


def _given(new: str | None, old: str | None) -> str | None:
    return old if new is None else new


def selection(call: Call, caller: Caller) -> Selection[Product]:
    """ListProducts as what is wanted. INFERRED: every filter matches whole values; an empty one, all."""
    p: wire.ListProducts = call.params
    tests: list[Callable[[Product], bool]] = made(p)
    texts = (
        (p.name, lambda x: x.profile.name),
        (p.manufacturer_id, lambda x: x.profile.manufacturer_id or ""),
        (p.manufacturer_name, lambda x: x.profile.manufacturer_name or ""),
        (p.model, lambda x: x.profile.model_number or ""),
        (p.device_type, device_type),
        (p.product_serial, lambda x: handles.product_serial(caller.vault, x.id)),
    )
    tests += [_is(text, of) for text, of in texts if text]
    numbers = ((p.product_type, lambda x: KIND_CODES[x.profile.kind]), (p.protocol_type, protocol))
    tests += [_is(number, of) for number, of in numbers if number is not None]
    label = (NAME, p.name) if p.name else (GATEWAY, "") if p.product_type == 1 else None
    ids = [handles.product_of(p.id)] if p.id else None
    if p.product_serial and ids is None:  # six characters, then the id
        ids = [handles.product_of(p.product_serial[6:])]
    return Selection(
        *part(p),
        test=both(tests),
        ids=None if ids is None else [id for id in ids if id is not None],
        # Only ROMA knows both, and it makes this claim of whatever has them.
        claim=model_claim(p.manufacturer_id, p.model) if p.manufacturer_id and p.model else None,
        label=label,
        whole=len(tests) == 1,
        space=space_filter(p.app_id, caller),
        space_name=p.app_name or None,
    )


def space_filter(app: str | None, caller: Caller) -> int | None:
    """Returns the space to look in: None for all of them, 0 where no space has the id."""
    return (handles.APPS.space_of(caller.vault, caller.tenant, app) or 0) if app else None


def _is(value: object, of: Callable[[Product], object]) -> Callable[[Product], bool]:
    return lambda product: of(product) == value


def reset(call: Call, caller: Caller) -> Reset:
    """ResetProductAuthentication as what to set."""
    body: wire.ResetAuthentication = call.body
    return Reset(ref(call, caller), body.user_name or None, body.password or None)


def claims(name: str, manufacturer_id: str, model: str) -> tuple[Claim, ...]:
    """What must be unique: the name in the tenant, and manufacturer with model (ROMA.00110706)."""
    return (Claim("roma.name", name), model_claim(manufacturer_id, model))


def ref(call: Call, caller: Caller) -> Ref:
    """The product that the path names."""
    id: int = call.params.product_id
    return Ref(str(id), id)


def product(shown: Shown, caller: Caller) -> wire.Product:
    """The product as ROMA shows it, its password masked."""
    product, profile, vault = shown.product, shown.product.profile, caller.vault
    return wire.Product(
        permissions=[w for w, p in PERMISSIONS.items() if allows(caller.user.permissions, p)],
        id=product.id,
        product_serial=handles.product_serial(vault, product.id),
        app_id=handles.APPS.id_of(vault, caller.tenant, product.space),
        name=profile.name,
        manufacturer_id=profile.manufacturer_id or "",
        manufacturer_name=profile.manufacturer_name or "",
        model=profile.model_number or "",
        product_type=kind(product),
        description=profile.description,
        protocol_type=protocol(product),
        device_type=device_type(product),
        version=profile.version,
        status=status(product),
        created_user=user(product.created_by),
        last_updated_user=user(product.updated_by),
        authentication=Authentication(secret_name(product, caller), MASK),
        created_datetime=product.created_at,
        last_updated_datetime=product.updated_at,
        app_name=shown.space.name,
        data_format=payload(product),
        template_id=profile.template,
        template_name=shown.template.name if shown.template else None,
        sync_template_date=product.created_at if shown.template else None,
    )


def without_authentication(shown: Shown, caller: Caller) -> wire.Product:
    """The product as UpdateProduct answers it."""
    answer = product(shown, caller)
    answer.authentication = UNSET
    return answer


def products(page: Page[Shown], caller: Caller) -> wire.Products:
    """A page of products."""
    items = [product(shown, caller) for shown in page.items]
    return wire.Products(page.total, len(items), items)


def protocol(product: Product) -> int:
    """ROMA's number of the product's protocol."""
    word = product.profile.protocol
    return 0 if word is None else _PROTOCOL_CODES.get(word, EXTENDED)


def payload(product: Product) -> int:
    """ROMA's number of the product's data format."""
    return _PAYLOAD_CODES[product.profile.payload or "json"]


def kind(product: Product) -> int:
    """ROMA's number of the product's sort."""
    return KIND_CODES[product.profile.kind]


def status(product: Product) -> int:
    """ROMA's number for enabled or disabled."""
    return int(bool(product.profile.disabled))


def device_type(product: Product) -> str:
    """The product's device type, or the documented default."""
    given = product.profile.device_type
    return "Default" if given is None else given


def authentication(product: Product, caller: Caller) -> Authentication:
    """The product's credentials, readable: no other call shows the password."""
    vault, sealed = caller.vault, product.secrets.get("roma")
    if sealed is None:
        password = handles.secret(vault, product.id)
    else:
        password = vault.open(sealed, sealing.own_secret(product.id, handles.DIALECT)).decode()
    return Authentication(secret_name(product, caller), password)


def secret_name(product: Product, caller: Caller) -> str:
    """The user name of the product's credentials."""
    return product.names_of_secrets.get("roma") or handles.secret_name(caller.vault, product.id)
