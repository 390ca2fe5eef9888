"""What nodes count together, in Redis or Valkey: calls a second, and nonces. Knows no vendor's figures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import redis
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from entrepot.core.faults import Unavailable
from entrepot.core.urls import masked, must_be_clear, unreadable, without_secrets
from entrepot.store.calls import Counting, Hit, Mark
from entrepot.store.crew import Outcome

_HANDS, _TOGETHER = 2, 64
_PATIENCE_S = 5
_KEY = b"entrepot/nonce/"


class RedisLedger(Counting):
    """See `Ledger`. What is counted there lives as long as the server does."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            ValueError: the server cannot be reached, or does not let us in.
        """
        if url.startswith(
            "valkey"
        ):  # the same protocol, under a name that the client does not know
            url = "redis" + url.removeprefix("valkey")
        self._url = url
        self._client: Any = _client(url)
        try:
            self._client.ping()
            pool = self._client.connection_pool
            storage = RedisStorage(url, connection_pool=pool, key_prefix="entrepot")
            self._limiter = MovingWindowRateLimiter(storage)
        except redis.RedisError as error:
            said = without_secrets(url, error)
            raise ValueError(f"cannot use {masked(url)}: {said}") from None
        self._items: dict[int, RateLimitItemPerSecond] = {}
        super().__init__(hands=_HANDS, most=_TOGETHER)

    def close(self) -> None:
        """Let go of the server."""
        self._crew.close()
        self._client.connection_pool.disconnect()
        self._client.close()

    def _settle(self, asked: Sequence[Hit | Mark]) -> list[Outcome]:
        marks = [a for a in asked if isinstance(a, Mark)]
        try:
            answers: dict[int, Any] = {id(a): self._hit(a) for a in asked if isinstance(a, Hit)}
            with self._client.pipeline(transaction=False) as pipe:
                for mark in marks:
                    pipe.set(_KEY + mark.mark, b"", nx=True, px=mark.life_ms)
                fresh = pipe.execute()
        except redis.RedisError as error:
            fault = Unavailable(without_secrets(self._url, error))
            return [(None, fault)] * len(asked)
        answers |= {id(mark): bool(new) for mark, new in zip(marks, fresh, strict=True)}
        return [(answers[id(a)], None) for a in asked]

    def _hit(self, hit: Hit) -> float:
        item = self._items.get(hit.per_s)
        if item is None:
            item = self._items[hit.per_s] = RateLimitItemPerSecond(hit.per_s)
        names = (str(hit.tenant), hit.name)
        if self._limiter.hit(item, *names):
            return 0.0
        reset = self._limiter.get_window_stats(item, *names).reset_time
        return float(max(reset - time.time(), 0.001))


def _client(url: str) -> redis.Redis:
    """A client that has connected to nothing yet.

    Raises:
        ValueError: the URL cannot be read, or has a parameter that is none of the client's.
    """
    must_be_clear(url)
    try:
        client = redis.Redis.from_url(url, socket_timeout=_PATIENCE_S)
        client.connection_pool.make_connection()  # parameters are looked at only here
    except (redis.RedisError, ValueError, TypeError):
        raise unreadable(url) from None
    return client
