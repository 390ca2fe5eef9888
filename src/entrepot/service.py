"""A running server, put together from what `main` opens: listeners, counting, readiness, the end."""

from __future__ import annotations

import gc
import logging
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from entrepot import engines
from entrepot import main as root
from entrepot.allocator import trim
from entrepot.config import Config

if TYPE_CHECKING:
    from entrepot.dialect.dialect import Exchange
    from entrepot.dialect.handle import ServerContext
    from entrepot.dialect.request import Answer
    from entrepot.edge.connections import Connections
    from entrepot.edge.health import Health
    from entrepot.edge.http import Edge
    from entrepot.edge.metrics import Metrics
    from entrepot.edge.tls import Certificate
    from entrepot.edge.traces import Traces
    from entrepot.edge.watchdog import Watchdog
    from entrepot.explorer import Explorer

log = logging.getLogger("entrepot.server")
# A query or a body of 8 MB is the most that a vendor takes; each process has room for one. Over TLS its bytes
# count twice.
_LARGEST_REQUEST = 9 << 20
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def serve(config: Config, listening: Callable[[root.Readable, bool, str, str], None]) -> None:
    """Serve until told to stop.

    `listening` is called once connections are accepted, with whether the directory was empty, the
    address as a URL, and that of the admin listener, empty where there is none.

    Raises:
        ValueError: an address is not to be had; or the data directory cannot be used, or is
            served already; says which and why.
    """
    from entrepot.edge.admin import Admin
    from entrepot.edge.server import Lifecycle, Listener
    from entrepot.edge.server import serve as serve_edge

    with ExitStack() as stack:
        certificate = certificate_of(config)
        # First: where it fails, nothing was made.
        sock = stack.enter_context(main_sockets(config)[0])
        admin_sock = admin_socket(config)
        if admin_sock is not None:
            stack.enter_context(admin_sock)
        installation = root.open_installation(config)
        stack.callback(installation.close)
        stack.enter_context(engines.exclusive(config))
        empty = root.prepare(installation)
        watched = watch(installation, stack)

        def tell(host: str, port: int) -> None:
            listening(installation, empty, *urls(config, sock, admin_sock))
            threading.Thread(target=watched.context.rates.warm, daemon=True).start()

        lifecycle = Lifecycle(
            listening=tell,
            draining=watched.health.drain,
            admin=Listener(Admin(watched.health, watched.metrics), admin_sock)
            if admin_sock
            else None,
            grace_s=config.drain_s,
            overdue=installation.store.stop_reading,
            hangup=certificate.reload if certificate else None,
            watchdog=watched.watchdog,
            tidy=watched.tidy,
        )
        context = certificate.context if certificate else None
        serve_edge(Listener(watched.edge, sock, context, watched.connections), lifecycle)


def certificate_of(config: Config) -> Certificate | None:
    """What the listener shows, where it speaks TLS.

    Raises:
        ValueError: the files that the settings name cannot be used; says why.
    """
    if config.tls_cert is None and config.tls_key is None:
        return None
    if config.tls_cert is None or config.tls_key is None:
        raise ValueError("TLS needs both --tls-cert and --tls-key")
    from entrepot.edge.tls import Certificate

    return Certificate(config.tls_cert, config.tls_key)


def main_sockets(config: Config) -> list[socket.socket]:
    """What the vendors' callers connect to: a socket for each worker, all at one address.

    Raises:
        ValueError: the address is not to be had; says which and what to do.
    """
    return _listen(config.host, config.port, "--", config.workers)


def admin_socket(config: Config) -> socket.socket | None:
    """What operators connect to, where there is such a listener.

    Raises:
        ValueError: the address is not to be had; says which and what to do.
    """
    port = config.admin_port
    return None if port is None else _listen(config.admin_host, port, "--admin-")[0]


def _listen(host: str, port: int, flags: str, number: int = 1) -> list[socket.socket]:
    from entrepot.edge.server import listen, listen_together

    try:
        return [listen(host, port)] if number == 1 else listen_together(host, port, number)
    except OSError as error:
        raise ValueError(
            f"cannot listen on {host}:{port}: {error.strerror or error};"
            f" choose another {flags}port (0 picks a free one) or {flags}host"
        ) from None


def urls(config: Config, sock: socket.socket, admin: socket.socket | None) -> tuple[str, str]:
    """Where callers and operators find the server; the second may be nowhere."""
    scheme = "http" if config.tls_cert is None else "https"
    host, port = sock.getsockname()[:2]
    return root.url(host, port, scheme), root.url(*admin.getsockname()[:2]) if admin else ""


@dataclass(frozen=True, slots=True)
class Watched:
    """What answers the vendors' callers, and what tells the operator how it goes."""

    context: ServerContext
    edge: Edge
    health: Health
    connections: Connections
    watchdog: Watchdog
    metrics: Callable[[], Awaitable[bytes]]  # the exposition
    report: Callable[[], bytes]  # the same for an `WorkersAdmin`
    tidy: Callable[[], None]  # what a server does now and then, in a thread


