"""The audit log's one way in; knows no store and no vendor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from entrepot.core.caller import Caller
from entrepot.core.models.authored import Authored
from entrepot.core.models.changes import Changes, model_changes
from entrepot.core.ports import Entry, Tx

Action = Literal["create", "update", "delete"]


def note(
    tx: Tx,
    caller: Caller,
    kind: str,
    thing: int,
    action: Action,
    changes: Changes | None = None,
    revision: int | None = None,
) -> None:
    """Write down what the caller did to the thing, as the next line of its history.

    `revision` is that line's number, where the thing counts its own changes.
    """
    tenant = caller.tenant.id
    tx.note(
        tenant,
        Entry(
            kind=kind,
            thing=thing,
            revision=revision or tx.last_revision(tenant, thing) + 1,
            at=caller.now_ms,
            actor=caller.actor,
            dialect=caller.dialect,
            operation=caller.operation,
            request_id=caller.request_id,
            action=action,
            changes=changes or {},
        ),
    )


def differences(old: Any, new: Any, fields: Iterable[str]) -> Changes:
    """What differs between two structs in these fields, as [before, after]; of a thing model, place by place."""
    found: Changes = {}
    for name in fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, Authored) or isinstance(after, Authored):
            found |= {} if before == after else model_changes(name, before, after)
        elif before != after:
            found[name] = [msgspec.to_builtins(before), msgspec.to_builtins(after)]
    return found
