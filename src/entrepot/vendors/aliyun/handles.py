"""What Alibaba calls things: computed from their numbers and back."""

from __future__ import annotations

import os
import secrets

from entrepot.core.product import Product
from entrepot.core.registry import Ref
from entrepot.core.vault import Vault
from entrepot.dialect.handles import DIGITS, LETTERS_AND_DIGITS, LOWER, Code

DIALECT = "aliyun"
ACCOUNT, INSTANCE = "aliyun.account_id", "aliyun.instance_id"

# Eleven characters, as `a1FlqIQ****` on the page; old public instances begin with a1.
_PRODUCT = Code("aliyun/product", LETTERS_AND_DIGITS, 9, bits=52, prefix="a1")
_SECRET_LENGTH = 16  # `U5tW7i44uilc****` (CreateProduct, ProductSecret)


def product_key(vault: Vault, product: Product) -> str:
    """The product's ProductKey: the one it brought along, else the computed one."""
    return product.aliases.get(DIALECT) or _PRODUCT.write(vault, product.id)


def product_ref(vault: Vault, text: str) -> Ref:
    """The product that a ProductKey names."""
    return Ref(text, _PRODUCT.read(vault, text), f"{DIALECT}.alias")


def product_secret(vault: Vault, product: Product) -> str:
    """The product's ProductSecret: one that was set, else the computed one."""
    sealed = product.secrets.get(DIALECT)
    if sealed is not None:
        return vault.open(sealed, f"secret/{product.id}/{DIALECT}").decode()
    return vault.compute("aliyun/secret", product.id, LETTERS_AND_DIGITS, _SECRET_LENGTH)


def tenant_ids() -> dict[str, str]:
    """An account id of 16 digits and an instance id such as `iot-060a02m5`."""
    account = "1" + "".join(secrets.choice(DIGITS) for _ in range(15))
    instance = "iot-" + "".join(secrets.choice(LOWER + DIGITS) for _ in range(8))
    return {ACCOUNT: account, INSTANCE: instance}


def request_id(now_ms: int) -> str:
    """A random UUID in upper case, as in every sample."""
    text = os.urandom(16).hex().upper()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-A{text[17:20]}-{text[20:]}"
