"""EnOS's topics: what the first request to this dialect imports."""

from __future__ import annotations

from functools import partial

from entrepot.dialect.dialect import Topics
from entrepot.dialect.handle import decode_rest
from entrepot.vendors.enos import codec
from entrepot.vendors.enos.devices.convert import DEVICE_LOSSES
from entrepot.vendors.enos.devices.operations import DEVICES
from entrepot.vendors.enos.formats.enos import ENOS_FORMAT
from entrepot.vendors.enos.models import starter
from entrepot.vendors.enos.models.operations import MODEL_OPERATIONS
from entrepot.vendors.enos.models.use_cases import import_models
from entrepot.vendors.enos.products.convert import LOSSES
from entrepot.vendors.enos.products.operations import PRODUCT_OPERATIONS

_OPERATIONS = (*PRODUCT_OPERATIONS, *MODEL_OPERATIONS, *DEVICES)

TOPICS = Topics(
    operations=_OPERATIONS,
    select=codec.selector(_OPERATIONS),
    decode=partial(decode_rest, lenient=codec.LENIENT),
    encode=codec.answer,
    import_models=import_models,
    formats=(ENOS_FORMAT,),
    public_models=starter.authored,
    losses=LOSSES,
    device_losses=DEVICE_LOSSES,
)
