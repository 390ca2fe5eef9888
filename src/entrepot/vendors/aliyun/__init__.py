"""Alibaba Cloud IoT Platform, API Iot 2018-01-20: the table of contents of this spoke."""

from __future__ import annotations

from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.dialect import Dialect, Topics
from entrepot.vendors.aliyun import auth, common, envelope, errors, handles
from entrepot.vendors.aliyun.client import CLIENT

# Thing models travel in the query, of POSTs too; percent-encoded they take three times their size.
REQUEST_LIMIT = 8 << 20


def _topics() -> Topics:
    from entrepot.vendors.aliyun.topics import TOPICS

    return TOPICS


def _credentials(tenant: Tenant, user: User, vault: Vault) -> dict[str, dict[str, str]]:
    ids = tenant.ids
    return {
        "aliyun": {
            "instance_id": ids[handles.INSTANCE],
            "region_id": handles.region(tenant),
            "account_id": ids[handles.ACCOUNT],
        }
    }


ALIYUN = Dialect(
    name=handles.DIALECT,
    title="Alibaba Cloud IoT Platform",
    roots=("",),
    topics=_topics,
    rows=errors.ROWS,
    single_headers=auth.SINGLE_HEADERS,
    request_id=handles.request_id,
    parse=auth.parse,
    authenticate=auth.authenticate,
    refuse=envelope.refuse,
    tenant_ids=handles.tenant_ids,
    credentials=_credentials,
    handle=handles.product_key,
    product_of=lambda vault, text: handles.product_ref(vault, text).id,
    device_handle=lambda vault, device, product: handles.iot_id(vault, device.id),
    device_ref=handles.device_ref,
    options=(handles.REGION,),
    snippet="CreateProduct",
    client=CLIENT,
    selector="Action",
    refusals=(common.BusinessRefusal, common.GatewayRefusal),
    body_limit=REQUEST_LIMIT,
    query_limit=REQUEST_LIMIT,
    most_values=common.MOST_VALUES,
)
