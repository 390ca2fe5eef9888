"""A dialect's OpenAPI 3.1 document, from its tables. Knows no vendor and reads no file."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from entrepot import __version__
from entrepot.dialect.dialect import Dialect, Row
from entrepot.dialect.operation import Operation

Schema = dict[str, Any]
_REF = "#/components/schemas/{name}"
_STATUS = {
    200: "Done", 201: "Made", 204: "Done; no body", 400: "Refused: the request", 401: "Nobody known",
    403: "Not permitted", 404: "Not there", 405: "No such method", 409: "Conflict",
    413: "Too large", 429: "Too many calls", 500: "Refused, or failed", 503: "Cannot now",
}  # fmt: skip


def document(dialect: Dialect) -> dict[str, Any]:
    """The document, in plain values, the same for the same tables."""
    schemas = _Schemas(dialect.refusals, dialect.operations)
    refusals = _refusals(dialect, schemas)
    paths: dict[str, dict[str, Any]] = {}
    for operation in dialect.operations:
        place = paths.setdefault(path_of(dialect, operation), {})
        described = _operation(dialect, operation, schemas, refusals)
        place[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{dialect.title} as Entrepot speaks it",
            "version": __version__,
            "description": "Generated from the tables that answer the requests. Every call but the"
            " public ones has to be signed as the vendor's SDK signs it.",
        },
        "servers": [{"url": "http://127.0.0.1:8080"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas.named_in(paths)},
    }


def described(dialect: Dialect, operation: Operation) -> tuple[dict[str, Any], dict[str, Schema]]:
    """One operation as its document has it, and the schemas that its request refers to."""
    schemas = _Schemas((), (operation,))
    one = _operation(dialect, operation, schemas, {})
    asked = (one["parameters"], one.get("requestBody"))
    return one, schemas.named_in(list(asked))


def path_of(dialect: Dialect, operation: Operation) -> str:
    """The operation's place in the document.

    A document has one operation for a path and method, so where a query parameter chooses among
    several, it is written as part of the path.
    """
    if not operation.selector or not dialect.selector:
        return operation.path
    return f"{operation.path}?{dialect.selector}={operation.selector}"


class _Schemas:
    """JSON schemas of refusals and of everything that operations name."""

    def __init__(self, refusals: Iterable[type[Any]], operations: Iterable[Operation]) -> None:
        kinds: list[Any] = list(refusals)
        for operation in operations:
            kinds += [operation.params, operation.body, operation.reply]
        self._kinds = list(dict.fromkeys(k for k in kinds if k is not None))
        made, components = msgspec.json.schema_components(self._kinds, ref_template=_REF)
        names = _short_names(components)
        self._made = dict(zip(self._kinds, _renamed(made, names), strict=True))
        self._all = _plain(
            {names[name]: _renamed(kind, names) for name, kind in components.items()}
        )

    def of(self, kind: type[Any]) -> Schema:
        """A reference to the type's schema."""
        return dict(self._made[kind])

    def fields(self, kind: type[Any]) -> tuple[dict[str, Schema], set[str]]:
        """The schemas of a struct's fields, and which of them must be given."""
        schema = self._all[self._named(kind)]
        return schema["properties"], set(schema.get("required", ()))

    def named_in(self, value: Any) -> dict[str, Schema]:
        """The schemas that the value refers to, and those that they refer to, by name."""
        found: set[str] = set()
        waiting = _references(value)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += _references(self._all[name])
        return {name: self._all[name] for name in sorted(found)}

    def _named(self, kind: type[Any]) -> str:
        return str(self._made[kind].get("$ref", "")).rpartition("/")[2]


