"""Access tokens of signed calls: texts that prove themselves, and the use cases of the token service.

A token is its access key and its end, sealed by the installation. So a call is checked without
asking the store, and tokens outlive a restart; the store only knows which one to hand out again.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import msgspec

from entrepot.core.faults import Unauthenticated, Unavailable
from entrepot.core.identity import Caller, Key, Tenant, Token, User, key_claim
from entrepot.core.ports import INSTALLATION, Tx
from entrepot.core.product import Claim
from entrepot.core.vault import Vault
from entrepot.vendors.enos import keys
from entrepot.vendors.enos.signing import encryption, public_key_text

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
class Granted:
    """A token and how long it lives."""

    text: str
    expires_in_s: int


def get(tx: Tx, caller: Caller, ask: Ask) -> Granted:
    """The caller's token: the one it has until that ends, then a new one.

    Raises:
        Unauthenticated: unknown_key, disabled_key or signature.
    """
    key = _proved(tx, caller, ask)
    kept = _kept(tx, key)
    if kept is None or kept.expires_at <= caller.now_ms:
        return _grant(tx, caller, key, kept)
    text = caller.vault.open(kept.sealed, f"token/{key.id}").decode()
    return Granted(text, max(1, (kept.expires_at - caller.now_ms) // 1000))


def refresh(tx: Tx, caller: Caller, ask: Ask) -> Granted:
    """A new token in place of one that has not ended.

    Raises:
        Unauthenticated: as `get`; token where it is none of the caller's, token_expired.
    """
    key = _proved(tx, caller, ask)
    inside = read(caller.vault, ask.access_token)
    if inside is None or inside.access_key != key.access_key:
        raise Unauthenticated("token")
    if inside.expires_at <= caller.now_ms:
        raise Unauthenticated("token_expired")
    return _grant(tx, caller, key, _kept(tx, key))


def show_public_key(tx: Tx, caller: Caller, nothing: None) -> str:
    """The public half of the installation's key, as enos-poseidon wants it.

    Raises:
        Unavailable: it has not been made.
    """
    sealed = tx.recall(keys.NAME)
    if sealed is None:
        raise Unavailable("the key is not made yet")
    return public_key_text(keys.opened(caller.vault, sealed))


def _proved(tx: Tx, caller: Caller, ask: Ask) -> Key:
    """INFERRED: how old the timestamp may be is on no page, and the official Python sample takes it
    once for a whole process, so it is not asked. For the same reason a repeated `encryption` (1001)
    is answered like the first: it gets the same token, which without the secret opens nothing."""
    id = tx.holder(INSTALLATION, key_claim(ask.app_key))
    key = None if id is None else tx.get(Key, INSTALLATION, id)
    if key is None:
        raise Unauthenticated("unknown_key", ask.app_key)
    secret = caller.vault.open(key.sealed, f"key/{key.id}").decode()
    wanted = encryption(key.access_key, ask.timestamp, secret)
    if not hmac.compare_digest(wanted.encode(), ask.encryption.lower().encode()):
        raise Unauthenticated("signature")
    user, tenant = tx.get(User, INSTALLATION, key.user), tx.get(Tenant, INSTALLATION, key.tenant)
    if key.disabled or user is None or user.disabled or tenant is None or tenant.disabled:
        raise Unauthenticated("disabled_key", ask.app_key)
    return key


def _claim(key: Key) -> Claim:
    return Claim("enos.token", str(key.id))


def _kept(tx: Tx, key: Key) -> Token | None:
    id = tx.holder(INSTALLATION, _claim(key))
    return None if id is None else tx.get(Token, INSTALLATION, id)


def _grant(tx: Tx, caller: Caller, key: Key, kept: Token | None) -> Granted:
    ends = caller.now_ms + LIFE_MS
    text = write(caller.vault, key.access_key, ends)
    sealed = caller.vault.seal(text.encode(), f"token/{key.id}")
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
