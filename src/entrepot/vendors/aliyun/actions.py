"""How an operation of Alibaba's API is written down: an action with its rates, its key and its plain answers."""

from __future__ import annotations

from typing import Any

from entrepot.core.caller import Caller
from entrepot.core.products.registry import Ref
from entrepot.dialect.operation import Call, Operation
from entrepot.vendors.aliyun import common
from entrepot.vendors.aliyun.handles import product_ref

DEEP = 100_000


def deep(call: Call) -> int | None:
    """Two calls a second once CurrentPage x PageSize is 100,000 or more (QueryProductList, QPS limits)."""
    return 2 if call.params.CurrentPage * call.params.PageSize >= DEEP else None


def action(name: str, **rest: Any) -> Operation:
    """An action. All live at `/`: GET is pop-core's default and the older SDK's for a CommonRequest."""
    return Operation(
        name=name, selector=name, page=name, method="POST", also=("GET",), path="/",
        source="documented", **rest,
    )  # fmt: skip


KEY = {"ProductKey": "a1FlqIQ7xYz"}


def ref(call: Call, caller: Caller) -> Ref:
    """The product that ProductKey names."""
    return product_ref(caller.vault, call.params.ProductKey)


def done(result: object, caller: Caller) -> common.Envelope:
    """The answer that says no more than that it worked."""
    return common.Envelope(RequestId=caller.request_id)
