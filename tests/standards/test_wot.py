"""WoT Thing Models say here what they say in their standard."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    Choice,
    DateTime,
    Enum,
    Number,
    Property,
    Service,
    Structure,
    ThingModel,
)
from tests.standards.corpus import properties, read, text, write


def test_a_thing_model_reads_as_what_it_says() -> None:
    lamp = read("wot", text("wot", "dimmable_lamp"))
    assert (lamp.id, lamp.name, lamp.names["zh_CN"]) == ("", "Dimmable lamp", "可调光灯")
    assert [s.id for s in lamp.services] == ["default"]
    found = properties(lamp)
    assert found["on"].type == Boolean()
    assert found["on"].access == "rwn"
    assert found["on"].required
    assert (found["brightness"].unit, found["brightness"].default) == ("%", 50)
    low, high, step = Decimal(2200), Decimal(6500), Decimal(50)
    assert found["colourTemperature"].type == Number(
        kind="int", minimum=low, maximum=high, step=step
    )
    assert not found["colourTemperature"].required
    assert found["mode"].type == Enum(
        base="text",
        choices=(
            Choice("steady", "Steady"),
            Choice("breathing", "Breathing"),
            Choice("party", "Party"),
        ),
    )
    assert found["serialNumber"].access == "r"
    toggle, fade, blink = lamp.services[0].commands
    assert (toggle.call, fade.call, blink.required) == ("sync", None, False)
    assert [(f.id, f.required, f.unit) for f in fade.inputs] == [
        ("to", True, None),
        ("within", False, "s"),
    ]
    assert [f.id for f in blink.inputs] == ["input"]
    overheated, moved = lamp.services[0].events
    assert overheated.outputs[0].unit == "°C"
    assert moved.outputs[0].type == DateTime(form="text")


def test_a_definition_of_the_same_document_is_taken_over() -> None:
    found = properties(read("wot", text("wot", "ventilator")))
    assert found["targetSpeed"].type == found["speed"].type
    assert found["targetSpeed"].name == "Speed to reach"
    assert found["firmware"].type == Binary()
    schedule = found["schedule"].type
    assert isinstance(schedule, Array)
    assert isinstance(schedule.item, Structure)
    assert [f.required for f in schedule.item.fields] == [True, True, False]


def test_services_stand_in_their_features_names_and_come_back() -> None:
    station = read("wot", text("wot", "weather_station"))
    assert station.id == "WS-2000"
    assert [s.id for s in station.services] == ["air", "wind", "default"]
    assert [p.id for p in station.services[0].properties] == ["temperature", "humidity", "pressure"]
    speed, direction = station.services[1].properties
    assert (speed.access, direction.access) == ("n", "r")
    installed = properties(station, 2)["installedAt"]
    assert installed.static
    assert station.services[1].events[0].severity == "warning"


def test_what_changes_is_written_and_what_does_not_keeps_its_spelling() -> None:
    lamp = read("wot", text("wot", "dimmable_lamp"))
    service = lamp.services[0]
    changed = tuple(
        replace(p, name="Helligkeit") if p.id == "brightness" else p for p in service.properties
    )
    again = write("wot", replace(lamp, services=(replace(service, properties=changed),)))
    expected = write("wot", lamp)
    assert expected["properties"]["on"]["forms"]
    expected["properties"]["brightness"]["title"] = "Helligkeit"
    assert again == expected


def test_two_services_may_have_features_of_one_name() -> None:
    on = Property(id="on", type=Boolean())
    model = ThingModel(
        id="strip",
        services=(
            Service(id="left", properties=(on,)),
            Service(id="right", properties=(on,)),
            Service(id="default", properties=(on,)),
        ),
    )
    plain = write("wot", model)
    assert list(plain["properties"]) == ["left.on", "right.on", "on"]
    back = read("wot", plain)
    assert [[p.id for p in s.properties] for s in back.services] == [["on"], ["on"], ["on"]]


def test_a_unit_keeps_the_symbol_that_it_was_written_with() -> None:
    warm = Property(id="t", type=Number(kind="double"), unit="℃")
    plain = write("wot", ThingModel(id="", services=(Service(id="default", properties=(warm,)),)))
    assert plain["properties"]["t"]["unit"] == "qudt:DEG_C"
    assert properties(read("wot", plain))["t"].unit == "℃"
    plain["properties"]["t"]["unit"] = "qudt:K"  # somebody edits the document
    assert properties(read("wot", plain))["t"].unit == "K"


@pytest.mark.parametrize(
    ("members", "needed"),
    [
        ({}, ["a", "b"]),
        ({"tm:optional": ["/properties/b"]}, ["a"]),
        ({"tm:required": ["/properties/b"]}, ["b"]),
        ({"tm:required": []}, []),
    ],
)
def test_what_is_required_is_what_the_document_lists(
    members: dict[str, Any], needed: list[str]
) -> None:
    plain = {"@type": "tm:ThingModel", "properties": {"a": {}, "b": {}}, **members}
    model = read("wot", plain)
    assert [id for id, one in properties(model).items() if one.required] == needed
    assert write("wot", model) == plain
