"""ROMA's requests and answers as bytes: JSON, and CSV files in multipart bodies and downloads."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import Any, Literal

import multipart
from msgspec.structs import fields

from entrepot.core.faults import Invalid, Malformed, Unrouted, Violation
from entrepot.dialect.check import FROM_TEXT, Leniency, read_json, read_plain
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.operation import Call, Operation
from entrepot.dialect.request import Answer, Request, header_value
from entrepot.dialect.validator import MOST_WHOLE
from entrepot.vendors.huawei import codec
from entrepot.vendors.huawei.roma.errors import words
from entrepot.vendors.huawei.roma.transfer.wire import (
    MOST_ROWS,
    TOO_MANY_CELLS,
    File,
    Upload,
    text_of,
)

# Jackson on the other side: a number is taken for a String (the page's own example sends one) and
# "0" for an Integer.
LENIENT = Leniency(number_as_text=True, text_as_number=True)
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
    raw = exchange.request.body
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
    return Malformed(part, ", ".join(f"{v.field} {words(v)}".strip() for v in violations))


def _file(request: Request) -> bytes:
    """The content of the part `file`.

    Raises:
        Malformed: the body is not multipart/form-data.
        Invalid: there is no such part, or its name does not end in .csv.
    """
    # The library annotates what comes out of these two calls, but not what goes in.
    kind, options = multipart.parse_options_header(  # type: ignore[no-untyped-call]
        request.header(b"content-type").decode("latin-1")
    )
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise Malformed("body", "multipart/form-data with a part `file` is expected")
    try:
        parser = multipart.MultipartParser(  # type: ignore[no-untyped-call]
            io.BytesIO(request.body), options["boundary"], part_limit=8, strict=False
        )
        parts = list(parser)
    except multipart.MultipartError as error:
        raise Malformed("body", str(error)) from None
    found = [part for part in parts if part.name == "file"]
    try:
        if len(found) != 1:
            raise Invalid((Violation(("file",), "repeated" if found else "empty"),))
        name = found[0].filename
        if name and not name.lower().endswith(".csv"):
            # Only csv can be imported (constraints of product management).
            raise Invalid((Violation(("file",), "rule", "must be a .csv file"),))
        return bytes(found[0].raw)
    finally:
        for part in parts:
            part.close()


def _rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file by column.

    Raises:
        Invalid: it is not CSV in UTF-8, its columns cannot be told apart, or it has too many rows.
    """
    try:
        text = content.decode("utf-8-sig")
        read = csv.reader(io.StringIO(text, newline=""), strict=True)
        lines = list(islice((line for line in read if line), MOST_ROWS + 2))  # a head, and one more
    except UnicodeDecodeError:
        raise _bad_file("must be UTF-8") from None
    except csv.Error as error:
        raise _bad_file(f"must be CSV: {error}") from None
    columns = [cell.strip() for cell in lines[0]] if lines else []
    if "name" not in columns:
        raise _bad_file("must begin with a line of column names, with name among them")
    if len(set(columns)) < len(columns):
        raise _bad_file("must not have a column twice")
    if len(lines) - 1 > MOST_ROWS:
        raise _bad_file(f"must have at most {MOST_ROWS} products")
    return [_cells(columns, line) for line in lines[1:]]


def _cells(columns: list[str], line: list[str]) -> dict[str, str]:
    found = dict(zip(columns, map(text_of, line), strict=False))
    if any(line[len(columns) :]):
        found[TOO_MANY_CELLS] = "".join(line[len(columns) :])
    return found


def _bad_file(want: str) -> Invalid:
    return Invalid((Violation(("file",), "rule", want),))


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
