"""Secrets: sealing them at rest, and computing those that need no storing. Knows no store and no wire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_LONGEST_TEXT = 1024  # characters of a sealed text; the longest of ours has about two hundred


class Vault:
    """Seals and opens under one 32-byte root, and derives keys from it by purpose.

    `repr` shows nothing of the root.
    """

    __slots__ = ("_aead", "_derived", "_root")

    def __init__(self, root: bytes) -> None:
        if len(root) != 32:
            raise ValueError("a vault's root is 32 bytes")
        self._root = root
        self._aead = AESGCM(self.derive("seal"))
        self._derived: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "Vault(...)"

    def derive(self, purpose: str) -> bytes:
        """32 bytes that depend on the root and the purpose only."""
        return hmac.digest(self._root, b"entrepot/" + purpose.encode(), "sha256")

    def key(self, purpose: str) -> bytes:
        """`derive`, remembered."""
        found = self._derived.get(purpose)
        if found is None:
            found = self._derived[purpose] = self.derive(purpose)
        return found

    def seal(self, secret: bytes, context: str) -> bytes:
        """The secret encrypted and bound to its context (for example `key/17`)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The secret that `seal` took.

        Raises:
            ValueError: it was sealed under another root or for another context, or was changed.
        """
        try:
            return self._aead.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode()
            )
        except InvalidTag:
            raise ValueError(f"cannot open a secret for {context!r}: wrong master key?") from None

    def seal_text(self, secret: bytes, context: str) -> str:
        """The same as `seal`, as text: URL-safe base64 without padding."""
        return _text(self.seal(secret, context))

    def open_text(self, text: str, context: str) -> bytes:
        """Returns the secret that `seal_text` took.

        Only the exact text is opened. Base64 decoders also read other spellings of it: with blanks,
        with padding, with other unused bits.

        Raises:
            ValueError: it is no text that `seal_text` made for this context.
        """
        if len(text) > _LONGEST_TEXT:
            raise ValueError("the sealed text is too long")
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if _text(sealed) != text:
            raise ValueError("the sealed text is not spelled as it was made")
        return self.open(sealed, context)

    def compute(self, purpose: str, id: int, alphabet: str, length: int) -> str:
        """A secret text that is always the same for this purpose and id: nothing to store, nothing to lose."""
        stream = hashlib.shake_256(self.key("compute/" + purpose) + id.to_bytes(8, "big"))
        n = len(alphabet)
        top = 256 - 256 % n  # bytes above would favour the alphabet's beginning
        letters = [alphabet[b % n] for b in stream.digest(length * 3 + 32) if b < top]
        return "".join(letters[:length])


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def hash_password(password: str) -> bytes:
    """Salt and scrypt hash (16 + 32 bytes)."""
    salt = os.urandom(16)
    return salt + _scrypt(password, salt)


def password_matches(password: str, stored: bytes) -> bool:
    """Whether the password has this hash; False, at the same cost, where none is stored."""
    salt = stored[:16] or bytes(16)
    return hmac.compare_digest(_scrypt(password, salt), stored[16:] or bytes(32)) and bool(stored)


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
