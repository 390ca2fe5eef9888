"""Signed IoTDA Create Product requests as bytes, in the form the vendor's Python SDK sends them.

Signing uses the product's own client-side signer, so the load knows no second implementation.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from entrepot.dialect.request import Request
from entrepot.vendors.huawei.signing import sign

SAMPLE = Path(__file__).with_name("samples") / "iotda_create_product.json"
_NAME = "Thermometer-{run}-{number:08d}"


def sample_body(name: str) -> bytes:
    """The sample with this name, compact: 2 364 bytes with the names used here."""
    document = json.loads(SAMPLE.read_bytes())
    document["name"] = name
    return json.dumps(document, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class SignedCreates:
    """Creates for one project, each with its own name and a signature made when asked for.

    The server refuses signatures older than 15 minutes, so make them right before the run.
    """

    host: str
    port: int
    project_id: str
    access_key: str
    secret_key: str

    def requests(self, count: int) -> Sequence[bytes]:
        """`count` requests; every call takes names no other call has taken."""
        run = secrets.token_hex(4)
        first, last = sample_body("\0").split(rb"\u0000")
        made = []
        for number in range(count):
            name = _NAME.format(run=run, number=number).encode()
            made.append(self._request(first + name + last))
        return made

    def _request(self, body: bytes) -> bytes:
        path = f"/v5/iot/{self.project_id}/products".encode()
        unsigned = {
            b"user-agent": b"huaweicloud-usdk-python/3.0; entrepot-bench",
            b"content-type": b"application/json;charset=utf-8",
            b"x-project-id": self.project_id.encode(),
            b"host": f"{self.host}:{self.port}".encode(),
        }
        request = Request("POST", path, headers=unsigned, body=body)
        added = sign(request, self.access_key, self.secret_key.encode(), datetime.now(UTC))
        # these the SDK's HTTP library adds after signing
        added[b"accept-encoding"] = b"gzip, deflate"
        added[b"accept"] = b"*/*"
        added[b"connection"] = b"keep-alive"
        added[b"content-length"] = str(len(body)).encode()
        lines = [name + b": " + value for name, value in (unsigned | added).items()]
        return b"\r\n".join([b"POST " + path + b" HTTP/1.1", *lines, b"", body])
