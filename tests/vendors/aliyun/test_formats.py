"""TSL and ThingModelJson: what a text says is what is written again, and every limit is told."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from entrepot import main as root
from entrepot.core.faults import Malformed, Violation
from entrepot.core.models.conversion import Format, convert, read
from entrepot.core.models.thing_model import (
    Array,
    Choice,
    Enum,
    Field,
    Json,
    Number,
    Property,
    Service,
    Structure,
    ThingModel,
)
from entrepot.dialect.validator import MAX_VIOLATIONS
from entrepot.vendors.aliyun.formats.thing_model_json import THING_MODEL_JSON
from entrepot.vendors.aliyun.formats.tsl import TSL, with_automatic
from entrepot.vendors.aliyun.models.categories import Category, categories

Plain = dict[str, Any]
CORPUS = Path(__file__).parents[2] / "corpus"
FILES = sorted(p for f in (TSL, THING_MODEL_JSON) for p in (CORPUS / f.name).glob("*.json"))
each_file = pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
each_category = pytest.mark.parametrize("category", categories(), ids=lambda c: c.key)
# The sample of CreateThingModel, as the SDK's docstring has it.
STRUCT_SAMPLE = {
    "custom": True,
    "dataSpecsList": [
        {
            "childDataType": "TEXT", "childName": "CCID number of the device SIM card",
            "dataSpecs": {"custom": True, "dataType": "TEXT", "length": 20},
            "dataType": "STRUCT", "identifier": "CCID", "name": "CCID number of the device SIM card",
        },
        {
            "childDataType": "INT", "childName": "Battery power",
            "dataSpecs": {"custom": True, "dataType": "INT", "max": "60000", "min": "0", "step": "1"},
            "dataType": "STRUCT", "identifier": "battery", "name": "Battery power",
        },
        {
            "childDataType": "TEXT", "childName": "Other information",
            "dataSpecs": {"custom": True, "dataType": "TEXT", "length": 1024},
            "dataType": "STRUCT", "identifier": "other_info", "name": "Other information",
        },
    ],
    "dataType": "STRUCT", "identifier": "DEV_INFO", "name": "Device information",
    "productKey": "a1T***", "propertyId": 18786548, "required": False, "rwFlag": "READ_ONLY",
}  # fmt: skip
ARRAY_SAMPLE = {
    "custom": True,
    "dataSpecs": {
        "childDataType": "INT", "custom": True, "dataType": "ARRAY", "size": 1,
        "dataSpecs": {
            "custom": True, "dataType": "INT", "max": "65535", "min": "0", "step": "1",
            "unit": "ppm", "unitName": "Parts per million",
        },
    },
    "dataType": "ARRAY", "identifier": "airRH_SR", "name": "Dehumidifier humidity",
    "productKey": "a1T***", "propertyId": 18786551, "required": False, "rwFlag": "READ_ONLY",
}  # fmt: skip
SAMPLE = {"properties": [STRUCT_SAMPLE, ARRAY_SAMPLE], "services": [], "events": []}


def again(format: Format, plain: Any) -> Any:
    """What is written of what was read."""
    return json.loads(format.write(read(json.dumps(plain).encode(), format)))


def format_of(path: Path) -> Format:
    return root.catalog().named(path.parent.name)


# Reading and writing


@each_file
def test_a_real_model_is_recognised_legal_and_written_as_it_was(path: Path) -> None:
    format, plain = format_of(path), json.loads(path.read_text())
    assert again(format, plain) == plain
    assert root.catalog().recognised(plain) is format
    assert list(format.check(path.read_bytes())) == []


@each_file
def test_either_format_says_all_that_the_other_does_and_comes_back(path: Path) -> None:
    home = format_of(path)
    away = THING_MODEL_JSON if home is TSL else TSL
    there = convert(path.read_bytes(), home, away)
    assert list(away.check(there.text)) == []
    # But for spellings and for what the page knows in ThingModelJson alone.
    for loss in there.report.losses:
        assert "extras" in loss.path or loss.path[-1] == "default", loss
    whole = read(there.text, away, there.report.parked)
    assert json.loads(home.write(whole)) == json.loads(path.read_text())


@each_category
def test_a_category_s_model_goes_through_both_formats(category: Category) -> None:
    text = category.tsl.encode()
    assert again(TSL, json.loads(text)) == json.loads(text)
    assert list(TSL.check(text)) == []
    there = convert(text, TSL, THING_MODEL_JSON).text
    assert list(THING_MODEL_JSON.check(there)) == []
    features = json.loads(text)
    back = json.loads(convert(there, THING_MODEL_JSON, TSL).text)
    assert all(back[name] == features[name] for name in ("properties", "events", "services"))


def test_the_official_sample_is_read_and_legal() -> None:
    assert again(THING_MODEL_JSON, SAMPLE) == SAMPLE
    assert list(THING_MODEL_JSON.check(json.dumps(SAMPLE).encode())) == []
    info, humidity = read(json.dumps(SAMPLE).encode(), THING_MODEL_JSON).services[0].properties
    assert isinstance(info.type, Structure)
    assert [f.name for f in info.type.fields][1] == "Battery power"
    assert (humidity.unit, humidity.unit_name) == ("ppm", "Parts per million")
    assert isinstance(humidity.type, Array)
    assert humidity.type.max_items == 1


def test_what_the_platform_adds_is_no_feature_and_follows_the_properties() -> None:
    exported = json.loads((CORPUS / "tsl" / "thermo_hygrometer.json").read_text())
    model = read(json.dumps(exported).encode(), TSL)
    [module] = model.services
    assert [e.id for e in module.events] == ["OverTemperature", "SensorFault"]
    assert [c.id for c in module.commands] == ["Calibrate"]
    fewer = _with_properties(model, module.properties[:5])
    written = json.loads(TSL.write(fewer))
    assert next(e["identifier"] for e in written["events"]) == "post"
    names = ["Temperature", "Humidity", "DewPoint", "BatteryPercentage", "ReportInterval"]
    post, (put, get) = written["events"][0], written["services"][:2]
    assert [o["identifier"] for o in post["outputData"]] == names
    assert (post["desc"], put["desc"]) == ("属性上报", "属性设置")  # as the text had it
    assert [i["identifier"] for i in put["inputData"]] == ["ReportInterval"]
    assert get["inputData"] == names
    assert [o["identifier"] for o in get["outputData"]] == names


def _with_properties(model: ThingModel, properties: tuple[Property, ...]) -> ThingModel:
    from msgspec.structs import replace

    return replace(model, services=(replace(model.services[0], properties=properties),))


def test_a_feature_that_is_called_as_the_platform_s_own_stays_one() -> None:
    own = ThingModel(id="", services=(Service(id="default", properties=(prop("set"),)),))
    assert read(TSL.write(own), TSL) == own
    exported = with_automatic(json.loads(TSL.write(own)))
    assert len(exported["services"]) == 2
    assert with_automatic(exported) == exported


def test_modules_are_a_list_and_one_alone_is_a_document() -> None:
    cabinet = read((CORPUS / "tsl" / "street_cabinet.json").read_bytes(), TSL)
    assert [(s.id, s.name) for s in cabinet.services] == [
        ("default", None), ("battery", "Battery_module"), ("lamps", "灯控模块"),
    ]  # fmt: skip
    alone = read((CORPUS / "tsl" / "battery_module.json").read_bytes(), TSL)
    assert [s.id for s in alone.services] == ["battery"]
    # The default module's own export lists the others by name alone.
    listed = json.loads((CORPUS / "tsl" / "street_cabinet.json").read_text())
    for block in listed["functionBlocks"]:
        for name in ("properties", "events", "services"):
            del block[name]
    assert again(TSL, listed) == listed


ODD: dict[str, Callable[[Plain], object]] = {
    "an unknown member": lambda p: p["properties"][0].update(propertyId=17),
    "a null": lambda p: p["properties"][1].update(desc=None),
    "a number as a number": lambda p: p["properties"][0]["dataType"]["specs"].update(min=-40),
    "zeros at the end": lambda p: p["properties"][0]["dataType"]["specs"].update(max="125.00"),
    "a missing list": lambda p: p.pop("events"),
    "an empty list": lambda p: p.update(functionBlocks=[]),
    "a missing name": lambda p: p["services"][0].pop("name"),
    "a missing method": lambda p: p["services"][2].pop("method"),
    "an odd type": lambda p: p["properties"][2].update(dataType={"type": "blob", "specs": 7}),
    "a nested struct": lambda p: p["properties"][2].update(dataType={"type": "struct", "specs": [
        {"identifier": "a", "name": "A", "dataType": {"type": "struct", "specs": [
            {"identifier": "b", "name": "B", "dataType": {"type": "date", "specs": {}}}]}}]}),
    "no specs": lambda p: p["properties"][2].update(dataType={"type": "bool"}),
    "a text enum": lambda p: p["properties"][6]["dataType"].update(specs={"a": "A", "b": "B"}),
    "another order of members": lambda p: p.update(properties=p.pop("properties")),
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_text_is_written_as_it_was(odd: str) -> None:
    plain = json.loads((CORPUS / "tsl" / "thermo_hygrometer.json").read_text())
    ODD[odd](plain)
    assert again(TSL, plain) == plain


@pytest.mark.parametrize("format", [TSL, THING_MODEL_JSON], ids=lambda f: f.name)
@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b"7", b"{}", b'{"properties":{}}', b'{"properties":[7]}', b'{"properties":[{}]}',
        b'{"properties":[{"identifier":"a","dataType":7}]}',
        b'{"properties":[],"functionBlocks":[{}]}',
        b'{"properties":[],"functionBlocks":[{"functionBlockId":"default"}]}',
        b'{"properties":[],"functionBlocks":[{"functionBlockId":"a"},{"functionBlockId":"a"}]}',
        b'{"functionBlockId":"a","properties":[],"functionBlocks":[{"functionBlockId":"b"}]}',
        b'{"functionBlockId":7,"properties":[]}',
    ],
)  # fmt: skip
def test_what_is_no_model_is_refused(format: Format, text: bytes) -> None:
    with pytest.raises(Malformed):
        read(text, format)


# Meaning


def prop(id: str, type_: Any = None, **more: Any) -> Property:
    return Property(id=id, type=type_ or Number(kind="int"), access="rw", **more)


def test_what_alibaba_has_no_type_for_is_the_nearest_that_it_has() -> None:
    inner = Structure(fields=(Field(id="x", type=Number(kind="long")),))
    model = ThingModel(
        id="",
        services=(
            Service(
                id="default",
                properties=(
                    prop("total", Number(kind="decimal")),
                    prop("extra", Json(max_length=64)),
                    prop("mode", Enum((Choice("auto", "Automatic"), Choice("cool")), "text")),
                    prop("nested", Structure(fields=(Field(id="in", type=inner),))),
                    prop("flags", Array(item=Enum((Choice("1"), Choice("2")), "int"))),
                ),
            ),
        ),
    )
    text = TSL.write(model)
    assert list(TSL.check(text)) == []
    types = {p["identifier"]: p["dataType"] for p in json.loads(text)["properties"]}
    assert types["total"] == {"type": "double", "specs": {}}
    assert types["extra"] == {"type": "text", "specs": {"length": "64"}}
    assert types["mode"] == {"type": "enum", "specs": {"0": "auto", "1": "cool"}}
    assert types["nested"]["specs"][0]["dataType"] == {"type": "text", "specs": {}}
    assert types["flags"]["specs"]["item"] == {"type": "int"}


# Limits


def tsl(**change: Any) -> Plain:
    """A document with one property, changed."""
    property = {
        "identifier": "Level", "name": "Level", "accessMode": "r", "required": False,
        "dataType": {"type": "int", "specs": {"min": "0", "max": "9", "step": "1"}},
    }  # fmt: skip
    return {"properties": [{**property, **change}], "events": [], "services": []}


def typed(type_: str, specs: Any) -> Plain:
    return tsl(dataType={"type": type_, "specs": specs})


def member(n: int, type_: str = "date") -> Plain:
    return {"identifier": f"m{n}", "name": "M", "dataType": {"type": type_, "specs": {}}}


def service(inputs: int, outputs: int) -> Plain:
    entry = {
        "identifier": "Run", "name": "Run", "callType": "async",
        "inputData": [member(n) for n in range(inputs)],
        "outputData": [member(n) for n in range(outputs)],
    }  # fmt: skip
    return {"properties": [], "events": [], "services": [entry]}


def features(number: int) -> Plain:
    one = tsl()["properties"][0]
    return {"properties": [{**one, "identifier": f"p{n}"} for n in range(number)]}


def modules(number: int, **change: str) -> Plain:
    blocks = [
        {"functionBlockId": f"b{n}", "functionBlockName": "Block", **change} for n in range(number)
    ]
    return {"properties": [], "functionBlocks": blocks}


LEGAL = [
    tsl(identifier="a" * 50), tsl(name="n" * 40), tsl(name="9 A-b_(c)（d）. x"), tsl(desc="d" * 2048),
    tsl(name="CO2/VOC v1.0"), tsl(name="ドアの状態"), tsl(name="々/ー"),
    tsl(accessMode="w"),
    typed("float", {}), typed("int", {"min": "-2147483648", "max": "2147483647"}),
    typed("text", {"length": "10240"}), typed("text", {}), typed("date", {}),
    typed("enum", {str(n): f"v{n}" for n in range(100)}), typed("enum", {"-1": "n" * 20}),
    typed("struct", [member(n) for n in range(50)]),
    typed("array", {"size": "512", "item": {"type": "float"}}),
    typed("array", {"size": "1", "item": {"type": "struct", "specs": [member(1)]}}),
    service(60, 40), features(300), modules(20),
    modules(1, functionBlockName="灯控模块"), modules(1, functionBlockName="ランプ_1"),
    with_automatic(tsl()),
]  # fmt: skip
ILLEGAL = {
    "properties.0.identifier pattern": tsl(identifier="a-b"),
    "properties.0.identifier too_long": tsl(identifier="a" * 51),
    "properties.0.identifier empty": tsl(identifier=""),
    "properties.0.identifier rule": tsl(identifier="time"),
    "properties.0.name pattern": tsl(name="_under"),
    "properties.0.name pattern ": tsl(name="/slash"),
    "properties.0.name pattern  ": tsl(name="a|b"),
    "properties.0.name too_long": tsl(name="n" * 41),
    "properties.0.desc too_long": tsl(desc="d" * 2049),
    "properties.0.accessMode enum": tsl(accessMode="x"),
    "properties.0.required type": tsl(required="yes"),
    "properties.0.dataType.type enum": typed("INT", {}),
    "properties.0.dataType.specs.min type": typed("int", {"min": 0}),
    "properties.0.dataType.specs.min pattern": typed("float", {"min": "low"}),
    "properties.0.dataType.specs.max rule": typed("double", {"min": "2", "max": "1"}),
    "properties.0.dataType.specs.step rule": typed("int", {"step": "0.5"}),
    "properties.0.dataType.specs.length rule": typed("text", {"length": "10241"}),
    "properties.0.dataType.specs.length type": typed("text", {"length": 10}),
    "properties.0.dataType.specs rule": typed("bool", {"0": "Off"}),
    "properties.0.dataType.specs too_few": typed("enum", {}),
    "properties.0.dataType.specs too_many": typed("enum", {str(n): "v" for n in range(101)}),
    "properties.0.dataType.specs.a rule": typed("enum", {"a": "A"}),
    "properties.0.dataType.specs.1 too_long": typed("enum", {"1": "n" * 21}),
    "properties.0.dataType.specs.0.dataType.type enum": typed("struct", [member(0, "struct")]),
    "properties.0.dataType.specs too_many ": typed("struct", [member(n) for n in range(51)]),
    "properties.0.dataType.specs.1.identifier duplicate": typed("struct", [member(0), member(0)]),
    "properties.0.dataType.specs.size rule": typed("array", {"size": "513", "item": {"type": "int"}}),
    "properties.0.dataType.specs.item.type enum": typed("array", {"item": {"type": "bool"}}),
    "properties.0.dataType.specs.item missing": typed("array", {"size": "5"}),
    "services.0.inputData too_many": service(60, 41),
    "services.0.callType missing": {"services": [{"identifier": "Run", "name": "Run"}]},
    "events.0.type enum": {"events": [{"identifier": "E", "name": "E", "type": "warn"}]},
    "properties.1.identifier duplicate": {"properties": tsl()["properties"] * 2},
    "events.0.identifier duplicate": {
        **tsl(), "events": [{"identifier": "Level", "name": "L", "type": "info"}],
    },
    "properties too_many": features(301),
    "functionBlocks too_many": modules(21),
    "functionBlocks.0.functionBlockId pattern": modules(1, functionBlockId="b-1"),
    "functionBlocks.0.functionBlockId too_long": modules(1, functionBlockId="b" * 31),
    "functionBlocks.0.functionBlockName too_short": modules(1, functionBlockName="abc"),
    "functionBlocks.0.functionBlockName pattern": modules(1, functionBlockName="ラ/ンプ"),
    "functionBlocks.1.functionBlockId duplicate": modules(2, functionBlockId="same"),
    "properties type": {"properties": {}},
    "properties.0 type": {"properties": [7]},
    " type": [],
}  # fmt: skip


def place(found: Violation) -> str:
    return f"{'.'.join(map(str, found.path))} {found.kind}"


@pytest.mark.parametrize("plain", LEGAL, ids=range(len(LEGAL)))
def test_what_the_page_allows_is_legal_in_both_formats(plain: Plain) -> None:
    text = json.dumps(plain).encode()
    assert list(TSL.check(text)) == []
    assert list(THING_MODEL_JSON.check(convert(text, TSL, THING_MODEL_JSON).text)) == []


@pytest.mark.parametrize("where", ILLEGAL)
def test_every_broken_limit_is_told_with_its_place(where: str) -> None:
    found = TSL.check(json.dumps(ILLEGAL[where]).encode())
    assert [place(v) for v in found] == [where.rstrip()]


@pytest.mark.parametrize("word", ["set", "get", "post", "property", "event", "time", "value"])
def test_a_reserved_word_is_no_identifier_in_either_format(word: str) -> None:
    found = TSL.check(json.dumps(tsl(identifier=word)).encode())
    assert [place(v) for v in found] == ["properties.0.identifier rule"]
    assert word in str(found[0].want)
    plain = changed(lambda p: p.update(identifier=word))
    [refused] = THING_MODEL_JSON.check(json.dumps(plain).encode())
    assert place(refused) == "properties.1.identifier rule"
    assert list(TSL.check(json.dumps(tsl(identifier=word.upper())).encode())) == []


@pytest.mark.parametrize("odd", ["1e999", "-1e999", '"\\u0000"'])
@pytest.mark.parametrize("where", ["dataSpecs", "extendConfig", "unheardOf"])
def test_what_nothing_can_carry_is_refused_wherever_it_stands(where: str, odd: str) -> None:
    text = json.dumps(changed(lambda p: p.update({where: {"deep": ["odd"]}}))).encode()
    found = THING_MODEL_JSON.check(text.replace(b'"odd"', odd.encode()))
    assert f"properties.1.{where}.deep.0" in {place(v).split()[0] for v in found}


def test_all_faults_of_a_text_are_told() -> None:
    plain = tsl(identifier="set", name="_", accessMode="?")
    plain["services"] = [{"identifier": "a b", "name": "Run", "callType": "never"}]
    found = [place(v) for v in TSL.check(json.dumps(plain).encode())]
    assert found == [
        "properties.0.identifier rule", "properties.0.name pattern", "properties.0.accessMode enum",
        "services.0.identifier pattern", "services.0.callType enum",
    ]  # fmt: skip
    assert [v.kind for v in TSL.check(b"{")] == ["rule"]
    assert [v.kind for v in TSL.check(b'{"properties":[],"properties":[]}')] == ["rule"]


@pytest.mark.parametrize("format", [TSL, THING_MODEL_JSON], ids=lambda f: f.name)
@pytest.mark.parametrize(
    ("plain", "found"),
    [
        ({"properties": [{}] * 301}, ["properties too_many"]),
        ({"functionBlocks": [{"properties": [{}]}] * 21}, ["functionBlocks too_many"]),
        ({"functionBlocks": [{"functionBlockId": "b", "functionBlockName": "block",
                              "properties": [{}] * 301}]}, ["functionBlocks.0 too_many"]),
    ],
    ids=["features", "modules", "features of a module"],
)  # fmt: skip
def test_what_is_too_long_is_not_entered(format: Format, plain: Plain, found: list[str]) -> None:
    assert [place(v) for v in format.check(json.dumps(plain).encode())] == found


@pytest.mark.parametrize("format", [TSL, THING_MODEL_JSON], ids=lambda f: f.name)
def test_no_more_than_a_hundred_faults_of_a_text_are_told(format: Format) -> None:
    modules = [{"functionBlockId": f"b{n}", "properties": [{}] * 300} for n in range(20)]
    for plain in ({"properties": [{}] * 300}, {"functionBlocks": modules}):
        assert len(format.check(json.dumps(plain).encode())) == MAX_VIOLATIONS


def changed(change: Callable[[Plain], object]) -> Plain:
    plain = copy.deepcopy(SAMPLE)
    change(plain["properties"][1])
    return plain


ILLEGAL_JSON: dict[str, Callable[[Plain], object]] = {
    "rwFlag missing": lambda p: p.pop("rwFlag"),
    "rwFlag enum": lambda p: p.update(rwFlag="rw"),
    "dataType enum": lambda p: p.update(dataType="int"),
    "name missing": lambda p: p.pop("name"),
    "dataSpecs missing": lambda p: p.pop("dataSpecs"),
    "dataSpecsList rule": lambda p: p.update(dataSpecsList=[]),
    "dataSpecs.size too_large": lambda p: p["dataSpecs"].update(size=513),
    "dataSpecs.size type": lambda p: p["dataSpecs"].update(size="5"),
    "dataSpecs.childDataType enum": lambda p: p["dataSpecs"].update(childDataType="ARRAY"),
    "dataSpecs.dataSpecs.max rule": lambda p: p["dataSpecs"]["dataSpecs"].update(max="-1"),
    "dataSpecsList missing": lambda p: (p.pop("dataSpecs"), p.update(dataType="BOOL")),
    "dataSpecsList too_few": lambda p: (
        p.pop("dataSpecs"), p.update(dataType="ENUM", dataSpecsList=[]),
    ),
    "dataSpecsList rule ": lambda p: (
        p.pop("dataSpecs"), p.update(dataType="BOOL", dataSpecsList=[{"name": "On", "value": 1}]),
    ),
    "dataSpecsList.0.value enum": lambda p: (
        p.pop("dataSpecs"), p.update(dataType="BOOL", dataSpecsList=[{"name": "On", "value": 2}]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("where", ILLEGAL_JSON)
def test_every_broken_limit_of_thing_model_json_is_told(where: str) -> None:
    found = THING_MODEL_JSON.check(json.dumps(changed(ILLEGAL_JSON[where])).encode())
    assert [place(v) for v in found] == [f"properties.1.{where.rstrip()}"]
