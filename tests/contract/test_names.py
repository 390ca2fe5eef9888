"""Modules, classes and functions have the field's names: a lock, a cache, a worker, and not a house with a gate."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Pictures that stood for things which have a name already.
PICTURES = {
    "ahead", "crew", "door", "ending", "front", "gate", "hands", "homes", "house", "office", "place", "places",
    "retelling", "shelf", "sole", "tally", "town", "walk", "yard",
}  # fmt: skip


def words(name: str) -> set[str]:
    """The words of a name, in small letters."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def names(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each module, class and function; of tests modules and classes alone, because theirs are sentences."""
    for file in sorted(folder.rglob("*.py")):
        yield file, file.stem
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ClassDef) or (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and folder.name != "tests"
            ):
                yield file, node.name


def test_no_name_is_a_picture() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {name}"
        for folder in ("src", "bench", "tests")
        for file, name in names(ROOT / folder)
        if words(name) & PICTURES
    ]
    assert not found, "\n".join(["name what it is in the field's words:", *found])


def test_names_are_split_into_words() -> None:
    assert words("test_OpenHouse_IOTest") == {"test", "open", "house", "io"}
