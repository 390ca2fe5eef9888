"""Requests made with a proof that is not the caller's, not for now or not for this: what a signer could try."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.request import Request
from tests.contract import changes
from tests.contract.adapters import stamp
from tests.contract.changes import Change, change, header, parameter
from tests.vendors.signature_schemes import AUTHORIZATION, Scheme

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Parties:
    """Who takes part: the caller, another tenant, and three who were switched off before they ever called."""

    mine: Credentials
    other: Credentials
    disabled: dict[str, Credentials]  # by what of them is: key, user or tenant


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request made from scratch; `number` is that of the product it would make."""

    name: str
    make: Callable[[Scheme, Parties, int], Request]


def attempts() -> Iterator[Attempt]:
    """What can be tried whatever the scheme is."""
    for name, minutes in (
        ("signed 14 minutes ago", -14),
        ("signed 14 minutes ahead", 14),
        ("signed 16 minutes ago", -16),
        ("signed 16 minutes ahead", 16),
        ("signed a day ago", -24 * 60),
        ("signed a year ahead", 365 * 24 * 60),
    ):
        yield Attempt(name, lambda s, p, n, m=minutes: s.signed(p.mine, n, _stamp(m)))
    for name, secret in (
        ("another tenant's secret", lambda p: p.other["secret_key"]),
        ("a secret cut by a letter", lambda p: p.mine["secret_key"][:-1]),
        ("a secret and a space", lambda p: p.mine["secret_key"] + " "),
        ("the access key as secret", lambda p: p.mine["access_key"]),
        ("no secret", lambda p: ""),
    ):
        yield Attempt(
            f"signed with {name}",
            lambda s, p, n, secret=secret: _at_mine(s, p, n, {**p.mine, "secret_key": secret(p)}),
        )
    yield Attempt("signed by another tenant", lambda s, p, n: _at_mine(s, p, n, p.other))
    yield Attempt(
        "signed in another tenant's name",
        lambda s, p, n: _at_mine(s, p, n, {**p.other, "secret_key": p.mine["secret_key"]}),
    )
    for what in ("key", "user", "tenant"):
        yield Attempt(
            f"signed by a {what} that is switched off",
            lambda s, p, n, what=what: s.signed(p.disabled[what], n, stamp()),
        )
    yield Attempt("the proof of another body", _spliced)
    yield Attempt("sent twice", lambda s, p, n: s.signed(p.mine, n, stamp()))


def _stamp(minutes: int) -> Stamp:
    now = stamp()
    return Stamp(now.at_ms + minutes * MINUTE_MS, now.nonce)


def _at_mine(scheme: Scheme, parties: Parties, number: int, signer: Credentials) -> Request:
    """At the address of the caller, but signed by somebody else."""
    return scheme.sign(scheme.unsigned(parties.mine, number), signer, stamp())


def _spliced(scheme: Scheme, parties: Parties, number: int) -> Request:
    other = scheme.signed(parties.mine, number + 1, stamp())
    return replace(scheme.signed(parties.mine, number, stamp()), body=other.body)


# What only some schemes have


def of_authorization(word: bytes) -> Iterator[Change]:
    """Other spellings of an Authorization header with a scheme's word and three parts."""
    for name, edit in (
        ("no scheme", lambda text: text.removeprefix(word).lstrip()),
        ("the scheme in another case", lambda text: text.replace(word, word.lower(), 1)),
        ("another scheme", lambda text: text.replace(word, b"SDK-HMAC-SM3", 1)),
        ("Basic", lambda text: b"Basic " + text),
        ("two spaces behind the scheme", lambda text: text.replace(word, word + b" ", 1)),
        ("a tab behind the scheme", lambda text: text.replace(word + b" ", word + b"\t", 1)),
        ("a space before", lambda text: b" " + text),
        ("other spaces behind commas", _spaced),
        ("semicolons for commas", lambda text: text.replace(b",", b";")),
        ("the parts reversed", _reversed(word)),
        ("a comma behind", lambda text: text + b","),
        ("a part more", lambda text: text + b", Extra=1"),
        ("two signatures", lambda text: text + b", Signature=" + b"0" * 64),
        ("two credentials", lambda text: text.replace(word, word + b" Access=x,", 1)),
        ("in quotes", lambda text: text.replace(b"Signature=", b'Signature="') + b'"'),
        ("twice in one", lambda text: text + b", " + text),
    ):  # fmt: skip
        yield change(f"authorization: {name}", AUTHORIZATION, edit)
    yield Change(
        "authorization: of a proxy",
        lambda r: changes.moved(r, "authorization", "proxy-authorization"),
    )


