"""What every thing that is kept may have: unique names, and who did what to it."""

from __future__ import annotations

import msgspec


class Claim(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A uniqueness rule and the value this thing holds under it, within one tenant."""

    rule: str
    value: str


class Actor(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who did something: the user's id and name at that time."""

    id: int
    name: str


class Call(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One call of a vendor's API: the operation's name there, and the id of the request."""

    operation: str
    request_id: str
