"""The first pages show what the examples print and commands that exist; knows no vendor."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.console import say
from tests.server import Server, environment

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(p.name for p in (ROOT / "examples").glob("*.py") if p.name != "where.py")
PAGES = ("README.md", "README.zh.md")
GUIDES = ("docs/getting-started.md", "docs/getting-started.zh.md")
MANUALS = ("docs/operations.md", "docs/operations.zh.md")
MODELS = ("docs/models.md", "docs/models.zh.md")
IN_BOTH_LANGUAGES = (PAGES, GUIDES, MANUALS, MODELS)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)\)|href=\"([^\"#:]+)\"")
_COMMAND = re.compile(r"^(?:\| `)?entrepot ([a-z|\\-]+(?: [a-z|\\]+)?)", re.MULTILINE)
_CALL = re.compile(r"\A\$ python examples/(\w+\.py)\n")
_CODE = re.compile(r"`([^`]+)`")
_NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")
_MEMBERS = (
    "ProductKey|ProductSecret|RequestId|app_id|create_time|created_datetime|data|id"
    "|last_updated_datetime|product_serial|requestId|user_id|user_name"
)
_VARYING = re.compile(rf'("(?:{_MEMBERS})": "?|through \w+: +|The product )([^\s",]{{6,}})')


def lasting(text: str) -> str:
    """`text` with every letter and digit of a value that no two runs share replaced by an x.

    Such values are ids, secrets and times: in JSON by the name of the member, in sentences by the
    words before them. How long they are and which signs are in them is left to be compared.
    """
    return _VARYING.sub(lambda m: m[1] + re.sub(r"[0-9A-Za-z]", "x", m[2]), text)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose development tenant has no products yet."""
    with Server(tmp_path_factory.mktemp("examples")) as running:
        yield running


def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The script, run as its page says."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["python", f"examples/{script}"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**environment(), "PATH": path, **variables},
    )  # fmt: skip


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and content of every fenced block of the page."""
    return _FENCE.findall((ROOT / page).read_text(encoding="utf-8"))


def outputs(page: str) -> dict[str, str]:
    """What the page shows of each script that it calls."""
    calls = [(m[1], text[m.end() :]) for _, text in blocks(page) if (m := _CALL.match(text))]
    assert len(calls) == len(dict(calls)), "a script is shown twice"
    return dict(calls)


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_example_prints_what_the_readmes_show(store: Server, script: str) -> None:
    done = run(script, ENTREPOT_URL=store.url, ENTREPOT_DATA=str(store.data))
    assert done.returncode == 0, done.stderr
    for page in PAGES:
        shown = outputs(page).get(script, "")
        assert lasting(shown) == lasting(done.stdout), f"{page} should show:\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_every_example_and_no_other(page: str) -> None:
    assert sorted(outputs(page)) == SCRIPTS


@pytest.mark.parametrize("page", [*PAGES, *GUIDES])
def test_the_code_on_a_page_is_code_of_an_example(page: str) -> None:
    sources = [(ROOT / "examples" / name).read_text(encoding="utf-8") for name in SCRIPTS]
    shown = [text for language, text in blocks(page) if language == "python"]
    assert shown
    for text in shown:
        assert any(text in source for source in sources), f"not in any example:\n{text}"


@pytest.mark.parametrize("page", [*PAGES, *GUIDES, *MANUALS, *MODELS])
def test_every_command_on_a_page_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {m.replace("\\", "") for m in _COMMAND.findall(text)}
    assert named
    for command in named:
        *group, last = command.split()
        for word in last.split("|"):
            words = (*group, word)
            assert say(*words, "--help").status == 0, f"{page}: entrepot {' '.join(words)}"


@pytest.mark.parametrize("page", [*PAGES, *GUIDES, *MANUALS, *MODELS])
def test_every_link_on_a_page_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [a or b for a, b in _LINK.findall(text)]
    assert links
    for link in links:
        assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"


@pytest.mark.parametrize(("english", "chinese"), IN_BOTH_LANGUAGES)
def test_both_languages_say_as_much(english: str, chinese: str) -> None:
    def outline(page: str) -> list[str]:
        text = (ROOT / page).read_text(encoding="utf-8")
        return re.findall(r"^(#+ |```\w*|\| )", text, re.MULTILINE)

    assert outline(english) == outline(chinese)


@pytest.mark.parametrize(("english", "chinese"), IN_BOTH_LANGUAGES)
def test_the_chinese_page_has_every_number_and_name_of_the_english_one(
    english: str, chinese: str
) -> None:
    def sections(page: str) -> list[Counter[str]]:
        text = _FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
        parts = re.split(r"^#+ .*$", text, flags=re.MULTILINE)
        return [
            Counter([" ".join(code.split()) for code in _CODE.findall(p)] + _NUMBER.findall(p))
            for p in parts
        ]

    for wanted, given in zip(sections(english), sections(chinese), strict=True):
        assert wanted - given == Counter()


def test_only_what_varies_is_left_out_of_the_comparison() -> None:
    kept = '{"code": 0, "data": "x", "ProductName": "Barometer", "user_name": "dev", "id": 12}'
    assert lasting(kept) == kept
    assert lasting('"data": "2zp6A70r", "id": 120671,') == '"data": "xxxxxxxx", "id": xxxxxx,'
    assert lasting("made through IoTDA:   08f2ae  Tap") == "made through IoTDA:   xxxxxx  Tap"


def test_credentials_can_come_in_a_file(store: Server, tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(store.run("credentials", "--json"), encoding="utf-8")
    elsewhere = {"ENTREPOT_URL": store.url, "ENTREPOT_DATA": str(tmp_path / "none")}
    done = run("enos_create_product.py", ENTREPOT_CREDENTIALS=str(file), **elsewhere)
    assert done.returncode == 0, done.stderr
    without = run("enos_create_product.py", **elsewhere)
    assert (without.returncode, without.stdout) == (1, "")
    assert without.stderr.count("\n") == 1
