"""The editions that Alibaba sells products in: with thing models, or without."""

from __future__ import annotations

from entrepot.core.things.product import Product
from entrepot.vendors.aliyun.handles import DIALECT

SENIOR = "iothub_senior"


def edition_of(product: Product) -> str:
    """The product's edition; one that another dialect made counts as having a thing model."""
    return str(product.profile.extras.get(DIALECT, {}).get("AliyunCommodityCode", SENIOR))
