"""Alibaba parameters and answers: what is read is what was sent, what is written can be read."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote, quote_plus, urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.dialect.check import is_plain
from entrepot.dialect.request import Request
from entrepot.vendors.aliyun import codec
from entrepot.vendors.aliyun.products.wire import CreateProduct

FORM = {b"content-type": b"application/x-www-form-urlencoded"}

TEXTS = st.text(max_size=20)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
LEAVES = st.recursive(
    TEXTS,
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=12),
        st.dictionaries(NAMES, below, min_size=1, max_size=4),
    ),
    max_leaves=15,
)


def depth(value: codec.Nested) -> int:
    if isinstance(value, str):
        return 0
    items = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, items))


def flatten(value: codec.Nested, name: str, into: dict[str, str]) -> None:
    if isinstance(value, str):
        into[name] = value
    elif isinstance(value, dict):
        for key, below in value.items():
            flatten(below, f"{name}.{key}", into)
    else:
        for number, below in enumerate(value, 1):
            flatten(below, f"{name}.{number}", into)


def read(query: bytes, body: bytes = b"", headers: dict[bytes, bytes] = FORM) -> dict[str, str]:
    return codec.read(Request("POST", b"/", query, headers, body)).all


@given(
    st.dictionaries(st.text(min_size=1, max_size=8), TEXTS, max_size=8),
    st.integers(0, 8),
    st.sampled_from([quote, quote_plus]),
)
def test_what_was_sent_is_read_from_query_and_form(
    sent: dict[str, str], split: int, escape: Any
) -> None:
    pairs = list(sent.items())
    query = urlencode(pairs[:split], quote_via=escape, safe="")
    form = urlencode(pairs[split:], quote_via=escape, safe="~*'()!")
    assert read(query.encode(), form.encode()) == sent


@given(st.binary(max_size=40))
@example(b"a=%0D%0A=&b==\n")
@example(b"a=x%20%09 &b=.%0A.")
def test_every_byte_string_is_read_or_reported(raw: bytes) -> None:
    escaped = b"a=" + quote(raw, safe="").encode()
    if raw.decode("utf-8", "ignore").encode() == raw:
        assert read(escaped) == {"a": raw.decode()}
    else:
        with pytest.raises(codec.BadParameter, match=r"^a: not valid UTF-8$"):
            read(escaped)
    with contextlib.suppress(codec.BadParameter):
        assert all(read(raw))


@pytest.mark.parametrize("query", [b"B=%", b"B=%1", b"B=%zz", b"B=1%2", b"B=%%41", b"B=% 41"])
def test_a_broken_escape_names_its_parameter(query: bytes) -> None:
    with pytest.raises(codec.BadParameter) as caught:
        read(b"A=1&" + query + b"&C=3")
    assert caught.value.name == "B"
    assert caught.value.reason == "a % is not followed by two hexadecimal digits"


@pytest.mark.parametrize("junk", [b"\x1b[31m\xff\r\n", b"x" * 1000, "灯".encode()])
def test_a_name_that_cannot_be_read_is_shown_in_80_printable_characters(junk: bytes) -> None:
    with pytest.raises(codec.BadParameter) as caught:
        read(b"A=1&" + junk + b"%zz=3")
    assert 0 < len(caught.value.name) <= 80
    assert caught.value.name.isascii()
    assert caught.value.name.isprintable()


@pytest.mark.parametrize("query", [b"B=%FF", b"B=\xff", b"B=%ED%A0%80", b"B=%C0%80", b"B=%E7%81"])
def test_bytes_that_are_no_utf8_name_their_parameter(query: bytes) -> None:
    with pytest.raises(codec.BadParameter) as caught:
        read(b"A=1&" + query + b"&C=3")
    assert (caught.value.name, caught.value.reason) == ("B", "not valid UTF-8")


def test_blank_values_stay_and_empty_pairs_do_not() -> None:
    assert read(b"&A=&B&&C=+&") == {"A": "", "B": "", "C": " "}
    with pytest.raises(codec.BadParameter):
        read(b"A=1&=2")


@pytest.mark.parametrize(
    ("query", "form"), [(b"A=1&A=1", b""), (b"A=1&%41=2", b""), (b"A=1", b"A=1"), (b"", b"A&A")]
)
def test_a_name_given_twice_is_reported(query: bytes, form: bytes) -> None:
    with pytest.raises(codec.RepeatedParameter) as caught:
        read(query, form)
    assert caught.value.name == "A"


def test_only_a_form_is_read_as_parameters() -> None:
    for kind in (b"application/json", b"", b"application/octet-stream"):
        assert read(b"A=1", b"A=2", {b"content-type": kind}) == {"A": "1"}
    assert read(b"A=1", b"B=2", {b"content-type": FORM[b"content-type"].upper()}) == {
        "A": "1",
        "B": "2",
    }


@given(st.dictionaries(NAMES, LEAVES, max_size=4))
def test_nesting_undoes_flattening(value: dict[str, codec.Nested]) -> None:
    flat: dict[str, str] = {}
    for name, below in value.items():
        flatten(below, name, flat)
    if max((name.count(".") for name in flat), default=0) < codec.DEEPEST_NAME:
        assert codec.nest(flat) == value
    else:
        with pytest.raises(codec.BadParameter, match="parts"):
            codec.nest(flat)


@given(st.dictionaries(NAMES, LEAVES, max_size=3).filter(bool), st.randoms())
def test_the_order_of_the_parameters_does_not_matter(
    value: dict[str, codec.Nested], random: Any
) -> None:
    flat: dict[str, str] = {}
    for name, below in value.items():
        if depth(below) < codec.DEEPEST_NAME:
            flatten(below, name, flat)
    shuffled = list(flat.items())
    random.shuffle(shuffled)
    assert codec.nest(dict(shuffled)) == codec.nest(flat)


def test_tags_become_a_list_of_structures() -> None:
    flat = {"ProductTag.1.TagKey": "a", "ProductTag.2.TagKey": "b", "ProductTag.1.TagValue": "c"}
    wanted = [{"TagKey": "a", "TagValue": "c"}, {"TagKey": "b"}]
    assert codec.nest(flat | {"ProductKey": "k"}) == {"ProductTag": wanted, "ProductKey": "k"}


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["A.1", "A.3"], "missing"),
        (["A.2"], "missing"),
        (["A.0"], "neither"),
        (["A.01"], "neither"),
        (["A.-1"], "neither"),
        (["A.\u0661"], "neither"),
        (["A."], "neither"),
        (["A..B"], "neither"),
        ([".A"], "not a name"),
        (["1.A"], "not a name"),
        (["A.1001"], "over 1000"),
        (["A." + "9" * 50], "neither"),
        (["A.1.B.1.C.1"], "parts"),
        (["A." * 5000 + "B"], "parts"),
        (["A", "A.1"], "at once"),
        (["A.1", "A"], "at once"),
        (["A.1.B", "A.1"], "at once"),
        (["A.1", "A.B"], "mixes"),
    ],
)
def test_a_name_that_makes_no_structure_is_reported(names: list[str], reason: str) -> None:
    with pytest.raises(codec.BadParameter, match=reason):
        codec.nest({name: f"value {number}" for number, name in enumerate(names)})


def test_a_list_may_be_as_long_as_the_bound_and_keeps_its_order() -> None:
    flat = {f"DeviceName.{number}": f"d{number}" for number in range(codec.LONGEST_LIST, 0, -1)}
    assert codec.nest(flat)["DeviceName"] == [f"d{n}" for n in range(1, codec.LONGEST_LIST + 1)]


XML_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
XML_VALUES = st.recursive(
    st.one_of(XML_TEXTS, st.booleans(), st.integers(), st.none()),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(NAMES, below, max_size=4)),
    max_leaves=20,
)


def carried(text: str) -> str:
    """The text with every character outside XML 1.0's production `Char` replaced."""
    allowed = {9, 10, 13}

    def fits(code: int) -> bool:
        return code in allowed or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF

    return "".join(letter if fits(ord(letter)) else "\ufffd" for letter in text)


