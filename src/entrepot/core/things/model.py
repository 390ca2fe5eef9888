"""Thing models that are kept: those with a key of their own, and the published versions of a product's."""

from __future__ import annotations

import msgspec

from entrepot.core.models.authored import Authored
from entrepot.core.things.claim import Actor, Claim


class NamedModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing model with a key of its own, which products name (EnOS `modelId`)."""

    id: int
    tenant: int
    key: str
    model: Authored
    created_at: int
    updated_at: int
    public: bool = False
    claims: tuple[Claim, ...] = ()


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product's thing model as it was published."""

    id: int
    tenant: int
    product: int
    version: str
    model: Authored
    created_at: int
    created_by: Actor
    description: str | None = None
    claims: tuple[Claim, ...] = ()
