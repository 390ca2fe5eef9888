"""A shell script that makes one call with curl: Python signs it while it runs, and tells curl what to send.

Everything reaches curl through a pipe, because command lines can be read by others on the machine.
Knows no vendor: how `method`, `path`, `query`, `headers` and `body` are signed is in its dialect's `client`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from entrepot.dialect.calls import bare, in_query
from entrepot.dialect.code import (
    ACCESS_KEY,
    FILE,
    SECRET_KEY,
    Code,
    Made,
    assigned,
    environment,
    hidden,
)
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.parameters import word
from entrepot.dialect.request import Request

_BEGIN, _END = "python3 - <<'END' | curl -sS --config -", "END"
_TELL = """\
print("request =", method)
print("url =", json.dumps({target}))
for name, value in headers.items():
    print("header =", json.dumps(f"{{name}}: {{value}}"))
"""
_BODY = 'print("data-raw =", json.dumps(body))'
_FORM = f"""print('form = "file=@{FILE};type=text/csv"')"""


def script(
    dialect: Dialect, operation: Operation, values: Mapping[str, Any], body: Any, endpoint: str
) -> str:
    """The script without its head. `values` are all parameters of the call."""
    file, url = operation.is_upload, urlsplit(endpoint)  # a file is read by curl itself
    request = bare(dialect, operation, values, "" if file else body, url.netloc.encode())
    shown = hidden({"values": values, "body": body}, dialect.client.secrets, environment)
    query = _query(in_query(dialect, operation, shown["values"]))
    own = {k.lower(): v for k, v in shown["values"].items() if operation.location(k) == "header"}
    sent = "" if file or body is None else Made("json.dumps", {}, (shown["body"],))
    code = [
        assigned("url", f"{url.scheme}://{url.netloc}"),
        assigned("method", request.method),
        assigned("path", request.path.decode()),
        assigned("query", query),
        assigned("headers", _headers(request, file, own)),
        assigned("body", sent),
    ]
    modules: tuple[str, ...] = ()
    if not operation.public:
        proof = dialect.client.prove(request)
        keys = (("access_key", ACCESS_KEY), ("secret_key", SECRET_KEY))
        code += ["", *(assigned(name, environment(key)) for name, key in keys)]
        code.append(proof.lines.rstrip())
        modules = proof.modules
    code += ["", _TELL.format(target='f"{url}{path}?{query}"' if query else "url + path")]
    code[-1] += _FORM if file else _BODY if sent else ""
    text = "\n".join(code).rstrip()
    return "\n".join((_BEGIN, *_imports(modules, text), "", text, _END, ""))


def _imports(modules: tuple[str, ...], code: str) -> list[str]:
    read = [name for name in ("json", "os", "urllib.parse") if f"{name}." in code]
    return [f"import {name}" for name in sorted({*modules, *read})]


def _query(parameters: Mapping[str, Any]) -> Any:
    """The query as code that encodes it, empty where there is none."""
    plain = {
        name: [_word(item) for item in value] if isinstance(value, list) else _word(value)
        for name, value in sorted(parameters.items())
    }
    how = {"doseq": True, "quote_via": Code("urllib.parse.quote")}
    return Made("urllib.parse.urlencode", how, (plain,)) if plain else ""


def _headers(request: Request, file: bool, own: Mapping[str, Any]) -> dict[str, str]:
    """The headers before the signature; those that are the call's `own` parameters as they are shown."""
    found = {name.decode(): value.decode() for name, value in request.headers.items()}
    if file:
        del found["content-type"]  # curl's own, with the boundary
    return {name: _word(own.get(name, value)) for name, value in found.items()}


def _word(value: Any) -> str:
    return value if isinstance(value, Code) else word(value)
