"""ROMA through huaweicloudsdkroma: the whole life of products and of what belongs to them."""

from __future__ import annotations

import csv
import io
import json
import uuid
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import huaweicloudsdkroma.v2 as sdk
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ServerResponseException,
)
from huaweicloudsdkcore.http.formdata import FormFile

from tests.server import Server
from tests.vendors.huawei.roma.client import Roma, fresh, plain


@pytest.fixture(scope="module")
def roma(server: Server) -> Roma:
    return Roma(server)


def test_a_product_s_whole_life(roma: Roma) -> None:
    name = fresh("life")
    made = roma.create(name, description="first", product_type=1, protocol_type=4, version="v1")
    assert (made.status_code, made.name, made.description) == (201, name, "first")
    assert (made.product_type, made.protocol_type, made.version) == (1, 4, "v1")
    assert made.authentication.password == "********"

    shown = roma("show_product", product_id=made.id)
    assert plain(shown) == plain(made)

    listed = roma("list_products", name=name)
    assert (listed.total, listed.size) == (1, 1)
    assert plain(listed.items[0]) == plain(made)

    body = sdk.UpdateProductRequestBody(
        name=name + "b", manufacturer_id="10002", manufacturer_name="Other",
        model=" model 2 ", device_type="Meter", description="second", version="v2",
    )  # fmt: skip
    changed = roma("update_product", product_id=made.id, body=body)
    shown = roma("show_product", product_id=made.id)
    assert (changed.name, changed.model, changed.device_type) == (name + "b", "model 2", "Meter")
    assert "authentication" not in changed.to_json_object()
    assert (shown.manufacturer_name, shown.version) == ("Other", "v2")
    assert (shown.product_type, shown.protocol_type) == (1, 4)
    assert roma("list_products", name=name).total == 0
    roma.create(name)  # the old name is free again

    assert roma("list_devices_in_product", product_id=made.id).summary == 0
    assert roma("delete_product", product_id=made.id).status_code == 204
    with pytest.raises(ClientRequestException) as refused:
        roma("show_product", product_id=made.id)
    assert refused.value.error_code == "ROMA.00110006"
    assert str(made.id) in refused.value.error_msg
    assert refused.value.request_id


def test_what_an_update_leaves_out_stays(roma: Roma) -> None:
    made = roma.create(fresh("keep"), description="kept", device_type="Meter", version="v1")
    body = sdk.UpdateProductRequestBody(
        name=made.name, manufacturer_id=made.manufacturer_id, manufacturer_name="New",
        model=made.model,
    )  # fmt: skip
    changed = roma("update_product", product_id=made.id, body=body)
    assert (changed.description, changed.device_type, changed.version) == ("kept", "Meter", "v1")


def test_credentials_are_readable_and_can_be_reset(roma: Roma) -> None:
    made = roma.create(fresh("auth"))
    first = roma("show_product_authentication", product_id=made.id)
    assert first.user_name == made.authentication.user_name
    assert len(first.password) == 20

    reset = sdk.ResetProductAuthenticationRequestBody
    chosen = roma(
        "reset_product_authentication", product_id=made.id,
        body=reset(user_name="my-user-01", password="Abcdef1!"),
    )  # fmt: skip
    assert (chosen.user_name, chosen.password) == ("my-user-01", "Abcdef1!")
    shown = roma("show_product_authentication", product_id=made.id)
    assert (shown.user_name, shown.password) == ("my-user-01", "Abcdef1!")
    product = roma("show_product", product_id=made.id)
    assert product.authentication.user_name == "my-user-01"
    assert product.authentication.password == "********"

    again = roma("reset_product_authentication", product_id=made.id, body=reset())
    assert again.user_name == "my-user-01"
    assert again.password not in ("Abcdef1!", first.password)
    renamed = roma(
        "reset_product_authentication", product_id=made.id, body=reset(user_name="my-user-02")
    )
    assert (renamed.user_name, renamed.password) == ("my-user-02", again.password)


