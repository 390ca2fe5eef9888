"""Query strings: every byte sequence is read as it was meant, or refused."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.faults import Malformed
from entrepot.dialect import parameters
from entrepot.dialect.parameters import MAX_PARAMETERS, parse, percent_decode

texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.dictionaries(texts, st.lists(texts, min_size=1, max_size=3), max_size=5))
def test_it_reads_what_urlencode_writes(given_: dict[str, list[str]]) -> None:
    query = urlencode(given_, doseq=True).encode()
    wanted = {k: v[0] if len(v) == 1 else v for k, v in given_.items()}
    assert parse(query) == wanted


@given(texts)
def test_percent_decoding_undoes_quoting(text: str) -> None:
    assert percent_decode(quote(text, safe="").encode()) == text
    assert parse(b"a=" + quote_plus(text).encode()) == {"a": text}


@given(texts.map(lambda t: t * 300))
def test_a_long_value_is_read_like_a_short_one(text: str) -> None:
    assert percent_decode(quote(text, safe="").encode()) == text
    assert percent_decode(quote(text, safe="=/&+ ").encode()) == text


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(query: bytes) -> None:
    try:
        found = parse(query)
    except Malformed as refused:
        assert refused.part == "query"  # noqa: PT017
    else:
        assert all(isinstance(v, str | list) for v in found.values())


def test_it_agrees_with_the_standard_library_on_odd_but_readable_queries() -> None:
    for query in ("a=1&&b=2", "a", "a=", "=b", "a=1&a=2&a=3", "a=b=c", "a+b=c+d", "&", "a=%2B+%20"):
        wanted = parse_qs(query, keep_blank_values=True)
        assert parse(query.encode()) == {k: v[0] if len(v) == 1 else v for k, v in wanted.items()}


@pytest.mark.parametrize(
    "value", [b"%", b"%4", b"%zz", b"a%", b"%%41", b"%ff", b"\xff", b"%c3", b"%u0041"]
)
@pytest.mark.parametrize("length", [0, 5000])
def test_what_cannot_be_decoded_is_malformed(value: bytes, length: int) -> None:
    with pytest.raises(Malformed):
        parse(b"a=" + b"x" * length + value)
    with pytest.raises(Malformed):
        parse(value + b"x" * length + b"=1")


def test_the_number_of_parameters_is_bounded() -> None:
    assert len(parse(b"&".join(b"a%d=" % i for i in range(MAX_PARAMETERS)))) == MAX_PARAMETERS
    with pytest.raises(Malformed):
        parse(b"&".join(b"a%d=" % i for i in range(MAX_PARAMETERS + 1)))


def outcome(query: bytes) -> object:
    """What the query says, or how it is refused."""
    try:
        return parse(query)
    except Malformed as refused:
        return refused.reason


@given(
    st.lists(st.sampled_from([b"%41", b"%", b"%e6%b0%b4", b"\xe6\xb0\xb4", b"&", b"=", b"+", b"a"]))
    .map(b"".join)
    .filter(len),
    st.integers(3, 9),
)
def test_a_text_read_in_steps_says_the_same(query: bytes, step: int) -> None:
    whole = outcome(query)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parameters, "_STEP", step)
        assert outcome(query) == whole


@given(st.text("&a", max_size=30), st.integers(1, 30), st.integers(1, 9))
def test_separators_are_counted_up_to_a_bound(text: str, most: int, step: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parameters, "_STEP", step)
        found = parameters.count_separators(text.encode(), most)
    assert min(found, most) == min(text.count("&"), most)
