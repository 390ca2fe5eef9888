"""IoTDA's topics: what the first request to this dialect imports."""

from __future__ import annotations

from entrepot.dialect.dialect import Topics
from entrepot.dialect.handle import no_selector
from entrepot.vendors.huawei import codec
from entrepot.vendors.huawei.iotda.devices.convert import DEVICE_LOSSES
from entrepot.vendors.huawei.iotda.devices.operations import DEVICES
from entrepot.vendors.huawei.iotda.formats.iotda import IOTDA_FORMAT
from entrepot.vendors.huawei.iotda.products import body
from entrepot.vendors.huawei.iotda.products.convert import LOSSES
from entrepot.vendors.huawei.iotda.products.operations import PRODUCTS
from entrepot.vendors.huawei.iotda.spaces.operations import APPS

TOPICS = Topics(
    operations=(*PRODUCTS, *APPS, *DEVICES),
    select=no_selector,
    decode=body.decode,
    encode=codec.answer,
    formats=(IOTDA_FORMAT,),
    losses=LOSSES,
    device_losses=DEVICE_LOSSES,
)
