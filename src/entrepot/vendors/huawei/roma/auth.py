"""Who calls ROMA, and whether the path names that caller's project and instance."""

from __future__ import annotations

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound
from entrepot.dialect.dialect import Exchange
from entrepot.vendors.huawei import auth as huawei
from entrepot.vendors.huawei.account import PROJECT

INSTANCE = "roma.instance_id"


async def authenticate(exchange: Exchange) -> Caller:
    """The caller.

    Raises:
        Unauthenticated: nobody could be proved.
        NotFound: the project or the instance in the path is not the caller's.
    """
    caller = await huawei.authenticate(exchange)
    ids = caller.tenant.ids
    project, instance = exchange.path["project_id"], exchange.path["instance_id"]
    # "default" is taken for both, for compatibility with 20.0 (Creating a Product, URI)
    if project not in (ids[PROJECT], "default") or instance not in (ids[INSTANCE], "default"):
        raise NotFound("instance", instance, project)
    return caller
