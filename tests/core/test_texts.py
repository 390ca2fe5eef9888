"""A JSON text that is kept can be decoded, whatever numbers an earlier release took into it."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.texts import decoded

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(values.filter(lambda v: "Infinity" not in json.dumps(v)))
def test_what_a_reader_can_hold_is_itself(value: object) -> None:
    assert decoded(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "number", ["1" * 4_301, "-" + "9" * 5_000, "1e400", "-1e999", "1" * 500 + ".5"]
)
def test_a_number_that_no_reader_can_hold_is_its_text(number: str) -> None:
    text = f'{{"a":[{number},1,"x",1.5,{10**300}]}}'.encode()
    for kept in (text, msgspec.Raw(text)):
        assert decoded(kept) == {"a": [number, 1, "x", 1.5, 10**300]}


@pytest.mark.parametrize("text", [b"", b"{", b'{"a":1e400', b'{"a":1e400}}', b"\xff", b"[NaN]"])
def test_what_is_no_json_is_none(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decoded(text)
