"""The audit log's one way in for things other than products; knows no store and no vendor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from entrepot.core.identity import Caller
from entrepot.core.ports import Entry, Tx

Action = Literal["create", "update", "delete"]
Changes = dict[str, list[Any]]


def note(
    tx: Tx, caller: Caller, kind: str, thing: int, action: Action, changes: Changes | None = None
) -> None:
    """Write down what the caller did to the thing, as the next line of its history."""
    tenant = caller.tenant.id
    tx.note(
        tenant,
        Entry(
            kind=kind,
            thing=thing,
            revision=len(tx.history(tenant, thing)) + 1,
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
    """What differs between two structs in these fields, as [before, after]."""
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in fields)
    return {
        name: [msgspec.to_builtins(before), msgspec.to_builtins(after)]
        for name, before, after in pairs
        if before != after
    }
