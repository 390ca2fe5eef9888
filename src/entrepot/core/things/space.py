"""A part of a tenant that holds products."""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.core.things.claim import Actor, Claim


class Space(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a tenant that holds products (IoTDA resource space, ROMA application)."""

    id: int
    tenant: int
    name: str
    created_at: int
    created_by: Actor
    updated_at: int = 0  # 0: never
    updated_by: Actor | None = None
    claims: tuple[Claim, ...] = ()
    extras: dict[str, dict[str, Any]] = {}  # dialect -> its own fields, verbatim
    secrets: dict[str, bytes] = {}  # dialect -> a sealed secret that replaces the computed one
