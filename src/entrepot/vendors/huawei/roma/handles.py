"""What ROMA calls things: computed from their numbers and back."""

from __future__ import annotations

import secrets

from entrepot.core.vault import Vault
from entrepot.dialect.handles import HEX, LETTERS_AND_DIGITS, Code
from entrepot.dialect.space_ids import SpaceIds

DIALECT = "roma"
_APP = Code("roma/app", HEX, 32, bits=128)
_UUID = (8, 12, 16, 20)

SECRET_ALPHABET = LETTERS_AND_DIGITS
# One character of each class that a password must have (Authentication, password).
SECRET_TAIL = "aA1-"  # noqa: S105


def _app_id(vault: Vault, space: int) -> str:
    """Computes an application id shaped as a UUID."""
    text = _APP.write(vault, space)
    a, b, c, d = _UUID
    return f"{text[:a]}-{text[a:b]}-{text[b:c]}-{text[c:d]}-{text[d:]}"


def _space_of(vault: Vault, app_id: str) -> int | None:
    """Returns the space that a computed application id names."""
    return _APP.read(vault, app_id.replace("-", "").lower()) if len(app_id) == 36 else None


APPS = SpaceIds(
    name=f"{DIALECT}.app_id",
    # INFERRED: no page gives the form. The samples are UUIDs, and CreateProduct takes 36 characters.
    pattern=r"[A-Za-z0-9_-]{1,36}",
    want="1 to 36 letters, digits, underscores and hyphens",
    compute=_app_id,
    read=_space_of,
)


def product_of(text: str) -> int | None:
    """The product that an id names: ROMA shows its number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


# No digit of a service's id says what it belongs to at Huawei; here its number does, so that no
# index has to.
_PARTS = 1 << 20
MOST_PARTS = _PARTS - 1


def part_id(owner: int, number: int) -> int:
    """The id of a part of a model: of the product or template that it belongs to, and its number there."""
    return owner * _PARTS + number


def part_of(id: int) -> tuple[int, int]:
    """The product or template, and the part's number in its model."""
    return divmod(id, _PARTS)


def product_serial(vault: Vault, product: int) -> str:
    """Six characters and the product id, as in the samples (`8si8ST122893`)."""
    return vault.compute("roma/serial", product, LETTERS_AND_DIGITS, 6) + str(product)


def secret_name(vault: Vault, product: int) -> str:
    """The user name of one-model-one-secret, until somebody sets another."""
    return vault.compute("roma/user", product, LETTERS_AND_DIGITS, 12)


def secret(vault: Vault, product: int) -> str:
    """The password of one-model-one-secret, until somebody sets another: 20 characters."""
    return vault.compute("roma/password", product, SECRET_ALPHABET, 16) + SECRET_TAIL


def client_id(vault: Vault, product: int, device: int) -> str:
    """What a device calls itself when it connects; shaped as in the samples (`D116303711537sGDtK`)."""
    tail = vault.compute("roma/client", device, LETTERS_AND_DIGITS, 5)
    return f"D{product}{device}{tail}"


def device_of(vault: Vault, called: str) -> int:
    """The device that calls itself so; 0 where none does."""
    numbers = called[1:-5]
    if not (numbers.isascii() and numbers.isdigit() and len(numbers) < 40):
        return 0
    splits = ((int(numbers[:n]), int(numbers[n:])) for n in range(1, len(numbers)))
    return next((d for p, d in splits if client_id(vault, p, d) == called), 0)


def device_secret_name(vault: Vault, device: int) -> str:
    """The user name of one-device-one-secret, until somebody sets another: 32 digits, as in the samples."""
    return vault.compute("roma/device-user", device, HEX.upper(), 32)


def device_secret(vault: Vault, device: int) -> str:
    """The password of one-device-one-secret, until somebody sets another: 20 characters."""
    return vault.compute("roma/device-password", device, SECRET_ALPHABET, 16) + SECRET_TAIL


def new_secret() -> str:
    """A password that nobody knows yet, of the same shape."""
    return "".join(secrets.choice(SECRET_ALPHABET) for _ in range(16)) + SECRET_TAIL


def app_key(vault: Vault, space: int) -> str:
    """An application's key, unless its maker chose one."""
    return vault.compute("roma/app-key", space, LETTERS_AND_DIGITS, 20)


def app_secret(vault: Vault, space: int) -> str:
    """An application's secret, until somebody chooses or resets it."""
    return vault.compute("roma/app-secret", space, SECRET_ALPHABET, 28) + SECRET_TAIL
