"""Who calls IoTDA, and whether the path names that caller's project."""

from __future__ import annotations

from entrepot.core.caller import Caller
from entrepot.core.faults import Malformed, NotFound
from entrepot.dialect.dialect import Exchange
from entrepot.vendors.huawei import auth as huawei
from entrepot.vendors.huawei.account import PROJECT
from entrepot.vendors.huawei.iotda import handles

SINGLE_HEADERS = huawei.SINGLE_HEADERS | {b"instance-id"}
_FORGOTTEN = "{project_id}"


async def authenticate(exchange: Exchange) -> Caller:
    """The caller.

    Raises:
        Malformed: the client was given no project id, or two that differ.
        Unauthenticated: nobody could be proved.
        NotFound: the project in the path, or the instance that is named, is not the caller's.
    """
    project = exchange.path["project_id"]
    if project == _FORGOTTEN:
        # The SDK sends the placeholder itself where it has an endpoint but neither project nor region.
        raise Malformed(
            "path",
            "the client has no project id. Give it one, BasicCredentials(ak, sk, project_id), or"
            " build it with_region(...), so that it asks IAM",
        )
    stated = exchange.request.header(b"x-project-id")
    if stated and stated != project.encode():
        raise Malformed("headers", "X-Project-Id is not the project in the path")
    caller = await huawei.authenticate(exchange)
    if project != caller.tenant.ids[PROJECT]:
        raise NotFound("project", project)
    if named := exchange.request.headers.get(b"instance-id"):
        instance = named.decode("latin-1")
        if instance != handles.instance_id(caller.vault, caller.tenant):
            raise NotFound("instance", instance)
    return caller
