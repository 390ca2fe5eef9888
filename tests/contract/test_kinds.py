"""A kind of thing is one line of `KINDS`, and these tests say what else a new one lacks."""

from __future__ import annotations

from pathlib import Path

from entrepot.core.kinds import INSTALLATION, KINDS
from entrepot.core.ports import Tx
from tests.contract.furnished import furnished
from tests.contract.world import World


def test_a_furnished_tenant_has_every_kind_of_thing(tmp_path: Path) -> None:
    """What it lacks, no test of permissions, of tenants or of lists would ask for."""
    world = World(tmp_path)
    try:
        tenant = furnished(world).tenant.id

        def lacking(tx: Tx) -> list[str]:
            return [
                kind.name
                for kind in KINDS
                if not tx.count(kind.type, INSTALLATION if kind.everywhere else tenant)
            ]

        assert world.installation.store.read_now(lacking) == []
    finally:
        world.close()
