"""What IoTDA calls things: computed from their numbers and back."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from entrepot.core.vault import Vault
from entrepot.dialect.handles import HEX, LETTERS_AND_DIGITS, Code

DIALECT = "iotda"
ALIAS_RULE = f"{DIALECT}.alias"

_PRODUCT = Code("iotda/product", HEX, 24, bits=96)
_APP = Code("iotda/app", LETTERS_AND_DIGITS, 22, bits=128)
_APP_LEAD = 6
_MARKER_END = 1 << 62  # beyond every record, and still a number that a store can compare


def product_id(vault: Vault, product: int) -> str:
    """24 hexadecimal digits."""
    return _PRODUCT.write(vault, product)


def product_of(vault: Vault, product_id: str) -> int | None:
    """The product that an id of our own making names."""
    return _PRODUCT.read(vault, product_id)


@lru_cache(maxsize=4096)
def app_id(vault: Vault, space: int) -> str:
    """28 letters and digits, as the ids of the platform's own spaces."""
    lead = vault.compute("iotda/app", space, LETTERS_AND_DIGITS, _APP_LEAD)
    return lead + _APP.write(vault, space)


@lru_cache(maxsize=4096)
def space_of(vault: Vault, text: str) -> int | None:
    """The space that an id names."""
    space = _APP.read(vault, text[_APP_LEAD:])
    return space if space is not None and app_id(vault, space) == text else None


def marker(product: int) -> str:
    """A record's id in a list: 24 hexadecimal digits that grow with time."""
    return f"{product:024x}"


def before(marker: str) -> int:
    """The number that every record after the marker is below."""
    return min(int(marker, 16), _MARKER_END)


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def time(ms: int) -> str:
    """`yyyyMMdd'T'HHmmss'Z'`."""
    return _second(ms // 1000)
