"""One HTTP/1.1 connection: answers its requests in order, within the bounds of all; knows no dialect.

`incoming.py` turns the bytes into requests; `budget.py` says how many bytes may be in memory.
"""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections import deque
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol, cast

from entrepot.core.faults import Fault, Unavailable
from entrepot.dialect.request import Answer, Request
from entrepot.dialect.sizes import LARGE
from entrepot.edge.accepting import MOST_RECEIVED, receive_at_once
from entrepot.edge.budget import Lease, Share
from entrepot.edge.connections import Connections
from entrepot.edge.incoming import FREE_BYTES, LINE_BYTES, Incoming, Limits
from entrepot.edge.loop_time import SMALL_READ, LoopTime

HEAD_TIMEOUT_S = 30.0
BODY_TIMEOUT_S = 60.0
IDLE_TIMEOUT_S = 75.0
LINGER_S = 5.0
_SHORTEST_REST_S = 0.002
HURRY_S = 0.2  # instead, where there is no memory: over TLS a connection that lingers holds some
STALL_TIMEOUT_S = 30.0  # an answer of which the client takes nothing for so long is given up
ANSWER_TIMEOUT_S = 300.0  # and one that it has not taken whole in so long
PIPELINED = 32
UNSENT_BYTES = 16 << 10  # of an answer; beyond that the connection reads nothing more
# A longer answer is given to the transport in pieces, each when the one before has left.
PIECE_BYTES, TLS_PIECE_BYTES = 64 << 10, 16 << 10
# What a connection over TLS holds of an unsent answer out of sight: encrypted bytes in two more buffers.
TLS_UNSENT_BYTES = 128 << 10
REQUEST_BYTES = 1 << 10  # what a request costs besides its bytes
# What announces no length is leased in steps. They grow: of many that fill the budget with equal small steps
# none would ever be read whole.
STEP_BYTES, LARGEST_STEP = 64 << 10, 1 << 20
# Of TLS: what is read at once passes a buffer of the connection's own, which keeps the memory that it
# touched. So the bytes count twice, and a connection that needed much of it is closed once it is idle.
TLS_BUFFER_BYTES = 16 << 10

_STATUS = {s.value: f"HTTP/1.1 {s.value} {s.phrase}".encode() for s in HTTPStatus}
_BODILESS = frozenset((204, 304))
_NEVER = math.inf
# Why a connection does not read:
_WRITING, _QUEUE, _ROOM, _PACE, _TURN, _ENDED = 1, 2, 4, 8, 16, 32
_NO_ROOM = "too many bytes of other requests are in memory; try again in a moment"
_TOO_SLOW = "the request came too slowly while others waited for its memory; send it again"


class Application(Limits, Protocol):
    """What a connection asks: how long requests may be, and the answers."""

    async def answer(self, request: Request) -> Answer:
        """The answer to a request that was read whole."""
        ...

    def refuse(self, request: Request, fault: Fault) -> Answer:
        """The answer to a request that is refused before all of it was read."""
        ...


class Clock:
    """The `Date` header, made once a second."""

    def __init__(self) -> None:
        self._until = 0.0
        self._line = b""

    def line(self) -> bytes:
        """`date: ...`, without a line end."""
        now = time.time()
        if not self._until - 1 <= now < self._until:  # clocks are also set back
            self._until = now // 1 + 1
            self._line = f"date: {formatdate(now, usegmt=True)}".encode()
        return self._line


_clock = Clock()


class _Lost(asyncio.Transport):
    """Stands in for the transport of a connection that has ended."""

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        pass

    abort = pause_reading = resume_reading = close


_LOST = _Lost()
_NOTHING = Request("", b"")


# What waits to be answered, in the order in which it came: a request with its lease; a refusal that is
# ready; or the wait for room of the requests behind it. A tuple, because every request makes one: request,
# answer, keep alive, lease, room.
_Turn = tuple[Request | None, Answer | None, bool, Lease | None, "asyncio.Future[bool] | None"]


