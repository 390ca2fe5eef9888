"""What EnOS's searches take and give, whatever they search."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.vendors.enos.search import projection
from entrepot.vendors.enos.search.expression import (
    ExpressionError,
    parse,
)
from entrepot.vendors.enos.search.matching import (
    Fields,
    check,
)

PRODUCT_PAGE_SIZE = 200  # Search Product, pageSize


class Pagination(msgspec.Struct, kw_only=True):
    """Which page of a search. `sorters` is taken and without effect (Search Product)."""

    pageNo: Annotated[int, Meta(ge=1, le=1_000_000_000, description="Counted from 1.")] = 1
    # INFERRED: more than the page's maximum is refused; the vendor may clamp it instead.
    pageSize: Annotated[int, Meta(ge=1, le=PRODUCT_PAGE_SIZE)] = 10
    sorters: Any = None


class Search(msgspec.Struct, kw_only=True):
    """Body of a search. `projection` is undocumented for products, but official samples send it."""

    expression: Annotated[str, Meta(description="Conditions; empty: everything.")] | None = None
    pagination: Pagination | None = None
    projection: list[str] | None = None


def unsearchable(asked: Search, fields: Fields) -> list[Violation]:
    """What the expression asks of other fields than these, or in a way that they do not take."""
    found = []
    if asked.expression and asked.expression.strip():
        try:
            problems = check(parse(asked.expression), fields)
        except ExpressionError as error:
            problems = []
            found.append(Violation(("expression",), "rule", f"cannot be read {error}"))
        found += [Violation(("expression",), "rule", f"cannot ask {p}") for p in problems]
    paths = projection.read(asked.projection or [])
    if isinstance(paths, projection.BadPath):
        found.append(Violation(("projection",), "rule", f"cannot hold {paths}"))
    return found


class Page(msgspec.Struct, kw_only=True):
    """Where in a search's results its answer stands."""

    sortedBy: str | None = None
    pageNo: int
    pageSize: int
    totalSize: int


def page(body: Search, total: int) -> Page:
    """Where in all results the answer stands."""
    pagination = body.pagination or Pagination()
    return Page(pageNo=pagination.pageNo, pageSize=pagination.pageSize, totalSize=total)


def projected(results: list[Any], body: Search) -> list[Any]:
    """The results with the fields that were asked for."""
    paths = projection.read(body.projection or [])
    if not body.projection or isinstance(
        paths, projection.BadPath
    ):  # the body's rules refuse those
        return results
    return [paths.of(msgspec.to_builtins(result)) for result in results]
