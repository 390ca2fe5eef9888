"""IoTDA's services as canonical ones: what each member means, and what is said otherwise to fit."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import convert, read, written
from entrepot.core.models.thing_model import (
    Array,
    Boolean,
    Command,
    DataType,
    DateTime,
    Enum,
    Field,
    Json,
    Number,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)
from entrepot.vendors.enos.formats.enos import ENOS_FORMAT
from entrepot.vendors.huawei.iotda.formats.iotda import IOTDA_FORMAT
from tests.vendors.huawei.iotda.caller import property, sample, service

CORPUS = sorted((Path(__file__).parents[3] / "corpus" / "iotda").glob("*.json"))


def meant(services: Any) -> ThingModel:
    """What the services say, once it is sure that they come back as they were."""
    found = read(json.dumps(services).encode(), IOTDA_FORMAT)
    assert json.loads(IOTDA_FORMAT.write(found)) == services
    return found


def one(**members: Any) -> Property:
    """What one property says."""
    [found] = meant([service(properties=[property(**members)])]).services
    return found.properties[0]


def said(property: Property) -> dict[str, Any]:
    """How a property is written."""
    model = ThingModel(id="", services=(Service(id="s", properties=(property,)),))
    plain: dict[str, Any] = json.loads(IOTDA_FORMAT.write(model))[0]["properties"][0]
    return plain


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_real_models_come_back_from_enos_with_all_they_said(file: Path) -> None:
    text = file.read_bytes()
    meant(json.loads(text))
    assert IOTDA_FORMAT.check(text) == ()
    there = convert(text, IOTDA_FORMAT, ENOS_FORMAT)
    home = IOTDA_FORMAT.write(read(there.text, ENOS_FORMAT, there.report.parked))
    assert json.loads(home) == json.loads(text)


def test_the_page_s_example_means_what_it_says() -> None:
    [found] = meant(sample("create_product_request")["service_capabilities"]).services
    [temperature], [reboot] = found.properties, found.commands
    assert (temperature.type, temperature.access, temperature.unit, temperature.required) == (
        Number(kind="decimal", minimum=Decimal(1), maximum=Decimal(100), step=Decimal("0.1")),
        "rw", "centigrade", True,
    )  # fmt: skip
    assert (reboot.response, [f.id for f in reboot.outputs]) == ("ACK", ["force"])


def test_a_whole_product_can_be_read() -> None:
    found = read(json.dumps(sample("create_product_request")).encode(), IOTDA_FORMAT)
    assert (found.name, [s.id for s in found.services]) == ("Thermometer.", ["Temperature."])


@pytest.mark.parametrize(
    ("members", "means"),
    [
        ({"data_type": "int", "min": "-1", "max": "1E2"},
         Number(kind="int", minimum=Decimal(-1), maximum=Decimal(100))),
        ({"data_type": "long", "step": 0}, Number(kind="long")),
        ({"data_type": "int", "min": "low"}, Number(kind="int")),
        ({"data_type": "string", "max_length": 20, "min": "0"}, Text(max_length=20)),
        ({"data_type": "boolean"}, Boolean()),
        ({"data_type": "DateTime"}, DateTime(form="text")),
        ({"data_type": "jsonObject", "max_length": 0}, Json()),
        ({"data_type": "string list"}, Array(item=Text())),
        ({"data_type": "enum", "enum_list": None}, Enum(base="text")),
    ],
)  # fmt: skip
def test_each_data_type_has_its_meaning(members: dict[str, Any], means: DataType) -> None:
    assert one(**members).type == means


def test_bounds_are_written_without_exponents_where_they_fit() -> None:
    number = Number(kind="decimal", minimum=Decimal("-1E+5"), maximum=Decimal("1E+30"))
    plain = said(Property(id="p", type=number))
    assert (plain["min"], plain["max"]) == ("-100000", "1E+30")


def test_equal_bounds_are_written_alike_so_that_their_own_spelling_comes_back() -> None:
    [found] = meant([service(properties=[property(min="0.50", max="1E6")])]).services
    elsewhere = Number(kind="decimal", minimum=Decimal("0.5"), maximum=Decimal(1000000))
    plain = said(replace(found.properties[0], type=elsewhere))
    assert (plain["min"], plain["max"]) == ("0.50", "1E6")


def test_a_description_is_what_iotda_takes_of_it() -> None:
    plain = said(Property(id="p", type=Boolean(), description="<on>* or\noff = 开" + "!" * 200))
    assert plain["description"] == (" on  or\noff   开" + "!" * 200)[:128]
    text = json.dumps([service(properties=[{**plain, "property_name": "p"}])]).encode()
    assert IOTDA_FORMAT.check(text) == ()
    assert said(Property(id="p", type=Boolean(), name="Lamp"))["description"] == "Lamp"


def test_what_has_no_type_in_iotda_is_a_json_object_and_comes_back() -> None:
    place = Structure(fields=(Field(id="lat", type=Number(kind="double")),))
    model = ThingModel(
        id="", services=(Service(id="s", properties=(Property(id="at", type=place),)),)
    )
    there = written(model, IOTDA_FORMAT)
    assert json.loads(there.text)[0]["properties"][0]["data_type"] == "jsonObject"
    [loss] = [loss for loss in there.report.losses if loss.path[-1] == "type"]
    assert "jsonObject for what is nested" in loss.reason
    assert read(there.text, IOTDA_FORMAT, there.report.parked).services == model.services


def test_an_answer_without_a_name_is_called_as_terraform_calls_it() -> None:
    command = Command(id="read", outputs=(Field(id="value", type=Text()),))
    text = IOTDA_FORMAT.write(ThingModel(id="", services=(Service(id="s", commands=(command,)),)))
    assert json.loads(text)[0]["commands"][0]["responses"][0]["response_name"] == "cmdResponses"
    assert read(text, IOTDA_FORMAT).services[0].commands == (command,)


@pytest.mark.parametrize("text", [b"{", b"1", b'{"x":1}', b'[{"service_type":"s"}]', b'["a"]'])
def test_what_is_no_list_of_services_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        read(text, IOTDA_FORMAT)
