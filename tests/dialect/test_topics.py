"""A start imports no topic of a dialect; the first request imports those of its dialect, and the rest come later."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = """
import sys
from entrepot import main as root
from entrepot.dialect.owners import Owners
from entrepot.dialect.request import Request

def topics():
    return sorted(m for m in sys.modules if m.startswith("entrepot.vendors.") and m.endswith(".topics"))

owners = Owners(root.dialects())
root.tenant_ids()
assert topics() == [], topics()
assert not [m for m in sys.modules if m.endswith((".formats.enos", ".convert", "standards"))
            and ".iam." not in m]
assert not owners.load_rest()  # nobody has asked for anything
assert topics() == [], topics()
owners.of(Request("GET", b"/v5/iot/x/products")).load()
assert topics() == ["entrepot.vendors.huawei.iotda.topics"], topics()
"""
REST = """
assert owners.load_rest()
assert len(topics()) == 4, topics()
assert not owners.load_rest()  # nothing is left
"""


CATALOG = """
import msgspec
from entrepot.core.models.authored import Authored
mine = Authored("enos", msgspec.Raw(b"{}"))
assert root.catalog().text(mine, "enos") == msgspec.Raw(b"{}")  # the author's own words need no format
assert len(topics()) == 1, topics()
assert root.catalog().reads(mine)
assert topics() == ["entrepot.vendors.enos.topics", "entrepot.vendors.huawei.iotda.topics"], topics()
"""


@pytest.mark.parametrize("then", [REST, CATALOG])
def test_topics_are_imported_when_they_are_asked_for(then: str) -> None:
    # A process of its own: in this one other tests have imported everything.
    command = [sys.executable, "-c", START + then]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
