"""What a request asks for and who sends it: parameters, action and version, signature, instance."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from entrepot.core.caller import Caller
from entrepot.core.faults import Invalid, Malformed, NotFound, Unauthenticated, Unrouted, Violation
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.parameters import count_separators
from entrepot.dialect.sizes import LARGE
from entrepot.vendors.aliyun import codec, signing
from entrepot.vendors.aliyun.codec import Sent
from entrepot.vendors.aliyun.handles import INSTANCE

VERSION = "2018-01-20"
METHODS = ("GET", "POST")
MOST_PARAMETERS = 5_000
SKEW_MS = 15 * 60 * 1000  # source: documented (common error codes, InvalidTimeStamp.Expired)

# INFERRED: no page says what a repeated header of V3 means.
SINGLE_HEADERS = frozenset(
    (b"x-acs-action", b"x-acs-version", b"x-acs-date", b"x-acs-signature-nonce",
     b"x-acs-content-sha256")
)  # fmt: skip

_LONGEST_KEY_ID = 128

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
# Source: common parameters. RegionId is on that list, too, but half of the SDKs leave it out.
_V1 = (
    "AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who a request says it is from, and how that can be proved."""

    access_key: str
    nonce: str
    timestamp: str
    verify: Callable[[str], signing.Verdict]


def parse(exchange: Exchange) -> None:
    """Query and form as one set of parameters: the SDK generations disagree on what stands where.

    Raises:
        Malformed: they cannot be decoded, or are too many.
        Invalid: one is given twice.
    """
    request = exchange.request
    most = MOST_PARAMETERS + 1
    if count_separators(request.query, most) + count_separators(request.body, most) >= most:
        raise Malformed("query", f"more than {MOST_PARAMETERS} parameters")
    try:
        sent = codec.read(request)
    except codec.RepeatedParameter as error:
        raise Invalid((Violation((error.name[:100],), "repeated"),)) from None
    except codec.BadParameter as error:
        raise Malformed("query", str(error) if error.name else error.reason) from None
    exchange.notes["sent"] = sent
    exchange.parameters = {**sent.all}


def action(exchange: Exchange) -> str:
    """The action; V3 names it in a header only, V1 in a parameter (and, in one SDK, in both).

    Raises:
        Unrouted: neither GET nor POST.
        Invalid: no action or no version.
        NotFound: another version of the API.
    """
    request = exchange.request
    name = _either(exchange, b"x-acs-action", "Action")
    version = _either(exchange, b"x-acs-version", "Version")
    if request.method not in METHODS:
        raise Unrouted(request.method, "/", name, METHODS)
    given = {"Action": name, "Version": version}
    missing = tuple(Violation((field,), "missing") for field, text in given.items() if not text)
    if missing:
        raise Invalid(missing)
    if version != VERSION:
        raise NotFound("version", version, name)
    return name


def _either(exchange: Exchange, header: bytes, parameter: str) -> str:
    found = exchange.request.header(header).strip()
    return found.decode("utf-8", "replace") or _sent(exchange).all.get(parameter, "")


def _sent(exchange: Exchange) -> Sent:
    found: Sent = exchange.notes["sent"]
    return found


async def authenticate(exchange: Exchange) -> Caller:
    """The caller, by V3 or V1 signature; its nonce is used up only once the signature holds.

    Raises:
        Invalid: a common parameter is missing or wrong.
        Unauthenticated: nobody could be proved.
        NotFound: IotInstanceId is not the caller's.
    """
    authenticator = exchange.authenticator
    claimed = _v3(exchange) if signing.is_v3(exchange.request) else _v1(exchange)
    left_s = _in_time(claimed.timestamp, authenticator.now_ms())
    known = len(claimed.access_key) <= _LONGEST_KEY_ID
    bearer = await authenticator.bearer(claimed.access_key) if known else None
    if bearer is None:
        raise Unauthenticated("unknown_key")
    secret, request = bearer.secret.decode(), exchange.request
    if len(request.query) + len(request.body) > LARGE:
        # Half a second for eight megabytes, and whoever knows a key id can ask for it.
        verdict = await authenticator.store.apart(lambda: claimed.verify(secret), bearer.tenant.id)
    else:
        verdict = claimed.verify(secret)
    _holds(verdict)
    if bearer.disabled:
        raise Unauthenticated("disabled_key")
    nonce = claimed.nonce
    if len(nonce) > 64:
        nonce = hashlib.sha256(nonce.encode()).hexdigest()
    # INFERRED: remembered until the signed time is too old by itself, so no request works twice.
    if not await authenticator.fresh_nonce(f"aliyun/{claimed.access_key}", nonce, left_s + 1):
        raise Unauthenticated("replayed")
    instance = _sent(exchange).all.get("IotInstanceId", "")
    if instance not in ("", bearer.tenant.ids.get(INSTANCE)):
        raise NotFound("instance", instance)
    return exchange.by(bearer.user, bearer.tenant)


