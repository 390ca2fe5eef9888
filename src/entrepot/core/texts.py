"""JSON texts that the store keeps, decoded whatever they hold. Knows no thing and no store.

Example: an earlier release took `{"default_value": 111...}` with 5,000 digits. Python reads no number of so
many digits, and one such product made whole lists fail. Here the number is the text of its digits, so that
the list goes on and everything else of the product is shown.
"""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

_MOST_DIGITS = 4_000  # Python's own limit is 4,300


def decoded(text: bytes | msgspec.Raw) -> Any:
    """The JSON value; a number that no reader can hold is the text that spells it.

    Raises:
        msgspec.DecodeError: not JSON.
    """
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        try:
            return _reader.decode(bytes(text).decode())
        except ValueError as error:
            raise msgspec.DecodeError(str(error)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def _fraction(spelled: str) -> float | str:
    number = float(spelled)
    return number if math.isfinite(number) else spelled


_reader = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_no_constant)
