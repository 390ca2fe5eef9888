"""What ROMA does that no other dialect does the same way: lists with filters, credentials, transfer.

Plain functions over a unit of work; knows neither wire nor SQL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import Fault, InUse, Invalid, NotFound, Taken, Violation
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.products import registry, spaces, templates
from entrepot.core.products.registry import Edit, Ref, Shown
from entrepot.core.products.spaces import SpaceDraft, SpaceEdit
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import Connection, Device
from entrepot.core.things.product import GATEWAY, Draft, Product
from entrepot.core.things.space import Space
from entrepot.core.things.template import Template
from entrepot.core.things.topic import Topic
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.devices.use_cases import Sort, count_devices
from entrepot.vendors.huawei.roma.formats.document import Document

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """Which part of a list: `test` None takes all, `ids` narrows it to these things.

    The rest is for products only. `claim` and `label` narrow it to those that have it; `whole`: such a
    label is all that is tested.
    """

    skip: int
    limit: int
    test: Callable[[T], bool] | None = None
    ids: list[int] | None = None
    claim: Claim | None = None
    label: tuple[str, str] | None = None
    whole: bool = False
    space: int | None = None
    space_name: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and how many things the whole has."""

    total: int
    items: list[T]


def page_of(things: Iterable[T], wanted: Wanted[T]) -> Page[T]:
    """The wanted part, after going through all of them: no index knows the total."""
    total, items = 0, []
    for thing in things:
        if wanted.test is None or wanted.test(thing):
            if wanted.skip <= total < wanted.skip + wanted.limit:
                items.append(thing)
            total += 1
    return Page(total, items)


def list_products(tx: Tx, caller: Caller, wanted: Wanted[Product]) -> Page[Shown]:
    """The products that are wanted, newest first."""
    tenant = caller.tenant
    skip, limit = wanted.skip, wanted.limit
    plain = wanted.ids is None and wanted.space_name is None
    plain = plain and caller.dialect not in tenant.settings.own_products_only
    if plain and wanted.test is None:
        total = tx.count(Product, tenant.id, parent=wanted.space)
        items = tx.page(Product, tenant.id, parent=wanted.space, skip=skip, limit=limit)
        found = Page(total, items)
    elif plain and wanted.label is not None and wanted.whole and wanted.space is None:
        items, total = tx.labelled(Product, tenant.id, [wanted.label], skip=skip, limit=limit)
        found = Page(total, items)
    else:
        found = page_of(_candidates(tx, caller, wanted), wanted)
    return Page(found.total, [registry.show(tx, caller, product) for product in found.items])


def _candidates(tx: Tx, caller: Caller, wanted: Wanted[Product]) -> Iterator[Product]:
    tenant, named = caller.tenant.id, wanted.space_name
    holding = None
    if named is not None:
        holding = {space.id for space in tx.scan(Space, tenant) if space.name == named}
    things: Iterable[Product | None]
    if wanted.ids is not None:
        things = (tx.get(Product, tenant, id) for id in wanted.ids)
    elif wanted.claim is not None:
        holder = tx.holder(tenant, wanted.claim)
        things = [] if holder is None else [tx.get(Product, tenant, holder)]
    elif wanted.label is not None:
        things = registry.labelled(tx, Product, tenant, [wanted.label])
    else:
        things = tx.scan(Product, tenant, parent=wanted.space)
    for product in things:
        if product is None or wanted.space not in (None, product.space):
            continue
        if (holding is None or product.space in holding) and registry.visible(caller, product):
            yield product


def list_templates(tx: Tx, caller: Caller, wanted: Wanted[Template]) -> Page[Template]:
    """The templates that are wanted, newest first."""
    tenant = caller.tenant.id
    if wanted.ids is None:
        return page_of(tx.scan(Template, tenant), wanted)
    found = (tx.get(Template, tenant, id) for id in wanted.ids)
    return page_of((t for t in found if t is not None), wanted)


