"""What IoTDA calls things: computed from their numbers and back."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from functools import lru_cache

from entrepot.core.devices.registry import DeviceRef
from entrepot.core.products.registry import Ref
from entrepot.core.things.account import Tenant
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.core.vault import Vault
from entrepot.dialect.handles import HEX, LETTERS_AND_DIGITS, Code
from entrepot.dialect.space_ids import SpaceIds

DIALECT = "iotda"
ALIAS_RULE = f"{DIALECT}.alias"
DEVICE_RULE = f"{DIALECT}.device"
INSTANCE = f"{DIALECT}.instance_id"  # the option of a tenant that brought its own

_PRODUCT = Code("iotda/product", HEX, 24, bits=96)
_APP = Code("iotda/app", LETTERS_AND_DIGITS, 22, bits=128)
_INSTANCE = Code("iotda/instance", HEX, 32, bits=128)
_APP_LEAD = 6
_MOST_PRODUCT_ID = 36
_MARKER_END = 1 << 62  # beyond every record, and still a number that a store can compare


def instance_id(vault: Vault, tenant: Tenant) -> str:
    """Returns what the tenant's instance is called: its option says so, else it is computed, as a UUID."""
    own = tenant.settings.options.get(INSTANCE)
    return own or str(uuid.UUID(_INSTANCE.write(vault, tenant.id)))


def product_id(vault: Vault, product: int) -> str:
    """24 hexadecimal digits."""
    return _PRODUCT.write(vault, product)


def product_of(vault: Vault, product_id: str) -> int | None:
    """The product that an id of our own making names."""
    return _PRODUCT.read(vault, product_id)


@lru_cache(maxsize=4096)
def _app_id(vault: Vault, space: int) -> str:
    """Computes 28 letters and digits, as the ids of the platform's own spaces are."""
    lead = vault.compute("iotda/app", space, LETTERS_AND_DIGITS, _APP_LEAD)
    return lead + _APP.write(vault, space)


@lru_cache(maxsize=4096)
def _space_of(vault: Vault, text: str) -> int | None:
    """Returns the space that a computed id names."""
    space = _APP.read(vault, text[_APP_LEAD:])
    return space if space is not None and _app_id(vault, space) == text else None


APPS = SpaceIds(
    name=f"{DIALECT}.app_id",
    pattern=r"[A-Za-z0-9_-]{1,36}",  # source: documented (Create a Product, app_id)
    want="1 to 36 letters, digits, underscores and hyphens",
    compute=_app_id,
    read=_space_of,
)


def product_handle(vault: Vault, product: Product) -> str:
    """The id that a caller chose, else ours."""
    return product.aliases.get(DIALECT) or product_id(vault, product.id)


def default_device_id(vault: Vault, product: Product, node_id: str) -> str:
    """What a device is called for which nobody chose an id (AddDevice, device_id)."""
    return f"{product_handle(vault, product)}_{node_id}"


def device_id(vault: Vault, device: Device, product: Product) -> str:
    """The id that it was made with here, else the one that it would have got."""
    return device.aliases.get(DIALECT) or default_device_id(vault, product, device.key)


def device_ref(vault: Vault, text: str) -> DeviceRef:
    """The device that an id names: the one made with it, else that of a product and a node.

    Both may hold the underscore that stands between them, so there may be several ways to read it.
    """
    cuts = [i for i, c in enumerate(text[: _MOST_PRODUCT_ID + 1]) if c == "_" and i]
    named = tuple(
        (Ref(text[:i], product_of(vault, text[:i]), ALIAS_RULE), text[i + 1 :]) for i in cuts
    )
    return DeviceRef(text, alias_rule=DEVICE_RULE, named=named)


def device_secret(vault: Vault, device: int) -> str:
    """The secret that the platform makes, until somebody sets another: 32 hexadecimal digits."""
    return vault.compute("iotda/device-secret", device, HEX, 32)


def new_secret() -> str:
    """A secret that nobody knows yet, of the same shape."""
    return secrets.token_hex(16)


def marker(product: int) -> str:
    """A record's id in a list: 24 hexadecimal digits that grow with time."""
    return f"{product:024x}"


def before(marker: str) -> int:
    """The number that every record after the marker is below."""
    return min(int(marker, 16), _MARKER_END)


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def precise_time(ms: int) -> str:
    """`yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def time(ms: int) -> str:
    """`yyyyMMdd'T'HHmmss'Z'`."""
    return _second(ms // 1000)
