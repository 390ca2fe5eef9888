"""Code that calls Huawei's APIs: by the huaweicloudsdk of each, and by curl with an AK/SK signature."""

from __future__ import annotations

from entrepot.dialect.client import Asked, Proof, Script
from entrepot.dialect.code import (
    ACCESS_KEY,
    FILE,
    SECRET_KEY,
    Code,
    Made,
    argument,
    assigned,
    header_variable,
    imported,
    python,
    snake,
)
from entrepot.dialect.request import Request

_PROOF = """\
sha() {{ openssl dgst -sha256 -r "$@" | cut -d' ' -f1; }}
at=$(date -u +%Y%m%dT%H%M%SZ)
hash={hash}
names='{names}'
canonical="$method
$path/
$query
{headers}

$names
$hash"
digest=$(printf %s "$canonical" | sha)
signature=$(printf 'SDK-HMAC-SHA256\\n%s\\n%s' "$at" "$digest" | sha -hmac "${secret_key}")
credential="Access=${access_key}, SignedHeaders=$names, Signature=$signature"
"""
_UNSIGNED = "x-sdk-content-sha256: UNSIGNED-PAYLOAD"


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
    signed = {"host": "$host", "x-sdk-date": "$at"}
    extra = ["x-sdk-date: $at"]
    made = '$(printf %s "$body" | sha)'
    kind = request.header(b"content-type").decode()
    for name in request.headers:
        if name not in (b"host", b"content-type"):
            signed[name.decode()] = f"${header_variable(name.decode())}"
    if kind == "application/json":
        signed["content-type"] = kind
    elif kind:
        signed["x-sdk-content-sha256"] = made = "UNSIGNED-PAYLOAD"
        extra.append(_UNSIGNED)
    lines = _PROOF.format(
        hash=made,
        names=";".join(sorted(signed)),
        headers="\n".join(f"{name}:{signed[name]}" for name in sorted(signed)),
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )
    return Proof(lines, (*extra, "authorization: SDK-HMAC-SHA256 $credential"))
