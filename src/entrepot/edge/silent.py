"""New connections of TLS that have not said hello yet: each costs a socket, and no memory or turn of TLS.

A client of TLS speaks first and at once, so nobody honest is here for long. Where there are too many, the one
ends that has been silent longest: of its own address where that has many, else of all.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from entrepot.edge.budget import Share

SILENT_BY_ADDRESS = 64
_RECORD_HEAD_BYTES = 5
_HELLO_BYTES = _RECORD_HEAD_BYTES + (16 << 10)  # at most; it is one record
_HANDSHAKE = 22  # the kind of record

Told = Callable[[Share, socket.socket], None]


class Silent:
    """Holds connections until they have said hello (`spoke`), or will not (`ended`)."""

    def __init__(self, most: int, patience_s: float, spoke: Told, ended: Told) -> None:
        self._most = most
        self._patience_s = patience_s
        self._spoke = spoke
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._all: dict[socket.socket, tuple[Share, asyncio.TimerHandle]] = {}  # oldest first
        self._of_address: dict[Share, dict[socket.socket, None]] = {}

    def put(self, share: Share, new: socket.socket) -> None:
        """Takes the connection in."""
        of_address = self._of_address.get(share, {})
        if len(of_address) >= SILENT_BY_ADDRESS:
            self._make_slot(next(iter(of_address)))
        elif len(self._all) >= self._most:
            self._make_slot(next(iter(self._all)))
        new.setblocking(False)
        timer = self._loop.call_later(self._patience_s, self._end, new)
        self._all[new] = share, timer
        self._of_address.setdefault(share, {})[new] = None
        self._loop.add_reader(new, self._readable, new, 1)

    def close(self) -> None:
        """Ends all of them."""
        while self._all:
            self._end(next(iter(self._all)))

    def _make_slot(self, oldest: socket.socket) -> None:
        self._readable(oldest, 1)  # it may have said hello, and nobody has looked yet
        if oldest in self._all:
            self._end(oldest)

    def _readable(self, new: socket.socket, wanted_bytes: int) -> None:
        try:
            said = new.recv(_HELLO_BYTES, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            said = b""
        if len(said) < wanted_bytes:  # and there will not be more
            self._end(new)
        elif (missing := _missing_bytes(said)) > 0:
            wanted_bytes = len(said) + missing
            # Now the system says no more before all of them are there, or the client has ended.
            new.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wanted_bytes)
            self._loop.add_reader(new, self._readable, new, wanted_bytes)
        else:
            new.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            self._spoke(self._forget(new), new)

    def _end(self, new: socket.socket) -> None:
        self._ended(self._forget(new), new)

    def _forget(self, new: socket.socket) -> Share:
        self._loop.remove_reader(new)
        share, timer = self._all.pop(new)
        timer.cancel()
        of_address = self._of_address[share]
        del of_address[new]
        if not of_address:
            del self._of_address[share]
        return share


def _missing_bytes(said: bytes) -> int:
    """How many bytes a hello that begins so still lacks; what is none lacks none, and TLS will say so."""
    if said[0] != _HANDSHAKE:
        return 0
    if len(said) < _RECORD_HEAD_BYTES:
        return _RECORD_HEAD_BYTES - len(said)
    whole_bytes = _RECORD_HEAD_BYTES + int.from_bytes(said[3:5], "big")
    return min(whole_bytes, _HELLO_BYTES) - len(said)
