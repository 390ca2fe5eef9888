"""What the audit log says of a thing model that was changed: all that changed, and no more than that."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.models.authored import Authored
from entrepot.core.models.changes import SPELLING, model_changes
from entrepot.core.models.differences import Difference

# What is not there is told as null, so null itself is left out here.
VALUES = st.recursive(
    st.booleans() | st.integers(2, 9) | st.text("ab/~", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~", max_size=2), inner),
    max_leaves=12,
)
TEXTS = st.dictionaries(st.sampled_from(("services", "a/b", "~")), VALUES, max_size=3)


def authored(plain: Any, dialect: str = "roma", parked: tuple[Difference, ...] = ()) -> Authored:
    return Authored(dialect, msgspec.Raw(json.dumps(plain).encode()), parked)


def replayed(plain: Any, changes: dict[str, list[Any]]) -> Any:
    """The text after the changes, made by who reads the log."""
    plain = json.loads(json.dumps(plain))
    gone = [one for one in changes.items() if one[1][1] is None]
    # What goes from a list goes from its end, and what comes to one comes in order.
    for place, (was, now) in (*gone[::-1], *(one for one in changes.items() if one not in gone)):
        steps = [s.replace("~1", "/").replace("~0", "~") for s in place.split("/")[1:]]
        if not steps:
            return plain if now == SPELLING else now
        holder: Any = plain
        for step in steps[:-1]:
            holder = holder[int(step) if isinstance(holder, list) else step]
        last: Any = int(steps[-1]) if isinstance(holder, list) else steps[-1]
        if now is None:
            assert holder[last] == was
            del holder[last]
        elif isinstance(holder, list) and was is None:
            holder.insert(last, now)
        else:
            holder[last] = now
    return plain


def middles(size: int) -> dict[str, Any]:
    return {"services": [{"service_name": f"s{n}", "properties": []} for n in range(size)]}


@given(TEXTS, TEXTS)
def test_the_changes_lead_from_the_one_text_to_the_other(before: Any, after: Any) -> None:
    changes = model_changes("model", authored(before), authored(after))
    assert replayed(before, changes) == after
    assert changes or before == after


def test_a_part_that_is_new_is_told_alone_however_large_the_model_is() -> None:
    for size in (1, 1000):
        before, after = middles(size), middles(size)
        after["services"][size // 2]["properties"].append({"property_name": "level"})
        assert model_changes("model", authored(before), authored(after)) == {
            f"model/services/{size // 2}/properties/0": [None, {"property_name": "level"}]
        }
        del before["services"][0]
        gone = model_changes("model", authored(middles(size)), authored(before))
        assert gone == {"model/services/0": [{"service_name": "s0", "properties": []}, None]}


def test_another_spelling_of_the_same_values_is_told_as_that() -> None:
    texts = (b'{"a": 1.10, "b": 2}', b'{"b":2,"a":1.1}')
    one, other = (Authored("roma", msgspec.Raw(text)) for text in texts)
    assert model_changes("model", one, other) == {"model": [SPELLING, SPELLING]}


def test_what_is_parked_is_told_by_its_place_too() -> None:
    lost = (Difference(("id",), "a", None), Difference(("name",), "b", None))
    found = model_changes("draft", authored({}, parked=lost[:1]), authored({}, parked=lost))
    assert found == {"draft, parked/1": [None, {"path": ["name"], "was": "b"}]}


def test_a_whole_model_stands_where_there_was_none_or_another_author_wrote_it() -> None:
    new = authored({"services": []})
    assert model_changes("model", None, new) == {"model": [None, ["roma", {"services": []}, []]]}
    assert model_changes("model", new, None) == {"model": [["roma", {"services": []}, []], None]}
    theirs = authored([], "iotda")
    assert model_changes("model", theirs, new) == {
        "model": [["iotda", [], []], ["roma", {"services": []}, []]]
    }


def test_changes_in_very_many_places_are_told_as_the_whole_before_and_after() -> None:
    before, after = ({"services": [{"status": n} for _ in range(501)]} for n in (0, 1))
    found = model_changes("model", authored(before), authored(after))
    assert found == {"model": [["roma", before, []], ["roma", after, []]]}


def test_a_text_that_cannot_be_read_is_told_as_it_stands() -> None:
    odd, new = Authored("roma", msgspec.Raw(b'{"a":')), authored({"a": 1})
    assert model_changes("model", odd, new) == {"model": ['{"a":', {"a": 1}]}


def test_a_number_that_cannot_be_read_is_told_as_text() -> None:
    odd, new = Authored("roma", msgspec.Raw(b'{"a":1e999}')), authored({"a": 1})
    assert model_changes("model", odd, new) == {"model/a": ["1e999", 1]}
