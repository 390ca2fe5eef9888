"""EnOS: the table of contents of this spoke. Two dialects: the API, and the token service before it."""

from __future__ import annotations

from functools import partial

from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.handle import decode_rest, parse_query
from entrepot.vendors.enos import auth, codec, common, errors, handles
from entrepot.vendors.enos.client import CLIENT
from entrepot.vendors.enos.devices import convert as device_convert
from entrepot.vendors.enos.devices.operations import DEVICES
from entrepot.vendors.enos.formats import wire
from entrepot.vendors.enos.formats.enos import ENOS_FORMAT
from entrepot.vendors.enos.models import starter
from entrepot.vendors.enos.models import use_cases as thing_models
from entrepot.vendors.enos.models.operations import MODEL_OPERATIONS
from entrepot.vendors.enos.products import convert
from entrepot.vendors.enos.products.operations import PRODUCT_OPERATIONS
from entrepot.vendors.enos.products.use_cases import UNKNOWN_MODEL_CODE
from entrepot.vendors.enos.tokens.service import TOKENS

OPERATIONS = (*PRODUCT_OPERATIONS, *MODEL_OPERATIONS, *DEVICES)
SAMPLE_MODEL = "AlterTest0615"


def _credentials(tenant: Tenant, user: User, vault: Vault) -> dict[str, dict[str, str]]:
    return {"enos": {"org_id": tenant.ids[handles.ORG], "model_id": SAMPLE_MODEL}}


ENOS = Dialect(
    name=handles.DIALECT,
    title="EnOS",
    roots=("connect-service", "model-service"),
    operations=OPERATIONS,
    rows=errors.ROWS,
    request_id=codec.request_id,
    parse=parse_query,
    select=codec.selector(OPERATIONS),
    authenticate=auth.authenticate,
    decode=partial(decode_rest, lenient=codec.LENIENT),
    encode=codec.answer,
    refuse=codec.refusal,
    tenant_ids=lambda: {handles.ORG: handles.new_org_id()},
    credentials=_credentials,
    handle=handles.product_key,
    product_of=handles.product_of,
    device_handle=lambda vault, device, product: handles.asset_id(vault, device.id),
    device_ref=handles.device_ref,
    import_models=thing_models.import_models,
    snippet="CreateProduct",
    client=CLIENT,
    options=(UNKNOWN_MODEL_CODE,),
    formats=(ENOS_FORMAT,),
    public_models=starter.authored,
    losses=convert.LOSSES,
    device_losses=device_convert.DEVICE_LOSSES,
    selector="action",
    refusals=(common.Refusal,),
    body_limit=1 << 22,  # a thing model has up to 5000 measurement points
    most_values=wire.MOST_VALUES,
)

__all__ = ["ENOS", "TOKENS"]
