"""Memory that a server has freed goes back to the system, so that one busy minute is not paid for all day."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.server import Server

# A large piece is freed first, which is what makes glibc keep others.
LEFT = """
import sys

def resident():
    return next(int(l.split()[1]) // 1024 for l in open("/proc/self/status") if l.startswith("VmRSS"))

def left():
    before = resident()
    bytearray(30 << 20)
    for piece in [bytearray(1 << 20) for _ in range(50)]:
        pass
    del piece
    return resident() - before
"""


def left_mb(words: str) -> int:
    """What a program of these words prints."""
    return int(subprocess.check_output([sys.executable, "-c", LEFT + words]))


def test_freed_memory_goes_back_only_since_glibc_is_told_so() -> None:
    told = "from entrepot.allocator import bound_freed_memory as tell\nassert tell()\n"
    assert left_mb("print(left())") > 40
    assert left_mb(f"{told}print(left())") < 10


def test_what_is_free_behind_something_in_use_goes_back_when_it_is_trimmed() -> None:
    told = "from entrepot.allocator import bound_freed_memory, trim\nbound_freed_memory()\n"
    words = "before = resident()\nlast = [bytearray(1 << 20) for _ in range(50)][-1:]\n"
    assert left_mb(f"{told}{words}print(resident() - before)") > 40
    assert left_mb(f"{told}{words}trim()\nprint(resident() - before)") < 10


def test_a_server_tells_it(tmp_path: Path) -> None:
    serve = (
        "from entrepot.cli import main\nstatus = main()\nprint('left', left(), file=sys.stderr)\n"
    )
    program = (sys.executable, "-c", f"{LEFT}{serve}sys.exit(status)")
    with Server(tmp_path / "data", program=program) as server:
        assert server.stop() == 0
        found = re.search(r"left (-?\d+)", server.said)
        assert found is not None
        assert int(found[1]) < 20  # left alone, glibc would keep all 50
