"""What strangers send to take a server's memory: each attack a coroutine that goes on until its end.

Every attack takes what the server does to it, a closed connection included, and begins again. Loopback only.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from entrepot.dialect.client import Credentials
from tests.contract.adapters import WITH_PRODUCTS
from tests.edge.raw import spelled
from tests.largest import largest

MEGABYTE = 1 << 20
_ADDRESSES = [f"127.0.0.{n}" for n in range(2, 7)]  # strangers have several
_IOTDA = next(adapter for adapter in WITH_PRODUCTS if adapter.dialect == "iotda")
_LOST = (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError)


@dataclass(frozen=True, slots=True)
class Target:
    """The server, for how long to call it, and the tenant to call as."""

    host: str
    port: int
    seconds: float
    credentials: Credentials
    tls: bool = False
    until: float = 0.0  # time.monotonic(), once begun

    def begun(self, together: Any) -> Target:
        """The same with the time that runs from now, when all who wait at the barrier are there."""
        together.wait(120)
        return replace(self, until=time.monotonic() + self.seconds)

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until

    @contextlib.asynccontextmanager
    async def connection(self, receive_bytes: int = 0) -> Any:
        """A connection from one of the strangers' addresses."""
        sock = socket.socket()
        try:
            if receive_bytes:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            sock.setblocking(False)
            sock.bind((next(_addresses), 0))
            loop = asyncio.get_running_loop()
            await asyncio.wait_for(loop.sock_connect(sock, (self.host, self.port)), 5)
            context = ssl._create_unverified_context() if self.tls else None
            reader, writer = await asyncio.open_connection(
                sock=sock, ssl=context, server_hostname=self.host if self.tls else None
            )
        except BaseException:
            sock.close()
            raise
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


_addresses = itertools.cycle(_ADDRESSES)
Attack = Callable[[Target], Awaitable[None]]


def _again(attack: Attack, connections: int) -> Attack:
    """So many of them side by side, each begun again whenever it ends."""

    async def one(target: Target) -> None:
        while not target.over:
            with contextlib.suppress(*_LOST):
                await asyncio.wait_for(attack(target), max(target.until - time.monotonic(), 0.1))
            await asyncio.sleep(0.02)

    async def all_of_them(target: Target) -> None:
        await asyncio.gather(*(one(target) for _ in range(connections)))

    return all_of_them


async def _answer(reader: asyncio.StreamReader) -> None:
    """Reads one answer."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await asyncio.wait_for(reader.readexactly(int(line.partition(b":")[2])), 30)


async def _sent(writer: asyncio.StreamWriter, raw: bytes) -> None:
    writer.write(raw)
    await writer.drain()


async def refused_bodies(target: Target) -> None:
    """A1: bodies of 8 MB that are refused, on one connection."""
    body = b"X=" + b"a" * 8_380_000
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    async with target.connection() as (reader, writer):
        while not target.over:
            await _sent(writer, head + b"content-length: %d\r\n\r\n" % len(body) + body)
            await _answer(reader)


async def long_paths(target: Target) -> None:
    """A2: paths of megabytes, each another one."""
    async with target.connection() as (reader, writer):
        await _sent(
            writer, b"GET /v5/iot/%s/products HTTP/1.1\r\nhost: x\r\n\r\n" % (b"%41" * 2_700_000)
        )
        await _answer(reader)


async def long_organizations(target: Target) -> None:
    """A2: look-ups of names that nobody has, of 65 KB each."""
    token = b"A" * 343 + b"="
    async with target.connection() as (reader, writer):
        for n in itertools.count():
            org = b"%d" % n + b"o" * 65_000
            await _sent(
                writer,
                b"POST /connect-service/v2.1/products?action=create&orgId=%s HTTP/1.1\r\nhost: 127.0.0.1\r\n"
                b"apim-accesstoken: %s\r\ncontent-length: 2\r\n\r\n{}" % (org, token),
            )
            await _answer(reader)
            if target.over:
                return


async def endless_trailers(target: Target) -> None:
    """A3: trailers without end, and one trailer without end."""
    async with target.connection() as (_, writer):
        await _sent(
            writer,
            b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\nX1: a",
        )
        while not target.over:
            await _sent(writer, b"a" * MEGABYTE)


async def unread_answers(target: Target) -> None:
    """A4: long answers that nobody reads."""
    async with target.connection(receive_bytes=4096) as (_, writer):
        query = b"%2f" * 2_000_000
        await _sent(writer, b"GET /?Action=%s HTTP/1.1\r\nhost: x\r\n\r\n" % query)
        piped = b"GET /explorer HTTP/1.1\r\nhost: x\r\n\r\n" * 200
        while not target.over:
            await _sent(writer, piped)
            await asyncio.sleep(0.2)


_large: dict[tuple[str, int], asyncio.Future[str]] = {}  # the product of each server


async def _large_product(target: Target) -> str:
    """What a product of 500 KB is called that was just made."""
    async with target.connection() as (reader, writer):
        await _sent(writer, large_create(target.credentials))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        made = msgspec.json.decode(await asyncio.wait_for(reader.readexactly(length), 30))
    handle: str = made["product_id"]
    return handle


async def unread_products(target: Target) -> None:
    """A4: a tenant's product of 500 KB, asked for thirty times, that nobody reads."""
    address = target.host, target.port
    if address not in _large:
        _large[address] = asyncio.ensure_future(_large_product(target))
    handle = await asyncio.shield(_large[address])
    while not target.over:
        async with target.connection(receive_bytes=4096) as (_, writer):
            shown = spelled(_IOTDA.show(handle, target.credentials))
            await _sent(writer, shown * 30)
            writer.transport.pause_reading()
            await asyncio.sleep(10)


