"""Access tokens of signed calls: texts that prove themselves, and the use cases of the token service.

A token is its access key and its end, sealed by the installation. So a call is checked without
asking the store, and tokens outlive a restart; the store only knows which one to hand out again.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import msgspec

from entrepot.core import sealing
from entrepot.core.caller import Caller
from entrepot.core.faults import Unauthenticated
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Key, Tenant, Token, User
from entrepot.core.things.claim import Claim
from entrepot.core.vault import Vault
from entrepot.dialect.authenticator import Authenticator
from entrepot.vendors.enos.signing import encryption

LIFE_MS = 7200 * 1000  # Get Access Token, expire
_CONTEXT = "enos/token"


class Inside(msgspec.Struct, frozen=True, array_like=True):
    """What a token proves: whose it is and until when."""

    access_key: str
    expires_at: int


_inside = msgspec.msgpack.Decoder(Inside)


def write(vault: Vault, access_key: str, expires_at: int) -> str:
    """A new token."""
    return vault.seal_text(msgspec.msgpack.encode(Inside(access_key, expires_at)), _CONTEXT)


def read(vault: Vault, text: str) -> Inside | None:
    """What the token proves, or None where it is none of ours. Says nothing about its end."""
    try:
        return _inside.decode(vault.open_text(text, _CONTEXT))
    except (ValueError, msgspec.DecodeError):
        return None


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks for a token, its proof, and the token to refresh."""

    app_key: str
    encryption: str
    timestamp: str
    access_token: str = ""


@dataclass(frozen=True, slots=True)
class Proved:
    """A key whose holder asks for a token, and the token to refresh."""

    key: Key
    access_token: str


@dataclass(frozen=True, slots=True)
class Granted:
    """A token and how long it lives."""

    text: str
    expires_in_s: int


async def prove(ask: Ask, authenticator: Authenticator, peer: str) -> Proved:
    """The key that asks; nobody else's asking gets as far as the store's writer.

    INFERRED: how old the timestamp may be is on no page, and the official Python sample takes it
    once for a whole process, so it is not asked. For the same reason a repeated `encryption` (1001)
    is answered like the first: it gets the same token, which without the secret opens nothing.

    Raises:
        Unauthenticated: unknown_key or signature.
    """
    bearer = await authenticator.bearer(ask.app_key)
    if bearer is None:
        raise Unauthenticated("unknown_key", ask.app_key)
    wanted = encryption(ask.app_key, ask.timestamp, bearer.secret.decode())
    if not hmac.compare_digest(wanted.encode(), ask.encryption.lower().encode()):
        raise Unauthenticated("signature")
    return Proved(bearer.key, ask.access_token)


def get(tx: Tx, caller: Caller, proved: Proved) -> Granted:
    """The caller's token: the one it has until that ends, then a new one.

    Raises:
        Unauthenticated: disabled_key.
    """
    key = _enabled(tx, proved.key)
    kept = _kept(tx, key)
    if kept is None or kept.expires_at <= caller.now_ms:
        return _grant(tx, caller, key, kept)
    text = caller.vault.open(kept.sealed, sealing.granted_token(key.id)).decode()
    return Granted(text, max(1, (kept.expires_at - caller.now_ms) // 1000))


def refresh(tx: Tx, caller: Caller, proved: Proved) -> Granted:
    """A new token in place of one that has not ended.

    Raises:
        Unauthenticated: disabled_key; token where it is none of the caller's; token_expired.
    """
    key = _enabled(tx, proved.key)
    inside = read(caller.vault, proved.access_token)
    if inside is None or inside.access_key != key.access_key:
        raise Unauthenticated("token")
    if inside.expires_at <= caller.now_ms:
        raise Unauthenticated("token_expired")
    return _grant(tx, caller, key, _kept(tx, key))


def _enabled(tx: Tx, known: Key) -> Key:
    """The key as the store has it now: what proved it may be a second old."""
    key = tx.get(Key, INSTALLATION, known.id)
    user, tenant = (
        tx.get(User, INSTALLATION, known.user),
        tx.get(Tenant, INSTALLATION, known.tenant),
    )
    if (
        key is None
        or user is None
        or tenant is None
        or key.disabled
        or user.disabled
        or tenant.disabled
    ):
        raise Unauthenticated("disabled_key", known.access_key)
    return key


def _claim(key: Key) -> Claim:
    return Claim("enos.token", str(key.id))


def _kept(tx: Tx, key: Key) -> Token | None:
    id = tx.holder(INSTALLATION, _claim(key))
    return None if id is None else tx.get(Token, INSTALLATION, id)


def _grant(tx: Tx, caller: Caller, key: Key, kept: Token | None) -> Granted:
    ends = caller.now_ms + LIFE_MS
    text = write(caller.vault, key.access_key, ends)
    sealed = caller.vault.seal(text.encode(), sealing.granted_token(key.id))
    if kept is None:
        token = Token(
            id=tx.new_id(),
            tenant=key.tenant,
            key=key.id,
            sealed=sealed,
            expires_at=ends,
            claims=(_claim(key),),
        )
        tx.add(token)
    else:
        tx.put(kept, msgspec.structs.replace(kept, sealed=sealed, expires_at=ends))
    return Granted(text, LIFE_MS // 1000)
