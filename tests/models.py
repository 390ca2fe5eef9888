"""Thing models of every shape, drawn from a random source: the same model for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, Literal

from hypothesis import strategies as st

from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    Choice,
    Command,
    DataType,
    DateTime,
    Enum,
    Event,
    Field,
    Json,
    Number,
    NumberKind,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)

WORDS = (
    "level", "power", "Temperature", "state", "voltage", "mode", "speed", "door_open", "lat", "lon", "t1", "A", "x_9",
    "currentA", "energyTotal", "fault", "rssi", "lamp", "valve", "zone",
)  # fmt: skip
LABELS = ("Level", "Battery level", "温度", "开关 1", "Power (AC)", "état", "Lamp")
UNITS = (
    ("°C", "degree Celsius"),
    ("kWh", None),
    ("%", "percent"),
    ("V", "volt"),
    ("widgets", None),
)


class Draw:
    """One model's worth of choices."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def maybe(self, make: Callable[[], Any], nothing: Any = None, chance: float = 0.5) -> Any:
        return make() if self.random.random() < chance else nothing

    def some(self, make: Callable[[str], Any], most: int) -> tuple[Any, ...]:
        ids = self.random.sample(WORDS, self.random.randint(0, most))
        return tuple(make(id) for id in ids)

    def label(self) -> str:
        return self.random.choice(LABELS)

    def words(self) -> dict[str, Any]:
        return {
            "name": self.maybe(self.label),
            "names": self.maybe(lambda: {"zh_CN": "电池", "en_US": "Battery"}, {}, 0.2),
            "description": self.maybe(lambda: "What it says, 说明 1.5 to 3"),
            "tags": self.maybe(lambda: {"site": "north"}, {}, 0.2),
        }

    def type(self, depth: int = 0) -> DataType:
        simple = (
            self.number,
            self.text,
            self.boolean,
            self.enum,
            self.moment,
            self.json,
            self.binary,
        )
        nested = (self.structure, self.array) if depth < 2 else ()
        return self.random.choice((*simple, self.number, *nested))(depth)

    def number(self, depth: int) -> Number:
        kinds: tuple[NumberKind, ...] = ("int", "long", "float", "double", "decimal")
        kind = self.random.choice(kinds)
        places = 0 if kind in ("int", "long") else self.random.choice((0, 1, 2))
        low = Decimal(self.random.randint(-9999, 9999)).scaleb(-places)
        high = low + self.random.randint(1, 10000)
        return Number(
            kind=kind,
            minimum=self.maybe(lambda: low),
            maximum=self.maybe(lambda: high),
            step=self.maybe(lambda: Decimal(1).scaleb(-places)),
        )

    def text(self, depth: int) -> Text:
        return Text(max_length=self.maybe(lambda: self.random.randint(1, 2048)))

    def boolean(self, depth: int) -> Boolean:
        return Boolean(off=self.maybe(lambda: "off"), on=self.maybe(lambda: "on"))

    def enum(self, depth: int) -> Enum:
        number = self.random.randint(1, 5)
        if self.random.random() < 0.5:
            base: Literal["int", "text"] = "int"
            values = [str(n) for n in range(number)]
        else:
            base, values = "text", list(WORDS[:number])
        choices = tuple(Choice(v, self.maybe(self.label)) for v in values)
        return Enum(choices=choices, base=base)

    def moment(self, depth: int) -> DateTime:
        return DateTime(form=self.random.choice(("epoch_ms", "text", None)))

    def json(self, depth: int) -> Json:
        return Json(max_length=self.maybe(lambda: 512))

    def binary(self, depth: int) -> Binary:
        return Binary()

    def structure(self, depth: int) -> Structure:
        return Structure(fields=self.some(lambda id: self.field(id, depth + 1), 3))

    def array(self, depth: int) -> Array:
        return Array(
            item=self.type(depth + 1), max_items=self.maybe(lambda: self.random.randint(1, 512))
        )

    def value(self, id: str, depth: int = 0) -> dict[str, Any]:
        type_ = self.type(depth)
        unit, unit_name = self.maybe(lambda: self.random.choice(UNITS), (None, None))
        return {
            "id": id,
            **self.words(),
            "type": type_,
            "required": self.maybe(lambda: True, False),
            "default": self.maybe(lambda: 7 if isinstance(type_, Number) else "seven", None, 0.2),
            "unit": unit,
            "unit_name": unit_name,
        }

    def field(self, id: str, depth: int = 0) -> Field:
        return Field(**self.value(id, depth))

    def property(self, id: str) -> Property:
        return Property(
            **self.value(id),
            access=self.random.choice(("r", "w", "n", "rw", "rn", "wn", "rwn", None)),
            static=self.maybe(lambda: True, False, 0.2),
        )

    def command(self, id: str) -> Command:
        return Command(
            id=id,
            **self.words(),
            inputs=self.some(self.field, 3),
            outputs=self.some(self.field, 2),
            response=self.maybe(lambda: "ACK", None, 0.2),
            call=self.random.choice(("sync", "async", None)),
            required=self.maybe(lambda: True, False),
        )

    def event(self, id: str) -> Event:
        return Event(
            id=id,
            **self.words(),
            outputs=self.some(self.field, 3),
            severity=self.random.choice(("info", "warning", "error", None)),
            required=self.maybe(lambda: True, False),
        )

    def service(self, id: str) -> Service:
        return Service(
            id=id,
            **self.words(),
            type=self.maybe(lambda: "sensor"),
            disabled=self.maybe(lambda: True, False, 0.2),
            properties=self.some(self.property, 4),
            commands=self.some(self.command, 2),
            events=self.some(self.event, 2),
        )

    def model(self) -> ThingModel:
        services = self.some(self.service, 3)
        if self.random.random() < 0.5:
            services = (self.service("default"), *services)
        key = self.maybe(lambda: self.random.choice(WORDS), "")
        return ThingModel(id=key, **self.words(), services=services)


def drawn(random: Random) -> ThingModel:
    """A model that may hold anything the canonical model can say."""
    return Draw(random).model()


randoms = st.integers(0, 2**32).map(Random)
"""Sources to draw models from, many times faster than `st.randoms`: one choice each, not thousands."""
