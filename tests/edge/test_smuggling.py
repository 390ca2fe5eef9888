"""No form of a request makes the server and somebody before it disagree on where the next one begins.

Each form is sent with a marker request behind it on one connection, at once and byte by byte. Then:
the form is answered at most once, and before the marker; the marker is answered at most once and as
itself; a request that the form hides is never answered; and either the marker is answered or the
connection is closed. No answer says that the server failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.edge.body_forms import body_forms
from tests.edge.forms import MARKER, Form
from tests.edge.head_forms import head_forms
from tests.edge.raw import Reply, Wire
from tests.server import Server

_PLAIN = (*body_forms(), *head_forms())


def with_raw_targets(form: Form) -> Form:
    """The form with bytes beyond ASCII in its targets; every length stays what it was."""
    raw = form.raw.replace(b"/form", "/水m".encode()).replace(b"/smuggled", "/smugg水".encode())
    return replace(form, name=f"{form.name}, raw targets", raw=raw)


FORMS = (*_PLAIN, *(with_raw_targets(form) for form in _PLAIN))
AT_LEAST = 750  # so that none gets lost
RAW_MARKER = MARKER.replace(b"/marker", "/marker?水".encode())
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
LONGEST_BY_BYTES = 2000
PATIENCE_S = 10  # of a test that fails
REFUSALS = (400, 405, 413, 414, 431, 501, 505)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("smuggling")) as server:
        yield server
        with Wire(server.address) as wire:
            wire.send(MARKER)
            reply = wire.reply()
        assert reply is not None
        assert is_of_the_marker(reply)
        assert "Traceback" not in server.said


def test_no_form_got_lost() -> None:
    names = [form.name for form in FORMS]
    assert len(names) == len(set(names))
    assert len(names) >= AT_LEAST


@each_form
def test_a_form_at_once(form: Form, running: Server) -> None:
    with Wire(running.address, timeout=PATIENCE_S) as wire:
        wire.send(form.raw + marker(form))
        if form.demand == "unended":
            wire.finish()
        holds(form, replies(wire, form))


@pytest.mark.parametrize(
    "form", [f for f in FORMS if len(f.raw) <= LONGEST_BY_BYTES], ids=lambda f: f.name
)
def test_a_form_byte_by_byte(form: Form, running: Server) -> None:
    with Wire(running.address, timeout=PATIENCE_S) as wire:
        wire.send_singly(form.raw + marker(form))
        if form.demand == "unended":
            wire.finish()
        holds(form, replies(wire, form))


def marker(form: Form) -> bytes:
    """The request behind the form; behind one with raw targets it has one too."""
    return MARKER if form.raw.isascii() else RAW_MARKER


def replies(wire: Wire, form: Form) -> list[Reply]:
    """Every answer up to the end of the connection. Fails where the server neither answers nor closes."""
    head = form.raw.startswith(b"HEAD ")
    found: list[Reply] = []
    while (reply := wire.reply(head=head and not found)) is not None:
        if reply.status >= 200:
            found.append(reply)
    assert wire.closed
    return found


def is_of_the_marker(reply: Reply) -> bool:
    return b" /marker." in reply.body


def holds(form: Form, found: list[Reply]) -> None:
    """The law of the module, and what the standard demands of the form."""
    marked = [is_of_the_marker(reply) for reply in found]
    assert marked in ([], [False], [False, True]), found
    assert not any(b" /smugg" in reply.body for reply in found), found
    for reply in found:
        assert reply.status < 500 or reply.status in (501, 505), reply
        assert b"Traceback" not in reply.body
    assert all(reply.headers.get("connection") != "close" for reply in found[:-1]), found
    if form.lax:
        return
    if form.demand == "taken":
        assert marked == [False, True], found
    if form.demand in ("closed", "unended", "refused"):
        assert True not in marked, found
    if form.demand == "refused":
        assert all(reply.status in REFUSALS for reply in found), found
