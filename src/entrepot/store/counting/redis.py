"""What nodes count together, in Redis or Valkey: calls a second, and nonces. Knows no vendor's figures."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

import redis
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

from entrepot.core.faults import Unavailable
from entrepot.core.urls import masked, must_be_clear, unreadable, without_secrets
from entrepot.store.counting.calls import Counting, Hit, Mark
from entrepot.store.outage import Outage
from entrepot.store.worker_threads import Outcome

_THREADS, _TOGETHER = 2, 64
_PATIENCE_S = 5.0  # the longest that a call waits for the server
_RETRY_S = 1.0  # how long nobody waits for a server that failed
_QUIET_S = 60.0  # between two warnings that single calls are refused
_KEY = b"entrepot/nonce/"

_REFUSED = "calls that are counted there are refused"

log = logging.getLogger("entrepot.store")


class RedisLedger(Counting):
    """See `Ledger`. What is counted there lives as long as the server does."""

    def __init__(
        self, url: str, *, patience_s: float = _PATIENCE_S, retry_s: float = _RETRY_S
    ) -> None:
        """Connect.

        Raises:
            ValueError: the server cannot be reached, or does not let us in.
        """
        if url.startswith(
            "valkey"
        ):  # the same protocol, under a name that the client does not know
            url = "redis" + url.removeprefix("valkey")
        self._url = url
        self._patience_s = patience_s
        self._outage = Outage(patience_s, retry_s)
        self._quiet_until_s = 0.0
        self._client: Any = _client(url, patience_s)
        try:
            self._client.ping()
            pool = self._client.connection_pool
            storage = RedisStorage(url, connection_pool=pool, key_prefix="entrepot")
            self._limiter = MovingWindowRateLimiter(storage)
        except redis.RedisError as error:
            said = without_secrets(url, error)
            raise ValueError(f"cannot use {masked(url)}: {said}") from None
        self._items: dict[int, RateLimitItemPerSecond] = {}
        super().__init__(threads=_THREADS, most=_TOGETHER)

    def close(self) -> None:
        """Let go of the server."""
        self._workers.close()
        self._client.connection_pool.disconnect()
        self._client.close()

    def _settle(self, asked: Sequence[Hit | Mark]) -> list[Outcome]:
        """The answers; all are refused if the server fails, or if they take too long together."""
        turn = self._outage.turn()
        if turn is None:
            return [(None, Unavailable(self._outage.reason))] * len(asked)
        try:
            outcomes = self._outcomes(asked)
        except Exception as error:  # the client raises any error at all if an answer is malformed
            reason = without_secrets(self._url, error)
            if self._outage.failed(reason):
                self._warn(f"cannot be used: {reason}; {_REFUSED} until it answers")
            return [(None, Unavailable(reason))] * len(asked)
        if self._outage.worked(turn):
            self._warn("can be used again")
        return [outcomes[id(a)] for a in asked]

    def _outcomes(self, asked: Sequence[Hit | Mark]) -> dict[int, Outcome]:
        """The answer to each, by its id."""
        ends = time.monotonic() + self._patience_s
        marks = [a for a in asked if isinstance(a, Mark)]
        with self._client.pipeline(transaction=False) as pipe:
            for mark in marks:
                pipe.set(_KEY + mark.mark, b"", nx=True, px=mark.life_ms)
            fresh = pipe.execute(raise_on_error=False)
        outcomes = {
            id(mark): self._refused(new) if isinstance(new, Exception) else (bool(new), None)
            for mark, new in zip(marks, fresh, strict=True)
        }
        for hit in asked:
            if isinstance(hit, Hit):
                if time.monotonic() > ends:
                    raise TimeoutError("its answers take too long")
                outcomes[id(hit)] = self._hit(hit)
        return outcomes

    def _hit(self, hit: Hit) -> Outcome:
        try:
            return self._wait_s(hit), None
        except redis.ResponseError as error:  # of this call alone
            return self._refused(error)

    def _refused(self, error: Exception) -> Outcome:
        """The outcome of a call that the server refused, although it can be used."""
        reason = without_secrets(self._url, error)
        if time.monotonic() >= self._quiet_until_s:
            self._quiet_until_s = time.monotonic() + _QUIET_S
            self._warn(f"refuses to count: {reason}")
        return None, Unavailable(reason)

    def _warn(self, what: str) -> None:
        log.warning("%s %s", masked(self._url), what)

    def _wait_s(self, hit: Hit) -> float:
        item = self._items.get(hit.per_s)
        if item is None:
            item = self._items[hit.per_s] = RateLimitItemPerSecond(hit.per_s)
        names = (str(hit.tenant), hit.name)
        if self._limiter.hit(item, *names):
            return 0.0
        reset = self._limiter.get_window_stats(item, *names).reset_time
        return float(max(reset - time.time(), 0.001))


def _client(url: str, patience_s: float) -> redis.Redis:
    """A client that has connected to nothing yet.

    Raises:
        ValueError: the URL cannot be read, or has a parameter that is none of the client's.
    """
    must_be_clear(url)
    try:
        client = redis.Redis.from_url(url, socket_timeout=patience_s)
        client.connection_pool.make_connection()  # parameters are looked at only here
    except (redis.RedisError, ValueError, TypeError):
        raise unreadable(url) from None
    return client
