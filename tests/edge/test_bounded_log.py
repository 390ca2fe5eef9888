"""The log as a target: whatever strangers do, it grows by few bytes, and tells how often it was."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import re
import socket
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.edge import bounded_log
from entrepot.edge.bounded_log import MOST, BoundedHandler
from entrepot.edge.logs import FORMATS, MESSAGE, TRACEBACK, VALUE
from tests.certificates import issue
from tests.edge.raw import Wire
from tests.explorer.browser import Browser
from tests.server import Server

MANY = 10_000
FEW_BYTES = 250_000  # of one kind; a record has 9,000 characters at most, in JSON some as \\u001b
TOLD = re.compile(r"\.\.\. ([\d,]+) more like it in 10 s")


class Time:
    """The clock that the handler looks at."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(bounded_log, "time", clock)
    return clock


@pytest.fixture(params=sorted(FORMATS))
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class Log:
    """A logger of its own with the handler, and what it wrote."""

    def __init__(self, form: str = "console") -> None:
        self.handler, self._out = BoundedHandler(), io.StringIO()
        self.handler.setStream(self._out)
        self.handler.setFormatter(FORMATS[form]())
        self.logger = logging.Logger("entrepot.test", logging.DEBUG)
        self.logger.addHandler(self.handler)

    @property
    def text(self) -> str:
        """Everything that was written."""
        return self._out.getvalue()

    @property
    def told(self) -> list[int]:
        """How many more there were, for each time that it was told."""
        return [int(n.replace(",", "")) for n in TOLD.findall(self.text)]


@pytest.fixture
def log(form: str, time: Time) -> Iterator[Log]:
    made = Log(form)
    yield made
    made.handler.close()


def fail(log: Log, text: str) -> None:
    try:
        raise RuntimeError(text)
    except RuntimeError:
        log.logger.exception("request %s failed", text, extra={"facts": {"user": text}})


def test_failures_without_number_take_a_bounded_number_of_bytes(log: Log, time: Time) -> None:
    for n in range(MANY):
        fail(log, f"{n} " + "x\x1b\n" * 5000)
    assert log.text.count("Traceback") == MOST
    assert log.told == []
    time.now += bounded_log.WINDOW_S
    fail(log, "the next")
    assert log.told == [MANY - MOST]
    assert len(log.text) < FEW_BYTES


def test_what_was_counted_is_told_at_the_end(log: Log) -> None:
    for _ in range(MOST + 1234):
        log.logger.warning("turned %r away", "somebody")
    log.handler.close()
    assert log.told == [1234]
    assert "turned 'somebody' away" in log.text.splitlines()[-1]
    log.handler.close()
    assert log.told == [1234]


def test_one_kind_does_not_silence_another(log: Log, time: Time) -> None:
    for n in range(MANY):
        log.logger.warning("noise %d", n)
    for n in range(MOST):
        log.logger.error("the disk is full: %d", n)
    assert log.text.count("the disk is full") == MOST
    time.now += bounded_log.WINDOW_S
    log.logger.warning("noise again")  # a window of its own
    assert "noise again" in log.text
    assert log.told == [MANY - MOST]


def test_exceptions_from_different_places_are_of_different_kinds(log: Log) -> None:
    def told(error: Exception) -> None:
        try:
            raise error
        except Exception:
            log.logger.exception("request failed")

    for n in range(50):
        told(ValueError(f"one {n}"))
        told(KeyError(f"two {n}"))
        try:
            raise ValueError(f"three {n}")
        except ValueError:
            log.logger.exception("request failed")
    for word in ("one", "two", "three"):
        assert len(re.findall(rf"\b{word} \d", log.text)) == MOST


def test_windows_are_few_however_many_kinds_there_are(log: Log, time: Time) -> None:
    for line in range(MANY):
        record = logging.LogRecord("x", logging.WARNING, "made.py", line, "said", (), None)
        log.handler.handle(record)
        log.handler.handle(record)
    assert len(log.handler._windows) == bounded_log.KINDS


