"""A projection keeps the named fields of a result, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.vendors.enos.search.projection import (
    MAX_PATH_LENGTH,
    MAX_PATHS,
    MAX_STEPS,
    BadPath,
    Projection,
    project,
    read,
)

PUMP: dict[str, Any] = {
    "modelId": "pump",
    "assetId": "Ab12Cd34",
    "name": {"defaultValue": "Pump 7", "i18nValue": {"en_US": "Pump 7", "zh_CN": "泵7"}},
    "attributes": {
        "site": "north",
        "limits": [{"kind": "flow", "max": 3}, {"kind": "heat", "max": 80}, 5],
        "grid": [[{"x": 1, "y": 2}], [{"x": 3}]],
        "empty": [],
    },
    "desc": None,
    "tags": {},
}


def kept(*paths: str) -> dict[str, object]:
    result = project(PUMP, paths)
    assert isinstance(result, dict)
    return result


def test_the_paths_of_the_official_example_keep_what_it_shows() -> None:
    paths = ("modelId", "assetId", "name.defaultValue", "attributes.limits[*].kind")
    assert kept(*paths) == {
        "modelId": "pump",
        "assetId": "Ab12Cd34",
        "name": {"defaultValue": "Pump 7"},
        "attributes": {"limits": [{"kind": "flow"}, {"kind": "heat"}]},
    }


def test_fields_keep_their_own_order_not_that_of_the_paths() -> None:
    assert list(kept("tags", "desc", "assetId", "modelId")) == [
        "modelId",
        "assetId",
        "desc",
        "tags",
    ]


def test_null_and_empty_values_are_kept_when_named() -> None:
    assert kept("desc", "tags", "attributes.empty") == {
        "attributes": {"empty": []},
        "desc": None,
        "tags": {},
    }


def test_a_star_stands_for_any_field() -> None:
    assert kept("*.defaultValue") == {"name": {"defaultValue": "Pump 7"}}
    assert kept("*") == PUMP
    assert kept("*.*.en_US") == {"name": {"i18nValue": {"en_US": "Pump 7"}}}


def test_both_spellings_of_every_element_mean_the_same() -> None:
    assert kept("attributes.limits.[*].max") == kept("attributes.limits[*].max")
    grid = {"attributes": {"grid": [[{"x": 1}], [{"x": 3}]]}}
    assert kept("attributes.grid[*][*].x") == kept("*.grid.[*].[*].x") == grid


def test_a_path_inside_a_whole_field_takes_nothing_away() -> None:
    assert kept("name.defaultValue", "name") == {"name": PUMP["name"]}


def test_two_paths_into_one_array_meet_in_each_element() -> None:
    assert kept("attributes.limits[*].kind", "attributes.limits[*].max") == {
        "attributes": {"limits": [{"kind": "flow", "max": 3}, {"kind": "heat", "max": 80}]}
    }


@pytest.mark.parametrize(
    "path",
    ["nothing", "name.nothing", "modelId.part", "attributes.limits.kind", "name[*]", "tags[*].x",
     "attributes.limits[*].nothing", "attributes.empty[*].x", "desc.x"],
)  # fmt: skip
def test_an_unknown_path_gives_nothing(path: str) -> None:
    assert kept(path) == {}


def test_no_paths_ask_for_everything() -> None:
    assert kept() == PUMP


@pytest.mark.parametrize(
    ("path", "position"),
    [("", 1), (".a", 1), ("a.", 3), ("a..b", 3), ("a[0]", 2), ("a[*", 2), ("a]", 2), ("a[*]b", 5),
     ("a*", 2), ("**", 2), ("*a", 2), ("[]", 1)],
)  # fmt: skip
def test_a_malformed_path_is_told_with_its_place(path: str, position: int) -> None:
    bad = project(PUMP, ["modelId", path])
    assert isinstance(bad, BadPath)
    assert (bad.path, bad.position) == (path, position)
    assert f"character {position}: expected" in str(bad)


def test_projections_are_bounded() -> None:
    assert isinstance(read(["a"] * MAX_PATHS), Projection)
    assert isinstance(read(["a"] * (MAX_PATHS + 1)), BadPath)
    assert isinstance(read(["a" * MAX_PATH_LENGTH]), Projection)
    assert isinstance(read(["a" * (MAX_PATH_LENGTH + 1)]), BadPath)
    assert isinstance(read([".".join("a" * MAX_STEPS)]), Projection)
    assert isinstance(read([".".join("a" * (MAX_STEPS + 1))]), BadPath)


NAMES = st.sampled_from("abc")
JSON = st.recursive(
    st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "*", "[*]"]), min_size=1, max_size=4).map(".".join),
    max_size=4,
)


def spots(value: object, at: tuple[object, ...] = ()) -> list[tuple[tuple[object, ...], object]]:
    """Every place in a document, with what is there."""
    found = [(at, value)]
    if isinstance(value, dict):
        inner: list[tuple[object, object]] = list(value.items())
    else:
        inner = list(enumerate(value)) if isinstance(value, list) else []
    for key, part in inner:
        found += spots(part, (*at, key))
    return found


def names(path: str, at: tuple[object, ...]) -> bool:
    """Whether the path names the place or something around it."""
    steps = path.split(".")
    pairs = zip(steps, at, strict=False)
    return len(steps) <= len(at) and all(
        isinstance(key, int) if step == "[*]" else isinstance(key, str) and step in ("*", key)
        for step, key in pairs
    )


def blurred(at: tuple[object, ...]) -> tuple[object, ...]:
    """Without array positions, which move when an element is left out."""
    return tuple("#" if isinstance(key, int) else key for key in at)


@given(st.dictionaries(NAMES, JSON, max_size=3), PATHS)
def test_exactly_the_leaves_that_some_path_names_are_kept(
    document: dict[str, object], paths: list[str]
) -> None:
    result = project(document, paths)
    assert isinstance(result, dict)

    def leaves(value: object, wanted: bool) -> list[str]:
        return sorted(
            repr((blurred(at), leaf))
            for at, leaf in spots(value)
            if at
            and not (isinstance(leaf, dict | list) and leaf)
            and (not wanted or not paths or any(names(path, at) for path in paths))
        )

    assert leaves(result, wanted=False) == leaves(document, wanted=True)


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_is_a_path_or_is_refused(paths: list[str]) -> None:
    assert isinstance(read(paths), Projection | BadPath)
