"""The starter set of product categories, each with a thing model to begin from.

The models are this project's own; only some keys are known from the vendor's pages, the complete
list is not. Knows nothing of products and does not read the models it hands out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec


@dataclass(slots=True, frozen=True)
class Category:
    """A category as `ListThingTemplates` names it; `tsl` is its thing model as TSL JSON text.

    The model holds what a device maker would define. What the platform adds to every export
    (the event `post`, the services `set` and `get`, schema and profile) is not in it.
    """

    key: str
    name: str
    tsl: str


class _File(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    category_key: str
    category_name: str
    tsl: msgspec.Raw


def categories() -> tuple[Category, ...]:
    """Every category, in the order of the keys."""
    return tuple(_catalog().values())


def category(key: str) -> Category | None:
    """The category of this key, None where there is none. The key's case counts."""
    return _catalog().get(key)


@cache
def _catalog() -> dict[str, Category]:
    read = msgspec.json.Decoder(_File)
    found: dict[str, Category] = {}
    for entry in (files(__package__) / "categories").iterdir():
        if entry.name.endswith(".json"):
            file = read.decode(entry.read_bytes())
            tsl = msgspec.json.format(file.tsl, indent=-1).decode()
            found[file.category_key] = Category(file.category_key, file.category_name, tsl)
    return dict(sorted(found.items()))
