"""What one door takes every other door can read: extreme numbers, odd texts and deep nestings, through all of them.

A value that a dialect takes is put into a product, a thing model or a device through that dialect; then every
operation of every dialect, and the commands, are asked for it and for the lists that it stands in. What earlier
releases took is put into the store directly. Nothing may fail, or say that the caller's request is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect as mi
from msgspec.structs import replace as changed

from entrepot.core.faults import Broken, Invalid, Malformed
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.things.model import ModelVersion
from entrepot.core.things.product import Product
from entrepot.dialect.request import Answer
from tests.cli.console import Console
from tests.contract.adapters import ADAPTERS
from tests.contract.furnished import Victim, call, furnished
from tests.contract.heaviest import with_body
from tests.contract.world import World

BY_NAME = {a.dialect: a for a in ADAPTERS}

NUMBERS = (
    "1" * 4_300, "-" + "1" * 4_301, "1" * 5_000, str(10**308), str(2**1024), str(2**63), str(2**64),
    str(-(2**63) - 1), "-0.0", "1e-400", "1e400", "1.7e308", "0." + "3" * 500, "1" + "0" * 300 + ".5",
)  # fmt: skip
TEXTS = (
    '"\\ud800"', '"\\u0000"', '"%s"' % ("灯" * 20_000), '"%s"' % ("9" * 5_000), '"1e999"', '""', '"=1+1"',
    '"\\u2028\\u001f"', '"--5"', '"٣"',
)  # fmt: skip
NESTED = tuple(
    opened * depth + "1" + closed * depth
    for depth in (32, 100, 190, 250)
    for opened, closed in (("[", "]"), ('{"a":', "}"))
)
VALUES = (*NUMBERS, *TEXTS, *NESTED, "null", "true", "[]", "{}")


class Entry:
    """One way in: an operation, and what it takes with odd values in it. `@@` is where a value stands."""

    def __init__(self, dialect: str, operation: str, **given: Any) -> None:
        self.adapter, self.name = BY_NAME[dialect], operation
        self.operation = self.adapter.operation(operation)
        self.given = given

    def __str__(self) -> str:
        return f"{self.adapter.dialect}-{self.name}"

    def send(self, world: World, victim: Victim, raw: str, unique: int) -> tuple[Answer, Any]:
        """The answer, and the fault, if any, of the call with the raw JSON value."""
        handles = victim.handles(self.adapter, world)
        given, body = call(self.adapter, self.operation, handles, victim.credentials)
        wanted = json.dumps(self.given).replace("#", str(unique))
        if body is None:
            texts = json.loads(wanted)
            values = {**given, **{k: v.replace('"@@"', raw) for k, v in texts.items()}}
            request = self.adapter.request(self.operation, values, None, victim.credentials)
        else:
            text = json.dumps({**body, **json.loads(wanted)})
            text = text.replace('\\"@@\\"', json.dumps(raw)[1:-1]).replace('"@@"', raw)
            request = with_body(
                self.adapter, self.operation, given, text.encode(), victim.credentials
            )
        answer, exchange = world.exchange(request)
        return answer, exchange.fault


def _iotda(**member: Any) -> Mapping[str, Any]:
    property = {"property_name": "p", "data_type": "int", "method": "RW", **member}
    service = {"service_id": "s", "service_type": "s", "properties": [property]}
    return {
        "product_id": None,
        "name": "odd-#",
        "device_type": "odd",
        "service_capabilities": [service],
    }


def _point(**member: Any) -> Mapping[str, Any]:
    point = {"identifier": "odd", "name": {"defaultValue": "odd"}, "dataType": "DOUBLE", **member}
    return {
        "measurepoints": {"odd": point},
        "attributes": {"odd2": {**point, "identifier": "odd2"}},
    }


def _feature(**member: Any) -> Mapping[str, Any]:
    specs = {"dataType": "INT", "min": "0", "max": "9"}
    feature = {
        "identifier": "odd#", "name": "odd", "dataType": "INT", "rwFlag": "READ_WRITE",
        "dataSpecs": specs, "required": False, "custom": True, **member,
    }  # fmt: skip
    return {"ThingModelJson": json.dumps({"properties": [feature]})}


def _tsl(**member: Any) -> Mapping[str, Any]:
    type_ = {"type": "enum", "specs": {"0": "zero"}}
    feature = {
        "identifier": "odd", "name": "odd", "accessMode": "rw", "dataType": type_, **member,
    }  # fmt: skip
    return {"TslStr": json.dumps({"properties": [feature]})}


_DEVICE = {"node_id": "odd#", "device_id": None, "gateway_id": None}
DOORS = (
    Entry("iotda", "CreateProduct", **_iotda(default_value="@@")),
    Entry("iotda", "CreateProduct", **_iotda(step="@@", data_type="decimal")),
    Entry("iotda", "CreateProduct", **_iotda(max_length="@@", data_type="string")),
    Entry("iotda", "CreateProduct", **_iotda(enum_list=["@@", "on"], data_type="enum")),
    Entry("iotda", "CreateProduct", **_iotda(min="@@")),
    Entry("iotda", "UpdateProduct", **_iotda(default_value="@@")),
    Entry("iotda", "AddDevice", **_DEVICE, extension_info={"odd": "@@"}),
    Entry("iotda", "AddDevice", **_DEVICE, shadow=[{"service_id": "s", "desired": {"odd": "@@"}}]),
    Entry("enos", "UpdateThingModel", **_point(defaultValue="@@")),
    Entry("enos", "UpdateThingModel", **_point(unheardOf={"a": ["@@"]})),
    Entry("enos", "UpdateThingModel", **_point(dataType="ENUM", dataDefinition='{"defaultValue":"@@"}')),
    Entry("enos", "UpdateThingModel", **_point(dataType="ENUM", dataDefinition={"enumDesc": {"1": "@@"}})),
    Entry("enos", "UpdateThingModel", **_point(tags={"a": "@@"})),
    Entry("enos", "UpdateThingModel", i18nDesc="@@", category="@@"),
    Entry("aliyun", "CreateThingModel", **_feature(unheardOf={"a": ["@@"]})),
    Entry("aliyun", "CreateThingModel", **_feature(extendConfig="@@")),
    Entry("aliyun", "CreateThingModel", **_feature(dataSpecs={"dataType": "INT", "min": "@@"})),
    Entry("aliyun", "ImportThingModelTsl", **_tsl(unheardOf={"a": ["@@"]})),
    Entry("aliyun", "ImportThingModelTsl", **_tsl(dataType={"type": "text", "specs": {"unitName": "@@"}})),
    Entry("aliyun", "SaveDeviceProp", Props='{"odd":"@@"}'),
    Entry("roma", "CreateProperty", property_name="odd#", unit="@@"),
    Entry("roma", "CreateProperty", property_name="odd#", enum_dict={"0": "@@"}),
    Entry("roma", "CreateProperty", property_name="odd#", min="@@"),
    Entry("roma", "CreateProduct", name="odd-#", model="odd#", description="@@"),
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd")


@pytest.fixture(scope="module")
def world(data: Path) -> Iterator[World]:
    made = World(data)
    yield made
    made.close()


def blamed(world: World, victim: Victim) -> dict[str, str]:
    """The operations that fail, or say that the request is wrong, when they are asked for the victim's things."""
    wrong = {}
    for adapter in ADAPTERS:
        handles = victim.handles(adapter, world)
        operations = [o for o in adapter.value.operations if not o.public]
        for operation in sorted(operations, key=lambda o: o.permission.endswith(":delete")):
            given, body = call(adapter, operation, handles, victim.credentials)
            request = adapter.request(operation, given, body, victim.credentials)
            answer, exchange = world.exchange(request)
            if isinstance(exchange.fault, Broken | Malformed | Invalid) or not readable(answer):
                wrong[f"{adapter.dialect} {operation.name}"] = answer.body[:300].decode()
    return wrong