def test_topics_of_a_product(roma: Roma) -> None:
    product = roma.create(fresh("topics"))
    write = sdk.CreateProductTopicRequestBody
    made = [
        roma(
            "create_product_topic", product_id=product.id,
            body=write(permission=i % 2, name=f"t{i}", version="3.0", description="d"),
        )
        for i in range(3)
    ]  # fmt: skip
    assert plain(made[0]) == {
        "product_id": product.id, "topic_id": made[0].topic_id, "permission": 0,
        "topic_name": "/3.0/${deviceId}/t0", "version": "3.0", "description": "d",
    }  # fmt: skip
    assert made[0].to_json_object()["topic_id"] == made[0].topic_id  # a text
    page = roma("list_product_topics", product_id=product.id, limit=2)
    assert (page.total, page.size) == (3, 2)
    assert [item.topic_id for item in page.items] == [made[2].topic_id, made[1].topic_id]

    changed = roma(
        "update_product_topic", product_id=product.id, topic_id=made[0].topic_id,
        body=sdk.UpdateProductTopicRequestBody(permission=1, name="t9", version="3.1"),
    )  # fmt: skip
    assert (changed.permission, changed.topic_name) == (1, "/3.1/${deviceId}/t9")
    with pytest.raises(ServerResponseException) as refused:
        roma(
            "create_product_topic", product_id=product.id,
            body=write(permission=0, name="t9", version="3.1"),
        )  # fmt: skip
    assert refused.value.error_code == "ROMA.00110705"
    assert refused.value.error_msg.endswith("Name: /3.1/${deviceId}/t9")

    roma("delete_product_topic", product_id=product.id, topic_id=made[1].topic_id)
    assert roma("list_product_topics", product_id=product.id).total == 2
    other = roma.create(fresh("topics"))
    with pytest.raises(ClientRequestException) as refused:
        roma("delete_product_topic", product_id=other.id, topic_id=made[2].topic_id)
    assert refused.value.error_code == "ROMA.00110006"
    assert roma("delete_product", product_id=product.id).status_code == 204


def test_templates_and_the_products_made_from_them(roma: Roma) -> None:
    name = fresh("模板")
    made = roma(
        "create_product_template",
        body=sdk.CreateProductTemplateRequestBody(name=name, status=0, description="d"),
    )
    assert (made.status_code, made.name, made.status, made.description) == (201, name, 0, "d")
    with pytest.raises(ServerResponseException) as refused:
        roma(
            "create_product_template",
            body=sdk.CreateProductTemplateRequestBody(name=name, status=0),
        )
    assert refused.value.error_code == "ROMA.00110801"
    shown = roma("show_product_template", product_template_id=made.id)
    assert plain(shown) == plain(made)
    changed = roma(
        "update_product_template", product_template_id=made.id,
        body=sdk.UpdateProductTemplateRequestBody(name=name + "b", status=1),
    )  # fmt: skip
    assert (changed.name, changed.status, changed.description) == (name + "b", 1, "d")
    listed = roma("list_product_templates", name=name + "b", status=1, id=made.id)
    assert (listed.total, plain(listed.items[0])) == (1, plain(changed))
    assert roma("list_product_templates", id=made.id, status=0).total == 0

    product = roma.create(fresh("made"), template_id=made.id)
    assert product.to_json_object()["template_name"] == name + "b"
    with pytest.raises(ServerResponseException) as refused:
        roma("delete_product_template", product_template_id=made.id)
    assert refused.value.error_code == "ROMA.00110803"
    assert name + "b" in refused.value.error_msg
    roma("delete_product", product_id=product.id)
    assert roma("delete_product_template", product_template_id=made.id).status_code == 204
    with pytest.raises(ClientRequestException):
        roma("show_product_template", product_template_id=made.id)


def test_what_is_exported_can_be_imported(server: Server, tmp_path: Path) -> None:
    server.run("tenant", "create", "roma-transfer")
    roma = Roma(server, "roma-transfer")
    made = [
        roma.create(
            fresh("名称"), description='a "b",\nc', protocol_type=code, product_type=code % 2,
            version="v1", data_format=1,
        )
        for code in (0, 2, 5)
    ]  # fmt: skip
    download = roma("download_products", product_ids=[made[2].id, made[0].id])
    file = b"".join(_content(download))
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))
    assert {row["name"] for row in rows} == {made[0].name, made[2].name}
    whole = b"".join(_content(roma("download_products")))
    path = tmp_path / "产品.csv"
    path.write_bytes(whole)

    refused = _upload(roma, path)
    assert (refused.succ_num, refused.fail_num) == (0, 3)
    assert sorted(refused.fail_objects_ids) == sorted(product.name for product in made)

    for product in made:
        roma("delete_product", product_id=product.id)
    taken = _upload(roma, path)
    assert (taken.succ_num, taken.fail_num, taken.fail_objects_ids) == (3, 0, [])
    for before in made:
        after = roma("list_products", name=before.name).items[0]
        same = ("description", "protocol_type", "product_type", "version", "data_format", "app_id")
        assert [getattr(after, n) for n in same] == [getattr(before, n) for n in same]


def _content(download: Any) -> list[bytes]:
    kept: list[bytes] = []
    download.consume_download_stream(lambda reply: kept.append(reply.content))
    return kept


def _upload(roma: Roma, path: Path) -> Any:
    with path.open("rb") as file:
        body = sdk.UploadProductRequestBody(file=FormFile(file, content_type="text/csv"))
        return roma("upload_product", body=body)


