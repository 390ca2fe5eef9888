"""One vendor call as a value: where it lives, what goes in and out, and the use case behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.dialect.authenticator import Authenticator

Source = Literal["documented", "sdk", "inferred"]


class Call(msgspec.Struct, frozen=True, gc=False):
    """A request after decode-and-check: the operation's own structs."""

    params: Any = None
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One vendor call: where it lives, what goes in and out, and the use case behind it.

    `take` turns the checked call into a core value and cannot fail; `run` is the use case over a
    unit of work; `give` turns its result into the vendor's reply. `prepare` comes between `take` and
    `run`: what takes long and must not hold the store up, for example to check a password. It gets what
    `take` returned, and the address that asks; `run` gets what it returns.
    """

    name: str  # the vendor's own
    method: str
    path: str  # template: /v5/iot/{project_id}/products
    summary: str
    source: Source
    take: Callable[[Call, Caller], Any]
    run: Callable[[Tx, Caller, Any], Any]
    give: Callable[[Any, Caller], Any]
    prepare: Callable[[Any, Authenticator, str], Awaitable[Any]] | None = None
    permission: str = ""  # canonical; empty: any caller of the tenant
    selector: str = ""  # a word elsewhere in the request that chooses the operation (an action)
    also: tuple[str, ...] = ()  # other methods that the vendor's SDKs use for it
    params: type[Any] | None = None  # path and query parameters, spelled as the vendor spells them
    body: type[Any] | None = None
    reply: type[Any] | None = None
    status: int = 200
    writes: bool = False
    public: bool = False  # needs no credentials
    rate: int | None = None  # documented calls a second and account
    heavy: Callable[[Call], int | None] | None = None  # a lower rate for some calls
    example: Any = None  # a request that works, for samples and documents
    takes: str = "application/json"  # media type of the body
    gives: str = "application/json"  # media type of the reply
    page: str = ""  # the vendor's page, by name

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters that it declares."""
        fields: tuple[str, ...] = getattr(self.params, "__struct_encode_fields__", ())
        return frozenset(fields)

    @property
    def is_upload(self) -> bool:
        """Whether its body is a file, not JSON."""
        return self.takes.startswith("multipart/")

    def location(self, parameter: str) -> Literal["path", "query", "header"]:
        """Where a parameter of this name stands in a request."""
        if f"{{{parameter}}}" in self.path:
            return "path"
        return "header" if parameter.startswith("X-") else "query"
