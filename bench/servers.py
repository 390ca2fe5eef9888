"""Server processes of a benchmark: started, pinned, looked at through /proc, stopped."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.peers import aws
from bench.requests_iotda import SignedCreates

_HOST = "127.0.0.1"
_PATIENCE_S = 60.0
_STOP_S = 20.0


class ServerFailure(Exception):
    """A server that did not start, or said nothing that could be used."""


@dataclass(slots=True)
class Server:
    """A running server process and where it listens."""

    process: subprocess.Popen[str]
    port: int
    host: str = _HOST

    @property
    def pid(self) -> int:
        """The process that holds the port."""
        return self.process.pid

    def rss_mb(self) -> float:
        """Resident memory now, in units of 10^6 bytes."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise ServerFailure(f"process {self.pid} has no memory any more")

    def stop(self) -> None:
        """Asks it to end and waits; kills it where it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def cores() -> tuple[int | None, int | None]:
    """The cores for the server and for the load generator; (None, None) on a single core."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


def _spawn(
    command: Sequence[str], environment: Mapping[str, str], piped: bool, pinned: bool = True
) -> Server:
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            cwd=aws.ROOT,
            text=True,
            stdout=subprocess.PIPE if piped else subprocess.DEVNULL,
            stderr=None if piped else subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise ServerFailure(f"{command[0]} is not installed") from error
    core, _ = cores()
    if pinned and core is not None:
        os.sched_setaffinity(process.pid, {core})
    return Server(process, 0)


def _drain(stream: Iterable[str]) -> None:
    # a server that fills its pipe would stand still
    for _ in stream:
        pass


def _until_listening(server: Server) -> Server:
    """Waits for `listening on http://HOST:PORT`; what comes after it is read and dropped."""
    assert server.process.stdout is not None
    for line in server.process.stdout:
        _, found, address = line.partition("listening on ")
        if found:
            parts = urlsplit(address.strip())
            server.host, server.port = parts.hostname or _HOST, parts.port or 80
            threading.Thread(target=_drain, args=(server.process.stdout,), daemon=True).start()
            return server
    server.stop()
    raise ServerFailure(f"{server.process.args!r} ended before it said where it listens")


def module(name: str) -> Server:
    """One of the benchmark's own servers (`bench.peers.echo`), on this interpreter."""
    return _until_listening(_spawn((sys.executable, "-m", name), {}, piped=True))


def entrepot_command(given: str = "") -> tuple[str, ...]:
    """How to run the product: as given, else the one installed beside this interpreter."""
    return tuple(shlex.split(given)) or (str(Path(sys.executable).parent / "entrepot"),)


def entrepot(command: Sequence[str], data: Path, *more: str) -> Server:
    """`entrepot serve` on a free port and this directory, once it says that it listens."""
    serve = (*command, "serve", "--port", "0", "--data", str(data), *more)
    return _until_listening(_spawn(serve, {}, piped=True))


def together(command: Sequence[str], data: Path, store: str, workers: int) -> Server:
    """The product in so many processes on any core."""
    words = ("--data", str(data), *(("--store", store) if store else ()))
    serve = (*command, "serve", "--port", "0", "--workers", str(workers), *words)
    return _until_listening(_spawn(serve, {}, piped=True, pinned=False))


def creates(
    command: Sequence[str], data: Path, server: Server, store: str = "", tenant: str = "dev"
) -> SignedCreates:
    """The creates this server accepts, signed with the tenant's key."""
    place = ("--data", str(data), *(("--store", store) if store else ()))
    asked = (*command, "credentials", *place, "--tenant", tenant, "--json")
    try:
        answer = subprocess.run(asked, check=True, stdout=subprocess.PIPE, cwd=aws.ROOT)
    except subprocess.CalledProcessError as error:
        raise ServerFailure(f"{shlex.join(asked)} ended with {error.returncode}") from error
    given = json.loads(answer.stdout)
    return SignedCreates(
        host=server.host,
        port=server.port,
        project_id=given["huawei"]["project_id"],
        access_key=given["access_key"],
        secret_key=given["secret_key"],
    )


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"connection": "close"})
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def peer(name: str) -> Server:
    """`moto` or `ministack`, once it answers."""
    port = _free_port()
    chosen = {"moto": aws.moto, "ministack": aws.ministack}[name](port)
    server = _spawn(chosen.command, chosen.environment, piped=False)
    server.port = port
    give_up = time.monotonic() + _PATIENCE_S
    while not _answers(port):
        if server.process.poll() is not None or time.monotonic() > give_up:
            server.stop()
            raise ServerFailure(f"{name} did not start: {' '.join(chosen.command)}")
        time.sleep(0.1)
    return server
