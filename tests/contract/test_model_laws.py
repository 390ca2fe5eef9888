"""The laws of thing models, for every format and every ordered pair of formats.

Home and back is the identity. On the way through another format a model keeps all that the report
does not list, and what the report lists comes back with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given

from entrepot import main as root
from entrepot.core.models.conversion import Format, convert, read, written
from entrepot.core.models.differences import Difference, Path, differences
from entrepot.core.models.thing_model import Service, ThingModel
from entrepot.models import recognise
from tests.examples import examples
from tests.models import drawn, randoms

MODELS = 1000
PARTS = ("properties", "commands", "events")  # of a service


def once(of_text: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which is asked but once what it finds in a text.

    The laws come upon the same texts again and again: within a pair, in the next pair of the same
    home, and where two formats lose the same.
    """
    known: dict[bytes, Any] = {}

    def found(text: bytes, plain: Any = None, /) -> Any:
        if text not in known:
            if len(known) >= 2 * MODELS:
                known.clear()
            known[text] = of_text(text, plain)
        return known[text]

    return found


AS_THEY_ARE = root.catalog().formats
FORMATS = [
    replace(f, read=once(f.read), meaning=once(f.meaning), check=once(f.check))
    for f in AS_THEY_ARE.values()
    if f.read is not None and f.meaning is not None
]
PAIRS = list(permutations(FORMATS, 2))
each_format = pytest.mark.parametrize("home", FORMATS, ids=lambda f: f.name)
each_pair = pytest.mark.parametrize(("home", "away"), PAIRS, ids=lambda f: f.name)


@cache
def models() -> tuple[ThingModel, ...]:
    return tuple(drawn(Random(seed)) for seed in range(MODELS))


@cache
def at_home(home: Format) -> tuple[bytes, ...]:
    """The same models as this format writes them."""
    return tuple(home.write(model) for model in models())


def identical(home: Format, text: bytes) -> None:
    assert home.read is not None
    assert json.loads(home.write(home.read(text))) == json.loads(text)


def means_what_is_read(home: Format, text: bytes) -> None:
    """The two quicker ways that a conversion takes find what the careful ones find."""
    assert home.read is not None
    assert home.meaning is not None
    plain = json.loads(text)
    assert differences(home.read(text), home.meaning(text, plain), home.own) == []
    assert home.check(text, plain) == home.check(text)
    assert plain == json.loads(text)  # neither changes what they share


def told(found: Difference, listed: set[Path]) -> bool:
    """Whether the difference is in the report: itself, what it is part of, or all that it held."""
    if any(found.path[:steps] in listed for steps in range(len(found.path) + 1)):
        return True
    # Where services are but the first part of identifiers, one that lost all it held is gone too.
    was = found.was if found.now is None and isinstance(found.was, dict) else {}
    held = [(*found.path, kind, one["id"]) for kind in was if kind in PARTS for one in was[kind]]
    return bool(held) and was.keys() <= {"id", *PARTS} and listed.issuperset(held)


def comes_back(home: Format, away: Format, text: bytes) -> None:
    model = read(text, home)
    there = convert(text, home, away)
    listed = {loss.path for loss in there.report.losses if loss.kind != "impossible"}
    # without the report: what it does not list is what it was
    bare = read(home.write(read(there.text, away)), home)
    for found in differences(model, bare):
        assert told(found, listed), found
    # with it: everything is
    whole = read(there.text, away, there.report.parked)
    assert [d for d in differences(model, whole, ignore=away.own) if d.path] == []
    assert json.loads(home.write(whole)) == json.loads(text)


@each_format
def test_home_and_back_is_the_identity(home: Format) -> None:
    for text in at_home(home):
        identical(home, text)


@each_format
def test_what_a_text_means_is_what_is_read_of_it_but_for_its_spellings(home: Format) -> None:
    for text in at_home(home):
        means_what_is_read(AS_THEY_ARE[home.name], text)


@each_pair
def test_what_the_report_does_not_list_is_kept_and_what_it_lists_comes_back(
    home: Format, away: Format
) -> None:
    for text in at_home(home):
        comes_back(home, away, text)


@examples(10)
@given(random=randoms)
@each_format
def test_the_laws_hold_for_models_that_were_searched_for(home: Format, random: Random) -> None:
    text = home.write(drawn(random))
    for away in FORMATS:
        if away is not home:
            comes_back(home, away, text)


@each_format
def test_a_report_tells_every_difference_with_a_reason(home: Format) -> None:
    for model in models()[:100]:
        found = written(model, home).report
        assert all(loss.reason for loss in found.losses)
        assert home.read is not None
        said = home.read(home.write(model))
        assert {d.path for d in differences(model, said, home.own)} == {
            loss.path for loss in found.losses if loss.kind != "impossible"
        }


EMPTY = {
    "nothing": ThingModel(id=""),
    "an id": ThingModel(id="m1"),
    "a default service": ThingModel(id="", services=(Service(id="default"),)),
    "a service": ThingModel(id="", services=(Service(id="s1"),)),
}


@pytest.mark.parametrize("model", EMPTY.values(), ids=EMPTY)
@each_format
def test_an_empty_model_is_recognised_by_the_format_that_wrote_it(
    home: Format, model: ThingModel
) -> None:
    plain = json.loads(home.write(model))
    found = [format.name for format in FORMATS if format.recognise(plain)]
    # Without a product's key and without features ThingModelJson is TSL to the letter.
    twins = home.name == "thing-model-json" and "productKey" not in plain
    assert found == ["tsl" if twins else home.name]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"schema": "x", "profile": {"productKey": "a1"}, "properties": [], "events": [], "services": []}', "tsl"),
        ('{"schema": "x", "services": []}', "tsl"),
        ('{"properties": [], "services": []}', "tsl"),
        ('{"productKey": "a1", "properties": [], "services": []}', "thing-model-json"),
        ('{"services": []}', "roma"),
        ('{"service_capabilities": []}', "iotda"),
        ("[]", "iotda"),
        ('{"id": "m1", "services": []}', "entrepot"),
    ],
)  # fmt: skip
def test_a_text_without_features_is_recognised_by_what_surrounds_them(text: str, name: str) -> None:
    assert recognise(text) == name


OF_TYPES = ("kind", "minimum", "maximum", "step", "max_length", "max_items", "form", "base", "item")


@each_pair
def test_a_type_that_says_less_is_never_only_parked(home: Format, away: Format) -> None:
    """What a device may send has changed then: a range, a length, a kind of number. Labels are words."""
    for text in at_home(home)[:200]:
        for loss in convert(text, home, away).report.losses:
            if loss.path[-1] in OF_TYPES and "type" in loss.path:
                assert loss.kind == "approximated", loss