def _v3(exchange: Exchange) -> Claimed:
    request, sent = exchange.request, _sent(exchange)
    try:
        claim = signing.authorization(request.header(b"authorization"))
    except signing.BadAuthorization as error:
        raise Unauthenticated("malformed", str(error)) from None
    if request.header(b"x-acs-security-token") or request.header(b"x-acs-bearer-token"):
        raise Unauthenticated("token")
    nonce = request.header(b"x-acs-signature-nonce").decode("latin-1")
    timestamp = request.header(b"x-acs-date").decode("latin-1")
    missing = []
    if not timestamp:
        missing.append(Violation(("Timestamp",), "missing", "the header x-acs-date"))
    if not nonce:
        missing.append(
            Violation(("SignatureNonce",), "missing", "the header x-acs-signature-nonce")
        )
    if missing:
        raise Invalid(tuple(missing))
    return Claimed(
        claim.access_key_id,
        nonce,
        timestamp,
        lambda secret: signing.verify_v3(request, sent, claim, secret),
    )


def _v1(exchange: Exchange) -> Claimed:
    request, sent = exchange.request, _sent(exchange)
    given = sent.all
    if given.get("SecurityToken") or given.get("SignatureType") or given.get("BearerToken"):
        raise Unauthenticated("token")
    if request.header(b"x-acs-bearer-token"):
        raise Unauthenticated("token")
    if request.header(b"authorization") and not given.get("Signature"):
        raise Unauthenticated("malformed", "the Authorization header is not ACS3-HMAC-SHA256")
    if not given.get("AccessKeyId") and not given.get("Signature"):
        raise Unauthenticated("absent")
    missing = tuple(Violation((name,), "missing") for name in _V1 if not given.get(name))
    if missing:
        raise Invalid(missing)
    # aliyun-python-sdk-core sends the word None where its caller asked for no format.
    if given.get("Format", "").upper() not in ("JSON", "XML", "NONE", ""):
        raise Invalid((Violation(("Format",), "enum", ("JSON", "XML")),))
    return Claimed(
        given["AccessKeyId"],
        given["SignatureNonce"],
        given["Timestamp"],
        lambda secret: signing.verify_v1(request, sent, secret),
    )


def _in_time(text: str, now_ms: int) -> float:
    """For how many seconds from now this time will be taken.

    Raises:
        Unauthenticated: it cannot be read, or is not taken now.
    """
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        when = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Unauthenticated("date") from None
    if abs(when.timestamp() * 1000 - now_ms) > SKEW_MS:
        raise Unauthenticated("expired", text)
    return (when.timestamp() * 1000 + SKEW_MS - now_ms) / 1000


def _holds(verdict: signing.Verdict) -> None:
    match verdict.reason:
        case "":
            return
        case "signature":
            raise Unauthenticated("signature", verdict.string_to_sign)
        case "method":
            want = "1.0" if verdict.detail == "SignatureVersion" else "HMAC-SHA1"
            raise Invalid((Violation((verdict.detail,), "enum", (want,)),))
        case "contradiction":
            why = f"a header names another {verdict.detail} than the signed parameter"
        case "repeated":
            why = f"the header {verdict.detail} was sent twice"
        case "uncovered":
            why = f"SignedHeaders must name {verdict.detail}"
        case _:
            why = f"{verdict.detail} is not the SHA-256 of the body"
    raise Unauthenticated("malformed", why)
