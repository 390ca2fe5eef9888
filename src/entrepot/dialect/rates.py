"""How often an account may call an operation: the vendors' figures, kept by the `limits` library."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from functools import cached_property
from typing import TYPE_CHECKING

from entrepot.core.faults import Throttled
from entrepot.core.ports import Ledger
from entrepot.core.things.account import Tenant

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import Storage
    from limits.strategies import MovingWindowRateLimiter


class Rates:
    """Counts calls by (tenant, operation); users of one tenant share its figure.

    Here, or in a ledger where several servers count together.
    """

    def __init__(self, storage: Storage | None = None, ledger: Ledger | None = None) -> None:
        self._storage = storage
        self._ledger = ledger
        self._items: dict[int, RateLimitItem] = {}
        self._latest = 0.0

    @cached_property
    def _limiter(self) -> MovingWindowRateLimiter:
        # Imported late: it costs a tenth of a second, a large part of a server's start.
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(self._storage or MemoryStorage())

    def warm(self) -> None:
        """Do now what the first call would otherwise wait for."""
        if self._ledger is None:
            _ = self._limiter

    def take(
        self, tenant: Tenant, dialect: str, operation: str, per_s: int
    ) -> Awaitable[None] | None:
        """Nothing, where the account has a call left in this second; of a ledger that is awaited.

        Raises:
            Throttled: it has none; says when to come again.
        """
        if not tenant.settings.rate_limits:
            return None
        if self._ledger is not None:
            return _taken(self._ledger, tenant, f"{dialect}/{operation}", per_s)
        item = self._items.get(per_s)
        if item is None:
            from limits import RateLimitItemPerSecond

            item = self._items[per_s] = RateLimitItemPerSecond(per_s)
        self._heed_the_clock()
        names = (str(tenant.id), dialect, operation)
        if not self._limiter.hit(item, *names):
            reset = self._limiter.get_window_stats(item, *names).reset_time
            raise Throttled(per_s, 1, max(reset - time.time(), 0.001))
        return None

    def _heed_the_clock(self) -> None:
        """Forget what was counted where the clock was set back: calls of a time that is still to
        come would hold an account up until then."""
        now = time.time()
        if now < self._latest - 1.0:
            self._limiter.storage.reset()
        self._latest = now


async def _taken(ledger: Ledger, tenant: Tenant, name: str, per_s: int) -> None:
    wait_s = await ledger.hit(tenant.id, name, per_s)
    if wait_s:
        raise Throttled(per_s, 1, wait_s)
