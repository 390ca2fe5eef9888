"""Handles: what a dialect calls a thing, computed from the thing's number and back. Nothing is stored.

A keyed Feistel permutation of the number, spelled in the vendor's alphabet and length. Without the
installation's key nobody can tell one handle's number from another's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from entrepot.core.vault import Vault

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
HEX = "0123456789abcdef"
LETTERS_AND_DIGITS = UPPER + LOWER + DIGITS
MOST = 1 << 44  # ids stay below this: 17 million million things
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
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
        value = _permute(_round_keys(vault, self.purpose), number, self.bits)
        n = len(self.alphabet)
        letters = []
        for _ in range(self.length):
            value, digit = divmod(value, n)
            letters.append(self.alphabet[digit])
        letters.append(self.prefix)
        return "".join(reversed(letters))

    def read(self, vault: Vault, text: str) -> int | None:
        """The number that `write` spelled so, or None where no number does."""
        start = len(self.prefix)
        if len(text) != start + self.length or not text.startswith(self.prefix):
            return None
        value, n = 0, len(self.alphabet)
        for letter in text[start:]:
            digit = self.alphabet.find(letter)
            if digit < 0:
                return None
            value = value * n + digit
        if value >> self.bits:
            return None
        number = _unpermute(_round_keys(vault, self.purpose), value, self.bits)
        return number if 0 < number < MOST else None


@lru_cache(maxsize=64)
def _round_keys(vault: Vault, purpose: str) -> tuple[bytes, ...]:
    root = vault.key("handle/" + purpose)
    return tuple(root[:31] + bytes([i]) for i in range(_ROUNDS))


def _mix(key: bytes, half: int) -> int:
    digest = hashlib.blake2b(half.to_bytes(8, "little"), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _permute(keys: tuple[bytes, ...], number: int, bits: int) -> int:
    half = bits // 2
    mask = (1 << half) - 1
    left, right = number >> half, number & mask
    for key in keys:
        left, right = right, left ^ (_mix(key, right) & mask)
    return left << half | right


def _unpermute(keys: tuple[bytes, ...], value: int, bits: int) -> int:
    half = bits // 2
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for key in reversed(keys):
        left, right = right ^ (_mix(key, left) & mask), left
    return left << half | right
