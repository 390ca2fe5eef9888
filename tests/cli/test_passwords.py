"""A password in the URL of a store or of Redis is printed by no command, however the URL is broken."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.store.counting.redis import RedisLedger
from tests import postgres
from tests.cli.console import Said, say
from tests.server import Server
from tests.valkey import ValkeyServer

SECRET = "HUNTER2"
AT = "@127.0.0.1:1"  # where nobody listens
STORES = [
    f"postgresql://{rest}"
    for rest in (
        f"u:{SECRET}{AT}/db", f"u:{SECRET}%ZZ{AT}/db", f"u:{SECRET}@[::1/db", f"u:{SECRET}@::1]/db",
        f"u:{SECRET}@x{AT}/db", f"u:x@{SECRET}{AT}/db", f"u@x:{SECRET}{AT}/db", f"u:x:{SECRET}{AT}/db",
        f"u:1/{SECRET}{AT}/db", f"u:x/{SECRET}{AT}/db", f"u:x?{SECRET}{AT}/db", f"u:x#{SECRET}{AT}/db",
        f"u:{SECRET}/x{AT}/db", f"u:{SECRET}?x{AT}/db", f"u:{SECRET}#x{AT}/db", f"u:[{SECRET}{AT}/db",
        f"u:{SECRET}]{AT}/db", f"u:{SECRET}", f"127.0.0.1:{SECRET}/db", f"u%ZZ:{SECRET}{AT}/db",
        f"u:{SECRET}@127.0.0.1:99999999/db", f"u:x{AT},127.0.0.1:{SECRET}/db", f":{SECRET}{AT}",
        f"127.0.0.1:1/db?password={SECRET}", f"127.0.0.1:1/db?password={SECRET}%ZZ",
        f"127.0.0.1:1/db?p%61ssword={SECRET}", f"127.0.0.1:1/db?sslpassword={SECRET}",
        f"127.0.0.1:1/db?{SECRET}", f"127.0.0.1:1/db?{SECRET}=1", f"127.0.0.1:1/db?passwrd={SECRET}",
        f"127.0.0.1:1/db?sslmode=require;password={SECRET}", f"127.0.0.1:1?password={SECRET}",
        f"127.0.0.1:1/db?password=a@{SECRET}", f"127.0.0.1:1/db?options={SECRET}'",
        f"u:\x1b{SECRET}{AT}/db", f"u:\udcff{SECRET}{AT}/db", f"u:x {SECRET}{AT}/db",
        f"u:{SECRET} x{AT}/db", f"u:'{SECRET}{AT}/db", f'u:"\\{SECRET}{AT}/db',
    )
] + [
    f"postgresql:u:{SECRET}{AT}/db", f"postgresql:/u:{SECRET}{AT}/db", f"mysql://u:{SECRET}{AT}/db",
    f"POSTGRESQL://u:{SECRET}{AT}/db", f"postgres://u:{SECRET}{AT}/db", f"postgres://u:{SECRET}@[::1/db",
]  # fmt: skip
COUNTS = [
    f"{scheme}{rest}"
    for scheme in ("redis://", "rediss://", "valkey://")
    for rest in (
        f":{SECRET}{AT}/0", f"u:{SECRET}{AT}/0", f"{SECRET}{AT}/0", f":{SECRET}@127.0.0.1:{SECRET}",
        f"127.0.0.1:{SECRET}", f"127.0.0.1:1?password={SECRET}",
        f"127.0.0.1:1?{SECRET}=1", f"127.0.0.1:1?socket_timeout={SECRET}", f":{SECRET}@[::1", f":x#{SECRET}{AT}",
        f":x/{SECRET}{AT}", f":x@{SECRET}{AT}", f":{SECRET}%ZZ{AT}", f"127.0.0.1:1?ssl_cert_reqs={SECRET}",
    )
] + [f"unix://u:{SECRET}@/nowhere.sock", f"unix://{SECRET}@/nowhere.sock", f"http://:{SECRET}{AT}"]  # fmt: skip
COMMANDS = [
    ("serve", "--port", "0", "--log-level", "debug"), ("doctor",), ("doctor", "--fix", "--json"), ("config",),
    ("config", "--json"), ("credentials",), ("tenant", "list"), ("tenant", "create", "x"), ("user", "list"),
    ("key", "list"), ("product", "list"), ("device", "list"), ("model", "list"), ("backup", "folder"),
    ("restore", "folder"), ("verify", "folder"), ("master-key", "fingerprint"), ("master-key", "rotate"),
    ("sample", "roma", "CreateProduct"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`serve` in this process takes signals and the log over, and commands make files here."""
    monkeypatch.chdir(tmp_path)
    numbers = (signal.SIGTERM, signal.SIGINT)
    kept = [signal.getsignal(number) for number in numbers]
    level, handlers = logging.root.level, logging.root.handlers[:]
    yield
    for number, handler in zip(numbers, kept, strict=True):
        signal.signal(number, handler)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def shows_nothing(said: Said) -> None:
    assert SECRET.lower() not in (said.out + said.err).lower()
    assert "Traceback" not in said.err
    assert said.err.count("\n") <= 1 or "DEBUG" in said.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_shows_the_password_of_its_store(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    thorough = words in COMMANDS[:4]  # the others read the setting in the same way
    for url in STORES if thorough else STORES[::5]:
        shows_nothing(say(*words, f"--store={url}"))
        if url.isprintable() and thorough:
            monkeypatch.setenv("ENTREPOT_STORE", url)
            shows_nothing(say(*words))
            monkeypatch.delenv("ENTREPOT_STORE")


def test_a_file_of_settings_gives_no_password_away(tmp_path: Path) -> None:
    file = tmp_path / "entrepot.toml"
    for name, urls in (("store", STORES), ("redis", COUNTS)):
        for url in urls:
            for text in (f"{name} = '''{url}'''", f'{name} = "{url}', f"{name} = [{url}]"):
                file.write_text(text, errors="surrogateescape")
                shows_nothing(say("doctor", "--config", str(file)))


def test_a_copy_shows_no_password(tmp_path: Path) -> None:
    for url in STORES:
        for words in (("--from", url, "--to", "sqlite:there"), ("--from", "sqlite:x", "--to", url)):
            said = say("store", "copy", *words)
            assert said.status
            shows_nothing(said)
        shows_nothing(say("store", "copy", "--from", f"sqlite:{url}", "--to", "sqlite:there"))


def test_redis_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in COUNTS:
        said = say("serve", "--port", "0", "--log-level", "debug", "--redis", url)
        assert said.status
        shows_nothing(said)
        shows_nothing(say("config", "--redis", url))
        monkeypatch.setenv("ENTREPOT_REDIS", url)
        shows_nothing(say("config", "--json"))
        monkeypatch.delenv("ENTREPOT_REDIS")


@pytest.mark.parametrize("flag", ["--data", "--host", "--port", "--master-key-file", "--config"])
def test_a_url_in_the_wrong_place_is_not_repeated(flag: str) -> None:
    for url in STORES[::9]:
        if url.startswith("postgresql:/"):
            said = say("config", flag, url)
            assert said.status
            shows_nothing(said)


def test_the_parser_of_the_command_line_repeats_no_url() -> None:
    for url in STORES[::9]:
        shows_nothing(say("serve", "--store", url, "--store", url))
        shows_nothing(say("serve", url))
        shows_nothing(say(url))
        shows_nothing(say("doctor", f"--fix={url}"))
        shows_nothing(say("doctor", url, "--help"))


def test_servers_that_do_not_let_us_in_are_quoted_without_the_password(tmp_path: Path) -> None:
    there = postgres.database(tmp_path).replace("entrepot@", f"nobody:{SECRET}@")
    said = say("doctor", "--store", there)
    assert said.status == 1
    assert 'role "nobody" does not exist' in said.err
    shows_nothing(said)
    with ValkeyServer() as server:
        url = server.url.replace("redis://", f"valkey://u:{SECRET}@")
        said = say("serve", "--port", "0", "--redis", url)
        assert said.status == 1
        assert "redis://u@127.0.0.1" in said.err
        shows_nothing(said)
        url = server.url.replace("redis://", "valkey://")
        RedisLedger(url).close()  # Valkey's own scheme is understood


def test_a_running_server_repeats_no_password(tmp_path: Path) -> None:
    url = postgres.database(tmp_path).replace("entrepot@", f"entrepot:{SECRET}@")
    with Server(tmp_path / "data", "--log-level", "debug", "--workers", "2", store=url) as server:
        assert server.stop() == 0
        assert SECRET not in server.said
