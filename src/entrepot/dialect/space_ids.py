"""What a dialect calls the spaces of a tenant: an id that the tenant brought along, else one that is computed.

The tenant of the caller holds the ids that were brought along, so that nothing is read to answer. Knows no vendor.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from entrepot.core.things.account import Tenant
from entrepot.core.vault import Vault


@dataclass(frozen=True, slots=True)
class SpaceIds:
    """The ids of spaces in one dialect. A space that brought an id along answers to the computed one too."""

    name: str  # `<dialect>.<id>`, as the command line and the store have it
    pattern: str  # of what may be brought along: all that the dialect's requests can carry
    want: str  # the pattern in words
    compute: Callable[[Vault, int], str]
    read: Callable[[Vault, str], int | None]  # the space whose computed id it is

    def id_of(self, vault: Vault, tenant: Tenant, space: int) -> str:
        """Returns what the dialect calls the space."""
        own = tenant.spaces.get(space)
        return (own and own.get(self.name)) or self.compute(vault, space)

    def space_of(self, vault: Vault, tenant: Tenant, text: str) -> int | None:
        """Returns the number of the space that the id names; None where it can name none of the tenant's."""
        if tenant.spaces:
            for space, own in tenant.spaces.items():
                if own.get(self.name) == text:
                    return space
        return self.read(vault, text)

    def check(self, text: str) -> None:
        """Does nothing if the id may be brought along.

        Raises:
            ValueError: the dialect's requests could not carry it.
        """
        if not re.fullmatch(self.pattern, text):
            raise ValueError(f"{text!r} cannot be {self.name}: it is {self.want}")
