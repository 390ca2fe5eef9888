"""The use cases of devices: plain functions over a unit of work, shared by every dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.core import audit, sealing
from entrepot.core.caller import Caller
from entrepot.core.faults import InUse, NotFound, QuotaExceeded, Taken
from entrepot.core.models.changes import Changes
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import BEHIND, HUB, Device
from entrepot.core.things.product import Product

SAID = ("name", "names", "description", "tags", "gateway", "extras")
"""What the maker says of a device, besides its key: each dialect shows it, or declares its loss."""
_LOGGED = (*SAID, "disabled_at", "connection", "product", "key", "aliases")


class DeviceRef(msgspec.Struct, frozen=True, gc=False):
    """How a caller names a device.

    `id` is what the dialect's code read from the text, if anything; `alias_rule` is the claim under
    which an id chosen by a caller would be held. `named`: it is the device of this product with this
    key; of several, the first that is there.
    """

    text: str
    id: int | None = None
    alias_rule: str = ""
    named: tuple[tuple[Ref, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDraft:
    """A device to be. `quota` is how many the tenant may have, `product_quota` how many its product."""

    product: Ref
    key: str
    name: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    disabled: bool = False
    gateway: DeviceRef | None = None
    tags: dict[str, str] = field(default_factory=dict)
    extras: dict[str, Any] = field(default_factory=dict)  # the dialect's own fields
    alias: str | None = None  # the id that it has in the dialect, where that is no computed one
    secret: str | None = None  # one that the caller chose
    secret_name: str | None = None
    quota: int | None = None
    product_quota: int | None = None


def key_claim(product: int, key: str) -> Claim:
    """What a device's key is held under: unique in its product, whoever made it."""
    return Claim("device.key", f"{product}/{key}")


def device_alias(dialect: str, alias: str) -> Claim:
    """The claim of an id that a caller chose: unique in the tenant."""
    return Claim(f"{dialect}.device", alias)


def create(tx: Tx, caller: Caller, draft: DeviceDraft) -> Device:
    """The device, kept.

    Raises:
        NotFound: no such product, or no such gateway.
        Taken: its key or its id has a holder; the value is the key or the id.
        QuotaExceeded: the tenant or the product has as many devices as the dialect allows.
    """
    product = registry.get(tx, caller, draft.product)
    _keep_quotas(tx, caller, product, draft)
    gateway = None if draft.gateway is None else get(tx, caller, draft.gateway)
    claims: tuple[Claim, ...] = (key_claim(product.id, draft.key),)
    aliases = {}
    if draft.alias is not None:
        aliases = {caller.dialect: draft.alias}
        claims = (*claims, device_alias(caller.dialect, draft.alias))
    id = tx.new_id()
    device = Device(
        id=id,
        tenant=product.tenant,
        product=product.id,
        key=draft.key,
        origin=caller.dialect,
        created_at=caller.now_ms,
        created_by=caller.actor,
        updated_at=caller.now_ms,
        updated_by=caller.actor,
        name=draft.name,
        names=draft.names,
        description=draft.description,
        disabled_at=caller.now_ms if draft.disabled else 0,
        gateway=None if gateway is None else gateway.id,
        tags=draft.tags,
        extras={caller.dialect: draft.extras} if draft.extras else {},
        claims=claims,
        aliases=aliases,
        secrets={} if draft.secret is None else {caller.dialect: sealed(caller, id, draft.secret)},
        names_of_secrets={caller.dialect: draft.secret_name} if draft.secret_name else {},
    )
    _add(tx, device, draft)
    if gateway is not None:
        _connect_through(tx, caller, gateway)
    _note(tx, caller, device, "create")
    return device


def _add(tx: Tx, device: Device, draft: DeviceDraft) -> None:
    try:
        tx.add(device)
    except Taken as fault:
        value = draft.key if fault.rule == "device.key" else fault.value
        raise Taken(fault.rule, value, fault.holder) from None


def _keep_quotas(tx: Tx, caller: Caller, product: Product, draft: DeviceDraft) -> None:
    if not caller.tenant.settings.quotas:
        return
    for quota, parent in ((draft.quota, None), (draft.product_quota, product.id)):
        if quota is not None and tx.count(Device, product.tenant, parent=parent) >= quota:
            raise QuotaExceeded("device", quota)


def find(tx: Tx, caller: Caller, ref: DeviceRef) -> Device | None:
    """The device that the caller means, if its tenant has it and no setting hides its product."""
    tenant = caller.tenant.id
    if ref.alias_rule:
        holder = tx.holder(tenant, Claim(ref.alias_rule, ref.text))
        device = None if holder is None else tx.get(Device, tenant, holder)
        if device is not None:
            return device if _visible(tx, caller, device) else None
    for device in _meant(tx, caller, ref):
        # One with a chosen id answers to that one only.
        if caller.dialect not in device.aliases and _visible(tx, caller, device):
            return device
    return None


def _meant(tx: Tx, caller: Caller, ref: DeviceRef) -> Iterator[Device]:
    tenant = caller.tenant.id
    device = None if ref.id is None else tx.get(Device, tenant, ref.id)
    if device is not None:
        yield device
    for product_ref, key in ref.named:
        try:
            product = registry.get(tx, caller, product_ref)
        except NotFound:
            continue
        holder = tx.holder(tenant, key_claim(product.id, key))
        device = None if holder is None else tx.get(Device, tenant, holder)
        if device is not None:
            yield device


