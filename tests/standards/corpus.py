"""The standards' documents of the corpus, read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from entrepot import main as root
from entrepot.core.models.thing_model import Property, ThingModel

CORPUS = Path(__file__).parent.parent / "corpus"


def text(standard: str, name: str) -> bytes:
    return (CORPUS / standard / f"{name}.json").read_bytes()


def read(standard: str, plain: Any) -> ThingModel:
    """The model that a document, or its text, says."""
    found = root.catalog().named(standard).read
    assert found is not None
    return found(plain if isinstance(plain, bytes) else msgspec.json.encode(plain))


def write(standard: str, model: ThingModel) -> Any:
    return msgspec.json.decode(root.catalog().named(standard).write(model))


def properties(model: ThingModel, service: int = 0) -> dict[str, Property]:
    return {p.id: p for p in model.services[service].properties}
