"""`entrepot sample`: code that makes one call, by the vendor's SDK or by curl."""

from __future__ import annotations

import json
from typing import Annotated, Any

from cyclopts import Parameter

from entrepot import main as root
from entrepot.cli.options import StoreOptions, TenantName, dialect_named, print_dialects, readable
from entrepot.cli.output import print_table
from entrepot.cli.serving import own_url
from entrepot.dialect.calls import Form, form
from entrepot.dialect.code import snake
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.samples import Language
from entrepot.dialect.samples import sample as written


def sample(
    dialect: Annotated[
        str, Parameter(help="Name of the API; without one, the names.", show_default=False)
    ] = "",
    operation: Annotated[
        str,
        Parameter(help="Name of the operation; without one, those there are.", show_default=False),
    ] = "",
    *given: Annotated[str, Parameter(help="What to call it with, as `NAME=VALUE`.")],
    body: Annotated[
        str, Parameter(help="The body as JSON (default: the example's).", show_default=False)
    ] = "",
    language: Annotated[
        Language, Parameter("--as", help="By the vendor's SDK for Python, or by curl.")
    ] = "python",
    url: Annotated[
        str, Parameter(help="The server's address (default: where this one listens).")
    ] = "",
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """Print code that makes one call as a tenant; keys and secrets come from its environment.

    With nothing given it is the operation's example. Put an id where it says `YOUR_PRODUCT_ID`.
    """
    if not dialect:
        print_dialects()
        return
    served = dialect_named(dialect)
    if not operation:
        print_table(("name", "what it does"), ((o.name, o.summary) for o in served.operations))
        return
    wanted = _named(served, operation)
    with readable(store_options) as installation:
        known = root.credentials(installation, tenant)
        address = url or own_url(installation.config)
    shown = form(served, wanted, known)
    values = _values(shown, given)
    sent = _json(body) if body else shown.body
    print(written(served, wanted, values, sent, known, address, language), end="")


def _named(dialect: Dialect, name: str) -> Operation:
    """The operation of this name, in whatever case.

    Raises:
        ValueError: the dialect has none.
    """
    for operation in dialect.operations:
        if operation.name.lower() == name.lower():
            return operation
    raise ValueError(
        f"{dialect.title} has no operation {name!r}; `entrepot sample {dialect.name}` lists them"
    )


def _values(shown: Form, given: tuple[str, ...]) -> dict[str, Any]:
    """What is given, else the example; and something for whatever must be there."""
    named = dict(_pair(text) for text in given)
    begun = {name.partition(".")[0] for name in named}
    found: dict[str, Any] = {}
    for field in shown.fields:
        if field.name in begun or not (field.required or field.own or not named):
            continue
        if field.value is not None or field.required:
            found[field.name] = _some(field.name) if field.value is None else field.value
    return {**found, **named}


def _some(name: str) -> str:
    return f"YOUR_{snake(name).upper()}"


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise ValueError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"--body is no JSON: {error}") from None
