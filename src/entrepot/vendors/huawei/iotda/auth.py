"""Who calls IoTDA, and whether the path names that caller's project."""

from __future__ import annotations

from entrepot.core.caller import Caller
from entrepot.core.faults import Malformed, NotFound
from entrepot.dialect.dialect import Exchange
from entrepot.vendors.huawei import auth as huawei
from entrepot.vendors.huawei.account import PROJECT

INSTANCE = "iotda.instance_id"
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
    ids = caller.tenant.ids
    if project != ids[PROJECT]:
        raise NotFound("project", project)
    instance = exchange.request.headers.get(b"instance-id")
    if instance and instance.decode("latin-1") != ids[INSTANCE]:
        raise NotFound("instance", instance.decode("latin-1"))
    return caller
