"""EnOS: the table of contents of this spoke. Two dialects: the API, and the token service before it."""

from __future__ import annotations

from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.dialect import Dialect, Topics
from entrepot.dialect.handle import parse_query
from entrepot.vendors.enos import auth, codec, common, errors, handles
from entrepot.vendors.enos.client import CLIENT
from entrepot.vendors.enos.tokens.service import TOKENS

SAMPLE_MODEL = "AlterTest0615"


def _topics() -> Topics:
    from entrepot.vendors.enos.topics import TOPICS

    return TOPICS


def _credentials(tenant: Tenant, user: User, vault: Vault) -> dict[str, dict[str, str]]:
    return {"enos": {"org_id": tenant.ids[handles.ORG], "model_id": SAMPLE_MODEL}}


ENOS = Dialect(
    name=handles.DIALECT,
    title="EnOS",
    roots=("connect-service", "model-service"),
    topics=_topics,
    rows=errors.ROWS,
    request_id=codec.request_id,
    parse=parse_query,
    authenticate=auth.authenticate,
    refuse=codec.refusal,
    tenant_ids=lambda: {handles.ORG: handles.new_org_id()},
    credentials=_credentials,
    handle=handles.product_key,
    product_of=handles.product_of,
    device_handle=lambda vault, device, product: handles.asset_id(vault, device.id),
    device_ref=handles.device_ref,
    snippet="CreateProduct",
    client=CLIENT,
    options=(common.UNKNOWN_MODEL_CODE,),
    selector="action",
    refusals=(common.Refusal,),
    body_limit=1 << 22,  # a thing model has up to 5000 measurement points
    most_values=common.MOST_VALUES,
)

__all__ = ["ENOS", "TOKENS"]
