"""What is remembered of callers' texts is bounded in bytes, not in number alone."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable
from functools import partial

import msgspec
import pytest

from entrepot import main as root
from entrepot.core.models.authored import Authored
from entrepot.core.models.catalog import Catalog
from entrepot.core.models.conversion import Format, loss
from entrepot.core.models.differences import Difference
from entrepot.store.rows import label_number

MOST_BYTES = 8 << 20


def _of(dialect: str, formats: Iterable[Format]) -> list[Format]:
    return [one for one in formats if one.dialect == dialect]


def models() -> None:
    """Models of 60 KB each, shown in another dialect's words."""
    formats = root.catalog().formats.values()
    catalog = Catalog({d: partial(_of, d, formats) for d in {f.dialect for f in formats}})
    held.append(catalog)
    for n in range(250):
        attribute = {
            "identifier": "a",
            "name": {"defaultValue": "x" * 60_000},
            "dataType": "STRING",
        }
        document = {
            "modelId": f"m{n}",
            "name": {"defaultValue": "m"},
            "attributes": {"a": attribute},
        }
        model = Authored("enos", msgspec.Raw(msgspec.json.encode(document)))
        shown = catalog.text(model, "iotda")
        assert shown is not None
        assert catalog.text(model, "iotda") is shown  # the last is remembered


def labels() -> None:
    """Tags with values of 100 KB."""
    for n in range(1100):
        assert label_number("tag", f"{n}" + "x" * 100_000) == label_number(
            "tag", f"{n}" + "x" * 100_000
        )


def members() -> None:
    """Losses of members with names of 20 KB."""
    target = root.catalog().named("iotda")
    for n in range(5000):
        found = Difference(("properties", "p", "type", f"{n}" + "x" * 20_000), 1, 2)
        assert loss(found, target).path == found.path


held: list[object] = []


@pytest.mark.parametrize("fill", [models, labels, members])
def test_what_a_caller_named_is_not_kept_without_a_bound(fill: Callable[[], None]) -> None:
    root.catalog()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        fill()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        held.clear()
    assert after - before < MOST_BYTES