def test_the_access_log_has_a_line_for_each_request_of_bounded_length(log: Log) -> None:
    for n in range(100):
        record = logging.LogRecord("entrepot.access", logging.INFO, "", 0, "answered", (), None)
        record.facts = {"request_id": str(n), "user": "u" * MANY, "peer": "p\n" * MANY}
        log.handler.handle(record)
    lines = log.text.splitlines()
    assert len(lines) == 100
    assert max(map(len, lines)) < 200 + 4 * VALUE
    assert log.told == []


def test_nothing_of_a_record_outlives_it(log: Log) -> None:
    class Body:
        pass

    def failing() -> weakref.ref[Body]:
        body = Body()
        try:
            raise RuntimeError(str(id(body)))
        except RuntimeError as error:
            log.logger.exception("failed")
            error.__traceback__ = None
        return weakref.ref(body)

    gc.disable()
    try:
        assert [failing()() for _ in range(MOST + 5)] == [None] * (MOST + 5)
    finally:
        gc.enable()


def test_a_worker_does_not_tell_what_its_parent_counted(log: Log) -> None:
    for _ in range(MOST + 5):
        log.logger.warning("noise")
    before = len(log.text)
    reads, writes = os.pipe()
    if not os.fork():
        log.handler.close()
        os.write(writes, log.text[before:].encode())
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as said:
        assert said.read() == ""
    os.wait()
    log.handler.close()
    assert log.told == [5]


def test_a_record_is_cut_and_none_can_be_forged(form: str) -> None:
    record = logging.LogRecord(
        "x", logging.ERROR, "", 0, "%s", ("a\nERROR x forged\x1b[2J" * 500,), None
    )
    try:
        raise RuntimeError("\n2026-11-30 00:00:00 ERROR x forged\n\x1b[2J" * 5000)
    except RuntimeError:
        record.exc_info = sys.exc_info()
    record.facts = {"name": "n\n\x1b" * 1000, "number": 5}
    text = FORMATS[form]().format(record)
    assert len(text) < 2 * (MESSAGE + TRACEBACK + VALUE)
    assert "\x1b" not in text
    if form == "json":
        assert "\n" not in text
        assert json.loads(text)["number"] == 5
        assert json.loads(text)["error"].rstrip().endswith("[2J")
    else:
        first, *rest = text.split("\n")
        assert " number=5" in first
        assert all(line.startswith("  ") for line in rest)
        assert "characters ..." in text


# A server, and strangers

FAILING = """
import sys
from entrepot.dialect.router import Router

def find(*_):
    raise RuntimeError("x" * 100_000)

Router.find = find
from entrepot.cli import main
sys.exit(main())
"""


def test_requests_that_fail_do_not_fill_the_log(tmp_path: Path) -> None:
    program = (sys.executable, "-c", FAILING)
    with Server(tmp_path / "data", program=program) as server:
        asking = b"GET /v5/iot/" + b"p" * 5000 + b"/products HTTP/1.1\r\nhost: x\r\n\r\n"
        with Wire(server.address) as wire:
            for _ in range(MANY // 20):
                wire.send(asking * 20)
                for _ in range(20):
                    reply = wire.reply()
                    assert reply is not None
                    assert reply.status == 500
        server.stop()
        assert len(server.said) < 2 * FEW_BYTES  # a slow machine may need two windows
        told = sum(int(n.replace(",", "")) for n in TOLD.findall(server.said))
        assert told + server.said.count("Traceback") == MANY


@pytest.mark.parametrize("level", ["warning", "debug"])
def test_bad_handshakes_do_not_fill_the_log(tmp_path: Path, level: str) -> None:
    flags = (*issue(tmp_path, "first").flags, "--log-level", level)
    with Server(tmp_path / "data", *flags) as server:
        host, _, port = server.address.partition(":")
        for n in range(MANY // 10):
            with socket.create_connection((host, int(port)), timeout=20) as plain:
                plain.sendall((b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05junk!", b"")[n % 3])
        server.stop()
        assert len(server.said) < FEW_BYTES


def test_people_who_are_turned_away_do_not_fill_the_log(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        browser = Browser(server)
        for n in range(MOST + 15):
            assert browser.sign_in(f"guess{n}", "guess").status in (403, 429)
        server.stop()
        assert TOLD.search(server.said)
        assert server.said.count("\n") < MOST + 15
