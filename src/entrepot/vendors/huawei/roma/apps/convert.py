"""Integration applications between ROMA's words and the canonical space."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from entrepot.core.caller import Caller
from entrepot.core.products.registry import Ref
from entrepot.core.products.spaces import SpaceDraft, SpaceEdit, chosen_secret
from entrepot.core.things.claim import Claim
from entrepot.core.things.space import Space
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.apps import wire
from entrepot.vendors.huawei.roma.paging import Page, Selection, both, part
from entrepot.vendors.huawei.roma.people import user

ROLES = ("read", "access", "delete", "modify", "admin")


def draft(call: Call, caller: Caller) -> SpaceDraft:
    """CreateRomaApp as a draft."""
    body: wire.CreateApp = call.body
    own = {"remark": body.remark, "key": body.key, "favorite": body.favorite}
    return SpaceDraft(
        name=body.name,
        claims=_claims(body.name, body.key),
        extras={name: value for name, value in own.items() if value},
        secret=body.secret,
    )


def ref(call: Call, caller: Caller) -> Ref:
    """The application that the path names."""
    text: str = call.params.app_id
    return Ref(text, handles.APPS.space_of(caller.vault, caller.tenant, text))


def changed(call: Call, caller: Caller) -> tuple[Ref, Callable[[Space], SpaceEdit]]:
    """UpdateRomaApp as an application and its change."""
    body: wire.UpdateApp = call.body

    def edit(old: Space) -> SpaceEdit:
        own = _own(old)
        if body.remark is not None:
            own = {**own, "remark": body.remark}
        if body.favorite is not None:
            own = {**own, "favorite": body.favorite}
        name = old.name if body.name is None else body.name
        return SpaceEdit(name, _claims(name, own.get("key")), own)

    return ref(call, caller), edit


def secret_change(call: Call, caller: Caller) -> tuple[Ref, Callable[[Space], SpaceEdit]]:
    """ResetRomaAppSecret as an application and its change."""
    body: wire.ResetSecret = call.body
    return ref(call, caller), lambda old: SpaceEdit(secret=body.secret or handles.new_secret())


def _claims(name: str, key: str | None) -> tuple[Claim, ...]:
    """Name and key are unique in the instance (CreateAppReq)."""
    return (Claim("roma.app", name), *([Claim("roma.app_key", key)] if key else []))


def _own(space: Space) -> dict[str, Any]:
    return space.extras.get("roma", {})


def selection(call: Call, caller: Caller) -> Selection[Space]:
    """ListRomaApp as what is wanted: `name` matches parts (SDK), every role is everybody's."""
    p: wire.ListApps = call.params
    tests: list[Callable[[Space], bool]] = []
    name, favorite, owner, who = p.name, p.favorite, p.owner, p.user_name
    if name:
        tests.append(lambda space: name in space.name)
    if favorite is not None:
        tests.append(lambda space: bool(_own(space).get("favorite")) is favorite)
    if owner is not None:
        tests.append(lambda space: _owner(space, caller) is owner)
    if who:
        tests.append(lambda space: space.created_by.name == who)
    if p.auth_role and p.auth_role not in ROLES:
        tests.append(lambda space: False)
    return Selection(*part(p), test=both(tests))


def app(space: Space, caller: Caller) -> wire.App:
    """The application as ROMA shows it."""
    own = _own(space)
    return wire.App(
        id=handles.APPS.id_of(caller.vault, caller.tenant, space.id),
        name=space.name,
        remark=own.get("remark"),
        roles=list(ROLES),
        create_time=_time(space.created_at),
        update_time=_time(space.updated_at or space.created_at),
        created_user=user(space.created_by),
        last_updated_user=user(space.updated_by or space.created_by),
        owner=_owner(space, caller),
        key=own.get("key") or handles.app_key(caller.vault, space.id),
        favorite=bool(own.get("favorite")),
    )


def apps(page: Page[Space], caller: Caller) -> wire.Apps:
    """A page of applications."""
    items = [app(space, caller) for space in page.items]
    return wire.Apps(page.total, len(items), items)


def secret(space: Space, caller: Caller) -> wire.AppSecret:
    """The application's secret, readable."""
    chosen = chosen_secret(caller, space)
    return wire.AppSecret(
        handles.APPS.id_of(caller.vault, caller.tenant, space.id),
        chosen or handles.app_secret(caller.vault, space.id),
    )


def _owner(space: Space, caller: Caller) -> bool:
    """The maker owns it; what the installation made belongs to every user of the tenant."""
    return space.created_by.id in (0, caller.user.id)


def _time(ms: int) -> str:
    # INFERRED: "UTC time" is all that the SDK says of the form.
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
