"""A dialect from its client's side: what a caller adds to a request so that it is believed.

Pure functions of a request and credentials. Knows no vendor, no clock and no socket: the time and
the nonce come with the stamp, and whoever calls sends what is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer, Request

Credentials = Mapping[str, Any]
"""What `entrepot credentials --json` prints, and what a login added."""


class Stamp(msgspec.Struct, frozen=True):
    """What makes one request unlike every other: when it is signed, and a word of its own."""

    at_ms: int
    nonce: str


class Login(msgspec.Struct, frozen=True):
    """What has to be asked before the first call, and what its answer adds to the credentials.

    Raises ValueError, in `read`: it was refused.
    """

    ask: Callable[[Credentials, Stamp, bytes], Request]  # the last is the value of `host`
    read: Callable[[Answer, Credentials], Credentials]


def _unsigned(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    return request


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call that code is wanted for. The names of `parameters` are declared; values may be `Code`."""

    operation: Operation
    parameters: Mapping[str, Any]
    body: Any
    endpoint: str  # http://HOST:PORT
    keys: tuple[Any, Any]  # access key and secret key, as values or code
    credentials: Credentials  # for the account's ids; no secret of it belongs into code


class Script(msgspec.Struct, frozen=True):
    """Python that makes a call and prints the answer; `import os` is added where it is used."""

    imports: tuple[str, ...]  # modules of Python itself
    packages: str  # lines that import the SDK's
    body: str


class Proof(msgspec.Struct, frozen=True):
    """Python that signs `method`, `path`, `query`, `headers` and `body` with `access_key` and `secret_key`.

    What comes of it is put into `headers`, where the host and what is the call's own are already.
    """

    modules: tuple[str, ...]  # of Python itself, which the lines use
    lines: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How a dialect is called; as it stands, one whose calls are not signed and that has no SDK."""

    # The parts of the credentials that its examples may name: `{app_id}` is a member of one of them.
    parts: tuple[str, ...] = ()
    # Parameters, by the vendor's names, that say whose account is called.
    own: Callable[[Credentials], Mapping[str, str]] = lambda credentials: {}
    sign: Callable[[Request, Credentials, Stamp], Request] = _unsigned
    login: Login | None = None
    selector: bytes = b""  # the header that carries it; without one, the dialect's query parameter
    # Parameters as the query has them, where a vendor has names of its own for what is nested; and back.
    flat: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda parameters: parameters
    nested: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda parameters: parameters
    # Code: by the vendor's SDK for Python, which `package` names, and by curl.
    package: str = ""
    python: Callable[[Asked], Script] | None = None
    prove: Callable[[Request], Proof] = lambda request: Proof((), "")
    # Operations and parameters that the SDK does not have.
    lacks: frozenset[tuple[str, str]] = frozenset()
    secrets: frozenset[str] = frozenset({"password", "secret"})  # names of what no code may hold
