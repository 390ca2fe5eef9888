"""What a checkup of a store asks and finds, the same for every engine; knows no SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from entrepot.core.kinds import KINDS, Kind, Thing
from entrepot.core.things.device import Device
from entrepot.store.rows import (
    unpack,
)

MOST_FINDINGS = 20
TOTALS = "totals equal the rows"
GATEWAYS = "devices and their gateways agree"
DEVICES = next(kind for kind in KINDS if kind.type is Device)


@dataclass(frozen=True, slots=True)
class Check:
    """One question about the store, and what was found wrong; `count` may exceed what is listed."""

    name: str
    count: int
    findings: tuple[str, ...]


Progress = Callable[[int], None]  # how many rows more were looked at


def check(name: str, findings: Iterator[str]) -> Check:
    """The findings, of which the first few are listed."""
    listed, count = [], 0
    for finding in findings:
        count += 1
        if count <= MOST_FINDINGS:
            listed.append(finding)
    return Check(name, count, tuple(listed))


def gateways(devices: Iterable[tuple[int, int, int, bytes]]) -> Iterator[str]:
    """Gateways that say otherwise than the rows how many devices connect through them."""
    said: dict[int, int] = {}
    behind: Counter[int] = Counter()
    for id, _, _, document in devices:
        found = read(DEVICES, document)
        if isinstance(found, Device):
            if found.children:
                said[id] = found.children
            if found.gateway is not None:
                behind[found.gateway] += 1
    for id in sorted(said.keys() | behind.keys()):
        if said.get(id, 0) != behind[id]:
            told = f"which says {said[id]}" if id in said else "which knows of none or is not there"
            yield f"{behind[id]} devices connect through device {id}, {told}"


def read(kind: Kind, document: bytes) -> Thing | None:
    """The thing in the document, or None where it cannot be read."""
    try:
        thing: Thing = unpack(kind.type, document)
    except Exception:  # whatever a spoilt document makes its reader do
        return None
    return thing
