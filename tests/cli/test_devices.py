"""`entrepot device`: the devices of products, found under any name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.devices import registry as devices
from entrepot.core.devices.registry import DeviceDraft, DeviceRef
from entrepot.core.ports import Tx
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from tests import postgres
from tests.cli.console import Console


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def make(cli: Console, product: Product, key: str, dialect: str = "roma", **draft: Any) -> Device:
    wanted = DeviceDraft(product=Ref("p", product.id), key=key, **draft)
    made: Device = _write(cli, dialect, lambda tx, caller: devices.create(tx, caller, wanted))
    return made


def _write(cli: Console, dialect: str, use: Any) -> Any:
    installation = cli.opened()

    def work(tx: Tx) -> Any:
        tenant = tenancy.tenant_named(tx, "dev")
        user = tenancy.user_named(tx, tenant, "dev")
        caller = Caller(
            tenant, user, dialect, "CreateDevice", "request-1", root.now_ms(), installation.vault
        )
        return use(tx, caller)

    try:
        return installation.store.write_now(work)
    finally:
        installation.close()


def test_devices_are_listed_newest_first_and_by_page(cli: Console) -> None:
    lamp, pump = cli.make_product("lamp"), cli.make_product("pump")
    made = [make(cli, lamp, f"lamp-{n}").id for n in range(3)]
    other = make(cli, pump, "pump-0", disabled=True).id
    whole = cli("device", "list", "--json").json
    assert whole["total"] == 4
    assert [d["number"] for d in whole["devices"]] == [other, *made[::-1]]
    assert whole["devices"][0]["status"] == "disabled"
    assert whole["devices"][0]["since"]["disabled"].endswith("Z")
    of = cli("device", "list", "--product", str(lamp.id), "--limit", "2", "--page", "2", "--json")
    assert (of.json["total"], [d["key"] for d in of.json["devices"]]) == (3, ["lamp-0"])
    table = cli("device", "list", "--limit", "3").out
    assert "lamp-2" in table
    assert "inactive" in table
    assert "4 devices, page 1 of 2" in table
    assert cli("device", "list", "--product", "nothing").status == 1
    assert cli("device", "list", "--limit", "0").status == 1


def test_a_device_is_found_by_every_handle_that_it_shows(cli: Console) -> None:
    lamp = cli.make_product("lamp")
    made = make(cli, lamp, "lamp-1", name="灯", tags={"room": "7"}, secret="very-secret-1")
    make(cli, lamp, "lamp-2")
    said = cli("device", "show", str(made.id), "--json")
    shown = said.json
    assert "very-secret-1" not in said.out
    assert (shown["key"], shown["name"], shown["tags"]) == ("lamp-1", "灯", {"room": "7"})
    assert shown["product"] == {"number": lamp.id, "name": "lamp"}
    assert shown["handles"]["roma"] == str(made.id)
    for handle in shown["handles"].values():
        assert cli("device", "show", handle, "--json").json["number"] == made.id
    by_key = cli("device", "show", "lamp-1", "--product", str(lamp.id), "--json").json
    assert by_key["number"] == made.id
    assert "lamp-1" in cli("device", "show", str(made.id)).out
    for absent in ("1", "9" * 40, "none", "", "lamp-1"):
        assert cli("device", "show", absent).status == 1


def test_the_history_outlives_the_device(cli: Console) -> None:
    lamp = cli.make_product("lamp")
    made = make(cli, lamp, "lamp-1")
    ref = DeviceRef("d", made.id)
    _write(cli, "roma", lambda tx, caller: devices.delete(tx, caller, ref))
    said = cli("device", "show", str(made.id), "--history")
    assert "is deleted" in said.out
    lines = cli("device", "show", str(made.id), "--history", "--json").json["history"]
    assert [line["action"] for line in lines] == ["create", "delete"]
    assert cli("device", "show", str(made.id)).status == 1
    assert cli("device", "show", str(lamp.id), "--history").status == 1


def test_a_device_of_another_tenant_is_not_there(cli: Console) -> None:
    made = make(cli, cli.make_product("lamp"), "lamp-1")
    assert cli("tenant", "create", "other").status == 0
    assert cli("device", "show", str(made.id), "--tenant", "other").status == 1
    assert cli("device", "list", "--tenant", "other", "--json").json["total"] == 0


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_gateway_that_miscounts_is_found(tmp_path: Path, engine: str) -> None:
    store = postgres.database(tmp_path) if engine == "postgres" else ""
    cli = Console(tmp_path / "data", store).with_dev()
    lamp = cli.make_product("lamp")
    gateway = make(cli, lamp, "gateway")
    child = make(cli, lamp, "child", gateway=DeviceRef("g", gateway.id))
    assert cli("doctor").status == 0

    def spoil(tx: Tx, caller: Caller) -> None:
        for found, wrong in ((gateway, {"children": 3}), (child, {"gateway": 7})):
            there = tx.get(Device, found.tenant, found.id)
            assert there is not None
            tx.put(there, replace(there, **wrong))

    _write(cli, "roma", spoil)
    said = cli("doctor")
    assert said.status == 1
    assert "1 devices connect through device 7, which knows of none or is not there" in said.out
    assert f"0 devices connect through device {gateway.id}, which says 3" in said.out
    postgres.drop(tmp_path)
