"""How the contract suites speak each dialect: sign a request, name a product, read an answer.

A dialect added to `main.dialects()` gets its adapter here; the suites themselves name no vendor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from entrepot.dialect.operation import Dialect, Operation
from entrepot.dialect.request import Answer, Request
from entrepot.main import dialects

Credentials = Mapping[str, Any]
HOST = b"127.0.0.1:8080"


def now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One dialect from a client's side.

    `own` gives the parameters, by the vendor's names, that say whose account is called. `parameters`
    says where those go that are not in the path: "query". `sign` gives back the request as the
    vendor's SDK would send it.
    """

    dialect: str
    sign: Callable[[Request, Credentials, datetime], Request]
    own: Callable[[Credentials], dict[str, str]]
    create: str  # the operation's name
    show: str
    product: str  # the parameter that names a product
    handle: Callable[[Any], str]  # in the decoded answer of create
    shown: Callable[[Any], dict[str, Any]]  # the product in the decoded answer of show
    unique: Callable[[dict[str, Any], int, Credentials], dict[str, Any]]  # a body like no other
    echoed: Callable[[dict[str, Any]], dict[str, Any]]  # what show must say of what was sent
    again: Callable[[dict[str, Any]], dict[str, Any]]  # a shown product as a body of create
    refused: Callable[[Answer], bool]
    selector: str = ""  # the query parameter that carries the operation's selector
    fixed: Mapping[str, str] = field(default_factory=dict)  # parameters of every call
    body_is_query: bool = False  # the operation's body struct stands for parameters

    def operation(self, name: str) -> Operation:
        """The operation of this name."""
        return next(o for o in self.value.operations if o.name == name)

    @property
    def value(self) -> Dialect:
        """The dialect itself."""
        return next(d for d in dialects() if d.name == self.dialect)

    def request(
        self,
        operation: Operation,
        given: Mapping[str, Any],
        body: Any,
        credentials: Credentials,
        host: bytes = HOST,
        method: str = "",
    ) -> Request:
        """The signed request: `given` and the caller's own parameters, in the path or the query."""
        values = {**self.fixed, **self.own(credentials), **given}
        named = set(re.findall(r"{(\w+)}", operation.path))
        path = re.sub(r"{(\w+)}", lambda m: quote(str(values[m[1]]), safe=""), operation.path)
        declared = declared_names(operation)
        query = {
            k: v for k, v in values.items() if k not in named and (k in declared or k in given)
        }
        if self.selector and operation.selector:
            query[self.selector] = operation.selector
        headers, raw = {b"host": host}, b""
        if body is not None:
            headers[b"content-type"] = b"application/json"
            raw = json.dumps(body, ensure_ascii=False).encode()
        request = Request(
            method or operation.method, path.encode(), spelled(query).encode(), headers, raw
        )
        return self.sign(request, credentials, now())


def declared_names(operation: Operation) -> set[str]:
    """The names of the operation's parameters."""
    if operation.params is None:
        return set()
    return set(operation.params.__struct_encode_fields__)


def spelled(query: Mapping[str, Any]) -> str:
    """The parameters as a query string; a list is given once for each item."""
    pairs = [(k, item) for k, v in query.items() for item in (v if isinstance(v, list) else [v])]
    return "&".join(f"{quote(k, safe='')}={quote(str(v), safe='')}" for k, v in pairs)


# Huawei


def _sign_huawei(request: Request, credentials: Credentials, at: datetime) -> Request:
    from entrepot.vendors.huawei import signing

    added = signing.sign(request, credentials["access_key"], credentials["secret_key"].encode(), at)
    return replace(request, headers={**request.headers, **added})


def _rest_refused(answer: Answer) -> bool:
    return answer.status >= 400


def _roma_own(credentials: Credentials) -> dict[str, str]:
    return {
        "project_id": credentials["huawei"]["project_id"],
        "instance_id": credentials["roma"]["instance_id"],
    }


def _roma_unique(body: dict[str, Any], n: int, credentials: Credentials) -> dict[str, Any]:
    body = {k: v for k, v in body.items() if k not in ("app_id", "template_id")}
    return {
        **body,
        "app_id": credentials["roma"]["app_id"],
        "name": f"{body['name'][:50]}{n}",
        "model": f"{body['model'][:40]}x{n}",
    }


def _roma_echoed(body: dict[str, Any]) -> dict[str, Any]:
    said = {k: v for k, v in body.items() if v is not None}
    return {**said, "model": said["model"].strip(" ")}


ROMA = Adapter(
    dialect="roma",
    sign=_sign_huawei,
    own=_roma_own,
    create="CreateProduct",
    show="ShowProduct",
    product="product_id",
    handle=lambda answer: str(answer["id"]),
    shown=lambda answer: answer,
    unique=_roma_unique,
    echoed=_roma_echoed,
    again=lambda shown: shown,
    refused=_rest_refused,
)

_ALL: tuple[Adapter, ...] = (ROMA,)


def adapters() -> tuple[Adapter, ...]:
    """The adapter of every dialect that has products to create and show.

    Raises:
        LookupError: a dialect has none.
    """
    found = {a.dialect: a for a in _ALL}
    wanted = [
        d.name
        for d in dialects()
        if any(
            "CreateProduct" in o.name
            or o.name == "create_product"
            or o.permission == "product:create"
            for o in d.operations
        )
    ]
    missing = [n for n in wanted if n not in found]
    if missing:
        raise LookupError(f"write adapters in {__name__} for {', '.join(missing)}")
    return tuple(found[n] for n in wanted)


ADAPTERS = adapters()
by_name = partial(lambda name: next(a for a in ADAPTERS if a.dialect == name))
