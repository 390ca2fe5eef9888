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
_NAME, _SCATTERED = "Thermometer-{run}-{number:08d}", "{number:08x}-{run}-Thermometer"
_SPREAD = 0x9E3779B1  # odd: what is multiplied by it, 32 bits of that, stays different


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
    scattered: bool = False  # names that are not in order

    def requests(self, count: int) -> Sequence[bytes]:
        """`count` requests; every call takes names no other call has taken."""
        run = secrets.token_hex(4)
        first, last = sample_body("\0").split(rb"\u0000")
        made = []
        for number in range(count):
            if self.scattered:
                name = _SCATTERED.format(run=run, number=number * _SPREAD % 2**32).encode()
            else:
                name = _NAME.format(run=run, number=number).encode()
            made.append(self._request(first + name + last))
        return made

    def _request(self, body: bytes) -> bytes:
        return signed(self, "POST", "", body)


@dataclass(frozen=True, slots=True)
class SignedShows:
    """Reads of the same products, over and over."""

    creates: SignedCreates
    products: Sequence[str]

    def requests(self, count: int) -> Sequence[bytes]:
        """`count` requests, the products in turn."""
        paths = (f"/{self.products[n % len(self.products)]}" for n in range(count))
        return [signed(self.creates, "GET", path, b"") for path in paths]


def signed(caller: SignedCreates, method: str, path: str, body: bytes) -> bytes:
    """A request for the caller's products, or what is below them, as the SDK sends it."""
    whole = f"/v5/iot/{caller.project_id}/products{path}".encode()
    unsigned = {
        b"user-agent": b"huaweicloud-usdk-python/3.0; entrepot-bench",
        b"content-type": b"application/json;charset=utf-8",
        b"x-project-id": caller.project_id.encode(),
        b"host": f"{caller.host}:{caller.port}".encode(),
    }
    request = Request(method, whole, headers=unsigned, body=body)
    added = sign(request, caller.access_key, caller.secret_key.encode(), datetime.now(UTC))
    # these the SDK's HTTP library adds after signing
    added[b"accept-encoding"] = b"gzip, deflate"
    added[b"accept"] = b"*/*"
    added[b"connection"] = b"keep-alive"
    added[b"content-length"] = str(len(body)).encode()
    lines = [name + b": " + value for name, value in (unsigned | added).items()]
    return b"\r\n".join([method.encode() + b" " + whole + b" HTTP/1.1", *lines, b"", body])
