"""Code that makes one call: a Python script with the vendor's SDK, or a shell script with curl.

No code holds a secret: the two keys and whatever else is one come from environment variables. Knows
no vendor; what is a vendor's is in its dialect's `client`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from entrepot.dialect import curl
from entrepot.dialect.calls import filled, placeholders, with_own
from entrepot.dialect.client import Asked, Credentials, Script
from entrepot.dialect.code import (
    ACCESS_KEY,
    SECRET_KEY,
    environment,
    hidden,
    variables,
)
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation

Language = Literal["python", "http"]
_HEAD = "# {title}, {name}: {summary}"


def sample(
    dialect: Dialect,
    operation: Operation,
    parameters: Mapping[str, Any],
    body: Any,
    credentials: Credentials,
    endpoint: str,
    language: Language = "python",
) -> str:
    """A script that makes the call at the endpoint (http://HOST:PORT) and prints the answer.

    Of the credentials only the account's ids are used. Where the SDK cannot say the call, it is the
    script with curl, and says so.

    Raises:
        ValueError: a parameter that the operation does not have, or cannot be written; or a path
            that lacks one. Says which.
    """
    values = _checked(dialect, operation, parameters, credentials)
    client, endpoint = dialect.client, endpoint.rstrip("/")
    lacking = [name for name in values if (operation.name, name) in client.lacks]
    if language == "http" or client.python is None or lacking:
        text = curl.script(dialect, operation, values, body, endpoint)
        why = [] if language == "http" else [_excuse(client.package, lacking)]
        return "\n".join((_head(dialect, operation, _tools(text)), *why, text))
    call = hidden({"parameters": values, "body": body}, client.secrets, environment)
    keys = (environment(ACCESS_KEY), environment(SECRET_KEY))
    asked = Asked(
        operation=operation, endpoint=endpoint, keys=keys, credentials=credentials, **call
    )
    return _python(dialect, asked, client.python)


def snippet(dialect: Dialect, credentials: Credentials, endpoint: str) -> str:
    """The sample that a newcomer begins with, keys included; empty where the dialect has none."""
    operation = next((o for o in dialect.operations if o.name == dialect.snippet), None)
    if operation is None or dialect.client.python is None:
        return ""
    example = filled(operation.example, placeholders(dialect, credentials))
    given, body = ({}, example) if operation.body is not None else (example, None)
    asked = Asked(
        operation=operation,
        parameters=with_own(dialect, operation, given, credentials),
        body=body,
        endpoint=endpoint.rstrip("/"),
        keys=(credentials["access_key"], credentials["secret_key"]),
        credentials=credentials,
    )
    return _python(dialect, asked, dialect.client.python)


def _checked(
    dialect: Dialect, operation: Operation, parameters: Mapping[str, Any], credentials: Credentials
) -> dict[str, Any]:
    """Every parameter of the call in the type that it is declared with."""
    values = dict(dialect.client.nested(with_own(dialect, operation, parameters, credentials)))
    strange = sorted(values.keys() - operation.parameters)
    missing = [
        n for n in sorted(operation.parameters - values.keys()) if f"{{{n}}}" in operation.path
    ]
    wrong = [f"{operation.name} has no parameter {name}" for name in strange]
    wrong += [f"{name} is missing" for name in missing]
    if wrong:
        raise ValueError("; ".join(wrong))
    if operation.params is None:
        return values
    kinds = {f.encode_name: f.type for f in msgspec.structs.fields(operation.params)}
    return {name: _typed(value, kinds[name]) for name, value in values.items()}


def _typed(value: Any, kind: Any) -> Any:
    """A text that means a number or yes or no, as such."""
    if not isinstance(value, str):
        return value
    try:
        meant = msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        return value
    return meant if isinstance(meant, bool | int | float) else value


def _python(dialect: Dialect, asked: Asked, write: Callable[[Asked], Script]) -> str:
    script = write(asked)
    imports = {*script.imports, *(("os",) if "os.environ" in script.body else ())}
    parts = (
        "\n".join(f"import {name}" for name in sorted(imports)),
        script.packages.rstrip(),
        script.body.rstrip(),
    )
    needs = [f"pip install {dialect.client.package}", *_read(script.body)]
    head = _head(dialect, asked.operation, "; ".join(needs))
    return head + "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _head(dialect: Dialect, operation: Operation, needs: str) -> str:
    title = _HEAD.format(title=dialect.title, name=operation.name, summary=operation.summary)
    return f"{title}\n# {needs}"


def _read(code: str) -> list[str]:
    found = variables(code)
    return [f"reads {', '.join(found)}"] if found else []


def _tools(code: str) -> str:
    return "; ".join(["needs curl and python3", *_read(code)])


def _excuse(package: str, lacking: list[str]) -> str:
    if not package:
        return "# No SDK has this operation."
    return f"# Not with {package}, which has no {' and no '.join(lacking)} here."
