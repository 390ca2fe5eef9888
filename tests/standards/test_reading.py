"""Whatever a document of a standard holds, reading it says what it means or refuses it, within bounds."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from entrepot import main as root
from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import Format, written
from entrepot.standards import STANDARDS
from tests.standards.corpus import CORPUS, read

READABLE = [standard for standard in STANDARDS if standard.read is not None]
each_readable = pytest.mark.parametrize("standard", READABLE, ids=lambda f: f.name)
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e300, "", "x", "{{A}}", [], {}, [1], {"a": 1}, ["a"], [{}], {"type": "object"},
    {"const": 1}, [{"const": 1}], "#/properties", "#/", {"en": "x"}, "entrepot {\"id\":\"x\"}", "dtmi:a;1",
)  # fmt: skip
NAMES = (
    "type", "enum", "oneOf", "unit", "name", "title", "entrepot:type", "tm:ref", "sdfRef", "const", "items",
    "properties", "required", "comment", "$comment", "schema", "contents", "entrepot:id", "entrepot:service", "@id",
)  # fmt: skip


def documents(standard: str) -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted((CORPUS / standard).glob("*.json"))]


def places(plain: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    members = plain.items() if isinstance(plain, dict) else enumerate(plain)
    for key, value in members:
        yield from (
            places(value, (*place, key)) if isinstance(value, dict | list) else [(*place, key)]
        )


def spoiled(plain: Any, random: Random) -> Any:
    """The document with something in it that does not belong there."""
    found = copy.deepcopy(plain)
    *way, last = random.choice(list(places(found)))
    place = found
    for step in way:
        place = place[step]
    if isinstance(place, dict) and random.random() < 0.4:
        last = random.choice(NAMES)
    place[last] = copy.deepcopy(random.choice(JUNK))
    return found


@each_readable
def test_a_spoiled_document_is_refused_or_kept_to_the_letter(standard: Format) -> None:
    random = Random(standard.name)
    originals = documents(standard.name)
    assert len(originals) >= 3
    kept = 0
    for _ in range(400):
        plain = spoiled(random.choice(originals), random)
        try:
            model = read(standard.name, plain)
        except Malformed:
            continue
        assert json.loads(standard.write(model)) == plain
        for other in root.catalog().formats.values():
            written(model, other)
        kept += 1
    assert kept > 80


@each_readable
@pytest.mark.parametrize(
    "source", [b"", b"{", b"[]", b"{}", b"null", b"7", b"[" * 100_000, b'{"a":' * 5000]
)
def test_what_is_no_such_document_is_malformed(standard: Format, source: bytes) -> None:
    with pytest.raises(Malformed):
        read(standard.name, source)


def bomb(standard: str) -> Any:
    """Definitions of which each refers to the next often: few lines that mean billions."""
    ref = {"wot": "tm:ref", "sdf": "sdfRef"}.get(standard)
    if ref is None:
        schemas = [
            {
                "@id": f"dtmi:a:s{n};1",
                "@type": "Object",
                "fields": [{"name": f"f{m}", "schema": f"dtmi:a:s{n + 1};1"} for m in range(20)],
            }
            for n in range(20)
        ]
        contents = [{"@type": "Property", "name": "p", "schema": "dtmi:a:s0;1"}]
        return {
            "@context": "dtmi:dtdl:context;3", "@id": "dtmi:a;1", "@type": "Interface",
            "schemas": schemas, "contents": contents,
        }  # fmt: skip
    at = {"wot": "#/properties/p", "sdf": "#/sdfData/p"}[standard]
    chain = {
        f"p{n}": {
            "type": "object",
            "properties": {f"f{m}": {ref: f"{at}{n + 1}"} for m in range(20)},
        }
        for n in range(20)
    }
    if standard == "wot":
        return {"@context": "x", "@type": "tm:ThingModel", "properties": chain}
    return {"sdfData": chain, "sdfObject": {"o": {"sdfProperty": {"p": {ref: f"{at}0"}}}}}


@each_readable
def test_definitions_that_grow_without_bounds_are_refused(standard: Format) -> None:
    with pytest.raises(Malformed):
        read(standard.name, bomb(standard.name))


def test_a_definition_that_refers_to_itself_is_refused() -> None:
    loop = {"@type": "tm:ThingModel", "properties": {"a": {"tm:ref": "#/properties/a"}}}
    with pytest.raises(Malformed):
        read("wot", loop)


@each_readable
def test_a_document_is_recognised_by_its_own_format_alone(standard: Format) -> None:
    for plain in documents(standard.name):
        assert root.catalog().recognised(plain) is standard


def test_every_name_that_a_standard_refuses_is_told_with_its_place() -> None:
    catalog = root.catalog()
    wot = {
        "@type": "tm:ThingModel",
        "properties": {"{{A}}": {"type": "object", "properties": {"b": {}}}},
    }
    sdf = {"sdfObject": {"a:b": {"sdfProperty": {"c": {"sdfChoice": {"d:e": {"const": 1}}}}}}}
    field = {"name": "9", "schema": "long", "displayName": {"de": "x" * 513}}
    dtdl = {
        "@id": "dtmi:a;1",
        "contents": [{"name": "b_", "schema": {"@type": "Object", "fields": [field]}}],
    }
    found = {
        name: [v.path for v in catalog.named(name).check(json.dumps(plain).encode())]
        for name, plain in (("wot", wot), ("sdf", sdf), ("dtdl", dtdl))
    }
    inner = ("dtmi:a;1", "contents", "b_", "schema", "fields", "9")
    assert found == {
        "wot": [("properties", "{{A}}")],
        "sdf": [("sdfObject", "a:b"), ("sdfObject", "a:b", "sdfProperty", "c", "sdfChoice", "d:e")],
        "dtdl": [("dtmi:a;1", "contents", "b_", "name"), (*inner, "name"), (*inner, "displayName")],
    }
