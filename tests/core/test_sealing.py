"""Stored secrets open for the texts that they were sealed for, so those never change and stand in one module."""

from __future__ import annotations

import re
from pathlib import Path

import entrepot
from entrepot.core import sealing


def test_the_contexts_are_those_of_stored_secrets() -> None:
    assert sealing.access_key(17) == "key/17"
    assert sealing.granted_token(17) == "token/17"
    assert sealing.own_secret(5, "roma") == "secret/5/roma"
    assert sealing.own_secret(5, "iotda", "/2") == "secret/5/iotda/2"


def test_no_other_module_spells_one() -> None:
    [package] = entrepot.__path__
    spelled = re.compile(r'f"(key|token|secret)/\{')
    found = [
        file.name
        for file in Path(package).rglob("*.py")
        if file.name != "sealing.py" and spelled.search(file.read_text())
    ]
    assert not found
