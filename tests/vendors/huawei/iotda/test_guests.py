"""Products that other dialects made, as IoTDA shows them; and what it may do to them."""

from __future__ import annotations

import pytest

from tests.server import Server
from tests.vendors.huawei.iotda.caller import Caller, new_tenant, service


@pytest.fixture(scope="module")
def iotda(server: Server) -> Caller:
    return new_tenant(server, "iotda-guests")


def link(caller: Caller) -> str:
    return f"/v2/{caller.project}/link/instances/default/products"


def made_by_roma(server: Server, caller: Caller, name: str, **members: object) -> int:
    app = server.credentials("iotda-guests")["roma"]["app_id"]
    body = {
        "app_id": app, "name": name, "manufacturer_id": name, "manufacturer_name": "Maker & Co",
        "model": "m1", "product_type": 1, "protocol_type": 4, "data_format": 1, **members,
    }  # fmt: skip
    reply = caller.send("POST", link(caller), body)
    assert reply.status == 201, reply.body
    id: int = reply.json["id"]
    return id


def test_a_guest_is_listed_shown_and_changed(server: Server, iotda: Caller) -> None:
    id = made_by_roma(server, iotda, "guest")
    [listed] = iotda.send("GET", "products", query={"product_name": "guest"}).json["products"]
    shown = iotda.send("GET", f"products/{listed['product_id']}").json
    assert shown.pop("create_time")
    assert shown == {
        "app_id": iotda.app,
        "app_name": "DefaultApp",
        "product_id": listed["product_id"],
        "name": "guest",
        "device_type": "Default",
        "protocol_type": "OPC-UA",
        "data_format": "binary",
        "manufacturer_name": "Maker & Co",
        "service_capabilities": [],
    }
    services = [service(option="Optional")]
    changed = iotda.send(
        "PUT", f"products/{listed['product_id']}",
        {"description": "changed here", "service_capabilities": services},
    )  # fmt: skip
    assert changed.json["service_capabilities"] == services
    theirs = iotda.send("GET", f"{link(iotda)}/{id}").json
    assert (theirs["description"], theirs["model"], theirs["product_type"]) == (
        "changed here",
        "m1",
        1,
    )
    assert iotda.send("DELETE", f"products/{listed['product_id']}").status == 204
    assert iotda.send("GET", f"{link(iotda)}/{id}").code == "404 ROMA.00110006"


def test_a_protocol_without_a_word_is_shown_as_other(server: Server, iotda: Caller) -> None:
    made_by_roma(server, iotda, "extended", protocol_type=5)
    [listed] = iotda.send("GET", "products", query={"product_name": "extended"}).json["products"]
    assert listed["protocol_type"] == "Other"


def test_what_is_made_here_is_read_by_roma(iotda: Caller) -> None:
    made = iotda.make(
        name="host", product_id="chosen-here", manufacturer_name="Maker", protocol_type="UDP"
    )
    listed = iotda.send("GET", link(iotda), query={"name": "host"}).json["items"]
    assert [(p["name"], p["manufacturer_name"], p["protocol_type"]) for p in listed] == [
        ("host", "Maker", 5)
    ]
    assert made["product_id"] == "chosen-here"


def test_a_setting_hides_guests(server: Server) -> None:
    alone = new_tenant(server, "iotda-alone", "own_products_only=iotda")
    app = server.credentials("iotda-alone")["roma"]["app_id"]
    body = {"app_id": app, "name": "hidden", "manufacturer_id": "1", "manufacturer_name": "m",
            "model": "m1", "product_type": 0, "protocol_type": 0}  # fmt: skip
    assert alone.send("POST", link(alone), body).status == 201
    mine = alone.make(name="mine")
    listed = alone.send("GET", "products").json
    assert [p["product_id"] for p in listed["products"]] == [mine["product_id"]]
    assert listed["page"]["count"] == 1
