"""What nodes count together: who asks, and the calls of the last second. Knows no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from entrepot.store.worker_threads import Outcome, WorkerThreads

_SLICE_MS = 20  # calls so close together are counted as one moment
_WINDOW = 1000 // _SLICE_MS + 1  # a slice more, so that no second anywhere holds too many

_codec = msgspec.msgpack
_Slices = list[tuple[int, int]]  # which slice of time, how many calls in it


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A call that asks whether it may go on."""

    tenant: int
    name: str
    per_s: int


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A mark that asks whether it is new."""

    mark: bytes
    life_ms: int


class Counting:
    """The part of a `Ledger` that all share: those who ask at one moment are settled together."""

    def __init__(self, *, threads: int, most: int) -> None:
        self._workers = WorkerThreads("entrepot-ledger", self._settle, threads=threads, most=most)

    async def hit(self, tenant: int, name: str, per_s: int) -> float:
        """See `Ledger.hit`."""
        wait_s: float = await self._workers.do(Hit(tenant, name, per_s))
        return wait_s

    async def first(self, mark: bytes, life_s: float) -> bool:
        """See `Ledger.first`."""
        fresh: bool = await self._workers.do(Mark(mark, int(life_s * 1000)))
        return fresh

    def _settle(self, asked: Sequence[Any]) -> list[Outcome]:
        """The answer to each `Hit` and `Mark`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Grant:
    """How many of the calls may go on, when the next may, and what to remember."""

    granted: int
    wait_s: float
    calls: bytes


def grant(calls: bytes, now_ms: int, wanted: int, per_s: int) -> Grant:
    """As many of the wanted calls as the last second leaves room for."""
    slices: _Slices = _codec.decode(calls, type=_Slices) if calls else []
    now = now_ms // _SLICE_MS
    if slices and abs(now - slices[-1][0]) > _WINDOW:
        slices = []  # long ago; or the clock was set back, and nobody is held up until it is there again
    if slices:
        now = max(now, slices[-1][0])  # another node's moment may be a little later than ours
    slices = [(at, n) for at, n in slices if at > now - _WINDOW]
    granted = max(0, min(wanted, per_s - sum(n for _, n in slices)))
    if granted:
        if slices and slices[-1][0] == now:
            slices[-1] = (now, slices[-1][1] + granted)
        else:
            slices.append((now, granted))
    first = slices[0][0] if slices else now
    wait_s = (first + _WINDOW - now) * _SLICE_MS / 1000
    return Grant(granted, wait_s, _codec.encode(slices))
