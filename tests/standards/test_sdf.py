"""SDF documents say here what they say in RFC 9880."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    Choice,
    Command,
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
from tests.standards.corpus import properties, read, text, write


def test_objects_alone_are_services_of_a_model_without_an_id() -> None:
    model = read("sdf", text("sdf", "switch"))
    assert (model.id, model.name) == ("", "A switch that can be told and asked")
    (switch,) = model.services
    assert switch.id == "Switch"
    assert [c.id for c in switch.commands] == ["on", "off", "toggle"]
    found = properties(model)
    assert (found["value"].type, found["value"].access) == (Boolean(), "rwn")
    assert (found["energy"].unit, found["energy"].access) == ("kWh", "rn")


def test_a_thing_is_a_model_and_its_objects_are_its_services() -> None:
    model = read("sdf", text("sdf", "thermostat"))
    assert (model.id, model.name) == ("room-thermostat", "Room thermostat")
    assert [s.id for s in model.services] == ["default", "temperature", "mode"]
    assert properties(model)["serial"].required
    temperature = properties(model, 1)
    assert [temperature[id].required for id in ("current", "set-point")] == [True, False]
    assert model.services[1].events[0].required
    assert temperature["set-point"].type == Number(
        kind="double", minimum=Decimal(5), maximum=Decimal(30), step=Decimal("0.5")
    )
    mode = properties(model, 2)
    assert mode["mode"].type == Enum(
        base="int", choices=(Choice("0", "Off"), Choice("1", "Heating"), Choice("2", "Away"))
    )
    assert mode["fan"].type == Enum(choices=(Choice("low"), Choice("high")))
    assert mode["level"].type == Json()  # alternatives of more than one value
    assert mode["icon"].type == Binary()
    boost = model.services[2].commands[0]
    assert (boost.inputs[0].unit, boost.outputs[0].type) == ("min", DateTime(form="text"))


def test_things_in_things_stand_beside_one_another() -> None:
    model = read("sdf", text("sdf", "fridge_freezer"))
    ids = ["refrigerator.compartment", "refrigerator.door", "freezer", "freezer.compartment"]
    assert [s.id for s in model.services] == ids
    refrigerator, freezer = properties(model, 0), properties(model, 3)
    assert refrigerator["current"].type == freezer["current"].type
    assert isinstance(freezer["target"].type, Number)
    assert (freezer["target"].type.minimum, freezer["target"].unit) == (Decimal(2), "°C")


def test_what_sdf_has_no_quality_for_is_in_a_comment_and_comes_back() -> None:
    model = ThingModel(
        id="meter",
        services=(
            Service(
                id="power",
                type="sensor",
                properties=(
                    Property(
                        id="p", type=Number(kind="long", maximum=Decimal("1.10")), static=True
                    ),
                    Property(id="grid", type=Array(item=Array(item=Text()), max_items=4)),
                ),
                commands=(Command(id="reset", call="async", response="done"),),
            ),
        ),
    )
    plain = write("sdf", model)
    written = plain["sdfThing"]["meter"]["sdfObject"]["power"]["sdfProperty"]["p"]
    said = 'entrepot {"kind":"long","static":true}'
    assert written == {"type": "integer", "maximum": 1.1, "$comment": said}
    assert read("sdf", plain) == ThingModel(
        id="meter",
        services=(
            Service(
                id="power",
                type="sensor",
                properties=(
                    Property(**{**_members(model, 0), "access": "rwn"}),
                    Property(**{**_members(model, 1), "access": "rwn"}),
                ),
                commands=model.services[0].commands,
            ),
        ),
    )


def _members(model: ThingModel, index: int) -> dict[str, Any]:
    found = model.services[0].properties[index]
    return {name: getattr(found, name) for name in found.__struct_fields__}


def test_a_comment_of_the_author_stays_and_what_it_says_is_not_misread() -> None:
    plain = {
        "sdfObject": {
            "o": {
                "$comment": "measured\nentrepot {\"type\":\"sensor\"}",
                "sdfProperty": {
                    "a": {"type": "string", "$comment": "entrepot is a port"},
                    "b": {"type": "string", "$comment": 'entrepot { "static": true }'},
                },
            }
        }
    }  # fmt: skip
    model = read("sdf", plain)
    assert model.services[0].type == "sensor"
    assert not properties(model)["b"].static  # not as this project spells it
    assert write("sdf", model) == plain


def test_an_id_with_a_colon_gets_a_name_without_and_comes_back() -> None:
    on = Property(id="a:on", type=Boolean(), required=True, access="r")
    model = ThingModel(id="urn:x:1", services=(Service(id="a:b", properties=(on,)),))
    plain = write("sdf", model)
    thing = plain["sdfThing"]["urn-x-1"]["sdfObject"]["a-b"]
    assert thing["sdfRequired"] == ["#/sdfThing/urn-x-1/sdfObject/a-b/sdfProperty/a-on"]
    assert read("sdf", plain) == model


def test_the_fields_of_an_action_are_members_of_an_object() -> None:
    fields = (Field(id="x", type=Text(max_length=3), required=True), Field(id="y", type=Text()))
    model = ThingModel(
        id="", services=(Service(id="o", commands=(Command(id="c", inputs=fields),)),)
    )
    plain = write("sdf", model)
    assert plain["sdfObject"]["o"]["sdfAction"]["c"]["sdfInputData"] == {
        "type": "object",
        "properties": {"x": {"type": "string", "maxLength": 3}, "y": {"type": "string"}},
        "required": ["x"],
    }
    assert read("sdf", plain) == model
