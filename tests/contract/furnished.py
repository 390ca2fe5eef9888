"""A tenant with one of everything, and the calls that name its things, for every operation there is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.devices.registry import key_claim
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.products.categories import category_claim
from entrepot.core.products.named_models import model_claim
from entrepot.core.things.account import Tenant, User
from entrepot.core.things.category import Category
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import Device
from entrepot.core.things.model import ModelVersion, NamedModel
from entrepot.core.things.product import Kind, Product, Profile
from entrepot.core.things.space import Space
from entrepot.core.things.template import Template
from entrepot.core.things.topic import Topic
from entrepot.dialect.calls import filled, placeholders
from entrepot.dialect.client import Credentials
from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.roma.handles import part_id
from tests.contract.adapters import Adapter
from tests.contract.goods import SOMEBODY
from tests.contract.world import World

MARK, VERSION = "zebra", "v1.0.0"


def _draft(mark: str) -> bytes:
    """What Alibaba's examples change, not in force yet."""
    brightness = {
        "identifier": "Brightness", "name": mark, "accessMode": "rw", "required": False,
        "dataType": {"type": "int", "specs": {"min": "0", "max": "100"}},
    }  # fmt: skip
    return json.dumps({"properties": [brightness]}).encode()


def _services(mark: str) -> bytes:
    """A service with a property and a command that takes and answers something: the parts of its model."""
    part = {"property_name": mark, "data_type": "boolean", "required": 0}
    return json.dumps({"services": [{
        "service_name": f"{mark}-service", "status": 0,
        "properties": [part],
        "commands": [{"command_name": mark, "requests": [part], "responses": [part]}],
    }]}).encode()  # fmt: skip


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
    leaf: tuple[Device, Product]  # what connects through the hub; both are enabled
    hub: tuple[Device, Product]
    spare: Space  # with nothing in it
    mark: str = MARK  # what stands in the name of each, and nowhere else

    def handles(self, adapter: Adapter, world: World) -> dict[str, Any]:
        """Its things by the names of parameters and fields that may name them; for some calls, by others."""
        vault = world.installation.vault
        holder = User(id=1, tenant=self.tenant.id, name=self.tenant.name, created_at=0)
        moved = replace(self.tenant, default_space=self.spare.id)
        spare = adapter.value.credentials(moved, holder, vault)
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
            "tag_keys": [self.mark],
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
            "gateway_id": device,
            "SourceProductKey": adapter.value.handle(vault, self.meter[1]),
            "TargetProductKey": product,
            "spare": spare.get(adapter.dialect, {}).get("app_id", ""),
            "leaf": adapter.value.device_handle(vault, *self.leaf),
            "hub": adapter.value.device_handle(vault, *self.hub),
            "request": str(part_id(self.product.id, 4)),
            "response": str(part_id(self.product.id, 5)),
        }


def furnished(world: World, mark: str = MARK) -> Victim:
    """A new tenant with one of everything."""
    credentials = world.tenant()
    return world.installation.store.write_now(lambda tx: furnish(tx, credentials, mark))


