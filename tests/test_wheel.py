"""What users install: the wheel serves with what it requires and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from entrepot import __version__
from tests.wheel import built, empty_environment, environment, install, link_requirements, serves


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that knows the wheel and its requirements alone."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = built(folder)
    interpreter = empty_environment(folder / "venv")
    link_requirements(wheel, interpreter)
    install(wheel, interpreter, "--no-index", "--no-deps")
    return interpreter


def said(python: Path, *words: str | Path) -> str:
    done = subprocess.run([python, *words], capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_wheel_serves_and_looks_its_data_over(python: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert b"Entrepot" in serves(python, data)
    entrepot = python.with_name("entrepot")
    assert "WRONG" not in said(python, entrepot, "doctor", "--data", data)
    for words in (("product", "list"), ("sample", "iotda", "CreateProduct"), ("openapi", "roma")):
        options = () if words[0] == "openapi" else ("--data", str(data))
        assert said(python, entrepot, *words, *options)


def test_no_code_of_this_checkout_and_nothing_undeclared_is_found(python: Path) -> None:
    where = said(python, "-c", "import entrepot; print(entrepot.__file__)")
    assert where.startswith(str(python.parents[1]))
    missing = subprocess.run([python, "-c", "import pytest"], capture_output=True)
    assert missing.returncode == 1


def test_the_version_is_answered_before_the_parser_or_anything_else_is_imported(
    python: Path,
) -> None:
    program = (
        "import sys; before = set(sys.modules); from entrepot.cli import main; main(['--version']);"
        "print(*sorted(set(sys.modules) - before))"
    )
    version, modules = said(python, "-c", program).splitlines()
    assert version == __version__
    outside = {m for m in modules.split() if m.partition(".")[0] not in sys.stdlib_module_names}
    assert outside == {"entrepot", "entrepot.cli"}
    assert not {"asyncio", "inspect", "dataclasses"} & set(modules.split())