def _spaced(text: bytes) -> bytes:
    return re.sub(rb", *", b"," if b", " in text else b",  ", text)


def _reversed(word: bytes) -> changes.Edit:
    def edit(text: bytes) -> bytes:
        parts = re.split(rb", *", text.removeprefix(word + b" "))
        return word + b" " + b", ".join(reversed(parts))

    return edit


def of_listed(part: changes.Part) -> Iterator[Change]:
    """Other lists of the headers that are said to be signed."""
    for name, edit in (
        ("reversed", lambda text: b";".join(reversed(text.split(b";")))),
        ("the first left out", lambda text: text.partition(b";")[2]),
        ("the last left out", lambda text: text.rpartition(b";")[0]),
        ("the first alone", lambda text: text.partition(b";")[0]),
        ("the first twice", lambda text: text.partition(b";")[0] + b";" + text),
        ("a header that is there", lambda text: changes.UNSIGNED_HEADER + b";" + text),
        ("a header that is absent", lambda text: text + b";x-absent"),
        ("the proof itself", lambda text: text + b";authorization"),
        ("a semicolon behind", lambda text: text + b";"),
        ("two semicolons", lambda text: text.replace(b";", b";;", 1)),
        ("colons", lambda text: text.replace(b";", b":")),
        ("capitals", lambda text: text.upper()),
        ("empty", lambda text: b""),
    ):
        yield change(f"listed: {name}", part, edit)


def of_a_hex_signature(part: changes.Part) -> Iterator[Change]:
    """A signature in another case, all zeros, or with another digit at eight places."""
    yield change("signature: capitals", part, lambda text: text.upper())
    yield change("signature: zeros", part, lambda text: b"0" * len(text))
    yield change("signature: a hash of nothing", part, lambda text: _hash(b""))
    for at in range(0, 64, 8):
        yield change(f"signature: a bit of digit {at}", part, changes.flipped(at / 63))


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


_DECLARED = "x-sdk-content-sha256"


def _added(name: str, header: str, value: bytes) -> Change:
    return Change(name, lambda r: changes.added(r, header, value))


def of_a_hash() -> Iterator[Change]:
    """A header with the body's hash that says something else."""
    yield from changes.of_a_header(_DECLARED)
    yield change("Huawei: capitals in the hash", header(_DECLARED), lambda text: text.upper())
    yield change("Huawei: no hash", header(_DECLARED), lambda text: b"UNSIGNED-PAYLOAD")
    yield Change("Huawei: another body with its hash", lambda r: _hashed(r, b"{}"))
    yield from _beside()


def _hashed(r: Request, body: bytes) -> Request:
    return changes.added(replace(r, body=body), _DECLARED, _hash(body))


def _beside() -> Iterator[Change]:
    """A hash beside the body, and a token beside the signature."""
    for name, value in (
        ("a false hash of the body", _hash(b"other")),
        ("the hash of nothing", _hash(b"")),
        ("UNSIGNED-PAYLOAD", b"UNSIGNED-PAYLOAD"),
        ("half a hash", b"0" * 32),
    ):
        yield _added(f"Huawei: {name}", _DECLARED, value)
    yield Change(
        "Huawei: UNSIGNED-PAYLOAD and a text",
        lambda r: changes.added(
            changes.added(r, "content-type", b"text/plain"), _DECLARED, b"UNSIGNED-PAYLOAD"
        ),
    )
    yield _added("Huawei: a token that is none added", "x-auth-token", b"MII00")
    yield _added("Huawei: another project added", "x-project-id", b"other")


