"""Numbers that vendors' consoles fill in survive every conversion, or the report has what they became."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from entrepot import main as root
from entrepot import models
from entrepot.core.models.short_numbers import DOWN, UP, shortened
from entrepot.core.models.thing_model import Number, ThingModel, decimal, figure, kind_for

CORPUS = Path(__file__).parents[1] / "corpus"
FORMATS = root.catalog().formats
DEFAULTS = sorted(CORPUS.glob("*/console_defaults.json"))


def numbers(model: ThingModel) -> dict[str, Number]:
    return {
        p.id: p.type for s in model.services for p in s.properties if isinstance(p.type, Number)
    }


def test_every_vendor_is_there() -> None:
    dialects = {f.dialect for f in FORMATS.values() if f.dialect}
    assert {FORMATS[file.parent.name].dialect for file in DEFAULTS} == dialects


def test_the_default_range_of_alibabas_double_is_read_and_stays_as_it_is_written() -> None:
    text = (CORPUS / "tsl" / "console_defaults.json").read_bytes()
    total = numbers(models.read(text))["Total"]
    assert (total.minimum, total.maximum) == (
        Decimal("-4.9E-324"),
        Decimal("1.7976931348623157E308"),
    )
    there = models.convert(text, "thing-model-json")
    [specs] = [
        p["dataSpecs"] for p in json.loads(there.text)["properties"] if p["identifier"] == "Total"
    ]
    assert (specs["min"], specs["max"]) == ("-4.9E-324", "1.7976931348623157E308")
    assert [loss for loss in there.report.losses if "extras" not in loss.path] == []


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("file", DEFAULTS, ids=lambda f: f.parent.name)
def test_the_default_numbers_are_acceptable_to_every_format(file: Path, to: str) -> None:
    source = file.parent.name
    there = models.convert(file.read_bytes(), to, source)
    numbers = ("min", "max", "step", "max_length", "maxLength", "length", "size")
    assert [
        x for x in there.report.losses if x.kind == "impossible" and x.path[-1] in numbers
    ] == []


@pytest.mark.parametrize("to", [name for name, f in FORMATS.items() if f.read is not None])
@pytest.mark.parametrize("file", DEFAULTS, ids=lambda f: f.parent.name)
def test_a_range_never_gets_narrower(file: Path, to: str) -> None:
    source = file.parent.name
    was = numbers(models.read(file.read_bytes(), source))
    now = numbers(models.read(models.convert(file.read_bytes(), to, source).text, to))
    for id, before in was.items():
        after = now[id]
        if after.minimum is not None:
            assert before.minimum is not None
            assert after.minimum <= before.minimum
        if after.maximum is not None:
            assert before.maximum is not None
            assert after.maximum >= before.maximum


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("-4.9E-324", "-4.9E-324"),
        ("1.7976931348623157E308", "1.7976931348623157E308"),
        ("3.4028235E+38", "340282350000000000000000000000000000000"),
        ("1E-9", "0.000000001"),
        ("1.10E100", "1.1E100"),
        ("-0", "-0"),
    ],
)
def test_a_number_has_one_spelling_with_an_exponent_only_where_it_is_long(
    text: str, spelled: str
) -> None:
    found = decimal(text)
    assert found is not None
    assert figure(found) == spelled
    assert decimal(figure(found)) == found


@pytest.mark.parametrize(
    ("number", "most", "rounding", "text"),
    [
        ("-2147483648", 10, DOWN, "-2.1475E+9"),
        ("-2147483648", 11, DOWN, "-2147483648"),
        ("3.14159265358", 10, UP, "3.14159266"),
        ("3.14159265358", 10, DOWN, "3.14159265"),
        ("1.7976931348623157E308", 16, UP, "1.797693135E+308"),
        ("1000000000000", 10, UP, "1E+12"),
        ("-0.00000000001", 3, DOWN, None),
    ],
)
def test_a_bound_in_few_characters_is_rounded_outwards(
    number: str, most: int, rounding: str, text: str | None
) -> None:
    assert shortened(Decimal(number), most, rounding) == text


def thing(**value: Any) -> str:
    value = {"type": "integer", **value}
    return json.dumps({"@type": "tm:ThingModel", "title": "t", "properties": {"count": value}})


@pytest.mark.parametrize(
    ("bounds", "kind", "words"),
    [
        ({"maximum": 2**31 - 1}, "int", {"iotda": "int", "dtdl": "integer", "tsl": "int"}),
        ({"maximum": 2**32 - 1}, "long", {"iotda": "long", "dtdl": "long", "tsl": "double"}),
        ({"minimum": -(2**31) - 1}, "long", {"iotda": "long", "dtdl": "long", "tsl": "double"}),
        ({"maximum": 2**64 - 1}, "decimal", {"iotda": "decimal", "dtdl": "double", "tsl": "double"}),
    ],
)  # fmt: skip
def test_an_integer_is_as_wide_as_its_range_asks(
    bounds: dict[str, int], kind: str, words: dict[str, str]
) -> None:
    text = thing(**bounds)
    assert numbers(models.read(text))["count"].kind == kind
    assert json.loads(models.write(models.read(text), "wot")) == json.loads(text)
    for to, word in words.items():
        there = models.convert(text, to)
        assert f'"{word}"'.encode() in there.text, (to, there.text)
        changed = numbers(models.read(there.text, to))["count"].kind != kind
        told = {x.path[-1]: x.kind for x in there.report.losses}
        assert told.get("kind") == ("approximated" if changed else None), (to, told)


def test_a_number_that_says_int_beyond_32_bits_is_written_wider_and_reported() -> None:
    number = Number(kind="int", maximum=Decimal(2**40))
    assert kind_for(number) == "long"
    services = [
        {"service_id": "s", "service_type": "s", "properties": [
            {"property_name": "count", "data_type": "int", "max": str(2**40), "method": "R"}]}
    ]  # fmt: skip
    there = models.convert(json.dumps(services), "dtdl")
    assert b'"schema":"long"' in there.text
    assert [x.kind for x in there.report.losses if x.path[-1] == "kind"] == ["approximated"]
