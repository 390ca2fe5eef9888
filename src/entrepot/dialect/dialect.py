"""A dialect as a value: its operations, its refusals and a few pure functions; knows no vendor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from entrepot.core.caller import Caller
from entrepot.core.devices.registry import DeviceRef
from entrepot.core.faults import Fault
from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Format
from entrepot.core.ports import Tx
from entrepot.core.products.categories import CategoryFile
from entrepot.core.things.account import Tenant, User
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.core.vault import Vault
from entrepot.dialect.authenticator import Authenticator
from entrepot.dialect.client import Client
from entrepot.dialect.operation import Call, Operation, Source
from entrepot.dialect.parameters import Parameters
from entrepot.dialect.request import Answer, Request
from entrepot.dialect.sizes import MOST_VALUES
from entrepot.dialect.space_ids import SpaceIds


@dataclass(frozen=True, slots=True)
class Row:
    """How one dialect says one fault. `when` picks among faults of a class by `Fault.which`, and `calls`
    names the operations that say it so; without them all do.

    `evidence` names what shows the status and the code: the vendor's page or file, with its edition. Where
    `source` is inferred, it says what the guess rests on, if it rests on anything.
    """

    fault: type[Fault]
    status: int
    code: str
    text: str | Callable[[Any, Exchange], str]  # a format over the fault's fields, or a function
    source: Source
    when: str = ""
    evidence: str = ""
    calls: tuple[str, ...] = ()

    @property
    def which(self) -> str:
        """Which faults of the class it is for, in words; "" for all that no other row is for."""
        calls = f"in {', '.join(self.calls)}" if self.calls else ""
        return f"{self.when} {calls}".strip()


class Exchange(msgspec.Struct):
    """One request on its way through `handle`: what each step found out for the next."""

    dialect: Dialect
    request: Request
    request_id: str
    authenticator: Authenticator
    now_ms: int  # when it came
    operation: Operation | None = None
    path: dict[str, str] = {}  # path parameters, decoded
    parameters: Parameters = {}  # query (and form, where the vendor merges them)
    caller: Caller | None = None
    notes: dict[str, Any] = {}  # a dialect's own findings
    fault: Fault | None = None  # why it was refused

    def by(self, user: User, tenant: Tenant) -> Caller:
        """The user as the caller of this exchange."""
        operation, authenticator = self.operation, self.authenticator
        return Caller(
            tenant,
            user,
            self.dialect.name,
            "" if operation is None else operation.name,
            self.request_id,
            self.now_ms,
            authenticator.vault,
            self.request.peer,
            authenticator.catalog,
        )

    def facts(self) -> dict[str, str]:
        """What a log may say of it, and no secret: who asked for what, by which request."""
        facts = {"request_id": self.request_id, "dialect": self.dialect.name}
        if self.operation is not None:
            facts["operation"] = self.operation.name
        if self.caller is not None:
            facts["tenant"], facts["user"] = self.caller.tenant.name, self.caller.user.name
        if self.fault is not None:
            facts["fault"] = type(self.fault).__name__
        return facts


SINGLE_HEADERS = frozenset((b"host", b"authorization", b"content-length", b"content-type"))
"""What RFC 9110 lets a request have once. Which of two values counts would decide who calls, and what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """What of a dialect is imported when the first request asks for it: most of its code.

    The import of all dialects takes a third of a server's start and a tenth of its memory (docs/decisions/0171).
    """

    operations: tuple[Operation, ...]
    select: Callable[[Exchange], str]  # the selector word, "" where the dialect has none
    decode: Callable[[Exchange], Call]
    encode: Callable[[Any, Exchange], Answer]
    # Keep documents as the tenant's own thing models; None where the dialect has none of that kind.
    import_models: Callable[[Tx, Caller, Sequence[Any]], tuple[str, ...]] | None = None
    # Keep documents as the tenant's own categories; None where the dialect has no categories.
    import_categories: Callable[[Tx, Caller, Sequence[CategoryFile]], tuple[str, ...]] | None = None
    # How thing models are written in it; what the store keeps is in the first.
    formats: tuple[Format, ...] = ()
    public_models: Callable[[], Mapping[str, Authored]] = dict  # everybody's, by their keys
    losses: Mapping[str, str] = field(default_factory=dict)  # Profile field -> what becomes of it
    device_losses: Mapping[str, str] = field(default_factory=dict)  # the same of devices.SAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One vendor API: a table of operations, a table of refusals, a few functions."""

    name: str
    title: str
    roots: tuple[str, ...]  # first path segments that it answers below; "" is the bare "/"
    topics: Callable[[], Topics]  # imports them the first time; gives the same ones each time
    rows: tuple[Row, ...]
    # Faults that no operation raises; they have no row. One that is raised all the same is a defect, and
    # is answered as one (`ServedDialect.refuse`).
    never: frozenset[type[Fault]] = frozenset()
    request_id: Callable[[int], str]  # from the time in ms
    parse: Callable[[Exchange], None]  # fill `parameters`; may raise Malformed
    authenticate: Callable[[Exchange], Awaitable[Caller]]
    refuse: Callable[[int, str, str, Fault, Exchange], Answer]  # status, code, message
    tenant_ids: Callable[[], dict[str, str]] = dict  # what a new tenant is called here
    # What a user needs to call it, beside a key; in parts, of which dialects of one vendor may share one.
    credentials: Callable[[Tenant, User, Vault], dict[str, dict[str, str]]] = (
        lambda tenant, user, vault: {}
    )
    # Computes the password of a tenant's first user, which holds until somebody chooses another one. None: the
    # API has no passwords.
    first_password: Callable[[Tenant, Vault], str] | None = None
    # What it calls a product, and the number behind such a handle; chosen ids are looked up by alias.
    handle: Callable[[Vault, Product], str] = lambda vault, product: ""
    product_of: Callable[[Vault, str], int | None] = lambda vault, handle: None
    # The same of devices; a device's handle may hold its product's.
    device_handle: Callable[[Vault, Device, Product], str] = lambda vault, device, product: ""
    device_ref: Callable[[Vault, str], DeviceRef] = lambda vault, text: DeviceRef(text)
    space_ids: SpaceIds | None = None  # what it calls a space; None where it has no spaces
    snippet: str = ""  # the operation whose sample a newcomer is shown; its example works at once
    client: Client = field(default_factory=Client)  # how it is called
    options: tuple[str, ...] = ()  # what a tenant may set, as `<dialect>.<name>`
    # For documents: the query parameter that carries the selector, and the shapes of refusals.
    selector: str = ""
    refusals: tuple[type[Any], ...] = ()
    # Which requests of its roots are its own, by path, query and headers; None: all, and those that no
    # other dialect of the root claims (`owners.py`).
    claims: Callable[[Request], bool] | None = None
    # Headers, in small letters, that a request has once at most, besides HTTP's own (`SINGLE_HEADERS`).
    single_headers: frozenset[bytes] = frozenset()
    body_limit: int = 1 << 20
    query_limit: int = 1 << 16
    most_values: int = MOST_VALUES  # that a body may hold

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation, in the order in which the topics list them."""
        return self.topics().operations


Rows = Mapping[tuple[type[Fault], str, str], Row]


def rows_by_fault(rows: Sequence[Row]) -> Rows:
    """Returns the rows by fault, `when` and operation; "" stands for any."""
    return {(r.fault, r.when, call): r for r in rows for call in r.calls or ("",)}


def row_for(rows: Rows, fault: Fault, operation: Operation | None) -> Row:
    """Returns the row that says this fault in this operation.

    A row of the operation comes before one of all operations, and then one for the fault's `which`
    before the class's own.
    """
    kind, which = type(fault), fault.which
    for call in ("",) if operation is None else (operation.name, ""):
        row = rows.get((kind, which, call)) or rows.get((kind, "", call))
        if row is not None:
            return row
    raise KeyError(kind)
