"""The use cases of product templates: plain functions over a unit of work, for any dialect that has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from entrepot.core import audit
from entrepot.core.caller import Caller
from entrepot.core.faults import InUse, NotFound, QuotaExceeded
from entrepot.core.ports import Tx
from entrepot.core.products.registry import Ref
from entrepot.core.things.claim import Claim
from entrepot.core.things.template import Template

_FIELDS = ("name", "description", "enabled", "model")


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template to be. `quota` is the dialect's limit on templates of a tenant."""

    name: str
    description: str | None = None
    enabled: bool = True
    claims: tuple[Claim, ...] = ()
    quota: int | None = None


def create_template(tx: Tx, caller: Caller, draft: TemplateDraft) -> Template:
    """The template, kept.

    Raises:
        Taken: one of its claims has a holder.
        QuotaExceeded: the tenant holds as many templates as the dialect allows.
    """
    quota = draft.quota if caller.tenant.settings.quotas else None
    if quota is not None and tx.count(Template, caller.tenant.id) >= quota:
        raise QuotaExceeded("template", quota)
    template = Template(
        id=tx.new_id(),
        tenant=caller.tenant.id,
        name=draft.name,
        created_at=caller.now_ms,
        created_by=caller.actor,
        updated_at=caller.now_ms,
        updated_by=caller.actor,
        description=draft.description,
        enabled=draft.enabled,
        claims=draft.claims,
    )
    tx.add(template)
    audit.note(tx, caller, "template", template.id, "create")
    return template


def get_template(tx: Tx, caller: Caller, ref: Ref) -> Template:
    """The template that the caller means; only `text` and `id` of the reference count.

    Raises:
        NotFound: the tenant has none.
    """
    template = None if ref.id is None else tx.get(Template, caller.tenant.id, ref.id)
    if template is None:
        raise NotFound("template", ref.text)
    return template


def update_template(
    tx: Tx, caller: Caller, change: tuple[Ref, Callable[[Template], Template]]
) -> Template:
    """The template as it is after the change; products made from it stay as they are.

    Raises:
        NotFound: no such template.
        Taken: a new claim has another holder.
    """
    ref, edit = change
    old = get_template(tx, caller, ref)
    new = replace(edit(old), updated_at=caller.now_ms, updated_by=caller.actor)
    tx.put(old, new)
    audit.note(tx, caller, "template", new.id, "update", audit.differences(old, new, _FIELDS))
    return new


def delete_template(tx: Tx, caller: Caller, ref: Ref) -> Template:
    """The template as it was.

    Raises:
        NotFound: no such template.
        InUse: products were made from it and are still there.
    """
    template = get_template(tx, caller, ref)
    if template.uses:
        raise InUse("template", template.name, "products")
    tx.drop(template)
    audit.note(tx, caller, "template", template.id, "delete")
    return template
