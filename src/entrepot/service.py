"""A running server, put together from what `main` opens: listeners, counting, readiness, the end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from entrepot import main as root
from entrepot.config import Config
from entrepot.store.sole import sole_server

if TYPE_CHECKING:
    from entrepot.dialect.handle import House
    from entrepot.edge.admin import Admin
    from entrepot.edge.health import Health
    from entrepot.edge.http import Edge
    from entrepot.edge.metrics import Metrics


def serve(config: Config, listening: Callable[[root.Opened, bool, str, str], None]) -> None:
    """Serve until told to stop.

    `listening` is called once connections are accepted, with whether the directory was empty, the
    address as a URL, and that of the admin listener, empty where there is none.

    Raises:
        ValueError: an address is not to be had; or the data directory cannot be used, or is
            served already; says which and why.
    """
    from entrepot.edge.server import Front, Life
    from entrepot.edge.server import serve as serve_edge

    with ExitStack() as stack:
        # First: where it fails, nothing was made.
        sock = stack.enter_context(_listen(config.host, config.port, "--"))
        admin_sock = None
        if (port := config.admin_port) is not None:
            admin_sock = stack.enter_context(_listen(config.admin_host, port, "--admin-"))
        installation = root.open_installation(config)
        stack.callback(installation.close)
        stack.enter_context(sole_server(config.data))
        empty = root.prepare(installation)
        watched = watch(installation)

        def tell(host: str, port: int) -> None:
            admin_url = root.url(*admin_sock.getsockname()[:2]) if admin_sock else ""
            listening(installation, empty, root.url(host, port), admin_url)
            threading.Thread(target=watched.house.rates.warm, daemon=True).start()

        life = Life(
            listening=tell,
            draining=watched.health.drain,
            admin=Front(watched.admin, admin_sock) if admin_sock else None,
            grace_s=config.drain_s,
        )
        serve_edge(Front(watched.edge, sock), life)


def _listen(host: str, port: int, flags: str) -> socket.socket:
    from entrepot.edge.server import listen

    try:
        return listen(host, port)
    except OSError as error:
        raise ValueError(
            f"cannot listen on {host}:{port}: {error.strerror or error};"
            f" choose another {flags}port (0 picks a free one) or {flags}host"
        ) from None


@dataclass(frozen=True, slots=True)
class Watched:
    """What answers the vendors' callers, and what tells the operator how it goes."""

    house: House
    edge: Edge
    health: Health
    admin: Admin


def watch(installation: root.Opened) -> Watched:
    """The installation ready to answer, everything that it does counted."""
    from entrepot.edge.admin import Admin
    from entrepot.edge.health import Health
    from entrepot.edge.http import Edge, Observer
    from entrepot.edge.logs import request_line
    from entrepot.edge.tally import Tally

    config, store = installation.config, installation.store
    spoken, house = root.house_of(installation)
    tally, health = Tally(), Health(store)
    observers: list[Observer] = [tally.request]
    if config.access_log:
        observers.append(request_line)
    store.committed = tally.commit
    edge = Edge(spoken, house, observers, config.max_in_work)

    @cache
    def metrics() -> Metrics:
        from entrepot.edge.metrics import Metrics  # slow to import, and few are asked

        gauges = {
            "requests_in_work": ("Requests that wait for their answers.", lambda: edge.in_work),
            "requests_in_work_limit": ("More are refused.", lambda: config.max_in_work),
            "store_units_waiting": ("Writes that wait for their turn.", lambda: store.waiting),
        }
        return Metrics(tally, gauges, lambda: edge.turned_away)

    return Watched(house, edge, health, Admin(health, lambda: metrics().text()))
