"""Trains the dictionary that the store packs documents with, on products such as users make.

`python -m bench.dictionary` writes `src/entrepot/store/documents.zdict` and prints what it gains on
products that it was not trained on. A dictionary that was released is never replaced: documents
packed with it need it; a new one gets a new name and a new mark in `store/rows.py`.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from entrepot.core.models.authored import Authored
from entrepot.core.ports import Entry
from entrepot.core.things.claim import Actor
from entrepot.core.things.product import Product as CanonicalProduct
from entrepot.core.things.product import Profile
from entrepot.vendors.aliyun.models.categories import categories

TARGET = Path(__file__).parents[1] / "src" / "entrepot" / "store" / "documents.zdict"
SIZE = 16 << 10
WORDS = re.findall(
    r"\w+",
    """
temperature humidity pressure voltage current power energy battery signal status mode speed level flow volume
 brightness color switch alarm fault door lock motion smoke gas water light fan pump valve motor charger meter
 gateway sensor latitude longitude altitude heading odometer fuel firmware uptime reboot upgrade reset calibrate
 threshold interval timer schedule setpoint target actual minimum maximum average total daily monthly phase
""",
)
UNITS = ("centigrade", "%", "kPa", "V", "A", "W", "kWh", "dBm", "lux", "km/h", "rpm", "s", "m3")
TYPES = (
    "int",
    "long",
    "decimal",
    "string",
    "DateTime",
    "jsonObject",
    "enum",
    "boolean",
    "string list",
)


def _word(chance: random.Random) -> str:
    return "_".join(chance.sample(WORDS, chance.choice((1, 2)))) + chance.choice(
        ("", str(chance.randrange(100)))
    )


def _para(chance: random.Random, name: str) -> dict[str, object]:
    value: dict[str, object] = {
        name: _word(chance), "data_type": chance.choice(TYPES), "required": chance.random() < 0.5,
        "enum_list": None, "min": str(chance.randrange(100)), "max": str(chance.randrange(100, 70000)),
        "max_length": chance.randrange(0, 1024), "step": round(chance.random(), 2),
        "unit": chance.choice(UNITS), "description": " ".join(chance.sample(WORDS, 3)),
    }  # fmt: skip
    return {k: v for k, v in value.items() if k in (name, "data_type") or chance.random() < 0.8}


def _iotda(chance: random.Random) -> bytes:
    services = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        properties = []
        for _ in range(chance.randrange(1, 8)):
            property = _para(chance, "property_name")
            property["method"] = chance.choice(("R", "RW", "RWE", "RE", "W"))
            properties.append(property)
        commands = [
            {
                "command_name": _word(chance),
                "paras": [_para(chance, "para_name")],
                "responses": [{"response_name": "ACK", "paras": [_para(chance, "para_name")]}],
            }
            for _ in range(chance.randrange(0, 3))
        ]
        service: dict[str, object] = {"service_id": _word(chance), "service_type": _word(chance)}
        service |= {
            "properties": properties,
            "commands": commands,
            "description": _word(chance),
            "option": "Optional",
        }
        services.append(service)
    return json.dumps(services, separators=(",", ":")).encode()


def product(chance: random.Random) -> CanonicalProduct:
    """A made-up product as one of the four vendors' users would have it."""
    origin = chance.choice(("iotda", "iotda", "aliyun", "enos", "roma"))
    id = chance.randrange(100_001, 10_000_000)
    at = 1_790_000_000_000 + chance.randrange(10**11)
    words: dict[str, object] = {
        "name": _word(chance),
        "description": " ".join(chance.sample(WORDS, 4)),
    }
    if origin == "iotda":
        words |= {
            "manufacturer_name": _word(chance),
            "industry": "smartCity",
            "device_type": _word(chance),
        }
        words["model"] = Authored("iotda", msgspec.Raw(_iotda(chance)))
    elif origin == "aliyun":
        words |= {
            "extras": {"aliyun": {"edition": "iothub_senior", "validate_type": 1}},
            "network": "wifi",
        }
        if chance.random() < 0.5:
            category = chance.choice(categories())
            words |= {
                "category": category.key,
                "model": Authored("aliyun", msgspec.Raw(category.tsl.encode())),
            }
    elif origin == "enos":
        words |= {
            "names": {"zh_CN": "产品", "en_US": _word(chance)},
            "model_key": _word(chance),
            "dynamic_activation": False,
        }
        words["tags"] = {_word(chance): _word(chance) for _ in range(chance.randrange(4))}
    else:
        words |= {
            "manufacturer_id": _word(chance),
            "manufacturer_name": _word(chance),
            "model_number": _word(chance),
        }
        words |= {"device_type": "Default", "version": "1.0"}
    profile = Profile(
        **words,  # type: ignore[arg-type]
        kind=chance.choice(("device", "gateway")),
        protocol=chance.choice(("mqtt", "coap", "modbus", "opc-ua", "http", "custom", "other")),
        payload=chance.choice(("json", "binary")),
        auth=chance.choice((None, "secret", "certificate")),
    )
    actor = Actor(chance.randrange(100_001, 200_000), _word(chance))
    return CanonicalProduct(
        id=id, tenant=100_001, space=100_002, origin=origin, profile=profile,
        created_at=at, created_by=actor, updated_at=at, updated_by=actor,
    )  # fmt: skip


def entry(chance: random.Random) -> Entry:
    """A line of the audit log."""
    return Entry(
        kind="product", thing=chance.randrange(10**7), revision=2, at=1_790_000_000_000,
        actor=Actor(100_003, "dev"), dialect="iotda", operation="UpdateProduct",
        request_id=chance.randbytes(16).hex(), action="update",
        changes={"name": [_word(chance), _word(chance)], "description": [None, _word(chance)]},
    )  # fmt: skip


def main() -> None:
    """Train, write, and say what it gains."""
    chance = random.Random(20)
    encode = msgspec.json.encode
    samples: list[Any] = [encode(product(chance)) for _ in range(4000)] + [
        encode(entry(chance)) for _ in range(400)
    ]
    trained = zstandard.train_dictionary(SIZE, samples)
    TARGET.write_bytes(trained.as_bytes())
    fresh = [encode(product(random.Random(n))) for n in range(10_000, 10_500)]
    alone, ours = (
        zstandard.ZstdCompressor(level=1),
        zstandard.ZstdCompressor(level=1, dict_data=trained),
    )
    plain, packed, best = (
        sum(len(f(text)) for text in fresh) / len(fresh)
        for f in (lambda text: text, alone.compress, ours.compress)
    )
    print(f"{TARGET.name}: a document of {plain:.0f} bytes takes {packed:.0f}, with it {best:.0f}")


if __name__ == "__main__":
    main()
