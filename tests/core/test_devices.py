"""The devices' use cases, over a real store: what they keep, refuse, and write into the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.devices import lists as device_lists
from entrepot.core.devices import registry as devices
from entrepot.core.devices.lists import Devices, Listing
from entrepot.core.devices.registry import DeviceDraft, DeviceRef
from entrepot.core.faults import InUse, NotFound, QuotaExceeded, Taken
from entrepot.core.ports import Tx
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from tests.contract.goods import device as plain
from tests.contract.goods import product as plain_product
from tests.core.test_registry import Shop, through, with_settings


class Inventory:
    """A shop with a product of each tenant, and short ways to its devices."""

    def __init__(self, path: Path) -> None:
        self.shop = Shop(path)
        self.store = self.shop.store
        self.mine, self.theirs = self.shop.mine, self.shop.theirs
        self.product = self.shop.create()

    def run(self, use: Any, value: Any, caller: Caller | None = None) -> Any:
        return self.store.write_now(lambda tx: use(tx, caller or self.mine, value))

    def create(self, key: str = "d1", caller: Caller | None = None, **draft: Any) -> Device:
        wanted = DeviceDraft(**{"product": of(self.product), "key": key, **draft})
        made: Device = self.run(devices.create, wanted, caller)
        return made

    def get(self, ref: DeviceRef, caller: Caller | None = None) -> Device:
        found: Device = self.run(devices.get, ref, caller)
        return found

    def listed(self, caller: Caller | None = None, **wanted: Any) -> Devices:
        found: Devices = self.store.read_now(
            lambda tx: device_lists.listed(tx, caller or self.mine, Listing(**wanted))
        )
        return found

    def history(self, device: Device) -> list[Any]:
        return self.store.read_now(lambda tx: tx.history(device.tenant, device.id))


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    made = Inventory(tmp_path / "yard.sqlite")
    yield made
    made.store.close()


def of(product: Product) -> Ref:
    return Ref(f"p{product.id}", product.id)


def ref(device: Device, **rest: Any) -> DeviceRef:
    return DeviceRef(f"d{device.id}", device.id, **rest)


def test_a_device_is_made_by_somebody_under_its_product(inventory: Inventory) -> None:
    made = inventory.create(name="lamp 1", tags={"room": "7"}, disabled=True)
    assert (made.product, made.tenant, made.origin) == (
        inventory.product.id,
        inventory.product.tenant,
        "red",
    )
    assert made.created_by == made.updated_by == inventory.mine.actor
    assert (made.connection, made.disabled_at, made.revision) == ("inactive", 1000, 1)
    assert inventory.get(ref(made)) == made
    assert [(e.kind, e.action) for e in inventory.history(made)] == [("device", "create")]


def test_a_product_that_is_not_there_or_not_ones_own_gets_no_devices(inventory: Inventory) -> None:
    for caller, id in ((inventory.mine, 999_999), (inventory.theirs, inventory.product.id)):
        with pytest.raises(NotFound) as refused:
            inventory.create(caller=caller, product=Ref("h", id))
        assert (refused.value.kind, refused.value.handle) == ("product", "h")


def test_a_key_is_unique_in_its_product_whoever_takes_it(inventory: Inventory) -> None:
    made = inventory.create("d1")
    with pytest.raises(Taken) as refused:
        inventory.create("d1", through(inventory.mine, "blue"))
    fault = refused.value
    assert (fault.rule, fault.value, fault.holder) == ("device.key", "d1", made.id)
    other = inventory.shop.create()
    assert inventory.create("d1", product=of(other)).product == other.id
    inventory.run(devices.delete, ref(made))
    assert inventory.create("d1").id != made.id


def test_a_chosen_id_is_unique_in_the_tenant_and_the_devices_only_one(inventory: Inventory) -> None:
    made = inventory.create(alias="my-lamp")
    by_alias = DeviceRef("my-lamp", alias_rule="red.device")
    assert inventory.get(by_alias) == made
    with pytest.raises(Taken) as refused:
        inventory.create("d2", product=of(inventory.shop.create()), alias="my-lamp")
    assert (refused.value.rule, refused.value.value) == ("red.device", "my-lamp")
    for wanted in (ref(made), DeviceRef("x", named=((of(inventory.product), "d1"),))):
        with pytest.raises(NotFound):
            inventory.get(wanted)
        assert inventory.get(wanted, through(inventory.mine, "blue")) == made


def test_a_device_is_found_by_its_product_and_key(inventory: Inventory) -> None:
    made = inventory.create("d1")
    nowhere = (Ref("none", 1), "d1")
    assert inventory.get(DeviceRef("x", named=(nowhere, (of(inventory.product), "d1")))) == made
    with pytest.raises(NotFound) as refused:
        inventory.get(DeviceRef("x", named=(nowhere, (of(inventory.product), "d2"))))
    assert (refused.value.kind, refused.value.handle) == ("device", "x")


def test_nobody_sees_another_tenants_device(inventory: Inventory) -> None:
    made = inventory.create(alias="a")
    for wanted in (
        ref(made), DeviceRef("a", alias_rule="red.device"),
        DeviceRef("x", named=((of(inventory.product), "d1"),)),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            inventory.get(wanted, inventory.theirs)
    assert inventory.listed(inventory.theirs).total == 0


def test_devices_of_a_product_that_a_setting_hides_are_hidden(inventory: Inventory) -> None:
    made = inventory.create()
    blue = with_settings(through(inventory.mine, "blue"), own_products_only=("blue",))
    with pytest.raises(NotFound):
        inventory.get(ref(made), blue)
    assert inventory.listed(blue).total == 0
    red = with_settings(inventory.mine, own_products_only=("red",))
    assert [s.device for s in inventory.listed(red).items] == [made]


def test_quotas_count_the_tenants_or_the_products_devices(inventory: Inventory) -> None:
    other = of(inventory.shop.create())
    inventory.create("d1", quota=2, product_quota=1)
    with pytest.raises(QuotaExceeded) as refused:
        inventory.create("d2", quota=9, product_quota=1)
    assert (refused.value.kind, refused.value.limit) == ("device", 1)
    inventory.create("d2", quota=2, product_quota=1, product=other)
    with pytest.raises(QuotaExceeded):
        inventory.create("d3", quota=2, product_quota=9)
    unbound = with_settings(inventory.mine, quotas=False)
    inventory.create("d3", unbound, quota=2, product_quota=1)


def test_an_update_writes_down_what_changed(inventory: Inventory) -> None:
    made = inventory.create(name="a")
    later = replace(inventory.mine, now_ms=2000, operation="Change")
    new = inventory.run(devices.update, (ref(made), lambda old: replace(old, name="b")), later)
    assert (new.name, new.revision, new.updated_at, new.created_at) == ("b", 2, 2000, 1000)
    line = inventory.history(made)[-1]
    assert (line.action, line.revision, line.operation) == ("update", 2, "Change")
    assert line.changes == {"name": ["a", "b"]}


def test_switching_off_is_dated_once_and_undone(inventory: Inventory) -> None:
    made = inventory.create()

    def switch(disabled: bool, now_ms: int) -> int:
        who = replace(inventory.mine, now_ms=now_ms)
        change = (ref(made), lambda old: devices.set_disabled(who, old, disabled))
        at: int = inventory.run(devices.update, change, who).disabled_at
        return at

    assert [switch(True, 2000), switch(True, 3000), switch(False, 4000)] == [2000, 2000, 0]


def test_a_secret_is_sealed_for_its_device_and_dialect_and_never_logged(
    inventory: Inventory,
) -> None:
    made = inventory.create(secret="first-secret", secret_name="someone")
    assert devices.chosen_secret(inventory.mine, made) == "first-secret"
    assert devices.chosen_secret(through(inventory.mine, "blue"), made) is None
    assert b"first-secret" not in made.secrets["red"]
    assert made.names_of_secrets == {"red": "someone"}
    other = replace(inventory.create("d2"), secrets=made.secrets)
    with pytest.raises(ValueError, match="cannot open"):
        devices.chosen_secret(inventory.mine, other)
    renew = lambda old: devices.set_secret(inventory.mine, old, "second-secret")  # noqa: E731
    new = inventory.run(devices.update, (ref(made), renew))
    assert devices.chosen_secret(inventory.mine, new) == "second-secret"
    spare = devices.set_secret(inventory.mine, new, "spare-secret", slot="/spare")
    assert devices.chosen_secret(inventory.mine, spare) == "second-secret"
    assert devices.chosen_secret(inventory.mine, spare, "/spare") == "spare-secret"
    assert new.names_of_secrets == {"red": "someone"}
    assert inventory.history(made)[-1].changes == {"secret": ["(changed)", "(changed)"]}


def test_a_gateway_knows_its_children_and_outlives_them(inventory: Inventory) -> None:
    gateway = inventory.create("g")
    one, two = (inventory.create(k, gateway=ref(gateway)) for k in ("one", "two"))
    assert one.gateway == gateway.id
    found = inventory.get(ref(gateway))
    assert (found.children, found.revision, found.updated_at) == (2, 1, gateway.updated_at)
    listed = inventory.listed(gateways=(found,))
    assert [s.device.key for s in listed.items] == ["two", "one"]
    assert all(s.gateway == (found, inventory.product) for s in listed.items)
    with pytest.raises(InUse) as refused:
        inventory.run(devices.delete, ref(gateway))
    assert (refused.value.kind, refused.value.by) == ("device", "subdevices")
    inventory.run(devices.delete, ref(one))
    inventory.run(devices.update, (ref(two), lambda old: replace(old, gateway=None)))
    assert inventory.get(ref(gateway)).children == 0
    assert inventory.listed(gateways=(inventory.get(ref(gateway)),)).total == 0
    inventory.run(devices.delete, ref(gateway))
    with pytest.raises(NotFound):
        inventory.create("three", gateway=ref(gateway))
    assert inventory.listed().total == 1


def test_a_list_is_narrowed_and_paged(inventory: Inventory) -> None:
    other = inventory.shop.create()
    for i in range(5):
        inventory.create(f"d{i}")
    last = inventory.create("d0", product=of(other))

    def keys(**wanted: Any) -> tuple[int, list[str]]:
        found = inventory.listed(**wanted)
        return found.total, [s.device.key for s in found.items]

    assert keys(products=(inventory.product.id,), skip=1, limit=2) == (5, ["d3", "d2"])
    assert keys(keys=("d0",)) == (2, ["d0", "d0"])
    assert keys(products=(other.id,), keys=("d0",)) == (1, ["d0"])
    assert keys(products=(other.id,), keys=("d1",)) == (0, [])
    assert keys(before=last.id, limit=2) == (6, ["d4", "d3"])
    odd = lambda d, p: p.id == other.id or d.key in ("d1", "d3")  # noqa: E731
    assert keys(test=odd, limit=2) == (3, ["d0", "d3"])
    assert keys(test=odd, before=last.id) == (3, ["d3", "d1"])
    assert keys(space=inventory.product.space, limit=1) == (6, ["d0"])
    assert keys(space=1) == (0, [])
    assert keys(gateways=(last,)) == (0, [])


def test_what_is_read_of_many_devices_is_read_once(inventory: Inventory) -> None:
    """A page of devices of one product asks for that product and its space once."""
    asked: list[type[Any]] = []

    class Counting:
        def __init__(self, tx: Tx) -> None:
            self._tx = tx

        def __getattr__(self, name: str) -> Any:
            return getattr(self._tx, name)

        def get(self, kind: type[Any], tenant: int, id: int) -> Any:
            asked.append(kind)
            return self._tx.get(kind, tenant, id)

    for i in range(3):
        inventory.create(f"d{i}")
    found: Any = inventory.store.read_now(
        lambda tx: device_lists.listed(Counting(tx), inventory.mine, Listing())
    )
    assert (len(found.items), len(asked)) == (3, 2)


def test_a_device_without_its_product_is_a_defect_and_no_refusal(inventory: Inventory) -> None:
    lost = inventory.store.write_now(
        lambda tx: plain(tx, replace(plain_product(tx, tenant=inventory.product.tenant), id=77))
    )
    with pytest.raises(LookupError):
        inventory.store.read_now(lambda tx: device_lists.show(tx, lost))
