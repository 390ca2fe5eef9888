"""The token service: where callers who sign get their tokens. A dialect of its own, with its own envelope.

Its calls carry no credentials; the body proves who asks. A sealed token that came along (the official
Python sample calls it through enos-poseidon) is of no interest.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from entrepot.core.caller import Caller
from entrepot.core.faults import (
    Broken,
    Denied,
    Fault,
    InUse,
    Invalid,
    Malformed,
    NotFound,
    QuotaExceeded,
    Refused,
    Taken,
    Throttled,
    TooLarge,
    TooMuch,
    Unauthenticated,
    Unavailable,
    Unrouted,
)
from entrepot.core.things.account import Tenant, User
from entrepot.dialect.authenticator import Authenticator
from entrepot.dialect.client import Client
from entrepot.dialect.dialect import Dialect, Exchange, Row, Topics
from entrepot.dialect.handle import decode_rest, no_selector, parse_query
from entrepot.dialect.operation import Call, Operation
from entrepot.dialect.request import Answer
from entrepot.vendors.enos import codec
from entrepot.vendors.enos.errors import invalid
from entrepot.vendors.enos.tokens import grants as tokens
from entrepot.vendors.enos.tokens import keys

BUSINESS = "apim-token-service"
ROOT = f"/{BUSINESS}"

Text = Annotated[str, Meta(min_length=1, max_length=1024)]
# A number in the pages and the Python sample, a text in the Go, Java and C++ clients; either is
# signed by its decimal digits.
Timestamp = (
    Annotated[int, Meta(ge=0)]
    | Annotated[
        str, Meta(min_length=1, max_length=20, pattern=r"\A[0-9]+\Z", extra={"words": "digits"})
    ]
)


class GetAccessToken(msgspec.Struct, kw_only=True):
    """Body of Get Access Token."""

    appKey: Text
    encryption: Annotated[
        str,
        Meta(min_length=1, max_length=256, description="SHA-256 of appKey, timestamp and secret."),
    ]
    timestamp: Timestamp


class RefreshAccessToken(GetAccessToken, kw_only=True):
    """Body of Refresh Access Token."""

    accessToken: Text


class AccessToken(msgspec.Struct):
    """A token; `expire` in seconds from now."""

    accessToken: str
    expire: int


class PublicKey(msgspec.Struct):
    """What to assign to `poseidon.poseidon.pubkey`."""

    publicKey: str


class Reply(msgspec.Struct, kw_only=True):
    """The envelope: `status`, where the other services have `code`."""

    status: int = 0
    msg: str = "SUCCESS"
    business: str = BUSINESS


class Refusal(Reply, kw_only=True):
    """What every refusal is."""

    data: None


class TokenReply(Reply, kw_only=True):
    """Get and Refresh Access Token."""

    data: AccessToken


class PublicKeyReply(Reply, kw_only=True):
    """ShowPublicKey."""

    data: PublicKey


def _ask(call: Call, caller: Caller) -> tokens.Ask:
    body: GetAccessToken = call.body
    token = body.accessToken if isinstance(body, RefreshAccessToken) else ""
    return tokens.Ask(body.appKey, body.encryption, str(body.timestamp), token)


async def _public_key(nothing: None, authenticator: Authenticator, peer: str) -> str:
    return (await keys.seals(authenticator)).public_text


def _granted(granted: tokens.Granted, caller: Caller) -> TokenReply:
    return TokenReply(data=AccessToken(granted.text, granted.expires_in_s))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="GetAccessToken",
        method="POST",
        path=f"{ROOT}/v2.0/token/get",
        summary="Get the token that signed calls carry",
        source="documented",
        page="Get Access Token",
        body=GetAccessToken,
        reply=TokenReply,
        writes=True,
        public=True,
        take=_ask,
        prepare=tokens.prove,
        run=tokens.get,
        give=_granted,
    ),
    Operation(
        name="RefreshAccessToken",
        method="POST",
        path=f"{ROOT}/v2.0/token/refresh",
        summary="Get a new token for one that has not ended",
        source="documented",
        page="Refresh Access Token",
        body=RefreshAccessToken,
        reply=TokenReply,
        writes=True,
        public=True,
        take=_ask,
        prepare=tokens.prove,
        run=tokens.refresh,
        give=_granted,
    ),
    # Not the vendor's: Entrepot's own, because RSA keys cannot be computed for `credentials`.
    Operation(
        name="ShowPublicKey",
        method="GET",
        path=f"{ROOT}/entrepot/public-key",
        summary="The key for poseidon.poseidon.pubkey (Entrepot's own call)",
        source="inferred",
        reply=PublicKeyReply,
        public=True,
        take=lambda call, caller: None,
        prepare=_public_key,
        run=lambda tx, caller, text: text,
        give=lambda text, caller: PublicKeyReply(data=PublicKey(text)),
    ),
)


async def _authenticate(exchange: Exchange) -> Caller:
    """Nobody yet: that is found out from the body."""
    authenticator, operation = exchange.authenticator, exchange.operation
    now = authenticator.now_ms()
    return Caller(
        tenant=Tenant(id=0, name="", created_at=0),
        user=User(id=0, tenant=0, name="", created_at=0, permissions=()),
        dialect="enos-token",
        operation=operation.name if operation else "",
        request_id=exchange.request_id,
        now_ms=now,
        vault=authenticator.vault,
        peer=exchange.request.peer,
    )


def _answer(value: Reply, exchange: Exchange) -> Answer:
    return Answer(200, msgspec.json.encode(value), codec.HEADERS)


def _refusal(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    if status >= 400 and codec.reads_only_200(exchange.request):
        status = 200
    body = {"status": int(code), "msg": message, "business": BUSINESS, "data": None}
    return Answer(status, msgspec.json.encode(body), codec.HEADERS)


# INFERRED: the texts, and that the service's own come with HTTP status 200; the gateway before it is that of
# the other calls. 1001 (the same `encryption` again) is never said: see `tokens`.
_PARAMETER, _BROKEN = "1004", "1005"
_PAGES = "Get Access Token, Refresh Access Token, 2.0"
_GATEWAY = "Getting started, what PoseidonException carries, en 2020-08: the gateway's, at the same address"
ROWS: tuple[Row, ...] = (
    Row(Unrouted, 404, _PARAMETER, "no Route matched with those values: {path}", "inferred"),
    Row(TooLarge, 413, _PARAMETER, "Request size limit exceeded: the {part} may have {limit_bytes} bytes",
        "documented", evidence=_GATEWAY),
    Row(Malformed, 200, _PARAMETER, "the {part} cannot be read: {reason}", "documented", evidence=_PAGES),
    Row(Invalid, 200, _PARAMETER, invalid, "documented", evidence=_PAGES),
    *(
        Row(Invalid, 200, "1202", invalid, "documented", when=kind, evidence=_PAGES)
        for kind in ("missing", "null", "empty")
    ),
    Row(Unauthenticated, 200, "1003", "encryption is not valid", "documented", evidence=_PAGES),
    Row(Unauthenticated, 200, "1002", "appKey {detail} does not exist", "documented",
        when="unknown_key", evidence=_PAGES),
    Row(Unauthenticated, 200, "1002", "appKey {detail} is disabled", "inferred",
        when="disabled_key", evidence=f"{_PAGES}: the number of one that is not there"),
    Row(Unauthenticated, 200, "1203", "the access token has expired; get a new one", "documented",
        when="token_expired", evidence=_PAGES),
    Row(Unauthenticated, 200, "1204", "accessToken is not one of this appKey's", "documented",
        when="token", evidence=_PAGES),
    Row(Throttled, 429, _BROKEN, "API rate limit exceeded: {limit} in {per_s} s", "inferred", evidence=_GATEWAY),
    Row(Unavailable, 503, _BROKEN, "Service unavailable; try again", "inferred", evidence=_GATEWAY),
    Row(Broken, 200, _BROKEN, "internal exception", "documented", evidence=_PAGES),
)  # fmt: skip
_NEVER: frozenset[type[Fault]] = frozenset(  # nobody is known yet, and nothing is kept
    (Denied, NotFound, Taken, InUse, Refused, QuotaExceeded, TooMuch)
)

_TOPICS = Topics(operations=OPERATIONS, select=no_selector, decode=decode_rest, encode=_answer)

TOKENS = Dialect(
    name="enos-token",
    title="EnOS token service",
    roots=(BUSINESS,),
    topics=lambda: _TOPICS,
    rows=ROWS,
    never=_NEVER,
    request_id=codec.request_id,
    parse=parse_query,
    authenticate=_authenticate,
    refuse=_refusal,
    refusals=(Refusal,),
    client=Client(secrets=frozenset({"encryption", "accessToken"})),
    body_limit=1 << 16,
)
