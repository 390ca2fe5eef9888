"""A thing model as a text, with the dialect that can read it."""

from __future__ import annotations

import msgspec

from entrepot.core.models.differences import Difference


class Authored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A thing model exactly as its author wrote it: the dialect that can read it, and the text.

    The text is JSON in that dialect's own spelling. It is the truth; what it means to another
    dialect is derived from it on reading (docs/decisions/0003). `parked` is what earlier authors
    said in words that this dialect does not have; it is read with the text.
    """

    dialect: str
    text: msgspec.Raw
    parked: tuple[Difference, ...] = ()
