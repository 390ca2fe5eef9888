"""Huawei Cloud IoTDA, application API v5: the table of contents of this spoke."""

from __future__ import annotations

from functools import partial
from random import getrandbits

from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.client import Client
from entrepot.dialect.dialect import Dialect, Topics
from entrepot.dialect.handle import parse_plain_query
from entrepot.vendors.huawei import client, sample
from entrepot.vendors.huawei.iotda import auth, common, errors, handles


def _topics() -> Topics:
    from entrepot.vendors.huawei.iotda.topics import TOPICS

    return TOPICS


def _credentials(tenant: Tenant, user: User, vault: Vault) -> dict[str, dict[str, str]]:
    app = handles.APPS.id_of(vault, tenant, tenant.default_space)
    return {"iotda": {"instance_id": handles.instance_id(vault, tenant), "app_id": app}}


IOTDA = Dialect(
    name=handles.DIALECT,
    title="Huawei Cloud IoTDA",
    roots=("v5",),
    topics=_topics,
    rows=errors.ROWS,
    single_headers=auth.SINGLE_HEADERS,
    request_id=lambda now_ms: getrandbits(128).to_bytes(16, "big").hex(),  # guards nothing
    parse=parse_plain_query,
    authenticate=auth.authenticate,
    refuse=errors.refusal,
    credentials=_credentials,
    options=(handles.INSTANCE,),
    handle=handles.product_handle,
    product_of=handles.product_of,
    device_handle=handles.device_id,
    device_ref=handles.device_ref,
    space_ids=handles.APPS,
    snippet="CreateProduct",
    client=Client(
        parts=("huawei", "iotda"),
        own=client.project,
        sign=client.sign,
        package="huaweicloudsdkiotda",
        python=partial(sample.script, module="huaweicloudsdkiotda.v5", service="IoTDAClient"),
        prove=sample.prove,
        lacks=frozenset({("UpdateProduct", "app_id")}),
    ),
    refusals=(common.Refusal,),
    # 500 KB of services, each character of them perhaps written as \\uXXXX (the Python SDK does).
    body_limit=3 << 20,
)
