"""What EnOS calls things: computed from their numbers and back."""

from __future__ import annotations

import secrets

from entrepot.core import sealing
from entrepot.core.devices.registry import DeviceRef
from entrepot.core.products.registry import Ref
from entrepot.core.things.product import Product
from entrepot.core.vault import Vault
from entrepot.dialect.handles import DIGITS, LETTERS_AND_DIGITS, Code

DIALECT = "enos"
ORG = "enos.org_id"

# Eight letters and digits, as in every sample (2zp6A70r); 62 ** 8 spells 47 bits.
_PRODUCT = Code("enos/product", LETTERS_AND_DIGITS, 8, bits=46)

# Eight as well; no sample says more of it.
_ASSET = Code("enos/asset", LETTERS_AND_DIGITS, 8, bits=46)
_KEY_LENGTH = 10  # of a deviceKey that the platform makes, letters and digits

# INFERRED: no page tells a product secret's shape; a device secret has 20 letters and digits.
_SECRET_LENGTH = 20


def product_key(vault: Vault, product: Product) -> str:
    """The product's key: the one it brought along, else the computed one."""
    return product.aliases.get(DIALECT) or _PRODUCT.write(vault, product.id)


def product_of(vault: Vault, key: str) -> int | None:
    """The product that a key names."""
    return _PRODUCT.read(vault, key)


def product_ref(vault: Vault, key: str) -> Ref:
    """The product of this key, computed or brought along."""
    return Ref(key, product_of(vault, key), f"{DIALECT}.alias")


def model_id(vault: Vault, product: Product) -> str | None:
    """The thing model that a product is shown to be an instance of.

    INFERRED: EnOS's products have no models of their own. One that has (made or changed through
    another dialect) shows its own key, under which that model is found.
    """
    if product.profile.model is not None:
        return product_key(vault, product)
    return product.profile.model_key


def product_secret(vault: Vault, product: Product) -> str:
    """The secret that devices of the product activate with."""
    sealed = product.secrets.get(DIALECT)
    if sealed is not None:
        return vault.open(sealed, sealing.own_secret(product.id, DIALECT)).decode()
    return vault.compute("enos/product", product.id, LETTERS_AND_DIGITS, _SECRET_LENGTH)


def asset_id(vault: Vault, device: int) -> str:
    """The asset that a device is."""
    return _ASSET.write(vault, device)


def device_ref(vault: Vault, text: str) -> DeviceRef:
    """The device that an assetId names."""
    return DeviceRef(text, _ASSET.read(vault, text))


def device_secret(vault: Vault, device: int) -> str:
    """The device's secret, unless it was replaced: 20 letters and digits."""
    return vault.compute("enos/device", device, LETTERS_AND_DIGITS, _SECRET_LENGTH)


def new_secret() -> str:
    """A secret that nobody knows yet, of the same shape."""
    return "".join(secrets.choice(LETTERS_AND_DIGITS) for _ in range(_SECRET_LENGTH))


def random_key() -> str:
    """A key for a device that came without one."""
    return "".join(secrets.choice(LETTERS_AND_DIGITS) for _ in range(_KEY_LENGTH))


def new_org_id() -> str:
    """`o` and 14 digits, as in the samples (o15504722874071)."""
    return "o1" + "".join(secrets.choice(DIGITS) for _ in range(13))
