"""How an EnOS caller proves itself: signed calls, and the sealed token of the Python SDK.

Must not know where credentials are kept, what time it is, or what a call means.

Three generations of clients exist; two are spoken here. Signed calls carry `apim-accesstoken`,
`apim-signature` and `apim-timestamp`. The Python SDK (enos-poseidon) signs nothing: it seals its
key pair to an RSA key and sends that as `apim-accesstoken`, alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from entrepot.dialect.request import Request

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import OAEP
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

TOKEN = b"apim-accesstoken"
SIGNATURE = b"apim-signature"
TIMESTAMP = b"apim-timestamp"

_MILLISECONDS = re.compile(rb"[0-9]{13}")


def encryption(app_key: str, timestamp_text: str, app_secret: str) -> str:
    """The `encryption` field of the token service: lower-case hex SHA-256 of the three joined.

    `timestamp_text` is the decimal text of what was sent, be it a JSON number or a string.

    Source: EnOS API 2.1, Get Access Token; clients send the time in either form.
    """
    return hashlib.sha256((app_key + timestamp_text + app_secret).encode()).hexdigest()


def signature(request: Request, access_token: str, secret: str) -> str:
    """The `apim-signature` this request should carry, lower-case hex, for its own `apim-timestamp`.

    Source: EnOS API 2.1, authentication overview; vector V1 of the tests is the vendor's own.
    """
    return _signature(request, access_token, request.header(TIMESTAMP), secret)


def sign(
    request: Request, access_token: str, timestamp_text: str, secret: str
) -> tuple[tuple[bytes, bytes], ...]:
    """The three headers that make the request a signed one."""
    stamp = timestamp_text.encode()
    made = _signature(request, access_token, stamp, secret)
    return ((TOKEN, access_token.encode()), (SIGNATURE, made.encode()), (TIMESTAMP, stamp))


def verify(request: Request, access_token: str, secret: str) -> bool:
    """Whether the request was signed with this token and secret. Says nothing about its age."""
    if sent_at_ms(request) is None or request.repeated & {TOKEN, SIGNATURE, TIMESTAMP}:
        return False
    wanted = signature(request, access_token, secret).encode()
    same_token = hmac.compare_digest(request.header(TOKEN), access_token.encode())
    return hmac.compare_digest(request.header(SIGNATURE), wanted) and same_token


def sent_at_ms(request: Request) -> int | None:
    """The `apim-timestamp` in milliseconds since 1970, or None where it is none.

    Exactly 13 digits. The signed text has no separators, so a time of free length would let digits
    be moved between it and the last query value without changing the hash.
    INFERRED: no page gives a format; every client sends 13 digits until the year 2286.
    """
    stamp = request.header(TIMESTAMP)
    return int(stamp) if _MILLISECONDS.fullmatch(stamp) else None


def _signature(request: Request, access_token: str, stamp: bytes, secret: str) -> str:
    signed = hashlib.sha256(access_token.encode() + signed_query(request.query))
    signed.update(_signed_body(request))
    signed.update(stamp + secret.encode())
    return signed.hexdigest()


def signed_query(query: bytes) -> bytes:
    """Names and decoded values, sorted by name, nothing between them.

    INFERRED: a repeated name is signed every time it occurs, in the order sent. The vendor's
    clients never repeat one; signing only the first would let a second be slipped in unsigned.
    """
    pairs = []
    for piece in query.split(b"&"):
        name, _, value = piece.partition(b"=")
        pairs.append((_decoded(name), _decoded(value)))
    return b"".join(name + value for name, value in sorted(pairs, key=lambda pair: pair[0]))


def _decoded(piece: bytes) -> bytes:
    return unquote_to_bytes(piece.replace(b"+", b" "))


def _signed_body(request: Request) -> bytes:
    # A multipart body is left out (the vendor's firmware upload sample signs its query alone). The
    # page signs "JSON bodies"; anything else is signed too, or relabelling one would free it.
    media_type = request.header(b"content-type").split(b";", 1)[0].strip().lower()
    return b"" if media_type.startswith(b"multipart/") else request.body


# --- the sealed token of enos-poseidon -----------------------------------------------------------

_SEALED_BYTES = 256
_SEALED_CHARS = 344
# A sealed token holds no longer group than this.
_HEX_GROUP = re.compile(r"[0-9A-Fa-f]{1,128}")
_EXPIRY = re.compile(r"[0-9a-f]{64}")


# The library for RSA is imported where a key is used: it takes a twentieth of a server's start, and few need it.
@cache
def _oaep() -> OAEP:
    """What the SDK seals with: the defaults of its library.

    SHA-1 is sound here, because OAEP needs no collision resistance.
    """
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
    from cryptography.hazmat.primitives.hashes import SHA1

    sha1 = SHA1()  # noqa: S303
    return OAEP(mgf=MGF1(sha1), algorithm=sha1, label=None)


@dataclass(slots=True, frozen=True)
class PoseidonToken:
    """Who sealed a token. The secret is what was claimed: the caller still has to compare it."""

    access_key: str
    secret_key: str = field(repr=False)


def looks_like_poseidon(token: bytes) -> bool:
    """Whether the header value is base64 of one 2048-bit RSA block: 344 characters, 256 bytes."""
    return _sealed(token) is not None


def open_token(token: bytes, private_key: RSAPrivateKey) -> PoseidonToken | None:
    """The key pair inside a token sealed to this key, or None where it is not one.

    The five `$`-separated fields are a PIN made from both keys, the access key, the secret key, and
    two expiries (two hours and thirty days). The expiries are not sent: each stands as a keyed hash
    of the PIN and a millisecond, under a constant printed in the SDK. Their age could be bounded
    only by hashing every millisecond of a window, and the token is bound to no request anyway: who
    can capture one can also alter the call it came with. The secret, compared by the caller, is the
    proof, so only the expiries' shape is looked at here.

    Source: enos-poseidon 0.1.5 to 0.2.0, read and run.
    """
    sealed = _sealed(token)
    if sealed is None or private_key.key_size != _SEALED_BYTES * 8:
        return None
    try:
        fields = private_key.decrypt(sealed, _oaep()).decode().split("$")
    except ValueError:  # sealed to another key, or not text
        return None
    if len(fields) != 5:
        return None
    pin, access_key, secret_key, access_expiry, refresh_expiry = fields
    if not (_EXPIRY.fullmatch(access_expiry) and _EXPIRY.fullmatch(refresh_expiry)):
        return None
    wanted = poseidon_pin(access_key, secret_key)
    if wanted is None or not hmac.compare_digest(wanted.encode(), pin.encode()):
        return None
    return PoseidonToken(access_key, secret_key)


def poseidon_pin(access_key: str, secret_key: str) -> str | None:
    """Six digits from the second dash-separated group of both keys, or None where one is not hex.

    A key pair without a PIN cannot be used with enos-poseidon: it fails before it sends.
    """
    groups = [group for key in (access_key, secret_key) for group in key.split("-")[1:2]]
    if len(groups) != 2 or not all(_HEX_GROUP.fullmatch(group) for group in groups):
        return None
    return str(int("".join(groups), 16)).zfill(9)[:6]


def new_private_key() -> RSAPrivateKey:
    """A fresh key to which enos-poseidon can seal: 2048 bits, the only size it makes tokens of."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(public_exponent=65537, key_size=_SEALED_BYTES * 8)


def public_key_text(private_key: RSAPrivateKey) -> str:
    """What a caller assigns to `poseidon.poseidon.pubkey`: base64 DER SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public).decode()


def _sealed(token: bytes) -> bytes | None:
    if len(token) != _SEALED_CHARS:
        return None
    try:
        sealed = base64.b64decode(token, validate=True)
    except binascii.Error:
        return None
    return sealed if len(sealed) == _SEALED_BYTES else None
