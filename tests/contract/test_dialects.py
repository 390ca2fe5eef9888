"""What every dialect's tables promise: whole, unambiguous, sourced, and rendered in every cell."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_args
from xml.etree import ElementTree

import msgspec
import pytest

import entrepot
from entrepot import main as root
from entrepot.core import faults
from entrepot.core.caller import PERMISSIONS
from entrepot.core.devices import registry as devices
from entrepot.core.faults import CATALOGUE, Invalid
from entrepot.core.things.product import Profile
from entrepot.dialect.calls import filled, placeholders, signed
from entrepot.dialect.check import checker, decoder, read_json, read_plain
from entrepot.dialect.client import Stamp
from entrepot.dialect.dialect import Dialect, Row, row_for, rows_by_fault
from entrepot.dialect.handle import ServedDialect
from entrepot.dialect.openapi import described, document
from entrepot.dialect.operation import Operation, Source
from entrepot.dialect.owners import Owners
from entrepot.dialect.request import Answer, Request
from entrepot.edge.http import Edge
from entrepot.main import dialects
from tests.contract.faults import samples
from tests.contract.toy import TOY
from tests.contract.world import World

DIALECTS = (TOY, *dialects())
OPERATIONS = [(d, o) for d in DIALECTS for o in d.operations]
ROWS = [(d, r) for d in DIALECTS for r in d.rows]
HOME = Path(entrepot.__file__).parent

each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
each_operation = pytest.mark.parametrize(
    ("dialect", "operation"), OPERATIONS, ids=[f"{d.name}-{o.name}" for d, o in OPERATIONS]
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("dialects"))
    yield made
    made.close()


# Refusals


@each_dialect
def test_every_fault_has_a_row_or_is_never_raised(dialect: Dialect) -> None:
    plain = {r.fault for r in dialect.rows if not r.which}
    assert plain | dialect.never == set(CATALOGUE)
    assert not {r.fault for r in dialect.rows} & dialect.never


@each_dialect
def test_no_two_rows_say_the_same_fault(dialect: Dialect) -> None:
    cells = [(r.fault, r.when, call) for r in dialect.rows for call in r.calls or ("",)]
    assert len(cells) == len(set(cells))


@each_dialect
def test_a_row_for_some_calls_names_operations(dialect: Dialect) -> None:
    named = {call for row in dialect.rows for call in row.calls}
    assert named <= {o.name for o in dialect.operations}


def test_a_row_of_the_call_comes_before_one_of_all_calls() -> None:
    look, make = (next(o for o in TOY.operations if o.name == n) for n in ("Look", "Make"))
    fault = faults.NotFound("product", "7")
    plain = Row(faults.NotFound, 400, "any", "no", "inferred")
    word, own = (
        replace(plain, code="word", when="product"),
        replace(plain, code="own", calls=("Look",)),
    )
    rows = rows_by_fault((plain, word, own))
    assert [row_for(rows, fault, o).code for o in (look, make, None)] == ["own", "word", "word"]
    assert row_for(rows, faults.NotFound("device", "7"), make).code == "any"
    with pytest.raises(KeyError):
        row_for(rows, faults.Broken(), None)


@pytest.mark.parametrize(
    ("dialect", "row"),
    [(d, r) for d, r in ROWS if r.when],
    ids=[f"{d.name}-{r.fault.__name__}-{r.when}" for d, r in ROWS if r.when],
)
def test_a_row_for_one_word_can_be_reached(dialect: Dialect, row: Row) -> None:
    assert any(s.which == row.when for s in samples(row.fault, row.when))
    if row.fault is faults.Unauthenticated:
        assert row.when in get_args(faults.AuthReason)
    if row.fault is faults.Denied:
        assert row.when in PERMISSIONS


@each_dialect
def test_every_refusal_is_rendered_whole_and_gives_nothing_away(
    dialect: Dialect, world: World
) -> None:
    served = ServedDialect(dialect)
    request = Request("POST", b"/x", headers={b"host": b"h"})
    named = {o.name: o for o in dialect.operations}
    for row in dialect.rows:
        for fault in samples(row.fault, row.when):
            for operation in (None, dialect.operations[0], *(named[c] for c in row.calls)):
                exchange = served.exchange(request, world.context.authenticator)
                exchange.operation = operation
                answer = served.refuse(fault, exchange)
                assert well_formed(answer), (fault, answer)
                assert b"inner workings" not in answer.body
                assert b"Traceback" not in answer.body
                assert answer.status < 400 or 400 <= answer.status < 600


def well_formed(answer: Answer) -> bool:
    """Whether the body is what its content type says, and the headers are header lines."""
    headers = dict(answer.headers)
    for name, value in answer.headers:
        if name != name.lower() or re.search(rb"[\r\n\0]", name + value):
            return False
    kind = headers.get(b"content-type", b"")
    if b"json" in kind:
        return isinstance(json.loads(answer.body.decode()), dict)
    if b"xml" in kind:
        ElementTree.fromstring(answer.body.decode())
        return True
    return kind.startswith(b"text/plain") or not answer.body


@each_dialect
def test_every_refusal_has_a_source_and_a_code(dialect: Dialect) -> None:
    for row in dialect.rows:
        assert row.source in get_args(Source)
        assert row.code, row
        assert 200 <= row.status < 600


def test_few_refusals_are_guessed() -> None:
    guessed = Counter(d.name for d in dialects() for r in d.rows if r.source == "inferred")
    assert guessed.total() <= 70, guessed


@pytest.mark.parametrize(
    ("dialect", "row"),
    [(d, r) for d, r in ROWS if r.source != "inferred"],
    ids=[f"{d.name}-{r.fault.__name__}-{r.which}" for d, r in ROWS if r.source != "inferred"],
)
def test_what_is_not_guessed_names_its_evidence(dialect: Dialect, row: Row) -> None:
    assert row.evidence, "name the page or file, and its edition"


# Operations


@each_operation
def test_an_operation_says_what_it_is_and_where_from(
    dialect: Dialect, operation: Operation
) -> None:
    assert operation.source in get_args(Source)
    assert operation.summary
    assert operation.summary[0].isupper()
    assert not operation.summary.endswith(".")
    if operation.source == "documented":
        assert operation.page, "name the vendor's page"
    assert operation.permission in ("", *PERMISSIONS)


@each_operation
def test_an_operations_example_is_what_its_declaration_takes(
    dialect: Dialect, operation: Operation
) -> None:
    if operation.body is None or operation.example is None:
        return
    before = json.dumps(operation.example)
    read_json(before.encode(), operation.body)
    document(dialect)
    assert json.dumps(operation.example) == before


@each_operation
def test_an_operation_declares_its_reply_unless_it_has_none(
    dialect: Dialect, operation: Operation
) -> None:
    assert (operation.reply is None) == (operation.status == 204)


@each_operation
def test_an_operation_declares_every_parameter_of_its_path(
    dialect: Dialect, operation: Operation
) -> None:
    in_path = set(re.findall(r"{(\w+)}", operation.path))
    declared = set(operation.params.__struct_encode_fields__) if operation.params else set()
    assert in_path <= declared


@each_operation
def test_what_an_operation_declares_can_be_built(dialect: Dialect, operation: Operation) -> None:
    """Else its first call would be answered with 500: decoders and checks are made when they are needed."""
    kinds: tuple[Any, ...] = (operation.params, operation.body)
    for kind in kinds:
        if kind is not None:
            decoder(kind)
            checker(kind)
            with suppress(Invalid):
                read_plain({}, kind)
    described(dialect, operation)


def test_a_declaration_that_cannot_be_built_is_found() -> None:
    class Wrong(msgspec.Struct):
        name: Annotated[str, msgspec.Meta(pattern="(")]

    make = replace(TOY.operations[0], body=Wrong)
    with pytest.raises((ValueError, re.error)):
        test_what_an_operation_declares_can_be_built(TOY, make)


@each_operation
def test_what_changes_things_is_no_read_for_who_may_only_look(
    dialect: Dialect, operation: Operation
) -> None:
    verb = operation.permission.rpartition(":")[2]
    if verb in ("create", "update", "delete"):
        assert operation.writes, "its permission says that it changes something"


@each_dialect
def test_operations_have_names_and_places_of_their_own(dialect: Dialect) -> None:
    names = [o.name for o in dialect.operations]
    assert len(names) == len(set(names))
    ServedDialect(dialect).load()  # the router refuses two operations at one place
    roots = {o.path[1:].split("/", 1)[0] for o in dialect.operations}
    assert roots <= set(dialect.roots)


@pytest.fixture(scope="module")
def credentials(world: World) -> dict[str, Any]:
    return {**world.tenant(), "token": "some-token", "toy": {"home": "home-1", "word": "abc"}}


@each_operation
def test_a_sample_call_of_an_operation_is_claimed_by_its_dialect_alone(
    dialect: Dialect, operation: Operation, credentials: dict[str, Any]
) -> None:
    values = {name: f"some-{name}" for name in re.findall(r"{(\w+)}", operation.path)}
    stamp, body = Stamp(0, "n"), operation.example if operation.body else None
    call = signed(dialect, operation, values, body, credentials, stamp, b"127.0.0.1")
    owners = Owners(DIALECTS)
    owner = owners.of(call)
    assert owner is not None
    assert owner.dialect is dialect
    claiming = [o.dialect for o in owners.below(call.path) if o.dialect.claims is not None]
    assert [d.name for d in claiming if d.claims and d.claims(call)] in ([], [dialect.name])


@pytest.mark.parametrize("slashes", ["//", "///"])
@pytest.mark.parametrize("dialect", dialects(), ids=lambda d: d.name)
def test_a_path_with_an_empty_segment_is_refused_by_the_owner_of_the_next(
    dialect: Dialect, slashes: str, world: World
) -> None:
    for first in filter(None, dialect.roots):
        request = Request("GET", f"{slashes}{first}/iot/x/products".encode())
        owner = world.owners.of(request)
        assert owner is not None
        assert owner.dialect is dialect
        answer, exchange = world.exchange(request)
        assert isinstance(exchange.fault, faults.Unrouted)
        json.loads(answer.body)


@each_dialect
def test_a_dialects_placeholders_are_known_and_its_own(
    dialect: Dialect, credentials: dict[str, Any]
) -> None:
    parts = [credentials[part] for part in dialect.client.parts]
    known = placeholders(dialect, credentials)
    assert len(known) == sum(map(len, parts)), "two parts have a member of one name"
    assert all(known.items() >= part.items() for part in parts)
    examples = json.dumps([operation.example for operation in dialect.operations])
    assert set(re.findall(r'"{(\w+)}"', examples)) <= known.keys()


def test_a_dialect_behind_one_that_claims_everything_is_not_taken() -> None:
    with pytest.raises(ValueError, match="claims all of /, so toy is never asked"):
        Owners((*dialects(), TOY))


@each_dialect
def test_losses_name_fields_that_there_are(dialect: Dialect) -> None:
    for name, becomes in dialect.topics().losses.items():
        assert name in Profile.__struct_fields__
        assert becomes
    for name, becomes in dialect.topics().device_losses.items():
        assert name in devices.SAID
        assert becomes


# Words

VENDORS = {path.name for path in (HOME / "vendors").iterdir() if (path / "__init__.py").exists()}
# What a vendor is called by its folder, its dialects and their titles; and by people.
NAMES = {
    *VENDORS,
    *(d.name for d in dialects()),
    *(d.title.split()[0] for d in dialects()),
    "envision",
}
VENDOR_WORDS = re.compile(
    rf"(?<![a-z])(?:{'|'.join(sorted(map(re.escape, NAMES)))})", re.IGNORECASE
)


@pytest.mark.parametrize("layer", ["core", "dialect", "store"])
def test_the_inner_layers_know_no_vendor(layer: str) -> None:
    """Comments and docstrings may give a vendor as an example; names and values may not."""
    files = sorted((HOME / layer).rglob("*.py"))
    assert files
    for path in files:
        for line, word in words_of_the_program(path.read_text()):
            assert not VENDOR_WORDS.search(word), f"{layer}/{path.name}:{line}: {word}"


def test_what_composes_the_server_names_vendors_in_its_list_of_dialects_alone() -> None:
    tree = ast.parse((HOME / "main.py").read_text())
    [listing] = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "dialects"]
    assert listing.end_lineno is not None
    own = range(listing.lineno, listing.end_lineno + 1)
    for path in (
        HOME / "main.py",
        HOME / "service.py",
        HOME / "multiprocess.py",
        HOME / "engines.py",
    ):
        for line, word in words_of_the_program(path.read_text()):
            if path.name != "main.py" or line not in own:
                assert not VENDOR_WORDS.search(word), f"{path.name}:{line}: {word}"


def words_of_the_program(source: str) -> Iterator[tuple[int, str]]:
    """Every name and every text value in the source, with its line."""
    tree = ast.parse(source)
    prose = {
        id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)
    }  # texts that stand alone are documentation
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield line, node.value
        for attribute in ("id", "attr", "name", "arg", "module"):
            word = getattr(node, attribute, None)
            if isinstance(word, str):
                yield line, word


@pytest.mark.parametrize("layer", ["core", "store"])
def test_the_core_and_the_store_know_no_status_and_no_wire(layer: str) -> None:
    for path in sorted((HOME / layer).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert not re.match(r"(http|urllib|xml|email|uvicorn|requests)\b", name), path
            if isinstance(node, ast.Constant) and type(node.value) is int:
                assert node.value not in (400, 401, 403, 404, 405, 409, 413, 429, 503), (
                    f"{path.name}:{node.lineno} looks like an HTTP status"
                )


# A fifth vendor


def test_a_fifth_vendor_is_one_folder_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root, "dialects", lambda: DIALECTS)  # the line
    world = World(tmp_path)
    try:
        toy_answers(world)
    finally:
        world.close()


def toy_answers(world: World) -> None:
    credentials, other = world.tenant(), world.tenant()
    make, look = TOY.operations
    edge = Edge(Owners(DIALECTS), world.context)

    def send(request: Request) -> str:
        answer = world.run(edge.answer(request))
        return f"{answer.status} {answer.body.decode()}"

    def ask(operation: Operation, body: Any = None, by: Any = credentials, **given: Any) -> str:
        return send(signed(TOY, operation, given, body, by, Stamp(0, "n"), b"127.0.0.1"))

    example = filled(make.example, placeholders(TOY, credentials))
    assert example["home"].startswith("home-")
    made = ask(make, example)
    item = made.split("item=")[1].split("\n")[0]
    assert made == f"200 item={item}\ntitle=ball\n"
    assert ask(look, item=item) == made
    assert ask(make, example) == "409 no=twice\nwhy=ball is there already\n"
    assert ask(make, {"title": ""}).startswith("400 no=Invalid")
    assert ask(look, item="toy-nothing") == "404 no=nowhere\nwhy=no toy-nothing\n"
    # Another tenant's: neither its things nor its word for itself.
    assert ask(look, item=item, by=other) == f"404 no=nowhere\nwhy=no {item}\n"
    assert ask(make, example, by=other).startswith("400 no=NotFound")
    mixed = {**credentials, "toy": other["toy"]}
    assert ask(look, item=item, by=mixed).startswith("400 no=Unauthenticated")
    assert send(Request("GET", b"/toy")).startswith("400 no=Unrouted")
    twice = signed(TOY, look, {"item": item}, None, credentials, Stamp(0, "n"), b"127.0.0.1")
    twice = msgspec.structs.replace(twice, repeated=frozenset((b"toy-word",)))
    assert send(twice).startswith("400 no=Malformed")
    # What it does not claim of the root that it shares is the last owner's, as without it.
    assert send(Request("POST", b"/")).startswith("400 <?xml")
