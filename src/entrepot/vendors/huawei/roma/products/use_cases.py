"""What ROMA does with products that no other dialect does the same way: lists with filters, credentials.

Plain functions over a unit of work; knows neither wire nor SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from entrepot.core import sealing
from entrepot.core.caller import Caller
from entrepot.core.faults import InUse, Taken
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.products import lists, registry, templates
from entrepot.core.products.registry import Edit, Ref, Shown
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import Device
from entrepot.core.things.product import Draft, Product
from entrepot.core.things.space import Space
from entrepot.core.things.topic import Topic
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.formats.document import Document
from entrepot.vendors.huawei.roma.paging import Page, Selection, both


def list_products(tx: Tx, caller: Caller, wanted: Selection[Product]) -> Page[Shown]:
    """The products that are wanted, newest first."""
    tests = [] if wanted.test is None else [wanted.test]
    if wanted.space_name is not None:
        tests.append(_in_spaces_called(tx, caller, wanted.space_name))
    among = _among(tx, caller, wanted)
    label_says_all = wanted.label is not None and wanted.whole and among is None
    listing = lists.Listing(
        skip=wanted.skip,
        limit=wanted.limit,
        space=wanted.space,
        labels=None if wanted.label is None else (wanted.label,),
        among=among,
        test=both(tests[1:] if label_says_all else tests),
    )
    found = lists.listed(tx, caller, listing)
    return Page(found.total, [registry.show(tx, caller, product) for product in found.items])


def _among(tx: Tx, caller: Caller, wanted: Selection[Product]) -> list[Product] | None:
    """Those whose numbers are given, or which hold the claim; None where neither is asked."""
    tenant, ids = caller.tenant.id, wanted.ids
    if ids is None and wanted.claim is not None:
        holder = tx.holder(tenant, wanted.claim)
        ids = [] if holder is None else [holder]
    if ids is None:
        return None
    found = (tx.get(Product, tenant, id) for id in ids)
    return [product for product in found if product is not None]


def _in_spaces_called(tx: Tx, caller: Caller, name: str) -> Callable[[Product], bool]:
    holding = {space.id for space in tx.scan(Space, caller.tenant.id) if space.name == name}
    return lambda product: product.space in holding


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
    text = None if model is None else caller.catalog.text(model, handles.DIALECT)
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
        context = sealing.own_secret(old.id, caller.dialect)
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


def list_topics(tx: Tx, caller: Caller, value: tuple[Ref, int, int]) -> Page[Topic]:
    """A part of the product's topics, newest first.

    Raises:
        NotFound: no such product.
    """
    ref, skip, limit = value
    product = registry.get(tx, caller, ref)
    total = tx.count(Topic, product.tenant, parent=product.id)
    return Page(total, tx.page(Topic, product.tenant, parent=product.id, skip=skip, limit=limit))


def model_claim(manufacturer_id: str, model: str) -> Claim:
    """Manufacturer and model name one product (ROMA.00110706)."""
    return Claim("roma.model", f"{manufacturer_id}\n{model}")
