"""Permissions: what covers what."""

from __future__ import annotations

import pytest

from entrepot.core.caller import PERMISSIONS, allows


@pytest.mark.parametrize("wanted", PERMISSIONS)
def test_a_permission_is_covered_by_itself_its_kind_and_everything(wanted: str) -> None:
    kind = wanted.partition(":")[0]
    for held in (wanted, f"{kind}:*", "*"):
        assert allows((held,), wanted)
        assert allows(("nothing:read", held), wanted)


@pytest.mark.parametrize("wanted", PERMISSIONS)
def test_nothing_else_covers_it(wanted: str) -> None:
    others = [p for p in PERMISSIONS if p != wanted]
    kinds = {p.partition(":")[0] for p in PERMISSIONS} - {wanted.partition(":")[0]}
    assert not allows(tuple(others), wanted)
    assert not allows(tuple(f"{k}:*" for k in kinds), wanted)
    for held in ("", ":*", "*:*", wanted.upper(), wanted[:-1], wanted.partition(":")[0], "**"):
        assert not allows((held,), wanted)
    assert not allows((), wanted)
