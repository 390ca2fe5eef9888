"""A server on a disk that can be made to fail, and what its admin listener says of it."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.launcher import WORDS
from tests.server import Server


class OnDisk(Server):
    """A `Server` with an admin listener, on a disk of the test's making."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._word = folder / "disk"
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
