"""A short run of the attacks on memory, all at once; `python -m tests.faults.memory` is the long one."""

from __future__ import annotations

from pathlib import Path

from entrepot.dialect.client import Credentials
from tests.faults.attacks import ATTACKS
from tests.faults.memory import RESIDENT_MB, attacked
from tests.server import Server


def test_all_attacks_together_take_no_more_memory_than_there_may_be(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        users: list[Credentials] = []
        for name in ("dev", "large", "stranger"):
            if name != "dev":
                server.run("tenant", "create", name)
            server.run("tenant", "set", name, "rate_limits=false")
            users.append(server.credentials(name))
        names = [name for name in ATTACKS if name != "slow handshakes"]
        figures = attacked(server, names, 4, users, tls=False)
        assert figures.resident_mb < RESIDENT_MB
        assert not figures.failed, figures.failed
        assert figures.creates_ms
