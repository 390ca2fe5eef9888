"""What IoTDA alone does with spaces: finding the one that a caller means."""

from __future__ import annotations

from dataclasses import dataclass

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound
from entrepot.core.ports import Tx
from entrepot.core.things.space import Space


@dataclass(frozen=True, slots=True)
class SpaceRef:
    """A space as a caller names it."""

    text: str
    id: int | None


def space_of(tx: Tx, caller: Caller, wanted: SpaceRef) -> int:
    """The space's number.

    Raises:
        NotFound: there is no such space.
    """
    if wanted.id is None or tx.get(Space, caller.tenant.id, wanted.id) is None:
        raise NotFound("space", wanted.text)
    return wanted.id
