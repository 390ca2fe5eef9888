"""Products that another dialect made, seen and changed through ROMA."""

from __future__ import annotations

from typing import Any

from tests.server import Server
from tests.vendors.huawei.roma.caller import RomaCaller, caller


def make_elsewhere(roma: RomaCaller, name: str) -> None:
    """A product through IoTDA, which has no maker, no model and another idea of protocols."""
    body: dict[str, Any] = {
        "name": name, "device_type": "Thermostat", "protocol_type": "MQTT", "data_format": "json",
        "service_capabilities": [],
    }  # fmt: skip
    reply = roma.call("POST", f"/v5/iot/{roma.project}/products", body)
    assert reply.status == 201, reply.body


def test_what_a_product_lacks_has_a_fallback(server: Server) -> None:
    server.run("tenant", "create", "roma-guests")
    roma = caller(server, "roma-guests")
    make_elsewhere(roma, "guest")
    page = roma.call("GET", roma.products, name="guest").json
    assert page["total"] == 1
    shown = page["items"][0]
    told = ("manufacturer_id", "manufacturer_name", "model", "protocol_type", "product_type")
    assert [shown[name] for name in told] == ["", "", "", 0, 0]
    assert (shown["device_type"], shown["app_id"]) == ("Thermostat", roma.app)
    assert roma.call("GET", f"{roma.products}/{shown['id']}").json == shown


def test_a_guest_that_is_changed_here_keeps_its_name_to_itself(server: Server) -> None:
    server.run("tenant", "create", "roma-claims")
    roma = caller(server, "roma-claims")
    make_elsewhere(roma, "guest")
    id = roma.call("GET", roma.products).json["items"][0]["id"]
    given = {"name": "guest", "manufacturer_id": "mm", "manufacturer_name": "mm", "model": "mm"}
    assert roma.call("PUT", f"{roma.products}/{id}", given).json["model"] == "mm"
    assert roma.call("POST", roma.products, roma.body(name="guest")).code == "500 ROMA.00110701"
    assert roma.call("DELETE", f"{roma.products}/{id}").status == 204


def test_a_setting_hides_guests(server: Server) -> None:
    server.run("tenant", "create", "roma-alone", "--set", "own_products_only=roma")
    roma = caller(server, "roma-alone")
    make_elsewhere(roma, "guest")
    mine = roma.create()
    page = roma.call("GET", roma.products).json
    assert (page["total"], [item["id"] for item in page["items"]]) == (1, [mine["id"]])
    assert roma.call("GET", f"{roma.products}/{mine['id'] - 1}").code == "404 ROMA.00110006"
    exported = roma.call("GET", f"{roma.products}/export").body.decode()
    assert "guest" not in exported
    counts = roma.call("GET", f"{roma.link}/statistics/devices-count").json
    assert counts["products"]["normal_products_numbers"] == 1
