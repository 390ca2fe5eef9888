"""The largest thing model that IoTDA takes, for tests and benchmarks."""

from __future__ import annotations

import json
from typing import Any

SERVICES, CONTENT_BYTES = 500, 500 * 1024  # what IoTDA takes at most of one product
_KINDS = (
    {"data_type": "decimal", "min": "-40", "max": "85.5", "step": 0.1, "unit": "°C"},
    {"data_type": "int", "min": "0", "max": "100", "unit": "%"},
    {"data_type": "string", "max_length": 64},
    {"data_type": "enum", "enum_list": ["off", "on", "auto"]},
    {"data_type": "boolean"},
    {"data_type": "DateTime"},
    {"data_type": "jsonObject", "max_length": 512},
)


def largest() -> bytes:
    """IoTDA's service_capabilities at their greatest: 500 services in just under 500 KB."""
    services = [_large_service(n) for n in range(SERVICES)]
    room = CONTENT_BYTES - len(_compact(services))
    for service in services:  # what is left goes to the descriptions, 128 characters each at most
        words = service["description"]
        service["description"] = words + "." * min(room, 128 - len(words))
        room -= len(service["description"]) - len(words)
    return _compact(services)


def _large_service(number: int) -> dict[str, Any]:
    def value(name: str, n: int) -> dict[str, Any]:
        return {name: f"value_{n}", "required": n % 2 == 0, **_KINDS[n % len(_KINDS)]}

    feeder = f"Feeder_{number:03d}"
    return {
        "service_id": feeder,
        "service_type": "Feeder" if number % 2 else feeder,
        "description": f"Feeder {number} of the board",
        "option": "Mandatory" if number % 10 == 0 else "Optional",
        "properties": [
            {**value("property_name", number + n), "method": ("R", "RW", "RE")[n % 3]}
            for n in range(4)
        ],
        "commands": [
            {
                "command_name": "switch",
                "paras": [value("para_name", number)],
                "responses": [{"response_name": "ACK", "paras": [value("para_name", number + 1)]}],
            }
        ],
        "events": [{"event_type": "tripped", "paras": [value("para_name", number + 2)]}],
    }


def _compact(plain: Any) -> bytes:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