def get(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
    """The device that the caller means.

    Raises:
        NotFound: the tenant has none, or a setting hides its product from this dialect.
    """
    found = find(tx, caller, ref)
    if found is None:
        raise NotFound("device", ref.text)
    return found


def _visible(tx: Tx, caller: Caller, device: Device) -> bool:
    if caller.dialect not in caller.tenant.settings.own_products_only:
        return True
    product = tx.get(Product, device.tenant, device.product)
    return product is not None and registry.visible(caller, product)


def update(tx: Tx, caller: Caller, change: tuple[DeviceRef, Callable[[Device], Device]]) -> Device:
    """The device as it is after `change`, which leaves to us what the registry knows of it.

    Raises:
        NotFound: no such device, or the new gateway is not there.
    """
    ref, edit = change
    old = get(tx, caller, ref)
    return changed(tx, caller, old, edit(old))


def changed(tx: Tx, caller: Caller, old: Device, wanted: Device) -> Device:
    """`wanted` in place of `old`, noted and counted."""
    new = replace(
        wanted,
        updated_at=caller.now_ms,
        updated_by=caller.actor,
        revision=old.revision + 1,
    )
    tx.put(old, new)
    if old.gateway != new.gateway:
        before, after = (
            None if id is None else tx.get(Device, old.tenant, id)
            for id in (old.gateway, new.gateway)
        )
        if before is not None:
            _count_children(tx, before, -1)
        if after is not None:
            _connect_through(tx, caller, after)
    what = audit.differences(old, new, _LOGGED)
    if old.secrets != new.secrets or old.names_of_secrets != new.names_of_secrets:
        what["secret"] = ["(changed)", "(changed)"]
    _note(tx, caller, new, "update", what)
    return new


def set_disabled(caller: Caller, device: Device, disabled: bool) -> Device:
    """The device, switched off or on; when it was switched off does not change by doing so again."""
    at = (device.disabled_at or caller.now_ms) if disabled else 0
    return replace(device, disabled_at=at)


def set_secret(
    caller: Caller, device: Device, secret: str | None, name: str | None = None, slot: str = ""
) -> Device:
    """The device with a secret for the caller's dialect, sealed; None leaves what there is.

    `slot` tells a second secret of the dialect from the first.
    """
    secrets, names = device.secrets, device.names_of_secrets
    if secret is not None:
        secrets = {**secrets, caller.dialect + slot: sealed(caller, device.id, secret, slot)}
    if name is not None:
        names = {**names, caller.dialect: name}
    return replace(device, secrets=secrets, names_of_secrets=names)


def chosen_secret(caller: Caller, device: Device, slot: str = "") -> str | None:
    """The secret that somebody chose for it in the caller's dialect, if anybody did."""
    kept = device.secrets.get(caller.dialect + slot)
    if kept is None:
        return None
    return caller.vault.open(kept, sealing.own_secret(device.id, caller.dialect, slot)).decode()


def sealed(caller: Caller, device: int, secret: str, slot: str = "") -> bytes:
    """The secret as it is kept: for this device and the caller's dialect alone."""
    return caller.vault.seal(secret.encode(), sealing.own_secret(device, caller.dialect, slot))


def delete(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
    """The device as it was.

    Raises:
        NotFound: no such device.
        InUse: other devices connect through it.
    """
    device = get(tx, caller, ref)
    if device.children:
        raise InUse("device", ref.text, "subdevices")
    tx.drop(device)
    gateway = None if device.gateway is None else tx.get(Device, device.tenant, device.gateway)
    if gateway is not None:
        _count_children(tx, gateway, -1)
    _note(tx, caller, replace(device, revision=device.revision + 1), "delete")
    return device


def children(tx: Tx, gateway: Device) -> Iterator[Device]:
    """The devices that connect through it, newest first."""
    return registry.labelled(tx, Device, gateway.tenant, [(BEHIND, str(gateway.id))])


def hubs(tx: Tx, gateway: Device) -> Iterator[Device]:
    """Those of its children through which others connect, newest first."""
    return registry.labelled(tx, Device, gateway.tenant, [(HUB, str(gateway.id))])


def _connect_through(tx: Tx, caller: Caller, gateway: Device) -> None:
    """Counts one more sub-device.

    If the product's kind was not set, it becomes "gateway". Dialects that show kinds then show the right one.
    """
    _count_children(tx, gateway, 1)
    product = tx.get(Product, gateway.tenant, gateway.product)
    if product is not None and product.profile.kind is None:
        ref = Ref(str(product.id), product.id)
        registry.update(tx, caller, (ref, lambda old: Edit(replace(old.profile, kind="gateway"))))


def _count_children(tx: Tx, gateway: Device, by: int) -> None:
    # On the gateway itself, so that whoever deletes it meanwhile is found out.
    tx.put(gateway, replace(gateway, children=gateway.children + by))


def _note(
    tx: Tx,
    caller: Caller,
    device: Device,
    action: audit.Action,
    what: Changes | None = None,
) -> None:
    audit.note(tx, caller, "device", device.id, action, what, device.revision)
