"""What IAM asks of a login and what it refuses, in Keystone's words."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from entrepot.core.accounts import tenancy
from entrepot.core.faults import Unauthenticated
from entrepot.core.ports import Tx
from entrepot.core.things.account import User
from entrepot.core.vault import Vault, hash_password
from entrepot.store.sqlite.store import SqliteStore
from entrepot.vendors.huawei import auth
from tests.server import Server
from tests.vendors.huawei.iotda.caller import Caller, caller_of, new_tenant
from tests.vendors.huawei.reply import Reply

TOKENS = "/v3/auth/tokens"


@pytest.fixture(scope="module")
def c(server: Server) -> dict[str, Any]:
    new_tenant(server, "iam-raw")
    return {**server.credentials("iam-raw")["huawei"], "tenant": "iam-raw"}


@pytest.fixture(scope="module")
def iam(server: Server, c: dict[str, Any]) -> Caller:
    return caller_of(server, c["tenant"])


def login(c: dict[str, Any], scope: Any = None, **user: Any) -> dict[str, Any]:
    who = {
        "name": c["user_name"],
        "password": c["password"],
        "domain": {"name": c["domain_name"]},
        **user,
    }
    who = {k: v for k, v in who.items() if v is not ...}
    auth = {"identity": {"methods": ["password"], "password": {"user": who}}}
    return {"auth": auth if scope is None else {**auth, "scope": scope}}


def said(reply: Reply, status: int, title: str) -> str:
    """The message of a refusal, once its form is proved."""
    assert reply.status == status, reply.body
    error = reply.json["error"]
    assert sorted(error) == ["code", "message", "title"]
    assert (error["code"], error["title"]) == (status, title)
    assert reply.headers["x-request-id"] == reply.headers["x-iam-trace-id"]
    message: str = error["message"]
    return message


def gateways(reply: Reply, status: int, code: str) -> str:
    """The message of a refusal of the gateway, once its form is proved."""
    assert (reply.status, reply.json["error_code"]) == (status, code), reply.body
    assert reply.json["request_id"] == reply.headers["x-request-id"]
    message: str = reply.json["error_msg"]
    return message


def post(iam: Caller, body: Any) -> Reply:
    return iam.send("POST", TOKENS, body, signed=False)


def test_every_way_to_name_user_and_scope(iam: Caller, c: dict[str, Any]) -> None:
    first = post(iam, login(c, {"project": {"name": "cn-north-4"}}))
    assert first.status == 201
    token = first.json["token"]
    user, domain = token["user"]["id"], token["user"]["domain"]
    assert token["project"] == {"domain": domain, "id": c["project_id"], "name": "cn-north-4"}
    by_ids = login(c, {"project": {"id": c["project_id"]}}, name=..., domain=..., id=user)
    by_domain_id = login(c, {"domain": {"id": domain["id"]}}, domain={"id": domain["id"]})
    for body in (by_ids, by_domain_id, login(c)):
        reply = post(iam, body)
        assert reply.status == 201, reply.body
        assert reply.json["token"]["user"] == token["user"]
    assert post(iam, login(c)).json["token"]["domain"] == domain
    named = post(iam, login(c, {"project": {"name": "eu-west-101", "domain": domain}}))
    assert named.json["token"]["project"]["name"] == "eu-west-101"


def test_a_token_opens_the_other_calls_and_its_own_check(iam: Caller, c: dict[str, Any]) -> None:
    made = post(iam, login(c, {"project": {"name": "cn-north-4"}}))
    token = made.headers["x-subject-token"]
    headers = {"X-Auth-Token": token}
    listed = iam.send("GET", "products", headers=headers, signed=False)
    assert listed.status == 200
    projects = iam.send("GET", "/v3/projects", headers=headers, signed=False)
    assert [p["id"] for p in projects.json["projects"]] == [c["project_id"]]
    checked = iam.send("GET", TOKENS, headers={**headers, "X-Subject-Token": token}, signed=False)
    assert (checked.status, checked.json) == (200, made.json)
    assert checked.headers["x-subject-token"] == token
    roma = iam.send(
        "GET",
        f"/v2/{c['project_id']}/link/instances/default/products",
        headers=headers,
        signed=False,
    )
    assert roma.status != 401


def test_tokens_are_different_and_all_of_them_hold(iam: Caller, c: dict[str, Any]) -> None:
    tokens = {post(iam, login(c)).headers["x-subject-token"] for _ in range(3)}
    assert len(tokens) == 3
    for token in tokens:
        reply = iam.send("GET", "products", headers={"X-Auth-Token": token}, signed=False)
        assert reply.status == 200


def test_nobody_learns_whether_a_user_exists(iam: Caller, c: dict[str, Any]) -> None:
    wrong = (
        login(c, password="wrong"),
        login(c, name="nobody"),
        login(c, domain={"name": "nobody"}),
        login(c, domain={"id": "0" * 32}),
        login(c, name=..., id="0" * 32),
        login(c, name=..., id="nobody"),
    )
    texts, times = set(), []
    for body in wrong:
        begun = time.perf_counter()
        texts.add(said(post(iam, body), 401, "Unauthorized"))
        times.append(time.perf_counter() - begun)
    assert texts == {"The username or password is wrong."}
    assert min(times) > 0.01  # the hash was computed for users that do not exist, too


def test_a_user_without_a_password_cannot_log_in(
    server: Server, iam: Caller, c: dict[str, Any]
) -> None:
    server.run("user", "create", "keys-only", "--tenant", c["tenant"])
    assert said(post(iam, login(c, name="keys-only", password="")), 400, "Bad Request")
    assert said(post(iam, login(c, name="keys-only", password="x")), 401, "Unauthorized")
    server.run("user", "create", "second", "--tenant", c["tenant"], "--password", "Second-1",
               "--permissions", "product:read")  # fmt: skip
    made = post(iam, login(c, name="second", password="Second-1"))
    assert made.status == 201
    assert [r["name"] for r in made.json["token"]["roles"]] == ["product:read"]
    headers = {"X-Auth-Token": made.headers["x-subject-token"]}
    assert iam.send("GET", "products", headers=headers, signed=False).status == 200
    refused = iam.send("POST", "products", {}, headers=headers, signed=False)
    assert refused.code == "403 IOTDA.000022"
    server.run("user", "disable", "second", "--tenant", c["tenant"])
    time.sleep(1.1)
    assert said(post(iam, login(c, name="second", password="Second-1")), 401, "Unauthorized")
    refused = iam.send("GET", "products", headers=headers, signed=False)
    assert refused.code == "401 IOTDA.000002"


def test_a_first_user_whose_password_was_hashed_by_an_earlier_release_logs_in(
    server: Server,
) -> None:
    """Now nothing of it is stored: making a tenant hashes nothing while other writers wait."""
    iam = new_tenant(server, "iam-hashed")
    c = {**server.credentials("iam-hashed")["huawei"], "tenant": "iam-hashed"}
    hashed = hash_password(c["password"])

    def begun(tx: Tx) -> User:
        return tenancy.user_named(tx, tenancy.tenant_named(tx, c["tenant"]), c["user_name"])

    store = SqliteStore(server.data / "entrepot.sqlite")
    try:
        first = store.write_now(begun)
        assert first.password == b""
        assert post(iam, login(c)).status == 201
        store.write_now(lambda tx: tx.put(begun(tx), replace(begun(tx), password=hashed)))
    finally:
        store.close()
    assert post(iam, login(c)).status == 201
    said(post(iam, login(c, password=c["password"][:-1])), 401, "Unauthorized")
    server.run("user", "set", c["user_name"], "--tenant", c["tenant"], "--password", "")
    said(post(iam, login(c)), 401, "Unauthorized")


def test_another_password_ends_the_tokens_of_before(
    server: Server, iam: Caller, c: dict[str, Any]
) -> None:
    server.run("user", "create", "mark", "--tenant", c["tenant"], "--password", "Mark-1111")
    first = {"name": "mark", "password": "Mark-1111"}
    before = post(iam, login(c, **first)).headers["x-subject-token"]
    others = post(iam, login(c)).headers["x-subject-token"]

    def uses(token: str) -> list[int]:
        mine = {"X-Auth-Token": token}
        calls = (("products", mine), ("/v3/projects", mine),
                 (TOKENS, {"X-Auth-Token": others, "X-Subject-Token": token}))  # fmt: skip
        return [iam.send("GET", path, headers=h, signed=False).status for path, h in calls]

    assert uses(before) == uses(others) == [200, 200, 200]
    for password in ("Mark-2222", "Mark-1111"):  # the same words again are another password
        server.run("user", "set", "mark", "--tenant", c["tenant"], "--password", password)
        time.sleep(1.1)
        assert uses(before) == [401, 401, 404]
        reply = iam.send("GET", "/v3/projects", headers={"X-Auth-Token": before}, signed=False)
        assert said(reply, 401, "Unauthorized") == "The token must be updated."
    assert uses(others) == [200, 200, 200]
    again = post(iam, login(c, **first)).headers["x-subject-token"]
    assert uses(again) == [200, 200, 200]
    server.run("user", "set", "mark", "--tenant", c["tenant"], "--password", "")
    time.sleep(1.1)
    assert uses(again) == [401, 401, 404]


def test_a_token_of_an_earlier_release_has_no_mark_and_is_taken_until_it_ends() -> None:
    vault, user = Vault(bytes(32)), User(id=7, tenant=1, name="u", created_at=0)
    sealed = vault.seal(msgspec.msgpack.encode((7, 1000, 2000, "p")), "huawei/token")
    token = auth.read_token(vault, f"MII{sealed.hex()}", 1500)
    assert (token.project, token.mark, token.holds_for(user)) == ("p", b"", True)
    with pytest.raises(Unauthenticated):
        auth.read_token(vault, f"MII{sealed.hex()}", 2000)
    # Servers of that release take a token of this one: they look at no more than they know.
    text, issued = auth.issue_token(vault, user, 1000)
    known = msgspec.msgpack.decode(vault.open(bytes.fromhex(text[3:]), "huawei/token"))
    assert known[:4] == [7, 1000, issued.expires_at, ""]


def test_scopes_that_are_not_the_user_s(iam: Caller, c: dict[str, Any]) -> None:
    for scope in (
        {"project": {"id": "0" * 32}},
        {"project": {"name": "nowhere"}},
        {"domain": {"name": "nowhere"}},
    ):
        assert "Could not find" in said(post(iam, login(c, scope)), 404, "Not Found")


@pytest.mark.parametrize("change", ["methods", "identity", "user", "domain", "scope", "auth"])
def test_a_login_that_lacks_something(iam: Caller, c: dict[str, Any], change: str) -> None:
    body: Any = login(c)
    identity = body["auth"]["identity"]
    match change:
        case "methods":
            identity["methods"] = ["totp"]
        case "identity":
            del body["auth"]["identity"]
        case "user":
            identity["password"]["user"].pop("name")
        case "domain":
            identity["password"]["user"]["domain"] = {}
        case "scope":
            body["auth"]["scope"] = {"project": {}}
        case "auth":
            body = {}
    message = said(post(iam, body), 400, "Bad Request")
    assert message.startswith("Request body or parameter is incorrect")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b'{"auth":1,"auth":2}', b"[" * 9999])
def test_a_body_that_is_no_login(iam: Caller, body: bytes) -> None:
    said(post(iam, body), 400, "Bad Request")


def test_a_body_over_its_limit(iam: Caller) -> None:
    said(
        iam.send("POST", TOKENS, {}, signed=False, claimed_bytes=70_000),
        413,
        HTTPStatus(413).phrase,
    )


def test_tokens_that_are_none(iam: Caller, server: Server, c: dict[str, Any]) -> None:
    mine = post(iam, login(c)).headers["x-subject-token"]
    absent = iam.send("GET", TOKENS, headers={"X-Auth-Token": mine}, signed=False)
    assert "X-Subject-Token" in said(absent, 400, "Bad Request")
    other = new_tenant(server, "iam-other")
    for token in ("x", mine[:-1] + ("1" if mine.endswith("0") else "0")):
        reply = iam.send("GET", TOKENS, headers={"X-Subject-Token": token})
        assert said(reply, 404, "Not Found") == "X-Subject-Token is invalid in the request."
    foreign = other.send("GET", TOKENS, headers={"X-Subject-Token": mine})
    assert said(foreign, 404, "Not Found") == "X-Subject-Token is invalid in the request."
    assert "Get one from" in said(
        iam.send("GET", "/v3/projects", headers={"X-Auth-Token": "x"}, signed=False),
        401, "Unauthorized",
    )  # fmt: skip
    said(iam.send("GET", "/v3/projects", signed=False), 401, "Unauthorized")


def test_places_where_nothing_lives(iam: Caller) -> None:
    for path in ("/v3/users", "/v3"):
        assert path in gateways(iam.send("GET", path), 404, "APIGW.0101")
    reply = iam.send("DELETE", TOKENS)
    assert said(reply, 405, "Method Not Allowed") == f"{TOKENS} takes GET, POST, not DELETE."
    assert reply.headers["allow"] == "GET, POST"


def test_a_bad_signature_is_refused_by_the_gateway_before_iam(iam: Caller) -> None:
    reply = iam.send("GET", "/v3/projects", sign_as=(iam.access_key, "another"))
    assert "canonicalRequest:GET|/v3/projects/|" in gateways(reply, 401, "APIGW.0301")


def test_the_printed_password_is_of_every_class_and_not_stored_in_clear(
    server: Server, c: dict[str, Any]
) -> None:
    password = c["password"]
    assert len(password) == 24
    assert password == server.credentials(c["tenant"])["huawei"]["password"]
    for part in server.data.iterdir():
        assert password.encode() not in part.read_bytes()
