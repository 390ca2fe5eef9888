"""A message topic of a product's devices."""

from __future__ import annotations

import msgspec

from entrepot.core.things.claim import Claim


class Topic(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message topic that every device of a product gets."""

    id: int
    tenant: int
    product: int
    name: str
    version: str
    direction: str  # "publish" or "subscribe", as the device sees it
    created_at: int
    description: str | None = None
    prefixed: bool = True
    claims: tuple[Claim, ...] = ()
