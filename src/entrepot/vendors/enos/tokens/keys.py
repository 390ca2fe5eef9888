"""The installation's RSA key, to which enos-poseidon can seal its callers' keys: made when first needed.

Anybody may ask for its public half and send what claims to be sealed to it. So the key is opened once for a
process, and RSA is computed in one thread beside the event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from entrepot.core.faults import Throttled
from entrepot.core.ports import Tx
from entrepot.core.recent import Recent
from entrepot.core.vault import Vault
from entrepot.dialect.addresses import network_of
from entrepot.dialect.attempts import WINDOW_S, Attempts
from entrepot.dialect.authenticator import Authenticator
from entrepot.dialect.threads import OneThread
from entrepot.vendors.enos.signing import (
    PoseidonToken,
    new_private_key,
    open_token,
    public_key_text,
)

NAME = "enos.private_key"
WRONG_BY_ADDRESS = (
    600  # sealed tokens a minute that nobody could open; each costs one or two milliseconds
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
MOST_WAITING = 256  # for the thread that opens them
MOST_OPENED = 1024  # tokens that are remembered


class Seals:
    """Opens sealed tokens with the key. Remembers those that it opened, under their hashes."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self.key = key
        self.public_text = public_key_text(key)
        self._thread = OneThread("sealed tokens", MOST_WAITING)
        self._wrong = Attempts()
        self._opened: Recent[bytes, PoseidonToken] = Recent(MOST_OPENED)

    async def open(self, token: bytes, peer: str) -> PoseidonToken | None:
        """The keys inside the token; None where it was sealed to another key.

        Raises:
            Throttled: the address sent too many that nobody could open.
            Unavailable: too many wait to be opened.
        """
        mark = hashlib.blake2b(token, digest_size=16).digest()
        found = self._opened.get(mark)
        if found is not None:
            return found
        wrong, left_s = self._wrong.number(network_of(peer))
        if wrong >= WRONG_BY_ADDRESS:
            raise Throttled(WRONG_BY_ADDRESS, int(WINDOW_S), left_s)
        async with self._thread.turn():
            return await self._thread.run(lambda: open_token(token, self.key))

    def remember(self, token: bytes, inside: PoseidonToken) -> None:
        """The token proved its caller: next time it need not be opened."""
        self._opened.keep(hashlib.blake2b(token, digest_size=16).digest(), inside)

    def wrong(self, peer: str) -> None:
        """Counts a token that proved nobody."""
        self._wrong.add(network_of(peer))


_known: WeakKeyDictionary[Authenticator, Seals] = WeakKeyDictionary()
_being_opened: WeakKeyDictionary[Authenticator, asyncio.Lock] = WeakKeyDictionary()


async def seals(authenticator: Authenticator) -> Seals:
    """What opens tokens in this installation; its key is made and kept sealed where there is none yet."""
    found = _known.get(authenticator)
    if found is None:
        async with _being_opened.setdefault(authenticator, asyncio.Lock()):  # many may ask at first
            found = _known.get(authenticator)
            if found is None:
                found = _known[authenticator] = await _seals(authenticator)
    return found


async def _seals(authenticator: Authenticator) -> Seals:
    sealed = await authenticator.store.read(lambda tx: tx.recall(NAME))
    if sealed is None:
        # A tenth of a second and more: not on the loop, and not in the writer's hands.
        made = authenticator.vault.seal(await asyncio.to_thread(_made), NAME)
        sealed = await authenticator.store.write(lambda tx: _keep(tx, made))
    return Seals(await asyncio.to_thread(opened, authenticator.vault, sealed))


def opened(vault: Vault, sealed: bytes) -> RSAPrivateKey:
    """The key that was kept sealed.

    Raises:
        ValueError: it was sealed under another master key.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    key = load_der_private_key(vault.open(sealed, NAME), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the kept key is no RSA key")
    return key


def _made() -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return new_private_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _keep(tx: Tx, made: bytes) -> bytes:
    """The key that is kept from now on: another server may have been faster."""
    kept = tx.recall(NAME)
    if kept is not None:
        return kept
    tx.remember(NAME, made)
    return made
