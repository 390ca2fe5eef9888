"""Products to and from CSV, and counts, between ROMA's words and the canonical ones."""

from __future__ import annotations

import csv
import io

from entrepot.core.caller import Caller
from entrepot.core.faults import Invalid
from entrepot.core.products.registry import Ref, Shown
from entrepot.dialect.check import Leniency, read_plain
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.apps.use_cases import Counts
from entrepot.vendors.huawei.roma.devices import convert as devices
from entrepot.vendors.huawei.roma.products import convert as products
from entrepot.vendors.huawei.roma.products.wire import CreateProduct
from entrepot.vendors.huawei.roma.transfer import wire
from entrepot.vendors.huawei.roma.transfer.use_cases import Row
from entrepot.vendors.huawei.roma.transfer.wire import cell

# INFERRED: no public page lists the columns; they are the body's members, behind the product's id.
COLUMNS = ("id", *CreateProduct.__struct_fields__)
_FROM_CELLS = Leniency(text_as_number=True)


def products_to_export(call: Call, caller: Caller) -> tuple[list[Ref] | None, int]:
    """ExportProducts as the products to export, and how many there may be."""
    ids: list[int] | None = call.params.product_ids
    refs = None if ids is None else [Ref(str(id), id) for id in dict.fromkeys(ids)]
    return refs, wire.MOST_EXPORTED


def exported(shown: list[Shown], caller: Caller) -> wire.File:
    """The products as a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for one in shown:
        product, profile = one.product, one.product.profile
        writer.writerow(
            {
                "id": product.id,
                "app_id": handles.APPS.id_of(caller.vault, caller.tenant, product.space),
                "name": cell(profile.name),
                "manufacturer_id": cell(profile.manufacturer_id),
                "manufacturer_name": cell(profile.manufacturer_name),
                "model": cell(profile.model_number),
                "product_type": products.kind(product),
                "protocol_type": products.protocol(product),
                "description": cell(profile.description),
                "device_type": cell(profile.device_type),
                "template_id": profile.template,
                "version": cell(profile.version),
                "data_format": products.payload(product),
                "status": None if profile.disabled is None else products.status(product),
            }
        )
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    return wire.File("products.csv", text.getvalue().encode("utf-8-sig"))


def rows(call: Call, caller: Caller) -> tuple[list[Row], bool]:
    """ImportProducts as drafts; a row that cannot be one keeps its name only."""
    default = handles.APPS.id_of(caller.vault, caller.tenant, caller.tenant.default_space)
    found = [_row(i, cells, default, caller) for i, cells in enumerate(call.body.rows, 1)]
    return found, call.params.upsert


def _row(number: int, cells: dict[str, str], app_id: str, caller: Caller) -> Row:
    name = cells.get("name", "") or f"row {number}"
    if wire.TOO_MANY_CELLS in cells:
        return Row(name, None)
    given = {"app_id": app_id, **{column: text for column, text in cells.items() if text}}
    try:
        return Row(name, products.drafted(read_plain(given, CreateProduct, _FROM_CELLS), caller))
    except Invalid:
        return Row(name, None)


def imported(result: tuple[int, list[str]], caller: Caller) -> wire.Imported:
    """What the import did."""
    done, failed = result
    return wire.Imported(done, len(failed), failed)


def counts(found: Counts, caller: Caller) -> wire.Counts:
    """How many things there are."""
    sorts = (
        wire.Calculation(*(found.devices[sort, state] for state in devices.CONNECTIONS))
        for sort in devices.SORTS
    )
    return wire.Counts(
        wire.TemplateNumbers(found.templates),
        wire.ProductNumbers(found.products, found.gateways),
        wire.DeviceNumbers(*sorts),
    )
