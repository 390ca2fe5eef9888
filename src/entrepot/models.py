"""Thing models as plain functions: read, write, convert, check and compare. Touches no data directory.

A text is JSON as a vendor's API or a standard has it. A format is named as in `formats()`; where none
is named, a text is recognised from its content. All that can be wrong with a text is a ValueError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from entrepot import main as root
from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.core.models import conversion, evolution
from entrepot.core.models.conversion import Converted, Format, Loss, Report
from entrepot.core.models.evolution import Change
from entrepot.core.models.thing_model import ThingModel

__all__ = [
    "Change", "Converted", "Loss", "Report", "ThingModel", "Violation",
    "check", "convert", "diff", "formats", "read", "recognise", "report", "write",
]  # fmt: skip

Text = str | bytes
R = TypeVar("R")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def formats() -> dict[str, str]:
    """What each format is, by its name."""
    return {name: one.title for name, one in root.catalog().formats.items()}


def recognise(text: Text) -> str:
    """The name of the format that the text is in.

    Raises:
        ValueError: it is not JSON, or no format or several take it for their own; says which.
    """
    catalog = root.catalog()
    found = catalog.candidates(_careful(msgspec.json.decode, _bytes(text)))
    if len(found) == 1:
        return found[0].name
    names = ", ".join(f.name for f in found or catalog.formats.values() if f.read is not None)
    raise ValueError(
        f"this may be any of {names}: say which"
        if found
        else f"this looks like none of {names}: say which it is"
    )


def read(text: Text, source: str = "", parked: Report | None = None) -> ThingModel:
    """The canonical model that the text says; with a report, also what was parked in that.

    Raises:
        ValueError: the text is no model of the format, or the report is of another one.
    """
    format, raw = _format(text, source), _bytes(text)
    return _careful(lambda raw: _model(raw, format, parked), raw)


def write(model: ThingModel, to: str) -> bytes:
    """The model in the words of a format. What it cannot say is gone: `convert` tells what.

    Raises:
        ValueError: there is no such format.
    """
    return root.catalog().named(to).write(model)


def convert(text: Text, to: str, source: str = "", parked: Report | None = None) -> Converted:
    """The text in the words of another format, and a report of every difference.

    `parked`: the report of the conversion that made this text; what was parked then comes back.

    Raises:
        ValueError: the text is no model of the format, or the report is of another one.
    """
    target, format, raw = root.catalog().named(to), _format(text, source), _bytes(text)
    return _careful(
        lambda raw: conversion.written(_model(raw, format, parked), target, format.name), raw
    )


def check(text: Text, to: str, source: str = "") -> list[Violation]:
    """Every limit of a format's own API that the model breaks; a text in another format is converted first.

    Raises:
        ValueError: the text is no model of the format that it is in.
    """
    target, format, raw = root.catalog().named(to), _format(text, source), _bytes(text)
    if format is not target:
        raw = target.write(read(text, format.name))
    return list(target.check(raw))


def diff(old: Text, new: Text, source: str = "") -> list[Change]:
    """What changed from one model to another, each with what it means for whoever uses the old one.

    Raises:
        ValueError: a text is no model of the format that it is in.
    """
    formats = _format(old, source), _format(new, source)
    before, after = read(old, formats[0].name), read(new, formats[1].name)
    found = evolution.changes(before, after)
    if formats[0] is formats[1]:
        return found
    return [c for c in found if "extras" not in c.path]  # how each spells it is no change


def report(text: Text) -> Report:
    """The report of a conversion, as it was written to a file.

    Raises:
        ValueError: it is none.
    """
    try:
        return msgspec.json.decode(_bytes(text), type=Report)
    except msgspec.DecodeError as error:
        raise ValueError(f"not the report of a conversion: {error}") from None
    except RecursionError:
        raise ValueError("not the report of a conversion: nested too deep") from None


def _format(text: Text, name: str) -> Format:
    return root.catalog().named(name or recognise(text))


def _bytes(text: Text) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return raw.removeprefix(_BYTE_ORDER_MARK)


def _model(raw: bytes, format: Format, parked: Report | None) -> ThingModel:
    model = conversion.well_typed(conversion.read(raw, format, _differences(parked, format)))
    if parked is not None:
        _check_spelling(model, format)
    return model


def _check_spelling(model: ThingModel, format: Format) -> None:
    """Checks that what a report had kept of the format's own spelling can be written.

    A report is a file that anybody may have changed, and writers take such members as they are.

    Raises:
        ValueError: it cannot be written.
    """
    try:
        format.write(model)
    except conversion.UNREADABLE:
        raise ValueError(
            f"what was parked in the report is no spelling of {format.name}: "
            "use the report as the conversion wrote it"
        ) from None


def _differences(parked: Report | None, source: Format) -> tuple[Any, ...]:
    if parked is None:
        return ()
    if parked.target != source.name:
        raise ValueError(
            f"the report is of a conversion to {parked.target}, and this text is {source.name}"
        )
    return parked.parked


def _careful(work: Callable[[bytes], R], raw: bytes) -> R:
    try:
        return work(raw)
    except Malformed as fault:
        raise ValueError(fault.reason) from None
    except Invalid as fault:
        wrong = "; ".join(f"{v.field}: {v.kind.replace('_', ' ')}" for v in fault.violations)
        raise ValueError(wrong) from None
    except msgspec.DecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    except RecursionError:
        raise ValueError("nested too deep") from None
