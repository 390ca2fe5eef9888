"""How ROMA says no to a part of a model; and what becomes of the numbers of parts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from entrepot.core.things.claim import Actor
from entrepot.vendors.huawei.roma.formats import document
from entrepot.vendors.huawei.roma.formats.document import Document, Stamp
from entrepot.vendors.huawei.roma.models import use_cases as parts
from tests.server import Server
from tests.vendors.huawei.roma.caller import RomaCaller, caller

INTRO = "The parameter does not meet verification rules: ["


@pytest.fixture(scope="module")
def roma(server: Server) -> RomaCaller:
    return caller(server)


@pytest.fixture(scope="module")
def service(roma: RomaCaller) -> str:
    """The path of a service of a product of its own."""
    body = {"service_name": "service", "status": 0, "product_id": roma.create()["id"]}
    made = roma.call("POST", f"{roma.link}/services", body)
    assert made.status == 201, made.body
    return f"{roma.link}/services/{made.json['service_id']}"


def inside(reply: Any) -> set[str]:
    """What stands in the brackets of a refusal."""
    assert reply.code == "400 ROMA.00110001", reply.body
    assert reply.said.startswith(INTRO)
    return set(reply.said[len(INTRO) : -1].split(", "))


def test_every_failing_member_of_a_service_is_told(roma: RomaCaller) -> None:
    path = f"{roma.link}/services"
    assert inside(roma.call("POST", path, {})) == {
        "service_name:Can not be empty", "status:must not be null",
    }  # fmt: skip
    body = {"service_name": "s s", "status": 2, "description": "d" * 201}
    assert {one.split(":")[0] for one in inside(roma.call("POST", path, body))} >= {
        "service_name", "status", "description",
    }  # fmt: skip
    for name in ("s", "s" * 65, "a.b"):
        reply = roma.call("POST", path, {"service_name": name, "status": 0, "product_id": 1})
        assert reply.said.startswith(f"{INTRO}service_name:")
    for name in ("ss", "s" * 64, "温度_1-a"):
        body = {"service_name": name, "status": 0, "product_id": roma.create()["id"]}
        assert roma.call("POST", path, body).status == 201


def test_a_service_belongs_to_one_of_the_two(roma: RomaCaller) -> None:
    path, body = f"{roma.link}/services", {"service_name": "ss", "status": 0}
    one_of = {"product_id:either product_template_id or product_id must be specified"}
    assert inside(roma.call("POST", path, body)) == one_of
    both = {**body, "product_id": 1, "product_template_id": 1}
    assert inside(roma.call("POST", path, both)) == one_of
    assert inside(roma.call("GET", path)) == one_of
    assert inside(roma.call("GET", path, product_id=1, product_template_id=1)) == one_of
    for key in ("product_id", "product_template_id"):
        for reply in (
            roma.call("POST", path, {**body, key: 1}),
            roma.call("GET", path, **{key: 1}),
        ):
            assert reply.code == "404 ROMA.00110006"
            assert "resource ID 1 is" in reply.said
    floored = {**body, "product_id": roma.create()["id"] + 0.9}
    assert roma.call("POST", path, floored).json["product_id"] == int(floored["product_id"])


def test_every_failing_member_of_a_property_is_told(roma: RomaCaller, service: str) -> None:
    path = f"{service}/properties"
    assert inside(roma.call("POST", path, {})) == {
        "property_name:Can not be empty", "data_type:Can not be empty", "required:must not be null",
    }  # fmt: skip
    body = {"property_name": "pp", "data_type": "integer", "required": 0}
    assert inside(roma.call("POST", path, body)) == {
        "min:Can not be empty", "max:Can not be empty",
    }  # fmt: skip
    assert inside(roma.call("POST", path, {**body, "min": "a", "max": "1.5"})) == {
        "min:must be an integer", "max:must be an integer",
    }  # fmt: skip
    body = {"property_name": "pp", "data_type": "json", "required": 0}
    assert inside(roma.call("POST", path, body)) == {"max_length:must not be null"}
    assert inside(roma.call("POST", path, {**body, "max_length": 0})) == {
        "max_length:must be greater than or equal to 1"
    }
    body = {"property_name": "1p", "data_type": "Integer", "required": 0, "method": "RWER"}
    told = {one.split(":")[0] for one in inside(roma.call("POST", path, body))}
    assert told >= {"property_name", "data_type", "method"}
    wrong = roma.call("POST", path, {**body, "required": "yes"})
    assert wrong.code == "400 SCB.00000000"
    assert "romalink.link-services.createProperty" in wrong.said
    assert roma.call("GET", path).json["total"] == 0


def test_numbers_are_taken_for_texts_and_lengths_are_rounded_down(
    roma: RomaCaller, service: str
) -> None:
    path = f"{service}/properties"
    body = {"property_name": "lenient", "data_type": "integer", "required": "1", "min": 0, "max": 1}
    made = roma.call("POST", path, body).json
    assert (made["min"], made["max"], made["required"]) == ("0", "1", 1)
    body = {"property_name": "text", "data_type": "string", "required": 0, "max_length": 9.9}
    other = roma.call("POST", path, body).json
    assert other["max_length"] == 9
    for one in (made, other):
        assert roma.call("DELETE", f"{path}/{one['property_id']}").status == 204


@pytest.mark.parametrize("name", ["c", "c" * 51, "温度", "a b"])
def test_a_command_s_name_has_its_own_rule(roma: RomaCaller, service: str, name: str) -> None:
    reply = roma.call("POST", f"{service}/commands", {"name": name})
    assert [one.split(":")[0] for one in inside(reply)] == ["name"]


@pytest.mark.parametrize(
    ("method", "path", "operation", "name"),
    [("GET", "/services/x", "queryService", "service_id"),
     ("DELETE", "/services/x", "deleteService", "service_id"),
     ("GET", "/services/1/properties/x", "queryProperty", "property_id"),
     ("DELETE", "/services/1/commands/x", "deleteCommand", "command_id"),
     ("GET", "/services/1/commands/2/requests/x", "queryRequestProperty", "property_id"),
     ("GET", "/services/1/commands/x/responses", "queryResponseProperties", "command_id")],
)  # fmt: skip
def test_an_id_that_is_no_number_is_of_the_wrong_type(
    roma: RomaCaller, method: str, path: str, operation: str, name: str
) -> None:
    reply = roma.call(method, roma.link + path)
    assert reply.code == "400 SCB.00000000"
    assert f"[romalink.link-services.{operation}]. Parameter is [{name}]" in reply.said


BODIES = {
    "/services/1": {"service_name": "ss", "status": 0},
    "/services/1/commands/1": {"name": "cc"},
}
PROPERTY = {"property_name": "pp", "data_type": "boolean", "required": 0}


@pytest.mark.parametrize(
    "path", ["/services/1", "/services/1/properties/1", "/services/1/commands/1",
             "/services/1/commands/1/requests/1", "/services/1/commands/1/responses/1"]
)  # fmt: skip
def test_every_call_on_a_part_that_is_not_there_names_it(roma: RomaCaller, path: str) -> None:
    for method, body in (("GET", None), ("PUT", BODIES.get(path, PROPERTY)), ("DELETE", None)):
        reply = roma.call(method, roma.link + path, body)
        assert reply.code == "404 ROMA.00110006"
        assert "resource ID 1 is" in reply.said


def test_ids_of_nothing_are_not_found(roma: RomaCaller) -> None:
    for id in (0, -1, 2**62, 2**63 - 1):
        assert roma.call("GET", f"{roma.link}/services/{id}").code == "404 ROMA.00110006"
        reply = roma.call("GET", f"{roma.link}/services", service_id=id)
        assert reply.code == "404 ROMA.00110006"


def test_a_user_needs_the_owner_s_permission(server: Server) -> None:
    server.run("tenant", "create", "roma-parts")
    owner = caller(server, "roma-parts")
    form = owner.call("POST", f"{owner.link}/product-templates", {"name": "tt", "status": 0}).json
    bodies = [
        {"service_name": "ss", "status": 0, "product_id": owner.create()["id"]},
        {"service_name": "ss", "status": 0, "product_template_id": form["id"]},
    ]
    made = [owner.call("POST", f"{owner.link}/services", body).json for body in bodies]
    paths = [f"{owner.link}/services/{one['service_id']}" for one in made]
    users = {
        name: limited(server, owner, name, permissions)
        for name, permissions in (
            ("looker", "product:read"), ("maker", "product:*,template:read"),
        )
    }  # fmt: skip

    def statuses(user: str, method: str, body: Any = None) -> list[int]:
        return [users[user].call(method, path, body).status for path in paths]

    change = {"service_name": "s2", "status": 1}
    assert statuses("looker", "GET") == [200, 403]
    assert statuses("looker", "PUT", change) == [403, 403]
    assert statuses("maker", "GET") == [200, 200]
    assert statuses("maker", "PUT", change) == [200, 403]


def limited(server: Server, owner: RomaCaller, name: str, permissions: str) -> RomaCaller:
    made = server.run(
        "user", "create", name, "--tenant", "roma-parts", "--permissions", permissions, "--json"
    )
    key = json.loads(made)
    return replace(owner, access_key=key["access_key"], secret_key=key["secret_key"])


def test_another_tenant_s_parts_are_not_there(server: Server, service: str) -> None:
    server.run("tenant", "create", "roma-others-parts")
    other = caller(server, "roma-others-parts")
    path = f"{other.link}/services/{service.rpartition('/')[2]}"
    assert other.call("GET", path).code == "404 ROMA.00110006"
    assert other.call("DELETE", path).code == "404 ROMA.00110006"


# The document


def test_numbers_are_given_in_order_and_never_again() -> None:
    text = json.dumps({"services": [
        {"service_name": "a", "properties": [{"property_name": "p"}], "commands": [
            {"command_name": "c", "requests": [{"property_name": "q"}], "responses": [
                {"property_name": "r"}]}]},
        {"service_name": "b"},
    ]}).encode()  # fmt: skip
    opened = Document(text)
    a, b = opened.root.inside["services"]
    [c] = a.inside["commands"]
    assert [a.number, a.inside["properties"][0].number, c.number] == [1, 2, 3]
    assert [c.inside["requests"][0].number, c.inside["responses"][0].number, b.number] == [4, 5, 6]

    opened.root.inside["services"].remove(b)
    assert opened.add(opened.root, "services", {"service_name": "b"}).number == 7
    again = Document(opened.text())
    a, b = again.root.inside["services"]
    assert (a.number, b.number) == (1, 7)
    again.root.inside["services"].remove(b)
    last = Document(again.text())
    assert last.add(last.root, "services", {"service_name": "b"}).number == 8


def test_a_ledger_keeps_who_and_when_and_a_copy_has_none() -> None:
    opened = Document(None)
    made = opened.add(opened.root, "services", {"service_name": "a"})
    made.made = Stamp(7, Actor(1, "somebody"))
    text = opened.text()
    [again] = Document(text).root.inside["services"]
    assert (again.made, again.changed) == (made.made, None)
    assert json.loads(Document(text).copy()) == {"services": [{"service_name": "a"}]}


def test_two_of_one_name_keep_a_number_each() -> None:
    twice = [{"property_name": "p"}, {"property_name": "p"}]
    opened = Document(
        json.dumps({"services": [{"service_name": "a", "properties": twice}]}).encode()
    )
    again = Document(Document(opened.text()).text())
    [a] = again.root.inside["services"]
    assert [p.number for p in a.inside["properties"]] == [2, 3]


@pytest.mark.parametrize(
    "ledger", [7, {"last": "x"}, {"last": 1, "parts": [[2, ["services", "a"]]]},
               {"last": 9, "parts": [[2, ["services", "a"]], [2, ["services", "b"]]]},
               {"last": 9, "parts": [[0, ["services", "a"]]]}]
)  # fmt: skip
def test_what_is_no_ledger_numbers_nothing(ledger: Any) -> None:
    services = [{"service_name": "a"}, {"service_name": "b"}]
    opened = Document(json.dumps({"services": services, document.LEDGER: ledger}).encode())
    assert [s.number for s in opened.root.inside["services"]] == [1, 2]


def test_a_model_has_an_end(roma: RomaCaller) -> None:
    made = roma.call(
        "POST", f"{roma.link}/services",
        {"service_name": "large", "status": 0, "product_id": roma.create()["id"]},
    )  # fmt: skip
    path = f"{roma.link}/services/{made.json['service_id']}/properties"
    labels = {f"{i:060}": "灯" * 200 for i in range(199)}
    body = {"data_type": "boolean", "required": 0, "enum_dict": labels}
    statuses = [201]
    while statuses[-1] == 201:
        assert len(statuses) < parts.MOST_BYTES // 100_000
        named = {**body, "property_name": f"p{len(statuses)}"}
        reply = roma.call("POST", path, named)
        statuses.append(reply.status)
    assert reply.code == "500 ROMA.00110004"
    assert len(statuses) > 4
    assert roma.call("GET", path, limit=99).json["total"] == len(statuses) - 2
