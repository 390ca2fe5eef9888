"""A connection's neighbours for tests: a transport without a socket, and applications."""

from __future__ import annotations

import asyncio

from entrepot.core.faults import Fault
from entrepot.dialect.request import Answer, Request

LONGEST = 1 << 20


class Source(asyncio.Transport):
    """A transport from which somebody sends; it is told whether to read."""

    reading = True

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def close(self) -> None:
        pass


class Silent:
    """An application that never answers."""

    def query_limit(self, path: bytes) -> int:
        return LONGEST

    def body_limit(self, head: Request) -> int:
        return LONGEST

    async def answer(self, request: Request) -> Answer:
        never: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        return await never

    def refuse(self, request: Request, fault: Fault) -> Answer:
        raise AssertionError("nothing is refused here")


class Prompt(Silent):
    """An application that answers at once."""

    answered = 0

    async def answer(self, request: Request) -> Answer:
        self.answered += 1
        return Answer(200)