def create_product(tx: Tx, caller: Caller, draft: Draft) -> Product:
    """The product, kept, with the services of its template.

    Raises:
        NotFound, QuotaExceeded: as `registry.create`.
        Taken: a claim has a holder; where all have, the rule is `roma.name_and_model`.
    """
    try:
        return registry.create(tx, caller, _with_services(tx, caller, draft))
    except Taken as fault:
        name, *others = draft.claims  # in the order in which they are made
        held = [tx.holder(caller.tenant.id, claim) for claim in others]
        if fault.rule == name.rule and None not in held:
            raise Taken("roma.name_and_model", fault.value, fault.holder) from None
        raise


def _with_services(tx: Tx, caller: Caller, draft: Draft) -> Draft:
    """The draft with a copy of its template's services; later edits of the template do not reach it."""
    id = draft.profile.template
    if id is None:
        return draft
    model = templates.get_template(tx, caller, Ref(str(id), id)).model
    text = None if model is None else caller.shelf.text(model, handles.DIALECT)
    if text is None:
        return draft
    copied = Authored(handles.DIALECT, msgspec.Raw(Document(bytes(text)).copy()))
    return replace(draft, profile=replace(draft.profile, model=copied))


def delete_product(tx: Tx, caller: Caller, ref: Ref) -> Product:
    """The product as it was; ROMA's refusal calls it by name.

    Raises:
        NotFound: no such product.
        InUse: something depends on it.
    """
    product = registry.get(tx, caller, ref)
    try:
        return registry.delete(tx, caller, ref)
    except InUse as fault:
        raise InUse(fault.kind, product.profile.name, fault.by) from None


@dataclass(frozen=True, slots=True)
class Reset:
    """New credentials of a product; without any, a password is made."""

    ref: Ref
    user_name: str | None
    password: str | None


def reset_authentication(tx: Tx, caller: Caller, reset: Reset) -> Product:
    """The product with its new credentials, sealed.

    Raises:
        NotFound: no such product.
    """
    password = reset.password
    if reset.user_name is None and password is None:
        password = handles.new_secret()

    def edit(old: Product) -> Edit:
        context = f"secret/{old.id}/{caller.dialect}"
        sealed = caller.vault.seal(password.encode(), context) if password else None
        return Edit(profile=old.profile, secret=sealed, secret_name=reset.user_name)

    return registry.update(tx, caller, (reset.ref, edit))


def devices_of(tx: Tx, caller: Caller, ref: Ref) -> int:
    """How many devices the product has.

    Raises:
        NotFound: no such product.
    """
    product = registry.get(tx, caller, ref)
    return tx.count(Device, product.tenant, parent=product.id)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things a tenant has; devices by sort and connection."""

    templates: int
    products: int  # that are no gateways
    gateways: int
    devices: Counter[tuple[Sort, Connection]]


def counts(tx: Tx, caller: Caller, nothing: object) -> Counts:
    """How many things the tenant has."""
    tenant, label = caller.tenant.id, [(GATEWAY, "")]
    if caller.dialect in caller.tenant.settings.own_products_only:
        kinds = [p.profile.kind for p in tx.scan(Product, tenant) if registry.visible(caller, p)]
        products, gateways = len(kinds), kinds.count("gateway")
    else:
        products, gateways = (
            tx.count(Product, tenant),
            tx.labelled(Product, tenant, label, limit=0)[1],
        )
    devices = count_devices(tx, caller)
    return Counts(tx.count(Template, tenant), products - gateways, gateways, devices)


def export_products(tx: Tx, caller: Caller, value: tuple[list[Ref] | None, int]) -> list[Shown]:
    """The named products in the order given, or all of them if there are at most `most`.

    Raises:
        NotFound: one of them is not there.
        Invalid: there are more than `most`.
    """
    refs, most = value
    if refs is not None:
        return [registry.show(tx, caller, registry.get(tx, caller, ref)) for ref in refs]
    if tx.count(Product, caller.tenant.id) > most:
        wish = f"must name products: there are more than {most}"
        raise Invalid((Violation(("product_ids",), "rule", wish),))
    products = tx.scan(Product, caller.tenant.id)
    return [registry.show(tx, caller, p) for p in products if registry.visible(caller, p)]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an import: what to call it if it fails, and its draft if it can be one."""

    name: str
    draft: Draft | None


