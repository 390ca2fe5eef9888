"""The schemas of payloads accept what a device of the model sends, and refuse what it would not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from entrepot import main as root
from entrepot.core.models.conversion import convert
from entrepot.core.models.thing_model import (
    Array,
    Boolean,
    Choice,
    Command,
    Enum,
    Event,
    Field,
    Number,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)
from tests.standards.corpus import write

LEVEL = Number(kind="int", minimum=Decimal(0), maximum=Decimal(100), step=Decimal(5))
MODEL = ThingModel(
    id="",
    name="Lamp",
    services=(
        Service(
            id="lamp",
            name="The lamp",
            properties=(
                Property(id="on", type=Boolean(off="dark", on="lit"), required=True),
                Property(id="level", type=LEVEL, unit="%", access="rw"),
                Property(id="mode", type=Enum(base="int", choices=(Choice("0"), Choice("2", "x")))),
                Property(id="names", type=Array(item=Text(max_length=3), max_items=2), access="w"),
            ),
            commands=(Command(id="blink", inputs=(Field(id="times", type=LEVEL, required=True),)),),
            events=(Event(id="broken", outputs=(Field(id="why", type=Text()),)),),
        ),
        Service(
            id="a/b",
            properties=(
                Property(
                    id="at", type=Structure(fields=(Field(id="x", type=LEVEL, required=True),))
                ),
            ),
        ),
    ),
)


def takes(payload: Any, of: str = "") -> bool:
    document = write("jsonschema", MODEL)
    if of:
        document = {**document, "anyOf": [{"$ref": f"#/$defs/{of}"}]}
    return Draft202012Validator(document).is_valid(payload)


@pytest.mark.parametrize(
    ("payload", "of", "right"),
    [
        ({"on": True, "level": 5, "mode": 2, "names": ["a", "b"]}, "lamp", True),
        ({}, "lamp", True),
        ({"on": 1}, "lamp", False),
        ({"level": 105}, "lamp", False),
        ({"level": 7}, "lamp", False),
        ({"mode": 1}, "lamp", False),
        ({"names": ["a", "b", "c"]}, "lamp", False),
        ({"names": ["abcd"]}, "lamp", False),
        ({"at": {"x": 5}}, "a~1b", True),
        ({"at": {}}, "a~1b", False),
        ({"times": 5}, "lamp~1blink~1input", True),
        ({}, "lamp~1blink~1input", False),
        ({"why": "old"}, "lamp~1broken", True),
        ({"on": False}, "", True),
        ([], "", False),
    ],
)
def test_a_payload_is_judged(payload: Any, of: str, right: bool) -> None:
    assert takes(payload, of) is right


def test_a_schema_says_what_a_person_wants_to_know() -> None:
    lamp = write("jsonschema", MODEL)["$defs"]["lamp"]
    assert lamp["title"] == "The lamp"
    assert lamp["properties"]["level"]["x-unit"] == "%"
    assert lamp["properties"]["names"]["writeOnly"]
    assert [c.get("title") for c in lamp["properties"]["on"]["oneOf"]] == ["dark", "lit"]


def test_it_is_written_only() -> None:
    catalog = root.catalog()
    with pytest.raises(ValueError, match="can be written, not read"):
        convert(b"{}", catalog.named("jsonschema"), catalog.named("wot"))