def furnish(tx: Tx, credentials: Credentials, mark: str = MARK) -> Victim:
    """One of everything, in the tenant whose credentials these are."""
    tenant = tenant_named(tx, credentials["name"])
    dated: dict[str, Any] = {"created_at": 1, "created_by": SOMEBODY}
    changed: dict[str, Any] = {**dated, "updated_at": 1, "updated_by": SOMEBODY}
    template = Template(id=tx.new_id(), tenant=tenant.id, name=f"{mark}-template", **changed)
    profile = Profile(
        name=mark, description=f"{mark} product", tags={mark: mark, "room": mark},
        model=Authored("roma", msgspec.Raw(_services(mark))),
    )  # fmt: skip
    owned: dict[str, Any] = {"tenant": tenant.id, "origin": "test", **changed}
    product = Product(
        id=tx.new_id(), space=tenant.default_space, profile=profile,
        draft=Authored("aliyun", msgspec.Raw(_draft(mark))), **owned,
    )  # fmt: skip
    gateway, meter = (
        _with_a_device(tx, tenant, owned, mark, kind) for kind in ("gateway", "device")
    )
    hub = _with_a_device(tx, tenant, owned, mark, "gateway", key="hub", children=1, disabled_at=0)
    leaf = _with_a_device(
        tx, tenant, owned, mark, "device", key="leaf", gateway=hub[0].id, disabled_at=0
    )
    spare = Space(id=tx.new_id(), tenant=tenant.id, name=f"{mark}-spare", **dated)
    topic = Topic(
        id=tx.new_id(), tenant=tenant.id, product=product.id, name=f"{mark}/topic", version="1",
        direction="publish", created_at=1,
    )  # fmt: skip
    key = f"{mark}{product.id}"
    document = {"modelId": key, "name": {"defaultValue": mark}, "attributes": {},
                "measurepoints": {}, "services": {}, "events": {}}  # fmt: skip
    model = NamedModel(
        id=tx.new_id(), tenant=tenant.id, key=key, created_at=1, updated_at=1,
        claims=(model_claim(key),),
        model=Authored("enos", msgspec.Raw(json.dumps(document).encode())),
    )  # fmt: skip
    published = ModelVersion(
        id=tx.new_id(), tenant=tenant.id, product=meter[1].id, version=VERSION,
        model=Authored("aliyun", msgspec.Raw(_draft(mark))),
        claims=(Claim("model.version", f"{meter[1].id}/{VERSION}"),), **dated,
    )  # fmt: skip
    category = Category(
        id=tx.new_id(), tenant=tenant.id, key=key, name=f"{mark} category", created_at=1, updated_at=1,
        model=Authored("aliyun", msgspec.Raw(_draft(mark))), claims=(category_claim(key),),
    )  # fmt: skip
    tx.add(category)
    tx.add(published)
    tx.add(template)
    tx.add(product)
    tx.add(topic)
    tx.add(model)
    tx.add(spare)
    return Victim(
        credentials, tenant, product, template, topic, model, gateway, meter, leaf, hub, spare, mark
    )


def _with_a_device(
    tx: Tx, tenant: Tenant, owned: dict[str, Any], mark: str, kind: Kind, key: str = "", **rest: Any
) -> tuple[Device, Product]:
    """A device of a product of its own."""
    key = key or f"{kind}-1"
    name = f"{mark} {key}"
    product = Product(
        id=tx.new_id(), space=tenant.default_space, profile=Profile(name=name, kind=kind), **owned
    )
    device = Device(
        id=tx.new_id(), product=product.id, key=key, name=name, description=name,
        tags={mark: mark}, claims=(key_claim(product.id, key),), **{"disabled_at": 1, **rest}, **owned,
    )  # fmt: skip
    tx.add(product)
    tx.add(device)
    return device, product


def call(
    adapter: Adapter, operation: Operation, handles: Mapping[str, Any], caller: Credentials
) -> tuple[dict[str, Any], Any]:
    """Parameters and body that call the operation on these things."""
    known, handles = operation.parameters, {**handles, **_others(operation, handles)}
    example = filled(operation.example, {**placeholders(adapter.value, caller), **handles})
    given = _one_owner({k: v for k, v in handles.items() if k in known})
    if operation.body is None:
        shown = example or {}  # one of several is given as `name.1`, what is in one as `name.1.of`
        return {
            **{k: handles.get(k.rpartition(".")[2], v) for k, v in shown.items()},
            **{f"{k}.1" if f"{k}.1" in shown else k: v for k, v in given.items()},
        }, None
    body = {} if example is None else dict(example)
    fields = getattr(operation.body, "__struct_encode_fields__", ())
    return given, _one_owner({**body, **{k: v for k, v in handles.items() if k in fields}})


def _others(operation: Operation, handles: Mapping[str, Any]) -> dict[str, Any]:
    """What the operation can be done to, where that is not the thing that the others take."""
    path = operation.path
    if path.endswith("/apps/{app_id}") and operation.method == "DELETE":
        return {"app_id": handles["spare"]}  # the default one stays
    if path.endswith("/{property_id}") and "/{command_id}/" in path:
        return {"property_id": handles["request" if "/requests/" in path else "response"]}
    if path.endswith("/change-gateway"):
        return {"device_id": handles["leaf"]}
    if path.endswith("/freeze"):
        return {"device_id": handles["hub"]}
    leaf = {"assetId": handles["leaf"]}
    if operation.selector == "removeSubDevice":
        return {"gateway": {"assetId": handles["hub"]}, "subDevices": [leaf]}
    return {"disable": leaf, "getGateway": {"subDevice": leaf}}.get(operation.selector, {})


def _one_owner(values: dict[str, Any]) -> dict[str, Any]:
    """Of a product and a template the product: where both may stand, only one does."""
    both = "product_id" in values
    return {k: v for k, v in values.items() if not both or k != "product_template_id"}
