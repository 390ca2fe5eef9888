"""Documents that are generated are the ones that stand in docs/, and say what is so."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from entrepot.dialect.dialect import Dialect
from entrepot.dialect.fidelity import COMMAND
from entrepot.dialect.openapi import document
from entrepot.main import dialects
from tests.contract.toy import TOY

DOCS = Path(__file__).parents[2] / "docs"
GENERATED: dict[Path, str] = runpy.run_path(str(DOCS / "generate.py"))["generated"]()

each_dialect = pytest.mark.parametrize("dialect", [*dialects(), TOY], ids=lambda d: d.name)


@pytest.mark.parametrize("place", GENERATED, ids=str)
def test_a_generated_document_is_up_to_date(place: Path) -> None:
    written = (DOCS / place).read_text("utf-8") if (DOCS / place).exists() else ""
    assert written == GENERATED[place], f"docs/{place} is not what the tables say: run `{COMMAND}`"


def test_no_document_is_left_of_a_dialect_that_went() -> None:
    assert {p.relative_to(DOCS) for p in (DOCS / "openapi").iterdir()} == {
        p for p in GENERATED if p.parent == Path("openapi")
    }


@each_dialect
def test_the_document_has_every_operation_once(dialect: Dialect) -> None:
    paths: dict[str, Any] = document(dialect)["paths"]
    ids = [o["operationId"] for place in paths.values() for o in place.values()]
    assert len(ids) == len(set(ids))
    assert set(ids) == {o.name for o in dialect.operations}


@each_dialect
def test_every_reference_in_the_document_leads_somewhere(dialect: Dialect) -> None:
    made = document(dialect)
    schemas = made["components"]["schemas"]
    wanted = set(_references(made))
    assert {r.removeprefix("#/components/schemas/") for r in wanted} == set(schemas)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [r for v in value.values() for r in _references(v)]
    return [r for v in value for r in _references(v)] if isinstance(value, list) else []


@each_dialect
def test_the_fidelity_page_has_every_operation_and_every_refusal(dialect: Dialect) -> None:
    from entrepot.dialect.fidelity import page

    text = page((dialect,))
    for operation in dialect.operations:
        assert f"| {operation.name} |" in text
    for row in dialect.rows:
        assert f"| {row.fault.__name__} | {row.which or '-'} | {row.status} | {row.code} |" in text
    for name in dialect.topics().losses:
        assert f"| {name} |" in text
