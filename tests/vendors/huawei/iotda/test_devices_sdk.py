"""IoTDA's devices through huaweicloudsdkiotda: their whole life, secrets, gateways and tags."""

from __future__ import annotations

import uuid
from typing import Any

import huaweicloudsdkiotda.v5 as sdk
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException

from tests.server import Server
from tests.vendors.huawei.iotda.caller import new_tenant


class Fleet:
    """The SDK's client for a tenant of its own."""

    def __init__(self, server: Server, tenant: str) -> None:
        new_tenant(server, tenant)
        c = server.credentials(tenant)
        keys = BasicCredentials(c["access_key"], c["secret_key"], c["huawei"]["project_id"])
        builder = sdk.IoTDAClient.new_builder().with_credentials(keys)
        self.client = builder.with_endpoint(server.url).build()
        self.app: str = c["iotda"]["app_id"]

    def __call__(self, method: str, **fields: Any) -> Any:
        """What the SDK's method answers."""
        name = "".join(word.capitalize() for word in method.split("_")) + "Request"
        return getattr(self.client, method)(getattr(sdk, name)(**fields))

    def product(self) -> str:
        body = sdk.AddProduct(
            name="meters", device_type="Meter", protocol_type="MQTT", data_format="json",
            service_capabilities=[],
        )  # fmt: skip
        id: str = self("create_product", body=body).product_id
        return id

    def add(self, product: str, node: str, **members: Any) -> Any:
        body = sdk.AddDevice(product_id=product, node_id=node, **members)
        return self("add_device", body=body)

    def refused(self, method: str, **fields: Any) -> tuple[int, str]:
        with pytest.raises(ClientRequestException) as refused:
            self(method, **fields)
        assert refused.value.request_id
        return refused.value.status_code, refused.value.error_code


@pytest.fixture(scope="module")
def fleet(server: Server) -> Fleet:
    return Fleet(server, f"iotda-devices-{uuid.uuid4().hex[:8]}")


def plain(answer: Any) -> Any:
    """What the SDK understood."""
    if isinstance(answer, list):
        return [plain(item) for item in answer]
    names = getattr(answer, "openapi_types", None)
    return answer if names is None else {name: plain(getattr(answer, name)) for name in names}


def test_a_device_s_whole_life(fleet: Fleet) -> None:
    product = fleet.product()
    made = fleet.add(
        product, "life-1", device_name="电表 1".replace(" ", "-"), description="first",
        extension_info={"floor": 3}, app_id=fleet.app,
        auth_info=sdk.AuthInfo(auth_type="SECRET", secure_access=True, timeout=60),
    )  # fmt: skip
    assert (made.status_code, made.device_id) == (201, f"{product}_life-1")
    assert (made.gateway_id, made.node_type, made.status) == (made.device_id, "GATEWAY", "INACTIVE")
    assert (made.app_id, made.app_name) == (fleet.app, "DefaultApp")
    assert (made.product_id, made.product_name) == (product, "meters")
    assert (made.device_name, made.description) == ("电表-1", "first")
    assert (made.extension_info, made.tags) == ({"floor": 3}, [])
    auth = made.auth_info
    assert (auth.auth_type, auth.secure_access, auth.timeout) == ("SECRET", True, 60)
    assert len(auth.secret) == 32
    assert (made.active_time, made.connection_status_update_time) == (None, None)

    id = made.device_id
    assert plain(fleet("show_device", device_id=id)) == plain(made)
    page = fleet("list_devices", node_id="life-1")
    assert (page.page.count, len(page.page.marker)) == (1, 24)
    (listed,) = page.devices
    assert plain(listed) == {name: plain(made)[name] for name in plain(listed)}

    change = sdk.UpdateDevice(
        device_name="renamed", extension_info={"floor": 4},
        auth_info=sdk.AuthInfoWithoutSecret(timeout=0),
    )  # fmt: skip
    changed = fleet("update_device", device_id=id, body=change)
    assert (changed.device_name, changed.description) == ("renamed", "first")
    assert changed.extension_info == {"floor": 4}
    assert (changed.auth_info.timeout, changed.auth_info.secure_access) == (0, True)
    assert plain(fleet("show_device", device_id=id)) == plain(changed)

    assert fleet.refused("delete_product", product_id=product) == (403, "IOTDA.013007")
    assert fleet("delete_device", device_id=id).status_code == 204
    for method in ("show_device", "delete_device", "freeze_device"):
        assert fleet.refused(method, device_id=id) == (404, "IOTDA.014000")
    assert fleet("delete_product", product_id=product).status_code == 204


def test_secrets_live_with_the_device(fleet: Fleet) -> None:
    product = fleet.product()
    made = fleet.add(product, "secret", auth_info=sdk.AuthInfo(secret="12345678"))
    id = made.device_id
    assert made.auth_info.secret == "12345678"

    def reset(**members: Any) -> Any:
        return fleet("reset_device_secret", device_id=id, action_id="resetSecret",
                     body=sdk.ResetDeviceSecret(**members))  # fmt: skip

    new = reset(secret="3b935a250c50dc2c6d481d048cefdc3c", force_disconnect=True)
    assert plain(new) == {
        "device_id": id, "secret": "3b935a250c50dc2c6d481d048cefdc3c", "secret_type": "PRIMARY",
    }  # fmt: skip
    random = reset()
    assert len(random.secret) == 32
    spare = reset(secret="spare-secret", secret_type="SECONDARY")
    assert (spare.secret, spare.secret_type) == ("spare-secret", "SECONDARY")
    shown = fleet("show_device", device_id=id).auth_info
    assert (shown.secret, shown.secondary_secret) == (random.secret, "spare-secret")

    print_ = "dc0f1016f495157344ac5f1296335cff725ef22f"
    body = sdk.ResetFingerprint(fingerprint=print_)
    answer = fleet("reset_fingerprint", device_id=id, body=body)
    assert (answer.fingerprint, answer.fingerprint_type) == (print_, "PRIMARY")
    body = sdk.ResetFingerprint(fingerprint=print_[::-1], fingerprint_type="SECONDARY")
    fleet("reset_fingerprint", device_id=id, body=body)
    shown = fleet("show_device", device_id=id).auth_info
    assert (shown.auth_type, shown.secret) == ("CERTIFICATES", None)
    assert (shown.fingerprint, shown.secondary_fingerprint) == (print_, print_[::-1])
    cleared = fleet("reset_fingerprint", device_id=id, body=sdk.ResetFingerprint())
    assert cleared.fingerprint is None
    assert fleet("show_device", device_id=id).auth_info.fingerprint is None