def readable(answer: Answer) -> bool:
    """Whether a client that reads JSON can read the answer."""
    if b"json" not in dict(answer.headers).get(b"content-type", b""):
        return True
    try:
        json.loads(answer.body, parse_constant=pytest.fail)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def usual(world: World) -> set[str]:
    """What is wrong with the calls themselves, whatever they are asked for."""
    found = set(blamed(world, furnished(world)))
    assert len(found) < 4, found
    return found


def newest(world: World, victim: Victim) -> Victim:
    """The victim, with the product that was made last as the one that calls name."""
    store, tenant = world.installation.store, victim.tenant.id
    page = store.read_now(lambda tx: tx.page(Product, tenant, limit=1))
    return replace(victim, product=page[0])


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_what_a_door_takes_every_door_can_read(door: Entry, world: World, usual: set[str]) -> None:
    victim = furnished(world)
    taken = 0
    for number, raw in enumerate(VALUES):
        answer, fault = door.send(world, victim, raw, number)
        assert not isinstance(fault, Broken), (raw[:50], answer.body[:300])
        taken += not door.adapter.refused(answer)
    assert 0 < taken < len(VALUES)
    if door.name == "CreateProduct":
        victim = newest(world, victim)
    assert {k: v for k, v in blamed(world, victim).items() if k not in usual} == {}


