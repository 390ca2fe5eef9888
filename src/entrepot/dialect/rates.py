"""How often an account may call an operation: the vendors' figures, kept by the `limits` library."""

from __future__ import annotations

import time

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from entrepot.core.faults import Throttled
from entrepot.core.identity import Tenant


class Rates:
    """Counts calls by (tenant, operation); users of one tenant share its figure."""

    def __init__(self, storage: Storage | None = None) -> None:
        self._limiter = MovingWindowRateLimiter(storage or MemoryStorage())
        self._items: dict[int, RateLimitItem] = {}

    def take(self, tenant: Tenant, dialect: str, operation: str, per_s: int) -> None:
        """Nothing, where the account has a call left in this second.

        Raises:
            Throttled: it has none; says when to come again.
        """
        if not tenant.settings.rate_limits:
            return
        item = self._items.get(per_s)
        if item is None:
            item = self._items[per_s] = RateLimitItemPerSecond(per_s)
        names = (str(tenant.id), dialect, operation)
        if not self._limiter.hit(item, *names):
            reset = self._limiter.get_window_stats(item, *names).reset_time
            raise Throttled(per_s, 1, max(reset - time.time(), 0.001))
