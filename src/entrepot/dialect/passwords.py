"""Checks passwords for everybody who signs in, and slows down those who guess.

Example: an address is wrong ten times about the account `anna`. For the rest of the minute it is refused
at `anna`, before any hash is computed. Whoever else signs in as `anna` meanwhile waits for up to a second,
because strangers are guessing, and is never refused for it: otherwise anybody could lock an account. In the
queue for the one thread that hashes, addresses that were wrong lately, or that wait with several passwords
at once, stand behind the others.

An `account` is what the caller typed, spelled in one way, whether or not there is such an account. So
nobody learns from the limits which accounts there are.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from entrepot.core.faults import Throttled, Unavailable
from entrepot.dialect.addresses import network_of
from entrepot.dialect.attempts import WINDOW_S, Attempts
from entrepot.dialect.threads import OneThread

WRONG_BY_ADDRESS = 100  # a minute; behind one address there may be an office
WRONG_BY_ACCOUNT = 10  # a minute, from one address
MOST_WAITING = 32  # for the thread that hashes; one password costs some 40 ms
WAITING_BY_ADDRESS = 16
SLOWEST_S = 1.0
_SLOWER_S = 0.1  # for each wrong attempt above WRONG_BY_ACCOUNT, from wherever


class Passwords:
    """One for a process: counts what was wrong, and has the one thread that hashes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._wrong = Attempts(clock=clock)
        self._thread = OneThread("passwords", MOST_WAITING)
        self._waiting: Counter[str] = Counter()  # by address
        self._share_full = 0
        self.turned_away = 0

    @property
    def waiting(self) -> int:
        """How many passwords wait for the thread."""
        return self._thread.waiting

    @property
    def not_checked(self) -> int:
        """How many were refused because too many waited."""
        return self._thread.refused + self._share_full

    async def prove(
        self, peer: str, account: str, check: Callable[[], bool], *, hashes: bool = True
    ) -> bool:
        """Whether the check says yes; where it hashes, it runs in the thread. A no is counted.

        Raises:
            Throttled: the address was wrong too often, at all or about this account.
            Unavailable: too many passwords wait for the thread.
        """
        self.demand(peer, account)
        if await self._slow_down(account):
            self.demand(peer, account)  # those that waited beside it may have been wrong
        right = await self._hashed(peer, account, check) if hashes else check()
        if not right:
            self.wrong(peer, account)
        return right

    def demand(self, peer: str, account: str) -> None:
        """Nothing, where the address may try.

        Raises:
            Throttled: see `prove`.
        """
        network = network_of(peer)
        for counter, most in ((("address", network), WRONG_BY_ADDRESS),
                              (("both", network, account), WRONG_BY_ACCOUNT)):  # fmt: skip
            wrong, left_s = self._wrong.number(*counter)
            if wrong >= most:
                self.turned_away += 1
                raise Throttled(most, int(WINDOW_S), left_s)

    def wrong(self, peer: str, account: str) -> None:
        """Counts a wrong attempt."""
        network = network_of(peer)
        self._wrong.add("address", network)
        self._wrong.add("both", network, account)
        self._wrong.add("account", account)

    async def _slow_down(self, account: str) -> bool:
        """Waits where strangers are guessing; returns whether it did."""
        wrong, _ = self._wrong.number("account", account)
        if wrong < WRONG_BY_ACCOUNT:
            return False
        await asyncio.sleep(min(_SLOWER_S * (wrong - WRONG_BY_ACCOUNT + 1), SLOWEST_S))
        return True

    async def _hashed(self, peer: str, account: str, check: Callable[[], bool]) -> bool:
        network = network_of(peer)
        waiting = self._waiting.get(network, 0)
        if waiting >= WAITING_BY_ADDRESS:
            self._share_full += 1
            raise Unavailable("too many passwords from this address wait to be checked")
        self._waiting[network] += 1
        try:
            # Addresses that were wrong, or that wait with several, stand behind the others: to fill the
            # queue somebody needs as many addresses as it has places.
            rank = self._wrong.number("address", network)[0] + waiting
            async with self._thread.turn(rank):
                self.demand(peer, account)  # those before it in the queue may have been wrong
                return await self._thread.run(check)
        finally:
            self._waiting[network] -= 1
            if not self._waiting[network]:
                del self._waiting[network]