def elements(name: str, value: Any) -> list[tuple[str, Any]]:
    """What should stand in the document: (name, text or children) in order."""
    if value is None:
        return []
    if isinstance(value, list):
        return [element for item in value for element in elements(name, item)]
    if isinstance(value, dict):
        children = [element for key, item in value.items() for element in elements(key, item)]
        return [(name, children or "")]
    if isinstance(value, bool):
        return [(name, "true" if value else "false")]
    return [(name, carried(str(value)))]


def parsed(element: ElementTree.Element) -> tuple[str, Any]:
    return element.tag, [parsed(child) for child in element] or element.text or ""


@given(st.dictionaries(NAMES, XML_VALUES, max_size=5))
@example({"A": "\r\n<&>\"']]>\x00\x0b\ufffe\uffff\ud7ff\ue000\U0010ffff\x7f\x85"})
def test_xml_is_read_back_as_the_answer(answer: dict[str, Any]) -> None:
    document = codec.xml_answer("CreateProductResponse", answer)
    assert [parsed(ElementTree.fromstring(document))] == elements("CreateProductResponse", answer)


def test_xml_looks_like_the_documented_answer() -> None:
    answer = {"Data": {"ProductName": "路灯 <1>", "Id2": False}, "Code": None, "Success": True}
    assert codec.xml_answer("CreateProductResponse", answer).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><CreateProductResponse><Data><ProductName>'
        "路灯 &lt;1&gt;</ProductName><Id2>false</Id2></Data><Success>true</Success>"
        "</CreateProductResponse>"
    )
    refusal = codec.xml_answer("Error", {"RequestId": "E55E", "Code": "MissingNodeType"})
    assert refusal.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><Error><RequestId>E55E</RequestId>'
        "<Code>MissingNodeType</Code></Error>"
    )


def test_lists_repeat_their_element() -> None:
    answer = {"List": {"ProductInfo": [{"NodeType": 0}, {"NodeType": 1}]}}
    written = codec.xml_answer("R", answer)
    assert b"<List><ProductInfo><NodeType>0</NodeType></ProductInfo><ProductInfo>" in written


@pytest.mark.parametrize("answer", [{"a b": "1"}, {"1": "1"}, {"": "1"}, {"A": b"1"}, {"A": {1}}])
def test_an_answer_that_is_no_document_is_a_defect(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="XML"):
        codec.xml_answer("R", answer)


def test_the_parameters_of_an_ordinary_create_are_read_the_fast_way() -> None:
    """Also beside a version, a time and a nonce that begin with a digit."""
    given = {
        "Version": "2018-01-20", "Timestamp": "2026-01-01T00:00:00Z", "SignatureNonce": "3f",
        "ProductName": "1st light", "NodeType": "0", "DataFormat": "1",
    }  # fmt: skip
    assert is_plain(given, CreateProduct)
    assert not is_plain({**given, "Description": "null"}, CreateProduct)
    assert not is_plain({**given, "DataFormat": "1.0"}, CreateProduct)
