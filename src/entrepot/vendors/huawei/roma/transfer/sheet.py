"""A CSV file of products in a request: bytes to rows of cells."""

from __future__ import annotations

import csv
import io
from itertools import islice

import multipart

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.dialect.request import Request
from entrepot.vendors.huawei.roma.transfer.wire import (
    MOST_ROWS,
    TOO_MANY_CELLS,
    text_of,
)


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
    except multipart.MultipartError:
        raise Malformed("body", "the parts of multipart/form-data cannot be told apart") from None
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
    except csv.Error:
        raise _bad_file("must be CSV: each quoted cell ends before a comma or a new line") from None
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
