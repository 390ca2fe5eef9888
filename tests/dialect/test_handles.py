"""Handles: every number has one, in its vendor's shape, and nobody else's reads as ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.vault import Vault
from entrepot.dialect.handles import DIGITS, HEX, LETTERS_AND_DIGITS, LOWER, MOST, Code

VAULT, OTHER_VAULT = Vault(bytes(32)), Vault(bytes(31) + b"\1")
CODES = (
    Code("a/product", LETTERS_AND_DIGITS, 11, bits=64, prefix="a1"),
    Code("b/product", HEX, 24, bits=96),
    Code("c/product", LOWER + DIGITS, 8, bits=40),
    Code("d/app", HEX, 32, bits=128),
    Code("e/org", DIGITS, 14, bits=46, prefix="o"),
)
each_code = pytest.mark.parametrize("code", CODES, ids=lambda c: c.purpose)


def most(code: Code) -> int:
    return min(MOST, 1 << code.bits)


@each_code
def test_the_permutation_fits_the_spelling(code: Code) -> None:
    assert code.bits % 2 == 0
    assert code.bits <= 128
    assert len(code.alphabet) ** code.length >= 1 << code.bits
    assert len(set(code.alphabet)) == len(code.alphabet)


@each_code
@given(data=st.data())
def test_a_handle_reads_back_as_its_number(code: Code, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, most(code) - 1))
    text = code.write(VAULT, number)
    assert text.startswith(code.prefix)
    assert len(text) == len(code.prefix) + code.length
    assert set(text[len(code.prefix) :]) <= set(code.alphabet)
    assert code.read(VAULT, text) == number


@each_code
def test_no_two_numbers_share_a_handle(code: Code) -> None:
    numbers = [*range(100_001, 102_001), most(code) - 1]
    assert len({code.write(VAULT, n) for n in numbers}) == len(numbers)


@each_code
def test_neighbours_handles_look_unrelated(code: Code) -> None:
    first, second = code.write(VAULT, 100_001), code.write(VAULT, 100_002)
    same = sum(
        a == b for a, b in zip(first[len(code.prefix) :], second[len(code.prefix) :], strict=True)
    )
    assert same <= code.length // 2


@each_code
def test_another_installation_and_another_purpose_spell_differently(code: Code) -> None:
    other = Code(code.purpose + "x", code.alphabet, code.length, code.bits, code.prefix)
    spelled = {
        code.write(VAULT, 100_001),
        code.write(OTHER_VAULT, 100_001),
        other.write(VAULT, 100_001),
    }
    assert len(spelled) == 3


@each_code
@given(text=st.text(max_size=40))
def test_foreign_text_reads_as_nothing_or_a_small_number(code: Code, text: str) -> None:
    number = code.read(VAULT, text)
    assert number is None or code.write(VAULT, number) == text


@pytest.mark.parametrize("code", [c for c in CODES if c.bits >= 64], ids=lambda c: c.purpose)
def test_another_installations_handles_read_as_nothing(code: Code) -> None:
    read = [code.read(VAULT, code.write(OTHER_VAULT, n)) for n in range(1, 2001)]
    assert read == [None] * 2000


@each_code
@pytest.mark.parametrize("text", ["", "a1", " ", "\0" * 24, "灯" * 13, "a" * 10_000, "f" * 32])
def test_text_of_another_shape_reads_as_nothing(code: Code, text: str) -> None:
    number = code.read(VAULT, text)
    assert number is None or len(text) == len(code.prefix) + code.length
