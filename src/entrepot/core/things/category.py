"""A category of a tenant's own: what products of one sort begin with."""

from __future__ import annotations

import msgspec

from entrepot.core.models.authored import Authored
from entrepot.core.things.claim import Claim


class Category(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A category with a key that new products name, and the thing model that they get a copy of."""

    id: int
    tenant: int
    key: str
    name: str
    model: Authored
    created_at: int
    updated_at: int
    claims: tuple[Claim, ...] = ()
