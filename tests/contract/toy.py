"""A fifth vendor, made up: the whole of what a new dialect takes, in one small file.

Its wire is as unlike the others' as it may be: a selector in a header, replies as `name=value` lines,
and a word of its own that proves the caller. One of its calls goes to `/`, which is another dialect's too.
"""

from __future__ import annotations

import os
from hmac import compare_digest
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import CATALOGUE, Fault, NotFound, Taken, Unauthenticated
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref, Shown
from entrepot.core.things.account import Tenant, User
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Draft, Profile
from entrepot.core.vault import Vault
from entrepot.dialect.client import Client, Credentials, Stamp
from entrepot.dialect.dialect import Dialect, Exchange, Row, Topics
from entrepot.dialect.handle import decode_rest, parse_query
from entrepot.dialect.handles import LOWER, Code
from entrepot.dialect.operation import Call, Operation
from entrepot.dialect.request import Answer, Request

HOME = "toy.home"  # what a tenant is called here
HANDLE = Code("toy/product", LOWER, 14, bits=64, prefix="toy-")


class Wares(msgspec.Struct):
    """Body of Make."""

    title: Annotated[str, Meta(min_length=1, max_length=20, description="What it is called.")]
    shape: Annotated[Literal["round", "square"], Meta(description="Its shape.")] = "round"
    home: Annotated[str, Meta(max_length=40, description="Who makes it.")] = ""


class Which(msgspec.Struct):
    """Parameters of Look."""

    item: Annotated[str, Meta(max_length=40, description="What Make called it.")]


class Seen(msgspec.Struct):
    """Reply of both."""

    item: str
    title: str


async def _authenticate(exchange: Exchange) -> Caller:
    bearer = await exchange.authenticator.bearer(
        exchange.request.header(b"toy-key").decode("latin-1")
    )
    if bearer is None:
        raise Unauthenticated("unknown_key")
    wanted = word(exchange.authenticator.vault, bearer.tenant).encode()
    if not compare_digest(exchange.request.header(b"toy-word"), wanted):
        raise Unauthenticated("signature")
    return Caller(
        bearer.tenant, bearer.user, "toy", "", exchange.request_id,
        exchange.authenticator.now_ms(), exchange.authenticator.vault,
    )  # fmt: skip


def word(vault: Vault, tenant: Tenant) -> str:
    """The word that every call of the tenant says: computed, so that nothing is stored."""
    return vault.compute("toy/word", tenant.id, LOWER, 12)


def _credentials(tenant: Tenant, user: User, vault: Vault) -> dict[str, dict[str, str]]:
    return {"toy": {"home": tenant.ids[HOME], "word": word(vault, tenant)}}


def _signed(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    proof = {
        b"toy-key": credentials["access_key"].encode(),
        b"toy-word": credentials["toy"]["word"].encode(),
    }
    return replace(request, headers={**request.headers, **proof})


def _draft(call: Call, caller: Caller) -> Draft:
    if call.body.home not in ("", caller.tenant.ids.get(HOME)):
        raise NotFound("home", call.body.home)
    return Draft(
        profile=Profile(name=call.body.title, extras={"toy": {"shape": call.body.shape}}),
        claims=(Claim("toy.title", call.body.title),),
    )


def _ref(call: Call, caller: Caller) -> Ref:
    return Ref(call.params.item, HANDLE.read(caller.vault, call.params.item))


def _seen(shown: Shown, caller: Caller) -> Seen:
    return Seen(HANDLE.write(caller.vault, shown.product.id), shown.product.profile.name)


def _lines(value: Any, exchange: Exchange) -> Answer:
    lines = "".join(f"{k}={v}\n" for k, v in msgspec.to_builtins(value).items())
    return Answer(200, lines.encode(), ((b"content-type", b"text/plain"),))


def _refuse(status: int, code: str, message: str, fault: Fault, exchange: Exchange) -> Answer:
    body = f"no={code}\nwhy={message}\n".encode()
    return Answer(status, body, ((b"content-type", b"text/plain"),))


TOPICS = Topics(
    operations=(
        Operation(
            name="Make", method="POST", path="/", selector="make", summary="Make a ware",
            source="inferred", page="Toy", body=Wares, reply=Seen, writes=True,
            permission="product:create",
            take=_draft, run=registry.shown(registry.create), give=_seen,
            example={"title": "ball", "home": "{home}"},
        ),
        Operation(
            name="Look", method="GET", path="/toy/wares/{item}", summary="Look at a ware",
            source="inferred", page="Toy", params=Which, reply=Seen, permission="product:read",
            take=_ref, run=registry.shown(registry.get), give=_seen,
        ),
    ),
    select=lambda exchange: exchange.request.header(b"toy-do").decode("latin-1"),
    decode=decode_rest,
    encode=_lines,
)  # fmt: skip

TOY = Dialect(
    name="toy",
    title="Toy",
    roots=("", "toy"),
    claims=lambda request: b"toy-do" in request.headers or request.path != b"/",
    client=Client(sign=_signed, selector=b"toy-do", parts=("toy",)),
    tenant_ids=lambda: {HOME: f"home-{os.urandom(4).hex()}"},
    credentials=_credentials,
    single_headers=frozenset((b"toy-key", b"toy-word")),
    topics=lambda: TOPICS,
    rows=(
        *(Row(fault, 400, fault.__name__, "no", "inferred") for fault in CATALOGUE),
        Row(NotFound, 404, "nowhere", "no {handle}", "inferred", when="product"),
        Row(Taken, 409, "twice", "{value} is there already", "inferred", when="toy.title"),
    ),
    request_id=str,
    parse=parse_query,
    authenticate=_authenticate,
    refuse=_refuse,
)  # fmt: skip
