"""Listening, sweeping and a graceful end: the life of the server around its connections."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable

import uvloop

from entrepot.edge.connection import Application, Connection

SWEEP_S = 1.0
GRACE_S = 30.0


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens for nobody yet.

    Raises:
        OSError: the address is not to be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def serve(
    application: Application, sock: socket.socket, listening: Callable[[str, int], None]
) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was accepted and return.

    `listening` is called with the address once connections are accepted.
    """
    uvloop.run(_serve(application, sock, listening))


async def _serve(
    application: Application, sock: socket.socket, listening: Callable[[str, int], None]
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    connections: set[Connection] = set()
    server = await loop.create_server(
        lambda: Connection(application, connections), sock=sock, backlog=2048
    )
    gc.freeze()  # what was imported lives as long as the process: no collection need look at it
    gc.set_threshold(20_000, 20, 50)  # a request's objects go without a collector's help
    listening(*sock.getsockname()[:2])
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), SWEEP_S)
        except TimeoutError:
            now = loop.time()
            for connection in tuple(connections):
                connection.sweep(now)
    server.close()
    for connection in tuple(connections):
        connection.drain()
    end = loop.time() + GRACE_S
    while connections and loop.time() < end:
        await asyncio.sleep(0.01)
