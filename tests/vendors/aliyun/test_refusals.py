"""What must be refused at Alibaba's door: each in the vendor's own words, with nothing kept."""

from __future__ import annotations

import json
import signal
import socket
import time
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from entrepot.vendors.aliyun.signing import sign_v1
from tests.server import Server
from tests.vendors.aliyun.caller import FORM, AliyunCaller, Reply, stamp, sub_user, tenant

MADE = {"ProductName": "Never_made", "NodeType": "0"}


@pytest.fixture(scope="module")
def caller(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-refusals", rate_limits=False)


@pytest.fixture(autouse=True)
def nothing_is_kept(caller: AliyunCaller) -> object:
    """After every refusal the tenant is as empty as before, and the server answers."""
    yield
    assert caller.done("QueryProductList", CurrentPage=1, PageSize=1)["Data"]["Total"] == 0


def refused(reply: Reply, code: str) -> None:
    """It is the gateway's refusal, whole, and gives nothing away."""
    assert reply.code == code, reply.body
    body = reply.json
    assert set(body) >= {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert body["RequestId"] == reply.headers["x-acs-request-id"] == body["RequestId"].upper()
    assert b"Traceback" not in reply.body


# Where nothing lives


def test_an_unknown_action(caller: AliyunCaller) -> None:
    for reply in (caller.v1("CreateProducts", MADE), caller.v3("CreateProducts", MADE)):
        refused(reply, "404 InvalidAction.NotFound")
        assert "CreateProduct" in reply.said


def test_an_unknown_version(caller: AliyunCaller) -> None:
    refused(
        caller.v1("CreateProduct", MADE, common={"Version": "2017-04-20"}),
        "404 InvalidApi.NotFound",
    )
    reply = caller.v3("CreateProduct", MADE, headers={"x-acs-version": "2017-04-20"})
    refused(reply, "404 InvalidApi.NotFound")
    assert "2018-01-20" in reply.said


def test_no_action_and_no_version(caller: AliyunCaller) -> None:
    refused(caller.v1("", MADE), "400 MissingAction")
    refused(caller.v1("CreateProduct", MADE, common={"Version": None}), "400 MissingVersion")
    both = caller.v3("", MADE, headers={"x-acs-action": None, "x-acs-version": None})
    refused(both, "400 MissingAction")
    assert "Version" in both.said


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method(caller: AliyunCaller, method: str) -> None:
    refused(caller.v1("CreateProduct", MADE, method=method), "400 UnsupportedHTTPMethod")
    refused(caller.v3("CreateProduct", MADE, method=method), "400 UnsupportedHTTPMethod")


def test_a_bare_call_is_told_what_is_missing(caller: AliyunCaller) -> None:
    """Without a format it is XML, as documented."""
    reply = caller.send("GET", "/")
    assert reply.status == 400
    assert reply.xml.tag == "Error"
    assert reply.xml.findtext("Code") == "MissingAction"
    assert reply.xml.findtext("HostId") == caller.address


def test_another_tenant_s_instance_and_product(server: Server, caller: AliyunCaller) -> None:
    other = tenant(server, "aliyun-refusals-other")
    key = other.done("CreateProduct", ProductName="Of_another", NodeType=0)["ProductKey"]
    for action in ("QueryProduct", "DeleteProduct", "ReleaseProduct", "ListProductTags"):
        assert caller.v3(action, {"ProductKey": key}).code == "200 iot.prod.NotExistedProduct"
    instance = {"IotInstanceId": other.ids["instance_id"]}
    reply = caller.v3("CreateProduct", {**MADE, **instance})
    assert reply.code == "200 iot.Sre.IotInstanceNotFound"
    assert other.done("QueryProduct", ProductKey=key)["Data"]["ProductName"] == "Of_another"


# What cannot be read


@pytest.mark.parametrize(
    "broken", ["ProductName=%ff%fe", "ProductName=%E7%81", "ProductName=%zz", "a=%"]
)
def test_broken_escapes_and_bad_utf_8(caller: AliyunCaller, broken: str) -> None:
    named = "Action=CreateProduct&Version=2018-01-20&Format=JSON"
    refused(caller.send("GET", f"/?{named}&{broken}"), "400 InvalidParameter")
    kind = {"content-type": FORM}
    refused(caller.send("POST", f"/?{named}", kind, broken.encode()), "400 InvalidParameter")
    reply = caller.send("GET", f"/?{named.replace('JSON', 'XML')}&{broken}")
    assert reply.xml.findtext("Code") == "InvalidParameter"


def test_a_parameter_given_twice(caller: AliyunCaller) -> None:
    named = "Action=CreateProduct&Version=2018-01-20&Format=JSON&NodeType=0"
    reply = caller.send("GET", f"/?{named}&NodeType=1")
    refused(reply, "400 InvalidNodeType")
    assert "once" in reply.said
    both = caller.send("POST", f"/?{named}", {"content-type": FORM}, b"NodeType=1")
    refused(both, "400 InvalidNodeType")


def test_nul_bytes(caller: AliyunCaller) -> None:
    refused(caller.v3("CreateProduct", {**MADE, "Description": "a\0b"}), "400 InvalidDescription")
    refused(caller.v3("QueryProduct", {"ProductKey": "a1FlqIQ7x\0z"}), "400 InvalidProductKey")


@pytest.mark.parametrize(
    "name",
    [
        "ProductTag" + ".1" * 5000,
        "ProductTag.0.TagKey",
        "ProductTag.1000000.TagKey",
        "ProductTag..TagKey",
    ],
)
def test_nesting_bombs_and_wild_indexes(caller: AliyunCaller, name: str) -> None:
    reply = caller.v3("CreateProductTags", {"ProductKey": "a1FlqIQ7xYz", name: "x"})
    assert reply.json["Success"] is False
    assert len(reply.body) < 4096


def test_a_value_that_is_also_a_structure(caller: AliyunCaller) -> None:
    given = {"ProductKey": "a1FlqIQ7xYz", "ProductTag": "x", "ProductTag.1.TagKey": "y"}
    assert caller.v3("CreateProductTags", given).json["Success"] is False
    plain = caller.v3("CreateProductTags", {"ProductKey": "a1FlqIQ7xYz", "ProductTag": "x"})
    refused(plain, "400 InvalidProductTag.1")


def test_too_many_parameters(caller: AliyunCaller) -> None:
    many = "&".join(f"p{i}=x" for i in range(6000))
    named = "Action=CreateProduct&Version=2018-01-20&Format=JSON"
    refused(caller.send("GET", f"/?{named}&{many}"), "400 InvalidParameter")


def test_a_body_over_the_limit(caller: AliyunCaller) -> None:
    named = "Action=CreateProduct&Version=2018-01-20&Format=JSON"
    head = (
        f"POST /?{named} HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\n"
        "content-length: 99999999\r\n\r\n"
    )
    host, port = caller.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"Code":"RequestTooLarge"' in answer


def test_a_query_over_the_limit(caller: AliyunCaller) -> None:
    named = "Action=CreateProduct&Version=2018-01-20&Format=JSON&Description="
    refused(caller.send("POST", f"/?{named}" + "x" * (8 << 20)), "413 RequestTooLarge")


def test_a_body_that_is_no_form_is_no_parameter(caller: AliyunCaller) -> None:
    reply = caller.v3(
        "CreateProduct", {"NodeType": 0}, headers={"content-type": "application/json"}
    )
    refused(reply, "400 MissingProductName")


# Who calls


def test_no_credentials(caller: AliyunCaller) -> None:
    named = (
        "/?Action=CreateProduct&Version=2018-01-20&Format=JSON&ProductName=Never_made&NodeType=0"
    )
    refused(caller.send("POST", named), "400 MissingAccessKeyId")


@pytest.mark.parametrize(
    "name",
    ["AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"],
)
def test_a_common_parameter_of_v1_is_missing(caller: AliyunCaller, name: str) -> None:
    refused(caller.v1("CreateProduct", MADE, common={name: None}), f"400 Missing{name}")
    refused(caller.v1("CreateProduct", MADE, common={name: ""}), f"400 Missing{name}")


def test_v1_without_a_signature(caller: AliyunCaller) -> None:
    refused(caller.v1("CreateProduct", {**MADE, "Signature": ""}), "400 MissingSignature")


def test_a_header_of_v3_is_missing(caller: AliyunCaller) -> None:
    no_date = caller.v3("CreateProduct", MADE, headers={"x-acs-date": None})
    refused(no_date, "400 MissingTimestamp")
    assert "x-acs-date" in no_date.said
    refused(
        caller.v3("CreateProduct", MADE, headers={"x-acs-signature-nonce": None}),
        "400 MissingSignatureNonce",
    )
    no_hash = caller.v3("CreateProduct", MADE, headers={"x-acs-content-sha256": None})
    refused(no_hash, "400 IncompleteSignature")


def test_an_unreadable_authorization(caller: AliyunCaller) -> None:
    names = {"x-acs-action": "CreateProduct", "x-acs-version": "2018-01-20"}
    for text in ("ACS3-HMAC-SHA256 nonsense", "ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 Credential=,"):
        reply = caller.send("POST", "/", {**names, "authorization": text})
        refused(reply, "400 IncompleteSignature")
    basic = caller.send("POST", "/?Format=JSON", {**names, "authorization": "Basic eDp5"})
    refused(basic, "400 IncompleteSignature")


def test_another_signature_algorithm(caller: AliyunCaller) -> None:
    reply = caller.v1("CreateProduct", MADE, common={"SignatureMethod": "HMAC-SHA256"})
    refused(reply, "400 InvalidSignatureMethod")
    assert "HMAC-SHA1" in reply.said
    reply = caller.v1("CreateProduct", MADE, common={"SignatureVersion": "2.0"})
    refused(reply, "400 InvalidSignatureVersion")


def test_another_format(caller: AliyunCaller) -> None:
    reply = caller.v1("CreateProduct", MADE, common={"Format": "YAML"})
    assert reply.xml.findtext("Code") == "InvalidParameter.Format"


def test_an_unknown_key(caller: AliyunCaller) -> None:
    for key in (str(uuid.uuid4()), "k" * 200, "ключ"):
        stranger = AliyunCaller(caller.address, key, "secret")
        refused(stranger.v1("CreateProduct", MADE), "404 InvalidAccessKeyId.NotFound")
    stranger = AliyunCaller(caller.address, "stranger", "secret")
    refused(stranger.v3("CreateProduct", MADE), "404 InvalidAccessKeyId.NotFound")


def test_a_wrong_secret(caller: AliyunCaller) -> None:
    forger = AliyunCaller(caller.address, caller.access_key, "wrong")
    reply = forger.v1("CreateProduct", MADE)
    refused(reply, "400 SignatureDoesNotMatch")
    # The older Python SDK splits the text at its colon.
    assert reply.said.split(":")[1].startswith("POST&%2F&AccessKeyId%3D")
    refused(forger.v3("CreateProduct", MADE), "400 SignatureDoesNotMatch")
    assert caller.secret.encode() not in reply.body


def test_a_long_request_is_not_sent_back_whole(caller: AliyunCaller) -> None:
    forger = AliyunCaller(caller.address, caller.access_key, "wrong")
    reply = forger.v1("CreateProduct", {**MADE, "Description": "x" * 500_000})
    refused(reply, "400 SignatureDoesNotMatch")
    assert ":" in reply.said
    assert len(reply.body) < 8192


def test_what_was_signed_cannot_be_changed(caller: AliyunCaller) -> None:
    signed = caller.common("QueryProductList") | {"CurrentPage": "1", "PageSize": "1"}
    signed["Signature"] = sign_v1("GET", signed, caller.secret)
    other = {**signed, "Action": "CreateProduct", **MADE}
    query = "&".join(f"{k}={quote(v, safe='')}" for k, v in other.items())
    refused(caller.send("GET", f"/?{query}"), "400 SignatureDoesNotMatch")
    # One SDK names the action in an unsigned header, too: it must not say something else.
    reply = caller.v1("QueryProductList", MADE, headers={"x-acs-action": "CreateProduct"})
    refused(reply, "400 IncompleteSignature")
    reply = caller.v3(
        "CreateProduct", MADE, headers={"content-type": FORM, "x-acs-content-sha256": "0" * 64}
    )
    refused(reply, "400 IncompleteSignature")
    reply = caller.v3("CreateProduct", MADE, unsigned={"x-acs-security-token": "x"})
    refused(reply, "400 InvalidSecurityToken.Malformed")


def test_a_header_sent_twice(caller: AliyunCaller) -> None:
    head = (
        "POST /?Format=JSON HTTP/1.1\r\nhost: a\r\nauthorization: ACS3-HMAC-SHA256 x\r\n"
        "authorization: ACS3-HMAC-SHA256 y\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    )
    host, port = caller.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400")
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert body["Code"] == "InvalidParameter"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_an_old_and_a_future_time(caller: AliyunCaller, minutes: int) -> None:
    when = stamp(datetime.now(UTC) + timedelta(minutes=minutes))
    refused(
        caller.v1("CreateProduct", MADE, common={"Timestamp": when}), "400 InvalidTimeStamp.Expired"
    )
    reply = caller.v3("CreateProduct", MADE, headers={"x-acs-date": when})
    refused(reply, "400 InvalidTimeStamp.Expired")


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_time_within_the_window(caller: AliyunCaller, minutes: int) -> None:
    when = stamp(datetime.now(UTC) + timedelta(minutes=minutes))
    assert caller.v1("ListThingTemplates", common={"Timestamp": when}).json["Success"] is True
    assert caller.v3("ListThingTemplates", headers={"x-acs-date": when}).json["Success"] is True


@pytest.mark.parametrize(
    "when",
    [
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-01-02 03:04:05",
        "2026-01-02T03:04:05+08:00",
        "9" * 99,
    ],
)
def test_a_time_that_cannot_be_read(caller: AliyunCaller, when: str) -> None:
    refused(
        caller.v1("CreateProduct", MADE, common={"Timestamp": when}), "400 InvalidTimeStamp.Format"
    )
    reply = caller.v3("CreateProduct", MADE, headers={"x-acs-date": when})
    refused(reply, "400 InvalidTimeStamp.Format")


@pytest.mark.parametrize("nonce", ["n" * 16, "n" * 1000])
def test_a_nonce_is_good_for_one_call(caller: AliyunCaller, nonce: str) -> None:
    def v1() -> Reply:
        return caller.v1("ListThingTemplates", common={"SignatureNonce": f"v1{nonce}"})

    def v3() -> Reply:
        return caller.v3("ListThingTemplates", headers={"x-acs-signature-nonce": f"v3{nonce}"})

    for call in (v1, v3):
        assert call().json["Success"] is True
        refused(call(), "400 SignatureNonceUsed")


def test_a_request_cannot_be_sent_again_to_a_server_that_was_killed_and_started_anew(
    fresh_server: Server,
) -> None:
    caller = tenant(fresh_server, "replay")
    once = {"SignatureNonce": uuid.uuid4().hex, "Timestamp": stamp()}
    assert caller.v1("ListThingTemplates", common=once).json["Success"] is True
    fresh_server.stop(signal.SIGKILL)
    fresh_server.start()
    caller.address = fresh_server.address
    refused(caller.v1("ListThingTemplates", common=once), "400 SignatureNonceUsed")


def test_a_forger_cannot_use_up_another_s_nonce(caller: AliyunCaller) -> None:
    nonce = {"SignatureNonce": uuid.uuid4().hex}
    forger = AliyunCaller(caller.address, caller.access_key, "wrong")
    refused(forger.v1("ListThingTemplates", common=nonce), "400 SignatureDoesNotMatch")
    assert caller.v1("ListThingTemplates", common=nonce).json["Success"] is True


def test_tokens_that_nobody_issued(caller: AliyunCaller) -> None:
    reply = caller.v1("CreateProduct", {**MADE, "SecurityToken": "CAIS"})
    refused(reply, "400 InvalidSecurityToken.Malformed")
    assert "access key" in reply.said
    bearer = {
        "x-acs-bearer-token": "t",
        "x-acs-action": "CreateProduct",
        "x-acs-version": "2018-01-20",
    }
    reply = caller.send("POST", "/?SignatureType=BEARERTOKEN&Format=JSON", bearer)
    refused(reply, "400 InvalidSecurityToken.Malformed")


# What a user may do


def test_a_user_without_the_permission(server: Server, caller: AliyunCaller) -> None:
    reader = sub_user(server, "aliyun-refusals", "reader", "product:read")
    for reply in (reader.v1("CreateProduct", MADE), reader.v3("CreateProduct", MADE)):
        refused(reply, "403 Forbidden.RAM")
        assert reply.json["AccessDeniedDetail"]["AuthAction"] == "iot:CreateProduct"
        assert reply.json["AccessDeniedDetail"]["AuthPrincipalDisplayName"] == "reader"
        assert "product:create" in reply.said
    assert reader.done("QueryProductList", CurrentPage=1, PageSize=1)["Success"]
    for action in ("UpdateProduct", "DeleteProduct", "ReleaseProduct", "CreateProductTags"):
        refused(reader.v3(action, {"ProductKey": "a1FlqIQ7xYz"}), "403 Forbidden.RAM")


def test_a_disabled_key_stops_within_a_second(server: Server, caller: AliyunCaller) -> None:
    user = sub_user(server, "aliyun-refusals", "leaver", "*")
    assert user.done("ListThingTemplates")["Success"]
    server.run("key", "disable", user.access_key)
    time.sleep(1.1)
    refused(user.v1("CreateProduct", MADE), "400 InvalidAccessKeyId.Inactive")
    refused(user.v3("CreateProduct", MADE), "400 InvalidAccessKeyId.Inactive")
    forger = AliyunCaller(caller.address, user.access_key, "wrong")
    refused(forger.v1("CreateProduct", MADE), "400 SignatureDoesNotMatch")
