"""The peers moto and MiniStack: how each is started, and AWS IoT CreateThingType as bytes.

Neither checks the signature and neither writes anything to disk; their requests carry a dummy
credential only because both read the service's name from it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CREDENTIAL = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/iot/aws4_request"


def peers_environment() -> Path:
    """The virtual environment the peers are installed in (requirements/bench.txt)."""
    return Path(os.environ.get("ENTREPOT_BENCH_PEERS", ROOT / ".envs" / "bench-peers"))


@dataclass(frozen=True, slots=True)
class Peer:
    """A local AWS look-alike: its command, and what it wants in its environment."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


def moto(port: int) -> Peer:
    """moto's server, as its own documentation starts it."""
    program = str(peers_environment() / "bin" / "moto_server")
    return Peer((program, "-H", "127.0.0.1", "-p", str(port)), {})


def ministack(port: int) -> Peer:
    """MiniStack on loopback, its log silenced and its MQTT listener off, which only helps it."""
    program = str(peers_environment() / "bin" / "ministack")
    quiet = {"LOG_LEVEL": "ERROR", "IOT_MTLS_ENABLED": "0"}
    return Peer((program,), {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", **quiet})


@dataclass(frozen=True, slots=True)
class ThingTypes:
    """CreateThingType requests, each for its own name."""

    host: str
    port: int

    def requests(self, count: int) -> Sequence[bytes]:
        """`count` requests; every call takes names no other call has taken."""
        run = secrets.token_hex(4)
        body = json.dumps(
            {
                "thingTypeProperties": {
                    "thingTypeDescription": "this is a thermometer",
                    "searchableAttributes": ["temperature", "humidity", "battery"],
                }
            },
            separators=(",", ":"),
        )
        tail = (
            f" HTTP/1.1\r\nhost: {self.host}:{self.port}\r\ncontent-type: application/json\r\n"
            f"x-amz-date: 20260101T000000Z\r\nauthorization: AWS4-HMAC-SHA256 "
            f"Credential={_CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}\r\n"
            f"content-length: {len(body)}\r\n\r\n{body}"
        )
        return [
            f"POST /thing-types/Thermometer-{run}-{number:08d}{tail}".encode()
            for number in range(count)
        ]
