"""Errors as one sentence that says what to do next; knows no command."""

from __future__ import annotations

import apsw

from entrepot.core.faults import Fault, InUse, Invalid, NotFound, Taken, Unavailable, Violation

_LISTED = ("tenant", "user", "key", "space", "product", "device", "model", "category")


def sentence(error: BaseException) -> str | None:
    """What to tell the user, or None where the error is a defect of ours that needs its traceback."""
    match error:
        case NotFound(kind="key"):
            return (
                f"user {error.handle!r} has no key that works;"
                f" `entrepot key list --tenant {error.scope}` shows the keys"
            )
        case NotFound(kind=kind) if kind in _LISTED:
            tenant = f" --tenant {error.scope}" if error.scope else ""
            return (
                f"there is no {kind} {error.handle!r};"
                f" `entrepot {kind} list{tenant}` shows what there is"
            )
        case NotFound():
            return f"there is no {error.kind} {error.handle!r}"
        case Taken():
            rule = error.rule.removeprefix("tenant.").removeprefix("space.")
            value = error.value.partition("/")[2] if rule == "user.name" else error.value
            return f"{value!r} is taken ({rule}): choose another"
        case Invalid():
            wrong = "; ".join(f"{v.field}: {_wrong(v)}" for v in error.violations)
            return f"nothing was kept: {wrong}"
        case InUse():
            return f"{error.kind} {error.handle!r} is in use by {error.by}: delete those first"
        case Unavailable():
            return f"the store cannot be used now: {error.reason}; `entrepot doctor` checks it"
        case Fault():
            return f"refused: {error!r}"
        case apsw.Error():
            return f"the store cannot be used: {error}; `entrepot doctor` checks it"
        case ValueError() | OSError():
            return str(error)
        case _:
            return None


def _wrong(violation: Violation) -> str:
    if violation.kind == "pattern":
        return f"must consist of {violation.want}"
    if violation.kind == "enum":
        return f"must be one of {', '.join(map(str, violation.want))}"
    if violation.kind == "rule":
        return str(violation.want)
    kind = violation.kind.replace("_", " ")
    return kind if violation.want is None else f"{kind} ({violation.want})"
