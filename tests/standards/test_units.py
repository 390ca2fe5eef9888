"""A unit has one row, and each name in it leads back to it."""

from __future__ import annotations

import pytest

from entrepot.standards import units
from entrepot.standards.units import UNITS, known


def test_every_name_is_one_units() -> None:
    assert len(units.SYMBOLS) == len(UNITS)
    assert len(units.QUDT) == sum(bool(unit.qudt) for unit in UNITS)
    assert len(units.SENML) == sum(bool(unit.senml) for unit in UNITS)
    assert len(units.DTDL) == sum(bool(unit.dtdl) for unit in UNITS)
    assert all(bool(unit.dtdl) == bool(unit.quantity) for unit in UNITS)


@pytest.mark.parametrize(
    ("written", "symbol"),
    [("°C", "°C"), ("℃", "°C"), ("\u2126", "Ω"), ("Ω", "Ω"), ("m3", "m³"), ("\u03bcm", "\u00b5m")],
)
def test_other_spellings_are_known(written: str, symbol: str) -> None:
    unit = known(written)
    assert unit is not None
    assert unit.symbol == symbol


def test_what_is_no_unit_is_none() -> None:
    assert known("widgets") is None
    assert known("") is None