def of_a_derived_key() -> Iterator[Change]:
    """A key of another day, region or service, or the plain scheme in its place."""
    yield from _beside()
    yield Change("Huawei: the true hash of the body", lambda r: _hashed(r, r.body))
    scope = changes.between(AUTHORIZATION, b"/", b",")
    for name, edit in (
        ("another day", lambda text: b"20200101" + text[8:]),
        ("another region", lambda text: text.replace(b"cn-north-4", b"cn-north-1")),
        ("another service", lambda text: text.replace(b"iotdm", b"iotda")),
        ("no service", lambda text: text.rpartition(b"/")[0]),
    ):
        yield change(f"derived: {name}", scope, edit)
    plain = re.compile(rb"V11-HMAC-SHA256 Credential=([^/]*)/[^,]*")
    yield change(
        "derived: as the plain scheme", AUTHORIZATION,
        lambda text: plain.sub(rb"SDK-HMAC-SHA256 Access=\1", text),
    )  # fmt: skip


def of_a_plain_key() -> Iterator[Change]:
    """The derived scheme in place of the plain one."""
    yield from _beside()
    yield Change("Huawei: the true hash of the body", lambda r: _hashed(r, r.body))
    derived = re.compile(rb"SDK-HMAC-SHA256 Access=([^,]*)")
    yield change(
        "plain: as the derived scheme", AUTHORIZATION,
        lambda text: derived.sub(rb"V11-HMAC-SHA256 Credential=\1/20200101/cn-north-4/iotdm", text),
    )  # fmt: skip


def of_v1() -> Iterator[Change]:
    """Headers and places that other SDKs of Alibaba's use."""
    for name, header_name, value in (
        ("the header of the same action", "x-acs-action", b"CreateProduct"),
        ("the header of another action", "x-acs-action", b"DeleteProduct"),
        ("the header of another version", "x-acs-version", b"2015-01-01"),
        ("a bearer token", "x-acs-bearer-token", b"x"),
        ("V3's Authorization", "authorization", b"ACS3-HMAC-SHA256 x"),
        ("Authorization of another scheme", "authorization", b"Basic eDp4"),
    ):
        yield _added(f"V1: {name} added", header_name, value)
    for parameter_ in (b"SecurityToken=x", b"SignatureType=BEARERTOKEN", b"BearerToken=x"):
        yield _more("V1", changes.query, parameter_)
    for name in ("Action", "Signature", "SignatureNonce", "beta"):
        yield Change(f"V1: a parameter {name} in the form", lambda r, n=name: _in_the_form(r, n))
        yield Change(
            f"V1: a parameter {name} in both",
            lambda r, n=name: replace(r, body=_in_the_form(r, n).body),
        )
    method = parameter("SignatureMethod")
    yield change("V1: another method of signing", method, lambda text: b"HMAC-SHA256")


def _more(scheme: str, part: changes.Part, pair: bytes) -> Change:
    return change(f"{scheme}: {pair.decode()} added", part, lambda text: text + b"&" + pair)


def _in_the_form(r: Request, name: str) -> Request:
    start = name.encode() + b"="
    [piece] = [p for p in r.query.split(b"&") if p.startswith(start)]
    rest = b"&".join(p for p in r.query.split(b"&") if p != piece)
    return replace(r, query=rest, body=r.body + b"&" + piece)


def of_v3() -> Iterator[Change]:
    """Headers and parameters that mean something to others of Alibaba's readers."""
    for name in ("x-acs-security-token", "x-acs-bearer-token", "x-acs-accesskey-id"):
        yield _added(f"V3: {name} added", name, b"x")
    for pair in (b"Action=x", b"AccessKeyId=x", b"Signature=x", b"Version=x"):
        yield _more("V3", changes.query, pair)
        yield _more("V3, in the form", changes.body, pair)
    yield _added("V3: the form as text", "content-type", b"text/plain")


def of_enos() -> Iterator[Change]:
    """The call of another operation, and the times that a signature does not tell apart."""
    yield change(
        "EnOS: the path of another operation",
        changes.path,
        lambda text: text.replace(b"products", b"devices"),
    )
    yield change("EnOS: a digit of the time in the query", changes.query, lambda text: text + b"1")
    time = header("apim-timestamp")
    yield change("EnOS: the time in seconds", time, lambda text: text[:10])
    yield change("EnOS: the time with a point", time, lambda text: text[:10] + b"." + text[10:])
    yield _added("EnOS: a form", "content-type", b"multipart/form-data; boundary=x")
    yield change("EnOS: the token's padding", header("apim-accesstoken"), lambda text: text + b"=")
