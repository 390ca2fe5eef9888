"""Whatever one caller sends, another has its lists; `python -m tests.faults.fairness` says in which time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import postgres
from tests.faults.fairness import HEAD, SHORT, figures
from tests.faults.much_work import ATTACKS


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nobody_is_refused_for_what_another_sends(tmp_path: Path, engine: str) -> None:
    store = postgres.database(tmp_path) if engine == "postgres" else ""
    found = list(figures(engine, tmp_path, store, ATTACKS, SHORT))
    print(HEAD, *(figure.line() for figure in found), sep="\n")
    assert [figure.attack for figure in found] == ["none", *(attack.name for attack in ATTACKS)]
    for figure, attack in zip(found[1:], ATTACKS, strict=True):
        assert set(figure.victim.statuses) == {200}, figure.line()
        assert figure.attacker.seconds, figure.line()
        # Otherwise it is no attack: whoever is not believed is refused before any work.
        told = figure.attacker.statuses.keys() & {401, 403, 404}
        assert not (told and attack.known), (figure.line(), figure.attacker.first)
        assert b'"99403"' not in figure.attacker.first
    postgres.drop(tmp_path)
