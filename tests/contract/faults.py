"""One sample of every fault there is, and of every word that tells faults of a class apart."""

from __future__ import annotations

from typing import Any, cast, get_args

from entrepot.core import faults as f
from entrepot.core.caller import PERMISSIONS

# What the use cases and dialects say today; a row's own `when` is added to these.
KINDS = (
    "product", "device", "space", "template", "model", "topic", "category", "project", "instance",
    "organization", "tag", "user", "key", "tenant",
)  # fmt: skip

_VIOLATIONS = tuple(
    f.Violation(("list", 0, "name"), cast(Any, kind), want, "got")
    for kind, want in (
        ("missing", None), ("null", None), ("empty", 1), ("type", "string"), ("too_short", 2),
        ("too_long", 64), ("pattern", r"\A[a-z]+\Z"), ("enum", ("a", "b")), ("too_small", 0),
        ("too_large", 9), ("too_few", 1), ("too_many", 500), ("duplicate", "twice"),
        ("repeated", None), ("nul", None), ("rule", "a broken rule"),
    )
)  # fmt: skip


def samples(kind: type[f.Fault], when: str = "") -> list[f.Fault]:
    """Faults of the class: one for each word that tells them apart, `when` among them."""
    if kind is f.Unrouted:
        method = f.Unrouted("PUT", "/x", allowed=("GET", "POST"))
        return [
            method,
            f.Unrouted("PUT", "/nowhere"),
            f.Unrouted("GET", "/x", "Nothing", ("CreateX",)),
        ]
    if kind is f.TooLarge:
        return [f.TooLarge(part, 1024) for part in ("body", "query", "headers")]
    if kind is f.Malformed:
        return [f.Malformed(part, "why {not}") for part in ("body", "query", "path", "headers")]
    if kind is f.Invalid:
        return [
            f.Invalid(_VIOLATIONS),
            *(f.Invalid((v,)) for v in _VIOLATIONS),
            f.Invalid((f.Violation((), "type", "object"),)),
        ]
    if kind is f.Unauthenticated:
        reasons = get_args(f.AuthReason)
        return [f.Unauthenticated(r, d) for r in reasons for d in ("", "a {detail}")]
    if kind is f.Denied:
        return [f.Denied(p) for p in _words(PERMISSIONS, when)]
    if kind is f.NotFound:
        return [f.NotFound(k, "h{0}", "scope") for k in _words(KINDS, when)]
    if kind is f.Taken:
        return [f.Taken(r, "v{value}", 17) for r in _words(("test.rule",), when)]
    if kind is f.InUse:
        return [f.InUse(k, "h", b) for k in _words(KINDS, when) for b in ("devices", "products")]
    if kind is f.Refused:
        rules = _words(("released", "not_released", "default_space"), when)
        return [f.Refused("product", r, "h") for r in rules]
    if kind is f.QuotaExceeded:
        return [f.QuotaExceeded(k, 500) for k in _words(KINDS, when)]
    if kind is f.Throttled:
        return [f.Throttled(50, 1, 0.4)]
    if kind is f.TooMuch:
        return [f.TooMuch("time", 2.0), f.TooMuch("waiting", 64)]
    if kind is f.Unavailable:
        return [f.Unavailable("disk full")]
    assert kind is f.Broken
    return [f.Broken(ValueError("inner workings"))]


def _words(known: tuple[str, ...], when: str) -> tuple[str, ...]:
    return known if not when or when in known else (*known, when)