async def heads_and_away(target: Target) -> None:
    """A5: nine megabytes of a head, then the end of the connection."""
    async with target.connection() as (_, writer):
        await _sent(writer, b"GET /?" + b"a" * (9 * MEGABYTE))


async def one_request_a_connection(target: Target) -> None:
    """A5: what a client without keep-alive does."""
    body = b"x" * MEGABYTE
    async with target.connection() as (reader, writer):
        await _sent(
            writer,
            b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            b"content-length: %d\r\n\r\n" % len(body) + body,
        )
        await _answer(reader)


async def unfinished_heads(target: Target) -> None:
    """A6: a head that gets no end, as long as may be."""
    async with target.connection() as (_, writer):
        await _sent(writer, b"GET /?" + b"a" * (8 * MEGABYTE - 1000))
        while not target.over:
            await asyncio.sleep(1)
            await _sent(writer, b"a")


async def tiny_chunks(target: Target) -> None:
    """A6: a body in chunks of two bytes."""
    async with target.connection() as (_, writer):
        await _sent(writer, b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        while not target.over:
            await _sent(writer, b"2\r\nab\r\n" * 20_000)


async def chunks_of_a_byte(target: Target) -> None:
    """A body in chunks of a byte, from many addresses: the bytes are few, and the work is much."""
    async with target.connection() as (reader, writer):
        await _sent(writer, b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\n")
        await _sent(writer, b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(300):
            await _sent(writer, b"1\r\nx\r\n" * 500)
        await _sent(writer, b"0\r\n\r\n")
        await _answer(reader)


async def nearly_whole_bodies(target: Target) -> None:
    """A6: 60 KB of a body of 64 KB at once, then a byte a second."""
    async with target.connection() as (_, writer):
        await _sent(writer, b"POST /v3/auth/tokens HTTP/1.1\r\nhost: x\r\n")
        await _sent(writer, b"content-length: 65536\r\n\r\n" + b"x" * 60_000)
        while not target.over:
            await asyncio.sleep(1)
            await _sent(writer, b"x")


async def slow_bodies(target: Target) -> None:
    """A6: bodies of 3 MB that come a byte a second."""
    async with target.connection() as (_, writer):
        await _sent(
            writer,
            b"POST /v5/iot/x/products HTTP/1.1\r\nhost: x\r\ncontent-length: 3000000\r\n\r\n"
            + b"a" * 100,
        )
        while not target.over:
            await asyncio.sleep(1)
            await _sent(writer, b"a")


async def paced_bodies(target: Target) -> None:
    """A6: bodies of 8 MB at a megabyte a second: none is slow, and four hold all memory there is."""
    body = b"X=" + b"a" * 8_380_000
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    async with target.connection() as (_, writer):
        await _sent(writer, head + b"content-length: %d\r\n\r\n" % len(body))
        for begin in range(0, len(body), 120_000):
            await _sent(writer, body[begin : begin + 120_000])
            await asyncio.sleep(0.1)


async def large_creates(target: Target) -> None:
    """A6: valid creates of the largest product."""
    async with target.connection() as (reader, writer):
        while not target.over:
            await _sent(writer, large_create(target.credentials))
            await _answer(reader)


async def pipelines(target: Target) -> None:
    """Thousands of tiny requests at once, whose answers nobody reads."""
    async with target.connection(receive_bytes=4096) as (_, writer):
        while not target.over:
            await _sent(writer, b"GET /v5/iot/x/products HTTP/1.1\r\nhost: x\r\n\r\n" * 5000)


async def many_lines(target: Target) -> None:
    """As many header lines as may be, in requests that are answered and in a head without an end."""
    head = b"GET /v5/iot/x/products HTTP/1.1\r\nhost: x\r\n"
    lines = b"".join(b"name-of-%02d: some-value\r\n" % n for n in range(97))
    async with target.connection() as (reader, writer):
        await _sent(writer, (head + lines + b"\r\n") * 3 + head + lines)
        while await reader.read(1 << 16):
            pass


async def pipelines_that_are_read(target: Target) -> None:
    """As many requests in a pipeline as may be, each time that the answers to those before are there."""
    piped = b"GET /v5/iot/x/products HTTP/1.1\r\nhost: x\r\n\r\n" * 250
    async with target.connection() as (reader, writer):
        while not target.over:
            await _sent(writer, piped)
            for _ in range(250):
                await _answer(reader)


async def long_forms(target: Target) -> None:
    """Forms of thousands of parameters, just short enough to be parsed on the event loop."""
    body = b"&".join(b"a%d=%%41%%42" % n for n in range(4500))
    head = b"POST /?Action=CreateProduct&Version=2018-01-20 HTTP/1.1\r\nhost: x\r\n"
    head += b"content-type: application/x-www-form-urlencoded\r\ncontent-length: %d\r\n\r\n"
    async with target.connection() as (reader, writer):
        while not target.over:
            await _sent(writer, head % len(body) + body)
            await _answer(reader)


async def first_reads(target: Target) -> None:
    """As much of a query as one read takes, over thousands of connections."""
    async with target.connection() as (reader, writer):
        await _sent(writer, b"GET /?a=" + b"%41a" * 62_000)
        await reader.read(1)


async def first_reads_of_a_header(target: Target) -> None:
    """The same of one header."""
    async with target.connection() as (reader, writer):
        await _sent(writer, b"GET / HTTP/1.1\r\nhost: x\r\nlong: " + b"a" * 248_000)
        await reader.read(1)


async def silent_connections(target: Target) -> None:
    """Connections that say nothing."""
    async with target.connection() as (reader, _):
        await reader.read(1)


async def slow_handshakes(target: Target) -> None:
    """The beginning of a handshake of TLS, and nothing more."""
    plain = replace(target, tls=False)
    async with plain.connection() as (reader, writer):
        await _sent(writer, b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03" + b"a" * 200)
        await reader.read(1)


async def explorer_forms(target: Target) -> None:
    """Forms of the explorer from somebody who is not signed in."""
    body = b"name=a&secret=" + b"b" * 15_000
    async with target.connection() as (reader, writer):
        while not target.over:
            await _sent(
                writer,
                b"POST /explorer/sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
                % len(body)
                + body,
            )
            await _answer(reader)


_numbers = itertools.count()


def large_create(credentials: Credentials) -> bytes:
    """A signed create of 500 KB."""
    body = {
        "name": f"large_{time.time_ns()}_{next(_numbers)}",
        "device_type": "Board",
        "protocol_type": "MQTT",
        "data_format": "json",
        "service_capabilities": _Raw.capabilities(),
    }
    return spelled(_IOTDA.create(body, credentials))


class _Raw:
    """The largest model, parsed once."""

    _known: Any = None

    @classmethod
    def capabilities(cls) -> Any:
        import json

        if cls._known is None:
            cls._known = json.loads(largest())
        return cls._known


ATTACKS: dict[str, Attack] = {
    "A1 refused bodies of 8 MB": _again(refused_bodies, 8),
    "A2 paths of 8 MB": _again(long_paths, 8),
    "A2 unknown names of 65 KB": _again(long_organizations, 4),
    "A3 endless trailers": _again(endless_trailers, 8),
    "A4 answers that nobody reads": _again(unread_answers, 60),
    "A4 products that nobody reads": _again(unread_products, 600),
    "A5 a head of 9 MB and away": _again(heads_and_away, 8),
    "A5 a connection a request": _again(one_request_a_connection, 8),
    "A6 unfinished heads of 8 MB": _again(unfinished_heads, 200),
    "A6 chunks of two bytes": _again(tiny_chunks, 4),
    "chunks of a byte": _again(chunks_of_a_byte, 200),
    "A6 nearly whole bodies": _again(nearly_whole_bodies, 3000),
    "A6 slow bodies of 3 MB": _again(slow_bodies, 200),
    "A6 bodies of 8 MB in 8 s": _again(paced_bodies, 10),
    "A6 creates of 500 KB": _again(large_creates, 100),
    "pipelines of 5,000": _again(pipelines, 20),
    "A6 heads of many lines": _again(many_lines, 9000),
    "pipelines that are read": _again(pipelines_that_are_read, 300),
    "forms of 57 KB": _again(long_forms, 300),
    "A6 first reads of queries": _again(first_reads, 2000),
    "A6 first reads of headers": _again(first_reads_of_a_header, 2000),
    "silent connections": _again(silent_connections, 3000),
    "slow handshakes": _again(slow_handshakes, 300),
    "explorer forms": _again(explorer_forms, 8),
}


def chosen(names: list[str]) -> Iterator[Attack]:
    """The attacks of these names."""
    return (ATTACKS[name] for name in names)
