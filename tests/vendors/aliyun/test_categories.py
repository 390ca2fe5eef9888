"""Alibaba categories: every starter model is one that the vendor's own rules would let in."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from entrepot.vendors.aliyun.models import categories

IDENTIFIER = re.compile(r"[_a-zA-Z0-9]{1,50}")
RESERVED = {"set", "get", "post", "property", "event", "time", "value"}
NAME = re.compile(r"[\u4e00-\u9fa5a-zA-Z0-9][\u4e00-\u9fa5a-zA-Z0-9_\-()（） .]{0,29}")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")

NUMERIC = {"int", "float", "double"}
MEMBERS = NUMERIC | {"text", "date", "bool", "enum"}
ITEMS = NUMERIC | {"text", "struct"}
TYPES = MEMBERS | {"struct", "array"}

EVERY = pytest.mark.parametrize("category", categories.categories(), ids=lambda found: found.key)


def model(category: categories.Category) -> dict[str, Any]:
    read = json.loads(category.tsl)
    assert isinstance(read, dict)
    return read


def check_named(things: list[dict[str, Any]]) -> None:
    identifiers = [thing["identifier"] for thing in things]
    assert len(set(identifiers)) == len(identifiers)
    for thing in things:
        assert IDENTIFIER.fullmatch(thing["identifier"])
        assert thing["identifier"] not in RESERVED
        assert NAME.fullmatch(thing["name"]), thing["name"]
        assert 1 <= len(thing.get("desc", "-")) <= 2048


def check_number(kind: str, specs: dict[str, str]) -> None:
    assert {"min", "max", "step"} <= specs.keys() <= {"min", "max", "step", "unit", "unitName"}
    assert ("unit" in specs) is ("unitName" in specs)
    assert all(isinstance(value, str) for value in specs.values())
    assert all(NUMBER.fullmatch(specs[name]) for name in ("min", "max", "step")), specs
    low, high, step = (Decimal(specs[name]) for name in ("min", "max", "step"))
    assert low < high
    assert 0 < step <= high - low
    if kind == "int":
        assert -(2**31) <= low < high < 2**31
        assert all(number == int(number) for number in (low, high, step))


def check_named_values(kind: str, specs: dict[str, str]) -> None:
    assert 1 <= len(specs) <= 100
    assert kind != "bool" or list(specs) == ["0", "1"]
    for value, name in specs.items():
        assert str(int(value)) == value
        assert NAME.fullmatch(name), name
        assert len(name) <= 20, name
    assert len(set(specs.values())) == len(specs)


def check_type(data_type: dict[str, Any], allowed: set[str] = TYPES, item: bool = False) -> None:
    kind = data_type["type"]
    assert kind in allowed, kind
    if item and kind != "struct":
        assert data_type == {"type": kind}
        return
    assert data_type.keys() == {"type", "specs"}
    specs = data_type["specs"]
    if kind in NUMERIC:
        check_number(kind, specs)
    elif kind in {"bool", "enum"}:
        check_named_values(kind, specs)
    elif kind == "text":
        assert specs == {"length": str(int(specs["length"]))}
        assert 1 <= int(specs["length"]) <= 10240
    elif kind == "date":
        assert specs == {}
    elif kind == "struct":
        assert 1 <= len(specs) <= 50
        check_arguments(specs, MEMBERS)
    else:
        assert specs.keys() == {"size", "item"}
        assert specs["size"] == str(int(specs["size"]))
        assert 1 <= int(specs["size"]) <= 512
        check_type(specs["item"], ITEMS, item=True)


def check_arguments(arguments: list[dict[str, Any]], allowed: set[str] = TYPES) -> None:
    check_named(arguments)
    for argument in arguments:
        assert argument.keys() == {"identifier", "name", "dataType"}
        check_type(argument["dataType"], allowed)


@EVERY
def test_a_model_keeps_the_limits_of_a_module(category: categories.Category) -> None:
    tsl = model(category)
    assert tsl.keys() == {"properties", "events", "services"}
    features = [*tsl["properties"], *tsl["events"], *tsl["services"]]
    assert 1 <= len(features) <= 300
    check_named(features)
    assert all(isinstance(feature["required"], bool) for feature in features)


@EVERY
def test_every_property_has_a_legal_type(category: categories.Category) -> None:
    properties = model(category)["properties"]
    for found in properties:
        assert found.keys() - {"desc"} == {
            "identifier",
            "name",
            "accessMode",
            "required",
            "dataType",
        }
        assert found["accessMode"] in {"r", "rw"}
        check_type(found["dataType"])
    assert any(found["required"] for found in properties)
    assert any(found["accessMode"] == "rw" for found in properties)


@EVERY
def test_every_event_and_service_is_well_formed(category: categories.Category) -> None:
    tsl = model(category)
    shared = {"identifier", "name", "required", "method"}
    for event in tsl["events"]:
        assert event.keys() - {"desc"} == shared | {"type", "outputData"}
        assert event["type"] in {"info", "alert", "error"}
        assert event["method"] == f"thing.event.{event['identifier']}.post"
        check_arguments(event["outputData"])
        assert len(event["outputData"]) <= 100
    for service in tsl["services"]:
        assert service.keys() - {"desc"} == shared | {"callType", "inputData", "outputData"}
        assert service["callType"] in {"async", "sync"}
        assert service["method"] == f"thing.service.{service['identifier']}"
        check_arguments(service["inputData"])
        check_arguments(service["outputData"])
        assert len(service["inputData"]) + len(service["outputData"]) <= 100
    assert tsl["events"]
    assert tsl["services"]


def test_the_set_shows_every_kind_of_type_event_and_call() -> None:
    whole = "".join(found.tsl for found in categories.categories())
    for kind in TYPES:
        assert f'"type":"{kind}"' in whole
    for word in ("info", "alert", "error", "sync", "async"):
        assert f':"{word}"' in whole


def test_categories_are_found_by_their_key_and_nothing_else_is() -> None:
    every = categories.categories()
    assert len(every) >= 15
    assert [found.key for found in every] == sorted({found.key for found in every})
    assert len({found.name for found in every}) == len(every)
    for found in every:
        assert categories.category(found.key) is found
        assert found.name
    for unknown in ("lighting", "", "../Lighting", "Lighting.json", "CustomCategory"):
        assert categories.category(unknown) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "int", "specs": {"min": "0", "max": "2147483648", "step": "1"}},
        {"type": "int", "specs": {"min": "0", "max": "9", "step": "0.5"}},
        {"type": "float", "specs": {"min": 0, "max": 9, "step": 1}},
        {"type": "double", "specs": {"min": "9", "max": "1", "step": "1"}},
        {"type": "text", "specs": {"length": "10241"}},
        {"type": "bool", "specs": {"0": "Off"}},
        {"type": "enum", "specs": {"0": "A name of more than twenty"}},
        {"type": "array", "specs": {"size": "513", "item": {"type": "int"}}},
        {"type": "array", "specs": {"size": "5", "item": {"type": "bool"}}},
        {"type": "struct", "specs": []},
        {"type": "INT", "specs": {}},
    ],
)
def test_the_rules_of_this_file_refuse_what_the_vendor_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check_type(wrong)
