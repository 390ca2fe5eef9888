"""What products are made from."""

from __future__ import annotations

import msgspec

from entrepot.core.models.authored import Authored
from entrepot.core.things.claim import Actor, Claim


class Template(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A form that products are made from."""

    id: int
    tenant: int
    name: str
    created_at: int
    created_by: Actor
    updated_at: int
    updated_by: Actor
    description: str | None = None
    enabled: bool = True
    uses: int = 0  # products made from it that are still there
    model: Authored | None = None
    claims: tuple[Claim, ...] = ()
