"""Every way to say no, as values: what is wrong and what would be right.

Knows no HTTP status, no error code and no vendor's wording; each dialect maps the whole `CATALOGUE`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

ViolationKind = Literal[
    "missing",  # a required field is absent
    "null",  # present, but null where a value is required
    "empty",  # an empty text or list where something is required
    "type",  # not of the declared type; want = the type's name
    "too_short",  # want = least length
    "too_long",  # want = greatest length
    "pattern",  # want = what the characters may be, in words or as a regular expression
    "enum",  # want = the permitted values
    "too_small",  # want = least value
    "too_large",  # want = greatest value
    "too_few",  # want = least number of items
    "too_many",  # want = greatest number of items
    "duplicate",  # want = the value that stands twice
    "repeated",  # a parameter that may be given once was given more often
    "nul",  # holds the character U+0000
    "rule",  # want = the broken rule in words
]


@dataclass(frozen=True, slots=True)
class Violation:
    """One refused field: where it is, in what way it is wrong, what would be right."""

    path: tuple[str | int, ...]
    kind: ViolationKind
    want: Any = None
    got: Any = None

    @property
    def field(self) -> str:
        """The path as text: `service_capabilities[0].service_id`."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text


class Fault(Exception):
    """A refusal. Subclasses are the whole catalogue; a dialect never invents another."""

    @property
    def which(self) -> str:
        """The word that tells faults of one class apart: a kind, reason, part or rule."""
        return str(getattr(self, self.told_apart_by)) if self.told_apart_by else ""

    told_apart_by: ClassVar[str] = ""


@dataclass(eq=False)
class Unrouted(Fault):
    """No operation lives at this method, path and selector."""

    method: str
    path: str
    selector: str = ""
    allowed: tuple[str, ...] = ()  # methods or selectors that do exist there

    @property
    def which(self) -> str:
        """`method` where the path has operations, and none of this method."""
        return "method" if self.allowed and not self.selector else ""


Part = Literal["body", "query", "path", "headers"]


@dataclass(eq=False)
class TooLarge(Fault):
    """A part of the request is over its bound."""

    told_apart_by: ClassVar[str] = "part"

    part: Part
    limit_bytes: int


@dataclass(eq=False)
class Malformed(Fault):
    """The request cannot be read at all: bad JSON, bad UTF-8, duplicate keys, nesting too deep."""

    told_apart_by: ClassVar[str] = "part"

    part: Part
    reason: str


@dataclass(eq=False)
class Invalid(Fault):
    """The request can be read, and these fields are refused: every one, in document order."""

    violations: tuple[Violation, ...]

    @property
    def which(self) -> str:
        """In what way the first refused field is wrong."""
        return self.violations[0].kind if self.violations else ""


AuthReason = Literal[
    "absent",  # no credentials
    "malformed",  # credentials that cannot be read
    "unknown_key",  # no such access key
    "disabled_key",  # the key, its user or its tenant is disabled
    "signature",  # the signature does not match
    "unsignable",  # nothing can be compared: a signed header or the body is not what arrived
    "date",  # no readable date
    "expired",  # the date is too far from the server's
    "replayed",  # this nonce was used before
    "token",  # an unknown token
    "token_expired",  # a token past its life
    "password",  # wrong name or password
    "unverifiable",  # credentials this installation cannot check (EnOS family B)
]


@dataclass(eq=False)
class Unauthenticated(Fault):
    """Nobody is known to be calling."""

    told_apart_by: ClassVar[str] = "reason"

    reason: AuthReason
    detail: str = ""


@dataclass(eq=False)
class Denied(Fault):
    """The caller is known and may not do this. `permission` is the canonical word."""

    told_apart_by: ClassVar[str] = "permission"

    permission: str
    thing: str = ""


@dataclass(eq=False)
class NotFound(Fault):
    """The caller's tenant has no such thing. `handle` is the text that the caller sent."""

    told_apart_by: ClassVar[str] = "kind"

    # product, device, space, template, model, topic, category, project, instance, organization, tag
    kind: str
    handle: str
    scope: str = ""  # what it was looked for in, where an error message wants it


@dataclass(eq=False)
class Taken(Fault):
    """A uniqueness rule already has a holder."""

    told_apart_by: ClassVar[str] = "rule"

    rule: str  # the claim's rule, for example "roma.name"
    value: str
    holder: int = 0


@dataclass(eq=False)
class InUse(Fault):
    """The thing cannot go while others depend on it."""

    told_apart_by: ClassVar[str] = "kind"

    kind: str
    handle: str
    by: str  # what depends on it: devices, products, rule


@dataclass(eq=False)
class Refused(Fault):
    """The state of the thing forbids the operation, for example editing a released product."""

    told_apart_by: ClassVar[str] = "rule"

    kind: str
    rule: str  # released, default_space, not_released, ...
    handle: str = ""


@dataclass(eq=False)
class QuotaExceeded(Fault):
    """The tenant holds as many as it may."""

    told_apart_by: ClassVar[str] = "kind"

    kind: str
    limit: int


@dataclass(eq=False)
class Throttled(Fault):
    """Too many calls of this operation by this account."""

    limit: int
    per_s: int
    retry_after_s: float = 1.0


@dataclass(eq=False)
class TooMuch(Fault):
    """A search that the server does not make, or does not end, because it would hold others up.

    `why` "time": it takes longer than `limit` seconds, and no part of an answer is given. "waiting":
    `limit` searches wait for their turn already, most of them of this account.
    """

    told_apart_by: ClassVar[str] = "why"

    why: Literal["time", "waiting"]
    limit: float


@dataclass(eq=False)
class Unavailable(Fault):
    """The store cannot take or give anything now; nothing was kept."""

    reason: str = ""


@dataclass(eq=False)
class Broken(Fault):
    """A defect of ours. The cause is in the log under the request id, never in the answer."""

    cause: BaseException | None = field(default=None, repr=False)


CATALOGUE: tuple[type[Fault], ...] = (
    Unrouted,
    TooLarge,
    Malformed,
    Invalid,
    Unauthenticated,
    Denied,
    NotFound,
    Taken,
    InUse,
    Refused,
    QuotaExceeded,
    Throttled,
    TooMuch,
    Unavailable,
    Broken,
)
