"""Memory that a server has freed goes back to the system, so that one busy minute is not paid for all day."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.server import Server

# A large piece is freed first, which is what makes glibc keep others; then one of many stays behind them.
LEFT = """
import sys

def resident():
    return next(int(l.split()[1]) // 1024 for l in open("/proc/self/status") if l.startswith("VmRSS"))

def left():
    before = resident()
    bytearray(30 << 20)
    kept = [bytearray(1 << 20) for _ in range(150)][-1]
    return resident() - before
"""


def test_large_pieces_go_back_only_since_glibc_is_told_so() -> None:
    told = "from entrepot.allocator import bound_freed_memory as tell\nassert tell()\n"
    left_mb = [
        int(subprocess.check_output([sys.executable, "-c", f"{LEFT}{first}print(left())"]))
        for first in ("", told)
    ]
    assert left_mb[0] > 100
    assert left_mb[1] < 10


def test_a_server_tells_it(tmp_path: Path) -> None:
    serve = (
        "from entrepot.cli import main\nstatus = main()\nprint('left', left(), file=sys.stderr)\n"
    )
    program = (sys.executable, "-c", f"{LEFT}{serve}sys.exit(status)")
    with Server(tmp_path / "data", program=program) as server:
        assert server.stop() == 0
        found = re.search(r"left (\d+)", server.said)
        assert found is not None
        assert int(found[1]) < 10
