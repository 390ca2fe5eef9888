"""A server in several processes on one address and one store, with one admin listener for all."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from entrepot import engines, service
from entrepot import main as root
from entrepot.config import Config
from entrepot.edge.admin import Admin
from entrepot.edge.multiprocess_admin import REPORT, WorkersAdmin
from entrepot.edge.server import Lifecycle, Listener
from entrepot.edge.server import serve as serve_edge
from entrepot.workers import Post, Staff

if TYPE_CHECKING:
    from entrepot.edge.tls import Certificate

_LINGER_S = 2.0  # how long the end waits for whoever asks how it goes


def serve(config: Config, listening: Callable[[root.Readable, bool, str, str], None]) -> None:
    """See `service.serve`; `listening` is called when all workers serve.

    Raises:
        ValueError: as there; or this is no machine for it.
    """
    if sys.platform != "linux":
        raise ValueError("more than one of --workers needs Linux, which deals connections out")
    with ExitStack() as stack:
        certificate = service.certificate_of(config)
        # First: where it fails, nothing was made.
        fronts = [stack.enter_context(sock) for sock in service.main_sockets(config)]
        if (admin := service.admin_socket(config)) is not None:
            stack.enter_context(admin)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="entrepot-")))
        inside = [stack.enter_context(_inside(folder / str(n))) for n in range(config.workers)]
        everybodys = [*fronts, *inside, *([admin] if admin else [])]
        names = [f"worker {n + 1}" for n in range(config.workers)]
        empty = _prepared(config, stack)
        engines.make_counts(config, counts := folder / "counts")
        told = service.urls(config, fronts[0], admin)
        work = partial(_work, config, certificate, counts)
        posts = [
            Post(name, partial(_with_only, everybodys, (fronts[n], inside[n]), work))
            for n, name in enumerate(names)
        ]
        last = None
        if admin is not None:
            asked = partial(_attend, {name: folder / str(n) for n, name in enumerate(names)})
            last = Post("the admin listener", partial(_with_only, everybodys, (admin,), asked))

        def ready() -> None:
            installation = root.read_installation(config)
            try:
                listening(installation, empty, *told)
            finally:
                installation.close()

        for dialect in root.dialects():
            dialect.topics()  # imported once for all workers
        gc.freeze()  # what is in memory now all share, as long as no collection touches it
        Staff(
            posts=posts,
            last=last,
            ready=ready,
            ending=partial(_close, fronts),
            hangup=certificate is not None,
            grace_s=config.drain_s,
        ).keep()


def _prepared(config: Config, stack: ExitStack) -> bool:
    """Whether the store was empty; made, brought up to date and closed before anybody forks."""
    installation = root.open_installation(config)
    try:
        stack.enter_context(engines.exclusive(config))
        return root.prepare(installation)
    finally:
        installation.close()


def _inside(path: Path) -> socket.socket:
    """Where a worker is asked how it goes; it waits there while one replaces another."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    sock.listen()
    return sock


def _close(socks: Sequence[socket.socket]) -> None:
    for sock in socks:
        sock.close()


def _with_only(
    everybodys: Sequence[socket.socket],
    mine: Sequence[socket.socket],
    work: Callable[..., None],
    at_work: Callable[[], None],
) -> None:
    """Do the work with the sockets that it needs, and hold no other open."""
    _close([sock for sock in everybodys if sock not in mine])
    work(*mine, at_work)


def _work(
    config: Config,
    certificate: Certificate | None,
    counts: Path,
    mine: socket.socket,
    inside: socket.socket,
    at_work: Callable[[], None],
) -> None:
    """What a worker does: all that a server of one process does but listen for operators."""
    with ExitStack() as stack:
        installation = root.open_installation(config)
        stack.callback(installation.close)
        watched = service.watch(installation, stack, counts)

        def tell(host: str, port: int) -> None:
            at_work()
            threading.Thread(target=watched.context.rates.warm, daemon=True).start()

        admin = Admin(watched.health, watched.metrics, {REPORT: watched.report})
        lifecycle = Lifecycle(
            listening=tell,
            draining=watched.health.drain,
            admin=Listener(admin, inside),
            grace_s=config.drain_s,
            overdue=installation.store.stop_reading,
            hangup=certificate.reload if certificate else None,
            watchdog=watched.watchdog,
            tidy=watched.tidy,
        )
        context = certificate.context if certificate else None
        serve_edge(Listener(watched.edge, mine, context, watched.connections), lifecycle)


def _attend(workers: Mapping[str, Path], admin: socket.socket, at_work: Callable[[], None]) -> None:
    """What the process does that speaks to operators for all workers."""
    workers_admin = WorkersAdmin(workers)
    lifecycle = Lifecycle(listening=lambda host, port: at_work(), grace_s=_LINGER_S)
    serve_edge(Listener(Admin(workers_admin, workers_admin.metrics), admin), lifecycle)
