"""Checks and makes the two signatures of the RPC style: V1 in parameters, V3 in a header.

Pure functions of a request and a secret; knows no clock, no nonce store and no account.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from entrepot.dialect.quoting import MOST_SIGNED
from entrepot.dialect.request import Request
from entrepot.vendors.aliyun.codec import Sent

V3_SCHEME = b"ACS3-HMAC-SHA256"

Reason = Literal["", "signature", "method", "contradiction", "repeated", "uncovered", "body"]

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
# Two bytes that UTF-8 never uses stand for the separators while the text between is escaped.
_EQUALS, _AND = b"\xfe", b"\xff"

_AUTHORIZATION = re.compile(
    rb"ACS3-HMAC-SHA256 +Credential=([^,\s]{1,256}), *SignedHeaders=([a-z0-9_;-]{1,4096}),"
    rb" *Signature=([0-9a-f]{64})\s*"
)
_MUST_COVER = (
    b"x-acs-action",
    b"x-acs-version",
    b"x-acs-date",
    b"x-acs-signature-nonce",
    b"x-acs-accesskey-id",
    b"x-acs-security-token",
)


class BadAuthorization(ValueError):
    """An `Authorization` header that is not of the V3 form."""


@dataclass(slots=True, frozen=True)
class Authorization:
    """The parts of a V3 `Authorization` header; `signed_headers` in the client's order."""

    access_key_id: str
    signed_headers: tuple[bytes, ...]
    signature: bytes


@dataclass(slots=True, frozen=True)
class Verdict:
    """Whether a signature holds. `string_to_sign` is the beginning of the server's own, to be shown.

    `reason` is empty where it holds. `signature`: another key or another text. `method`: a V1
    algorithm other than HMAC-SHA1. `contradiction`: an unsigned header names another action than
    the signed parameter. `repeated`: a signed header came twice. `uncovered`: a header that
    matters is not signed. `body`: the body is not the one whose hash was signed. `detail` names
    the header or parameter.
    """

    string_to_sign: str
    reason: Reason = ""
    detail: str = ""


def is_v3(request: Request) -> bool:
    """Whether the caller claims a V3 signature; what it then sent may still be malformed."""
    return request.header(b"authorization").startswith(V3_SCHEME)


# --- V1: HMAC-SHA1 over all parameters ---------------------------------------------------------


def string_to_sign_v1(method: str, parameters: Mapping[str, str]) -> bytes:
    """What V1 signs, from decoded parameters of query and form; a `Signature` is left out."""
    signed = {name: value for name, value in parameters.items() if name != "Signature"}
    return method.encode() + b"&%2F&" + _escaped(signed, b"%25", b"%3D", b"%26")


