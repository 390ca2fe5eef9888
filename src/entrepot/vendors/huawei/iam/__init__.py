"""Huawei Cloud IAM, API v3, as far as IoTDA and ROMA need it: the table of contents of this spoke."""

from __future__ import annotations

import os
from functools import partial

import msgspec

from entrepot.core.caller import Caller
from entrepot.core.things.account import Tenant, User
from entrepot.dialect.client import Client
from entrepot.dialect.dialect import Dialect, Exchange, Topics
from entrepot.dialect.handle import decode_rest, no_selector, parse_plain_query
from entrepot.dialect.request import Answer, header_value
from entrepot.vendors.huawei import account, auth, client, sample
from entrepot.vendors.huawei.auth import SINGLE_HEADERS
from entrepot.vendors.huawei.iam import errors, wire
from entrepot.vendors.huawei.iam.operations import OPERATIONS

# Who calls before anybody is known. Has no permission and belongs to nothing.
_NOWHERE = Tenant(id=0, name="", created_at=0)
_SUBJECT = "X-Subject-Token"
_NOBODY = User(id=0, tenant=0, name="", created_at=0, permissions=())


async def _authenticate(exchange: Exchange) -> Caller:
    # The SDK signs even the call that asks for a token, with whatever keys it was given.
    if exchange.operation is not None and exchange.operation.public:
        return exchange.by(_NOBODY, _NOWHERE)
    return await auth.authenticate(exchange)


def _parse(exchange: Exchange) -> None:
    parse_plain_query(exchange)
    exchange.parameters.pop(_SUBJECT, None)  # a header alone: queries stand in the logs of proxies
    subject = exchange.request.header(b"x-subject-token")
    if subject:
        exchange.parameters[_SUBJECT] = subject.decode("latin-1")


def _answer(value: msgspec.Struct, exchange: Exchange) -> Answer:
    status = exchange.operation.status if exchange.operation else 200
    headers = [(b"content-type", b"application/json;charset=utf-8"), *errors.trace(exchange)]
    if isinstance(value, wire.Issued):
        headers.append((b"x-subject-token", header_value(value.subject_token)))
        return Answer(status, msgspec.json.encode(value.body), tuple(headers))
    return Answer(status, msgspec.json.encode(value), tuple(headers))


_TOPICS = Topics(operations=OPERATIONS, select=no_selector, decode=decode_rest, encode=_answer)

IAM = Dialect(
    name="iam",
    title="Huawei Cloud IAM",
    roots=("v3",),
    topics=lambda: _TOPICS,
    rows=errors.ROWS,
    never=errors.NEVER,
    single_headers=SINGLE_HEADERS,
    request_id=lambda now_ms: os.urandom(16).hex(),
    parse=_parse,
    authenticate=_authenticate,
    refuse=errors.refusal,
    refusals=(wire.Refusal, wire.GatewayRefusal),
    tenant_ids=account.tenant_ids,
    credentials=lambda tenant, user, vault: {"huawei": account.credentials(tenant, user, vault)},
    first_password=lambda tenant, vault: account.initial_password(vault, tenant.id),
    client=Client(
        parts=("huawei",),
        sign=client.sign,
        package="huaweicloudsdkiam",
        python=partial(
            sample.script,
            module="huaweicloudsdkiam.v3",
            service="IamClient",
            credentials="GlobalCredentials",
        ),
        prove=sample.prove,
        secrets=frozenset({"password", _SUBJECT}),
    ),
    body_limit=1 << 16,
)
