"""ROMA Connect LINK's topics: what the first request to this dialect imports."""

from __future__ import annotations

from entrepot.dialect.dialect import Topics
from entrepot.dialect.handle import no_selector
from entrepot.vendors.huawei.roma import codec
from entrepot.vendors.huawei.roma.apps.operations import APPS
from entrepot.vendors.huawei.roma.devices.convert import DEVICE_LOSSES
from entrepot.vendors.huawei.roma.devices.operations import DEVICES
from entrepot.vendors.huawei.roma.formats.roma import ROMA_FORMAT
from entrepot.vendors.huawei.roma.models.operations import MODELS
from entrepot.vendors.huawei.roma.products.convert import LOSSES
from entrepot.vendors.huawei.roma.products.operations import PRODUCTS
from entrepot.vendors.huawei.roma.templates.operations import TEMPLATES
from entrepot.vendors.huawei.roma.transfer.operations import TRANSFER

TOPICS = Topics(
    operations=(*PRODUCTS, *TEMPLATES, *MODELS, *DEVICES, *TRANSFER, *APPS),
    select=no_selector,
    decode=codec.decode,
    encode=codec.encode,
    formats=(ROMA_FORMAT,),
    losses=LOSSES,
    device_losses=DEVICE_LOSSES,
)
