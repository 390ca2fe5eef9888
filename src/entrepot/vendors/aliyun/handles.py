"""What Alibaba calls things: computed from their numbers and back."""

from __future__ import annotations

import base64
import os
import secrets

from entrepot.core import sealing
from entrepot.core.devices.registry import DeviceRef
from entrepot.core.products.registry import Ref
from entrepot.core.things.account import Tenant
from entrepot.core.things.product import Product
from entrepot.core.vault import Vault
from entrepot.dialect.handles import DIGITS, LETTERS_AND_DIGITS, LOWER, Code

DIALECT = "aliyun"
ACCOUNT, INSTANCE = "aliyun.account_id", "aliyun.instance_id"
REGION = "aliyun.region_id"  # the option of a tenant that says where its instance is
SHANGHAI = "cn-shanghai"

# Eleven characters, as `a1FlqIQ****` on the page; old public instances begin with a1.
_PRODUCT = Code("aliyun/product", LETTERS_AND_DIGITS, 9, bits=52, prefix="a1")
# Twenty characters and the same six digits in every sample (`dwnS41bhNxjslDAI****000100`).
_DEVICE = Code("aliyun/device", LETTERS_AND_DIGITS, 20, bits=118)
_DEVICE_TAIL = "000100"
_DEVICE_SECRET_LENGTH = 32
_NAME_LENGTH = 20  # INFERRED: of a name that the platform makes; no page says
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
        return vault.open(sealed, sealing.own_secret(product.id, DIALECT)).decode()
    return vault.compute("aliyun/secret", product.id, LETTERS_AND_DIGITS, _SECRET_LENGTH)


def iot_id(vault: Vault, device: int) -> str:
    """The device's IotId."""
    return _DEVICE.write(vault, device) + _DEVICE_TAIL


def device_id(vault: Vault, device: int) -> str:
    """What earlier versions called it; shown beside the IotId, names nothing."""
    return _DEVICE.write(vault, device)


def device_ref(vault: Vault, text: str) -> DeviceRef:
    """The device that an IotId names."""
    head, tail = text[: -len(_DEVICE_TAIL)], text[-len(_DEVICE_TAIL) :]
    return DeviceRef(text, _DEVICE.read(vault, head) if tail == _DEVICE_TAIL else None)


def device_secret(vault: Vault, device: int) -> str:
    """The device's DeviceSecret, unless somebody sets another."""
    return vault.compute("aliyun/device-secret", device, LETTERS_AND_DIGITS, _DEVICE_SECRET_LENGTH)


def random_name() -> str:
    """A name for a device that came without one."""
    return "".join(secrets.choice(LETTERS_AND_DIGITS) for _ in range(_NAME_LENGTH))


def token(device: int) -> str:
    """Where a page ended, for the next one."""
    return base64.urlsafe_b64encode(f"after/{device}".encode()).decode()


def token_of(text: str) -> int | None:
    """The device that the page ended with; None where no page ended so."""
    try:
        word, _, number = base64.urlsafe_b64decode(text.encode()).decode().partition("/")
    except ValueError:
        return None
    good = word == "after" and number.isascii() and number.isdigit() and len(number) < 19
    return int(number) if good and token(int(number)) == text else None


def tenant_ids() -> dict[str, str]:
    """An account id of 16 digits and an instance id such as `iot-060a02m5`."""
    account = "1" + "".join(secrets.choice(DIGITS) for _ in range(15))
    instance = "iot-" + "".join(secrets.choice(LOWER + DIGITS) for _ in range(8))
    return {ACCOUNT: account, INSTANCE: instance}


def region(tenant: Tenant) -> str:
    """Returns the region that the tenant's instance is in; China (Shanghai) unless its option says otherwise."""
    return tenant.settings.options.get(REGION, SHANGHAI)


def request_id(now_ms: int) -> str:
    """A random UUID in upper case, as in every sample."""
    text = os.urandom(16).hex().upper()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-A{text[17:20]}-{text[20:]}"
