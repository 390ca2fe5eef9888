"""One operation as a client would make it: the signed request, and what a form for it needs.

Knows no vendor: what is a vendor's is in its dialect's `client`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from entrepot.dialect import openapi
from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.parameters import query_of, word
from entrepot.dialect.request import Request, header_value

_IN_PATH = _PLACEHOLDER = re.compile(r"{(\w+)}")


def signed(
    dialect: Dialect,
    operation: Operation,
    parameters: Mapping[str, Any],
    body: Any,
    credentials: Credentials,
    stamp: Stamp,
    host: bytes,
) -> Request:
    """The request that calls the operation, signed as the vendor's SDK would sign it.

    `parameters` go by the vendor's names; the account's own are added where they are not given. A
    `body` is what JSON can say, or the content of the file where the operation takes one.
    """
    values = with_own(dialect, operation, parameters, credentials)
    request = bare(dialect, operation, values, body, host, stamp.nonce)
    return request if operation.public else dialect.client.sign(request, credentials, stamp)


def bare(
    dialect: Dialect,
    operation: Operation,
    values: Mapping[str, Any],
    body: Any,
    host: bytes,
    boundary: str = "",
) -> Request:
    """The request before it is signed. `values` are all its parameters, `boundary` is that of a form.

    Raises:
        KeyError: a parameter of the path is not given.
        ValueError: a parameter that a header carries holds a control character.
    """
    client = dialect.client
    path = _IN_PATH.sub(lambda m: quote(str(values[m[1]]), safe=""), operation.path)
    headers = {b"host": host}
    for name, value in values.items():
        if operation.location(name) == "header":
            headers[name.lower().encode()] = header_value(word(value))
    if operation.selector and client.selector:
        headers[client.selector] = operation.selector.encode()
    raw = b""
    if body is not None:
        headers[b"content-type"], raw = _content(operation, body, boundary.encode())
    spelled = query_of(in_query(dialect, operation, values)).encode()
    return Request(operation.method, path.encode(), spelled, headers, raw)


def in_query(dialect: Dialect, operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the query carries, by the names that it has for them."""
    query = {k: v for k, v in values.items() if operation.location(k) == "query"}
    if operation.selector and not dialect.client.selector:
        query[dialect.selector] = operation.selector
    return dict(dialect.client.flat(query))


def with_own(
    dialect: Dialect, operation: Operation, parameters: Mapping[str, Any], credentials: Credentials
) -> dict[str, Any]:
    """The parameters, and those of the operation that say whose account is called."""
    declared = operation.parameters
    own = {k: v for k, v in dialect.client.own(credentials).items() if k in declared}
    return {**own, **parameters}


def _content(operation: Operation, body: Any, boundary: bytes) -> tuple[bytes, bytes]:
    """The content type and the bytes of the body."""
    if not operation.is_upload:
        return operation.takes.encode(), json.dumps(body, ensure_ascii=False).encode()
    content = body if isinstance(body, bytes) else str(body).encode()
    head = b'content-disposition: form-data; name="file"; filename="file.csv"'
    lines = (b"--" + boundary, head, b"", content, b"--" + boundary + b"--", b"")
    return operation.takes.encode() + b"; boundary=" + boundary, b"\r\n".join(lines)


def filled(example: Any, known: Mapping[str, Any]) -> Any:
    """The example with its {placeholders} filled in, as far as they are known."""
    if isinstance(example, dict):
        return {k: filled(v, known) for k, v in example.items()}
    if isinstance(example, list):
        return [filled(v, known) for v in example]
    if isinstance(example, str) and (found := _PLACEHOLDER.fullmatch(example)):
        return known.get(found[1], example)
    return example


def with_secrets(body: Any, example: Any, names: Collection[str], known: Mapping[str, Any]) -> Any:
    """Returns the body with the placeholders of secrets filled in.

    A placeholder is filled in only where the example has the same one, under one of these names. So
    no secret gets into a member that an answer may repeat.
    """
    if not isinstance(body, dict) or not isinstance(example, dict):
        return body
    return {
        name: filled(value, known)
        if name in names and isinstance(value, str) and value == example.get(name)
        else with_secrets(value, example.get(name), names, known)
        for name, value in body.items()
    }


def placeholders(dialect: Dialect, credentials: Credentials) -> dict[str, Any]:
    """Returns what the placeholders of the dialect's examples stand for, in the account of the credentials.

    Each dialect has its own: what one vendor calls `region_id` is no region of another's.
    """
    return {
        name: value
        for part in dialect.client.parts
        for name, value in credentials.get(part, {}).items()
    }


Described = tuple[dict[str, Any], dict[str, openapi.Schema]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter in a form. `value` is what it begins with, None where that is nothing."""

    name: str
    place: str  # path, query or header
    required: bool
    own: bool  # says whose account is called; `value` is the caller's
    schema: Mapping[str, Any]
    description: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What somebody has to fill in for a call, filled in with an example as far as there is one."""

    fields: tuple[Field, ...]
    takes: str  # media type of the body; empty: there is none
    body: Any  # the example of it
    body_required: bool
    body_schema: Mapping[str, Any] | None
    schemas: Mapping[str, Mapping[str, Any]]  # what the schemas refer to, by name


def form(
    dialect: Dialect, operation: Operation, credentials: Credentials, known: Described | None = None
) -> Form:
    """The form of the operation for whoever has the credentials; `known` is its description if it is at hand."""
    described, schemas = known or openapi.described(dialect, operation)
    own = dialect.client.own(credentials)
    example = filled(operation.example, placeholders(dialect, credentials))
    values = {**(dialect.client.nested(example or {}) if operation.body is None else {}), **own}
    content = described.get("requestBody", {}).get("content", {})
    takes = next(iter(content), "")
    return Form(
        fields=tuple(
            Field(
                name=p["name"],
                place=p["in"],
                required=p["required"],
                own=p["name"] in own,
                schema=p["schema"],
                description=p.get("description", ""),
                value=values.get(p["name"]),
            )
            for p in described["parameters"]
        ),
        takes=takes,
        body=example if takes else None,
        body_required=described.get("requestBody", {}).get("required", False),
        body_schema=content[takes]["schema"] if takes else None,
        schemas=schemas,
    )
