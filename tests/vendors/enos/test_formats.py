"""EnOS's thing models as canonical ones: what each part means, and that nothing of a spelling is lost."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import convert, read
from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    Choice,
    DataType,
    DateTime,
    Enum,
    Field,
    Number,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)
from entrepot.vendors.enos.formats import units
from entrepot.vendors.enos.formats.enos import ENOS_FORMAT
from entrepot.vendors.enos.models import starter
from entrepot.vendors.huawei.iotda.formats.iotda import IOTDA_FORMAT
from tests.vendors.enos.models import BOILER, model, point

SAMPLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "samples" / "enos_search_thing_model.json").read_bytes()
)


def meant(document: dict[str, Any]) -> ThingModel:
    """What the document says, once it is sure that it comes back as it was."""
    text = json.dumps(document).encode()
    found = read(text, ENOS_FORMAT)
    assert json.loads(ENOS_FORMAT.write(found)) == document
    return found


def typed(data_type: str, definition: Any = None, **more: Any) -> Property:
    """What one measurepoint says."""
    text = definition if definition is None else json.dumps(definition)
    one = point("p", data_type, dataDefinition=text, **more)
    [service] = meant(model("M", measurepoints={"p": one})).services
    [found] = service.properties
    return found


def test_the_page_s_own_sample_means_what_it_says() -> None:
    found = meant(SAMPLE)
    assert ENOS_FORMAT.check(json.dumps(SAMPLE).encode()) == ()
    assert (found.id, found.name, found.names) == ("planet", None, {"en_US": "planet"})
    [service] = found.services
    system, temperature = service.properties
    assert (system.id, system.name, system.static) == ("starsystem", "star system", True)
    assert (temperature.type, temperature.unit, temperature.static) == (
        Number(kind="float"), "°C", False,
    )  # fmt: skip
    [speedup], [alert] = service.commands, service.events
    assert (speedup.call, speedup.inputs[0].unit, speedup.outputs[0].unit) == ("async", "rpm", None)
    assert (alert.severity, alert.outputs[0].id) == ("error", "event1")


@pytest.mark.parametrize("document", starter.models(), ids=lambda d: d["modelId"])
def test_starter_models_come_back_and_fit_their_own_limits(document: dict[str, Any]) -> None:
    assert meant(document).services
    assert ENOS_FORMAT.check(json.dumps(document).encode()) == ()


CORPUS = sorted((Path(__file__).parents[2] / "corpus" / "enos").glob("*.json"))


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_real_models_come_back_from_iotda_with_all_they_said(file: Path) -> None:
    text = file.read_bytes()
    meant(json.loads(text))
    assert ENOS_FORMAT.check(text) == ()
    there = convert(text, ENOS_FORMAT, IOTDA_FORMAT)
    assert [loss for loss in there.report.losses if loss.kind == "impossible"] == []
    home = ENOS_FORMAT.write(read(there.text, IOTDA_FORMAT, there.report.parked))
    assert json.loads(home) == json.loads(text)


LABELS = {"1": {"defaultValue": "one", "i18nValue": {"en_US": "one", "zh_CN": "一"}}, "2": "two"}


@pytest.mark.parametrize(
    ("data_type", "definition", "means"),
    [
        ("INT", None, Number(kind="int")),
        ("DOUBLE", None, Number(kind="double")),
        ("double", None, Number(kind="double")),
        ("STRING", {"maxLength": 1024}, Text(max_length=1024)),
        ("STRING", None, Text()),
        ("BOOL", {"boolDesc": {"true": "enabled", "false": "disabled"}}, Boolean("disabled", "enabled")),
        ("ENUM", {"enumDesc": LABELS, "enumType": "INT"},
         Enum(choices=(Choice("1", "one"), Choice("2", "two")), base="int")),
        ("ENUM", {"enumDesc": {"a": None}, "enumType": "STRING", "more": 1},
         Enum(choices=(Choice("a"),), base="text")),
        ("ARRAY", {"itemType": "FLOAT"}, Array(item=Number(kind="float"))),
        ("TIMESTAMP", None, DateTime(form="epoch_ms")),
        ("DATE", None, DateTime(form="text")),
        ("FILE", None, Binary()),
        ("STRUCT", {"items": [{"identifier": "delta", "dataType": "INT", "dataDefinition": {},
                               "unit": "rpm", "required": True}]},
         Structure(fields=(Field(id="delta", type=Number(kind="int"), unit="rpm", required=True),))),
    ],
)  # fmt: skip
def test_each_data_type_has_its_meaning(data_type: str, definition: Any, means: DataType) -> None:
    found = typed(data_type, definition).type
    if isinstance(found, Structure):  # its members keep their own spelling
        found = Structure(fields=tuple(replace(f, extras={}) for f in found.fields))
    assert found == means


def test_a_default_is_found_wherever_enos_has_one() -> None:
    assert typed("ENUM", {"enumDesc": LABELS, "enumType": "INT", "defaultValue": 1}).default == 1
    assert typed("BOOL", {"defaultValue": True}).default is True
    attribute = point("a", isRequired=True, defaultValue=7)
    [service] = meant(model("M", attributes={"a": attribute})).services
    [found] = service.properties
    assert (found.default, found.required, found.static) == (7, True, True)


def test_what_stands_before_the_first_dot_is_a_service() -> None:
    document = model("Turbine", measurepoints={
        id: point(id) for id in ("WNAC.WindSpeed", "WNAC.Temp.Out", "power", "default.x", ".y", "z.")
    }, services={"WROT.stop": {"identifier": "WROT.stop"}})  # fmt: skip
    found = {s.id: [p.id for p in (*s.properties, *s.commands)] for s in meant(document).services}
    assert found == {
        "WNAC": ["WindSpeed", "Temp.Out"],
        "default": ["power", "default.x", ".y", "z."],
        "WROT": ["stop"],
    }
    there = convert(json.dumps(document).encode(), ENOS_FORMAT, IOTDA_FORMAT)
    services = json.loads(there.text)
    assert [p["property_name"] for p in services[0]["properties"]] == ["WindSpeed", "Temp.Out"]


@pytest.mark.parametrize(
    "odd",
    [
        {"name": "plain"}, {"name": None}, {"name": {"i18nValue": None}}, {"desc": 1}, {"tags": None},
        {"tags": {"a": 1}}, {"unit": "m"}, {"unit": {"unitId": "W", "multiplier": None}},
        {"unit": {"unitId": "cd", "multiplier": "KILO"}}, {"dataDefinition": "{broken"},
        {"dataDefinition": {"maxLength": 1}}, {"dataType": "ODD"}, {"identifier": "another"}, {"x": [None]},
        {"name": {"defaultValue": "p", "i18nValue": {"ja_JP": "", "zh_CN": "点"}}},
        {"dataType": "STRUCT", "dataDefinition": '{ "items": [ 1 ] }'}, {"hasQuality": "true"},
        {"dataType": "STRUCT", "dataDefinition": '{"items":[{"dataType":"INT","identifier":"x","odd":1}]}'},
    ],
    ids=str,
)  # fmt: skip
def test_odd_spellings_are_read_and_come_back(odd: dict[str, Any]) -> None:
    meant(model("M", measurepoints={"p": {**point("p", "STRING"), **odd}}))
    meant(model("M", attributes={"p": {**point("p", "STRING"), **odd}}))


@pytest.mark.parametrize(
    "odd",
    [{"attributes": None}, {"events": {}}, {"tags": None}, {"category": "x"}, {"name": "M"},
     {"modelIdPath": "/root/M"}, {"i18nDesc": {"defaultValue": "d"}}],
    ids=str,
)  # fmt: skip
def test_odd_members_of_a_model_come_back(odd: dict[str, Any]) -> None:
    meant({**BOILER, **odd})


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b"{}", b'{"modelId":1}', b'{"modelId":"a","events":{"e":1}}',
             b'{"modelId":"a","attributes":{"e":{"identifier":"e"}}}',
             b'{"modelId":"a","events":{"e":{"outputData":[{"identifier":1,"dataType":"INT"}]}}}'],
)  # fmt: skip
def test_what_is_no_model_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        read(text, ENOS_FORMAT)


@pytest.mark.parametrize(
    ("symbol", "id", "multiplier"),
    [("kWh", "Wh", "KILO"), ("°C", "°C", "ONE"), ("%", "%", "ONE"), ("cm", "m", "CENTI"),
     ("hPa", "Pa", "HECTO"), ("cd", "cd", "ONE"), ("min", "min", "ONE"), ("μA", "A", "MICRO"),
     ("MW", "W", "MEGA"), ("mW", "W", "MILLI"), ("kg", "g", "KILO"), ("widgets", "widgets", "ONE")],
)  # fmt: skip
def test_units_are_ids_with_multipliers(symbol: str, id: str, multiplier: str) -> None:
    unit = {"unitId": id, "multiplier": multiplier}
    assert units.unit(symbol) == unit
    assert units.symbol(unit) == symbol


@given(st.text(min_size=1))
def test_every_symbol_comes_back_from_its_unit(symbol: str) -> None:
    assert units.symbol(units.unit(symbol)) == symbol


def test_a_model_without_a_key_gets_one_that_enos_takes() -> None:
    [one] = [Service(id="lamp", properties=(Property(id="on", type=Boolean()),))]
    text = ENOS_FORMAT.write(ThingModel(id="", name="Street lamp 路灯 №1", services=(one,)))
    assert ENOS_FORMAT.check(text) == ()
    assert json.loads(text)["modelId"] == "Street-lamp-1"
    assert json.loads(ENOS_FORMAT.write(ThingModel(id="")))["modelId"] == "model"


def test_what_another_dialect_says_more_is_parked_and_comes_home() -> None:
    services = [{
        "service_id": "battery", "service_type": "battery", "option": "Master",
        "properties": [{"property_name": "level", "data_type": "decimal", "min": "0.50", "max": "100",
                        "method": "RWE", "required": True, "default_value": 5}],
    }]  # fmt: skip
    there = convert(json.dumps(services).encode(), IOTDA_FORMAT, ENOS_FORMAT)
    level = json.loads(there.text)["measurepoints"]["battery.level"]
    assert (level["dataType"], level["isRequired"], level["defaultValue"]) == ("DOUBLE", True, 5)
    lost = {loss.path[-1]: loss for loss in there.report.losses}
    at = ("services", "battery", "properties", "level")
    assert (lost["minimum"].path, lost["minimum"].kind) == (
        (*at, "type", "minimum"),
        "approximated",
    )
    assert lost["access"].reason == "EnOS does not say whether a value is read or written"
    assert Decimal(lost["minimum"].was) == Decimal("0.50")
    home = IOTDA_FORMAT.write(read(there.text, ENOS_FORMAT, there.report.parked))
    assert json.loads(home) == services
