"""How ROMA says no to what it cannot read, cannot find, or does not believe."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from entrepot.core.faults import CATALOGUE
from entrepot.vendors.huawei.roma import ROMA
from tests.server import Server
from tests.vendors.huawei.reply import Reply
from tests.vendors.huawei.roma.caller import RomaCaller, caller


@pytest.fixture(scope="module")
def roma(server: Server) -> RomaCaller:
    return caller(server)


def test_every_fault_has_words() -> None:
    plain = [row.fault for row in ROMA.rows if not row.which]
    assert sorted(plain, key=str) == sorted(CATALOGUE, key=str)
    assert len({(row.fault, row.which) for row in ROMA.rows}) == len(ROMA.rows)


# What is not of its type

WHOLE = "must be of type integer"
MOST = f"must be less than or equal to {2**63 - 1}"
LEAST = f"must be greater than or equal to {-(2**63)}"


def scb(operation: str, name: str, part: str, why: str = "") -> str:
    return (
        f"Parameter is not valid for operation [romalink.{operation}]. "
        f"Parameter is [{name}]. Processor is [{part}]."
    ) + (f" ({why})" if why else "")


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [("GET", "/products/abc",
      scb("link-product.searchProductDetails", "product_id", "path", f"product_id {WHOLE}")),
     ("GET", "/products/1.5",
      scb("link-product.searchProductDetails", "product_id", "path", f"product_id {WHOLE}")),
     ("DELETE", "/products/x",
      scb("link-product.delete", "product_id", "path", f"product_id {WHOLE}")),
     ("DELETE", f"/products/{2**64}",
      scb("link-product.delete", "product_id", "path", f"product_id {MOST}")),
     ("DELETE", f"/products/-{2**64}",
      scb("link-product.delete", "product_id", "path", f"product_id {LEAST}")),
     ("GET", "/products?product_type=abc",
      scb("link-product.search", "product_type", "query", f"product_type {WHOLE}")),
     ("GET", "/products?limit=ten",
      scb("link-product.search", "limit", "query", f"limit {WHOLE}")),
     ("GET", "/products?limit=ten&offset=x",
      scb("link-product.search", "limit", "query", f"limit {WHOLE}, offset {WHOLE}")),
     ("GET", "/products?limit=1&limit=2",
      scb("link-product.search", "limit", "query", "limit must be given once")),
     ("GET", "/products?name=a%00b",
      scb("link-product.search", "name", "query",
          "name must not contain the character U+0000")),
     ("GET", f"/products?offset={2**70}",
      scb("link-product.search", "offset", "query", f"offset {MOST}")),
     ("GET", f"/products?offset=-{2**70}",
      scb("link-product.search", "offset", "query", f"offset {LEAST}")),
     ("GET", "/products/export?product_ids=1,x",
      scb("link-product.exportProduct", "product_ids", "query", f"product_ids[1] {WHOLE}")),
     ("DELETE", "/product-templates/x",
      scb("link-producttemplate.delete", "id", "path", f"product_template_id {WHOLE}")),
     ("GET", "/products/x/topics",
      scb("link-product-topic.queryProductTopic", "productId", "path", f"product_id {WHOLE}")),
     ("DELETE", "/products/x/topics/1",
      scb("link-product-topic.deleteProductTopic", "productId", "path", f"product_id {WHOLE}"))],
)  # fmt: skip
def test_a_parameter_of_the_wrong_type_is_the_framework_s_refusal(
    roma: RomaCaller, method: str, path: str, said: str
) -> None:
    reply = roma.send(method, roma.link + path)
    assert reply.code == "400 SCB.00000000"
    assert reply.said == said


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"name": "\xc3\x28"}',
     b'{"name": "a", "name": "b"}', b"[" * 100_000, b'{"a":' * 5_000, b"{} {}", b'{"x": NaN}',
     b'{"product_type": "abc"}', b'{"name": {}}', b'{"name": ["x"]}', b'{"protocol_type": 0.5}',
     b'{"app_id": true}', b'{"template_id": []}', b'{"name": "\\ud800"}'],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_the_framework_s_refusal(
    roma: RomaCaller, body: bytes
) -> None:
    reply = roma.send("POST", roma.products, body)
    assert reply.code == "400 SCB.00000000", reply.body
    assert reply.said.startswith(scb("link-product.create", "body", "body"))
    assert "Traceback" not in reply.said
    assert len(reply.body) < 2_000


def test_nul_characters_are_named_and_refused(roma: RomaCaller) -> None:
    assert roma.refused(description="a\0b") == "description:must not contain the character U+0000"


def test_every_failing_field_of_a_template_stands_in_one_list(roma: RomaCaller) -> None:
    reply = roma.call(
        "POST",
        f"{roma.link}/product-templates",
        {"name": "a b", "status": 3, "description": "d" * 201},
    )
    assert reply.code == "400 ROMA.00110001"
    assert [piece for piece in ("name:", "status:", "description:") if piece in reply.said] == [
        "name:", "status:", "description:",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("?limit=-1", None, 400), ("/0", None, 404), ("/-1", None, 404), (f"/{2**62}", None, 404)],
)
def test_numbers_that_name_nothing_are_refused(
    roma: RomaCaller, path: str, body: Any, status: int
) -> None:
    assert roma.send("GET", roma.products + path).status == status


def test_a_body_over_the_limit_is_refused_and_the_server_goes_on(roma: RomaCaller) -> None:
    reply = roma.send("POST", roma.products, b'{"name": "' + b"x" * (1 << 20) + b'"}')
    assert reply.code == "413 APIGW.0201"
    assert roma.call("GET", roma.products, limit=1).status == 200


def test_a_query_over_the_limit_is_refused(roma: RomaCaller) -> None:
    reply = roma.send("GET", roma.products + "?name=" + "x" * 70_000)
    assert reply.code == "413 APIGW.0201"


# What is not there


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/nothing", ""),
        ("PATCH", "/products", "; allowed: GET, POST"),
        ("POST", "/products/1", "; allowed: DELETE, GET, PUT"),
        ("GET", "/products/1/x", ""),
    ],
)
def test_an_unknown_place_is_the_framework_s_404_and_says_what_was_looked_for(
    roma: RomaCaller, method: str, path: str, allowed: str
) -> None:
    reply = roma.send(method, roma.link + path)
    assert reply.code == "404 SCB.00000000"
    assert reply.said == f"Not Found ({method} {roma.link}{path}{allowed})"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/products/1", None), ("DELETE", "/products/1", None),
     ("PUT", "/products/1", {"name": "n", "manufacturer_id": "mm", "manufacturer_name": "mm",
                             "model": "mm", "device_type": "d"}),
     ("GET", "/products/1/devices-summary", None), ("GET", "/products/1/authentication", None),
     ("PUT", "/products/1/authentication", {}), ("GET", "/products/1/topics", None),
     ("POST", "/products/1/topics", {"permission": 0, "name": "t", "version": "1"}),
     ("PUT", "/products/1/topics/1", {"permission": 0, "name": "t", "version": "1"}),
     ("DELETE", "/products/1/topics/1", None), ("GET", "/product-templates/1", None),
     ("PUT", "/product-templates/1", {"name": "t", "status": 0}),
     ("DELETE", "/product-templates/1", None), ("GET", "/products/export?product_ids=1", None)],
)  # fmt: skip
def test_every_call_on_a_thing_that_is_not_there_names_it(
    roma: RomaCaller, method: str, path: str, body: Any
) -> None:
    reply = roma.send(method, roma.link + path, b"" if body is None else json.dumps(body).encode())
    assert reply.code == "404 ROMA.00110006"
    assert reply.said == (
        "The resource does not exist. Check whether the resource ID 1 is correct."
    )


@pytest.mark.parametrize("app", ["nothing", "ff38023c-0854-4779-847d-72528e1f5da5", "%2F%00"])
def test_an_unknown_application_is_refused_as_its_pages_do(roma: RomaCaller, app: str) -> None:
    path = f"/v2/{roma.project}/instances/{roma.instance}/apps/{app}"
    for method in ("GET", "DELETE"):
        assert roma.send(method, path).code in ("400 SCB.00000000", "403 ROMA.00000101")


# Rules of the other calls


def test_update_keeps_the_rules_and_the_claims(roma: RomaCaller) -> None:
    first, second = roma.create(), roma.create()
    path = f"{roma.products}/{second['id']}"
    same = {name: second[name] for name in ("manufacturer_id", "manufacturer_name", "model")}
    assert roma.call("PUT", path, {**same, "name": first["name"]}).code == "500 ROMA.00110701"
    clash = {**same, "manufacturer_id": first["manufacturer_id"], "name": second["name"]}
    assert roma.call("PUT", path, clash).code == "500 ROMA.00110706"
    short = {"name": "", "manufacturer_id": "", "manufacturer_name": "", "model": "m"}
    said = roma.call("PUT", path, short).said
    empty, least = "Can not be empty", "length must be greater than or equal to 2"
    assert said.endswith(
        f"[name:{empty}, manufacturer_name:{empty}, manufacturer_id:{empty}, model:{least}]"
    )
    assert roma.call("GET", path).json == second


@pytest.mark.parametrize(
    ("body", "field"),
    [({"password": "abcdefgh1!"}, "password"), ({"password": "ABCDEFGH1!"}, "password"),
     ({"password": "Abcdefghi!"}, "password"), ({"password": "Abcdefgh1"}, "password"),
     ({"password": "Abc1!"}, "password"), ({"password": "Abcde1!"}, "password"),
     ({"password": "Aa1!" * 8 + "x"}, "password"), ({"password": "Aa1!" * 20}, "password"),
     ({"password": "Abcdefgh1! "}, "password"), ({"password": "Abcdefgh1!密"}, "password"),
     ({"user_name": "short"}, "user_name"), ({"user_name": "u" * 51}, "user_name"),
     ({"user_name": "under_score_1"}, "user_name")],
)  # fmt: skip
def test_credentials_keep_the_rules(roma: RomaCaller, body: dict[str, str], field: str) -> None:
    path = f"{roma.products}/{roma.create()['id']}/authentication"
    before = roma.call("GET", path).json
    reply = roma.call("PUT", path, body)
    assert reply.code == "400 ROMA.00110001"
    assert f"[{field}:" in reply.said
    assert not any(len(value) > 5 and value in reply.said for value in body.values())
    assert roma.call("GET", path).json == before


@pytest.mark.parametrize("password", ["Abcdef1!", "Aa1!" * 8])
def test_a_password_has_eight_to_thirty_two_characters(roma: RomaCaller, password: str) -> None:
    path = f"{roma.products}/{roma.create()['id']}/authentication"
    assert roma.call("PUT", path, {"password": password}).json["password"] == password
    assert roma.call("GET", path).json["password"] == password


@pytest.mark.parametrize(
    "texts",
    [{"manufacturer_id": "m"}, {"manufacturer_id": "y" * 51}, {"manufacturer_id": "y" * 64},
     {"manufacturer_name": "厂"}, {"model": "a.b"}],
)  # fmt: skip
def test_what_was_created_can_be_updated(roma: RomaCaller, texts: dict[str, str]) -> None:
    made = roma.create(**{"model": uuid.uuid4().hex, **texts})
    kept = ("name", "manufacturer_id", "manufacturer_name", "model")
    body = {name: made[name] for name in kept} | {"description": "changed"}
    changed = roma.call("PUT", f"{roma.products}/{made['id']}", body)
    assert changed.status == 200, changed.said
    assert {name: changed.json[name] for name in kept} == {name: made[name] for name in kept}


def test_a_reset_without_any_body_makes_a_password(roma: RomaCaller) -> None:
    path = f"{roma.products}/{roma.create()['id']}/authentication"
    before = roma.call("GET", path).json
    reset = roma.send("PUT", path).json
    assert reset["user_name"] == before["user_name"]
    assert reset["password"] != before["password"]
    assert roma.call("GET", path).json == reset
    empty = roma.call("PUT", path, {"user_name": "", "password": ""}).json
    assert empty["password"] != reset["password"]


def test_topics_may_begin_without_a_slash_and_hold_no_wildcards(roma: RomaCaller) -> None:
    path = f"{roma.products}/{roma.create()['id']}/topics"
    body = {"permission": 1, "name": "t", "version": "v1", "with_prefix_slash": False}
    assert roma.call("POST", path, body).json["topic_name"] == "v1/${deviceId}/t"
    for name in ("a+", "#", "a b", ""):
        assert roma.call("POST", path, {**body, "name": name}).code == "400 ROMA.00110001"
    said = roma.call("POST", path, {}).said
    assert said.endswith(
        "[name:Can not be empty, permission:must not be null, version:Can not be empty]"
    )


# Who calls


def test_without_credentials_nobody_is_let_in(roma: RomaCaller) -> None:
    reply = roma.send("POST", roma.products, b"{}", signed=False)
    assert reply.code == "401 APIGW.0301"
    assert "X-Auth-Token" in reply.said


def test_a_wrong_secret_is_refused_with_the_canonical_request(roma: RomaCaller) -> None:
    reply = roma.send("GET", roma.products, secret="not the secret")
    assert reply.code == "401 APIGW.0301"
    assert f"canonicalRequest:GET|{roma.products}/|" in reply.said
    assert roma.secret_key not in reply.said


def test_an_old_signature_is_refused(roma: RomaCaller) -> None:
    reply = roma.send("GET", roma.products, late_by=timedelta(minutes=16))
    assert reply.code == "401 APIGW.0301"
    assert roma.send("GET", roma.products, late_by=timedelta(minutes=14)).status == 200


def test_a_derived_signature_is_believed_as_well(roma: RomaCaller) -> None:
    body = json.dumps(roma.body()).encode()
    assert roma.send("POST", roma.products, body, derived_region="cn-north-4").status == 201
    refused = roma.send("GET", roma.products, derived_region="cn-north-4", secret="another")
    assert refused.code == "401 APIGW.0301"


def test_a_token_that_is_none_is_refused(roma: RomaCaller) -> None:
    for token in ("x", "MII" + "00" * 60, "MIIzz", "é" * 10):
        reply = roma.send("GET", roma.products, headers={"X-Auth-Token": token})
        assert reply.code == "401 APIGW.0301"


def test_a_header_that_came_twice_is_refused(roma: RomaCaller) -> None:
    reply = roma.send("GET", roma.products, headers={"Authorization": "again"})
    assert reply.code == "400 SCB.00000000"


def limited(server: Server, roma: RomaCaller, permissions: str) -> RomaCaller:
    """A caller who may do only this."""
    name = f"u-{uuid.uuid4().hex[:8]}"
    told = json.loads(server.run("user", "create", name, "--permissions", permissions, "--json"))
    key, secret = told["access_key"], told["secret_key"]
    return RomaCaller(roma.address, key, secret, roma.project, roma.instance, roma.app)


def test_a_missing_permission_is_named_in_roma_s_words(server: Server, roma: RomaCaller) -> None:
    reader = limited(server, roma, "product:read")
    made = roma.create()
    one = f"{reader.products}/{made['id']}"
    assert reader.call("GET", one).json["permissions"] == ["read"]

    def word(reply: Reply, grant: str) -> str:
        assert reply.code == "403 ROMA.00110008"
        assert reply.said.endswith(f"in the related service. ({grant})")
        return reply.said.split(" permission on")[0].removeprefix("You do not have the ")

    assert word(reader.call("POST", reader.products, reader.body()), "product:create") == "modify"
    assert word(reader.call("DELETE", one), "product:delete") == "delete"
    assert word(reader.call("GET", f"{one}/authentication"), "credential:read") == "access"
    assert roma.call("GET", one).status == 200


def test_applications_are_refused_in_the_codes_of_public_resources(
    server: Server, roma: RomaCaller
) -> None:
    reader, apps = (
        limited(server, roma, "product:read"),
        f"/v2/{roma.project}/instances/{roma.instance}/apps",
    )
    denied = reader.call("POST", apps, {"name": "mine"})
    assert (denied.code, "space:create" in denied.said) == ("403 ROMA.00000101", True)
    wrong = roma.call("POST", apps, {"name": "?"})
    assert (wrong.code, "name:must match" in wrong.said) == ("400 ROMA.13000", True)
    default = roma.call("DELETE", f"{apps}/{roma.app}")
    assert (default.code, "default application" in default.said) == ("403 ROMA.00000101", True)


def test_import_with_upsert_needs_the_permission_to_update(
    server: Server, roma: RomaCaller
) -> None:
    maker = limited(server, roma, "product:create")
    form = (
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
        b"name\r\nx\r\n--B--\r\n"
    )
    kind = "multipart/form-data; boundary=B"
    path = f"{maker.products}/import"
    assert maker.send("POST", path, form, content_type=kind).status == 200
    refused = maker.send("POST", path + "?upsert=true", form, content_type=kind)
    assert refused.code == "403 ROMA.00110008"
