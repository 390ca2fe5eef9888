"""PostgreSQL is killed under load: what was answered is there, what was refused is not, the node goes on."""

from __future__ import annotations

from pathlib import Path

from tests.faults.interrupted import interrupted
from tests.postgres import PostgresServer


def test_a_killed_postgresql_loses_no_answer_and_keeps_nothing_that_was_refused(
    tmp_path: Path,
) -> None:
    """`python -m tests.faults.kill --victim postgres` does so a hundred times."""
    server = PostgresServer()
    try:
        done = list(interrupted(server, tmp_path, rounds=2))
    finally:
        server.remove()
    assert len(done) == 2
    assert all(round.answered for round in done)
