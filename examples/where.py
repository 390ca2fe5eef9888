"""Where the server is and what to call it with, so that the scripts beside this file need not ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

URL = os.environ.get("ENTREPOT_URL", "http://127.0.0.1:8080").rstrip("/")
HOST = URL.partition("://")[2]


def credentials() -> dict[str, Any]:
    """What `entrepot credentials --json` prints.

    It is asked of the data directory, which ENTREPOT_DATA may name. On another machine, where
    there is none, ENTREPOT_CREDENTIALS names a file that holds what it printed.
    """
    file = os.environ.get("ENTREPOT_CREDENTIALS")
    text = Path(file).read_text(encoding="utf-8") if file else _printed("credentials", "--json")
    known: dict[str, Any] = json.loads(text)
    return known


def _printed(*words: str) -> str:
    if find_spec("entrepot") is None:
        raise SystemExit(
            "this Python has no Entrepot: run `. .venv/bin/activate` first,"
            " or name a file of credentials in ENTREPOT_CREDENTIALS"
        )
    command = (sys.executable, "-m", "entrepot", *words)
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from None  # it said why


def show(answer: Any) -> None:
    """Print what an SDK answered."""
    print(json.dumps(answer, indent=2, ensure_ascii=False))
