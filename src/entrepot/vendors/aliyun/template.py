"""A TSL text as the ThingModelJson that GetThingTemplate answers; knows no product.

Source: the two schemas of the thing model pages. The mapping between them is INFERRED: no page gives it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

_RW = {"r": "READ_ONLY", "rw": "READ_WRITE", "w": "WRITE_ONLY"}
_EVENT = {"info": "INFO_EVENT_TYPE", "alert": "ALERT_EVENT_TYPE", "error": "ERROR_EVENT_TYPE"}
_CALL = {"async": "ASYNC", "sync": "SYNC"}
# The features of a predefined category are not a user's own.
_CUSTOM = False
Json = dict[str, Any]


@lru_cache(maxsize=64)
def thing_model_json(tsl: str) -> str:
    """The model as JSON text with properties, services and events."""
    model: Json = msgspec.json.decode(tsl)
    answer = {
        "properties": [_property(p) for p in model.get("properties", ())],
        "services": [_service(s) for s in model.get("services", ())],
        "events": [_event(e) for e in model.get("events", ())],
    }
    return msgspec.json.encode(answer).decode()


def _property(given: Json) -> Json:
    return {
        "identifier": given["identifier"],
        "name": given["name"],
        "rwFlag": _RW[given.get("accessMode", "rw")],
        "required": given.get("required", False),
        "custom": _CUSTOM,
        **_described(given),
        **_type(given["dataType"]),
    }


def _service(given: Json) -> Json:
    return {
        "identifier": given["identifier"],
        "serviceName": given["name"],
        "callType": _CALL[given.get("callType", "async")],
        "required": given.get("required", False),
        "custom": _CUSTOM,
        **_described(given),
        "inputParams": _arguments(given.get("inputData", ()), "PARAM_INPUT"),
        "outputParams": _arguments(given.get("outputData", ()), "PARAM_OUTPUT"),
    }


def _event(given: Json) -> Json:
    return {
        "identifier": given["identifier"],
        "eventName": given["name"],
        "eventType": _EVENT[given.get("type", "info")],
        "required": given.get("required", False),
        "custom": _CUSTOM,
        **_described(given),
        "outputData": _arguments(given.get("outputData", ()), "PARAM_OUTPUT"),
    }


def _described(given: Json) -> Json:
    return {"description": given["desc"]} if given.get("desc") else {}


def _arguments(given: Any, direction: str) -> list[Json]:
    return [
        {
            "identifier": argument["identifier"],
            "name": argument["name"],
            "direction": direction,
            "paraOrder": order,
            "custom": _CUSTOM,
            **_type(argument["dataType"]),
        }
        for order, argument in enumerate(given)
    ]


def _type(data_type: Json) -> Json:
    """`dataType` in capitals with `dataSpecs`, or `dataSpecsList` for BOOL, ENUM and STRUCT."""
    word, specs = str(data_type["type"]).upper(), data_type.get("specs", {})
    match word:
        case "BOOL" | "ENUM":
            items = [
                {"dataType": word, "name": name, "value": int(value), "custom": _CUSTOM}
                for value, name in specs.items()
            ]
            return {"dataType": word, "dataSpecsList": items}
        case "STRUCT":
            return {"dataType": word, "dataSpecsList": [_member(m) for m in specs]}
        case "ARRAY":
            child = _type(specs["item"])
            child_word = child.pop("dataType")
            size = {"size": int(specs["size"])} if specs.get("size") else {}
            inside = {"dataType": word, **size, "childDataType": child_word, **child}
            return {"dataType": word, "dataSpecs": {**inside, "custom": _CUSTOM}}
        case "TEXT":
            length = {"length": int(specs["length"])} if specs.get("length") else {}
            return {"dataType": word, "dataSpecs": {"dataType": word, **length, "custom": _CUSTOM}}
        case _:  # INT, FLOAT, DOUBLE, DATE: numbers stay texts, as in TSL
            return {"dataType": word, "dataSpecs": {"dataType": word, **specs, "custom": _CUSTOM}}


def _member(member: Json) -> Json:
    child = _type(member["dataType"])
    return {
        "dataType": "STRUCT",
        "identifier": member["identifier"],
        "name": member["name"],
        "childDataType": child.pop("dataType"),
        **child,
    }
