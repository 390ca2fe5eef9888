"""ROMA's requests and answers as bytes: JSON, and CSV files in multipart bodies and downloads."""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import fields

from entrepot.core.faults import Invalid, Malformed, Unrouted, Violation
from entrepot.dialect.check import FROM_TEXT, json_text, read_json, read_plain
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.operation import Call, Operation
from entrepot.dialect.request import Answer, header_value
from entrepot.dialect.validator import MOST_WHOLE
from entrepot.vendors.huawei import codec
from entrepot.vendors.huawei.roma.common import LENIENT
from entrepot.vendors.huawei.roma.errors import words
from entrepot.vendors.huawei.roma.transfer.sheet import _file, _rows
from entrepot.vendors.huawei.roma.transfer.wire import (
    File,
    Upload,
)

Part = Literal["path", "query", "body"]
_BEYOND = (MOST_WHOLE - 1, -MOST_WHOLE)
_WRONG_TYPE = ("type", "nul", "repeated")


def decode(exchange: Exchange) -> Call:
    """The operation's own structs.

    Raises:
        Malformed: a value is not even of its type; `notes["parameter"]` names it (SCB.00000000).
        Invalid: every value that breaks a rule, of parameters and body together.
    """
    operation = exchange.operation
    if operation is None:
        raise Unrouted(exchange.request.method, exchange.request.path.decode("ascii", "replace"))
    found: list[Violation] = []
    params = body = None
    try:
        params = _params(exchange, operation)
    except Invalid as fault:
        found += fault.violations
    try:
        body = _body(exchange, operation)
    except Invalid as fault:
        found += fault.violations
    if found:
        raise Invalid(tuple(found))
    return Call(params, body)


def _params(exchange: Exchange, operation: Operation) -> Any:
    if operation.params is None:
        return None
    try:
        plain = {**exchange.parameters, **exchange.path}
        return read_plain(plain, operation.params, FROM_TEXT)
    except Invalid as fault:
        wrong = [v for v in fault.violations if _is_of_wrong_type(v, exchange)]
        if not wrong:
            raise
        name = exchange.notes["parameter"] = str(wrong[0].path[0])
        part: Part = "path" if name in exchange.path else "query"
        raise _unreadable(part, wrong) from None


def _is_of_wrong_type(violation: Violation, exchange: Exchange) -> bool:
    # A number beyond 64 bits is as little an integer to the framework as a word is.
    beyond = violation.kind in ("too_large", "too_small") and violation.path[0] in exchange.path
    return violation.kind in _WRONG_TYPE or beyond or violation.want in _BEYOND


def _body(exchange: Exchange, operation: Operation) -> Any:
    if operation.body is None:
        return None
    if operation.body is Upload:
        return Upload(rows=_rows(_file(exchange.request)))
    raw = json_text(exchange.request.body)
    if not raw:
        # Documented for a body that is missing; where nothing in it is mandatory, none is as good.
        if any(field.required for field in fields(operation.body)):
            raise Malformed("body", "there is none; a JSON object is expected")
        raw = b"{}"
    try:
        return read_json(raw, operation.body, LENIENT)
    except Invalid as fault:
        wrong = [v for v in fault.violations if v.kind == "type" or not v.path]
        if wrong:  # INFERRED: what cannot be converted never reaches the rules (Bean Validation)
            raise _unreadable("body", wrong) from None
        raise


def _unreadable(part: Part, violations: list[Violation]) -> Malformed:
    return Malformed(part, ", ".join(f"{v.field or part} {words(v)}" for v in violations))


def encode(value: Any, exchange: Exchange) -> Answer:
    """The reply as JSON, or the file as itself."""
    if not isinstance(value, File):
        return codec.answer(value, exchange)
    headers = (
        (b"content-type", b"text/csv;charset=utf-8"),
        (b"content-disposition", header_value(f'attachment; filename="{value.name}"')),
        (b"x-request-id", header_value(exchange.request_id)),
    )
    return Answer(200, value.content, headers)
