"""Takes new connections from a listening socket, within the bounds of `connections.py`.

The kernel hands them over in the order in which they came. They are taken quickly and begun more slowly,
and their addresses take turns: otherwise a new one would wait behind thousands of a busy address. One of TLS
is begun once it has said hello (`silent.py`).

Done here and not by the event loop's own server, because that asks nobody before it shakes hands for TLS,
and says nothing where the process has no descriptors left.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from entrepot.edge.budget import Share
from entrepot.edge.connections import Connections
from entrepot.edge.fair_queue import FairQueue
from entrepot.edge.silent import Silent

log = logging.getLogger("entrepot.server")

# Over TLS everything in the socket's buffer is read at once, before its bytes are counted. So that buffer is
# small until the connection has its first lease.
FIRST_RECEIVED, MOST_RECEIVED = 16 << 10, 4 << 20
HANDSHAKE_S = 10.0
PARTING_S = 1.0  # so long the end of a TLS connection waits for the client's word
HANDSHAKES = 256  # of TLS at a time; then a new one waits, or takes the place of another
YOUNG_S = 1.0  # a handshake has so long before another may take its place
YOUNG_BY_ADDRESS = 32  # of so many of an address
BACKLOG = 2048
RESERVED_FILES = 64  # descriptors that are kept back for the store and the admin listener
TAKEN_AT_ONCE = 64  # connections that are taken in one turn of the loop
BEGUN_AT_ONCE = 8  # and begun: each may bring a quarter of a megabyte at once
BEGUN_IF_SCARCE = 2
_FULL_S = 0.01  # where no handshake may begin, so long later one may
_REST_S = 0.5  # after the system refused a connection
_SILENCE_S = 10.0  # between two log lines about that

MakeProtocol = Callable[[Share], asyncio.BaseProtocol]


def files_for_connections(wanted: int) -> int:
    """Returns how many connections the process may hold open, raising its limit of files if needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    return wanted if soft == resource.RLIM_INFINITY else max(min(wanted, soft - RESERVED_FILES), 1)


def receive_at_once(sock: socket.socket, received_bytes: int) -> None:
    """Lets the kernel hold at most about so many bytes that were received and not read yet."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, received_bytes)


class Accepting:
    """Takes connections until `close`. Each gets a protocol of its own, after the handshake of TLS."""

    def __init__(
        self,
        sock: socket.socket,
        connections: Connections,
        make: MakeProtocol,
        tls: ssl.SSLContext | None = None,
        scarce: Callable[[], bool] = lambda: False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._connections = connections
        self._make = make
        self._tls = tls
        self._scarce = scarce  # tells whether the loop has no time to read what they will send
        # Oldest first, with the loop's time at which it began:
        self._joining: dict[asyncio.Task[None], tuple[Share, float]] = {}
        self._silent = Silent(connections.limit // 2, HANDSHAKE_S, self._put, self._leave)
        self._taken: FairQueue[socket.socket] = FairQueue()  # not begun yet
        self._beginning = False  # `_begin` will be called again
        self._silent_until = 0.0
        self._closed = False
        sock.listen(BACKLOG)
        sock.setblocking(False)
        self._loop.add_reader(sock, self._take)

    def close(self) -> None:
        """Takes no more connections. Handshakes that have begun go on; the server does not wait for them."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._sock)
            self._sock.close()
            self._silent.close()
            while self._taken:
                self._leave(*self._taken.pop())

    def _take(self) -> None:
        self._take_some()
        if not self._beginning:
            self._begin()

    def _take_some(self) -> None:
        for _ in range(TAKEN_AT_ONCE):
            try:
                new, address = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._refused_by_system(error)
                return
            share = self._connections.admit(str(address[0]) if address else "")
            if share is None:
                new.close()
                self._tell(
                    "a connection was closed at once: %s", "there are as many as there may be"
                )
            elif self._tls is not None:
                receive_at_once(new, FIRST_RECEIVED)
                self._silent.put(share, new)
            else:
                self._taken.put(share, new)

    def _put(self, share: Share, new: socket.socket) -> None:
        self._taken.put(share, new)
        if not self._beginning:
            self._beginning = True
            self._loop.call_soon(self._begin)

    def _leave(self, share: Share, new: socket.socket) -> None:
        self._connections.leave(share)
        new.close()

    def _begin(self) -> None:
        """Begins a few connections in this turn of the loop, and the others in the next ones."""
        full = False
        for _ in range(BEGUN_IF_SCARCE if self._scarce() else BEGUN_AT_ONCE):
            full = bool(self._taken) and not self._make_slot()
            if full or not self._taken:
                break
            share, new = self._taken.pop()
            self._join(new, share)
        self._beginning = bool(self._taken)
        if full:
            self._loop.call_later(_FULL_S, self._begin)
        elif self._beginning:
            self._loop.call_soon(self._begin)

    def _make_slot(self) -> bool:
        """Whether one more handshake may begin; ends another for it where it has to and may.

        That is the oldest of the address that has most of them: so one address cannot end the handshakes of
        others, however many connections it opens, and many addresses can end only what takes long.
        """
        if self._tls is None or len(self._joining) < HANDSHAKES:
            return True
        counts = Counter(share.network for share, _ in self._joining.values())
        [(network, number)] = counts.most_common(1)
        task, began = next(
            (task, began)
            for task, (share, began) in self._joining.items()
            if share.network == network
        )
        if number <= YOUNG_BY_ADDRESS and self._loop.time() - began < YOUNG_S:
            return False
        del self._joining[task]
        task.cancel()
        return True

    def _join(self, new: socket.socket, share: Share) -> None:
        task = self._loop.create_task(self._handshake(new, share))
        self._joining[task] = share, self._loop.time()
        task.add_done_callback(partial(self._joined, new, share))

    def _joined(self, new: socket.socket, share: Share, task: asyncio.Task[None]) -> None:
        self._joining.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is None and not task.cancelled():
            return
        self._leave(share, new)
        if isinstance(error, Exception) and not isinstance(error, OSError):
            raise error
        log.debug("a connection from %s was not made: %r", share.network, error)

    async def _handshake(self, new: socket.socket, share: Share) -> None:
        new.setblocking(False)
        await self._loop.connect_accepted_socket(
            lambda: self._make(share),
            new,
            ssl=self._tls,
            ssl_handshake_timeout=HANDSHAKE_S if self._tls else None,
            ssl_shutdown_timeout=PARTING_S if self._tls else None,
        )

    def _refused_by_system(self, error: OSError) -> None:
        """There are no descriptors, or no memory: rests, or the loop would do nothing else."""
        self._loop.remove_reader(self._sock)
        self._loop.call_later(_REST_S, self._go_on)
        self._tell("no connection can be taken: %s", error.strerror or str(error))

    def _go_on(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._sock, self._take)

    def _tell(self, words: str, why: str) -> None:
        now = self._loop.time()
        if now >= self._silent_until:
            self._silent_until = now + _SILENCE_S
            log.warning(words, why)
