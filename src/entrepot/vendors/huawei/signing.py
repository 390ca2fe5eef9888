"""Huawei's AK/SK request signature, plain and derived: read, made and checked over raw bytes.

Knows no tenant, key store, clock or answer: who owns an access key, how old a date may be and how
a refusal is worded is decided elsewhere. Counts on the HTTP parser to let no line break through.

Source: sdk (huaweicloudsdkcore 3.1.219 and its Node twin 3.1.211, observed on the wire; the vectors in the
Go SDK's tests).
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from string import ascii_letters, digits
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from entrepot.core.recent import Recent
from entrepot.dialect.request import Request

STANDARD: Final = "SDK-HMAC-SHA256"
DERIVED: Final = "V11-HMAC-SHA256"
# The service a derived key is bound to; not "iotda", although that is the product's name.
DERIVED_SERVICE: Final = "iotdm"
UNSIGNED_PAYLOAD: Final = b"UNSIGNED-PAYLOAD"

_HOST: Final = b"host"
_DATE: Final = b"x-sdk-date"
_CONTENT_HASH: Final = b"x-sdk-content-sha256"
_EMPTY_HASH: Final = sha256(b"").hexdigest().encode()
# INFERRED: the guide's error codes name a URI and headers that are too large, and give no numbers. These
# are far beyond anything an SDK sends, and keep what a stranger can make us compute for nothing small.
_AUTHORIZATION_BYTES: Final = 4096
_SIGNED_HEADERS: Final = 64
TARGET_BYTES: Final = 65536

_UNRESERVED: Final = f"{ascii_letters}{digits}-_.~".encode()
_PLAIN_PATH: Final = _UNRESERVED + b"/"
_PLAIN_QUERY: Final = _UNRESERVED + b"=&"
_ENCODED: Final = tuple(
    bytes((code,)) if code in _UNRESERVED else b"%%%02X" % code for code in range(256)
)

# A key is visible ASCII without the two separators; names are HTTP tokens joined by semicolons.
_SHAPE: Final = re.compile(
    rb"(?:SDK-HMAC-SHA256 +Access=(?P<plain>[!-+.0-~-]{1,128})"
    rb"|V11-HMAC-SHA256 +Credential=(?P<derived>[!-+.0-~-]{1,128})"
    rb"/(?P<scope>[0-9]{8}/[!-+.0-~-]{1,64}/[!-+.0-~-]{1,64}))"
    rb", *SignedHeaders=(?P<names>[0-9A-Za-z!#$%&'*+.^_`|~;-]+)"
    rb", *Signature="
)
_SIGNATURE_BYTES: Final = 64
_BLOCK_BYTES: Final = 64  # of SHA-256
_HEX: Final = b"0123456789abcdef"

# What an HTTP client adds or rewrites after the SDK has signed; no SDK signs these.
_NEVER_SIGNED: Final = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"authorization",
        b"connection",
        b"content-length",
        b"transfer-encoding",
    )
)


_Told = tuple[str, str, str | None, tuple[bytes, ...]]
# A client's headers differ in nothing but the signature. Kept again about once a second while it calls.
_told: Final[Recent[bytes, _Told]] = Recent(256)


class UnsignableError(ValueError):
    """The request has no canonical form; the text says why, for the caller to read."""


class Authorization(msgspec.Struct, frozen=True, gc=False):
    """An Authorization header taken apart.

    `scope` is `yyyyMMdd/region/service` for a derived key and None for the plain one.
    """

    algorithm: str
    access_key: str
    scope: str | None
    signed_headers: tuple[bytes, ...]
    signature: str

    def __repr__(self) -> str:
        # Whoever holds the signature can repeat the request until its date is too old.
        return f"Authorization({self.algorithm} {self.access_key} {self.scope or ''})"


def parse(header: bytes) -> Authorization | None:
    """The parts of an AK/SK Authorization header, or None for anything else.

    Header names come back in lower case and in the order listed.
    """
    if len(header) > _AUTHORIZATION_BYTES:
        return None
    before, made = header[:-_SIGNATURE_BYTES], header[-_SIGNATURE_BYTES:]
    told = _told.peek(before) or _taken_apart(before)
    if told is None or made.translate(None, _HEX):
        return None
    return Authorization(*told, made.decode())


def remember(header: bytes) -> None:
    """The signature of this Authorization header held: the next of this client is taken apart sooner.

    Nothing is to be remembered of a request that proved nobody.
    """
    before = header[:-_SIGNATURE_BYTES]
    if (told := _taken_apart(before)) is not None:
        _told.keep(before, told)


def _taken_apart(before: bytes) -> _Told | None:
    """All that stands before the signature: algorithm, access key, scope, signed headers."""
    match = _SHAPE.fullmatch(before)
    if match is None:
        return None
    plain, derived, scope, listed = match.groups()
    names = tuple(listed.lower().split(b";"))
    if len(names) > _SIGNED_HEADERS or b"" in names:
        return None
    if scope is None:
        return STANDARD, plain.decode(), None, names
    return DERIVED, derived.decode(), scope.decode(), names


def sdk_date(request: Request) -> datetime | None:
    """When the caller says it signed, aware and in UTC; None unless it reads yyyyMMddTHHmmssZ."""
    return _moment(request.header(_DATE).strip())


def signed_at_ms(request: Request) -> int | None:
    """The same in milliseconds since 1970."""
    try:
        return _moment_ms(request.headers.get(_DATE, b"").strip())
    except ValueError:
        return None


@lru_cache(maxsize=256)  # many requests have the same date
def _moment_ms(stamp: bytes) -> int:
    moment = _moment(stamp)
    if moment is None:
        raise ValueError("not a date")  # so that nothing but a date is remembered
    return int(moment.timestamp()) * 1000


def _moment(stamp: bytes) -> datetime | None:
    if len(stamp) != 16 or stamp[8:9] != b"T" or stamp[15:] != b"Z":
        return None
    if not (stamp[:8] + stamp[9:15]).isdigit():
        return None
    try:
        return datetime.fromisoformat(stamp.decode())
    except ValueError:
        return None


def canonical_request(request: Request, signed_headers: tuple[bytes, ...]) -> bytes:
    """What both signatures are computed over, byte for byte.

    Raises:
        UnsignableError: a header in `signed_headers` is absent, or X-Sdk-Content-Sha256 is
            neither the body's hash nor an UNSIGNED-PAYLOAD that may stand here.
    """
    return _assembled(request, signed_headers, _canonical_query(request.query))


def signature(request: Request, authorization: Authorization, secret_key: bytes) -> str:
    """The signature this request ought to carry, 64 lower-case hex digits.

    Of `authorization` all but its `signature` is used.

    Raises:
        UnsignableError: as for `canonical_request`, or X-Sdk-Date is absent.
    """
    canonical = canonical_request(request, authorization.signed_headers)
    return _keyed(canonical, request, authorization, secret_key)


def verify(request: Request, authorization: Authorization, secret_key: bytes) -> bool:
    """Whether the holder of `secret_key` signed this request, compared in constant time.

    Says nothing of its age (`sdk_date`) nor of which region and service a derived key may name.
    """
    names = authorization.signed_headers
    # Source: documented (API Request Signing Guide, FAQ "Are Request Header Parameters Required for Signing
    # Requests?": X-Sdk-Date must be signed, other headers may be). The Go SDK signs the date alone. Without
    # it an old request could be sent again for ever. Method, path, query and body are signed in any case.
    if _DATE not in names or not secret_key:
        return False
    # Of a header sent twice only one value would be covered.
    if request.repeated and not request.repeated.isdisjoint(names):
        return False
    if len(request.path) + len(request.query) > TARGET_BYTES:
        return False
    scope = authorization.scope
    # A derived key lives for the day the request was signed on, not for any day its holder likes.
    if scope is not None and scope[:8].encode() != request.header(_DATE).strip()[:8]:
        return False
    try:
        query = _canonical_query(request.query)
        canonical = _assembled(request, names, query)
        made = _keyed(canonical, request, authorization, secret_key)
        if hmac.compare_digest(made, authorization.signature):
            return True
        # The rule sorts values of one name as text, but the Python SDK sorts a list of integers as
        # numbers (ROMA's download_products with product_ids 9 and 10). It sends what it signed, so
        # the query is read once more as it stands; that form admits one spelling instead of many.
        if query == request.query:
            return False
        canonical = _assembled(request, names, request.query)
        made = _keyed(canonical, request, authorization, secret_key)
    except UnsignableError:
        return False
    return hmac.compare_digest(made, authorization.signature)


def sign(
    request: Request,
    access_key: str,
    secret_key: bytes,
    at: datetime,
    *,
    derived_region: str | None = None,
) -> dict[bytes, bytes]:
    """The headers to add (or to replace) so that the request is signed as the SDK would sign it.

    Every header the request has is signed, but for those HTTP clients add on their own. A content
    type other than JSON leaves the body unsigned, as the SDK does. `derived_region` asks for the
    derived signature.

    Raises:
        UnsignableError: the request has no Host header.
        ValueError: `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("the signing time needs a time zone")
    if _HOST not in request.headers:
        raise UnsignableError("the header Host is missing")
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {_DATE: stamp.encode()}
    if _may_leave_body_unsigned(request):
        added[_CONTENT_HASH] = UNSIGNED_PAYLOAD
    dated = msgspec.structs.replace(request, headers={**request.headers, **added})
    # The SDK passes over names with an underscore: proxies are known to drop them.
    names = tuple(sorted(n for n in dated.headers if b"_" not in n and n not in _NEVER_SIGNED))
    scope = None if derived_region is None else f"{stamp[:8]}/{derived_region}/{DERIVED_SERVICE}"
    algorithm, who = (STANDARD, f"Access={access_key}")
    if scope is not None:
        algorithm, who = (DERIVED, f"Credential={access_key}/{scope}")
    made = signature(dated, Authorization(algorithm, access_key, scope, names, ""), secret_key)
    listed = b";".join(names).decode()
    header = f"{algorithm} {who}, SignedHeaders={listed}, Signature={made}"
    return {**added, b"authorization": header.encode()}


def _assembled(request: Request, names: tuple[bytes, ...], query: bytes) -> bytes:
    headers = request.headers
    try:
        lines = [name + b":" + headers[name].strip() for name in names]
    except KeyError:
        absent = next(name for name in names if name not in headers).decode()
        raise UnsignableError(f"SignedHeaders names {absent}, and no such header arrived") from None
    return b"\n".join(
        (
            request.method.encode(),
            _canonical_path(request.path),
            query,
            *lines,
            b"",  # the header block ends with a newline of its own
            b";".join(names),
            _payload_hash(request),
        )
    )


def _canonical_path(path: bytes) -> bytes:
    # translate() with nothing left over is the cheapest proof that there is nothing to encode.
    if path.translate(None, _PLAIN_PATH):
        # Decoded as a whole before it is cut, so a %2F in an id is signed as a plain slash.
        path = b"/".join(map(_encoded, _decoded(path).split(b"/")))
    return path if path.endswith(b"/") else path + b"/"


def _canonical_query(query: bytes) -> bytes:
    if not query:
        return b""
    pieces = [piece.split(b"=", 1) for piece in query.split(b"&") if piece]
    whole = {2}.issuperset(map(len, pieces)) and query.count(b"=") == len(pieces)
    if whole and not query.translate(None, _PLAIN_QUERY):
        pieces.sort()
        return b"&".join(map(b"=".join, pieces))
    # Bytes of UTF-8 sort as the characters do. Decoded and in pairs, because `a` comes before `a1`
    # but `a=` after `a1=`.
    pairs = sorted([(_decoded(name), _decoded(b"".join(value))) for name, *value in pieces])
    return b"&".join([_encoded(name) + b"=" + _encoded(value) for name, value in pairs])


def _decoded(raw: bytes) -> bytes:
    # A plus is a plus: both SDKs write a space as %20 and a plus as %2B.
    return unquote_to_bytes(raw) if b"%" in raw else raw


def _encoded(plain: bytes) -> bytes:
    if not plain.translate(None, _UNRESERVED):
        return plain
    return b"".join(map(_ENCODED.__getitem__, plain))


def _payload_hash(request: Request) -> bytes:
    """The last line of the canonical request: the body's hash, or the declared stand-in for it.

    The vendor's signer copies X-Sdk-Content-Sha256 without looking. A verifier that did the same
    would check that the declared hash was signed, and never that the body has that hash: whoever
    sits between could keep every header and put in another body. So a declared hash must be the
    real one, and the one value that is no hash is taken only where the SDK itself writes it.
    """
    if not request.body:
        return _EMPTY_HASH  # the SDK looks at the header only when there is a body
    declared = request.headers.get(_CONTENT_HASH)
    if not declared:
        return sha256(request.body).hexdigest().encode()
    if declared == UNSIGNED_PAYLOAD:
        if not _may_leave_body_unsigned(request):
            raise UnsignableError(
                "X-Sdk-Content-Sha256 is UNSIGNED-PAYLOAD, and a JSON body must be signed"
            )
        return declared
    if declared.lower() != sha256(request.body).hexdigest().encode():
        raise UnsignableError("X-Sdk-Content-Sha256 is not the SHA-256 of the body that arrived")
    return declared  # as it was written: that is what was signed, upper case included


def leaves_body_unsigned(request: Request) -> bool:
    """Whether the request has a body and says that no signature covers it."""
    return bool(request.body) and request.headers.get(_CONTENT_HASH) == UNSIGNED_PAYLOAD


def _may_leave_body_unsigned(request: Request) -> bool:
    # An absent content type counts as JSON: the SDK leaves a body unsigned only when it has named a
    # type, and an operation that takes JSON may well take it unnamed. The type itself need not be
    # signed: the Node SDK does not know a multipart boundary yet when it signs.
    content_type = request.header(b"content-type").strip().lower()
    return bool(content_type) and not content_type.startswith(
        (b"application/json", b"application/bson")
    )


def _keyed(
    canonical: bytes, request: Request, authorization: Authorization, secret_key: bytes
) -> str:
    date = request.headers.get(_DATE)
    if date is None:
        raise UnsignableError("the header X-Sdk-Date is missing")
    scope = authorization.scope
    parts = [authorization.algorithm.encode(), date.strip()]
    key = secret_key
    if scope is not None:
        parts.append(scope.encode())
        key = _derived_key(authorization.access_key, secret_key, scope)
    parts.append(sha256(canonical).hexdigest().encode())
    return _mac(key, b"\n".join(parts))


def _mac(key: bytes, text: bytes) -> str:
    """HMAC-SHA256 in hex."""
    begun, ended = _halves(key)
    inner, outer = begun.copy(), ended.copy()
    inner.update(text)
    outer.update(inner.digest())
    made: str = outer.hexdigest()
    return made


# OpenSSL takes longer to set an HMAC up than to compute it; the two hashes of RFC 2104, with the key
# in them already, are copied in a fraction. Found by the key itself: a secret that was reset is another.
@lru_cache(maxsize=256)
def _halves(key: bytes) -> tuple[Any, Any]:
    block = (key if len(key) <= _BLOCK_BYTES else sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    return sha256(block.translate(hmac.trans_36)), sha256(block.translate(hmac.trans_5C))


def _derived_key(access_key: str, secret_key: bytes, scope: str) -> bytes:
    """HKDF with the access key as salt, one block long, spelled in hex: the hex text is the key."""
    # Not cached. The two HMACs cost a few microseconds; a cache would have to be keyed by the
    # secret too (or a secret that was reset would go on verifying) and would keep signing keys in
    # memory for a day.
    extracted = hmac.digest(access_key.encode(), secret_key, "sha256")
    return hmac.digest(extracted, scope.encode() + b"\x01", "sha256").hex().encode()
