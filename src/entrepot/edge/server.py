"""Listening, sweeping and a graceful end: the life of the server around its connections."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import uvloop

from entrepot.edge.accepting import BACKLOG, Accepting, files_for_connections
from entrepot.edge.budget import Budget, Share
from entrepot.edge.connection import Application, Connection
from entrepot.edge.connections import Connections
from entrepot.edge.loop_time import LoopTime
from entrepot.edge.watchdog import Watchdog

SWEEP_S = 1.0
TIDY_S = 10.0
GRACE_S = 30.0
PARTING_S = 1.0
# A connection over TLS holds 50 to 67 KB when it is idle and 120 KB while it is busy: so few all fit into 200 MB.
TLS_WEIGHT = 8
TLS_WAITING = 4  # a request that waits for memory over TLS holds as much of it as so many without
_ADMIN_BYTES = 1 << 20
_ADMIN_CONNECTIONS = 64
log = logging.getLogger("entrepot.server")


@dataclass(frozen=True, slots=True)
class Listener:
    """An application, the socket that it is asked through, and what its connections may hold."""

    application: Application
    sock: socket.socket
    tls: ssl.SSLContext | None = None
    connections: Connections | None = None  # None: few, with little memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What there is besides the listener: who is told of what, and how long the end may take."""

    listening: Callable[[str, int], None]  # with the address, once connections are accepted
    draining: Callable[[], None] = lambda: None  # once no more are
    admin: Listener | None = None  # answers until the very end
    grace_s: float = GRACE_S
    overdue: Callable[[], None] = lambda: (
        None
    )  # the grace is over: reads that still run are to fail
    hangup: Callable[[], None] | None = None  # on SIGHUP, which otherwise ends the process
    tidy: Callable[[], None] = lambda: None  # called in a thread every TIDY_S
    watchdog: Watchdog | None = None  # measures how long the loop is held


def listen(host: str, port: int) -> socket.socket:
    """Binds a socket; it does not listen yet.

    Raises:
        OSError: the address is not to be had.
    """
    sock = _unbound(host)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def listen_together(host: str, port: int, number: int) -> list[socket.socket]:
    """As many sockets on one address; the kernel deals the connections out among them.

    They listen at once, so that who connects waits for whoever will serve.

    Raises:
        OSError: the address is not to be had.
    """
    socks = [listen(host, port)]  # alone, so that another server's address is refused
    try:
        socks[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        while len(socks) < number:
            socks.append(_unbound(host))
            socks[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            socks[-1].bind(socks[0].getsockname())
        for sock in socks:
            sock.listen(BACKLOG)
    except OSError:
        for sock in socks:
            sock.close()
        raise
    return socks


def _unbound(host: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def serve(listener: Listener, lifecycle: Lifecycle) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was accepted and return.

    A second such signal, or the end of the grace, cuts off whoever still sends, and whoever waits
    for an answer that is not there within a moment: one that is refused now is.
    """
    uvloop.run(_serve(listener, lifecycle))


async def _serve(listener: Listener, lifecycle: Lifecycle) -> None:
    loop = asyncio.get_running_loop()
    ends = _Ends()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ends.ask)
    if lifecycle.hangup is not None:
        loop.add_signal_handler(signal.SIGHUP, lifecycle.hangup)
    server = _OpenListener(listener)
    admin = _OpenListener(lifecycle.admin) if lifecycle.admin else None
    gc.freeze()  # what was imported lives as long as the process: no collection need look at it
    gc.set_threshold(20_000, 20, 50)  # a request's objects go without a collector's help
    lifecycle.listening(*listener.sock.getsockname()[:2])
    if lifecycle.watchdog is not None:
        lifecycle.watchdog.start()  # not before: what is printed at the start may import much
    budget = server.connections.budget
    tidied, dropped = loop.time(), 0
    while not ends.asked.is_set():
        try:
            await asyncio.wait_for(ends.asked.wait(), SWEEP_S)
        except TimeoutError:
            server.connections.sweep(loop.time())
            if admin is not None:
                admin.connections.sweep(loop.time())
            full = budget.waiting or budget.dropped > dropped
            if loop.time() - tidied > TIDY_S or full:
                tidied, dropped = loop.time(), budget.dropped
                await loop.run_in_executor(None, lifecycle.tidy)
    if lifecycle.watchdog is not None:
        lifecycle.watchdog.stop()
    lifecycle.draining()
    server.accepting.close()
    await _drain(server, lifecycle, ends)
    if admin is not None:
        admin.accepting.close()
        admin.drain()


class _OpenListener:
    """A listener that is open: what takes its connections, and the connections."""

    def __init__(self, listener: Listener) -> None:
        connections = listener.connections
        if connections is None:
            connections = Connections(_ADMIN_CONNECTIONS, Budget(_ADMIN_BYTES))
        wanted = connections.limit
        if listener.tls:
            wanted //= TLS_WEIGHT
            connections.budget.most_waiting //= TLS_WAITING
        connections.limit = files_for_connections(max(wanted, 1))
        self.connections = connections

        loop_time = LoopTime()

        def make(share: Share) -> Connection:
            return Connection(listener.application, connections, share, loop_time)

        self.accepting = Accepting(
            listener.sock, connections, make, listener.tls, lambda: loop_time.scarce
        )

    def drain(self, sending: bool = True) -> None:
        """See `Connection.drain`; connections that are still to come are closed."""
        self.connections.draining = True
        for connection in tuple(self.connections.open):
            connection.drain(sending)


class _Ends:
    """How often the end was asked for."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.at_once = False

    def ask(self) -> None:
        self.at_once = self.asked.is_set()
        self.asked.set()


async def _drain(server: _OpenListener, lifecycle: Lifecycle, ends: _Ends) -> None:
    loop = asyncio.get_running_loop()
    connections = server.connections.open
    server.drain()
    end = loop.time() + lifecycle.grace_s
    while connections and loop.time() < end and not ends.at_once:
        server.connections.budget.sweep(loop.time())
        await asyncio.sleep(0.01)
    if connections:
        log.warning("ended with %d connections still waiting", len(connections))
    lifecycle.overdue()
    server.drain(sending=False)
    end = loop.time() + PARTING_S
    while connections and loop.time() < end:
        await asyncio.sleep(0.01)
