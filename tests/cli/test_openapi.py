"""`entrepot openapi`: the generated documents, without a checkout."""

from __future__ import annotations

import pytest

from entrepot import main as root
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.openapi import document
from tests.cli.console import say


@pytest.mark.parametrize("dialect", root.dialects(), ids=lambda d: d.name)
def test_every_dialects_document_is_printed(dialect: Dialect) -> None:
    printed = say("openapi", dialect.name).json
    assert printed == document(dialect)
    assert printed["paths"]


def test_without_a_name_the_names_are_listed() -> None:
    said = say("openapi")
    assert said.status == 0
    assert [line.split()[0] for line in said.out.splitlines()[2:] if line.strip(" ─")] == [
        d.name for d in root.dialects()
    ]


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    said = say("openapi", "nokia")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("entrepot: no API is called 'nokia'; there are aliyun, iotda, ")