class Connection(asyncio.BufferedProtocol):
    """Reads requests one after another and answers them in that order (a `Receiver`).

    `deadline` is when the connection has been waiting too long (loop time); the server sweeps.
    """

    # There are thousands of these, and each attribute is read for every request.
    __slots__ = (
        "_application",
        "_body_left",
        "_budget",
        "_caller",
        "_can_write",
        "_connections",
        "_had_turn",
        "_idle",
        "_incoming",
        "_known",
        "_last",
        "_lease",
        "_left_bytes",
        "_left_since",
        "_linger_s",
        "_loop",
        "_loop_time",
        "_not_reading",
        "_receives_little",
        "_rest",
        "_share",
        "_stalled_since",
        "_task",
        "_timed",
        "_tls",
        "_transport",
        "_turns",
        "_unanswered",
        "_unread",
        "_unsent",
        "deadline",
    )

    def __init__(
        self, application: Application, connections: Connections, share: Share, loop_time: LoopTime
    ) -> None:
        self._application = application
        self._connections = connections
        self._budget = connections.budget
        self._loop_time = loop_time
        self._share = share
        # Of a proxy's callers each connection has its turns, because they cannot be told apart.
        self._caller = share if share.limited else Share(share.network, limited=False)
        self._loop = asyncio.get_running_loop()
        self._turns: deque[_Turn] = deque()
        self._unanswered = 0  # requests that were read whole
        self._task: asyncio.Task[None] | None = None  # answers, from the first request on
        self._idle: asyncio.Future[None] | None = None  # what it waits for between requests
        self._lease: Lease | None = None  # of the request that is being read
        self._unsent: Lease | None = None  # of the answer that the client does not take
        self._body_left = 0  # bytes of a long answer that the transport has not got yet
        self._left_bytes, self._left_since, self._stalled_since = 0, 0.0, 0.0
        self._last = False  # close behind the answer that is under way
        self._not_reading = 0
        self._linger_s = LINGER_S
        self._rest: asyncio.TimerHandle | None = None  # from what is read and dropped
        self._known = _NOTHING  # of the request that is refused before all of it was read
        self._unread = b""  # received, and to be read when it is its turn
        self._had_turn = False  # the next request was read in a turn and is answered in it
        self._receives_little = False  # over TLS, until there was a lease
        self._timed = ""  # the part of a request that `deadline` is for
        self._can_write: asyncio.Event | None = None  # where writing is paused
        self.deadline = self._loop.time() + HEAD_TIMEOUT_S

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Of a TCP server, so it is a whole one.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=UNSENT_BYTES)
        self._tls = self._receives_little = transport.get_extra_info("sslcontext") is not None
        peer = str((transport.get_extra_info("peername") or ("",))[0])
        self._incoming = Incoming(self._application, self, peer)
        self._connections.open[self] = None
        if self._connections.draining:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        # A request that was read whole is finished all the same: its answer has nowhere to go.
        self._connections.lost(self, self._share)
        self._transport = _LOST  # which otherwise holds this object in a cycle
        self._unread = b""
        if self._rest is not None:
            self._rest.cancel()  # it would hold this object for seconds
        self._incoming.close()
        self._forget_turns()
        self.resume_writing()
        self._wake()

    def get_buffer(self, sizehint: int) -> memoryview:
        # TLS has the bytes in memory already; after a refusal they are dropped.
        if self._tls or self._incoming.stopped:
            return self._loop_time.buffer
        if self._lease is None or not self._lease.announced:  # its chunks may have a byte each
            return self._loop_time.small_buffer
        leased_bytes = self._lease.leased_bytes - self._lease.done_bytes
        return self._loop_time.buffer[: max(leased_bytes, SMALL_READ)]

    def buffer_updated(self, nbytes: int) -> None:
        data = self._loop_time.buffer[:nbytes]
        if self._unread:
            self._unread += data
        elif self._loop_time.scarce and self._loop_time.read_later(
            self._read, nbytes, self._caller
        ):
            self._unread = bytes(data)
            self._pause(_TURN)
        else:
            self._feed(data)

    def eof_received(self) -> bool:
        """The client sends nothing more: what was read whole is answered, then the connection ends.

        It is kept open for that alone, so not where nothing is being answered, nor for half a request.
        """
        if self._unread:
            self._read()
        if self._tls or self._task is None or self._idle is not None:  # TLS has no half of an end
            return False
        self._last = True
        self._not_reading |= _ENDED
        return True

    def _read(self) -> bool:
        """Reads what waited for its turn; returns whether a request is answered next."""
        unread, self._unread = self._unread, b""
        if unread:
            idle = self._task is None or self._idle is not None
            self._resume(_TURN)
            self._feed(unread)
            self._had_turn = idle and bool(self._turns)
        return self._had_turn

    def _feed(self, data: bytes | memoryview) -> None:
        incoming = self._incoming
        if incoming.stopped:
            self._drop(len(data))
            return
        incoming.feed(data)
        if incoming.in_message:
            self._wait_for_more()
        if incoming.last or (self._tls and len(data) > TLS_BUFFER_BYTES):
            self._last = True

    def _drop(self, dropped_bytes: int) -> None:
        """What comes after a refusal is not kept, and not read as fast as it can be sent."""
        rest_s = self._connections.dropped(dropped_bytes, self._loop.time())
        if rest_s > (HURRY_S if self._tls else LINGER_S):
            self._transport.abort()  # over TLS a connection that is not read holds 256 KB
        elif rest_s > _SHORTEST_REST_S:
            self._pause(_PACE)
            self._rest = self._loop.call_later(rest_s, self._resume, _PACE)

    def _wait_for_more(self) -> None:
        """A request is not there whole: its head has some time, and so has its body."""
        part = "head" if self._incoming.in_head else "body"
        if part != self._timed:
            self._timed = part
            patience_s = HEAD_TIMEOUT_S if part == "head" else BODY_TIMEOUT_S
            self.deadline = self._loop.time() + patience_s

    def pause_writing(self) -> None:
        self._can_write = asyncio.Event()
        self._pause(_WRITING)
        if self._unsent is None:
            self._count_unsent(self._transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        if self._can_write is not None:
            self._can_write.set()
            self._can_write = None
        if not self._body_left:
            self._release_unsent()
        self._resume(_WRITING)

    def _count_unsent(self, unsent_bytes: int) -> None:
        if self._unsent is None:
            self._unsent = Lease(self._share, self._transport.abort, self._loop.time())
            unsent_bytes += TLS_UNSENT_BYTES if self._tls else 0
        self._budget.take_unsent(self._unsent, unsent_bytes)

    def _release_unsent(self) -> None:
        if self._unsent is not None:
            self._budget.release(self._unsent)
            self._unsent = None
            self._left_since = 0.0

    def _pause(self, reason: int) -> None:
        self._not_reading |= reason
        self._transport.pause_reading()

    def _resume(self, reason: int) -> None:
        if self._not_reading & reason:
            self._not_reading &= ~reason
            if not self._not_reading:
                with suppress(RuntimeError):  # the client is gone; `connection_lost` comes next
                    self._transport.resume_reading()

    # What is read

    def body_begins(self, total_bytes: int, wants_word: bool) -> None:
        if total_bytes > FREE_BYTES or self._unanswered:
            self._hold(total_bytes)
        if wants_word and not self._turns:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def holds(self, held_bytes: int) -> None:
        counted_bytes = 2 * held_bytes if self._tls else held_bytes
        if self._lease is None or counted_bytes > self._lease.leased_bytes:
            step_bytes = STEP_BYTES
            while step_bytes < min(held_bytes, LARGEST_STEP):
                step_bytes *= 2
            self._hold(-(-held_bytes // step_bytes) * step_bytes)
        if self._lease is not None:
            self._lease.done_bytes = counted_bytes
            self._lease.announced = self._incoming.announced

    def complete(self, request: Request, keep_alive: bool, total_bytes: int) -> None:
        self.deadline, self._timed = _NEVER, ""
        lease = None
        if total_bytes > FREE_BYTES or self._unanswered or self._lease is not None:
            kept_bytes = REQUEST_BYTES + LINE_BYTES * len(request.headers)
            self._hold(total_bytes + kept_bytes, whole=True)
            if self._incoming.stopped:
                return
            lease, self._lease = self._lease, None
            if lease is not None:
                lease.unfinished = False
        self._unanswered += 1
        if self._connections.crowded:
            self._connections.active(self)
        self._enqueue((request, None, keep_alive, lease, None))

    def refused(self, request: Request, reason: Fault | Answer) -> None:
        if self._lease is not None:
            self._budget.release(self._lease)
            self._lease = None
        answer = reason if isinstance(reason, Answer) else self._application.refuse(request, reason)
        self._enqueue((None, answer, False, None, None))

    def _hold(self, total_bytes: int, whole: bool = False) -> None:
        """Leases what the request has in all; where there is no room, reads nothing until there is.

        A `whole` request that has a lease does not wait for the little that is missing: those that it would
        wait for may wait for what it holds.
        """
        lease = self._lease
        if lease is None:
            now = self._loop.time()
            lease = self._lease = Lease(self._share, self._too_slow, now, forget=self._forget_read)
            if self._receives_little:
                self._receive_much()
        if self._tls:
            total_bytes *= 2
        more_bytes = total_bytes - lease.leased_bytes
        if more_bytes <= 0:
            return
        # Two kinds of bytes are in memory already: what was read together with a request that waits, and
        # what ends a request.
        if self._not_reading & _ROOM or (whole and lease.leased_bytes):
            self._budget.take(lease, more_bytes)
            return
        room = self._budget.extend(lease, more_bytes)
        if room is None:
            return
        if room.done():  # too many wait
            self.refused(self._known, Unavailable(_NO_ROOM))
            return
        self._pause(_ROOM)
        room.add_done_callback(self._room_told)
        self._enqueue((None, None, False, None, room))

    def _receive_much(self) -> None:
        self._receives_little = False
        # uvloop gives no socket on which an option may be set, but its descriptor.
        sock = socket.socket(fileno=self._transport.get_extra_info("socket").fileno())
        try:
            receive_at_once(sock, MOST_RECEIVED)
        finally:
            sock.detach()

    def _room_told(self, room: asyncio.Future[bool]) -> None:
        if room.result():
            self._resume(_ROOM)
        else:
            self._forget_read()

    def _forget_read(self) -> None:
        """Reads nothing more, and lets go of what was read: there is no memory for it."""
        if not self._incoming.stopped:
            self._known = self._incoming.so_far()
        self._incoming.stop()
        if self._tls:
            self._linger_s = HURRY_S

    def _too_slow(self) -> None:
        """Others need the memory: refuses the request that is being read."""
        self._forget_read()
        self.refused(self._known, Unavailable(_TOO_SLOW))

    # Answering

    def _enqueue(self, turn: _Turn) -> None:
        self._turns.append(turn)
        if self._idle is not None:
            self._wake()
        elif self._task is None:
            self._task = self._loop.create_task(self._work())
        elif len(self._turns) >= PIPELINED:
            self._pause(_QUEUE)

    def _wake(self) -> None:
        idle, self._idle = self._idle, None
        if idle is not None and not idle.done():  # done: the loop has ended
            idle.set_result(None)

    async def _work(self) -> None:
        """Answers what waits, in order, for as long as the connection lives: a task for each request
        would cost more than many a request does. Nothing of a request is left while it rests."""
        turns, answer_of = self._turns, self._application.answer
        loop_time, caller = self._loop_time, self._caller
        try:
            while True:
                while not turns:
                    if self._transport.is_closing() or self._not_reading & _ENDED:
                        return
                    if not self._incoming.in_message:
                        self.deadline = self._loop.time() + IDLE_TIMEOUT_S
                    self._idle = self._loop.create_future()
                    await self._idle
                request, answer, keep_alive, lease, room = turns.popleft()
                if room is not None:
                    if await room:
                        del room
                        continue
                    self._forget_turns()
                    request, self._known = self._known, _NOTHING
                    answer = self._application.refuse(request, Unavailable(_NO_ROOM))
                elif answer is None and request is not None:
                    had_turn, self._had_turn = self._had_turn, False
                    if lease is None:
                        if loop_time.scarce:
                            answer = await loop_time.answer(answer_of, request, caller, had_turn)
                        else:
                            answer = await answer_of(request)
                        self._unanswered -= 1
                    else:
                        answer = await self._answer_leased(request, lease, had_turn)
                if answer is None or self._transport.is_closing():
                    return
                keep_alive = keep_alive and not (self._last and not turns)
                rest = self._write(
                    answer, keep_alive, request is not None and request.method == "HEAD"
                )
                del request, answer, lease, room
                if rest:
                    await self._write_rest(memoryview(rest))
                    if self._transport.is_closing():
                        return
                del rest
                if not keep_alive:
                    self._end()
                    return
                if self._can_write is not None:
                    await self._can_write.wait()
                elif self._not_reading & _QUEUE and len(turns) < PIPELINED:
                    self._resume(_QUEUE)
        finally:
            self._task = None
            if not self._incoming.stopped:
                self._transport.close()

    async def _answer_leased(self, request: Request, lease: Lease, had_turn: bool) -> Answer:
        """The answer to a request that holds memory of the budget; few large ones are in work."""
        loop_time, answer_of = self._loop_time, self._application.answer
        try:
            if lease.leased_bytes <= LARGE:
                return await loop_time.answer(answer_of, request, self._caller, had_turn)
            async with self._connections.large.turn(lease.share):
                if len(request.body) <= LARGE or loop_time.scarce:
                    return await loop_time.answer(answer_of, request, self._caller)
                return await answer_of(request)  # which reads such a body in a thread
        finally:
            self._unanswered -= 1
            self._budget.release(lease)

    def _forget_turns(self) -> None:
        """Gives back what is leased for requests that nobody will answer."""
        leases = [lease for _, _, _, lease, _ in self._turns if lease is not None]
        self._unanswered -= sum(
            answer is None and room is None for _, answer, _, _, room in self._turns
        )
        self._turns.clear()
        if self._lease is not None:
            leases.append(self._lease)
            self._lease = None
        self._budget.release(*leases)

    def _write(self, answer: Answer, keep_alive: bool, bodiless: bool) -> bytes:
        """Writes the answer; returns its body where that is too long to be written at once."""
        body = answer.body
        lines = [_STATUS[answer.status], _clock.line(), *map(b": ".join, answer.headers)]
        if answer.status not in _BODILESS:
            lines.append(b"content-length: %d" % len(body))
        if not keep_alive:
            lines.append(b"connection: close")
        head = b"\r\n".join(lines)
        # `header_value` has seen to it; were it forgotten, a caller's text could begin a line here.
        if not head.count(b"\n") == head.count(b"\r") == len(lines) - 1:
            names = b", ".join(name for name, _ in answer.headers).decode("latin-1")
            raise ValueError(f"a header holds a line break; it is one of {names}")
        if bodiless:
            body = b""
        rest = body if len(body) > PIECE_BYTES else b""
        self._transport.write(b"\r\n\r\n".join((head, b"" if rest else body)))
        return rest

    async def _write_rest(self, rest: memoryview) -> None:
        """Writes a long body in pieces. It counts whole until the client has taken it."""
        piece_bytes = TLS_PIECE_BYTES if self._tls else PIECE_BYTES
        self._body_left = len(rest)
        self._count_unsent(len(rest))
        while rest and not self._transport.is_closing():
            if self._can_write is not None:
                await self._can_write.wait()
                continue
            piece, rest = rest[:piece_bytes], rest[piece_bytes:]
            self._body_left = len(rest)
            self._transport.write(piece)
            await asyncio.sleep(0)  # others' requests come between the pieces
        self._body_left = 0
        if self._can_write is None:
            self._release_unsent()

    def _end(self) -> None:
        if not self._incoming.stopped or self._not_reading & _ENDED:
            self._transport.close()
            return
        # The client may still be sending what is not read: closing now would reset the connection,
        # and with it the answer. So say that nothing more comes, and wait a little for the same.
        if self._transport.can_write_eof():  # TLS has no such half of an end
            self._transport.write_eof()
        self._not_reading = 0  # what comes is dropped
        self._transport.resume_reading()
        self.deadline = self._loop.time() + self._linger_s
        if self._tls and self._linger_s == HURRY_S:
            self._connections.linger(self)
            self._loop.call_later(HURRY_S, self._transport.abort)  # sooner than the next sweep

    # The server's side

    @property
    def idle(self) -> bool:
        """Whether no request is being answered."""
        return not self._unanswered

    def sweep(self, now: float) -> None:
        """Ends the connection where the client has kept it waiting too long."""
        if self._unsent is not None or self._transport.is_closing():
            self._sweep_answer(now, self._transport.get_write_buffer_size() + self._body_left)
        elif now > self.deadline:
            self._transport.close()

    def _sweep_answer(self, now: float, left_bytes: int) -> None:
        """The client has not taken its answer yet: it must take some of it now and then."""
        if not self._left_since:
            self._left_since, self._left_bytes = now, left_bytes + 1
        if left_bytes != self._left_bytes:
            self._left_bytes, self._stalled_since = left_bytes, now
            if self._unsent is not None:
                self._unsent.done_bytes = max(self._unsent.leased_bytes - left_bytes, 0)
        stalled = now - self._stalled_since > STALL_TIMEOUT_S
        if stalled or now - self._left_since > ANSWER_TIMEOUT_S:
            self._transport.abort()

    def close(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    def drain(self, sending: bool = True) -> None:
        """Answer what was accepted, `sending`: and what is on its way, then close."""
        self._last = True
        idle = self._task is None or self._idle is not None
        if idle and not (sending and self._incoming.in_message):
            self._transport.close()
