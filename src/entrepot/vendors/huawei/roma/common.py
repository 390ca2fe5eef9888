"""What several calls share: addresses, paging, users, texts of one kind and the form of a refusal."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.dialect.check import Leniency

# DOC BUG: the English page forgets Chinese characters in names; the Chinese page and its example have them.
NAME = r"\A[\u4e00-\u9fa5A-Za-z0-9_-]+\Z"
_MOST = 999_999_999_999_999_999
ID = r"\A[A-Za-z0-9_-]+\Z"
USER = r"\A[A-Za-z0-9-]*\Z"
# Either empty, or the four classes, of these characters only (Authentication, password).
CLASSED = (
    r"\A(?:|(?=.*[0-9])(?=.*[A-Z])(?=.*[a-z])(?=.*[-~!@#$%^&*()_=+|\[{}\];:<>/?])"
    r"[-A-Za-z0-9~!@#$%^&*()_=+|\[{}\];:<>/?]+)\Z"
)


def trim(value: Any) -> Any:
    """Leading and trailing spaces are ignored (Creating a Product, model)."""
    return value.strip(" ") if isinstance(value, str) else value


def floor(value: Any) -> Any:
    """Rounds a fraction down (Creating a Product, template_id)."""
    if isinstance(value, float | Decimal) and -_MOST < value < _MOST + 1:
        return math.floor(value)
    return value


def user_name_is_long_enough(body: Any) -> list[Violation]:
    """10 at least, where it is given (Resetting Product Authentication, user_name)."""
    name = body.user_name
    return [Violation(("user_name",), "too_short", 10, name)] if name and len(name) < 10 else []


def password_is_long_enough(body: Any) -> list[Violation]:
    """8 at least, where it is given (Creating a Product, Authentication, password)."""
    password = body.password
    return [Violation(("password",), "too_short", 8)] if password and len(password) < 8 else []


UserNameGiven = Annotated[
    str, Meta(max_length=50, pattern=USER, description="10 to 50 characters.")
]
# DOC BUG: 8-32 characters here, 16-32 where a password is reset (2025), 10-80 in the SDK.
Password = Annotated[
    str,
    Meta(
        max_length=32,
        pattern=CLASSED,
        description="8 to 32 characters with a digit, both cases and a special character.",
    ),
]
Description = Annotated[str, Meta(max_length=200, description="Description.")]
Floored = Annotated[int, Meta(ge=1, le=_MOST, extra={"mend": floor})]


class Address(msgspec.Struct, kw_only=True):
    """Where every call goes."""

    project_id: Annotated[str, Meta(description="Project ID; `default` names the caller's own.")]
    instance_id: Annotated[str, Meta(description="Instance ID; `default` names the only one.")]


class Paging(Address, kw_only=True):
    """Which part of a list. Over 999 gives 999 (Querying Products, limit)."""

    limit: Annotated[int, Meta(ge=0, description="At most this many items; 999 at most.")] = 10
    # INFERRED: the notifications page says that a negative offset counts as 0; taken for all lists.
    offset: Annotated[int, Meta(description="How many items to leave out.")] = 0


class Made(Paging, kw_only=True):
    """Filters by who made a thing and when."""

    created_user_name: str | None = None
    created_date_start: Annotated[int | None, Meta(description="In ms, UTC.")] = None
    created_date_end: Annotated[int | None, Meta(description="In ms, UTC.")] = None


class Authentication(msgspec.Struct):
    """Credentials of a product (one-model-one-secret) or of a device (one-device-one-secret)."""

    user_name: str
    password: str


class UserName(msgspec.Struct):
    """A user as ROMA shows it."""

    user_id: str
    user_name: str


class Refusal(msgspec.Struct):
    """Every refusal's body."""

    error_code: str
    error_msg: str
    request_id: str


# Jackson on the other side: a number is taken for a String (the page's own example sends one) and
# "0" for an Integer; an empty text for an Integer is none.
LENIENT = Leniency(
    number_as_text=True, text_as_number=True, empty_as_null=True, exact_fractions=True
)
