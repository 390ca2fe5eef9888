"""The product: what its maker says of it, and what the registry knows about it.

Holds meaning, never a vendor's limits: a 30-character name limit lives in that vendor's wire struct.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from entrepot.core.models.authored import Authored
from entrepot.core.things.claim import Actor, Call, Claim

Kind = Literal["device", "gateway"]
Payload = Literal["json", "binary"]
Auth = Literal["secret", "certificate", "id2"]
Network = Literal["wifi", "cellular", "ethernet", "lora", "other"]
Protocol = Literal[
    "mqtt", "coap", "http", "https", "modbus", "onvif", "opc-ua", "opc-da", "tcp", "udp",
    "ble", "zigbee", "custom", "other",
]  # fmt: skip


NAME, MODEL, GATEWAY = "\0name", "\0model", "\0gateway"
"""The labels that are a product's name, the key of the named model that it has, and that it is a gateway.

Its translations are labels too, called `NAME` and the locale. No tag is called so, because no caller may
write the character.
"""


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the maker says. None means that nobody said anything."""

    name: str
    names: dict[str, str] = {}  # locale (zh_CN) -> translation
    description: str | None = None
    # "device": none of its devices has sub-devices. None: its dialect has no word for kinds.
    kind: Kind | None = "device"
    protocol: Protocol | None = None
    payload: Payload | None = None
    auth: Auth | None = None
    network: Network | None = None
    device_type: str | None = None
    manufacturer_id: str | None = None
    manufacturer_name: str | None = None
    model_number: str | None = None  # the maker's type designation (ROMA `model`)
    industry: str | None = None
    version: str | None = None
    category: str | None = None  # key of a predefined category
    dynamic_activation: bool | None = None
    disabled: bool | None = None
    template: int | None = None  # id of the template it was made from
    model_key: str | None = None  # the named thing model it is an instance of (EnOS `modelId`)
    model: Authored | None = None
    tags: dict[str, str] = {}
    extras: dict[str, dict[str, Any]] = {}  # dialect -> its own fields, verbatim


class Product(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A product in the registry. Times are milliseconds since 1970, UTC."""

    id: int
    tenant: int
    space: int
    origin: str  # the dialect that made it
    profile: Profile
    created_at: int
    created_by: Actor
    updated_at: int
    updated_by: Actor
    revision: int = 1
    released: bool = False
    draft: Authored | None = None  # the next thing model, not in force yet
    # What the draft was begun from where that is a named model, which changes without the product.
    draft_base: Authored | None = None
    claims: tuple[Claim, ...] = ()
    aliases: dict[str, str] = {}  # dialect -> the id that a caller chose or brought along
    secrets: dict[str, bytes] = {}  # dialect -> a sealed secret that replaces the computed one
    names_of_secrets: dict[str, str] = {}  # dialect -> user name set beside such a secret
    made_by: Call | None = None  # None: the first line of its history is in the audit log

    @property
    def labels(self) -> dict[str, str]:
        """What it is found by, beside its number and its claims: names, named model, kind and tags."""
        profile = self.profile
        found = {NAME: profile.name, **profile.tags}
        for locale, name in profile.names.items():
            found[NAME + locale] = name
        if profile.model_key is not None and profile.model is None:
            found[MODEL] = profile.model_key
        if profile.kind == "gateway":
            found[GATEWAY] = ""
        return found


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A product to be: what `create` needs to know."""

    profile: Profile
    space: int | None = None  # None: the tenant's default space
    space_handle: str = ""  # as the caller wrote it, for the refusal
    claims: tuple[Claim, ...] = ()
    alias: str | None = None  # the id that the caller chose for it in its dialect
    quota: int | None = None  # the dialect's limit on products of a tenant
    next_model: Authored | None = None  # a thing model that is not in force yet
