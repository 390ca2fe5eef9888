"""How many connections there may be, in all and by address; knows no HTTP.

When all places are taken, a new connection gets the place of the one that has been idle longest: an
address with nothing but silent connections keeps nobody out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from entrepot.dialect.addresses import network_of
from entrepot.edge.budget import SHARE, Budget, Share
from entrepot.edge.fair_queue import FairSemaphore

_LOOKED_AT = 64  # idle connections among which the longest idle one is searched
MOST_LINGERING = 16  # connections over TLS
_PROVED = 4096  # proved addresses that are remembered (see `loop_time.py`)
LARGE_IN_WORK = 8  # requests over `sizes.LARGE` that are in work at a time
DROPPED_BYTES_S = 64 << 20  # what is read and dropped in a second, of all connections together


class Open(Protocol):
    """An open connection, as far as it is known here."""

    @property
    def idle(self) -> bool:
        """Whether no request of it is being answered."""
        ...

    def sweep(self, now: float) -> None:
        """Ends it if it has kept the server waiting too long."""
        ...

    def close(self) -> None:
        """Ends it at once."""
        ...

    def drain(self, sending: bool = True) -> None:
        """Answers what was accepted (`sending`: also what is on its way), then ends."""
        ...


class Connections:
    """The open connections of one listener, and what each address has of them.

    `trusted` tells whether an address is that of a proxy, whose connections are many callers'.
    """

    def __init__(
        self, limit: int, budget: Budget, trusted: Callable[[str], bool] = lambda peer: False
    ) -> None:
        self.limit = limit
        self.budget = budget
        self.large = FairSemaphore(LARGE_IN_WORK)
        self.open: dict[Open, None] = {}  # least recently active first
        self.refused = 0
        self.draining = False  # a new one is closed at once
        self.crowded = False  # from half the limit on, who was active last is kept track of
        self._trusted = trusted
        self._shares: dict[str, Share] = {}
        self.proved: dict[str, None] = {}  # proved addresses and their networks, oldest first
        self._admitted = 0
        self._lingering: dict[Open, None] = {}  # the oldest first
        self._dropped_until = 0.0  # the time by which what was dropped so far may have been

    @property
    def number(self) -> int:
        """How many there are; those that still shake hands for TLS count."""
        return self._admitted

    def admit(self, peer: str) -> Share | None:
        """Counts a new connection from this address; None if there is no place for it."""
        network = network_of(peer)
        share = self._shares.get(network) or self._share(network, peer)
        if share.limited and share.connections * SHARE >= self.limit:
            self.refused += 1
            return None
        if self._admitted >= self.limit and not self._make_room():
            self.refused += 1
            return None
        self._shares[network] = share
        share.connections += 1
        self._admitted += 1
        self.crowded = self._admitted * 2 > self.limit
        return share

    def _share(self, network: str, peer: str) -> Share:
        limited = bool(peer) and not self._trusted(peer)
        return Share(network, limited, proved=network in self.proved)

    def prove(self, peer: str) -> None:
        """Notes that a request from this address had a valid signature or token."""
        network = network_of(peer)
        self.proved |= {peer: None, network: None}
        while len(self.proved) > _PROVED:
            del self.proved[next(iter(self.proved))]
        share = self._shares.get(network)
        if share is not None:
            share.proved = True

    def leave(self, share: Share) -> None:
        """A connection that was admitted has ended."""
        share.connections -= 1
        self._admitted -= 1
        self.crowded = self._admitted * 2 > self.limit
        if not share.connections:
            del self._shares[share.network]

    def active(self, connection: Open) -> None:
        """Notes that the connection has sent a request: it is the last to lose its place now."""
        if connection in self.open:
            del self.open[connection]
            self.open[connection] = None

    def linger(self, connection: Open) -> None:
        """Notes a refused connection over TLS that stays until its client has the answer.

        Each takes up to half a megabyte, which the budget does not know. So few stay, and the oldest goes.
        """
        self._lingering[connection] = None
        if len(self._lingering) > MOST_LINGERING:
            oldest = next(iter(self._lingering))
            del self._lingering[oldest]
            oldest.close()

    def lost(self, connection: Open, share: Share) -> None:
        """An open connection has ended."""
        self.open.pop(connection, None)
        self._lingering.pop(connection, None)
        self.leave(share)

    def dropped(self, dropped_bytes: int, now: float) -> float:
        """Counts bytes that came after a refusal; returns for how many seconds no more should be read.

        Who is refused may be in the middle of sending, and learns why only if that is read. But somebody
        who sends as fast as possible would have the server do nothing else.
        """
        self._dropped_until = max(self._dropped_until, now) + dropped_bytes / DROPPED_BYTES_S
        return self._dropped_until - now

    def sweep(self, now: float) -> None:
        """Ends what has kept the server waiting too long."""
        for connection in tuple(self.open):
            connection.sweep(now)
        self.budget.sweep(now)

    def _make_room(self) -> bool:
        """Closes the connection that has been idle longest; False if none is."""
        for connection, _ in zip(self.open, range(_LOOKED_AT), strict=False):
            if connection.idle:
                del self.open[connection]
                connection.close()
                return True
        return False
