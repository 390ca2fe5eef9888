"""What one form may cost others: pages of a bounded size, made in turns by tenant."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from entrepot import main as root
from entrepot.core.faults import Fault
from entrepot.dialect.request import Answer, Request
from entrepot.explorer import Explorer, World, calling, session, shown
from tests.cli.console import Console
from tests.explorer.browser import HOME, signed_in
from tests.server import Server

CREATE = f"{HOME}/iotda/CreateProduct"
LARGEST_PAGE = 1 << 20


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("large")) as server:
        yield server


def product(services: int, name: str = "large") -> dict[str, Any]:
    """With twenty properties in each service; 200 services are 400 KB."""
    properties = [
        {"property_name": f"p{n}", "data_type": "int", "min": "1", "max": "9", "method": "RW"}
        for n in range(20)
    ]
    services_ = [
        {"service_id": f"s{n}", "service_type": f"s{n}", "properties": properties}
        for n in range(services)
    ]
    given = {"name": name, "device_type": "t", "protocol_type": "MQTT", "data_format": "json"}
    return {**given, "service_capabilities": services_}


def nested(depth: int, items: int) -> str:
    return "[" * depth + ",".join("1" * items) + "]" * depth


def test_a_large_product_is_made_and_its_page_stays_small(running: Server) -> None:
    browser = signed_in(running)
    page = browser.send(CREATE, body=json.dumps(product(200)))
    assert "201 Created" in page.text
    assert len(page.html) < LARGEST_PAGE
    assert page.form("#answer").values["body"] == ""
    assert "they are not repeated" in page.text
    assert "Only the beginning is shown" in page.text
    assert all(len(text) <= shown.MOST_SHOWN for text in page.shown)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(product(100)),
        json.dumps({f"k{n}": {} for n in range(60_000)}),
        nested(300, 20_000),
    ],
    ids=["product", "keys", "deep"],
)
@pytest.mark.parametrize(
    ("language", "said"), [("en", "the code has the example instead"), ("zh", "代码以示例代替")]
)
def test_code_of_what_is_long_or_deep_is_of_the_example_and_says_so(
    running: Server, body: str, language: str, said: str
) -> None:
    browser = signed_in(running, accept_language=language)
    page = browser.submit(browser.get(CREATE), "#answer", do="code", body=body)
    assert len(page.html) < LARGEST_PAGE
    assert said in page.text
    assert "body.json" in page.text
    assert page.code == browser.get(CREATE).code


def test_code_that_becomes_long_is_cut_and_says_so(running: Server) -> None:
    browser = signed_in(running)
    page = browser.submit(browser.get(CREATE), "#answer", do="code", body=nested(15, 20_000))
    assert "Only the beginning of the code is shown" in page.text
    assert [len(text) for text in page.code] == [shown.MOST_SHOWN] * 2
    small = browser.submit(browser.get(CREATE), "#answer", do="code", body=json.dumps(product(5)))
    assert "Only the beginning" not in small.text
    assert "the example instead" not in small.text


def test_a_body_of_too_many_values_is_not_sent(running: Server) -> None:
    browser = signed_in(running)
    page = browser.send(CREATE, body="[" + "{}," * 100_001 + "{}]")
    assert "Nothing was sent." in page.text
    assert "holds more than 100,000 values" in page.text


def test_an_answer_that_is_deep_is_shown_as_it_came() -> None:
    body = nested(300, 20_000)
    outcome = calling._outcome(Request("GET", b"/"), Answer(200, body.encode()), 1.0, set())
    assert outcome.body == body
    assert shown.readable(b'{"a": [1e2, {}], "b": "[[[["}') == (
        '{\n  "a": [\n    1e2,\n    {}\n  ],\n  "b": "[[[["\n}'
    )


@pytest.mark.parametrize(
    ("text", "deep"),
    [
        (nested(16, 1), False),
        (nested(17, 1), True),
        ('{"a":' * 16 + "1" + "}" * 16, False),
        ('[{"a":' * 9 + "1" + "}]" * 9, True),
        (json.dumps("[" * 100 + '"' + "{" * 100), False),
        ("[" * 100, True),
        ("", False),
        ('"' + '\\"' * 500_000, False),
    ],
)  # fmt: skip
def test_depth_is_told_from_brackets_outside_of_texts(text: str, deep: bool) -> None:
    assert shown.is_deep(text) == deep


def test_a_secret_is_hidden_before_the_text_is_cut() -> None:
    body = "x" * (shown.MOST_SHOWN - 4) + "secret-word"
    answer = Answer(200, body.encode())
    outcome = calling._outcome(Request("GET", b"/"), answer, 1.0, {"secret-word"})
    assert outcome.body.endswith("x****")


def test_forms_take_turns_by_tenant(tmp_path: Path) -> None:
    console = Console(tmp_path / "data").with_dev()
    assert console("tenant", "create", "other").status == 0
    installation = console.opened()
    try:
        finished = asyncio.run(_finished(installation))
    finally:
        installation.close()
    assert sorted(finished) == ["dev"] * 20 + ["other"]
    assert finished.index("other") < 10


async def _finished(installation: root.Opened) -> list[str]:
    """Whose forms are answered, in that order: twenty of one tenant, then one of another."""
    finished: list[str] = []
    explorer, vault = _explorer(installation), installation.vault

    async def sent(tenant: str) -> None:
        user = root.first_user(installation, tenant)
        assert user is not None
        begun = session.begun(user, "", root.now_ms())
        line = session.Cookie(vault).written(begun, secure=False).partition(b";")[0]
        body = json.dumps(product(20))
        form = urlencode({"proof": begun.proof, "do": "code", "body": body}).encode()
        headers = {b"cookie": line, b"host": b"x"}
        answer = await explorer.answer(Request("POST", CREATE.encode(), headers=headers, body=form))
        assert answer.status == 200
        finished.append(tenant)

    await explorer.answer(Request("GET", HOME.encode(), headers={b"host": b"x"}))  # imports
    async with asyncio.TaskGroup() as tasks:
        for tenant in ["dev"] * 20 + ["other"]:
            tasks.create_task(sent(tenant))
    return finished


def _explorer(installation: root.Opened) -> Explorer:
    async def nobody(request: Request) -> tuple[Answer, Fault | None]:
        raise AssertionError("nothing is sent")

    _, context = root.context_of(installation)
    vault = installation.vault
    return Explorer(
        World(
            dialects=root.dialects(),
            context=context,
            ask=nobody,
            credentials=lambda tx, *who: root.credentials_in(tx, vault, *who),
            first_password=lambda tenant: "",
        )
    )
