"""What IoTDA promises of lists, of changes, and of which product an id means."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server import Server
from tests.vendors.huawei.iotda.caller import Caller, caller_of, new_tenant, property, service


@pytest.fixture(scope="module")
def iotda(server: Server) -> Caller:
    return new_tenant(server, "iotda-life")


@pytest.fixture(scope="module")
def full(server: Server) -> Caller:
    """A tenant with 120 products, p000 to p119, every third of them in a space of its own."""
    caller = new_tenant(server, "iotda-paging")
    space = caller.make_app("third")
    for i in range(120):
        caller.make(name=f"p{i:03}", **({"app_id": space} if i % 3 == 0 else {}))
    return caller


def names(reply: Any) -> list[str]:
    assert reply.status == 200, reply.body
    return [p["name"] for p in reply.json["products"]]


NEWEST_FIRST = [f"p{i:03}" for i in reversed(range(120))]


def test_a_list_is_newest_first_and_counts_everything(full: Caller) -> None:
    first = full.send("GET", "products")
    assert names(first) == NEWEST_FIRST[:10]
    assert first.json["page"]["count"] == 120
    assert set(first.json["products"][0]) == {
        "app_id", "app_name", "product_id", "name", "device_type", "protocol_type", "data_format",
        "create_time",
    }  # fmt: skip


def test_markers_lead_through_the_whole_list(full: Caller) -> None:
    seen, query = list[str](), {"limit": 50}
    while True:
        page = full.send("GET", "products", query=query)
        if not names(page):
            break
        seen += names(page)
        assert page.json["page"]["count"] == 120
        query = {"limit": 50, "marker": page.json["page"]["marker"]}
    assert seen == NEWEST_FIRST
    assert page.json["page"] == {"count": 120, "marker": None}


def test_offsets_count_from_the_marker(full: Caller) -> None:
    assert (
        names(full.send("GET", "products", query={"limit": 50, "offset": 100}))
        == NEWEST_FIRST[100:]
    )
    assert names(full.send("GET", "products", query={"limit": 50, "offset": 150})) == []
    assert names(full.send("GET", "products", query={"limit": 50, "offset": 500})) == []
    marker = full.send("GET", "products", query={"limit": 7}).json["page"]["marker"]
    after = full.send("GET", "products", query={"limit": 5, "offset": 3, "marker": marker})
    assert names(after) == NEWEST_FIRST[10:15]
    upper = full.send("GET", "products", query={"limit": 1, "marker": "F" * 24})
    assert names(upper) == ["p119"]
    assert names(full.send("GET", "products", query={"marker": "0" * 24})) == []


def test_a_list_of_one_space(full: Caller) -> None:
    [space] = [
        a["app_id"] for a in full.send("GET", "apps").json["applications"] if not a["default_app"]
    ]
    page = full.send("GET", "products", query={"app_id": space, "limit": 50})
    assert names(page) == [f"p{i:03}" for i in reversed(range(0, 120, 3))]
    assert page.json["page"]["count"] == 40
    assert {p["app_name"] for p in page.json["products"]} == {"third"}
    rest = full.send("GET", "products", query={"app_id": full.app, "limit": 1})
    assert rest.json["page"]["count"] == 80


def test_a_list_by_name_is_of_exactly_that_name(full: Caller) -> None:
    page = full.send("GET", "products", query={"product_name": "p007"})
    assert names(page) == ["p007"]
    assert page.json["page"]["count"] == 1
    none = full.send("GET", "products", query={"product_name": "p00"})
    assert none.json == {"products": [], "page": {"count": 0, "marker": None}}


def test_named_lists_page_too(iotda: Caller) -> None:
    ids = [iotda.make(name="many")["product_id"] for _ in range(5)]
    query = {"product_name": "many", "limit": 2}
    first = iotda.send("GET", "products", query=query).json
    assert [p["product_id"] for p in first["products"]] == ids[:-3:-1]
    assert first["page"]["count"] == 5
    query = {**query, "marker": first["page"]["marker"], "offset": 1}
    second = iotda.send("GET", "products", query=query).json
    assert [p["product_id"] for p in second["products"]] == [ids[1], ids[0]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 0}, "400 IOTDA.000017"),
        ({"limit": 51}, "400 IOTDA.000017"),
        ({"limit": "x"}, "400 IOTDA.000017"),
        ({"marker": "f" * 23}, "400 IOTDA.000018"),
        ({"marker": "g" * 24}, "400 IOTDA.000018"),
        ({"offset": 501}, "400 IOTDA.000006"),
        ({"offset": -1}, "400 IOTDA.000006"),
        ({"app_id": "x" * 37}, "400 IOTDA.000006"),
        ({"product_name": "a b"}, "400 IOTDA.000006"),
        ({"limit": 0, "offset": 501}, "400 IOTDA.000006"),
        ({"app_id": "nowhere"}, "403 IOTDA.001006"),
    ],
)
def test_what_a_list_refuses(iotda: Caller, query: dict[str, Any], code: str) -> None:
    reply = iotda.send("GET", "products", query=query)
    assert reply.code == code
    if code != "403 IOTDA.001006":
        for field in query:
            assert f"{field} m" in reply.said


def test_without_a_space_an_id_means_the_default_space_then_the_earliest(iotda: Caller) -> None:
    one, two = iotda.make_app("one"), iotda.make_app("two")
    iotda.make(product_id="same", app_id=two, name="earliest")
    iotda.make(product_id="same", app_id=one, name="later")

    def shown(**query: str) -> Any:
        return iotda.send("GET", "products/same", query=query).json["name"]

    assert shown() == "earliest"
    assert (shown(app_id=one), shown(app_id=two)) == ("later", "earliest")
    iotda.make(product_id="same", name="in the default space".replace(" ", "-"))
    assert shown() == "in-the-default-space"
    missing = iotda.send("GET", "products/same", query={"app_id": "nowhere"})
    assert missing.code == "403 IOTDA.001006"
    changed = iotda.send("PUT", "products/same", {"app_id": one, "name": "renamed"})
    assert (changed.status, changed.json["app_id"]) == (200, one)
    assert (shown(app_id=one), shown(app_id=two)) == ("renamed", "earliest")
    assert iotda.send("DELETE", "products/same").status == 204
    assert shown() == "earliest"
    assert iotda.send("DELETE", "products/same", query={"app_id": two}).status == 204
    assert shown() == "renamed"
    assert iotda.send("DELETE", "products/same", query={"app_id": two}).code == "404 IOTDA.013000"


def test_an_id_of_ours_is_found_in_its_own_space_only(iotda: Caller) -> None:
    space = iotda.make_app("own")
    made = iotda.make(app_id=space)
    path = f"products/{made['product_id']}"
    assert iotda.send("GET", path).json == made
    assert iotda.send("GET", path, query={"app_id": space}).json == made
    assert iotda.send("GET", path, query={"app_id": iotda.app}).code == "404 IOTDA.013000"


def test_a_change_leaves_what_it_leaves_out_and_replaces_services(iotda: Caller) -> None:
    made = iotda.make(
        name="before", description="d", manufacturer_name="m", industry="i",
        service_capabilities=[service(properties=[property(), property(property_name="u")])],
    )  # fmt: skip
    path = f"products/{made['product_id']}"
    assert iotda.send("PUT", path, {}).json == made
    nulls = dict.fromkeys(("name", "description", "industry", "service_capabilities"))
    assert iotda.send("PUT", path, nulls).json == made
    changed = iotda.send("PUT", path, {"name": "after", "protocol_type": "HTTP"}).json
    assert changed == {**made, "name": "after", "protocol_type": "HTTP"}
    fewer = [service(option="Optional", properties=[property(property_name="u", required=True)])]
    changed = iotda.send("PUT", path, {"service_capabilities": fewer, "industry": ""}).json
    assert changed["service_capabilities"] == fewer
    assert (changed["industry"], changed["description"]) == ("", "d")
    assert iotda.send("GET", path).json == changed
    ignored = iotda.send("PUT", path, {"product_id": "other"}).json
    assert ignored["product_id"] == made["product_id"]


def test_a_change_is_checked_as_a_creation_is(iotda: Caller) -> None:
    made = iotda.make()
    path = f"products/{made['product_id']}"
    body = {"name": "a b", "data_format": "xml", "service_capabilities": [service(), service()]}
    reply = iotda.send("PUT", path, body)
    assert reply.code == "400 IOTDA.000006"
    for field in ("name may", "data_format must", "service_capabilities has"):
        assert field in reply.said
    assert iotda.send("GET", path).json == made
    exact = b'{"service_capabilities":[{"service_id":"s","service_type":"s","properties":[{'
    exact += b'"property_name":"p","data_type":"int","method":"R","default_value":1.10}]}]}'
    assert b'"default_value":1.10' in iotda.send("PUT", path, exact).body


def test_no_other_protocol_becomes_coap(iotda: Caller) -> None:
    path = f"products/{iotda.make(protocol_type='MQTT')['product_id']}"
    reply = iotda.send("PUT", path, {"protocol_type": "CoAP", "name": "changed"})
    assert reply.code == "400 IOTDA.000006"
    assert "CoAP" in reply.said
    assert iotda.send("GET", path).json["name"] == "small"
    path = f"products/{iotda.make(protocol_type='CoAP')['product_id']}"
    assert iotda.send("PUT", path, {"protocol_type": "CoAP"}).status == 200
    assert iotda.send("PUT", path, {"protocol_type": "UDP"}).status == 200


def test_what_is_deleted_is_gone(iotda: Caller) -> None:
    path = f"products/{iotda.make(name='gone')['product_id']}"
    gone = iotda.send("DELETE", path)
    assert (gone.status, gone.body) == (204, b"")
    for method in ("GET", "PUT", "DELETE"):
        assert iotda.send(method, path, {} if method == "PUT" else None).code == "404 IOTDA.013000"
    assert names(iotda.send("GET", "products", query={"product_name": "gone"})) == []


def test_spaces_and_their_refusals(iotda: Caller) -> None:
    made = iotda.make_app("twice")
    assert iotda.make_app("twice") != made
    assert len(made) == 28
    for name in ("", "x" * 65, "a b", None, True):
        assert iotda.send("POST", "apps", {"app_name": name}).code == "400 IOTDA.000006"
    assert iotda.send("POST", "apps", {}).code == "400 IOTDA.000006"
    for method in ("GET", "PUT", "DELETE"):
        body = {"app_name": "n"} if method == "PUT" else None
        assert iotda.send(method, "apps/nowhere", body).code == "403 IOTDA.001000"
    default = iotda.send("DELETE", f"apps/{iotda.app}")
    assert default.code == "403 IOTDA.001007"
    inside = iotda.make(app_id=made)
    in_use = iotda.send("DELETE", f"apps/{made}")
    assert in_use.code == "403 IOTDA.001007"
    assert "products" in in_use.said
    assert iotda.send("DELETE", f"products/{inside['product_id']}").status == 204
    assert iotda.send("DELETE", f"apps/{made}").status == 204
    assert iotda.create(app_id=made).code == "403 IOTDA.001006"


def test_quotas_hold_where_a_tenant_s_setting_asks_for_them(server: Server) -> None:
    caller = new_tenant(server, "iotda-quotas", "quotas=true")
    for i in range(9):
        caller.make_app(f"space{i}")
    over = caller.send("POST", "apps", {"app_name": "eleventh"})
    assert over.code == "403 IOTDA.001009"
    assert "10 applications" in over.said


def test_two_tenants_do_not_see_each_other(server: Server, iotda: Caller) -> None:
    other = new_tenant(server, "iotda-neighbour")
    mine = iotda.make(product_id="neighbour")
    space = iotda.make_app("neighbour")
    for id in (mine["product_id"], iotda.make()["product_id"]):
        for method in ("GET", "PUT", "DELETE"):
            body = {} if method == "PUT" else None
            assert other.send(method, f"products/{id}", body).code == "404 IOTDA.013000"
    assert other.send("GET", "products").json["page"]["count"] == 0
    assert other.create(app_id=space).code == "403 IOTDA.001006"
    assert other.send("GET", f"apps/{space}").code == "403 IOTDA.001000"
    assert other.create(product_id="neighbour").status == 201
    reply = other.send("GET", f"/v5/iot/{iotda.project}/products")
    assert reply.code == "403 IOTDA.000021"


def test_every_change_is_in_the_product_s_history(server: Server, iotda: Caller) -> None:
    made = iotda.make(name="history", service_capabilities=[service()])
    path = f"products/{made['product_id']}"
    iotda.send("PUT", path, {"description": "new", "service_capabilities": []})
    shown = server.run(
        "product", "show", made["product_id"], "--tenant", "iotda-life", "--history", "--json"
    )
    assert "UpdateProduct" in shown
    assert "CreateProduct" in shown
    assert caller_of(server, "iotda-life").project == iotda.project
