"""ROMA's devices through huaweicloudsdkroma: their whole life, their credentials and gateways."""

from __future__ import annotations

from typing import Any

import huaweicloudsdkroma.v2 as sdk
import pytest
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ServerResponseException,
)

from tests.server import Server
from tests.vendors.huawei.roma.client import Roma, fresh, plain


@pytest.fixture(scope="module")
def roma(server: Server) -> Roma:
    return Roma(server)


def add(roma: Roma, of: Any, node: str = "", **changes: Any) -> Any:
    body = {
        "product": sdk.ProductReferer(product_id=of.id), "device_name": "温度计-1",
        "node_id": node or fresh("n"), "app_id": roma.app, **changes,
    }  # fmt: skip
    return roma("create_device", body=sdk.CreateDeviceRequestBody(**body))


def gone(roma: Roma, device: Any) -> None:
    with pytest.raises(ClientRequestException) as refused:
        roma("show_device", device_id=device.id)
    assert (refused.value.status_code, refused.value.error_code) == (404, "ROMA.00110006")
    assert str(device.id) in refused.value.error_msg


def test_a_device_s_whole_life(roma: Roma) -> None:
    product = roma.create(fresh("life"), product_type=0, protocol_type=2)
    made = add(roma, product, "life-1", description="first", tags=["roof", "a=b"])
    assert (made.status_code, made.id, made.device_name) == (201, made.device_id, "温度计-1")
    assert (made.node_id, made.description, made.tags) == ("life-1", "first", ["roof", "a=b"])
    assert (made.status, made.online_status) == (0, 0)
    assert (made.node_type, made.device_type) == (0, 0)
    assert made.authentication.password == "********"
    assert made.client_id.startswith(f"D{product.id}{made.id}")
    assert len(made.client_id) <= 32
    assert (made.app_id, made.app_name) == (roma.app, "DefaultApp")
    assert plain(made.product) == {
        "product_id": product.id, "product_name": product.name, "model": product.model,
        "manufacturer_id": product.manufacturer_id, "protocol_type": 2, "product_type": 0,
    }  # fmt: skip

    shown = plain(roma("show_device", device_id=made.id))
    assert {name: shown[name] for name in plain(made)} == plain(made)
    assert shown.pop("plugin_id") == 1
    assert not any(shown[name] for name in set(shown) - set(plain(made)))
    listed = plain(roma("list_devices", node_id="life-1").items[0])
    assert {name: listed[name] for name in plain(made)} == plain(made)

    change = sdk.UpdateDeviceRequestBody(device_name="renamed", status=1, tags=["a=b", "cellar"])
    changed = roma("update_device", device_id=made.id, body=change)
    assert (changed.device_name, changed.status, changed.description) == ("renamed", 1, "first")
    assert changed.tags == ["a=b", "cellar"]
    shown = plain(roma("show_device", device_id=made.id))
    assert {name: shown[name] for name in plain(changed)} == plain(changed)

    assert roma("list_devices_in_product", product_id=product.id).summary == 1
    with pytest.raises(ServerResponseException) as refused:
        roma("delete_product", product_id=product.id)
    assert refused.value.error_code == "ROMA.00110703"
    assert refused.value.error_msg == (
        f"The product named {product.name} contains devices."
        " Delete all devices under the product and try again."
    )
    assert roma("delete_device", device_id=made.id).status_code == 204
    gone(roma, made)
    assert roma("list_devices_in_product", product_id=product.id).summary == 0
    assert roma("delete_product", product_id=product.id).status_code == 204


