"""EnOS's units, an id and a multiplier, as the symbols that people read, and back; knows no model."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

# Source: Get Thing Model, Multiplier.
Multiplier = Literal[
    "YOTTA", "ZETTA", "EXA", "PETA", "TERA", "GIGA", "MEGA", "KILO", "HECTO", "DECA", "ONE",
    "DECI", "CENTI", "MILLI", "MICRO", "NANO", "PICO", "FEMTO", "ATTO", "ZEPTO", "YOCTO",
]  # fmt: skip
ONE: Final = "ONE"
PREFIXES: dict[str, str] = dict(
    zip(get_args(Multiplier), (*"YZEPTGMkh", "da", "", *"dcmμnpfazy"), strict=True)
)

# Ids are symbols in every sample (°C, rpm). INFERRED: those that take a multiplier, where a symbol
# could be read either way (cd is no centi-d, min no milli-in).
_COMMON = ("TERA", "GIGA", "MEGA", "KILO", "MILLI", "MICRO", "NANO")
_SCALED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("A", "Ah", "V", "W", "Wh", "VA", "VAh", "var", "varh", "Hz", "J", "N", "Ω", "S", "F", "H",
         "g", "s", "m", "L", "l", "B", "bit", "bps", "W/m²", "Gy", "Sv", "mol"),
        _COMMON,
    ),
    "Pa": (*_COMMON, "HECTO"),
    "bar": ("MILLI",),
}  # fmt: skip
_SCALED["m"] = (*_COMMON, "CENTI")

_UNITS: dict[str, tuple[str, str]] = {
    PREFIXES[multiplier] + base: (base, multiplier)
    for base, multipliers in _SCALED.items()
    for multiplier in multipliers
}


def symbol(unit: Any) -> str | None:
    """What the unit is called: kWh for {unitId: Wh, multiplier: KILO}; a text is a symbol already."""
    if isinstance(unit, str):
        return unit or None
    if not isinstance(unit, dict) or not isinstance(unit.get("unitId"), str):
        return None
    return PREFIXES.get(str(unit.get("multiplier")), "") + unit["unitId"] or None


def unit(symbol: str | None) -> dict[str, str] | None:
    """The unit of this symbol; one that is not known is an id of its own."""
    if symbol is None:
        return None
    id, multiplier = _UNITS.get(symbol, (symbol, ONE))
    return {"unitId": id, "multiplier": multiplier}
