"""A loopback proxy before a Redis or Valkey server that is silent, slow, or answers something else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit


class RedisProxy:
    """Use as a context manager; `url` is the server behind it.

    `answer` is what it says to every command in place of the server, `silent` that it says nothing,
    `delay_s` how late each answer of the server comes. Without any of them it passes on what it gets.
    """

    def __init__(self, url: str) -> None:
        self._server = ("127.0.0.1", urlsplit(url).port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.answer = b""
        self.silent = False
        self.delay_s = 0.0

    def __enter__(self) -> RedisProxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._listener, *self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes whoever waits at it
        for thread in self._threads:
            thread.join(20)
        for end in (self._listener, *self._open):
            end.close()

    def _start(self, work: Callable[..., None], *given: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=given))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(self._server)
                self._open += [client, server]
                self._start(self._ask, client, server)
                self._start(self._reply, server, client)

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.answer:
                    client.sendall(self.answer)
                elif not self.silent:
                    server.sendall(data)

    def _reply(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                time.sleep(self.delay_s)
                client.sendall(data)
