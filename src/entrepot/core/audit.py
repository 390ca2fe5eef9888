"""The audit log's one way in; knows no store and no vendor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from entrepot.core.identity import Caller
from entrepot.core.ports import Entry, Tx

Action = Literal["create", "update", "delete"]
Changes = dict[str, list[Any]]


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
            revision=revision or len(tx.history(tenant, thing)) + 1,
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
        name: [_plain(before), _plain(after)] for name, before, after in pairs if before != after
    }


def _plain(value: Any) -> Any:
    """The value in lists, dictionaries and texts; a thing model as the text that it is."""
    return msgspec.to_builtins(value, enc_hook=lambda raw: bytes(raw).decode())
