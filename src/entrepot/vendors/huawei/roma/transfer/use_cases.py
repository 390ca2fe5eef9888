"""What ROMA alone does with files of products: writing what a caller may see, and taking rows in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import Fault, Invalid, NotFound, Taken, Violation
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Edit, Ref, Shown
from entrepot.core.things.product import Draft, Product
from entrepot.vendors.huawei.roma.products.use_cases import _with_services


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
        "device_type", "description", "version", "disabled",
    )  # fmt: skip
    new = {name: getattr(draft.profile, name) for name in names}
    return replace(old.profile, **{k: v for k, v in new.items() if v is not None})
