"""Sends what was typed as the signed-in user, the way that any request goes, and tells what came of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from msgspec.structs import replace

from entrepot.core.faults import Fault, Invalid, Violation
from entrepot.dialect import calls
from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.dialect import Dialect, Row, row_for, rows_by_fault
from entrepot.dialect.operation import Operation
from entrepot.dialect.quoting import quoted
from entrepot.dialect.request import Answer, Request
from entrepot.explorer.forms import Sent
from entrepot.explorer.shown import beginning, readable

Ask = Callable[[Request], Awaitable[tuple[Answer, Fault | None]]]
R = TypeVar("R")
_HIDDEN = "******"
_SECRET = ("secret", "password", "token")


class Apart(Protocol):
    """Does work of the tenant in its turn, beside the event loop (`Store.apart`)."""

    def __call__(self, work: Callable[[], R]) -> Awaitable[R]:
        """What the work returned."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the page shows of a call. No secret of the account is in its texts."""

    request: str
    request_cut: bool
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str
    cut: bool
    milliseconds: float
    fault: Fault | None  # what it was refused for
    row: Row | None  # how the dialect says that

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every field that was refused, whether or not the vendor names them all."""
        return self.fault.violations if isinstance(self.fault, Invalid) else ()


class NoLogin(Exception):
    """What has to be asked before the call was refused."""


def public(credentials: Credentials) -> dict[str, Any]:
    """The credentials without what nobody has to see."""
    kept: dict[str, Any] = {}
    for name, value in credentials.items():
        if isinstance(value, Mapping):
            kept[name] = public(value)
        elif not _is_secret(name):
            kept[name] = value
    return kept


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


def _secrets(credentials: Credentials) -> set[str]:
    found: set[str] = set()
    for name, value in credentials.items():
        if isinstance(value, Mapping):
            found |= _secrets(value)
        elif isinstance(value, str) and len(value) > 3 and _is_secret(name):
            found.add(value)
    return found


async def send(
    dialect: Dialect,
    operation: Operation,
    read: Callable[[], Sent],
    credentials: Credentials,
    by: Request,
    ask: Ask,
    apart: Apart,
) -> Outcome:
    """What comes of the call that `by`, the browser's own request, asks for.

    What was typed is read where it is signed: its values take many times the memory of the texts, and
    would have to be kept while the call waits.

    Raises:
        NoLogin: the token that the call needs was refused; says why.
        ValueError: it cannot be spelled as a request.
    """

    async def asked(request: Request) -> tuple[Answer, Fault | None]:
        return await ask(replace(request, peer=by.peer, scheme=by.scheme))

    host = by.header(b"host")
    if (login := dialect.client.login) is not None and not operation.public:
        answer, _ = await asked(login.ask(credentials, stamp(), host))
        try:
            credentials = login.read(answer, credentials)
        except ValueError as error:
            raise NoLogin(str(error)) from None
    request = await apart(lambda: _signed(dialect, operation, read(), credentials, host))
    began = time.perf_counter()
    answer, fault = await asked(request)
    took_ms = (time.perf_counter() - began) * 1000
    row = None if fault is None else row_for(rows_by_fault(dialect.rows), fault, operation)
    secrets = _secrets(credentials)
    return await apart(lambda: _outcome(request, answer, took_ms, secrets, fault, row))


def _signed(
    dialect: Dialect, operation: Operation, sent: Sent, credentials: Credentials, host: bytes
) -> Request:
    body = sent.body
    if operation.public:  # a login: only here is the password filled in, behind the page
        known, names = calls.placeholders(dialect, credentials), dialect.client.secrets
        body = calls.with_secrets(body, operation.example, names, known)
    return calls.signed(dialect, operation, sent.parameters, body, credentials, stamp(), host)


def stamp() -> Stamp:
    """Of this moment, with a nonce that nothing else has."""
    return Stamp(time.time_ns() // 1_000_000, os.urandom(16).hex())


def _outcome(
    request: Request,
    answer: Answer,
    took_ms: float,
    secrets: set[str],
    fault: Fault | None = None,
    row: Row | None = None,
) -> Outcome:
    body, cut = beginning(_masked(readable(answer.body), secrets))
    spelled, spelled_cut = beginning(_masked(_spelled(request), secrets))
    headers = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in answer.headers)
    return Outcome(
        request=spelled,
        request_cut=spelled_cut,
        status=answer.status,
        reason=HTTPStatus(answer.status).phrase,
        headers=tuple((name, _masked(value, secrets)) for name, value in headers),
        body=body,
        cut=cut,
        milliseconds=took_ms,
        fault=None if fault is None else quoted(fault),
        row=row,
    )


def _masked(text: str, secrets: set[str]) -> str:
    """The text with asterisks for each secret, also where it is spelled as JSON or a URL spells it."""
    for secret in secrets:
        for spelled in {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}:
            text = text.replace(spelled, _HIDDEN)
    return text


def _spelled(request: Request) -> str:
    """The request as it would travel, for people to read: a body of JSON stands in lines."""
    target = request.path + (b"?" + request.query if request.query else b"")
    lines = [f"{request.method} {target.decode('latin-1')} HTTP/1.1"]
    lines += [f"{k.decode('latin-1')}: {v.decode('latin-1')}" for k, v in request.headers.items()]
    body = readable(request.body)
    return "\n".join([*lines, "", body] if body else lines)
