"""The laws of thing models over models as people write them, `tests/corpus/<format>/*.json`, and the largest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from entrepot import main as root
from entrepot import models
from entrepot.core.models.conversion import Format, convert, read
from tests.contract.test_model_laws import comes_back, identical, means_what_is_read
from tests.largest import CONTENT_BYTES, SERVICES, largest

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = sorted(CORPUS.glob("*/*.json"))
SHELF = root.catalog()
FORMATS = list(SHELF.formats.values())

each_file = pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
each_format = pytest.mark.parametrize("away", FORMATS, ids=lambda f: f.name)


def home_of(file: Path) -> Format:
    return SHELF.named(file.parent.name)


def test_there_are_models_and_each_is_in_a_format_that_is_known() -> None:
    assert {f.parent.name for f in FILES} <= set(SHELF.formats)
    assert {p.name for p in CORPUS.iterdir()} == {f.parent.name for f in FILES}


def test_every_kind_of_device_is_there_and_three_models_at_least_of_each_vendor() -> None:
    kinds = (
        "thermo", "gateway", "street_lamp", "inverter", "meter", "air_conditioner", "tracker", "lock", "camera",
        "water_valve", "charging_pile", "weather_station",
    )  # fmt: skip
    dialects = {f.dialect for f in FORMATS if f.dialect}
    theirs = [f for f in FILES if home_of(f).dialect]
    for kind in kinds:
        assert any(kind in f.stem for f in theirs), kind
    for dialect in dialects:
        assert sum(home_of(f).dialect == dialect for f in theirs) >= 3, dialect


@each_file
def test_home_and_back_is_the_identity(file: Path) -> None:
    identical(home_of(file), file.read_bytes())


@each_file
def test_what_a_text_means_is_what_is_read_of_it_but_for_its_spellings(file: Path) -> None:
    means_what_is_read(home_of(file), file.read_bytes())


@each_file
def test_a_real_model_is_recognised_and_its_vendor_takes_it(file: Path) -> None:
    text = file.read_bytes()
    assert models.recognise(text) == file.parent.name
    assert list(home_of(file).check(text)) == []
    assert any(service.properties for service in read(text, home_of(file)).services)


@each_format
@each_file
def test_what_the_report_does_not_list_is_kept_and_what_it_lists_comes_back(
    file: Path, away: Format
) -> None:
    home, text = home_of(file), file.read_bytes()
    if away.read is None:  # nothing comes back from it, so its report can list nothing
        assert all(loss.kind == "impossible" for loss in convert(text, home, away).report.losses)
    else:
        comes_back(home, away, text)


def test_the_largest_model_is_as_large_as_it_may_be() -> None:
    text = largest()
    assert CONTENT_BYTES - 100 <= len(text) <= CONTENT_BYTES
    assert len(json.loads(text)) == SERVICES
    assert models.check(text, "iotda") == []
    identical(SHELF.named("iotda"), text)


@each_format
def test_the_largest_model_goes_everywhere_and_comes_back(away: Format) -> None:
    if away.read is None:
        assert json.loads(convert(largest(), SHELF.named("iotda"), away).text)
    else:
        comes_back(SHELF.named("iotda"), away, largest())