# What earlier releases took

OLD = {
    "iotda": _iotda(default_value="@@")["service_capabilities"],
    "enos": {
        "modelId": "odd", "name": {"defaultValue": "odd"}, "services": {}, "events": {},
        **_point(defaultValue="@@", unheardOf=["@@"]),
    },
    "aliyun": {"properties": [
        {**json.loads(_tsl()["TslStr"])["properties"][0], "unheardOf": ["@@"]},
    ]},
    "roma": {"services": [
        {"service_name": "odd", "properties": [
            {"property_name": "odd", "data_type": "integer", "required": 0, "min": "0", "max": "9",
             "unheardOf": "@@"},
        ]},
    ]},
}  # fmt: skip
OLD_VALUES = (
    "1" * 4_301,
    "1" * 5_000,
    "-" + "9" * 100_000,
    "1e400",
    "-1e999",
    "1" * 4_300,
    "[1e999]",
)


def spoil(tx: Tx, victim: Victim, dialect: str, text: str) -> Victim:
    """The victim's products, model, draft and version with this text."""
    odd = Authored(dialect, msgspec.Raw(text.encode()))
    old = victim.product
    new = changed(old, profile=changed(old.profile, model=odd), draft=odd)
    tx.put(old, new)
    device, meter = victim.meter
    met = changed(meter, profile=changed(meter.profile, model=odd))
    tx.put(meter, met)
    for version in tx.scan(ModelVersion, victim.tenant.id, parent=meter.id):
        tx.put(version, changed(version, model=odd))
    if dialect == "enos":
        named = json.dumps({**json.loads(bytes(victim.model.model.text)), "odd": "@@"})
        raw = msgspec.Raw(
            named.replace('"@@"', text[text.index("[") + 1 : text.index("]")]).encode()
        )
        tx.put(victim.model, changed(victim.model, model=Authored("enos", raw)))
    return replace(victim, product=new, meter=(device, met))


@pytest.mark.parametrize("raw", OLD_VALUES, ids=lambda raw: f"{raw[:6]}-{len(raw)}")
@pytest.mark.parametrize("dialect", OLD)
def test_what_is_there_already_spoils_nothing(
    dialect: str, raw: str, world: World, usual: set[str]
) -> None:
    text = json.dumps(OLD[dialect]).replace('"@@"', raw)
    store, victim = world.installation.store, furnished(world)
    victim = store.write_now(lambda tx: spoil(tx, victim, dialect, text))
    own = {
        f"{dialect} {name}" for name in ("ShowProduct", "UpdateProduct")
    }  # to the letter, as it came
    found = blamed(world, victim)
    assert {k: v for k, v in found.items() if k not in usual | own} == {}


