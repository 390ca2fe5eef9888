"""A real server in a process of its own, as a user starts it; knows nothing of any vendor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from entrepot.config import Config
from tests.cli.console import say

ENTREPOT = (sys.executable, "-m", "entrepot.cli")


class Server:
    """`entrepot serve` on a free loopback port. Use as a context manager."""

    def __init__(
        self,
        data: Path,
        *flags: str,
        store: str = "",
        program: Sequence[str] = ENTREPOT,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.config = Config(data=data, store=store)
        self._place = ("--data", str(data), *(("--store", store) if store else ()))
        self._flags = flags
        self._program = program
        self._variables = variables or {}
        self.process: subprocess.Popen[str] | None = None
        self._lines: deque[str] = deque(maxlen=100_000)
        self._listener: threading.Thread | None = None
        self.url = ""
        self.admin = ""  # host:port of the admin listener, where a flag asks for one

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return when connections are accepted."""
        command = [*self._program, "serve", "--port", "0", *self._place, *self._flags]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment(), **self._variables},
        )
        assert self.process.stdout is not None
        self._listener = threading.Thread(target=self._hear, args=(self.process,), daemon=True)
        self._listener.start()
        for line in self.process.stdout:
            if line.startswith("health and metrics on "):
                self.admin = line.split()[-1].removeprefix("http://")
            if line.startswith("listening on "):
                self.url = line.split()[-1]
                return
        status = self._ended()
        raise AssertionError(f"the server ended with {status} before it listened: {self.said}")

    def _hear(self, process: subprocess.Popen[str]) -> None:
        """Pass standard error on, for the report of the test that runs, and keep its end."""
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self._lines.append(line)
                sys.stderr.write(line)

    def _ended(self) -> int:
        """The exit status of the process, which ends; nothing of it is left open."""
        assert self.process is not None
        assert self.process.stdout is not None
        assert self._listener is not None
        status = self.process.wait()
        self._listener.join()
        self.process.stdout.close()
        return status

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """End it and return its exit status; without effect where it has ended."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        try:
            self.process.wait(timeout=40)
        finally:
            self.process.kill()
            status = self._ended()
        return status

    def cpu_s(self) -> float:
        """The processor time that the process has taken so far."""
        assert self.process is not None
        return _cpu_s(Path(f"/proc/{self.process.pid}/stat"))

    def loop_s(self) -> float:
        """The processor time that its event loop has taken so far, which runs in its first thread."""
        assert self.process is not None
        return _cpu_s(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/stat"))

    @property
    def address(self) -> str:
        """host:port."""
        return self.url.partition("://")[2]

    @property
    def said(self) -> str:
        """The end of what it has written to standard error."""
        return "".join(self._lines)

    def run(self, *arguments: str) -> str:
        """What another `entrepot` command prints, on the same data directory, in this process."""
        said = say(*arguments, *self._place)
        assert said.status == 0, said.err
        return said.out

    def credentials(self, tenant: str = "dev") -> dict[str, Any]:
        """What `entrepot credentials --json` prints."""
        printed: dict[str, Any] = json.loads(self.run("credentials", "--tenant", tenant, "--json"))
        return printed


def _cpu_s(stat: Path) -> float:
    times = stat.read_text().rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def environment() -> dict[str, str]:
    """The environment without anything that would send a loopback call elsewhere."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if "proxy" not in k.lower() and not k.startswith("ENTREPOT_")
    }
    return {**kept, "NO_PROXY": "127.0.0.1", "PYTHONUNBUFFERED": "1"}
