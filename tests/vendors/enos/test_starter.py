"""The starter models are EnOS thing models within EnOS's own limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from entrepot.vendors.enos.models import starter

MODELS: list[dict[str, Any]] = list(starter.models())
# fmt: off
DATA_TYPES = {
    "ARRAY", "BOOL", "DATE", "ENUM", "INT", "FLOAT", "DOUBLE", "STRUCT", "STRING", "TIMESTAMP",
    "FILE",
}
MULTIPLIERS = {
    "YOTTA", "ZETTA", "EXA", "PETA", "TERA", "GIGA", "MEGA", "KILO", "HECTO", "DECA", "ONE",
    "DECI", "CENTI", "MILLI", "MICRO", "NANO", "PICO", "FEMTO", "ATTO", "ZEPTO", "YOCTO",
}
# fmt: on
POINT = {"identifier", "name", "desc", "tags", "dataType", "dataDefinition", "unit"}
STANDARD = {"isStdElement", "stdElementId"}
KINDS = {
    "attributes": POINT | STANDARD | {"isRequired", "defaultValue"},
    "measurepoints": POINT | STANDARD | {"hasQuality", "signalType"},
    "services": {"identifier", "name", "desc", "tags", "inputData", "outputData", "callType"},
    "events": {"identifier", "name", "desc", "tags", "outputData", "eventType"},
}
every = pytest.mark.parametrize("model", MODELS, ids=lambda model: model["modelId"])


def features(model: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind in KINDS:
        for identifier, feature in model[kind].items():
            yield kind, identifier, feature


def points(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything with a data type: attributes, measurement points, inputs and outputs."""
    for kind, _, feature in features(model):
        if kind in ("attributes", "measurepoints"):
            yield feature
        yield from feature.get("inputData", [])
        yield from feature.get("outputData", [])


def is_name(value: Any) -> bool:
    return (
        set(value) == {"defaultValue", "i18nValue"}
        and 1 <= len(value["defaultValue"]) <= 64
        and set(value["i18nValue"]) == {"en_US", "zh_CN"}
        and all(value["i18nValue"].values())
    )


def test_the_vendors_own_sample_model_is_there() -> None:
    ids = [model["modelId"] for model in MODELS]
    assert "AlterTest0615" in ids
    assert ids == sorted(set(ids))
    assert len(ids) == 8


def test_a_device_of_the_sample_model_needs_no_attributes() -> None:
    [sample] = [model for model in MODELS if model["modelId"] == "AlterTest0615"]
    assert not any(attribute["isRequired"] for attribute in sample["attributes"].values())


@every
def test_a_model_has_the_documented_parts_and_belongs_to_nobody(model: dict[str, Any]) -> None:
    assert set(model) == {"modelId", "modelIdPath", "name", "desc", "tags", *KINDS}
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", model["modelId"])
    assert model["modelIdPath"] == "/" + model["modelId"]
    assert is_name(model["name"])


@every
def test_tags_are_within_limits(model: dict[str, Any]) -> None:
    for tags in [model["tags"], *(feature["tags"] for _, _, feature in features(model))]:
        assert len(tags) <= 100
        for key, value in tags.items():
            assert re.fullmatch(r"[A-Za-z0-9_/-]{1,49}", key)
            assert value == value.strip()
            assert len(value) < 200


@every
def test_features_are_keyed_by_their_identifier_and_within_the_counts(
    model: dict[str, Any],
) -> None:
    limits = {"attributes": 200, "measurepoints": 5000, "services": 50, "events": 50}
    for kind, limit in limits.items():
        assert 1 <= len(model[kind]) <= limit
    for kind, identifier, feature in features(model):
        assert feature["identifier"] == identifier
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", identifier)
        assert set(feature) == KINDS[kind]
        assert is_name(feature["name"])


@every
def test_points_have_a_known_type_with_its_definition(model: dict[str, Any]) -> None:
    for point in points(model):
        assert set(point) >= POINT
        assert point["dataType"] in DATA_TYPES
        assert is_name(point["name"])
        assert_defined(point["dataType"], point["dataDefinition"])
        if point["unit"] is not None:
            assert set(point["unit"]) == {"unitId", "multiplier"}
            assert point["unit"]["unitId"]
            assert point["unit"]["multiplier"] in MULTIPLIERS


def assert_defined(data_type: str, text: str | None) -> None:
    if data_type not in ("ENUM", "BOOL", "STRING", "STRUCT", "ARRAY"):
        assert text is None
        return
    assert isinstance(text, str)
    definition = json.loads(text)
    match data_type:
        case "ENUM":
            assert definition["enumType"] in ("INT", "STRING")
            assert str(definition["defaultValue"]) in definition["enumDesc"]
            assert all(map(is_name, definition["enumDesc"].values()))
        case "BOOL":
            assert set(definition["boolDesc"]) == {"true", "false"}
            assert isinstance(definition["defaultValue"], bool)
        case "STRING":
            assert 1 <= definition["maxLength"] <= 1024
        case "STRUCT":
            assert definition["items"]
            assert all(item["dataType"] in DATA_TYPES - {"STRUCT"} for item in definition["items"])
            assert all(is_name(item["name"]) for item in definition["items"])
        case _:
            assert definition["itemType"] in ("INT", "FLOAT", "DOUBLE", "STRING")


@every
def test_kinds_of_features_take_only_their_own_values(model: dict[str, Any]) -> None:
    for point in model["measurepoints"].values():
        assert point["signalType"] in ("Generic", "AI", "PI", "DI")
        # quality goes only with numbers (EnOS device connection, measurement points)
        assert not point["hasQuality"] or point["dataType"] in ("INT", "FLOAT", "DOUBLE")
    assert {service["callType"] for service in model["services"].values()} == {"ASYNC"}
    kinds = {event["eventType"] for event in model["events"].values()}
    assert kinds <= {"INFO", "WARN", "ERROR"}
    assert all(isinstance(one["isRequired"], bool) for one in model["attributes"].values())


def test_a_caller_may_change_what_it_was_given() -> None:
    starter.models()[0]["orgId"] = "o1"
    assert "orgId" not in starter.models()[0]
