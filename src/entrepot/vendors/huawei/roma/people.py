"""People and secrets as ROMA shows them."""

from __future__ import annotations

from entrepot.core.things.claim import Actor
from entrepot.vendors.huawei.roma.common import UserName

MASK = "********"


def user(actor: Actor) -> UserName:
    """Who made or changed something."""
    return UserName(str(actor.id), actor.name)
