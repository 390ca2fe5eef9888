"""ROMA's documents as thing models: what is said in which words, and what ROMA would refuse."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import convert, read
from entrepot.core.models.thing_model import (
    Array,
    Boolean,
    Choice,
    DataType,
    DateTime,
    Enum,
    Field,
    Json,
    Number,
    Property,
    Service,
    Text,
    ThingModel,
)
from entrepot.vendors.huawei.roma.formats.roma import ROMA_FORMAT as ROMA

CORPUS = sorted((Path(__file__).parents[3] / "corpus" / "roma").glob("*.json"))


def document(*properties: dict[str, Any], **more: Any) -> bytes:
    service = {"service_name": "service", "status": 0, "properties": list(properties)}
    return json.dumps({"services": [service], **more}).encode()


def value(data_type: str, **members: Any) -> dict[str, Any]:
    return {"property_name": "pp", "data_type": data_type, "required": 0, **members}


def broken(*properties: dict[str, Any]) -> set[str]:
    """Every violation of these properties, as `member kind`."""
    found = ROMA.check(document(*properties))
    start = "services[0].properties"
    assert all(v.field.startswith(start) for v in found)
    return {f"{v.field.removeprefix(start)} {v.kind}" for v in found}


SAID: list[tuple[dict[str, Any], DataType]] = [
    (value("integer", min="-5", max="5", step="1"),
     Number(kind="int", minimum=Decimal(-5), maximum=Decimal(5), step=Decimal(1))),
    (value("integer", min="0", max="4294967295"),
     Number(kind="long", minimum=Decimal(0), maximum=Decimal(4294967295))),
    (value("integer", min="-999999999", max="2147483647"), Number(kind="int")),
    (value("integer", min="-999999999", max="9999999999"), Number(kind="long")),
    (value("number", min="0.5", max="1000000000", step="0.1"),
     Number(kind="decimal", minimum=Decimal("0.5"), maximum=Decimal("1E9"), step=Decimal("0.1"))),
    (value("number", min="-999999999", max="9999999999", step="0.00000001"), Number(kind="decimal")),
    (value("string", max_length=20), Text(max_length=20)),
    (value("string", max_length=999999), Text()),
    (value("string", max_length=6, enum_list="auto,manual", enum_dict={"auto": "By itself"}),
     Enum(choices=(Choice("auto", "By itself"), Choice("manual")), base="text")),
    (value("integer", min="1", max="2", enum_list="1,2"),
     Enum(choices=(Choice("1"), Choice("2")), base="int")),
    (value("datetime", max_length=15), DateTime(form="text")),
    (value("datetime", max_length=40), DateTime(form="text", max_length=40)),
    (value("json", max_length=99), Json(max_length=99)),
    (value("boolean", enum_dict={"0": "off", "1": "on"}), Boolean(off="off", on="on")),
    (value("array"), Array(item=Text())),
    (value("array", max_length=4), Array(item=Text(), max_items=4)),
]  # fmt: skip


@pytest.mark.parametrize(("plain", "type_"), SAID, ids=[str(i) for i in range(len(SAID))])
def test_a_value_means_the_same_in_both_directions(plain: dict[str, Any], type_: DataType) -> None:
    text = document(plain)
    [service] = read(text, ROMA).services
    assert service.properties[0].type == type_
    bare = ThingModel(
        id="", services=(Service(id="service", properties=(Property(id="pp", type=type_),)),)
    )
    written = json.loads(ROMA.write(bare))["services"][0]["properties"][0]
    if isinstance(type_, Enum) and type_.base == "text":
        written["max_length"] = plain["max_length"]  # the longest value's, where nobody said one
    assert written == plain
    assert json.loads(ROMA.write(read(text, ROMA))) == json.loads(text)


def test_what_roma_demands_is_written_where_nobody_said_it() -> None:
    types: tuple[DataType, ...] = (
        Number(kind="int"), Number(kind="long"), Number(kind="double"), Text(), Json(), DateTime(),
        Boolean(), Array(item=Number(kind="int")), Enum(choices=(Choice("a"),)),
    )  # fmt: skip
    properties = tuple(Property(id=f"p{i}", type=type_) for i, type_ in enumerate(types))
    text = ROMA.write(ThingModel(id="", services=(Service(id="all", properties=properties),)))
    assert list(ROMA.check(text)) == []


@pytest.mark.parametrize("file", CORPUS, ids=lambda f: f.stem)
def test_a_real_model_is_taken_and_kept_through_every_other_format(file: Path) -> None:
    text = file.read_bytes()
    assert list(ROMA.check(text)) == []
    assert root.catalog().recognised(json.loads(text)) is ROMA
    assert json.loads(ROMA.write(read(text, ROMA))) == json.loads(text)
    for away in root.catalog().formats.values():
        if away.read is not None:
            there = convert(text, ROMA, away)
            back = read(there.text, away, there.report.parked)
            assert json.loads(ROMA.write(back)) == json.loads(text)


def test_there_are_real_models() -> None:
    assert len(CORPUS) >= 4


def test_a_number_keeps_its_spelling_where_another_format_has_its_own() -> None:
    text = document(value("number", min="-0.50", max="1E6", step="1E-8"))
    model = read(text, ROMA)
    [service] = model.services
    [one] = service.properties
    respelled = Number(
        kind="decimal",
        minimum=Decimal("-0.5"),
        maximum=Decimal(1_000_000),
        step=Decimal("0.00000001"),
    )
    assert one.type == respelled
    properties = (replace(one, type=respelled),)
    other = replace(model, services=(replace(service, properties=properties),))
    assert json.loads(ROMA.write(other)) == json.loads(text)


def test_odd_members_and_spellings_come_back() -> None:
    odd = [
        value("integer", min=0, max=1, method="WR", unit=""),
        value("array", property_name="p2", enum_list="a, b", comment=None, max_length=3.5),
        value("boolean", property_name="p3", enum_dict={"0": "off", "2": 7}, min="0"),
        value("something", property_name="p4"),
    ]
    text = document(*odd, ledger={"last": 3, "parts": []}, note="kept")
    assert json.loads(ROMA.write(read(text, ROMA))) == json.loads(text)
    [service] = read(text, ROMA).services
    assert service.properties[0].access == "rw"


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"7", b'"services"', b"{}", b'{"services": 7}', b'{"services": [7]}',
             b'{"services": [{}]}', b'{"services": [{"service_name": "a", "properties": 1}]}']
)  # fmt: skip
def test_what_is_no_document_is_refused_as_one(text: bytes) -> None:
    with pytest.raises(Malformed):
        read(text, ROMA)


def test_every_limit_is_named_with_its_place() -> None:
    assert broken(value("integer", min="0", max="1")) == set()
    assert broken({"property_name": "9x", "data_type": "float", "required": 2}) == {
        "[0].property_name pattern", "[0].data_type enum", "[0].required enum",
    }  # fmt: skip
    assert broken({}) == {
        "[0].property_name missing", "[0].data_type missing", "[0].required missing",
    }  # fmt: skip
    for word in ("integer", "number"):
        assert broken(value(word)) == {"[0].min missing", "[0].max missing"}
        assert broken(value(word, min="x", max="1", step="y")) == {"[0].min rule", "[0].step rule"}
    assert broken(value("integer", min="0.5", max="1")) == {"[0].min rule"}
    assert broken(value("number", min="-1E29", max="8E28")) == {
        "[0].min too_small", "[0].max too_large",
    }  # fmt: skip
    for word in ("string", "datetime", "json"):
        assert broken(value(word)) == {"[0].max_length missing"}
        assert broken(value(word, max_length=0)) == {"[0].max_length too_small"}
        assert broken(value(word, max_length=1_000_000)) == {"[0].max_length too_large"}
        assert broken(value(word, max_length=9.9)) == set()  # rounded down
    too_much = value(
        "boolean", min="1" * 11, max="1" * 11, step="1" * 11, unit="u" * 51, method="RWX",
        description="d" * 201, enum_list="e" * 2001, enum_dict={"0": "l" * 201},
    )  # fmt: skip
    places = {fault.split()[0] for fault in broken(too_much)}
    assert places == {
        "[0].min", "[0].max", "[0].step", "[0].unit", "[0].method", "[0].description",
        "[0].enum_list", "[0].enum_dict.0",
    }  # fmt: skip
    assert broken(value("boolean", property_name="p")) == {"[0].property_name too_short"}
    assert broken(value("boolean", property_name="p" * 51)) == {"[0].property_name too_long"}
    assert broken(value("boolean"), value("array")) == {" duplicate"}


def test_the_limits_of_services_and_commands_are_named_too() -> None:
    command = {"command_name": "c d", "requests": [value("string")], "responses": [
        value("array"), value("array")]}  # fmt: skip
    services = [
        {"service_name": "灯", "commands": [command, command]},
        {"service_name": "ss", "status": 2, "description": "d" * 201},
        {"service_name": "ss"},
    ]
    found = ROMA.check(json.dumps({"services": services}).encode())
    assert {f"{v.field} {v.kind}" for v in found} >= {
        "services duplicate", "services[0].service_name too_short",
        "services[0].commands duplicate", "services[0].commands[0].command_name pattern",
        "services[0].commands[0].requests[0].max_length missing",
        "services[0].commands[0].responses duplicate", "services[1].status enum",
        "services[1].description too_long",
    }  # fmt: skip


def test_a_command_has_one_nameless_answer_and_fields_have_no_access() -> None:
    field = Field(id="pp", type=Text(max_length=3), required=True, unit="m")
    text = json.dumps({
        "services": [{"service_name": "ss", "status": 1, "commands": [{
            "command_name": "cc",
            "requests": [value("string", max_length=3, required=1, unit="m")],
        }]}],
    }).encode()  # fmt: skip
    [service] = read(text, ROMA).services
    assert service.disabled
    assert service.commands[0].inputs == (field,)
    assert json.loads(ROMA.write(read(text, ROMA))) == json.loads(text)
