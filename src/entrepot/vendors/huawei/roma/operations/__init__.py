"""ROMA's operations: where each lives, what goes in and out, which use case it is."""

from __future__ import annotations

from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.roma.operations import (
    apps,
    devices,
    models,
    products,
    templates,
    transfer,
)

OPERATIONS: tuple[Operation, ...] = (
    *products.OPERATIONS,
    *templates.OPERATIONS,
    *models.OPERATIONS,
    *devices.OPERATIONS,
    *transfer.OPERATIONS,
    *apps.OPERATIONS,
)
