"""A header value never ends its line: one function makes them all, and it refuses control characters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import entrepot
from entrepot.dialect.request import header_value

HOME = Path(entrepot.__file__).parent
WRITERS = sorted(
    path for folder in ("dialect", "vendors", "explorer", "edge") for path in (HOME / folder).rglob("*.py")
)  # fmt: skip


@pytest.mark.parametrize("byte", sorted({*range(0x20), 0x7F} - {0x09}))
def test_a_control_character_is_refused_wherever_it_stands(byte: int) -> None:
    for text in (chr(byte), f"a{chr(byte)}", f"{chr(byte)}a", f"a\r\nset-cookie: b{chr(byte)}"):
        with pytest.raises(ValueError, match="control character"):
            header_value(text)


def test_everything_else_is_taken_as_it_stands() -> None:
    text = "".join(map(chr, range(0x20, 0x7F))) + "\t水é"
    assert header_value(text) == text.encode()
    assert header_value("") == b""


def encoded_by_hand(source: str) -> Iterator[int]:
    """Lines where a pair of a header's name and a text that was encoded on the spot is made."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Tuple) or len(node.elts) != 2:
            continue
        name, value = node.elts
        named = isinstance(name, ast.Constant) and isinstance(name.value, bytes)
        if (
            named
            and isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr == "encode"
        ):
            yield node.lineno


@pytest.mark.parametrize("path", WRITERS, ids=lambda p: str(p.relative_to(HOME)))
def test_no_module_encodes_a_header_value_by_hand(path: Path) -> None:
    assert not list(encoded_by_hand(path.read_text()))


def test_the_search_finds_what_it_looks_for() -> None:
    assert list(encoded_by_hand('x = ((b"x-id", id.encode()),)')) == [1]
    assert list(encoded_by_hand('x = (b"x-id", f"{id}".encode())')) == [1]
