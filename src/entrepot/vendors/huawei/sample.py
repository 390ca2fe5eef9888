"""Code that calls Huawei's APIs: by the huaweicloudsdk of each, and by curl with an AK/SK signature."""

from __future__ import annotations

from entrepot.dialect.client import Asked, Proof, Script
from entrepot.dialect.code import (
    FILE,
    Code,
    Made,
    argument,
    assigned,
    imported,
    python,
    snake,
)
from entrepot.dialect.request import Request

_PROOF = """\
headers["x-sdk-date"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
{digest}
names = ";".join(sorted(headers))
lines = [f"{{name}}:{{headers[name]}}" for name in sorted(headers)]
parts = [method, f"{{path}}/", query, *lines, "", names, digest]
digest = hashlib.sha256("\\n".join(parts).encode()).hexdigest()
text = f"SDK-HMAC-SHA256\\n{{headers['x-sdk-date']}}\\n{{digest}}"
signature = hmac.new(secret_key.encode(), text.encode(), "sha256").hexdigest()
credential = f"Access={{access_key}}, SignedHeaders={{names}}, Signature={{signature}}"
headers["authorization"] = f"SDK-HMAC-SHA256 {{credential}}"
"""
_SIGNED = "digest = hashlib.sha256(body.encode()).hexdigest()"
_UNSIGNED = 'digest = headers["x-sdk-content-sha256"] = "UNSIGNED-PAYLOAD"'


def script(
    asked: Asked, *, module: str, service: str, credentials: str = "BasicCredentials"
) -> Script:
    """The call with the SDK's own request class, whose body may be a plain dictionary."""
    operation, fields = asked.operation, dict(asked.parameters)
    name = operation.name
    project = fields.pop("project_id", None)
    keys = Made(credentials, {}, (*asked.keys, *([] if project is None else [project])))
    endpoint = python(asked.endpoint)
    at_home = "" if project is not None else f".with_iam_endpoint({endpoint})"
    names = [f"{name}Request", service]
    packages = [f"from huaweicloudsdkcore.auth.credentials import {credentials}"]
    arguments = {argument(k): v for k, v in fields.items()}
    if operation.takes.startswith("multipart/"):
        packages.append("from huaweicloudsdkcore.http.formdata import FormFile")
        names.append(f"{name}RequestBody")
        opened = Code(f'open("{FILE}", "rb")')
        file = Made("FormFile", {"content_type": "text/csv"}, (opened,))
        arguments["body"] = Made(f"{name}RequestBody", {"file": file})
    elif asked.body is not None:
        arguments["body"] = asked.body
    body = [
        assigned("credentials", keys) + at_home,
        "client = (",
        f"    {service}.new_builder()",
        "    .with_credentials(credentials)",
        f"    .with_endpoint({endpoint})",
        "    .build()",
        ")",
        assigned("request", Made(f"{name}Request", arguments)),
        f"answer = client.{snake(name)}(request)",
    ]
    if operation.gives == "application/json":
        body.append("print(answer)")
    else:
        body.append("answer.consume_download_stream(lambda reply: print(reply.text))")
    packages.append(imported(module, names))
    return Script((), "\n".join(packages), "\n".join(body))


def prove(request: Request) -> Proof:
    """The AK/SK signature; what is no JSON is not signed, as in the SDK."""
    kind = request.header(b"content-type")
    digest = _UNSIGNED if kind and kind != b"application/json" else _SIGNED
    return Proof(("hashlib", "hmac", "time"), _PROOF.format(digest=digest))
