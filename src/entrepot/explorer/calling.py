"""Sends what was typed as the signed-in user, the way that any request goes, and tells what came of it."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.dialect import calls
from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.operation import Dialect, Operation, Row
from entrepot.dialect.request import Answer, Request
from entrepot.explorer.forms import Sent

Ask = Callable[[Request], Awaitable[Answer]]
MOST_SHOWN = 512 * 1024
_HIDDEN = "******"
_SECRET = ("secret", "password", "token")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the page shows of a call. No secret of the account is in `request`."""

    request: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str
    cut: bool
    milliseconds: float
    refused: bool
    faults: tuple[str, ...]  # one of which it was refused for, as far as the answer tells


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
    sent: Sent,
    credentials: Credentials,
    by: Request,
    ask: Ask,
) -> Outcome:
    """What comes of the call that `by`, the browser's own request, asks for.

    Raises:
        NoLogin: the token that the call needs was refused; says why.
        ValueError: it cannot be spelled as a request.
    """

    async def asked(request: Request) -> Answer:
        return await ask(replace(request, peer=by.peer, scheme=by.scheme))

    host = by.header(b"host")
    if (login := dialect.client.login) is not None and not operation.public:
        answer = await asked(login.ask(credentials, stamp(), host))
        try:
            credentials = login.read(answer, credentials)
        except ValueError as error:
            raise NoLogin(str(error)) from None
    body = sent.body
    if operation.public:  # a login: only here is the password filled in, behind the page
        body = calls.filled(body, calls.words(credentials))
    request = calls.signed(dialect, operation, sent.parameters, body, credentials, stamp(), host)
    began = time.perf_counter()
    answer = await asked(request)
    took_ms = (time.perf_counter() - began) * 1000
    return _outcome(dialect, request, answer, took_ms, _secrets(credentials))


def stamp() -> Stamp:
    """Of this moment, with a nonce that nothing else has."""
    return Stamp(time.time_ns() // 1_000_000, os.urandom(16).hex())


def _outcome(
    dialect: Dialect, request: Request, answer: Answer, took_ms: float, secrets: set[str]
) -> Outcome:
    text = _spelled(request)
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    body = _shown(answer.body)
    said = _said(answer)
    faults = _faults(dialect.rows, answer.status, {str(code) for code in _codes(said)})
    return Outcome(
        request=text,
        status=answer.status,
        reason=HTTPStatus(answer.status).phrase,
        headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in answer.headers),
        body=body[:MOST_SHOWN],
        cut=len(body) > MOST_SHOWN,
        milliseconds=took_ms,
        # Some vendors refuse with the status of success.
        refused=answer.status >= 400 or bool(faults) or said.get("Success", True) is False,
        faults=faults,
    )


def _said(answer: Answer) -> dict[str, Any]:
    """The answer where it is a JSON object, else an empty one."""
    try:
        said = msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _faults(rows: Iterable[Row], status: int, codes: set[str]) -> tuple[str, ...]:
    """The faults that are told by this status and one of these codes."""
    told = (row.fault.__name__ for row in rows if row.status == status and row.code in codes)
    return tuple(dict.fromkeys(told))


def _codes(said: dict[str, Any]) -> Iterator[Any]:
    """What stands as a code in the document, or in a member of it."""
    for name, value in said.items():
        if isinstance(value, dict):
            yield from (v for k, v in value.items() if _is_code(k))
        elif _is_code(name):
            yield value


def _is_code(name: str) -> bool:
    return name.lower().replace("_", "") in ("code", "errorcode")


def _spelled(request: Request) -> str:
    """The request as it would travel, for people to read: a body of JSON stands in lines."""
    target = request.path + (b"?" + request.query if request.query else b"")
    lines = [f"{request.method} {target.decode('latin-1')} HTTP/1.1"]
    lines += [f"{k.decode('latin-1')}: {v.decode('latin-1')}" for k, v in request.headers.items()]
    body = _shown(request.body)[:MOST_SHOWN]
    return "\n".join([*lines, "", body] if body else lines)


def _shown(body: bytes) -> str:
    """A body as text; JSON in lines, its numbers and members as they came."""
    try:
        return msgspec.json.format(body, indent=2).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")
