"""A call made of a form as it stands, for every operation: signed, and understood by the server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from entrepot.core.faults import Broken, Invalid, Malformed, Unauthenticated, Unrouted
from entrepot.dialect.calls import Field, Form, form, signed
from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.openapi import document, path_of
from entrepot.dialect.operation import Operation
from entrepot.main import dialects
from tests.contract.adapters import HOST, stamp
from tests.contract.world import World

CALLS = [(d, o) for d in dialects() for o in d.operations]
NAMES = [f"{d.name}-{o.name}" for d, o in CALLS]
each_operation = pytest.mark.parametrize(("dialect", "operation"), CALLS, ids=NAMES)
FILE = "product_id\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("calls"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def caller(world: World) -> Credentials:
    return world.tenant()


def given(shown: Form) -> dict[str, object]:
    """The form's own values, and for the rest of what must be given some word that fits."""
    wanted = [f for f in shown.fields if f.required or f.value is not None]
    return {f.name: some(f) if f.value is None else f.value for f in wanted}


def some(field: Field) -> object:
    """One of the words that the parameter takes, else what may be an id."""
    return next(iter(field.schema.get("enum", ["100001"])))


@each_operation
def test_a_form_as_it_stands_is_a_call_that_the_server_reads(
    dialect: Dialect, operation: Operation, world: World, caller: Credentials
) -> None:
    shown = form(dialect, operation, caller)
    body = FILE if shown.takes.startswith("multipart/") else shown.body
    if shown.body_required and operation.example is None and not isinstance(body, str):
        body = {}
    values = given(shown)
    request = signed(dialect, operation, values, body, caller, stamp(), HOST)
    answer, exchange = world.exchange(request)
    assert exchange.operation == operation
    unread = (Unauthenticated, Unrouted, Broken, Malformed)
    assert not isinstance(exchange.fault, unread), answer.body.decode()
    if operation.example is not None and isinstance(exchange.fault, Invalid):
        # Of EnOS's ways to name a device the form gives none, and no id that a caller could have.
        assert {v.kind for v in exchange.fault.violations} == {"missing"}, answer.body.decode()


@each_operation
def test_a_form_asks_what_the_document_names(
    dialect: Dialect, operation: Operation, caller: Credentials
) -> None:
    whole = document(dialect)
    described = whole["paths"][path_of(dialect, operation)][operation.method.lower()]
    shown = form(dialect, operation, caller)
    assert [f.name for f in shown.fields] == [p["name"] for p in described["parameters"]]
    own = dialect.client.own(caller)
    assert {f.name: f.value for f in shown.fields if f.own} == {
        name: value for name, value in own.items() if name in operation.parameters
    }
    assert bool(shown.takes) == ("requestBody" in described)
    # A name that two of the whole document's schemas would have is longer there.
    known = {nameless(schema) for schema in whole["components"]["schemas"].values()}
    assert {nameless(schema) for schema in shown.schemas.values()} <= known
    assert {r.rpartition("/")[2] for r in references(shown)} <= shown.schemas.keys()


def nameless(schema: Mapping[str, Any]) -> str:
    """The schema, whatever those that it refers to are called."""
    return re.sub(r"#/components/schemas/\w+", "", json.dumps(schema, sort_keys=True))


def references(shown: Form) -> set[str]:
    """Every schema that the form or one of its schemas refers to."""
    text = json.dumps([shown.body_schema, *(dict(f.schema) for f in shown.fields), shown.schemas])
    return {part.split('"')[0] for part in text.split('"$ref": "')[1:]}


@pytest.mark.parametrize("dialect", [d for d in dialects() if d.client.login], ids=lambda d: d.name)
def test_a_refused_login_says_why(dialect: Dialect, world: World, caller: Credentials) -> None:
    assert dialect.client.login is not None
    request = dialect.client.login.ask({**caller, "secret_key": "wrong"}, stamp(), HOST)
    with pytest.raises(ValueError, match="no token: "):
        dialect.client.login.read(world.ask(request), caller)


def test_a_request_is_made_of_its_stamp_and_nothing_else(caller: Credentials) -> None:
    at = Stamp(1_795_800_000_000, "a" * 32)
    for dialect, operation in CALLS:
        values = given(form(dialect, operation, caller))
        twice = [
            signed(dialect, operation, values, operation.example, caller, at, HOST) for _ in "ab"
        ]
        assert twice[0] == twice[1]
