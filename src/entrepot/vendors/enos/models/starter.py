"""The thing models a fresh registry offers to EnOS callers.

Must not know who is asking: these documents belong to no organization, so whoever serves one adds
its `orgId`.

EnOS has no public call to create a model (they are drawn in its console), yet no product can be
created without one. `AlterTest0615` is the model named by the vendor's own Create Product sample,
so that the sample works as printed. All content is Entrepot's own.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TypeAlias

import msgspec

from entrepot.core.models.authored import Authored
from entrepot.vendors.enos.handles import DIALECT

# One EnOS ThingModel, spelled as on the wire (EnOS API 2.1, Get Thing Model).
Document: TypeAlias = dict[str, object]


def models() -> tuple[Document, ...]:
    """Every starter model, by modelId; fresh documents each time, the caller's to change."""
    folder = files(__package__) / "starter"
    texts = sorted(
        (entry.name, entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    )
    return tuple(json.loads(text) for _, text in texts)


def authored() -> dict[str, Authored]:
    """The starter models as every dialect reads them, by modelId."""
    return {
        str(model["modelId"]): Authored(DIALECT, msgspec.Raw(msgspec.json.encode(model)))
        for model in models()
    }
