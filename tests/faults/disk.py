"""A server on a disk that can be made to fail, and what its admin listener says of it."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from entrepot.core.faults import Fault
from entrepot.dialect.request import Answer, Request
from tests.contract.adapters import Adapter
from tests.contract.live import ask
from tests.edge.raw import Wire
from tests.faults.launcher import WORDS
from tests.server import Server

_thousands = count(1)


class OnDisk(Server):
    """A `Server` with an admin listener, on a disk of the test's making."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._word, self._clock = folder / "disk", folder / "disk.clock"
        super().__init__(
            folder / "data", "--admin-port", "0", *flags,
            program=(sys.executable, "-m", "tests.faults.launcher", str(self._word)),
        )  # fmt: skip

    @contextmanager
    def disk(self, word: str) -> Iterator[None]:
        """While the context lasts, the disk fails so."""
        assert word in WORDS
        self._word.write_text(word)
        try:
            yield
        finally:
            self._word.unlink()

    @contextmanager
    def clock(self, offset_s: int) -> Iterator[None]:
        """While the context lasts, the server's clock is wrong by so much."""
        whole = self._clock.with_suffix(".next")  # the server reads at any moment
        whole.write_text(str(offset_s))
        whole.replace(self._clock)
        try:
            yield
        finally:
            self._clock.unlink()

    def goods(self, adapter: Adapter) -> Goods:
        """What a dialect makes here, as the development tenant."""
        return Goods(adapter, self)


class Goods:
    """One dialect's products on a server, each like no other."""

    def __init__(self, adapter: Adapter, server: Server) -> None:
        self.adapter, self._server = adapter, server
        self.caller = adapter.ready(server.credentials(), lambda r: ask(server.address, r))
        self._numbers = count(next(_thousands) * 1000)

    def create(self) -> Answer:
        """The answer to a create."""
        products = self.adapter.products
        assert products is not None
        example = self.adapter.operation(products.create).example
        body = products.unique(example, next(self._numbers), self.caller)
        return self._ask(self.adapter.create(body, self.caller, self._server.address.encode()))

    def make(self) -> str:
        """The handle of a new product."""
        answer = self.create()
        assert not self.adapter.refused(answer), answer.body
        return self.handle(answer)

    def handle(self, answer: Answer) -> str:
        """The handle in the answer to a create."""
        assert self.adapter.products is not None
        return self.adapter.products.handle(json.loads(answer.body))

    def show(self, handle: str) -> Answer:
        """The answer to a show."""
        return self._ask(self.adapter.show(handle, self.caller, self._server.address.encode()))

    def can_show(self, handle: str) -> bool:
        """Whether it is shown."""
        return not self.adapter.refused(self.show(handle))

    def call(self, operation: str) -> Answer:
        """The answer to the operation's own example."""
        found = self.adapter.operation(operation)
        host = self._server.address.encode()
        return self._ask(self.adapter.request(found, found.example, None, self.caller, host))

    def _ask(self, request: Request) -> Answer:
        return ask(self._server.address, request)


def held(server: Server) -> Wire:
    """A connection whose request the server has begun to read, and waits for the rest of: `....`."""
    wire = Wire(server.address)
    wire.send(
        b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
        b"expect: 100-continue\r\n\r\n"
    )
    reply = wire.reply()
    assert reply is not None
    assert reply.status == 100
    return wire


def until_closed(server: Server) -> None:
    """Returns once the server takes no more connections."""
    host, _, port = server.address.rpartition(":")
    for _ in range(1000):
        try:
            socket.create_connection((host, int(port)), timeout=20).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError(f"{server.address} still takes connections")


def said_as(adapter: Adapter, answer: Answer, kind: type[Fault]) -> bool:
    """Whether the answer is this dialect's refusal for the fault."""
    row = next(r for r in adapter.value.rows if r.fault is kind)
    return answer.status == row.status and row.code.encode() in answer.body


def look(address: str, path: str = "/readyz", method: str = "GET") -> tuple[int, str]:
    """What the admin listener answers: status and text."""
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def wait_until_ready(address: str, ready: bool = True, patience_s: float = 30) -> str:
    """What /readyz says once it says so."""
    end = time.monotonic() + patience_s
    while True:
        status, text = look(address)
        if (status == 200) == ready:
            return text
        assert time.monotonic() < end, text
        time.sleep(0.05)
