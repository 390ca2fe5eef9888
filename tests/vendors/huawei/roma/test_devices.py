"""What ROMA lists of devices, and how it refuses them: raw calls, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.ports import Tx
from entrepot.core.things.device import Connection, Device
from tests.server import Server
from tests.vendors.huawei.roma.caller import RomaCaller, caller


@pytest.fixture(scope="module")
def roma(server: Server) -> RomaCaller:
    return caller(server)


def body(roma: RomaCaller, of: Any, **changes: Any) -> dict[str, Any]:
    whole = {
        "product": {"product_id": of["id"]}, "app_id": roma.app, "device_name": "dd",
        "node_id": "node-1", **changes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def add(roma: RomaCaller, of: Any, node: str, **changes: Any) -> Any:
    reply = roma.call("POST", f"{roma.link}/devices", body(roma, of, node_id=node, **changes))
    assert reply.status == 201, reply.body
    return reply.json


def devices(roma: RomaCaller, **query: Any) -> tuple[int, list[str]]:
    page = roma.call("GET", f"{roma.link}/devices", **query).json
    assert page["size"] == len(page["items"])
    return page["total"], [d["node_id"] for d in page["items"]]


# What a create may hold


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"device_name": "d"}, "device_name:length must be greater than or equal to 2"),
        ({"device_name": "d" * 65}, "device_name:length must be less than or equal to 64"),
        ({"device_name": None}, "device_name:Can not be empty"),
        ({"node_id": "n"}, "node_id:length must be greater than or equal to 2"),
        ({"node_id": "n" * 65}, "node_id:length must be less than or equal to 64"),
        ({"node_id": "a.b"}, 'node_id:must match "^[A-Za-z0-9_-]+$"'),
        ({"app_id": None}, "app_id:must not be empty"),
        ({"app_id": "a" * 37}, "app_id:length must be less than or equal to 36"),
        ({"product": None}, "product:Can not be empty"),
        ({"product": {}}, "product.product_id:must not be null"),
        ({"product": {"model": "mm"}}, "product.manufacturer_id:Can not be empty"),
        ({"product": {"manufacturer_id": "mm"}}, "product.model:Can not be empty"),
        ({"status": 2}, "status:must be one of 0, 1"),
        ({"description": "d" * 201}, "description:length must be less than or equal to 200"),
        ({"user_name": "u" * 9}, "user_name:length must be greater than or equal to 10"),
        ({"user_name": "u" * 51}, "user_name:length must be less than or equal to 50"),
        ({"user_name": "under_score"}, 'user_name:must match "^[A-Za-z0-9-]*$"'),
        ({"password": "Aa1-567"}, "password:length must be greater than or equal to 8"),
        ({"password": "Aa1-" * 9}, "password:length must be less than or equal to 32"),
        ({"tags": [""]}, "tags[0]:Can not be empty"),
        ({"tags": ["t"] * 101}, "tags:size must be less than or equal to 100"),
    ],
)  # fmt: skip
def test_each_limit_is_refused_by_its_name(
    roma: RomaCaller, changes: dict[str, Any], said: str
) -> None:
    reply = roma.call("POST", f"{roma.link}/devices", body(roma, {"id": 1}, **changes))
    assert reply.code == "400 ROMA.00110001"
    assert reply.said == f"The parameter does not meet verification rules: [{said}]"


def test_what_lies_on_the_limits_is_taken(roma: RomaCaller) -> None:
    product = roma.create()
    made = add(
        roma, product, "n" * 64, device_name="d（）。；，：“”、？《》()_,#.?'-@%&!" + "灯" * 38,
        description="d" * 200, user_name="u" * 50, password="Aa1-" * 8, tags=["t" * 64],
    )  # fmt: skip
    assert (len(made["device_name"]), made["tags"]) == (64, ["t" * 64])
    add(roma, product, "nn", device_name="dd", user_name="", password="", tags=[], status=1)
    floored = {"product_id": product["id"] + 0.9}
    assert add(roma, product, "floored", product=floored)["product"]["product_id"] == product["id"]


def test_what_is_no_number_is_told_by_the_framework(roma: RomaCaller) -> None:
    for method, path, called, part in (
        ("GET", "/devices/abc", "link-device.searchDetails]. Parameter is [device_id", "path"),
        ("GET", "/devices/abc/subsets",
         "link-device.batchQuerySubDevices]. Parameter is [deviceOid", "path"),
        ("GET", "/devices?product_id=x", "link-device.search]. Parameter is [product_id", "query"),
        ("DELETE", "/devices", "link-device.batchDelete]. Parameter is [request", "body"),
    ):  # fmt: skip
        reply = roma.send(method, roma.link + path, b"[]" if part == "body" else b"")
        assert reply.code == "400 SCB.00000000"
        assert f"romalink.{called}]. Processor is [{part}]" in reply.said


def test_a_batch_has_to_name_devices(roma: RomaCaller) -> None:
    reply = roma.call("DELETE", f"{roma.link}/devices", {})
    assert reply.code == "400 ROMA.00110001"
    product = roma.create()
    made = [add(roma, product, f"batch-{n}")["id"] for n in range(3)]
    names = {"device_ids": [made[0], 1], "resources": []}
    assert roma.call("DELETE", f"{roma.link}/devices", names).code == "404 ROMA.00110006"
    assert devices(roma, product_id=product["id"])[0] == 3
    names = {"device_ids": made[:2], "resources": made[1:]}
    assert roma.call("DELETE", f"{roma.link}/devices", names).status == 204
    assert devices(roma, product_id=product["id"]) == (0, [])


# What is not there or not free


def test_a_product_must_be_of_the_application(roma: RomaCaller) -> None:
    apps = f"/v2/{roma.project}/instances/{roma.instance}/apps"
    app = roma.call("POST", apps, {"name": "another-of-devices"}).json["id"]
    product = roma.create()
    for changes in (
        {"app_id": app}, {"app_id": "no-app"}, {"product": {"product_id": 1}},
        {"parent_device_id": 1},
    ):  # fmt: skip
        reply = roma.call("POST", f"{roma.link}/devices", body(roma, product, **changes))
        assert reply.code == "404 ROMA.00110006", changes


def test_a_node_id_is_unique_in_its_product(roma: RomaCaller) -> None:
    product = roma.create()
    add(roma, product, "same")
    again = body(roma, product, node_id="same")
    reply = roma.call("POST", f"{roma.link}/devices", again)
    assert (reply.code, reply.said) == (
        "500 ROMA.00111001", "The device node ID already exists. Node ID: same",
    )  # fmt: skip
    add(roma, roma.create(), "same")


def test_only_a_gateway_has_subdevices(roma: RomaCaller) -> None:
    home, meters = roma.create(product_type=1), roma.create()
    gateway, other = add(roma, home, "g1"), add(roma, home, "g2")
    meter = add(roma, meters, "m1")
    child = add(roma, meters, "m2", parent_device_id=gateway["id"])

    def put(id: int, below: int) -> str:
        path = f"{roma.link}/devices/{below}/subsets"
        return roma.call("POST", path, {"resources": [id]}).code

    for parent in (meter, child):
        reply = roma.call(
            "POST", f"{roma.link}/devices",
            body(roma, meters, node_id="m3", parent_device_id=parent["id"]),
        )  # fmt: skip
        assert reply.code == "500 ROMA.00111017"
        assert put(meter["id"], parent["id"]) == "500 ROMA.00111017"
    assert put(other["id"], gateway["id"]) == "500 ROMA.00111018"
    assert put(gateway["id"], gateway["id"]) == "500 ROMA.00111018"
    assert put(child["id"], other["id"]) == "500 ROMA.00111018"
    assert put(1, gateway["id"]) == "404 ROMA.00110006"
    same = roma.call(
        "POST", f"{roma.link}/devices/{gateway['id']}/subsets", {"resources": [child["id"]]}
    )
    assert same.status == 201
    assert same.json[0]["last_updated_datetime"] == child["last_updated_datetime"]


def test_a_quota_is_told(server: Server) -> None:
    """The tenant's own setting switches it on; the figure is the page's."""
    server.run("tenant", "create", "device-quota", "--set", "quotas=true")
    roma = caller(server, "device-quota")
    product = roma.create()
    _fill(server, "device-quota", product["id"], 999)
    add(roma, product, "the-last")
    reply = roma.call("POST", f"{roma.link}/devices", body(roma, product, node_id="one-more"))
    assert reply.code == "500 ROMA.00110004"
    assert "1000" in reply.said


# Lists


@pytest.fixture(scope="module")
def fleet(server: Server) -> RomaCaller:
    """A tenant with a gateway, two meters of which one is behind it, and a pump in another application."""
    server.run("tenant", "create", "fleet")
    roma = caller(server, "fleet")
    home, meters = roma.create(product_type=1, name="homes"), roma.create(name="meters")
    gateway = add(roma, home, "gateway", device_name="front")
    add(roma, meters, "meter-1", tags=["roof"], parent_device_id=gateway["id"])
    add(roma, meters, "meter-2", tags=["roof", "old"])
    apps = f"/v2/{roma.project}/instances/{roma.instance}/apps"
    app = roma.call("POST", apps, {"name": "pumps"}).json["id"]
    pumps = roma.create(name="pumps", app_id=app)
    add(roma, pumps, "pump", app_id=app, status=1)
    roma.made = [home["id"], meters["id"], pumps["id"]]
    return roma


def test_lists_are_newest_first_and_paged(fleet: RomaCaller) -> None:
    everything = ["pump", "meter-2", "meter-1", "gateway"]
    assert devices(fleet) == (4, everything)
    assert devices(fleet, limit=2, offset=1) == (4, everything[1:3])
    assert devices(fleet, limit=0) == (4, [])
    assert devices(fleet, limit=1000, offset=-1) == (4, everything)
    assert devices(fleet, node_type=0, limit=1, offset=1) == (2, ["meter-2"])


def test_filters_match_whole_values(fleet: RomaCaller) -> None:
    home, meters, pumps = fleet.made
    front = fleet.call("GET", f"{fleet.link}/devices", node_id="gateway").json["items"][0]
    pump = fleet.call("GET", f"{fleet.link}/devices", node_id="pump").json["items"][0]
    made = front["created_datetime"]
    for query, wanted in (
        ({"product_id": meters}, ["meter-2", "meter-1"]),
        ({"product_id": 1}, []),
        ({"product_name": "meters"}, ["meter-2", "meter-1"]),
        ({"product_name": "meter"}, []),
        ({"device_name": "front"}, ["gateway"]),
        ({"client_id": front["client_id"]}, ["gateway"]),
        ({"node_id": "meter-1"}, ["meter-1"]),
        ({"node_id": "meter-1", "product_id": home}, []),
        ({"node_type": 1}, ["gateway"]),
        ({"node_type": 2}, ["meter-1"]),
        ({"node_type": 7}, []),
        ({"online_status": "1,2"}, []),
        ({"online_status": "0,1", "tag": "old"}, ["meter-2"]),
        ({"online_status": "", "tag": "roof"}, ["meter-2", "meter-1"]),
        ({"created_date_start": made, "created_date_end": made}, ["gateway"]),
        ({"created_date_start": pump["created_datetime"] + 1}, []),
        ({"app_id": pump["app_id"]}, ["pump"]),
        ({"app_id": "none"}, []),
        ({"app_id": fleet.app, "product_id": pumps}, []),
    ):  # fmt: skip
        assert devices(fleet, **query) == (len(wanted), wanted), query
    bad = fleet.call("GET", f"{fleet.link}/devices", online_status="3")
    assert bad.code == "400 ROMA.00110001"


# What a device does that connects, told to the store by hand: nothing connects yet


def test_an_online_device_stays_and_is_shown_as_it_is(server: Server) -> None:
    server.run("tenant", "create", "online")
    roma = caller(server, "online")
    home, meters = roma.create(product_type=1), roma.create()
    gateway, meter = add(roma, home, "g1"), add(roma, meters, "m1")
    _connect(server, "online", meter["id"], "online", online_at=5000)
    path = f"{roma.link}/devices/{meter['id']}"
    shown = roma.call("GET", path).json
    assert (shown["online_status"], shown["last_login_datetime"]) == (1, 5000)
    assert devices(roma, online_status="1") == (1, ["m1"])
    assert roma.call("DELETE", path).code == "500 ROMA.00111009"
    subsets = f"{roma.link}/devices/{gateway['id']}/subsets"
    put = roma.call("POST", subsets, {"resources": [meter["id"]]})
    assert put.code == "500 ROMA.00111019"
    _connect(server, "online", meter["id"], "offline", offline_at=6000)
    assert roma.call("GET", path).json["online_status"] == 2
    assert roma.call("DELETE", path).status == 204


def _connect(server: Server, tenant: str, id: int, connection: Connection, **at: int) -> None:
    def work(tx: Tx) -> None:
        found = tx.get(Device, tenant_named(tx, tenant).id, id)
        assert found is not None
        tx.put(found, replace(found, connection=connection, **at))

    _write(server, work)


def _fill(server: Server, tenant: str, product: int, n: int) -> None:
    from entrepot.core.things.product import Product
    from tests.contract.goods import device

    def work(tx: Tx) -> None:
        found = tx.get(Product, tenant_named(tx, tenant).id, product)
        assert found is not None
        for i in range(n):
            device(tx, found, f"filler-{i}")

    _write(server, work)


def _write(server: Server, work: Any) -> None:
    installation = root.open_installation(Config(data=server.data))
    try:
        installation.store.write_now(work)
    finally:
        installation.close()


# Of other dialects


def test_a_guest_s_device_is_shown_with_what_it_lacks_filled_in(server: Server) -> None:
    server.run("tenant", "create", "guests-of-roma")
    roma = caller(server, "guests-of-roma")
    product = roma.create()
    _fill(server, "guests-of-roma", product["id"], 1)
    shown = roma.call("GET", f"{roma.link}/devices").json["items"][0]
    assert (shown["device_name"], shown["node_id"]) == ("filler-0", "filler-0")
    assert (shown["description"], shown["tags"]) == (None, [])


def test_tags_of_others_are_words_and_stay_what_they_were(server: Server) -> None:
    server.run("tenant", "create", "tags-of-others")
    roma = caller(server, "tags-of-others")
    product = roma.create()
    made = add(roma, product, "tagged", tags=["plain"])

    def tag(tx: Tx) -> None:
        found = tx.get(Device, tenant_named(tx, "tags-of-others").id, made["id"])
        assert found is not None
        tx.put(found, replace(found, tags={**found.tags, "room": "7"}))

    _write(server, tag)
    path = f"{roma.link}/devices/{made['id']}"
    tags = roma.call("GET", path).json["tags"]
    assert tags == ["plain", "room=7"]
    change = {"device_name": "dd", "status": 0, "tags": [*tags, "new"]}
    assert roma.call("PUT", path, change).json["tags"] == ["plain", "room=7", "new"]

    def look(tx: Tx) -> dict[str, str]:
        found = tx.get(Device, tenant_named(tx, "tags-of-others").id, made["id"])
        assert found is not None
        return found.tags

    installation = root.open_installation(Config(data=server.data))
    try:
        kept = installation.store.read_now(look)
    finally:
        installation.close()
    assert kept == {"plain": "", "room": "7", "new": ""}


def test_who_may_not_is_denied(server: Server) -> None:
    server.run("tenant", "create", "device-rights")
    owner = caller(server, "device-rights")
    product = owner.create()
    made = add(owner, product, "mine")
    server.run(
        "user", "create", "looker", "--tenant", "device-rights", "--permissions", "device:read"
    )
    key = json.loads(
        server.run("key", "create", "--user", "looker", "--tenant", "device-rights", "--json")
    )
    looker = RomaCaller(
        owner.address,
        key["access_key"],
        key["secret_key"],
        owner.project,
        owner.instance,
        owner.app,
    )
    path = f"{owner.link}/devices/{made['id']}"
    shown = looker.call("GET", path)
    assert shown.json["permissions"] == ["read"]
    change = {"device_name": "dd", "status": 0}
    for method, where, sent in (
        ("POST", f"{owner.link}/devices", body(owner, product, node_id="theirs")),
        ("PUT", path, change), ("DELETE", path, None), ("GET", f"{path}/authentication", None),
        ("PUT", f"{path}/authentication", {}), ("POST", f"{path}/subsets", {"resources": [1]}),
        ("DELETE", f"{owner.link}/devices", {"device_ids": [made["id"]]}),
    ):  # fmt: skip
        assert looker.call(method, where, sent).code == "403 ROMA.00110008", (method, where)
