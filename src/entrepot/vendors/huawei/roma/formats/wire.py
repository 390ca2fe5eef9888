"""A thing model as ROMA spells it.

Source: the pages of "Service Management", their OpenAPI definitions and huaweicloudsdkroma 3.1.219.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.core.models.thing_model import decimal
from entrepot.dialect.rules import Unique
from entrepot.vendors.huawei.roma.common import (
    ID,
    NAME,
    Description,
    floor,
)

PROPERTY = r"\A[A-Za-z][A-Za-z0-9_-]*\Z"
METHOD = r"\A[RWE]+\Z"
MOST_LENGTH = 999_999
MOST_NUMBER = Decimal("7.9228E+28")
_NUMBERS = ("integer", "number")
_WITH_LENGTH = ("string", "datetime", "json")

ServiceName = Annotated[str, Meta(min_length=2, max_length=64, pattern=NAME)]
CommandName = Annotated[str, Meta(min_length=2, max_length=50, pattern=ID)]
PropertyName = Annotated[str, Meta(min_length=2, max_length=50, pattern=PROPERTY)]
# DOC BUG: services may also have the status 2 (deleted) on the newest page, which only its
# synchronisation of templates gives.
Status = Annotated[Literal[0, 1], Meta(description="0: enabled, 1: disabled.")]
# DOC BUG: a request has the first five alone, an answer all seven; the text on enum_dict needs boolean.
DataType = Literal["integer", "number", "string", "datetime", "json", "boolean", "array"]
BOUND = 10  # characters
Bound = Annotated[str, Meta(max_length=BOUND)]
Length = Annotated[int, Meta(ge=1, le=MOST_LENGTH, extra={"mend": floor})]
# INFERRED: no page gives limits for it.
Labels = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=200)]],
    Meta(max_length=200, description="What a value is called; of a boolean, 0 and 1."),
]


def numbers_have_bounds(body: Parameter) -> list[Violation]:
    """min and max are mandatory for integer and number, and numbers of any size.

    DOC BUG: they are mandatory and have defaults; so has step, which is taken to be what it is not
    said to be. INFERRED: that they must be numbers.
    """
    if body.data_type not in _NUMBERS:
        return []
    found = [Violation((n,), "missing") for n in ("min", "max") if not getattr(body, n)]
    for name in ("min", "max", "step"):
        text = getattr(body, name)
        if not text:
            continue
        value = decimal(text)
        if value is None or (body.data_type == "integer" and value != value.to_integral_value()):
            article = "an" if body.data_type == "integer" else "a"
            found.append(Violation((name,), "rule", f"must be {article} {body.data_type}", text))
        elif value > MOST_NUMBER:
            found.append(Violation((name,), "too_large", MOST_NUMBER, text))
        elif value < -MOST_NUMBER:
            found.append(Violation((name,), "too_small", -MOST_NUMBER, text))
    return found


def texts_have_a_length(body: Parameter) -> list[Violation]:
    """max_length is mandatory for string, datetime and json."""
    if body.data_type in _WITH_LENGTH and body.max_length is None:
        return [Violation(("max_length",), "missing")]
    return []


class Parameter(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateRequestProperty and CreateResponseProperty, and of all updates of properties."""

    property_name: PropertyName
    data_type: DataType
    required: Annotated[Literal[0, 1], Meta(description="0: optional, 1: mandatory.")]
    description: Description | None = None
    min: Bound | None = None
    max: Bound | None = None
    step: Bound | None = None
    max_length: Length | None = None
    # DOC BUG: 50 in requests, 10 in answers.
    unit: Annotated[str, Meta(max_length=50)] | None = None
    enum_list: Annotated[str, Meta(max_length=2000, description="Separated by commas.")] | None = (
        None
    )
    enum_dict: Labels | None = None

    __rules__ = (numbers_have_bounds, texts_have_a_length)


class Property(Parameter, kw_only=True):
    """Body of CreateProperty."""

    method: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=3,
                pattern=METHOD,
                description="R: can be read, W: can be written, E: reports (20.0).",
            ),
        ]
        | None
    ) = None


# The document


class Command(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A command with what it takes and what it answers."""

    command_name: CommandName
    description: Description | None = None
    requests: Annotated[list[Parameter], Meta(extra={"rules": (Unique("property_name"),)})] = []
    responses: Annotated[list[Parameter], Meta(extra={"rules": (Unique("property_name"),)})] = []


class Service(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A service with all that is in it."""

    service_name: ServiceName
    status: Status = 0
    description: Description | None = None
    properties: Annotated[list[Property], Meta(extra={"rules": (Unique("property_name"),)})] = []
    commands: Annotated[list[Command], Meta(extra={"rules": (Unique("command_name"),)})] = []


class Document(msgspec.Struct, kw_only=True):
    """A whole model: all services of a product or a template."""

    services: Annotated[list[Service], Meta(extra={"rules": (Unique("service_name"),)})]
