"""What is exported, others' tools accept: schemas, parsers and converters that this project did not write."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sdf_wot_converter import convert_sdf_to_wot_tm, convert_wot_tm_to_sdf

from entrepot import main as root
from entrepot.core.models.conversion import Format
from entrepot.core.models.thing_model import (
    Array,
    Choice,
    Command,
    DataType,
    Enum,
    Field,
    Number,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)
from entrepot.standards import STANDARDS
from entrepot.standards.units import UNITS
from tests.models import drawn
from tests.standards.judges import JUDGES

CORPUS = sorted((Path(__file__).parent.parent / "corpus").glob("*/*.json"))
each_standard = pytest.mark.parametrize("standard", STANDARDS, ids=lambda f: f.name)

# Each is what the standard says it is, but for one thing.
WRONG: dict[str, Any] = {
    "wot": {
        "@context": "https://www.w3.org/2022/wot/td/v1.1",
        "@type": "tm:ThingModel",
        "properties": {"level": {"type": "float"}},
    },
    "sdf": {"sdfObject": {"lamp": {"sdfProperty": {"on": {"type": "boolean", "unitName": "x"}}}}},
    "dtdl": {
        "@context": "dtmi:dtdl:context;3",
        "@id": "dtmi:com:example:Lamp;1",
        "@type": "Interface",
        "contents": [{"@type": "Property", "name": "on_", "schema": "boolean"}],
    },
    "jsonschema": {"type": "float"},
}


def nested(depth: int, make: Any) -> DataType:
    type_: DataType = Text()
    for _ in range(depth):
        type_ = make(type_)
    return type_


def odd() -> ThingModel:
    """Ids, texts and types that a vendor takes, and a standard may not."""
    deep = nested(8, lambda inner: Array(item=inner))
    deeper = nested(8, lambda inner: Structure(fields=(Field(id="in-ner", type=inner),)))
    choices = (Choice("1", "same"), Choice("2", "same"), Choice("温", "温"), Choice("a:b", "x:y"))
    return ThingModel(
        id="温度-1/2:3",
        name="n" * 900,
        names={"en": "other", "zh_Hans_CN": "名", "not a language": "x"},
        description="é" * 500 + "😀" * 500,
        services=(
            Service(
                id="INV.a-b",
                type="dtmi:com:example:Inverter;1",
                properties=(
                    Property(id="a.b", type=deep, access="rn"),
                    Property(id="a-b", type=deeper, access="wn", required=True),
                    Property(id="9~/", type=Number(kind="decimal"), unit="℃", required=True),
                    Property(id="x" * 600, type=Enum(choices=choices)),
                    Property(id="big", type=Enum(choices=(Choice("3000000000"),), base="int")),
                    Property(id="none", type=Enum(base="text"), default=[1, "x", None]),
                ),
                commands=(
                    Command(
                        id="a.b",
                        inputs=(Field(id="9-", type=deep, unit="V"),),
                        outputs=(Field(id="v", type=Number(kind="float"), unit="V"),),
                        response="not a name",
                    ),
                ),
            ),
            Service(id="INV_a_b", type="dtmi:com:example:Inverter;1"),
            Service(id="y" * 300, properties=(Property(id="温", type=Text()),)),
            Service(id="默认", name="只"),
        ),
    )


def units() -> ThingModel:
    number = Number(kind="double")
    every = (Property(id=f"u{n}", type=number, unit=u.symbol) for n, u in enumerate(UNITS))
    return ThingModel(id="units", services=(Service(id="all", properties=tuple(every)),))


def collected(*formats: str) -> list[ThingModel]:
    """The corpus in these formats."""
    found = []
    for path in CORPUS:
        read = root.catalog().named(path.parent.name).read
        assert read is not None
        if not formats or path.parent.name in formats:
            found.append(read(path.read_bytes()))
    return found


def models() -> list[ThingModel]:
    return [
        ThingModel(id=""),
        ThingModel(id="x"),
        odd(),
        units(),
        *collected(),
        *(drawn(Random(seed)) for seed in range(150)),
    ]


def exported(standard: Format) -> list[Any]:
    return [json.loads(standard.write(model)) for model in models()]


@each_standard
def test_others_take_every_export(standard: Format) -> None:
    documents = exported(standard)
    assert len(documents) > 150
    said = JUDGES[standard.name](documents)
    assert [(n, against) for n, against in enumerate(said) if against] == []


@each_standard
def test_others_refuse_what_is_wrong(standard: Format) -> None:
    right = json.loads(standard.write(ThingModel(id="lamp")))
    assert [bool(against) for against in JUDGES[standard.name]([WRONG[standard.name], right])] == [
        True,
        False,
    ]


# What the converter has no mapping for, and so reads as something plainer.
PLAINER = {"Binary", "DateTime", "Structure", "Enum"}


def features(model: ThingModel) -> Counter[tuple[str, str]]:
    return Counter(
        (p.id.rpartition(".")[2], type(p.type).__name__)
        for service in model.services
        for p in service.properties
    )


def agree(theirs: Counter[tuple[str, str]], ours: Counter[tuple[str, str]]) -> None:
    assert Counter(id for id, _ in theirs.elements()) == Counter(id for id, _ in ours.elements())
    assert {kind for _, kind in ours - theirs} <= PLAINER


def reader(standard: str) -> Callable[[Any], ThingModel]:
    read = root.catalog().named(standard).read
    assert read is not None
    return lambda plain: read(json.dumps(plain).encode())


def test_the_converter_of_sdf_and_wot_reads_in_sdf_what_was_written_here() -> None:
    wot, sdf = reader("wot"), root.catalog().named("sdf")
    for model in [*collected("wot", "dtdl"), *(drawn(Random(seed)) for seed in range(50))]:
        theirs = convert_sdf_to_wot_tm(json.loads(sdf.write(model)))
        things = [theirs] if "@context" in theirs else theirs.values()
        agree(sum((features(wot(thing)) for thing in things), Counter()), features(model))


def test_the_converter_of_wot_and_sdf_reads_in_wot_what_was_written_here() -> None:
    wot, sdf = root.catalog().named("wot"), reader("sdf")
    for model in collected("sdf", "dtdl"):
        theirs = convert_wot_tm_to_sdf(json.loads(wot.write(model)), suppress_roundtripping=True)
        agree(features(sdf(theirs[0] if isinstance(theirs, tuple) else theirs)), features(model))
