"""A refusal speaks the vendor's and our words: no library's and no language's words reach a caller.

Every operation of every dialect gets texts that are no JSON, and values of another type at the places that
its body and its parameters declare: neighbouring places get different ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from msgspec import inspect as mi
from msgspec.structs import replace

from entrepot.core.faults import Malformed
from entrepot.core.unreadable import not_a_model, not_json, other_type
from entrepot.dialect.check import read_json
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Request
from tests.contract.heaviest import places
from tests.contract.locations import put
from tests.vendors.wronged import Sender, Way, body, each_operation, sending

LIBRARY = re.compile(
    r"Expected `|Object (missing|contains)|JSON is malformed|data was truncated|EOF while|line \d+ column"
    r"|Detected duplicate|recursion limit|\(byte \d+\)|at `\$|can't decode|'[A-Za-z]+' object|invalid literal"
    r"|trailing (comma|characters)|Number out of range|not subscriptable|not iterable|[A-Za-z]Error\b"
    r"|unexpected end of data|indices must be"
)
NO_JSON = (
    b"{", b"[1,]", b'{"a":1,"a":2}', b"[" * 300 + b"]" * 300, b"\xff", b'"\\ud800"', b'"\\x"', b"NaN", b"{} x",
    b'"a\nb"', b"9" * 5000, b'["\xff"]', b"tru", b'{"a" 1}', b"01",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, 2**63, -(2**63) - 1, 2**70, 1.5, "", "no", "{", '{"a":1,"a":2}', "[1]", "{}", '{"properties":[1]}',
    '{"properties":{"a":1}}', [], [None], [[]], {}, {"a": 1}, 9223372036854775808.0,
)  # fmt: skip


class Anything(msgspec.Struct):
    """A declaration that nothing here gets as far as."""


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    with sending(tmp_path_factory.mktemp("words")) as made:
        yield made


def _with_value(path: tuple[Any, ...], value: Any, request: Request) -> Request:
    try:
        plain = put(json.loads(request.body), path, value)
    except (KeyError, IndexError, TypeError):  # this place is not in the example
        plain = {**json.loads(request.body), str(path[0]): value}
    return replace(request, body=json.dumps(plain).encode())


def _with_parameter(name: str, value: Any, request: Request) -> Request:
    text = value if isinstance(value, str) else json.dumps(value)
    pairs = [p for p in request.query.split(b"&") if p and not p.startswith(name.encode() + b"=")]
    pairs.append(f"{name}={quote(text, safe='')}".encode())
    return replace(request, query=b"&".join(pairs))


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _turns(values: tuple[Any, ...], among: int) -> Iterator[tuple[Any, ...]]:
    """One part of the values after another, for ever: each place tries one in so many, all places try all."""
    return cycle([values[first::among] for first in range(among)])


def _wrong(operation: Operation) -> Iterator[Way]:
    some, texts = _turns(OTHERS, 2), _turns(OTHERS + tuple(map(_text, NO_JSON)), 3)
    if operation.body is not None and not operation.is_upload:
        for raw in NO_JSON:
            yield Way(f"{raw[:20]!r}", before=body(raw))
        for (path, _), values in zip(places(mi.type_info(operation.body)), some, strict=False):
            for value in values:
                yield Way(f"{path} {value!r}", before=partial(_with_value, path, value))
    for name, values in zip(operation.parameters, texts, strict=False):
        for value in values:
            yield Way(f"{name} {value!r:.40}", before=partial(_with_parameter, name, value))


@each_operation
def test_no_refusal_shows_a_librarys_words(
    dialect: Dialect, operation: Operation, sender: Sender
) -> None:
    for way in _wrong(operation):
        answer, fault = sender.send(dialect, operation, (way,))
        said = answer.body.decode()
        if fault is not None:
            assert not LIBRARY.search(said), (way.name, said)


@pytest.mark.parametrize("raw", NO_JSON)
def test_what_is_no_json_is_told_in_our_words(raw: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        read_json(raw, Anything)
    assert not LIBRARY.search(refused.value.reason)


def test_the_place_of_an_error_is_kept() -> None:
    jiter, plain = (
        'Detected duplicate key "a" at line 1 column 12',
        "expected value at line 2 column 3",
    )
    assert not_json(ValueError(jiter)) == "has a key twice at line 1, column 12"
    assert not_json(ValueError(plain)) == "is not JSON at line 2, column 3"
    assert (
        not_json(ValueError("JSON is malformed: trailing comma in array (byte 3)"))
        == "is not JSON at byte 3"
    )
    assert not_json(ValueError("Input data was truncated")) == "ends too early"
    assert not_a_model(KeyError("service_id")) == "service_id is missing or unknown"
    assert (
        not_a_model(TypeError("'int' object is not iterable"))
        == "a member is of another type than the format has"
    )
    other = "Expected `int` <= 9 - at `$.service_capabilities[0].step`"
    assert other_type(ValueError(other))[0] == ("service_capabilities", 0, "step")
    assert other_type(ValueError("Expected `int`")) == ((), "is not of the declared type or range")
