"""The quick way through CreateProduct answers what the careful way answers, or nothing at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from entrepot.core.faults import Invalid, Malformed
from entrepot.dialect.check import read_json
from entrepot.vendors.huawei.iotda.formats import wire as formats_wire
from entrepot.vendors.huawei.iotda.products import body as careful
from entrepot.vendors.huawei.iotda.products import quick, wire
from tests.vendors.huawei.iotda.caller import property, sample, service, small

PARA = {
    "para_name": "p", "data_type": "int", "description": "d", "required": True, "enum_list": ["a"],
    "min": "1", "max": "2", "max_length": 3, "step": 1, "unit": "u",
}  # fmt: skip
FULL = small(
    product_id="id-1",
    app_id="app-1",
    manufacturer_name="Maker",
    industry="industry",
    description="made: of [parts]",
    service_capabilities=[
        service(
            description="service",
            option="Master",
            properties=[
                property(
                    default_value={"a": [1.10, {"b": None}]}, description="p", enum_list=["a"]
                ),
                property(
                    property_name="other",
                    default_value="text",
                    max_length=3,
                    step=0.5,
                    unit="u",
                    required=False,
                    min="1",
                    max="2",
                ),
            ],
            commands=[
                {
                    "command_name": "c",
                    "paras": [PARA],
                    "responses": [{"response_name": "r", "paras": [PARA]}],
                }
            ],
            events=[{"event_type": "e", "paras": [PARA]}],
        ),
        service(service_id="second", service_type=""),
    ],
)
NASTY: tuple[Any, ...] = (
    "", " ", "a b", "x" * 17, "x" * 33, "x" * 65, "x" * 129, "x" * 600, "a\nb", "a\0b", "a:b", "é", "中",
    "$", '"', "\\", "🌡", "\ud800", 1, 1.5, -1, True, None, [], {}, ["a"], [None], 2**70,
)  # fmt: skip


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        yield from paths(item, (*at, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return changed


def both(raw: bytes) -> tuple[Any, Any]:
    """What the quick and the careful way make of the same bytes; None for a refusal or no answer."""
    read = quick.read(raw)
    try:
        body = read_json(raw, wire.CreateProduct, formats_wire.LENIENT)
        text = careful._text(body.service_capabilities, raw)
    except (Invalid, Malformed):
        return read, None
    top = {k: v for k, v in msgspec.structs.asdict(body).items() if k != "service_capabilities"}
    if read is None:
        return None, (top, text)
    mine = {k: v for k, v in msgspec.structs.asdict(read[0]).items() if k != "service_capabilities"}
    return (mine, read[1]), (top, text)


def test_the_body_of_these_tests_has_every_member_there_is() -> None:
    def members(kind: Any) -> Iterator[str]:
        if isinstance(kind, inspect.StructType):
            for field in kind.fields:
                yield field.encode_name
                yield from members(field.type)
        for below in ("type", "item_type"):
            if hasattr(kind, below):
                yield from members(getattr(kind, below))
        for option in getattr(kind, "types", ()):
            yield from members(option)

    used = {p[-1] for p in paths(FULL) if p}
    assert used >= set(members(inspect.type_info(wire.CreateProduct)))


@pytest.mark.parametrize("spaces", [(",", ":"), (", ", ": "), (" ,\n", " :\t")])
@pytest.mark.parametrize("escaped", [True, False])
def test_right_bodies_go_the_quick_way(spaces: tuple[str, str], escaped: bool) -> None:
    chinese = put(FULL, ("description",), "温度: 计")
    for body in (FULL, small(), sample("create_product_request"), chinese):
        raw = json.dumps(body, separators=spaces, ensure_ascii=escaped).encode()
        quickly, carefully = both(raw)
        assert quickly is not None
        assert quickly == carefully


def test_a_service_whose_name_holds_what_no_other_name_may_goes_the_careful_way() -> None:
    at = ("service_capabilities", 1, "service_id")
    quickly, carefully = both(json.dumps(put(FULL, at, "second$")).encode())
    assert quickly is None
    assert carefully is not None


@pytest.mark.parametrize("path", [p for p in paths(FULL) if p], ids=str)
def test_no_value_gets_through_that_the_careful_way_refuses(path: tuple[Any, ...]) -> None:
    for new in NASTY:
        raw = json.dumps(put(FULL, path, new)).encode()
        quickly, carefully = both(raw)
        assert quickly is None or quickly == carefully, (path, new)


@pytest.mark.parametrize("path", [p for p in paths(FULL) if p and isinstance(p[-1], str)], ids=str)
def test_no_member_may_stand_twice_or_be_missed(path: tuple[Any, ...]) -> None:
    whole = json.dumps(FULL)
    marked = json.dumps(put(FULL, path, "MARK"))
    name = json.dumps(path[-1])
    value: Any = FULL
    for step in path:
        value = value[step]
    twice = marked.replace('"MARK"', f"{json.dumps(value)}, {name}: {json.dumps(value)}")
    assert json.loads(twice) == json.loads(whole)
    quickly, carefully = both(twice.encode())
    assert quickly is None
    assert carefully is None
    hidden = twice.replace("made: of", r"made\u003a of")  # a colon less to balance a key too many
    assert both(hidden.encode()) == (None, None)
    without = copy.deepcopy(FULL)
    inner: Any = without
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    quickly, carefully = both(json.dumps(without).encode())
    assert quickly == carefully


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"[]", b"null", b"1", b'{"name":}', b"\xff\xfe", b"{} {}", b"NaN",
        json.dumps(FULL).encode().replace(b"made", b"m\xffde"),
        json.dumps(FULL).encode().replace(b'"text"', b'"t\xffxt"'),
        json.dumps(FULL).encode().replace(b'"text"', b'"\\ud800"'),
        json.dumps(FULL).encode().replace(b'"text"', b'"a\\u0000b"'),
        json.dumps(FULL).encode().replace(b'"text"', b"NaN"),
        json.dumps(FULL).encode().replace(b'"text"', b"[" * 5000 + b"]" * 5000),
        json.dumps(FULL).encode().replace(b'"text"', b'{"a":1,"a":1}'),
        json.dumps(FULL).encode().replace(b'"text"', b'[{"a":1,"\\u0061":1}]'),
    ],
)  # fmt: skip
def test_what_is_no_json_is_left_to_the_careful_way(raw: bytes) -> None:
    assert both(raw) == (None, None)


@pytest.mark.parametrize("depth", [50, 90, 101, 190, 199, 201, 900])
def test_a_default_nests_as_deep_as_the_careful_way_allows(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    quickly, carefully = both(json.dumps(FULL).encode().replace(b'"text"', nested))
    assert quickly is None or quickly == carefully
    assert (quickly is None) == (depth > 100)