def import_products(tx: Tx, caller: Caller, value: tuple[list[Row], bool]) -> tuple[int, list[str]]:
    """How many rows became products, and the names of those that did not. With `upsert`, a row whose
    name is taken changes that product.

    Raises:
        Denied: `upsert`, and the caller may not update.
    """
    rows, upsert = value
    if upsert:
        caller.demand("product:update")
    failed = []
    for row in rows:
        try:
            _import(tx, caller, row, upsert)
        except Fault:
            failed.append(row.name)
    return len(rows) - len(failed), failed


def _import(tx: Tx, caller: Caller, row: Row, upsert: bool) -> None:
    draft = row.draft
    if draft is None:
        raise NotFound("row", row.name)
    tenant = caller.tenant.id
    holders = [tx.holder(tenant, claim) for claim in draft.claims]
    there = holders[0] if upsert else None
    # All rows are one unit of work: a row that fails must do so before it has written anything.
    for claim, holder in zip(draft.claims, holders, strict=True):
        if holder not in (None, there):
            raise Taken(claim.rule, claim.value, holder or 0)
    if there is None:
        registry.create(tx, caller, _with_services(tx, caller, draft))
        return
    old = registry.get(tx, caller, Ref(str(there), there))
    if draft.space != old.space or any(_fixed(old, draft)):
        raise Taken(draft.claims[0].rule, draft.claims[0].value, there)
    profile = _merged(old, draft)
    if profile != old.profile:
        registry.update(tx, caller, (Ref(str(there), there), lambda _: Edit(profile, draft.claims)))


def _fixed(old: Product, draft: Draft) -> Iterator[bool]:
    """Whether each of what no update may change would change."""
    for name in ("kind", "protocol", "payload", "template"):
        yield getattr(old.profile, name) != getattr(draft.profile, name)


def _merged(old: Product, draft: Draft) -> Any:
    names = (
        "name", "manufacturer_id", "manufacturer_name", "model_number",
        "device_type", "description", "version",
    )  # fmt: skip
    new = {name: getattr(draft.profile, name) for name in names}
    return replace(old.profile, **{k: v for k, v in new.items() if v is not None})


def list_topics(tx: Tx, caller: Caller, value: tuple[Ref, int, int]) -> Page[Topic]:
    """A part of the product's topics, newest first.

    Raises:
        NotFound: no such product.
    """
    ref, skip, limit = value
    product = registry.get(tx, caller, ref)
    total = tx.count(Topic, product.tenant, parent=product.id)
    return Page(total, tx.page(Topic, product.tenant, parent=product.id, skip=skip, limit=limit))


def create_app(tx: Tx, caller: Caller, draft: SpaceDraft) -> Space:
    """The application, kept.

    Raises:
        Taken: another has its name or its key.
    """
    _refuse_default_name(tx, caller, draft.name)
    return spaces.create_space(tx, caller, draft)


def update_app(tx: Tx, caller: Caller, change: tuple[Ref, Callable[[Space], SpaceEdit]]) -> Space:
    """The application as it is after the change.

    Raises:
        NotFound: no such application.
        Taken: another has its new name.
    """
    ref, edit = change

    def checked(old: Space) -> SpaceEdit:
        wanted = edit(old)
        if wanted.name is not None and not spaces.is_default(caller, old):
            _refuse_default_name(tx, caller, wanted.name)
        return wanted

    return spaces.update_space(tx, caller, (ref, checked))


def _refuse_default_name(tx: Tx, caller: Caller, name: str) -> None:
    """The default space is made before any dialect speaks, so it holds its name without a claim."""
    default = tx.get(Space, caller.tenant.id, caller.tenant.default_space)
    if default is not None and default.name == name:
        raise Taken("roma.app", name, default.id)


def list_apps(tx: Tx, caller: Caller, wanted: Wanted[Space]) -> Page[Space]:
    """The applications that are wanted, the default one first, then the newest."""
    found = spaces.list_spaces(tx, caller)
    return page_of([*found[:1], *reversed(found[1:])], wanted)
