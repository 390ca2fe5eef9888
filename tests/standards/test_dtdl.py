"""DTDL says here what it says in its language description, and its parser's alphabet and limits hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.models.conversion import written
from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    Choice,
    Command,
    DateTime,
    Enum,
    Event,
    Field,
    Json,
    Number,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)
from entrepot.standards.dtdl.values import Names, mended
from tests.standards.corpus import properties, read, text, write


def test_an_interface_is_a_model_and_its_contents_are_its_features() -> None:
    model = read("dtdl", text("dtdl", "thermostat"))
    assert (model.id, model.name) == ("dtmi:com:example:Thermostat;2", "Thermostat")
    assert [s.id for s in model.services] == ["default"]
    found = properties(model)
    assert (found["temperature"].access, found["temperature"].unit) == ("n", "°C")
    assert found["temperature"].names == {"de": "Temperatur"}
    assert found["targetTemperature"].access == "rw"
    assert found["maxTempSinceLastReboot"].access == "r"
    assert found["workingState"].type == Enum(
        base="int", choices=(Choice("1", "Heating"), Choice("0", "idle"))
    )
    (report,) = model.services[0].commands
    assert [(f.id, f.name, f.type) for f in report.inputs] == [
        ("since", "Since", DateTime(form="text"))
    ]
    assert [f.id for f in report.outputs] == ["maxTemp", "minTemp", "startTime"]
    assert report.response == "tempReport"


def test_components_are_services_of_their_interfaces_type() -> None:
    model = read("dtdl", text("dtdl", "temperature_controller"))
    assert [(s.id, s.name, s.type) for s in model.services] == [
        ("default", None, None),
        ("sensor1", "Upper sensor", "dtmi:com:example:Sensor;1"),
        ("sensor2", None, "dtmi:com:example:Sensor;1"),
        ("clock", None, "dtmi:com:example:Clock;1"),
    ]
    assert [f.id for f in model.services[1].commands[0].inputs] == ["kelvin"]


def test_what_an_interface_extends_and_what_its_schemas_name_is_taken_over() -> None:
    found = properties(read("dtdl", text("dtdl", "meeting_room")))
    assert found["occupied"].type == Boolean()
    seats = found["seats"].type
    assert isinstance(seats, Array)
    assert isinstance(seats.item, Structure)
    assert [f.id for f in seats.item.fields] == ["row", "taken"]
    assert (found["labels"].type, found["outline"].type) == (Json(), Json())
    assert (found["humidity"].unit, found["lat"].unit) == ("%RH", "°")


def test_services_of_one_type_that_differ_get_interfaces_of_their_own() -> None:
    model = read("dtdl", text("dtdl", "temperature_controller"))
    second = replace(model.services[2], properties=())
    changed = replace(model, services=(*model.services[:2], second, model.services[3]))
    plain = write("dtdl", changed)
    ids = [interface["@id"] for interface in plain]
    own = "dtmi:com:example:TemperatureController:sensor2;1"
    assert sorted(ids) == sorted([*(i["@id"] for i in write("dtdl", model)), own])
    assert read("dtdl", plain).services[2].properties == ()


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("level", "level"),
        ("INV.GenActivePW", "INV_GenActivePW"),
        ("_a_", "a"),
        ("9", "n9"),
        ("温度", "n"),
        ("", "n"),
        ("é" * 600 + "x", "x"),
        ("a" * 600, "a" * 512),
    ],
)
def test_a_name_is_mended_into_the_alphabet(id: str, name: str) -> None:
    assert mended(id) == name


def test_names_are_taken_once() -> None:
    names = Names()
    assert [names.take(id) for id in ("a-b", "a.b", "a_b", "温", "度")] == [
        "a_b", "a_b_2", "a_b_3", "n", "n_2",
    ]  # fmt: skip


def test_what_dtdl_has_no_word_for_is_a_note_and_comes_back() -> None:
    model = ThingModel(
        id="inverter 1",
        services=(
            Service(
                id="INV.A",
                type="inverter",
                disabled=True,
                properties=(
                    Property(id="INV.P", type=Number(kind="decimal"), unit="kW", access="rn"),
                    Property(id="model", type=Text(), access="r", static=True, required=True),
                    Property(id="at", type=DateTime(form="epoch_ms"), access="wn"),
                    Property(id="icon", type=Binary(), access="rwn"),
                    Property(id="soc", type=Number(kind="float"), unit="%", access="n"),
                    Property(id="t", type=Number(kind="float"), unit="℃", access="n"),
                ),
                commands=(
                    Command(id="INV.P", call="async", required=True),
                    Command(id="go", inputs=(Field(id="to it", type=Text(), required=True),)),
                ),
                events=(
                    Event(id="INV.P", severity="error", required=True),
                    Event(id="low", outputs=(Field(id="v", type=Number(kind="int"), unit="V"),)),
                ),
            ),
        ),
    )
    plain = write("dtdl", model)
    assert [one["name"] for one in plain[1]["contents"]] == [
        "INV_P", "model", "at", "icon", "soc", "t", "INV_P_2", "go", "INV_P_3", "low",
    ]  # fmt: skip
    assert read("dtdl", plain) == model


def test_what_dtdl_cannot_say_is_in_the_report() -> None:
    level = Property(
        id="level",
        type=Number(kind="int", minimum=Decimal(0), maximum=Decimal(100)),
        access="rw",
        default=5,
        tags={"site": "north"},
    )
    described = "d" * 600
    model = ThingModel(
        id="", description=described, services=(Service(id="default", properties=(level,)),)
    )
    report = written(model, root.catalog().named("dtdl")).report
    assert {(loss.path[-1], loss.kind) for loss in report.losses} == {
        ("minimum", "approximated"),
        ("maximum", "approximated"),
        ("default", "parked"),
        ("site", "parked"),
        ("description", "approximated"),
    }


def test_a_choice_keeps_its_value_and_its_label() -> None:
    choices = (Choice("0", "Off"), Choice("1"), Choice("2", "两"), Choice("3", "value3"))
    texts = (Choice("a", "a"), Choice("b-c"), Choice("d", "D d"))
    for enum in (Enum(base="int", choices=choices), Enum(base="text", choices=texts)):
        on = Property(id="mode", type=enum, access="r")
        model = ThingModel(id="", services=(Service(id="default", properties=(on,)),))
        assert properties(read("dtdl", write("dtdl", model)))["mode"].type == enum


def test_too_large_an_interface_is_told() -> None:
    fields = tuple(Field(id=f"f{n}", type=Text(), description="d" * 500) for n in range(2100))
    event = Event(id="all", outputs=fields)
    model = ThingModel(id="", services=(Service(id="default", events=(event,)),))
    report = written(model, root.catalog().named("dtdl")).report
    assert [loss.kind for loss in report.losses] == ["impossible"]
