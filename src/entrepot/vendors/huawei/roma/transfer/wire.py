"""Products as files, and how many things there are; knows no canonical word."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from entrepot.vendors.huawei.roma.common import Address

MOST_ROWS = 500  # source: documented (Importing Products: succ_num and fail_num are 0-500)
MOST_EXPORTED = 10_000


def split(value: Any) -> Any:
    """`1,2` as well as repeated parameters: the SDK declares the first and sends the second."""
    texts = [value] if isinstance(value, str) else value
    return [piece for text in texts for piece in str(text).split(",")]


class ExportProducts(Address, kw_only=True):
    """Which products to export; all of them where none is named (INFERRED)."""

    product_ids: (
        Annotated[
            list[int],
            Meta(max_length=MOST_ROWS, description="Product IDs.", extra={"mend": split}),
        ]
        | None
    ) = None


class ImportProducts(Address, kw_only=True):
    """How to import. `upsert` is Entrepot's own: a row whose name is taken changes that product."""

    upsert: Annotated[
        bool, Meta(description="Not ROMA's: change products that exist instead of failing.")
    ] = False


class Upload(msgspec.Struct, kw_only=True):
    """A multipart body with one part `file`, which is a CSV file in UTF-8; read into its rows."""

    rows: list[dict[str, str]]


TOO_MANY_CELLS = ""
"""The column of what stands right of the last named column."""


# Spreadsheets run a cell that begins like this, some of them also behind blanks or in full width.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n']")
_MARK = "'"


def cell(text: str | None) -> str:
    """Returns the text as a cell. One that a spreadsheet would run as a formula gets a leading `'`.

    So does one that begins with `'`, which makes `text_of` its exact inverse.
    """
    return _MARK + text if text and _FORMULA.match(text) else text or ""


def text_of(cell: str) -> str:
    """Returns the text that `cell` made a cell of."""
    return cell.removeprefix(_MARK)


class Imported(msgspec.Struct):
    """What an import did. `fail_objects_ids`: the names of the products that failed."""

    succ_num: int
    fail_num: int
    fail_objects_ids: list[str]


class File(msgspec.Struct):
    """A file as an answer; not JSON."""

    name: str
    content: bytes


class TemplateNumbers(msgspec.Struct):
    """How many templates there are."""

    product_templates_numbers: int


class ProductNumbers(msgspec.Struct):
    """How many products there are."""

    normal_products_numbers: int
    gateway_products_numbers: int


class Calculation(msgspec.Struct):
    """How many devices are in which state."""

    never_connected: int = 0
    online: int = 0
    offline: int = 0


class DeviceNumbers(msgspec.Struct):
    """How many devices of which sort there are."""

    normal_devices: Calculation
    gateway_devices: Calculation
    subsets_devices: Calculation


class Counts(msgspec.Struct):
    """Reply of CountDevices."""

    product_templates: TemplateNumbers
    products: ProductNumbers
    devices: DeviceNumbers
