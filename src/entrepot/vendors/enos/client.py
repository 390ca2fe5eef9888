"""How EnOS is called by whoever signs: a token from the token service first, then a signature over each call."""

from __future__ import annotations

import json

from msgspec.structs import replace

from entrepot.dialect.client import Client, Credentials, Login, Stamp
from entrepot.dialect.request import Answer, Request
from entrepot.vendors.enos import sample, signing


def _ask(credentials: Credentials, stamp: Stamp, host: bytes) -> Request:
    key, at = credentials["access_key"], str(stamp.at_ms)
    proof = signing.encryption(key, at, credentials["secret_key"])
    body = {"appKey": key, "encryption": proof, "timestamp": at}
    headers = {b"host": host, b"content-type": b"application/json"}
    return Request("POST", sample.TOKEN.encode(), b"", headers, json.dumps(body).encode())


def _read(answer: Answer, credentials: Credentials) -> Credentials:
    said = json.loads(answer.body)
    if not said.get("data"):
        raise ValueError(f"no token: {said.get('msg')}")
    return {**credentials, "enos": {**credentials["enos"], "token": said["data"]["accessToken"]}}


def _sign(request: Request, credentials: Credentials, stamp: Stamp) -> Request:
    token, secret = credentials["enos"]["token"], credentials["secret_key"]
    added = signing.sign(request, token, str(stamp.at_ms), secret)
    return replace(request, headers={**request.headers, **dict(added)})


CLIENT = Client(
    parts=("enos",),
    own=lambda credentials: {"orgId": credentials["enos"]["org_id"]},
    sign=_sign,
    login=Login(_ask, _read),
    package=sample.PACKAGE,
    python=sample.script,
    prove=sample.prove,
)