def test_credentials_live_with_the_device(roma: Roma) -> None:
    product = roma.create(fresh("keys"))
    made = add(roma, product)
    first = roma("show_authentication", device_id=made.id)
    assert first.user_name == made.authentication.user_name
    assert len(first.user_name) == 32
    assert 8 <= len(first.password) <= 32
    assert plain(roma("show_authentication", device_id=made.id)) == plain(first)

    def reset(**fields: str) -> Any:
        body = sdk.ResetAuthenticationRequestBody(**fields)
        return roma("reset_authentication", device_id=made.id, body=body)

    renewed = reset()
    assert renewed.user_name == first.user_name
    assert renewed.password != first.password
    named = reset(user_name="device-user-1")
    assert (named.user_name, named.password) == ("device-user-1", renewed.password)
    both = reset(user_name="device-user-2", password="Secret-012345")
    assert (both.user_name, both.password) == ("device-user-2", "Secret-012345")
    assert plain(roma("show_authentication", device_id=made.id)) == plain(both)

    chosen = add(roma, product, user_name="chosen-user", password="Chosen-0123")
    assert chosen.authentication.password == "********"
    told = roma("show_authentication", device_id=chosen.id)
    assert plain(told) == {"user_name": "chosen-user", "password": "Chosen-0123"}


def test_a_product_is_named_by_its_maker_and_model(roma: Roma) -> None:
    product = roma.create(fresh("maker"), model="model 7")
    named = sdk.ProductReferer(manufacturer_id=product.manufacturer_id, model="model 7")
    assert add(roma, product, product=named).product.product_id == product.id
    with pytest.raises(ClientRequestException) as refused:
        add(roma, product, product=sdk.ProductReferer(manufacturer_id="nobody", model="none"))
    assert refused.value.error_code == "ROMA.00110006"


def test_gateways_live_with_their_subdevices(roma: Roma) -> None:
    home = roma.create(fresh("gateway"), product_type=1)
    meters = roma.create(fresh("meter"))
    gateway = add(roma, home, device_name="the-gateway")
    assert (gateway.node_type, gateway.device_type) == (1, 1)
    first = add(roma, meters, parent_device_id=gateway.id, device_name="first")
    assert (first.node_type, first.device_type) == (2, 2)
    loose = add(roma, meters, device_name="second")
    body = sdk.AddSubsetsToGatewayRequestBody(resources=[loose.id])
    added = roma("add_subsets_to_gateway", device_id=gateway.id, body=body)
    assert added.status_code == 201
    assert [(d.id, d.parent_device_id, d.device_name) for d in added.body] == [
        (loose.id, gateway.id, "second")
    ]
    shown = roma("show_device", device_id=loose.id)
    assert (shown.parent_device_id, shown.parent_device_name) == (gateway.id, "the-gateway")
    page = roma("list_subsets", device_id=gateway.id)
    assert (page.total, [d.id for d in page.items]) == (2, [loose.id, first.id])
    assert [
        d.id for d in roma("list_subsets", device_id=gateway.id, device_name="first").items
    ] == [first.id]
    assert roma("list_subsets", device_id=gateway.id, status=1, online_status=0).total == 0
    assert roma("list_subsets", device_id=gateway.id, limit=1, offset=1).size == 1

    with pytest.raises(ServerResponseException) as refused:
        roma("delete_device", device_id=gateway.id)
    assert refused.value.error_code == "ROMA.00111011"
    ids = [gateway.id, loose.id, first.id]
    body = sdk.BatchDeleteDevicesRequestBody(resources=ids)
    assert roma("batch_delete_devices", body=body).status_code == 204
    for device in (gateway, first, loose):
        gone(roma, device)


def test_devices_are_counted_by_sort(server: Server) -> None:
    server.run("tenant", "create", "counters")
    roma = Roma(server, "counters")
    home = roma.create(fresh("gateway"), product_type=1)
    meters = roma.create(fresh("meter"))
    gateway = add(roma, home)
    for parent in (None, None, gateway.id):
        add(roma, meters, parent_device_id=parent)
    found = roma("count_devices").devices
    none = {"online": 0, "offline": 0}
    assert plain(found.normal_devices) == {"never_connected": 2, **none}
    assert plain(found.gateway_devices) == {"never_connected": 1, **none}
    assert plain(found.subsets_devices) == {"never_connected": 1, **none}
