"""What IoTDA lists of devices, what their ids mean, and how it refuses them: raw calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.ports import Tx
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from tests.contract.goods import device
from tests.server import Server
from tests.vendors.huawei.iotda.caller import INVALID, SPECIAL, Caller, new_tenant


@pytest.fixture(scope="module")
def iotda(server: Server) -> Caller:
    return new_tenant(server, "iotda-devices")


def add(caller: Caller, product: Any, node: str, **members: Any) -> Any:
    body = {"product_id": product["product_id"], "node_id": node, **members}
    reply = caller.send("POST", "devices", body)
    assert reply.status == 201, reply.body
    return reply.json


def listed(caller: Caller, **query: Any) -> tuple[int, list[str]]:
    reply = caller.send("GET", "devices", query=query)
    assert reply.status == 200, reply.body
    return reply.json["page"]["count"], [d["node_id"] for d in reply.json["devices"]]


# What a create may hold


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"node_id": ...}, "node_id is mandatory"),
        ({"node_id": ""}, "node_id must not be empty"),
        ({"node_id": "n" * 65}, "node_id must have at most 64 characters"),
        ({"node_id": "a.b"}, "node_id may contain only letters, digits, underscores (_) and hyphens (-)"),
        ({"product_id": ...}, "product_id is mandatory"),
        ({"product_id": "p" * 37}, "product_id must have at most 36 characters"),
        ({"device_id": "d" * 129}, "device_id must have at most 128 characters"),
        ({"device_id": "a b"}, "device_id may contain only"),
        ({"device_name": "d" * 257}, "device_name must have at most 256 characters"),
        ({"device_name": "a b"}, "device_name may contain only"),
        ({"description": "d" * 2049}, "description must have at most 2048 characters"),
        ({"description": "<"}, "description may contain only"),
        ({"gateway_id": ""}, "gateway_id must not be empty"),
        ({"app_id": "a" * 37}, "app_id must have at most 36 characters"),
        ({"extension_info": {"a": "x" * 1024}}, "extension_info must have at most 1024 characters"),
        ({"extension_info": "x"}, "extension_info must be of type object"),
        ({"auth_info": {"auth_type": "PASSWORD"}}, "auth_info.auth_type must be one of CERTIFICATES, SECRET"),
        ({"auth_info": {"secret": "1234567"}}, "auth_info.secret must have at least 8 characters"),
        ({"auth_info": {"secret": "1" * 33}}, "auth_info.secret must have at most 32 characters"),
        ({"auth_info": {"secret": "12345678!"}}, "auth_info.secret may contain only"),
        ({"auth_info": {"fingerprint": "a" * 41}}, "auth_info.fingerprint may contain only 40 or 64 hex"),
        ({"auth_info": {"timeout": -1}}, "auth_info.timeout must be at least 0"),
        ({"shadow": [{"service_id": "s" * 33}]}, "shadow[0].service_id must have at most 32 characters"),
        ({"shadow": [{"desired": {}}]}, "shadow[0].service_id is mandatory"),
    ],
)  # fmt: skip
def test_each_limit_is_refused_by_its_name(
    iotda: Caller, members: dict[str, Any], said: str
) -> None:
    body = {"product_id": "p", "node_id": "n", **members}
    reply = iotda.send("POST", "devices", {k: v for k, v in body.items() if v is not ...})
    assert reply.code == INVALID, reply.body
    assert reply.said.startswith(f"Invalid input data. {said}")


def test_what_lies_on_the_limits_is_taken(iotda: Caller) -> None:
    product = iotda.make()
    made = add(
        iotda, product, "n" * 64, device_id="d" * 128, device_name=f"灯{SPECIAL}" + "d" * 242,
        description="灯, x" * 409 + "end", extension_info={"a": "x" * 1016},
        auth_info={"auth_type": "CERTIFICATES", "fingerprint": "aF" * 32, "secret": "s" * 32},
        shadow=[{"service_id": "temperature", "desired": {"t": 20}}],
    )  # fmt: skip
    assert (made["device_id"], len(made["device_name"])) == ("d" * 128, 256)
    assert made["auth_info"]["fingerprint"] == "aF" * 32
    assert "secret" not in made["auth_info"]


# What an id means


def test_a_chosen_id_is_the_only_one_and_unique_in_the_account(iotda: Caller) -> None:
    product = iotda.make()
    add(iotda, product, "n1", device_id="my_own_id")
    assert iotda.send("GET", "devices/my_own_id").json["node_id"] == "n1"
    default = f"{product['product_id']}_n1"
    assert iotda.send("GET", f"devices/{default}").code == "404 IOTDA.014000"
    other = iotda.make()
    body = {"product_id": other["product_id"], "node_id": "n1", "device_id": "my_own_id"}
    reply = iotda.send("POST", "devices", body)
    assert (reply.code, "device_id: my_own_id" in reply.said) == ("400 IOTDA.014031", True)
    body = {"product_id": product["product_id"], "node_id": "n1"}
    reply = iotda.send("POST", "devices", body)
    assert (reply.code, "node_id: n1" in reply.said) == ("400 IOTDA.014031", True)


def test_an_id_with_many_underscores_is_read_in_every_way(iotda: Caller) -> None:
    one = iotda.make(product_id="water_meter")
    two = iotda.make(product_id="water")
    assert add(iotda, one, "a_b")["device_id"] == "water_meter_a_b"
    body = {"product_id": two["product_id"], "node_id": "meter_a_b"}
    assert iotda.send("POST", "devices", body).code == "400 IOTDA.014031"
    add(iotda, two, "meter_a_b", device_id="another")
    assert iotda.send("GET", "devices/water_meter_a_b").json["product_id"] == "water_meter"


def test_a_guest_is_called_by_its_product_and_key(server: Server) -> None:
    iotda = new_tenant(server, "iotda-device-guests")
    product = iotda.make(product_id="pump_1")
    key = "P:1/é@roof_2"

    def work(tx: Tx) -> None:
        tenant = tenant_named(tx, "iotda-device-guests")
        (found,) = tx.page(Product, tenant.id)
        made = device(tx, found, key)
        tx.put(made, replace(made, names={"zh_CN": "泵"}, tags={"a tag": "of others"}))

    _write(server, work)
    (guest,) = iotda.send("GET", "devices").json["devices"]
    assert guest["device_id"] == f"pump_1_{key}"
    assert "device_name" not in guest
    assert guest["tags"] == [{"tag_key": "a tag", "tag_value": "of others"}]
    path = "devices/pump_1_P%3A1%2F%C3%A9%40roof_2"
    shown = iotda.send("GET", path).json
    assert (shown["node_id"], len(shown["auth_info"]["secret"])) == (key, 32)
    taken = {"product_id": product["product_id"], "node_id": "x", "device_id": "pump_1_n2"}
    _write(server, lambda tx: device(tx, _only(tx), "n2"))
    reply = iotda.send("POST", "devices", taken)
    assert (reply.code, "device_id: pump_1_n2" in reply.said) == ("400 IOTDA.014031", True)
    assert iotda.send("DELETE", path).status == 204
    assert listed(iotda) == (1, ["n2"])


def _only(tx: Tx) -> Product:
    (found,) = tx.page(Product, tenant_named(tx, "iotda-device-guests").id)
    return found


def _write(server: Server, work: Any) -> None:
    installation = root.open_installation(Config(data=server.data))
    try:
        installation.store.write_now(work)
    finally:
        installation.close()


def test_a_space_narrows_the_products_and_has_to_be_there(iotda: Caller) -> None:
    app = iotda.make_app("pumps")
    product = iotda.make(app_id=app)
    made = add(iotda, product, "in-app")
    assert made["app_id"] == app
    body = {"product_id": product["product_id"], "node_id": "x", "app_id": iotda.app}
    assert iotda.send("POST", "devices", body).code == "400 IOTDA.013000"
    body["app_id"] = "nowhere"
    assert iotda.send("POST", "devices", body).code == "403 IOTDA.001000"
    assert listed(iotda, app_id=app) == (1, ["in-app"])
    assert iotda.send("GET", "devices", query={"app_id": "none"}).code == "403 IOTDA.001000"
    for changes, code in (
        ({"product_id": "none"}, "400 IOTDA.013000"), ({"gateway_id": "none"}, "404 IOTDA.014000"),
    ):  # fmt: skip
        body = {"product_id": product["product_id"], "node_id": "x", **changes}
        assert iotda.send("POST", "devices", body).code == code


# Lists


def test_lists_are_newest_first_by_marker_and_offset(server: Server) -> None:
    iotda = new_tenant(server, "iotda-device-lists")
    product, other = iotda.make(), iotda.make()
    for n in range(5):
        add(iotda, product, f"n{n}", device_name=f"name{n % 2}")
    add(iotda, other, "n0")
    assert listed(iotda) == (6, ["n0", "n4", "n3", "n2", "n1", "n0"])
    page = iotda.send("GET", "devices", query={"limit": 2, "offset": 1}).json
    assert (page["page"]["count"], [d["node_id"] for d in page["devices"]]) == (6, ["n4", "n3"])
    after = {"marker": page["page"]["marker"], "limit": 2}
    assert listed(iotda, **after) == (6, ["n2", "n1"])
    of = {"product_id": product["product_id"]}
    assert listed(iotda, **of, device_name="name1") == (2, ["n3", "n1"])
    assert listed(iotda, **of, **after) == (5, ["n2", "n1"])
    assert listed(iotda, device_name="name0", **after) == (3, ["n2", "n0"])
    assert listed(iotda, node_id="n0") == (2, ["n0", "n0"])
    assert listed(iotda, **of, node_id="n0") == (1, ["n0"])
    assert listed(iotda, product_id="none") == listed(iotda, gateway_id="none") == (0, [])
    empty = iotda.send("GET", "devices", query={"offset": 500}).json
    assert empty == {"devices": [], "page": {"count": 6, "marker": None}}
    now = datetime.now(UTC)
    soon, ago = (f"{now + timedelta(hours=h):%Y%m%dT%H%M%SZ}" for h in (1, -1))
    assert listed(iotda, start_time=ago, end_time=soon)[0] == 6
    assert listed(iotda, start_time=soon)[0] == listed(iotda, end_time=ago)[0] == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 51}, "IOTDA.000017"),
        ({"limit": 0}, "IOTDA.000017"),
        ({"marker": "x"}, "IOTDA.000018"),
        ({"offset": 501}, "IOTDA.000006"),
        ({"start_time": "2020-01-01"}, "IOTDA.000009"),
        ({"end_time": "20201301T000000Z"}, "IOTDA.000009"),
        (
            {"start_time": "20200102T000000Z", "end_time": "20200102T000000Z"},
            "IOTDA.000010",
        ),
    ],
)
def test_a_list_s_parameters_have_codes_of_their_own(
    iotda: Caller, query: dict[str, Any], code: str
) -> None:
    assert iotda.send("GET", "devices", query=query).code == f"400 {code}"


def test_tags_and_actions_are_checked(iotda: Caller) -> None:
    id = add(iotda, iotda.make(), "checked")["device_id"]
    tag = {"tag_key": "k", "tag_value": "v"}
    for path, body in (
        ("tags/bind-resource", {"resource_type": "product", "resource_id": id, "tags": [tag]}),
        ("tags/bind-resource", {"resource_type": "device", "resource_id": id, "tags": [tag, tag]}),
        ("tags/bind-resource", {"resource_type": "device", "resource_id": id, "tags": []}),
        ("tags/bind-resource",
         {"resource_type": "device", "resource_id": id, "tags": [{"tag_key": "a b"}]}),
        ("tags/unbind-resource", {"resource_type": "device", "resource_id": id, "tag_keys": ["k", "k"]}),
        (f"devices/{id}/action?action_id=start", {}),
        (f"devices/{id}/action", {}),
        (f"devices/{id}/action?action_id=resetSecret", {"secret": "short"}),
        (f"devices/{id}/reset-fingerprint", {"fingerprint": "zz"}),
    ):  # fmt: skip
        assert iotda.send("POST", path, body).code == INVALID, (path, body)
    body = {"resource_type": "device", "resource_id": "none", "tags": [tag]}
    assert iotda.send("POST", "tags/bind-resource", body).code == "404 IOTDA.004000"


def test_a_device_that_connected_is_shown_with_when(server: Server) -> None:
    iotda = new_tenant(server, "iotda-online")
    id = add(iotda, iotda.make(), "online")["device_id"]

    def work(tx: Tx) -> None:
        (found,) = tx.page(Device, tenant_named(tx, "iotda-online").id)
        at = {"active_at": 1_600_000_000_000, "online_at": 1_700_000_000_001}
        tx.put(found, replace(found, connection="online", **at))

    _write(server, work)
    shown = iotda.send("GET", f"devices/{id}").json
    assert shown["status"] == "ONLINE"
    assert shown["active_time"] == "2020-09-13T12:26:40.000Z"
    assert shown["connection_status_update_time"] == "2023-11-14T22:13:20.001Z"
