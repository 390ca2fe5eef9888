"""The bytes that all connections of a process may hold at a time: heads, bodies and unsent answers.

Example: the budget is 32 MB. A request whose head and body have 5,000 bytes or fewer is not counted:
each connection has that much for nothing. A body of 4 MB asks for a lease of 4 MB when its head is
there, before its bytes are read. With 30 MB leased it waits; the connection reads nothing meanwhile.
When another answer has been sent, the request whose address holds least gets its lease, and of those the one
that has waited longest. Callers who have proved who they are come before strangers. What got none within 5 s
is refused. While something waits, the slowest unfinished request is dropped: a client that sends one byte a
second must not keep others out, also where it sent nearly all at first. Nor may four that send 8 MB each at a
megabyte a second: what has waited for 2 s gets room from an address that holds more.

An answer is in memory before anybody can ask for room. Answers that clients do not read may take half of the
budget. When they take more, the server drops one and closes its connection: the slowest answer of the address
that holds most. Answers younger than a second are dropped only when unread answers take the whole budget.

Knows no HTTP and no socket. Everything here runs on the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

ROOM_S = 5.0  # so long a request waits for room
LONG_S = 2.0  # so long it waits for an address that holds more
_PACE_S = 2.0  # the pace is that of twice so long at most
GRACE_S = 1.0  # so long a request is not judged by its pace
MOST_WAITING = 256
_BYTES_LIKE_A_SECOND = 1 << 20
SHARE = 4  # one address gets a quarter
_UNSENT = 2  # one part in so many is for answers that clients do not take


@dataclass(slots=True, eq=False)
class Share:
    """What one address has: connections, bytes of the budget, and the loop's time where that is scarce.

    `limited` is false for a trusted proxy, which speaks for many callers. `cost_s`: what one of its
    requests took lately. `proved`: a caller from there has proved who it is.
    """

    network: str
    limited: bool = True
    connections: int = 0
    leased_bytes: int = 0
    waiting: int = 0  # requests that wait for room
    used_s: float = 0.0
    cost_s: float = 0.001
    proved: bool = False


@dataclass(slots=True, eq=False)
class Lease:
    """The bytes of one request, or of one unsent answer.

    `drop` ends the request because others need the room; it is called only while `unfinished`. `forget`
    lets go at once of what was read, where the request gets no room: the next bytes may come from
    thousands of others before the request learns of it.
    """

    share: Share
    drop: Callable[[], None]
    since: float
    leased_bytes: int = 0
    done_bytes: int = 0  # of them, how many have come (or gone, of an answer)
    unfinished: bool = True
    announced: bool = True  # whether the length of the rest is known
    forget: Callable[[], None] = lambda: None
    room: _Waiter | None = None  # that it waits for

    # The pace is that of the last seconds: who sent nearly all and then a byte a second is slow.
    past_at: float = 0.0
    past_bytes: int = 0
    marked_at: float = 0.0
    marked_bytes: int = 0

    def __post_init__(self) -> None:
        self.past_at = self.marked_at = self.since

    def mark(self, now: float) -> None:
        """Notes how much has come by now; the pace is told from the mark before the last."""
        if now - self.marked_at >= _PACE_S:
            self.past_at, self.past_bytes = self.marked_at, self.marked_bytes
            self.marked_at, self.marked_bytes = now, self.done_bytes

    def remaining_s(self, now: float) -> float:
        """Returns how long the rest takes at the pace of late; infinite where nothing came.

        A request that announces no length is taken to need five times its age. So the oldest of those
        counts as the slowest.
        """
        lately_bytes = self.done_bytes - self.past_bytes
        if lately_bytes <= 0:
            return float("inf")
        if not self.announced:
            return (now - self.since) * ROOM_S
        rest = max(self.leased_bytes - self.done_bytes, 1)
        return rest * (now - self.past_at) / lately_bytes


@dataclass(slots=True, eq=False)
class _Waiter:
    lease: Lease
    wanted_bytes: int
    until: float
    granted: asyncio.Future[bool] = field(compare=False)


def _held(lease: Lease) -> int:
    """What its address holds; of a proxy, whose callers are many, what the request does."""
    return lease.share.leased_bytes if lease.share.limited else lease.leased_bytes


def _rank(waiter: _Waiter) -> tuple[bool, int, float]:
    """Proved callers come before strangers; whose address holds least comes first, then who has waited longest.

    Each megabyte counts like a second less: a few large requests would else keep all small ones waiting.
    """
    share = waiter.lease.share
    held_bytes = share.leased_bytes if share.limited else 0
    return not share.proved, held_bytes, waiter.until + waiter.wanted_bytes / _BYTES_LIKE_A_SECOND


class Budget:
    """Leases bytes to requests; see the module's example."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.most_waiting = MOST_WAITING
        self.leased_bytes = 0
        self.dropped = 0  # requests that were ended because others needed the room
        self.refused = 0  # requests that got no room in time
        self.waiting = 0  # requests that wait for room
        self._leases: dict[Lease, None] = {}
        self._unsent: dict[Lease, None] = {}  # of the leases, those of answers
        self._unsent_bytes = 0
        # Of each address those who wait, in the order in which they came; none is empty.
        self._waiting: dict[Share, dict[_Waiter, None]] = {}

    def extend(self, lease: Lease, wanted_bytes: int) -> asyncio.Future[bool] | None:
        """Adds bytes to the lease.

        Returns None where there is room, else a future: True once there was, False where there was
        none in time, or where too many wait already.
        """
        if not self.waiting and self._fits(wanted_bytes) and self._has_share(lease, wanted_bytes):
            self._grant(lease, wanted_bytes)
            return None
        loop = asyncio.get_running_loop()
        waiter = _Waiter(lease, wanted_bytes, loop.time() + ROOM_S, loop.create_future())
        lease.room = waiter
        self._waiting.setdefault(lease.share, {})[waiter] = None
        self.waiting += 1
        lease.share.waiting += 1
        self._admit()
        if waiter.granted.done():
            return None
        if self.waiting > self.most_waiting:
            self._refuse_one()
        return waiter.granted

    def take(self, lease: Lease, taken_bytes: int) -> None:
        """Adds bytes that are in memory already, whether or not there is room."""
        self._grant(lease, taken_bytes)

    def take_unsent(self, lease: Lease, taken_bytes: int) -> None:
        """The same for an answer; gives others up where unsent answers have too many bytes."""
        self._unsent[lease] = None
        self._unsent_bytes += taken_bytes
        self._grant(lease, taken_bytes)
        now = asyncio.get_running_loop().time()
        while self._unsent_bytes * _UNSENT > self.limit_bytes:
            others = [
                other
                for other in self._unsent
                if other is not lease
                and (now - other.since > GRACE_S or self._unsent_bytes > self.limit_bytes)
            ]
            if not others:
                return
            self._drop(max(others, key=lambda other: (_held(other), other.remaining_s(now))))

    def release(self, *leases: Lease) -> None:
        """Gives all bytes of the leases back, and their places among those who wait."""
        released_bytes = 0
        for lease in leases:
            if lease.room is not None:
                self._end_waiting(lease.room, granted=False)
            self._leases.pop(lease, None)
            if lease in self._unsent:
                del self._unsent[lease]
                self._unsent_bytes -= lease.leased_bytes
            released_bytes += lease.leased_bytes
            lease.share.leased_bytes -= lease.leased_bytes
            lease.leased_bytes = 0
        self.leased_bytes -= released_bytes
        if released_bytes and self.waiting:
            self._admit()

    def sweep(self, now: float) -> None:
        """Refuses what waited too long, and drops the slowest requests while others wait for room."""
        late = [w for waiters in self._waiting.values() for w in waiters if w.until <= now]
        for waiter in late:
            self._refuse(waiter)
        if not self.waiting:
            return
        for lease in self._slow(now):
            if not self.waiting:
                return
            if self._helps(lease):
                self._drop(lease)
        while (larger := self._larger_than_who_waits(now)) is not None:
            self._drop(larger)

    def _fits(self, wanted_bytes: int) -> bool:
        return self.leased_bytes + wanted_bytes <= self.limit_bytes

    def _has_share(self, lease: Lease, wanted_bytes: int) -> bool:
        """Whether the address stays within a quarter.

        An address that holds nothing else may always have one request of the largest size.
        """
        share = lease.share
        alone = share.leased_bytes == lease.leased_bytes
        within = (share.leased_bytes + wanted_bytes) * SHARE <= self.limit_bytes
        return within or alone or not share.limited

    def _grant(self, lease: Lease, wanted_bytes: int) -> None:
        self._leases[lease] = None
        lease.leased_bytes += wanted_bytes
        lease.share.leased_bytes += wanted_bytes
        self.leased_bytes += wanted_bytes

    def _admit(self) -> None:
        """Grants leases to those who wait, as long as there is room.

        Who holds least comes first, and what is released is kept for it until it has enough: otherwise
        addresses that ask for many small pieces would keep out another one's first request. A proxy's
        callers cannot be told apart, so it does not stand back.
        """
        while self.waiting:
            may = [
                waiter
                for waiter in map(self._first, self._waiting)
                if self._has_share(waiter.lease, waiter.wanted_bytes)
            ]
            first = min(may, key=_rank, default=None)
            if first is None or not self._fits(first.wanted_bytes):
                return
            self._grant(first.lease, first.wanted_bytes)
            self._end_waiting(first, granted=True)

    def _first(self, share: Share) -> _Waiter:
        """Who waits longest of an address."""
        return next(iter(self._waiting[share]))

    def _end_waiting(self, waiter: _Waiter, granted: bool) -> None:
        share = waiter.lease.share
        waiter.lease.room = None
        self.waiting -= 1
        share.waiting -= 1
        del self._waiting[share][waiter]
        if not share.waiting:
            del self._waiting[share]
        if not waiter.granted.done():  # else its task was cancelled
            waiter.granted.set_result(granted)

    def _refuse_one(self) -> None:
        """Refuses the newest of the address that waits with most: to fill the queue takes many addresses.

        Strangers are refused before proved callers.
        """
        share = max(reversed(self._waiting), key=lambda share: (not share.proved, share.waiting))
        self._refuse(next(reversed(self._waiting[share])))

    def _refuse(self, waiter: _Waiter) -> None:
        self.refused += 1
        waiter.lease.forget()
        self._end_waiting(waiter, granted=False)

    def _slow(self, now: float) -> list[Lease]:
        """The unfinished requests that need longer for their rest than others wait; the slowest first."""
        for lease in self._leases:
            lease.mark(now)
        slow = [
            (remaining_s, lease)
            for lease in self._leases
            if lease.unfinished
            and now - lease.since > GRACE_S
            and (remaining_s := lease.remaining_s(now)) > ROOM_S
        ]
        return [lease for _, lease in sorted(slow, key=lambda pair: -pair[0])]

    def _larger_than_who_waits(self, now: float) -> Lease | None:
        """What is dropped for who has waited long: the slowest request of the address that holds most."""
        long = [w for w in map(self._first, self._waiting) if now - (w.until - ROOM_S) > LONG_S]
        first = min(long, key=_rank, default=None)
        if first is None or self._fits(first.wanted_bytes):
            return None
        wants_bytes = _held(first.lease) + first.wanted_bytes
        larger = [
            lease
            for lease in self._leases
            if lease.unfinished and now - lease.since > GRACE_S and _held(lease) > wants_bytes
        ]
        return max(larger, key=lambda lease: (_held(lease), lease.remaining_s(now)), default=None)

    def _drop(self, lease: Lease) -> None:
        self.dropped += 1
        lease.unfinished = False
        lease.drop()
        self.release(lease)

    def _helps(self, lease: Lease) -> bool:
        """Whether somebody waits for these bytes: for room in all, or in the same share."""
        return bool(lease.share.waiting) or any(
            not self._fits(waiter.wanted_bytes) for waiter in map(self._first, self._waiting)
        )
