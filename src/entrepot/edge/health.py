"""Whether the server is ready: it is not ending, and its store takes writes. Knows no engine."""

from __future__ import annotations

import asyncio
import time

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Store, Tx

_PROBE = "ready"
PATIENCE_S = 2.0
_FRESH_S = 1.0


class Health:
    """Asks the store by a write of one small value: it has to reach the disk as any other.

    However often it is asked, one such write is under way at a time, and one a second is made.
    """

    def __init__(self, store: Store) -> None:
        self.draining = False
        self._store = store
        self._probe: asyncio.Task[str] | None = None
        self._answer = ""
        self._until = 0.0

    def drain(self) -> None:
        """From now on it is not ready: the server is ending."""
        self.draining = True

    async def silence(self) -> str:
        """Nobody is silent: this answers."""
        return ""

    async def trouble(self) -> str:
        """Why no work should be sent here; empty where all is well."""
        if self.draining:
            return "the server is ending"
        if self._store.damage:
            return f"the store is damaged, restore a backup: {self._store.damage}"
        if shortage := self._store.shortage:  # the probe is small, and may still find room
            return f"the store takes no writes: {shortage}"
        if time.monotonic() < self._until:
            return self._answer
        if self._probe is None or self._probe.done():
            self._probe = asyncio.get_running_loop().create_task(self._write())
        done, _ = await asyncio.wait((self._probe,), timeout=PATIENCE_S)
        if not done:  # the next question waits for the same write
            return f"the store has not taken a write within {PATIENCE_S:g} s"
        return self._probe.result()

    async def _write(self) -> str:
        try:
            await self._store.write(_probe)
            self._answer = ""
        except Unavailable as fault:
            self._answer = f"the store takes no writes: {fault.reason}"
        except Exception as error:  # whatever it is, no write was taken
            self._answer = f"the store takes no writes: {error!r}"
        self._until = time.monotonic() + _FRESH_S
        return self._answer


def _probe(tx: Tx) -> None:
    tx.remember(_PROBE, b"%d" % time.time_ns())
