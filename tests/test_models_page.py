"""What the pages on thing models and the READMEs show is what happens; knows no vendor's words."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from pathlib import Path

import pytest

from entrepot import models
from tests.cli.console import say

ROOT = Path(__file__).parents[1]
MANUALS = (ROOT / "docs" / "models.md", ROOT / "docs" / "models.zh.md")
PAGES = (*MANUALS, ROOT / "README.md", ROOT / "README.zh.md")

_CONSOLE = re.compile(r"^```console\n(\$ entrepot model .*?)^```$", re.MULTILINE | re.DOTALL)


def sessions(page: Path) -> list[tuple[str, str]]:
    """Each command that the page shows, with what it prints."""
    found = []
    for block in _CONSOLE.findall(page.read_text(encoding="utf-8")):
        for part in block.split("$ ")[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_the_commands_of_a_page_print_what_it_shows(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples" / "models", tmp_path / "examples" / "models")
    monkeypatch.chdir(tmp_path)
    shown = sessions(page)
    assert len(shown) >= 2
    for command, printed in shown:
        program, *words = shlex.split(command)
        assert program == "entrepot"
        said = say(*words)
        assert said.status == 0, said.err
        assert said.out + said.err == printed, command


@pytest.mark.parametrize("page", MANUALS, ids=lambda p: p.name)
def test_the_examples_in_python_are_true(page: Path) -> None:
    done = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert done.attempted > 10
    assert done.failed == 0


@pytest.mark.parametrize("page", MANUALS, ids=lambda p: p.name)
def test_every_function_is_on_the_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in ("check", "convert", "diff", "read", "recognise", "write"):
        assert callable(getattr(models, name))
        assert f"models.{name}(" in text


def test_every_example_is_in_the_format_that_its_name_says() -> None:
    files = sorted((ROOT / "examples" / "models").glob("*.json"))
    assert files
    for file in files:
        name = file.name.split(".")[1]
        text = file.read_bytes()
        assert models.recognise(text) == name
        assert models.check(text, name) == []
