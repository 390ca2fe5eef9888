"""`entrepot serve`: what it prints, the signals that end it, its exit status."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from entrepot import engines, service
from entrepot import main as root
from entrepot.allocator import bound_freed_memory
from entrepot.config import SECRETS, Config, load
from entrepot.edge import logs

FLAGS = (*(name for name in Config.__struct_fields__ if name not in SECRETS), "config")
_OPEN = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 (an address to recognise)


def plain_flags(words: Sequence[str]) -> dict[str, str] | None:
    """The settings in `--name value` and `--name=value` words; None where a parser must look."""
    flags: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        field = name.removeprefix("--").replace("-", "_")
        if not name.startswith("--") or field not in FLAGS or field in flags:
            return None
        if not equals:
            value = next(rest, "")
        if not value or (not equals and value.startswith("-")):
            return None
        flags[field] = value
    return flags


def run(flags: Mapping[str, Any]) -> int:
    """Serve until SIGTERM or SIGINT; the exit status."""
    bound_freed_memory()
    file = flags.get("config")
    config, _ = load(
        {k: v for k, v in flags.items() if k != "config"}, file=Path(file) if file else None
    )
    logs.configure(config.log_level, config.log_format, config.access_log)
    # The server takes the signals over while it runs, answers what it accepted and raises the
    # signal again: this is where that ends, as it is for a signal that comes before it runs.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    if not root.is_loopback(config.host) and config.tls_cert is None:
        print(
            f"entrepot: {config.host} can be reached from other machines, and this server speaks"
            " plain HTTP: give it --tls-cert and --tls-key, or put a proxy with TLS before it",
            file=sys.stderr,
        )
    if config.workers > 1:
        from entrepot import multiprocess as together  # one process needs nothing of it

        together.serve(config, _listening)
    else:
        service.serve(config, _listening)
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _listening(installation: root.Readable, empty: bool, url: str, admin_url: str) -> None:
    config = installation.config
    data, more = engines.store_location(config), ""
    if config.store:
        more = f" --store '{data}'"
    elif config.data != Path("entrepot-data"):
        more = f" --data {data}"
    shows = _shows_secrets(config)
    if empty:
        print(f"Made {data} with the development tenant {root.DEVELOPMENT!r}.")
    if empty and shows:
        print("Point an SDK here; each of these runs as it stands:\n")
        for text in root.snippets(installation, root.DEVELOPMENT, reachable(url)):
            print(text)
        print(f"`entrepot credentials{more}` prints the same values again.\n")
    else:
        print(f"Serving {data}; `entrepot credentials{more}` prints what an SDK needs.")
    if config.explorer:
        print(f"API explorer: {_explorer(installation, reachable(url), shows)}")
    if admin_url:
        print(f"health and metrics on {admin_url}")
    print(f"listening on {url}", flush=True)


def _shows_secrets(config: Config) -> bool:
    """Returns whether keys and links may be printed: a log keeps what it is told, a terminal does not."""
    return sys.stdout.isatty() or (config.show_credentials and root.is_loopback(config.host))


def _explorer(installation: root.Readable, url: str, shows: bool) -> str:
    """Returns where the explorer is: a link that signs in, where `shows` and only this machine can follow it."""
    from entrepot.explorer import session

    if shows and root.is_loopback(installation.config.host):
        user = root.first_user(installation, root.DEVELOPMENT)
        if user is not None:
            return session.link(installation.vault, url, user, root.now_ms())
    return url + session.PATH


def own_url(config: Config) -> str:
    """Where a server with these settings listens, as a client on this machine would write it."""
    return reachable(root.url(config.host, config.port, "https" if config.tls_cert else "http"))


def reachable(url: str) -> str:
    """The address as a client on this machine would write it."""
    host = urlsplit(url).netloc.rpartition(":")[0]
    return url.replace(host, _OPEN.get(host, host), 1)