def watch(installation: root.Opened, stack: ExitStack, counts: Path | None = None) -> Watched:
    """The installation ready to answer, everything that it does counted; `stack` ends it.

    `counts`: where the processes of one server count together.

    Raises:
        ValueError: the settings name a proxy that is neither address nor network.
    """
    from entrepot.edge.budget import Budget
    from entrepot.edge.connections import Connections
    from entrepot.edge.counters import Histograms
    from entrepot.edge.health import Health
    from entrepot.edge.http import Edge, Observer
    from entrepot.edge.logs import request_line
    from entrepot.edge.proxies import Proxies
    from entrepot.edge.watchdog import Watchdog

    config, store = installation.config, installation.store
    owners, context = root.context_of(installation, counts)
    histograms, health = Histograms(), Health(store)
    observers: list[Observer] = [histograms.request]
    if config.access_log:
        observers.append(request_line)
    if traces := _traces(os.environ):
        stack.callback(traces.close)
        observers.append(traces.request)
    store.committed = histograms.commit
    proxies = Proxies(config.trusted_proxies) if config.trusted_proxies else None
    largest = _LARGEST_REQUEST if config.tls_cert is None else 2 * _LARGEST_REQUEST
    budget = Budget(max(config.max_unanswered_bytes // config.workers, largest))
    trusted = proxies.trusts if proxies is not None else lambda peer: False
    connections = Connections(max(config.max_connections // config.workers, 1), budget, trusted)

    def proved(exchange: Exchange, answer: Answer, seconds: float) -> None:
        peer = exchange.request.peer
        if exchange.caller is not None and peer not in connections.proved:
            connections.prove(peer)

    observers.append(proved)
    edge = Edge(owners, context, observers, config.max_in_work, proxies)
    watchdog, passwords = Watchdog(), context.authenticator.passwords
    if config.explorer:
        edge.host(b"explorer", _explorer(installation, context, edge))

    def gauges() -> dict[str, float]:
        scans = store.scans
        return {
            "workers": 1,
            "requests_in_work": edge.in_work,
            "requests_in_work_limit": config.max_in_work,
            "store_units_waiting": store.waiting,
            "connections": connections.number,
            "connections_limit": connections.limit,
            "unanswered_bytes": budget.leased_bytes,
            "unanswered_bytes_limit": budget.limit_bytes,
            "unanswered_waiting": budget.waiting,
            "passwords_waiting": passwords.waiting,
            "loop_lag_seconds": watchdog.lag_s,
            "store_scans": scans.in_work,
            "store_scans_waiting": scans.waiting,
        }

    def counters() -> dict[str, float]:
        return {
            "requests_turned_away": edge.turned_away,
            "connections_refused": connections.refused,
            "unanswered_refused": budget.refused,
            "unanswered_dropped": budget.dropped,
            "sign_ins_turned_away": passwords.turned_away,
            "sign_ins_not_checked": passwords.not_checked,
            "store_scans_refused": store.scans.refused,
        }

    @cache
    def exposition() -> Metrics:
        from entrepot.edge.metrics import Metrics  # slow to import, and few are asked

        return Metrics(histograms, gauges, counters)

    async def metrics() -> bytes:
        return exposition().text()

    def report() -> bytes:
        from entrepot.edge.multiprocess_admin import report  # of one process nobody asks for it

        return report(histograms, gauges(), counters())

    def tidy() -> None:
        if owners.load_rest():
            gc.freeze()  # what was imported lives as long as the process
        trim()

    return Watched(context, edge, health, connections, watchdog, metrics, report, tidy)


def _explorer(installation: root.Opened, context: ServerContext, edge: Edge) -> Explorer:
    from entrepot.explorer import Explorer, World

    vault = installation.vault
    return Explorer(
        World(
            dialects=root.dialects(),
            context=context,
            ask=edge.ask,
            credentials=lambda tx, tenant, user, key: root.credentials_in(
                tx, vault, tenant, user, key
            ),
            first_password=lambda tenant: root.first_password(vault, tenant),
            tls=installation.config.tls_cert is not None,
        )
    )


def _traces(environment: Mapping[str, str]) -> Traces | None:
    """Where OpenTelemetry's own variables ask for traces, what sends them."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    if exporter == "none" or not (exporter or any(environment.get(name) for name in _ENDPOINTS)):
        return None
    try:
        from entrepot.edge.traces import Traces

        return Traces(environment)
    except (ImportError, ValueError) as error:
        # The variables may be meant for every program on the machine: no reason not to serve.
        log.warning(
            "no traces are sent: %s; `pip install entrepot[otel]` brings what they need", error
        )
        return None