def test_applications_hold_products(server: Server) -> None:
    server.run("tenant", "create", "roma-apps")
    roma = Roma(server, "roma-apps")
    made = roma(
        "create_roma_app",
        body=sdk.CreateAppReq(name="应用 (1)", remark="r", key="my-key-0001", favorite=True),
    )
    assert (made.status_code, made.name, made.remark, made.key) == (
        201, "应用 (1)", "r", "my-key-0001",
    )  # fmt: skip
    assert made.roles == ["read", "access", "delete", "modify", "admin"]
    assert (made.owner, made.favorite) == (True, True)
    assert uuid.UUID(made.id)
    shown = roma("check_roma_app_details", app_id=made.id)
    assert plain(shown) == plain(made)
    listed = roma("list_roma_app")
    assert [app.name for app in listed.apps] == ["DefaultApp", "应用 (1)"]
    assert roma("list_roma_app", name="用", favorite=True).total == 1
    assert roma("list_roma_app", favorite=False).apps[0].id == roma.app

    secret = roma("check_roma_app_secret", app_id=made.id).secret
    reset = roma("reset_roma_app_secret", app_id=made.id, body=sdk.UpdateAppSecretReq())
    assert reset.secret != secret
    assert roma("check_roma_app_secret", app_id=made.id).secret == reset.secret

    product = roma.create(fresh("in-app"), app_id=made.id)
    assert (product.app_id, product.app_name) == (made.id, "应用 (1)")
    assert roma("list_products", app_id=made.id).items[0].id == product.id
    assert roma("list_products", app_id=roma.app).total == 0
    changed = roma("update_roma_app", app_id=made.id, body=sdk.UpdateAppReq(name="renamed"))
    assert (changed.name, changed.remark, changed.key) == ("renamed", "r", "my-key-0001")
    assert roma("show_product", product_id=product.id).app_name == "renamed"
    assert roma("list_products", app_name="renamed").total == 1
    assert roma("list_products", app_name="应用 (1)").total == 0

    for app in (made.id, roma.app):
        with pytest.raises(ClientRequestException) as refused:
            roma("delete_roma_app", app_id=app)
        assert (refused.value.status_code, refused.value.error_code) == (403, "ROMA.00000101")
    for name in ("renamed", "DefaultApp"):
        with pytest.raises(ClientRequestException) as refused:
            roma("create_roma_app", body=sdk.CreateAppReq(name=name))
        assert (refused.value.status_code, refused.value.error_code) == (403, "ROMA.00000101")
    roma("delete_product", product_id=product.id)
    assert roma("delete_roma_app", app_id=made.id).status_code == 204
    with pytest.raises(ClientRequestException) as gone:
        roma("check_roma_app_details", app_id=made.id)
    assert (gone.value.status_code, gone.value.error_code) == (403, "ROMA.00000101")


def test_counts_tell_plain_products_from_gateways(server: Server) -> None:
    server.run("tenant", "create", "roma-counts")
    roma = Roma(server, "roma-counts")
    roma.create("plain-1")
    roma.create("plain-2")
    roma.create("gateway", product_type=1)
    roma(
        "create_product_template",
        body=sdk.CreateProductTemplateRequestBody(name="template", status=0),
    )
    counts = roma("count_devices")
    assert counts.products.normal_products_numbers == 2
    assert counts.products.gateway_products_numbers == 1
    assert counts.product_templates.product_templates_numbers == 1
    assert counts.devices.normal_devices.never_connected == 0


def test_a_token_is_believed_whatever_the_signature(server: Server, roma: Roma) -> None:
    login = {
        "methods": ["password"],
        "password": {
            "user": {
                "domain": {"name": server.credentials()["huawei"]["domain_name"]},
                "name": server.credentials()["huawei"]["user_name"],
                "password": server.credentials()["huawei"]["password"],
            }
        },
    }
    token = _token(server, {"auth": {"identity": login}})
    c = server.credentials()
    dummy = (
        sdk.RomaClient.new_builder()
        .with_credentials(BasicCredentials("any", "thing", c["huawei"]["project_id"]))
        .with_endpoint(server.url)
        .build()
    )
    made = roma.create(fresh("token"))
    request = sdk.ShowProductRequest(instance_id=c["roma"]["instance_id"], product_id=made.id)
    shown = dummy.show_product_invoker(request).add_header("X-Auth-Token", token).invoke()
    assert plain(shown) == plain(made)
    with pytest.raises(ClientRequestException) as refused:
        dummy.show_product(request)
    assert (refused.value.status_code, refused.value.error_code) == (401, "APIGW.0301")


def _token(server: Server, body: dict[str, Any]) -> str:
    request = Request(
        server.url + "/v3/auth/tokens",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urlopen(request, timeout=20) as reply:
        token: str = reply.headers["X-Subject-Token"]
    return token
