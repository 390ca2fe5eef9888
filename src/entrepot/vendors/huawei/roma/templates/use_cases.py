"""Listing templates as ROMA does."""

from __future__ import annotations

from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.things.template import Template
from entrepot.vendors.huawei.roma.paging import Page, Selection, page_of


def list_templates(tx: Tx, caller: Caller, wanted: Selection[Template]) -> Page[Template]:
    """The templates that are wanted, newest first."""
    tenant = caller.tenant.id
    if wanted.ids is None:
        return page_of(tx.scan(Template, tenant), wanted)
    found = (tx.get(Template, tenant, id) for id in wanted.ids)
    return page_of((t for t in found if t is not None), wanted)
