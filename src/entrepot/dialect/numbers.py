"""Looks for numbers in a JSON text that a float cannot hold, without parsing it: some texts are megabytes."""

from __future__ import annotations

# 0 for any digit, e and + for what begins an exponent, a blank for all else: four times as quick as a
# regular expression.
_SHAPES = b"".join(
    b"0" if n in b"0123456789" else b"e" if n in b"eE" else b"+" if n in b"+-" else b" "
    for n in range(256)
)
_MANY_DIGITS = b"0" * 200
# 0 for any character of a number without an exponent, a blank for all else.
_FIGURES = bytes(ord("0") if n in b"0123456789." else ord(" ") for n in range(256))
_FIRST_INEXACT = b"0" * 16  # a float holds every number of 15 digits


def may_hold_rounded_fractions(raw: bytes) -> bool:
    """Returns whether a number in the JSON text may have a fraction that a float rounds away."""
    return raw.translate(_FIGURES).find(_FIRST_INEXACT) >= 0


def may_hold_large_numbers(raw: bytes) -> bool:
    """Returns whether a number in the JSON text may be too large for a float: few have as many digits."""
    # Looked for with `find`: `in` takes twice as long, because it tries first whether it is given a number.
    found = raw.translate(_SHAPES).find
    return found(_MANY_DIGITS) >= 0 or (
        found(b"0e") >= 0 and (found(b"0e000") >= 0 or found(b"0e+000") >= 0)
    )
