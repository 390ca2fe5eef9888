"""How much of a caller's text a refusal repeats: enough to find the fault by, never all that was sent.

A caller may send megabytes. Without a bound, refusing them would cost as much to build and to send
as it cost to send them here. Knows no vendor and no wording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeVar

from entrepot.core.faults import Fault, Invalid, Unauthenticated, Violation
from entrepot.dialect.request import Answer

REFUSAL_BYTES = 8192
"""No refusal's body is longer."""
MOST_QUOTED = 200
"""Characters of one value."""
MOST_SIGNED = 7000
"""Characters of the text that was to be signed: callers compare it with their own to find a mistake."""

_MOST_BITS = 4096  # of a number; Python refuses to write numbers of more than 4300 digits
_OF_CALLERS = ("duplicate", "rule")  # kinds of violations whose `want` may hold a caller's text
F = TypeVar("F", bound=Fault)


def cut(text: str, most: int = MOST_QUOTED) -> str:
    """Returns the text, or its beginning and `...` where it is longer than `most` characters."""
    return text if len(text) <= most else text[:most] + "..."


def quoted(fault: F) -> F:
    """Returns the fault itself, or a copy with every long text in it cut."""
    if isinstance(fault, Invalid):
        violations = tuple(map(_short, fault.violations))
        same = all(a is b for a, b in zip(violations, fault.violations, strict=True))
        return fault if same else replace(fault, violations=violations)
    signed = isinstance(fault, Unauthenticated) and fault.reason == "signature"
    most = MOST_SIGNED if signed else MOST_QUOTED
    long = {}
    known: Any = fault  # of Fault, every subclass is a dataclass; Fault itself is none
    for one in fields(known):
        value = getattr(fault, one.name)
        if isinstance(value, str) and len(value) > most:
            long[one.name] = cut(value, most)
    if not long:
        return fault
    shorter: F = replace(known, **long)
    return shorter


def _short(violation: Violation) -> Violation:
    path = violation.path
    if any(isinstance(step, str) and len(step) > MOST_QUOTED for step in path):
        path = tuple(cut(step) if isinstance(step, str) else step for step in path)
    want = violation.want
    if violation.kind in _OF_CALLERS:
        want = _short_value(want)
    got = _short_value(violation.got)
    if path is violation.path and want is violation.want and got is violation.got:
        return violation
    return Violation(path, violation.kind, want, got)


def _short_value(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_QUOTED:
        return cut(value)
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return "a number of over a thousand digits"
    return value


def fitted(text: str, said: Callable[[str], Answer]) -> Answer:
    """Returns the answer that says the text, or as much of it as REFUSAL_BYTES have room for.

    Bytes cannot be counted beforehand: dialects escape the text, and some repeat it.
    """
    answer = said(text)
    most = len(text)
    while len(answer.body) > REFUSAL_BYTES and most:
        most = most * REFUSAL_BYTES * 9 // (len(answer.body) * 10)
        answer = said(cut(text, most))
    return answer