def sign_v1(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """The value of `Signature` for a request with these parameters."""
    return _hmac_sha1(string_to_sign_v1(method, parameters), secret).decode()


def verify_v1(request: Request, sent: Sent, secret: str) -> Verdict:
    """Whether the parameters' signature holds. `sent` is `codec.read(request)`.

    A body that is no form is not covered and must not be used. The `x-acs-action` and
    `x-acs-version` headers that some SDKs add are not covered either; one that contradicts its
    parameter is refused, so after this call header and parameter may be used alike.
    """
    given = sent.all
    text = string_to_sign_v1(request.method, given)
    shown = _shown(text)
    if given.get("SignatureMethod") != "HMAC-SHA1":
        return Verdict(shown, "method", "SignatureMethod")
    if given.get("SignatureVersion") != "1.0":
        return Verdict(shown, "method", "SignatureVersion")
    expected = _hmac_sha1(text, secret)
    if not hmac.compare_digest(expected, given.get("Signature", "").encode()):
        return Verdict(shown, "signature")
    for header, name in ((b"x-acs-action", "Action"), (b"x-acs-version", "Version")):
        claimed = request.headers.get(header)
        if claimed is not None and claimed.strip() != given.get(name, "").encode():
            return Verdict(shown, "contradiction", name)
    return Verdict(shown)


def _shown(text: bytes) -> str:
    """As much of the text as a refusal shows; it is ASCII, and may have tens of megabytes."""
    return text[: MOST_SIGNED + 1].decode()


def _hmac_sha1(text: bytes, secret: str) -> bytes:
    return b64encode(hmac.digest(secret.encode() + b"&", text, "sha1"))


# --- V3: HMAC-SHA256 over method, path, query, named headers and the body's hash ----------------


def authorization(header: bytes) -> Authorization:
    """The header taken apart.

    Raises: BadAuthorization where it is no V3 header, or names one signed header twice.
    """
    found = _AUTHORIZATION.fullmatch(header)
    if found is None:
        raise BadAuthorization("the Authorization header is not of the ACS3-HMAC-SHA256 form")
    try:
        access_key_id = found[1].decode()
    except UnicodeDecodeError:
        raise BadAuthorization("the Credential is not valid UTF-8") from None
    names = tuple(found[2].split(b";"))
    if len(set(names)) < len(names) or b"" in names:
        raise BadAuthorization("SignedHeaders names a header twice or none")
    return Authorization(access_key_id, names, found[3])


def string_to_sign_v3(
    request: Request, query: Mapping[str, str], signed_headers: tuple[bytes, ...]
) -> bytes:
    """What V3 signs. `query` is the decoded query alone; a form is covered by the body's hash."""
    headers = request.headers
    lines = [name + b":" + headers.get(name, b"").strip() + b"\n" for name in signed_headers]
    canonical = b"\n".join(
        (
            request.method.encode(),
            request.path or b"/",
            canonical_query(query),
            b"".join(lines),
            b";".join(signed_headers),
            request.header(b"x-acs-content-sha256").strip(),
        )
    )
    return V3_SCHEME + b"\n" + hashlib.sha256(canonical).hexdigest().encode()


def sign_v3(request: Request, query: Mapping[str, str], access_key_id: str, secret: str) -> bytes:
    """The `Authorization` header for a request, over every header it has, in their byte order."""
    names = tuple(sorted(name for name in request.headers if name != b"authorization"))
    signature = _hmac_sha256(string_to_sign_v3(request, query, names), secret)
    return b"%s Credential=%s,SignedHeaders=%s,Signature=%s" % (
        V3_SCHEME,
        access_key_id.encode(),
        b";".join(names),
        signature,
    )


def verify_v3(request: Request, sent: Sent, claim: Authorization, secret: str) -> Verdict:
    """Whether the header's signature holds. `sent` is `codec.read(request)`.

    `claim` is `authorization(...)` of the same request. Only what the claim names is signed, so
    every header that decides what the request means must be among it.
    """
    text = string_to_sign_v3(request, sent.query, claim.signed_headers)
    shown = _shown(text)
    if not hmac.compare_digest(_hmac_sha256(text, secret), claim.signature):
        return Verdict(shown, "signature")
    for name in (b"authorization", *claim.signed_headers):
        if name in request.repeated:
            return Verdict(shown, "repeated", name.decode())
    uncovered = _uncovered(request, sent, claim.signed_headers)
    if uncovered:
        return Verdict(shown, "uncovered", uncovered.decode())
    body_hash = hashlib.sha256(request.body).hexdigest().encode()
    if not hmac.compare_digest(request.header(b"x-acs-content-sha256").strip(), body_hash):
        return Verdict(shown, "body", "x-acs-content-sha256")
    return Verdict(shown)


def _uncovered(request: Request, sent: Sent, signed: tuple[bytes, ...]) -> bytes:
    for name in (b"host", b"x-acs-content-sha256"):
        if name not in signed or name not in request.headers:
            return name
    for name in _MUST_COVER:
        if name in request.headers and name not in signed:
            return name
    # The content type decides whether the body is read as parameters at all.
    if sent.form and b"content-type" not in signed:
        return b"content-type"
    return b""


def _hmac_sha256(text: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), text, "sha256").hex().encode()


# --- Escaping ------------------------------------------------------------------------------------


def canonical_query(parameters: Mapping[str, str]) -> bytes:
    """Parameters sorted by name and escaped, which is also a legal way to send them."""
    return _escaped(parameters, b"%", b"=", b"&")


def _escaped(parameters: Mapping[str, str], sign: bytes, equals: bytes, also: bytes) -> bytes:
    """Names and values sorted and escaped in one go, `sign` being what an escape starts with.

    Escaping the whole text at once, not each value, takes a fraction of the time; `%25` as sign
    escapes twice at once. Quoted-printable, whose encoder is written in C, is the same code with
    `=` as sign, except for its line breaks and for the printable bytes that it leaves alone.
    """
    pairs = [name.encode() + _EQUALS + value.encode() for name, value in sorted(parameters.items())]
    text = b2a_qp(_AND.join(pairs), quotetabs=True, istext=False)
    text = text.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"=2E", b".")
    for byte in set(text.translate(None, _UNRESERVED + b"=")):
        text = text.replace(bytes((byte,)), b"=%02X" % byte)
    text = text.replace(b"=", sign)
    return text.replace(sign + b"FE", equals).replace(sign + b"FF", also)
