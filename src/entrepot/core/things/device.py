"""A device of a product: what is kept of it, and the labels that it is found by."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from entrepot.core.things.claim import Actor, Claim
from entrepot.core.things.product import NAME

Connection = Literal["inactive", "online", "offline"]  # inactive: it never connected
CONNECTIONS: tuple[Connection, ...] = ("inactive", "online", "offline")

KEY, UNNAMED, STATE, BEHIND, HUB = "\0key", "\0unnamed", "\0state", "\0behind", "\0hub"
"""The labels that are a device's key beside its name, its key where it has no name, its state, the gateway
that it connects through, and the same where others connect through it in turn.

As with products, its name and translations are labels too.
"""


def state(connection: Connection, disabled: bool, behind: bool, above: bool) -> str:
    """The value of the label `STATE`; `behind`: it connects through a gateway, `above`: it is one to others."""
    marks = ("!", disabled), ("<", behind), (">", above)
    return connection + "".join(mark for mark, set_ in marks if set_)


def in_product(product: int) -> str:
    """The label of the state of a device among those of its product."""
    return f"{STATE}/{product}"


def states(
    *connections: Connection,
    disabled: bool | None = None,
    behind: bool | None = None,
    above: bool | None = None,
) -> tuple[str, ...]:
    """The states with any of the connections (none: all of them); None: whether or not."""
    either = (False, True)
    return tuple(
        state(connection, off, below, over)
        for connection in connections or CONNECTIONS
        for off in (either if disabled is None else (disabled,))
        for below in (either if behind is None else (behind,))
        for over in (either if above is None else (above,))
    )


class Device(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A device of a product. Times are milliseconds since 1970, UTC; 0: never."""

    id: int
    tenant: int
    product: int
    key: str  # what its maker calls it; unique in its product
    origin: str  # the dialect that made it
    created_at: int
    created_by: Actor
    updated_at: int
    updated_by: Actor
    revision: int = 1
    name: str | None = None
    names: dict[str, str] = {}  # locale (zh_CN) -> translation
    description: str | None = None
    disabled_at: int = 0  # 0: it is not disabled
    connection: Connection = "inactive"
    active_at: int = 0  # when it first connected
    online_at: int = 0
    offline_at: int = 0
    gateway: int | None = None  # the device that it connects through
    children: int = 0  # devices that connect through it
    tags: dict[str, str] = {}
    extras: dict[str, dict[str, Any]] = {}  # dialect -> its own fields, verbatim
    claims: tuple[Claim, ...] = ()
    aliases: dict[str, str] = {}  # dialect -> the id that a caller chose
    secrets: dict[str, bytes] = {}  # dialect -> a sealed secret that replaces the computed one
    names_of_secrets: dict[str, str] = {}  # dialect -> user name set beside such a secret

    @property
    def labels(self) -> dict[str, str]:
        """What it is found by, beside its number, its product and its claims: names, key, state, gateway, tags."""
        found = {KEY: self.key, NAME: self.name} if self.name is not None else {UNNAMED: self.key}
        behind, above = self.gateway is not None, bool(self.children)
        now = state(self.connection, bool(self.disabled_at), behind, above)
        found[STATE] = found[in_product(self.product)] = now
        for locale, name in self.names.items():
            found[NAME + locale] = name
        if self.gateway is not None:
            found[BEHIND] = str(self.gateway)
            if self.children:
                found[HUB] = str(self.gateway)
        return {**found, **self.tags}
