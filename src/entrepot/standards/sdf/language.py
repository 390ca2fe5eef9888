"""The words of SDF (RFC 9880) for values, and what its flags mean."""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import Access
from entrepot.standards import units
from entrepot.standards.schema import Labelled, Language, Plain, text
from entrepot.standards.sdf.comments import PREFIX

NAME = "sdf"

own = Spelling(NAME)

# readable, writable, observable; each true where nothing is said
ACCESS: dict[Access, tuple[bool, bool, bool]] = {
    "r": (True, False, False),
    "w": (False, True, False),
    "n": (False, False, True),
    "rw": (True, True, False),
    "rn": (True, False, True),
    "wn": (False, True, True),
    "rwn": (True, True, True),
}
FLAGS = ("readable", "writable", "observable")
ACCESSES = {flags: access for access, flags in ACCESS.items()}

# RFC 9880, appendix A: of the words for data these alone are for the items of an array
_ITEM_MEMBERS = frozenset(
    ["type", "sdfChoice", "enum", "minimum", "maximum", "format", "minLength", "maxLength", "required", "properties"]
)  # fmt: skip


def _choices(labelled: Labelled) -> Plain:
    if all(label is None and isinstance(value, str) for value, label in labelled):
        return {"enum": [value for value, _ in labelled]}
    found: dict[str, Plain] = {}
    for value, label in labelled:
        spelled = _spelled(value)
        # the label names the choice where it can: a name is one choice's, without a colon
        if label is not None and label != spelled and label not in found and ":" not in label:
            found[label] = {"const": value}
        elif label is None:
            found[spelled] = {"const": value}
        else:
            found[spelled] = {"label": label, "const": value}
    return {"sdfChoice": found}


def _constants(plain: Plain) -> Labelled | None:
    if isinstance(listed := plain.get("enum"), list):
        return [(value, None) for value in listed]
    found = plain.get("sdfChoice")
    if not isinstance(found, dict) or not all(isinstance(c, dict) for c in found.values()):
        return None
    if any(not c.keys() <= {"const", "label", "description", "$comment"} for c in found.values()):
        return None  # alternatives of more than one value
    return [_constant(name, choice) for name, choice in found.items()]


def _constant(name: str, choice: Plain) -> tuple[Any, str | None]:
    value, label = choice.get("const", name), text(choice.get("label"))
    return value, name if label is None and name != _spelled(value) else label


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _takes_default(value: Any) -> bool:
    # RFC 9880, appendix A, allowed-types: of arrays, those of one simple type
    if not isinstance(value, list):
        return True
    kinds = {"number" if type(one) in (int, float) else type(one).__name__ for one in value}
    return len(kinds) <= 1 and kinds <= {"number", "str", "bool"}


LANGUAGE = Language(
    own=own,
    prefix=PREFIX,
    label="label",
    labels=f"{PREFIX}labels",
    ref="sdfRef",
    binary=("sdfType", "byte-string"),
    item_members=_ITEM_MEMBERS,
    choices=_choices,
    constants=_constants,
    takes_default=_takes_default,
    unit="unit",
    unit_name=lambda unit: unit.senml,
    units=units.SENML,
)
