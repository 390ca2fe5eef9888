"""Alibaba's topics: what the first request to this dialect imports."""

from __future__ import annotations

from entrepot.dialect.dialect import Topics
from entrepot.vendors.aliyun import auth, envelope
from entrepot.vendors.aliyun.devices.convert import DEVICE_LOSSES
from entrepot.vendors.aliyun.devices.operations import DEVICES
from entrepot.vendors.aliyun.formats import FORMATS
from entrepot.vendors.aliyun.models.operations import MODELS, TEMPLATES
from entrepot.vendors.aliyun.models.own_categories import import_categories
from entrepot.vendors.aliyun.products.convert import LOSSES
from entrepot.vendors.aliyun.products.operations import PRODUCTS, TAGS

TOPICS = Topics(
    operations=(*PRODUCTS, *TAGS, *MODELS, *TEMPLATES, *DEVICES),
    select=auth.action,
    decode=envelope.decode,
    encode=envelope.encode,
    import_categories=import_categories,
    formats=FORMATS,
    losses=LOSSES,
    device_losses=DEVICE_LOSSES,
)
