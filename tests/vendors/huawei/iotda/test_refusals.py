"""What IoTDA refuses of any call, and that it stores nothing and goes on."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server import Server
from tests.vendors.huawei.iotda.caller import Caller, new_tenant, small
from tests.vendors.huawei.reply import Reply

BODY = json.dumps(small()).encode()


@pytest.fixture(scope="module")
def caller(server: Server) -> Caller:
    return new_tenant(server, "iotda-refusals")


@pytest.fixture
def iotda(caller: Caller) -> Iterator[Caller]:
    """The tenant, in which the test must leave nothing, and which must work after it."""
    yield caller
    listed = caller.send("GET", "products")
    assert (listed.status, listed.json["page"]["count"]) == (200, 0)


def unreadable(reply: Reply, words: str = "") -> None:
    assert reply.code == "400 IOTDA.000008"
    assert words in reply.said
    assert "Traceback" not in reply.said


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "nothing"),
        ("GET", "queues"),
        ("GET", "products/a/b"),
        ("GET", "/v5/iot"),
        ("GET", "/v5/"),
        ("POST", "/v5/products"),
    ],
)
def test_a_place_where_nothing_lives_names_what_is_spoken(
    iotda: Caller, method: str, path: str
) -> None:
    reply = iotda.send(method, path, BODY)
    assert reply.code == "404 IOTDA.000029"
    where = path if path.startswith("/") else f"/v5/iot/{iotda.project}/{path}"
    assert f"{method} {where}." in reply.said
    assert reply.said.endswith(
        "Spoken under /v5/iot/{project_id}/ are apps, devices, products and tags."
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "products", "GET, POST"),
        ("PUT", "products", "GET, POST"),
        ("POST", "products/a", "DELETE, GET, PUT"),
        ("DELETE", "apps", "GET, POST"),
    ],
)
def test_a_wrong_method_names_the_right_ones(
    iotda: Caller, method: str, path: str, allowed: str
) -> None:
    reply = iotda.send(method, path, BODY)
    assert reply.code == "404 IOTDA.000029"
    assert reply.said.endswith(f"{path}. This path takes {allowed}.")


def test_a_trailing_slash_is_no_other_place(iotda: Caller) -> None:
    assert iotda.send("GET", "products/").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"nonsense", b"\xff\xfe{}", b'{"name":"\xff"}', b'{"name":NaN}', b"{} {}", b"\x00",
        b'{"name":"a","name":"b"}', b'{"a":' * 5000 + b"1" + b"}" * 5000, b"[" * 100_000,
        BODY.replace(b'"service_id"', b'"service_id": "x", "service_id"'),
        BODY.replace(b'"name"', b'"unknown": {"a": 1, "a": 2}, "name"'),
    ],
    ids=range(12),
)  # fmt: skip
def test_a_body_that_is_no_json(iotda: Caller, body: bytes) -> None:
    unreadable(iotda.send("POST", "products", body))


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"", b"{}"])
def test_a_body_that_is_no_product(iotda: Caller, body: bytes) -> None:
    assert iotda.send("POST", "products", body).code == "400 IOTDA.000006"


@pytest.mark.parametrize(
    "members",
    [
        {"name": "a\0b"}, {"name": ["a"]}, {"name": {}}, {"name": True}, {"description": []},
        {"service_capabilities": {}}, {"service_capabilities": "[]"},
        {"service_capabilities": [None]}, {"service_capabilities": [[]]},
        {"service_capabilities": [{"service_id": 1.5, "service_type": None}]},
        {"product_id": {"$ne": 1}}, {"app_id": []},
    ],
    ids=range(12),
)  # fmt: skip
def test_members_of_the_wrong_type(iotda: Caller, members: dict[str, Any]) -> None:
    reply = iotda.create(**members)
    assert reply.code == "400 IOTDA.000006"
    assert next(iter(members)) in reply.said


def test_a_body_and_a_query_over_their_limits(iotda: Caller) -> None:
    over = iotda.send("POST", "products", BODY, claimed_bytes=(3 << 20) + 1)
    assert over.code == "413 APIGW.0201"
    assert over.headers["connection"] == "close"
    reply = iotda.send("GET", "products", query={"product_name": "x" * 70_000})
    assert reply.code == "413 APIGW.0201"


def test_paths_and_queries_that_cannot_be_read(iotda: Caller) -> None:
    products = f"/v5/iot/{iotda.project}/products"
    unreadable(iotda.send("GET", f"{products}/%zz"))
    unreadable(iotda.send("GET", f"{products}/%ff"))
    unreadable(iotda.send("GET", f"{products}?limit=%zz"))
    reply = iotda.send("GET", f"{products}?limit=1&limit=2")
    assert reply.code == "400 IOTDA.000017"
    assert "once" in reply.said
    assert iotda.send("GET", "products/a%00b").code == "400 IOTDA.000006"


def test_headers_that_are_absent_or_sent_twice(iotda: Caller) -> None:
    unsigned = iotda.send("GET", "products", signed=False)
    assert unsigned.code == "401 IOTDA.000002"
    assert "AK/SK" in unsigned.said
    for header in ("Basic dTpw", "SDK-HMAC-SHA256", "SDK-HMAC-SHA256 Access=a", "x" * 5000):
        reply = iotda.send("GET", "products", headers={"authorization": header}, signed=False)
        assert reply.code == "401 IOTDA.000002"
    for header in ("host", "authorization", "x-sdk-date", "content-type"):
        unreadable(iotda.send("GET", "products", twice=(header,)), header)
    # any other may not be one that was signed: only one of its values would be covered
    other = iotda.send("GET", "products", headers={"x-extra": "one"}, twice=("x-extra",))
    assert other.code == "401 IOTDA.000002"


def test_a_client_without_a_project_id(iotda: Caller) -> None:
    reply = iotda.send("GET", "/v5/iot/%7Bproject_id%7D/products")
    unreadable(reply, "BasicCredentials(ak, sk, project_id)")


def test_another_s_project_and_one_that_contradicts_its_header(iotda: Caller) -> None:
    reply = iotda.send("GET", f"/v5/iot/{'0' * 32}/products")
    assert reply.code == "403 IOTDA.000021"
    reply = iotda.send("GET", "products", headers={"X-Project-Id": "0" * 32})
    unreadable(reply, "X-Project-Id")


def test_signatures_that_do_not_hold(iotda: Caller) -> None:
    wrong = (iotda.access_key, "wrong")
    for region in (None, "cn-north-4"):
        reply = iotda.send("POST", "products", BODY, sign_as=wrong, region=region)
        assert reply.code == "401 IOTDA.000002"
        assert "POST|/v5/iot/" in reply.said
        assert iotda.secret_key not in reply.said
    unknown = iotda.send("GET", "products", sign_as=(str(uuid.uuid4()), "x"))
    assert unknown.code == "401 IOTDA.000002"
    for late_s in (16 * 60, -16 * 60):
        old = iotda.send("GET", "products", late_s=late_s)
        assert old.code == "401 IOTDA.000002"
        assert "15 minutes" in old.said
    assert iotda.send("GET", "products", late_s=14 * 60).status == 200


def test_tokens_that_do_not_hold(iotda: Caller) -> None:
    for token in ("x", "MII", "MIIzz", "MII" + "00" * 40, "é", "M" * 6000):
        headers = {"X-Auth-Token": token}
        for signed in (True, False):  # a token is believed before a signature, or not at all
            reply = iotda.send("GET", "products", headers=headers, signed=signed)
            assert reply.code == "401 IOTDA.000002"


def test_a_user_may_do_what_it_was_allowed_and_nothing_else(server: Server, iotda: Caller) -> None:
    made = json.loads(
        server.run("user", "create", "reader", "--tenant", "iotda-refusals", "--permissions",
                   "product:read,space:read", "--json")
    )  # fmt: skip
    keys = (made["access_key"], made["secret_key"])
    assert iotda.send("GET", "products", sign_as=keys).status == 200
    assert iotda.send("GET", "apps", sign_as=keys).status == 200
    for method, path, body in (
        ("POST", "products", small()),
        ("PUT", "products/x", {}),
        ("DELETE", "products/x", None),
        ("POST", "apps", {"app_name": "a"}),
        ("PUT", f"apps/{iotda.app}", {"app_name": "a"}),
        ("DELETE", f"apps/{iotda.app}", None),
    ):
        reply = iotda.send(method, path, body, sign_as=keys)
        assert reply.code == "403 IOTDA.000022", (method, path)
    server.run("key", "disable", keys[0])
    time.sleep(1.1)
    assert iotda.send("GET", "products", sign_as=keys).code == "401 IOTDA.000002"
