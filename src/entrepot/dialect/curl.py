"""A shell script that makes one call with curl, and its signature with openssl while it runs.

Knows no vendor: how $method, $host, $path, $query and $body are signed is in its dialect's `client`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from entrepot.dialect.calls import bare
from entrepot.dialect.client import Proof
from entrepot.dialect.code import FILE, header_variable, hidden, marker, shell
from entrepot.dialect.operation import Dialect, Operation


def script(
    dialect: Dialect, operation: Operation, values: Mapping[str, Any], body: Any, endpoint: str
) -> str:
    """The script without its head. `values` are all parameters of the call."""
    file = operation.is_upload  # which curl reads itself
    call = {"values": values, "body": FILE if file else body}
    hide = hidden(call, dialect.client.secrets, marker)
    url = urlsplit(endpoint)
    request = bare(dialect, operation, hide["values"], hide["body"], url.netloc.encode())
    proof = Proof("", ()) if operation.public else dialect.client.prove(request)
    others = {
        name.decode(): value.decode()
        for name, value in request.headers.items()
        if name not in (b"host", b"content-type")
    }
    said = {
        "url": f"{url.scheme}://{url.netloc}", "method": request.method, "host": url.netloc,
        "path": request.path.decode(), "query": request.query.decode(),
        "body": "" if file else request.body.decode(),
    } | {header_variable(name): value for name, value in others.items()}  # fmt: skip
    mark = "?" if request.query else ""
    sent = [f'curl -sS -X "$method" "$url$path{mark}$query"']
    if request.body and not file:
        sent.append(f'-H "content-type: {operation.takes}"')
    sent += [f'-H "{name}: ${header_variable(name)}"' for name in others]
    sent += [f'-H "{header}"' for header in proof.headers]
    if file:
        sent.append(f"-F {shell(f'file=@{FILE};type=text/csv')}")
    elif request.body:
        sent.append('--data-raw "$body"')
    lines = ["set -eu", *(f"{name}={shell(value)}" for name, value in said.items())]
    return "\n".join([*lines, *proof.lines.splitlines(), " \\\n  ".join(sent), ""])