def test_freezing_and_unfreezing_a_device_s_life(fleet: Fleet) -> None:
    made = fleet.add(fleet.product(), "frozen")
    id = made.device_id
    assert fleet.refused("unfreeze_device", device_id=id) == (403, "IOTDA.014040")
    assert fleet("freeze_device", device_id=id).status_code == 204
    assert fleet("show_device", device_id=id).status == "FROZEN"
    assert fleet.refused("freeze_device", device_id=id) == (403, "IOTDA.014039")
    assert fleet("unfreeze_device", device_id=id).status_code == 204
    assert fleet("show_device", device_id=id).status == "INACTIVE"
    below = fleet.add(made.product_id, "below", gateway_id=id)
    assert fleet.refused("freeze_device", device_id=below.device_id) == (403, "IOTDA.014038")


def test_gateways_live_with_two_levels_of_sub_devices(fleet: Fleet) -> None:
    product = fleet.product()
    top = fleet.add(product, "top").device_id
    middle = fleet.add(product, "middle", gateway_id=top)
    assert (middle.gateway_id, middle.node_type) == (top, "ENDPOINT")
    leaf = fleet.add(product, "leaf", gateway_id=middle.device_id)
    body = sdk.AddDevice(product_id=product, node_id="x", gateway_id=leaf.device_id)
    assert fleet.refused("add_device", body=body) == (400, "IOTDA.014025")

    def below(**query: Any) -> list[str]:
        page = fleet("list_devices", gateway_id=top, **query)
        assert page.page.count == len(page.devices)
        return [d.node_id for d in page.devices]

    assert below() == ["middle"]
    assert below(is_cascade_query=True) == ["leaf", "middle"]
    assert fleet.refused("delete_device", device_id=top) == (403, "IOTDA.014024")

    other = fleet.add(product, "other").device_id

    def move(device: str, gateway: str) -> Any:
        body = sdk.ChangeGateway(gateway_id=gateway)
        return {"device_id": device, "body": body}

    refused = ((top, other), (middle.device_id, other), (leaf.device_id, middle.device_id))
    for device, gateway in refused:
        assert fleet.refused("change_gateway", **move(device, gateway)) == (400, "IOTDA.000006")
    fleet("change_gateway", **move(leaf.device_id, other))
    assert below(is_cascade_query=True) == ["middle"]
    assert fleet("show_device", device_id=leaf.device_id).gateway_id == other
    for id in (middle.device_id, top, leaf.device_id, other):
        fleet("delete_device", device_id=id)


def test_tags_are_bound_unbound_and_searched(fleet: Fleet) -> None:
    product = fleet.product()
    one, two = (fleet.add(product, f"tagged-{n}").device_id for n in (1, 2))

    def bind(id: str, **tags: str) -> Any:
        listed = [sdk.TagV5DTO(tag_key=k, tag_value=v) for k, v in tags.items()]
        return sdk.BindTagsDTO(resource_type="device", resource_id=id, tags=listed)

    assert fleet("tag_device", body=bind(one, room="7", 层="三")).status_code == 200
    fleet("tag_device", body=bind(one, room="8"))
    fleet("tag_device", body=bind(two, room="8"))
    shown = fleet("show_device", device_id=one)
    assert plain(shown.tags) == [
        {"tag_key": "room", "tag_value": "8"}, {"tag_key": "层", "tag_value": "三"},
    ]  # fmt: skip
    assert plain(fleet("list_devices", node_id="tagged-1").devices[0].tags) == plain(shown.tags)

    def search(**query: Any) -> tuple[int, list[str], str]:
        tags = [sdk.TagV5DTO(tag_key="room", tag_value="8"), sdk.TagV5DTO("层", "三")]
        body = sdk.QueryResourceByTagsDTO(resource_type="device", tags=tags)
        found = fleet("list_resources_by_tags", body=body, **query)
        return found.page.count, [r.resource_id for r in found.resources], found.page.marker

    count, ids, marker = search(limit=1)
    assert (count, ids) == (2, [two])
    assert search(marker=marker)[1] == [one]

    def unbind(*keys: str) -> Any:
        return sdk.UnbindTagsDTO(resource_type="device", resource_id=one, tag_keys=list(keys))

    assert fleet.refused("untag_device", body=unbind("room", "none")) == (400, "IOTDA.004003")
    fleet("untag_device", body=unbind("room"))
    assert plain(fleet("show_device", device_id=one).tags) == [{"tag_key": "层", "tag_value": "三"}]
    many = bind(one, **{f"t{n}": "v" for n in range(10)})
    assert fleet.refused("tag_device", body=many) == (403, "IOTDA.004001")