# No number without bounds becomes a text


def _texts_in(kind: Any) -> list[str]:
    """The members of a declared body that are texts."""

    def is_text(type_: mi.Type) -> bool:
        if isinstance(type_, mi.Metadata):
            return is_text(type_.type)
        if isinstance(type_, mi.UnionType):
            return any(map(is_text, type_.types))
        return isinstance(type_, mi.StrType)

    fields = msgspec.structs.fields(kind) if kind else ()
    return [f.encode_name for f in fields if is_text(mi.type_info(f.type))]


@pytest.mark.parametrize("raw", ["1e400", "-1e999"])
@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda a: a.dialect)
def test_a_number_beyond_all_bounds_is_refused_for_a_text(
    adapter: Any, raw: str, world: World
) -> None:
    victim = furnished(world)
    handles, asked, taken = victim.handles(adapter, world), 0, []
    for operation in adapter.value.operations:
        for name in _texts_in(operation.body):
            given, body = call(adapter, operation, handles, victim.credentials)
            text = json.dumps({**body, name: "@@"}).replace('"@@"', raw).encode()
            request = with_body(adapter, operation, given, text, victim.credentials)
            _, exchange = world.exchange(request)
            asked += 1
            if not isinstance(exchange.fault, Invalid | Malformed):
                taken.append(f"{operation.name} {name}")
    assert taken == []
    # Aliyun's bodies are forms, and IAM has no text at the top of its one body.
    assert asked > 9 or adapter.dialect in ("aliyun", "iam")


# The commands


def test_the_commands_read_what_any_door_took(data: Path, world: World) -> None:
    victim, console = furnished(world), Console(data)
    for number, (door, raw) in enumerate(product(DOORS, VALUES)):
        door.send(world, victim, raw, number)
    tenant = ("--tenant", victim.credentials["name"], "--json")
    assert len(console("product", "list", "--limit", "1000", *tenant).json["products"]) > 20
    assert len(console("device", "list", "--limit", "1000", *tenant).json["devices"]) > 20
    for one in (victim.product, newest(world, victim).product):
        assert (
            console("product", "show", str(one.id), "--history", *tenant).json["number"] == one.id
        )
    device = str(victim.gateway[0].id)
    assert console("device", "show", device, "--history", *tenant).json["number"] == int(device)
    assert console("model", "show", victim.model.key, *tenant[:2]).json["modelId"]
    assert console("doctor").status == 0


def test_no_command_ends_in_a_traceback(tmp_path: Path) -> None:
    console = Console(tmp_path / "data").with_dev()
    keys = []
    for dialect, plain in OLD.items():
        for raw in (*OLD_VALUES, *VALUES):
            text = json.dumps(plain).replace('"@@"', raw)
            model = Authored(dialect, msgspec.Raw(text.encode()))
            if raw not in TEXTS[:2]:  # no release took these
                keys.append(console.make_product("odd", dialect, model=model).id)
    said = [
        console("product", "list", "--json", "--limit", "1000"),
        console("product", "list"),
        console("doctor"),
        console("doctor", "--json"),
        console("model", "list", "--json"),
    ]
    for key in (keys[0], keys[1], keys[3], keys[-1]):
        said += (console("product", "show", str(key), "--json", "--history"),)
        said += (console("product", "show", str(key)),)
        for format in (
            "iotda",
            "enos",
            "tsl",
            "roma",
            "entrepot",
            "sdf",
            "wot",
            "dtdl",
            "jsonschema",
        ):
            said.append(console("product", "export", str(key), "--as", format))
        said.append(console("product", "export", str(key)))
    for one in said:
        assert one.status == 0, one.err
        assert "Traceback" not in one.err
    listed = said[0].json["products"]
    assert len(listed) == len(keys)
