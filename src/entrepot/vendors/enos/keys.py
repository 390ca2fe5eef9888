"""The installation's RSA key, to which enos-poseidon can seal its callers' keys: made when first needed."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from entrepot.core.ports import Tx
from entrepot.core.vault import Vault
from entrepot.dialect.gate import Gate
from entrepot.vendors.enos.signing import new_private_key

NAME = "enos.private_key"

_opened: WeakKeyDictionary[Gate, rsa.RSAPrivateKey] = WeakKeyDictionary()


async def private_key(gate: Gate) -> rsa.RSAPrivateKey:
    """The key, made and kept sealed where there is none yet."""
    found = _opened.get(gate)
    if found is None:
        sealed = await gate.store.read(lambda tx: tx.recall(NAME))
        if sealed is None:
            # A tenth of a second and more: not on the loop, and not in the writer's hands.
            made = gate.vault.seal(await asyncio.to_thread(_made), NAME)
            sealed = await gate.store.write(lambda tx: _keep(tx, made))
        found = _opened[gate] = opened(gate.vault, sealed)
    return found


def opened(vault: Vault, sealed: bytes) -> rsa.RSAPrivateKey:
    """The key that was kept sealed.

    Raises:
        ValueError: it was sealed under another master key.
    """
    key = serialization.load_der_private_key(vault.open(sealed, NAME), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the kept key is no RSA key")
    return key


def _made() -> bytes:
    return new_private_key().private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _keep(tx: Tx, made: bytes) -> bytes:
    """The key that is kept from now on: another server may have been faster."""
    kept = tx.recall(NAME)
    if kept is not None:
        return kept
    tx.remember(NAME, made)
    return made
