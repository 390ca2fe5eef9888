"""A dialect from its client's side: what a caller adds to a request so that it is believed.

Pure functions of a request and credentials. Knows no vendor, no clock and no socket: the time and
the nonce come with the stamp, and whoever calls sends what is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from entrepot.dialect.request import Answer, Request

Credentials = Mapping[str, Any]
"""What `entrepot credentials --json` prints, and what a login added."""


class Stamp(msgspec.Struct, frozen=True):
    """What makes one request unlike every other: when it is signed, and a word of its own."""

    at_ms: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Login:
    """What has to be asked before the first call, and what its answer adds to the credentials.

    Raises ValueError, in `read`: it was refused.
    """

    ask: Callable[[Credentials, Stamp, bytes], Request]  # the last is the value of `host`
    read: Callable[[Answer, Credentials], Credentials]


def _unsigned(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    return request


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How a dialect is called; as it stands, one whose calls are not signed."""

    # Parameters, by the vendor's names, that say whose account is called.
    own: Callable[[Credentials], Mapping[str, str]] = lambda credentials: {}
    sign: Callable[[Request, Credentials, Stamp], Request] = _unsigned
    login: Login | None = None
    selector: bytes = b""  # the header that carries it; without one, the dialect's query parameter
    # Parameters as the query has them, where a vendor has names of its own for what is nested; and back.
    flat: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda parameters: parameters
    nested: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda parameters: parameters
