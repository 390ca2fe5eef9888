"""Handles: what a dialect calls a thing, computed from the thing's number and back. Nothing is stored.

A keyed Feistel permutation of the number, spelled in the vendor's alphabet and length. Without the
installation's key nobody can tell one handle's number from another's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from entrepot.core.vault import Vault

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
HEX = "0123456789abcdef"
LETTERS_AND_DIGITS = UPPER + LOWER + DIGITS
MOST = 1 << 44  # ids stay below this: 17 million million things
_ROUNDS = 3  # the fewest that make a pseudo-random permutation of pseudo-random functions


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A reversible spelling of numbers as texts of one shape.

    `length` counts the characters behind `prefix`. The permutation is `bits` wide; numbers are far
    smaller, so a text that was not made here reads as None nearly always.
    """

    purpose: str  # for example "aliyun/product"; another purpose permutes differently
    alphabet: str
    length: int
    bits: int  # even, and no more than alphabet ** length can spell; at most 128
    prefix: str = ""

    def write(self, vault: Vault, number: int) -> str:
        """The handle of the number."""
        return _write(self, vault, number)

    def read(self, vault: Vault, text: str) -> int | None:
        """The number that `write` spelled so, or None where no number does."""
        if len(text) != len(self.prefix) + self.length:
            return None
        return _read(self, vault, text)

    def read_of_stranger(self, vault: Vault, text: str) -> int | None:
        """The same of a text whose sender has not proved who it is: nothing is remembered of it."""
        if len(text) != len(self.prefix) + self.length:
            return None
        return _read.__wrapped__(self, vault, text)


# A server writes the same few handles (spaces, tenants) again and again; those of products pass by,
# and the fewer are remembered, the less cold memory each of them turns over.
@lru_cache(maxsize=256)
def _write(code: Code, vault: Vault, number: int) -> str:
    value = _permute(_rounds(vault, code.purpose), number, code.bits)
    if code.alphabet == HEX:
        return code.prefix + value.to_bytes(code.length // 2, "big").hex()
    alphabet, n = code.alphabet, len(code.alphabet)
    letters = []
    for _ in range(code.length):
        value, digit = divmod(value, n)
        letters.append(alphabet[digit])
    letters.append(code.prefix)
    return "".join(reversed(letters))


@lru_cache(maxsize=4096)
def _read(code: Code, vault: Vault, text: str) -> int | None:
    if not text.startswith(code.prefix):
        return None
    value, n = 0, len(code.alphabet)
    for letter in text[len(code.prefix) :]:
        digit = code.alphabet.find(letter)
        if digit < 0:
            return None
        value = value * n + digit
    if value >> code.bits:
        return None
    number = _unpermute(_rounds(vault, code.purpose), value, code.bits)
    return number if 0 < number < MOST else None


@lru_cache(maxsize=64)
def _rounds(vault: Vault, purpose: str) -> tuple[hashlib.blake2b, ...]:
    """A keyed hash a round, that has taken its key and nothing else."""
    root = vault.key("handle/" + purpose)
    keys = (root[:31] + bytes([i]) for i in range(_ROUNDS))
    return tuple(hashlib.blake2b(key=key, digest_size=8) for key in keys)


def _permute(rounds: Iterable[hashlib.blake2b], number: int, bits: int) -> int:
    half = bits // 2
    mask = (1 << half) - 1
    left, right = _mixed(rounds, number >> half, number & mask, mask)
    return left << half | right


def _unpermute(rounds: Sequence[hashlib.blake2b], value: int, bits: int) -> int:
    half = bits // 2
    mask = (1 << half) - 1
    # The way back is the same with the halves exchanged.
    right, left = _mixed(reversed(rounds), value & mask, value >> half, mask)
    return left << half | right


def _mixed(rounds: Iterable[hashlib.blake2b], left: int, right: int, mask: int) -> tuple[int, int]:
    """The rounds of a Feistel cipher."""
    for keyed in rounds:
        mixed = keyed.copy()
        mixed.update(right.to_bytes(8, "little"))
        left, right = right, left ^ (int.from_bytes(mixed.digest(), "little") & mask)
    return left, right
