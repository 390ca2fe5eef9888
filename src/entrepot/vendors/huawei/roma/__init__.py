"""Huawei ROMA Connect LINK, API V2: the table of contents of this spoke."""

from __future__ import annotations

import os
import uuid
from functools import partial

from entrepot.core.devices.registry import DeviceRef
from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.client import Client, Credentials
from entrepot.dialect.dialect import Dialect, Topics
from entrepot.dialect.handle import parse_plain_query
from entrepot.vendors.huawei import client, sample
from entrepot.vendors.huawei.auth import SINGLE_HEADERS
from entrepot.vendors.huawei.codec import refusal
from entrepot.vendors.huawei.roma import auth, errors, handles
from entrepot.vendors.huawei.roma.common import Refusal


def _topics() -> Topics:
    from entrepot.vendors.huawei.roma.topics import TOPICS

    return TOPICS


def _request_id(now_ms: int) -> str:
    """uuid - time - region - node, as in the page's samples."""
    return f"{uuid.UUID(bytes=os.urandom(16), version=4)}-{now_ms}-entrepot-romalink-service01"


def _credentials(tenant: Tenant, user: User, vault: Vault) -> dict[str, dict[str, str]]:
    app = handles.APPS.id_of(vault, tenant, tenant.default_space)
    return {"roma": {"instance_id": tenant.ids[auth.INSTANCE], "app_id": app}}


def _own(credentials: Credentials) -> dict[str, str]:
    return {**client.project(credentials), "instance_id": credentials["roma"]["instance_id"]}


ROMA = Dialect(
    name="roma",
    title="Huawei ROMA Connect LINK",
    roots=("v2",),
    topics=_topics,
    rows=errors.ROWS,
    single_headers=SINGLE_HEADERS,
    request_id=_request_id,
    parse=parse_plain_query,
    authenticate=auth.authenticate,
    refuse=refusal,
    tenant_ids=lambda: {auth.INSTANCE: str(uuid.uuid4())},
    credentials=_credentials,
    handle=lambda vault, product: str(product.id),
    product_of=lambda vault, text: handles.product_of(text),
    device_handle=lambda vault, device, product: str(device.id),
    device_ref=lambda vault, text: DeviceRef(text, handles.product_of(text)),
    space_ids=handles.APPS,
    snippet="CreateProduct",
    client=Client(
        parts=("huawei", "roma"),
        own=_own,
        sign=client.sign,
        package="huaweicloudsdkroma",
        python=partial(sample.script, module="huaweicloudsdkroma.v2", service="RomaClient"),
        prove=sample.prove,
        lacks=frozenset({("UploadProduct", "upsert")}),
    ),
    refusals=(Refusal,),
)
