"""Who is signed in to the explorer, kept in nothing but a sealed cookie; knows no page and no dialect."""

from __future__ import annotations

import os
from typing import TypeVar

import msgspec

from entrepot.core.things.account import User
from entrepot.core.vault import Vault
from entrepot.dialect.request import Request, header_value

LIFE_MS = 8 * 3600 * 1000
TICKET_LIFE_MS = 3600 * 1000
PATH = "/explorer"
_SESSION, _TICKET = "explorer/session", "explorer/ticket"


class Session(msgspec.Struct, frozen=True, array_like=True):
    """A browser's session, sealed inside its cookie. `user` is 0 before anybody signed in.

    `proof` is what forms carry. `mark` is of the password: another password ends the session.
    """

    user: int
    access_key: str  # the key that it was signed in with; empty: by password or link
    mark: bytes
    proof: str
    expires_at: int


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """A link that signs a user in once."""

    user: int
    nonce: bytes
    expires_at: int


def nobody(now_ms: int) -> Session:
    """The session of a browser that has not signed in."""
    return Session(0, "", b"", _proof(), now_ms + LIFE_MS)


def begun(user: User, access_key: str, now_ms: int) -> Session:
    """The session of a user who proved who it is."""
    return Session(user.id, access_key, user.password_mark, _proof(), now_ms + LIFE_MS)


def _proof() -> str:
    return os.urandom(16).hex()


class Cookie:
    """A cookie of one installation, which has a name of its own: ports of a host share cookies."""

    def __init__(self, vault: Vault, ending: str = "") -> None:
        self._vault = vault
        self.name = f"entrepot-{vault.derive('explorer/cookie')[:4].hex()}{ending}"

    def read(self, request: Request, now_ms: int) -> Session | None:
        """The session in the request's cookie; None where there is none, or its life is over."""
        for pair in request.header(b"cookie").decode("latin-1").split(";"):
            name, _, value = pair.strip(" \t").partition("=")
            if name == self.name:
                found = _opened(self._vault, value, _SESSION, Session)
                return found if found and found.expires_at > now_ms else None
        return None

    def written(self, session: Session, secure: bool) -> bytes:
        """The value of `Set-Cookie`."""
        value = _sealed(self._vault, session, _SESSION)
        parts = f"{self.name}={value}; Path={PATH}; Max-Age={LIFE_MS // 1000}; HttpOnly; SameSite=Strict"
        return header_value(parts + ("; Secure" if secure else ""))

    def gone(self) -> bytes:
        """The same to make a browser forget it."""
        return header_value(f"{self.name}=; Path={PATH}; Max-Age=0; HttpOnly; SameSite=Strict")


def link(vault: Vault, url: str, user: User, now_ms: int) -> str:
    """An address on the server at `url` that signs the user in once, within the hour."""
    ticket = Ticket(user.id, os.urandom(8), now_ms + TICKET_LIFE_MS)
    return f"{url}{PATH}/enter?ticket={_sealed(vault, ticket, _TICKET)}"


def read_ticket(vault: Vault, text: str, now_ms: int) -> Ticket | None:
    """The ticket; None where it is not ours, or its life is over. Whether it was used is not known here."""
    found = _opened(vault, text, _TICKET, Ticket)
    return found if found and found.expires_at > now_ms else None


def _sealed(vault: Vault, value: msgspec.Struct, context: str) -> str:
    return vault.seal_text(msgspec.msgpack.encode(value), context)


S = TypeVar("S", Session, Ticket)


def _opened(vault: Vault, text: str, context: str, kind: type[S]) -> S | None:
    try:
        return msgspec.msgpack.decode(vault.open_text(text, context), type=kind)
    except (ValueError, msgspec.MsgspecError):
        return None
