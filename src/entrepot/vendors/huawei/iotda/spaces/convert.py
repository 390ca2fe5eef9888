"""Between IoTDA's resource spaces and the canonical ones."""

from __future__ import annotations

from collections.abc import Callable

from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.products import spaces as core
from entrepot.core.products.registry import Ref
from entrepot.core.products.spaces import SpaceDraft, SpaceEdit, is_default
from entrepot.core.things.space import Space
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.iotda import handles
from entrepot.vendors.huawei.iotda.spaces import wire
from entrepot.vendors.huawei.iotda.spaces.use_cases import SpaceRef

# source: documented (resource spaces of an instance). INFERRED: that the default one counts.
SPACE_QUOTA = 10


def draft(call: Call, caller: Caller) -> SpaceDraft:
    """AddApplication. INFERRED: two spaces may have one name; no page forbids it."""
    return SpaceDraft(call.body.app_name, quota=SPACE_QUOTA)


def ref(call: Call, caller: Caller) -> Ref:
    """The space that the path names."""
    text: str = call.params.app_id
    return Ref(text, handles.APPS.space_of(caller.vault, caller.tenant, text))


def change(call: Call, caller: Caller) -> tuple[Ref, Callable[[Space], SpaceEdit]]:
    """UpdateApplication."""
    name: str = call.body.app_name
    return ref(call, caller), lambda old: SpaceEdit(name=name)


def default_only(call: Call, caller: Caller) -> bool | None:
    """ShowApplications: only the default space, only the others, or all."""
    only: bool | None = call.params.default_app
    return only


def list_spaces(tx: Tx, caller: Caller, default: bool | None) -> list[Space]:
    """The tenant's spaces, oldest first."""
    everything = core.list_spaces(tx, caller)
    return [s for s in everything if default is None or is_default(caller, s) == default]


def application(space: Space, caller: Caller) -> wire.Application:
    """A resource space."""
    return wire.Application(
        app_id=handles.APPS.id_of(caller.vault, caller.tenant, space.id),
        app_name=space.name,
        create_time=handles.time(space.created_at),
        default_app=is_default(caller, space),
    )


def applications(spaces: list[Space], caller: Caller) -> wire.Applications:
    """Resource spaces."""
    return wire.Applications([application(space, caller) for space in spaces])


def space_ref(app: str | None, caller: Caller) -> SpaceRef | None:
    """The space of this id, where one is said."""
    if app is None:
        return None
    return SpaceRef(app, handles.APPS.space_of(caller.vault, caller.tenant, app))
