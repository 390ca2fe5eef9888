"""The largest thing model that IoTDA takes, made when it is wanted."""

from __future__ import annotations

import json
from typing import Any

SERVICES, CONTENT_BYTES = 500, 500 * 1024


def compact(services: list[dict[str, Any]]) -> bytes:
    """The services as IoTDA counts their bytes."""
    return json.dumps(services, separators=(",", ":"), ensure_ascii=False).encode()


def largest() -> list[dict[str, Any]]:
    """500 services that are 500 KB of compact JSON, to the byte."""
    services = [_service(n) for n in range(SERVICES)]
    missing = CONTENT_BYTES - len(compact(services))
    for service in services:
        for place in service["properties"]:
            more = min(missing, 128 - len(place["description"]))
            place["description"] += "." * more
            missing -= more
    assert len(compact(services)) == CONTENT_BYTES
    return services


def _service(n: int) -> dict[str, Any]:
    number = {"data_type": "decimal", "min": "-40.50", "max": "125", "step": 0.1, "unit": "°C"}
    level = {"data_type": "enum", "enum_list": ["low", "normal", "high"], "max_length": 6}
    return {
        "service_id": f"zone{n:03}",
        "service_type": "zone",
        "properties": [
            {"property_name": "temperature", "required": True, **number, "method": "RE", "description": ""},
            {"property_name": "level", "required": False, **level, "method": "RW", "description": "",
             "default_value": "normal"},
            {"property_name": "since", "required": False, "data_type": "DateTime", "method": "R",
             "enum_list": None, "description": ""},
        ],
        "commands": [{
            "command_name": "set",
            "paras": [{"para_name": "level", "required": True, **level}],
            "responses": [{"response_name": "ACK", "paras": [
                {"para_name": "done", "required": False, "data_type": "boolean"}]}],
        }],
        "option": "Optional",
    }  # fmt: skip
