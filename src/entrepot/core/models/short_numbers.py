"""Numbers in the few characters that some formats have for a bound; knows no format.

Example: ROMA has ten characters. `-2147483648` has eleven, so a lower bound of a fraction is written as the
next lower number that fits, `-2.1475E+9`. A range never gets narrower by it.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from entrepot.core.models.thing_model import figure

DOWN, UP = ROUND_FLOOR, ROUND_CEILING
_PRECISION = 1000  # digits: more than any number here has


def shortened(number: Decimal, most: int, rounding: str) -> str | None:
    """Returns the number in at most so many characters, rounded only where it has more.

    `rounding`: DOWN for a lower bound, UP for an upper one. None if no spelling is so short.
    """
    exact = _shortest(number, most)
    if exact is not None:
        return exact
    for digits in range(most, 0, -1):
        rounded = Context(prec=digits, rounding=rounding).plus(number)
        if (text := _shortest(rounded, most)) is not None:
            return text
    return None


def _shortest(number: Decimal, most: int) -> str | None:
    if abs(number.adjusted()) < most and len(plain := figure(number)) <= most:
        return plain
    digits = format(Context(prec=_PRECISION).normalize(number), "E")
    return digits if len(digits) <= most else None