def _short_names(names: Iterable[str]) -> dict[str, str]:
    """A name without the module for each name: types of one name come with the names of their modules.

    Programs are generated from these names, so they do not change where a module moves.
    """
    short: dict[str, str] = {}
    for name in sorted(names):
        modules, _, own = name.rpartition(".")
        module = modules.rpartition(".")[2]
        plain = f"{own}Reply" if module == "replies" else own
        short[name] = f"{module.title()}{own}" if plain in short.values() else plain
    return short


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The schema with these names in its references."""
    if isinstance(value, dict):
        return {
            key: _REF.format(name=names[item.rpartition("/")[2]])
            if key == "$ref"
            else _renamed(item, names)
            for key, item in value.items()
        }
    return [_renamed(item, names) for item in value] if isinstance(value, list | tuple) else value


def _references(value: Any) -> list[str]:
    """The names of schemas that the value refers to."""
    if isinstance(value, dict):
        ref = value.get("$ref")
        here = [ref.rpartition("/")[2]] if isinstance(ref, str) else []
        return here + [name for item in value.values() for name in _references(item)]
    if isinstance(value, list):
        return [name for item in value for name in _references(item)]
    return []


def _plain(schema: Any) -> Any:
    """The schema with patterns that JSON Schema can read: its anchors are ^ and $."""
    if isinstance(schema, dict):
        return {
            k: _anchored(v) if k == "pattern" and isinstance(v, str) else _plain(v)
            for k, v in schema.items()
        }
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema


def _anchored(pattern: str) -> str:
    return re.sub(r"\\Z", "$", pattern.replace(r"\A", "^"))


def _operation(
    dialect: Dialect, operation: Operation, schemas: _Schemas, refusals: dict[int, Schema]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": _description(operation),
        "parameters": list(_parameters(dialect, operation, schemas)),
        "responses": _responses(operation, schemas, refusals),
    }
    if operation.body is not None:
        multipart = operation.is_upload
        content: dict[str, Any] = {
            "schema": _FILE if multipart else schemas.of(operation.body),
        }
        if operation.example is not None:
            content["example"] = copy.deepcopy(operation.example)
        required = bool(_required(operation.body))
        described["requestBody"] = {"required": required, "content": {operation.takes: content}}
    if operation.public:
        described["security"] = []
    return described


_FILE: Schema = {
    "type": "object",
    "properties": {"file": {"type": "string", "contentMediaType": "text/csv"}},
    "required": ["file"],
}


def _required(kind: type[Any]) -> list[str]:
    if not issubclass(kind, msgspec.Struct):
        return []
    return [f.encode_name for f in msgspec.structs.fields(kind) if f.required]


def _description(operation: Operation) -> str:
    said = [f"Source: {operation.source}" + (f", {operation.page}." if operation.page else ".")]
    if operation.also:
        said.append(f"{', '.join(operation.also)} does the same.")
    if operation.permission:
        said.append(f"Needs the permission {operation.permission}.")
    if operation.rate is not None:
        said.append(f"At most {operation.rate} calls a second and account.")
    return " ".join(said)


def _parameters(
    dialect: Dialect, operation: Operation, schemas: _Schemas
) -> Iterable[dict[str, Any]]:
    if operation.params is None:
        return
    example = operation.example if operation.body is None else None
    properties, required = schemas.fields(operation.params)
    for name, schema in properties.items():
        if operation.selector and name == dialect.selector:
            continue
        place = operation.location(name)
        bare = _without_null(schema)
        parameter = {
            "name": name,
            "in": place,
            "required": place == "path" or name in required,
            "schema": {k: v for k, v in bare.items() if k != "description"},
        }
        if "description" in bare:
            parameter["description"] = bare["description"]
        if isinstance(example, dict) and name in example:
            parameter["example"] = copy.deepcopy(example[name])
        yield parameter


def _without_null(schema: Schema) -> Schema:
    """What a parameter can say: it is there or it is not, never null."""
    rest = {k: v for k, v in schema.items() if k not in ("anyOf", "default")}
    if schema.get("default") is not None:
        rest["default"] = schema["default"]
    if "anyOf" not in schema:
        return rest
    options = [o for o in schema["anyOf"] if o != {"type": "null"}]
    return {**options[0], **rest} if len(options) == 1 else {**rest, "anyOf": options}


def _responses(
    operation: Operation, schemas: _Schemas, refusals: dict[int, Schema]
) -> dict[str, Any]:
    done: Schema = {"description": _STATUS.get(operation.status, "Done")}
    if operation.reply is not None:
        json = operation.gives == "application/json"
        reply = schemas.of(operation.reply) if json else {"type": "string"}
        done["content"] = {operation.gives: {"schema": reply}}
    found = {operation.status: done}
    for status, refusal in refusals.items():
        if status != operation.status:
            found[status] = refusal
            continue
        # A vendor that refuses with the status of success: either body may come.
        content = dict(done.get("content", {}))
        schema = refusal["content"]["application/json"]["schema"]
        if "application/json" in content:
            schema = {"anyOf": [content["application/json"]["schema"], schema]}
        content["application/json"] = {"schema": schema}
        words = f"{done['description']}, or: {refusal['description']}"
        found[status] = {"description": words, "content": content}
    return {str(status): found[status] for status in sorted(found)}


def _refusals(dialect: Dialect, schemas: _Schemas) -> dict[int, Schema]:
    """One response for each status that a refusal may have."""
    shapes = [schemas.of(kind) for kind in dialect.refusals]
    schema: Schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    if not shapes:
        schema = {"type": "object"}
    by_status: dict[int, list[Row]] = {}
    for row in dialect.rows:
        by_status.setdefault(row.status, []).append(row)
    return {
        status: {
            "description": f"{_STATUS.get(status, 'Refused')}. " + "; ".join(map(_cell, rows)),
            "content": {"application/json": {"schema": schema}},
        }
        for status, rows in sorted(by_status.items())
    }


def _cell(row: Row) -> str:
    which = f" ({row.which})" if row.which else ""
    return f"{row.code}: {row.fault.__name__}{which}, {row.source}"
