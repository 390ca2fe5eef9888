"""A server that is all but free, to find the limit of the load generator: 201 and two bytes."""

from __future__ import annotations

import asyncio
from typing import cast

import uvloop

_ANSWER = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}"


class _Fixed(asyncio.Protocol):
    """Counts bytes against Content-Length and answers; no HTTP beyond that."""

    def __init__(self) -> None:
        self.missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            head_end = data.index(b"\r\n\r\n")
            at = data.index(b"content-length: ")
            body_bytes = int(data[at + 16 : data.index(b"\r", at)])
            self.missing = head_end + 4 + body_bytes - len(data)
        if self.missing == 0:
            self.transport.write(_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Fixed, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"listening on http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as main_runner:
        main_runner.run(_serve())
