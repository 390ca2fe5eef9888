"""Two tenants cannot see or touch each other's things through any operation of any dialect.

The victim has one of everything, each with a name that stands nowhere else. The intruder, with keys
of its own, tries every operation with the victim's handles; then, still with its own keys, at the
victim's own address. The same call by the victim itself works, so the tries are not vain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from entrepot.core import registry
from entrepot.core.devices import key_claim
from entrepot.core.identity import Tenant
from entrepot.core.ports import KINDS, Tx
from entrepot.core.product import Authored, Kind, Product, Profile
from entrepot.core.tenancy import tenant_named
from entrepot.core.things import Device, NamedModel, Template, Topic
from entrepot.dialect.calls import filled, words
from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.roma.handles import part_id
from tests.contract.adapters import ADAPTERS, Adapter, Credentials
from tests.contract.goods import SOMEBODY
from tests.contract.world import World

MARK = "zebra"
CALLS = [(a, o) for a in ADAPTERS for o in a.value.operations if not o.public]
each_call = pytest.mark.parametrize(
    ("adapter", "operation"), CALLS, ids=[f"{a.dialect}-{o.name}" for a, o in CALLS]
)

# What Alibaba's examples change, not in force yet.
DRAFT = {"properties": [{
    "identifier": "Brightness", "name": MARK, "accessMode": "rw", "required": False,
    "dataType": {"type": "int", "specs": {"min": "0", "max": "100"}},
}]}  # fmt: skip
# A service with a property and a command: the first, second and third part of its model.
SERVICES = {"services": [{
    "service_name": f"{MARK}-service", "status": 0,
    "properties": [{"property_name": MARK, "data_type": "boolean", "required": 0}],
    "commands": [{"command_name": MARK}],
}]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Victim:
    """A tenant that has one of everything."""

    credentials: Credentials
    tenant: Tenant
    product: Product
    template: Template
    topic: Topic
    model: NamedModel
    gateway: tuple[Device, Product]
    meter: tuple[Device, Product]  # what could connect through the gateway

    def handles(self, adapter: Adapter, world: World) -> dict[str, Any]:
        """Its things by the names of parameters and fields that may name them."""
        vault = world.installation.vault
        product = adapter.value.handle(vault, self.product)
        app = self.credentials.get(adapter.dialect, {}).get("app_id", "")
        template = str(self.template.id)
        device = adapter.value.device_handle(vault, *self.gateway)
        meter = adapter.value.device_handle(vault, *self.meter)
        return {
            "device_id": device,
            "device_ids": [device],
            "resources": [meter],
            "resource_id": device,
            "IotId": device,
            "assetId": device,
            "gateway": {"assetId": device},
            "subDevice": {"assetId": meter},
            "subDevices": [{"assetId": meter}],
            "tag_keys": [MARK],
            "action_id": "resetSecret",
            "product": {"product_id": product},
            "product_id": product,
            "ProductKey": product,
            "productKey": product,
            "product_ids": [product],
            "id": product,
            "app_id": app,
            "product_template_id": template,
            "topic_id": str(self.topic.id),
            "modelId": self.model.key,
            "service_id": str(part_id(self.product.id, 1)),
            "property_id": str(part_id(self.product.id, 2)),
            "command_id": str(part_id(self.product.id, 3)),
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("tenants"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def intruder(world: World) -> Credentials:
    return world.tenant()


@pytest.fixture(scope="module")
def victim(world: World) -> Victim:
    """The one whom nothing happens to."""
    return furnished(world)


def furnished(world: World) -> Victim:
    """A new tenant with one of everything."""
    credentials = world.tenant()
    return world.installation.store.write_now(lambda tx: furnish(tx, credentials))


def furnish(tx: Tx, credentials: Credentials) -> Victim:
    """One of everything, in the tenant whose credentials these are."""
    tenant = tenant_named(tx, credentials["name"])
    dated: dict[str, Any] = {"created_at": 1, "created_by": SOMEBODY}
    changed: dict[str, Any] = {**dated, "updated_at": 1, "updated_by": SOMEBODY}
    template = Template(id=tx.new_id(), tenant=tenant.id, name=f"{MARK}-template", **changed)
    profile = Profile(
        name=MARK, description=f"{MARK} product", tags={MARK: MARK, "room": MARK},
        model=Authored("roma", msgspec.Raw(json.dumps(SERVICES).encode())),
    )  # fmt: skip
    owned: dict[str, Any] = {"tenant": tenant.id, "origin": "test", **changed}
    product = Product(
        id=tx.new_id(), space=tenant.default_space, profile=profile,
        draft=Authored("aliyun", msgspec.Raw(json.dumps(DRAFT).encode())), **owned,
    )  # fmt: skip
    gateway, meter = (_with_a_device(tx, tenant, owned, kind) for kind in ("gateway", "device"))
    topic = Topic(
        id=tx.new_id(), tenant=tenant.id, product=product.id, name=f"{MARK}/topic", version="1",
        direction="publish", created_at=1,
    )  # fmt: skip
    key = f"{MARK}{product.id}"
    document = {"modelId": key, "name": {"defaultValue": MARK}, "attributes": {},
                "measurepoints": {}, "services": {}, "events": {}}  # fmt: skip
    model = NamedModel(
        id=tx.new_id(), tenant=tenant.id, key=key, created_at=1, updated_at=1,
        model=Authored("enos", msgspec.Raw(json.dumps(document).encode())),
    )  # fmt: skip
    tx.add(template)
    tx.add(product)
    tx.add(topic)
    tx.add(model)
    return Victim(credentials, tenant, product, template, topic, model, gateway, meter)


def _with_a_device(
    tx: Tx, tenant: Tenant, owned: dict[str, Any], kind: Kind
) -> tuple[Device, Product]:
    """A device of a product of its own."""
    name = f"{MARK} {kind}"
    product = Product(
        id=tx.new_id(), space=tenant.default_space, profile=Profile(name=name, kind=kind), **owned
    )
    device = Device(
        id=tx.new_id(), product=product.id, key=f"{kind}-1", name=name,
        description=name, tags={MARK: MARK}, disabled_at=1, claims=(key_claim(product.id, f"{kind}-1"),),
        **owned,
    )  # fmt: skip
    tx.add(product)
    tx.add(device)
    return device, product


def everything(world: World, tenant: Tenant) -> Any:
    """All that the tenant has, with the totals and the log of its products."""

    def look(tx: Tx) -> Any:
        kinds = [k for k in KINDS if not k.everywhere]
        return [
            *(list(tx.scan(k.type, tenant.id)) for k in kinds),
            *(tx.count(k.type, tenant.id) for k in kinds),
            *(registry.history(tx, tenant.id, p.id) for p in tx.scan(Product, tenant.id)),
        ]

    return world.installation.store.read_now(look)


def call(
    adapter: Adapter, operation: Operation, handles: Mapping[str, Any], caller: Credentials
) -> tuple[dict[str, Any], Any]:
    """Parameters and body that call the operation on these things."""
    known = operation.parameters
    example = filled(operation.example, {**words(caller), **handles})
    given = _one_owner({k: v for k, v in handles.items() if k in known})
    if operation.body is None:
        shown = example or {}  # one of several is given as `name.1`
        return {
            **shown,
            **{f"{k}.1" if f"{k}.1" in shown else k: v for k, v in given.items()},
        }, None
    body = {} if example is None else dict(example)
    fields = getattr(operation.body, "__struct_encode_fields__", ())
    return given, _one_owner({**body, **{k: v for k, v in handles.items() if k in fields}})


def _one_owner(values: dict[str, Any]) -> dict[str, Any]:
    """Of a product and a template the product: where both may stand, only one does."""
    both = "product_id" in values
    return {k: v for k, v in values.items() if not both or k != "product_template_id"}


@each_call
def test_nobody_reaches_another_tenants_things(
    adapter: Adapter, operation: Operation, world: World, victim: Victim, intruder: Credentials
) -> None:
    handles = victim.handles(adapter, world)
    before = everything(world, victim.tenant)
    given, body = call(adapter, operation, handles, intruder)
    answer = world.ask(adapter.request(operation, given, body, intruder))
    assert answer.status != 500 or adapter.refused(answer)
    seen = answer.body.decode().replace(victim.model.key, "")  # a refusal may repeat what was sent
    assert MARK not in seen
    assert everything(world, victim.tenant) == before


@each_call
def test_nobody_calls_at_another_tenants_address(
    adapter: Adapter, operation: Operation, world: World, victim: Victim, intruder: Credentials
) -> None:
    handles = victim.handles(adapter, world)
    before = everything(world, victim.tenant)
    given, body = call(adapter, operation, handles, victim.credentials)
    address = adapter.own(victim.credentials)
    answer = world.ask(adapter.request(operation, {**given, **address}, body, intruder))
    if address:
        assert adapter.refused(answer), answer.body.decode()
    seen = answer.body.decode().replace(victim.model.key, "")
    assert MARK not in seen
    assert everything(world, victim.tenant) == before


NAMING = {
    "device_id", "IotId", "assetId", "product_id", "ProductKey", "productKey", "app_id",
    "product_template_id", "topic_id", "service_id",
}  # fmt: skip
# What needs more than the victim has: a part of a command, another gateway, a device that is on.
NEEDING = re.compile(r"/\{command_id\}/|/change-gateway|\bdisable\b")
NAMED = [
    (a, o)
    for a, o in CALLS
    if o.parameters & NAMING and not NEEDING.search(f"{o.path} {o.selector}")
]


@pytest.mark.parametrize(
    ("adapter", "operation"), NAMED, ids=[f"{a.dialect}-{o.name}" for a, o in NAMED]
)
def test_the_owner_reaches_them_by_the_same_call(
    adapter: Adapter, operation: Operation, world: World
) -> None:
    victim = furnished(world)
    before = everything(world, victim.tenant)
    given, body = call(adapter, operation, victim.handles(adapter, world), victim.credentials)
    answer = world.ask(adapter.request(operation, given, body, victim.credentials))
    if "Application" in operation.name or "App" in operation.name:
        # The default space cannot be deleted, and is no less there for it.
        assert b"xist" not in answer.body or not adapter.refused(answer)
        return
    assert not adapter.refused(answer), answer.body.decode()
    if operation.permission.endswith(":delete"):
        assert everything(world, victim.tenant) != before
