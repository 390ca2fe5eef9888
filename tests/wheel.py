"""The wheel that users install, built and installed into an empty environment; knows no vendor.

`python -m tests.wheel` installs it as a user does, from the package index, and asks it to serve.
The tests take its requirements from the environment that they run in, which needs no network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from email import message_from_bytes
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path
from urllib.request import urlopen

from packaging.requirements import Requirement

from tests.server import Server

ROOT = Path(__file__).parents[1]


def built(folder: Path) -> Path:
    """Returns the wheel, which is built of this checkout."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


def metadata(wheel: Path) -> Message:
    """Returns what the wheel tells a package index and an installer."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def empty_environment(folder: Path) -> Path:
    """Returns the interpreter of a new environment with nothing in it, not even pip."""
    venv.create(folder, symlinks=True)
    return folder / "bin" / "python"


def install(wheel: Path, python: Path, *options: str) -> None:
    """Installs the wheel into the interpreter's environment, by the pip of this one."""
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", *options, wheel],
        check=True, capture_output=True, env=environment(),
    )  # fmt: skip


def link_requirements(wheel: Path, python: Path) -> None:
    """Links what the wheel requires, and what that requires, from this environment into the other."""
    there = _site_packages(python)
    for name in sorted(_required(metadata(wheel).get_all("Requires-Dist", []))):
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or ()} - {".."}:
            if top != "__pycache__" and not (there / top).exists():
                (there / top).symlink_to(Path(str(found.locate_file(top))))


def environment() -> dict[str, str]:
    """Returns the variables without this checkout's code on the path."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}


def serves(python: Path, data: Path) -> bytes:
    """Returns the page at /explorer of a server that the environment's own `entrepot` started."""
    program = (str(python.with_name("entrepot")),)
    with Server(data, program=program, variables={"PYTHONPATH": ""}) as server:
        with urlopen(f"{server.url}/explorer") as page:
            text: bytes = page.read()
        assert server.stop() == 0
    return text


def _required(texts: list[str]) -> set[str]:
    """Returns the names of what the requirements ask for, directly or by another."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting = [(text, "") for text in texts]
    while waiting:
        text, extra = waiting.pop()
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        names.add(wanted.name)
        requires = distribution(wanted.name).requires or []
        waiting += [(inner, e) for inner in requires for e in ("", *wanted.extras)]
    return names


def _site_packages(python: Path) -> Path:
    (found,) = python.parents[1].glob("lib/python*/site-packages")
    return found


def main() -> None:
    """Installs the wheel from the package index and serves; ends with an error where that fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = built(folder)
        python = empty_environment(folder / "venv")
        install(wheel, python, "--quiet")
        assert b"Entrepot" in serves(python, folder / "data")
    print(f"{wheel.name} installs from the package index and serves")


if __name__ == "__main__":
    main()
