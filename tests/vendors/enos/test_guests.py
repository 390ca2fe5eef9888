"""Thing models between EnOS and IoTDA, each through its vendor's SDK: shown, changed and kept whole."""

from __future__ import annotations

from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkiotda.v5 import (
    AddProduct,
    CreateProductRequest,
    IoTDAClient,
    ListProductsRequest,
    ServiceCapability,
    ServiceCommand,
    ServiceCommandPara,
    ServiceProperty,
    ShowProductRequest,
    UpdateProduct,
    UpdateProductRequest,
)

from tests.server import Server
from tests.vendors.enos.caller import BODY, MODELS
from tests.vendors.enos.poseidon_caller import Call, caller
from tests.vendors.huawei.iotda.caller import Caller, new_tenant

TENANT = "enos-guests"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK obeys the proxies of the environment."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def roma(server: Server) -> Caller:
    return new_tenant(server, TENANT, "accept_unverifiable=enos")


@pytest.fixture
def enos(server: Server, roma: Caller) -> Call:
    return caller(server, server.credentials(TENANT))


@pytest.fixture
def iotda(server: Server, roma: Caller) -> Any:
    c = server.credentials(TENANT)
    basic = BasicCredentials(c["access_key"], c["secret_key"], c["huawei"]["project_id"])
    return IoTDAClient.new_builder().with_credentials(basic).with_endpoint(server.url).build()


def valve(name: str) -> AddProduct:
    para = ServiceCommandPara(para_name="percent", data_type="int", min="0", max="100")
    return AddProduct(
        name=name, device_type="Valve", protocol_type="MQTT", data_format="json",
        service_capabilities=[
            ServiceCapability(
                service_id="Valve", service_type="actuator", option="Master",
                properties=[
                    ServiceProperty(property_name="opening", data_type="int", min="0", max="100",
                                    step=0.5, unit="%", method="RWE", required=True),
                    ServiceProperty(property_name="mode", data_type="enum", method="RW",
                                    enum_list=["auto", "manual"], default_value="auto"),
                ],
                commands=[ServiceCommand(command_name="open", paras=[para])],
            )
        ],
    )  # fmt: skip


def named(enos: Call, name: str) -> dict[str, Any]:
    """The product of this name, as EnOS shows it."""
    [found] = enos("search", {"expression": f"productName.default like '{name}'"})["data"]
    product: dict[str, Any] = found
    return product


def in_iotda(iotda: Any, name: str) -> Any:
    """The product of this name, as IoTDA shows it."""
    [found] = iotda.list_products(ListProductsRequest(product_name=name)).products
    return iotda.show_product(ShowProductRequest(product_id=found.product_id))


def change(iotda: Any, product_id: str, *services: ServiceCapability) -> Any:
    body = UpdateProduct(service_capabilities=list(services))
    return iotda.update_product(UpdateProductRequest(product_id=product_id, body=body))


def test_a_product_made_elsewhere_has_its_model_under_its_key(enos: Call, iotda: Any) -> None:
    iotda.create_product(CreateProductRequest(body=valve("valve-shown")))
    product = named(enos, "valve-shown")
    key = product["productKey"]
    assert product["modelId"] == key
    shown = enos("get", path=MODELS, modelId=key, scope="0")["data"]
    assert (shown["modelId"], shown["modelIdPath"], shown["orgId"]) == (
        key,
        f"/{key}",
        product["orgId"],
    )
    assert shown["name"] == {"defaultValue": "valve-shown", "i18nValue": {}}
    assert shown["measurepoints"]["Valve.opening"] == {
        "identifier": "Valve.opening", "name": {"defaultValue": "opening", "i18nValue": {}}, "desc": "",
        "tags": {}, "dataType": "INT", "dataDefinition": None, "isRequired": True, "hasQuality": False,
        "unit": {"unitId": "%", "multiplier": "ONE"}, "signalType": "Generic",
    }  # fmt: skip
    assert shown["measurepoints"]["Valve.mode"]["dataType"] == "ENUM"
    assert [p["identifier"] for p in shown["services"]["Valve.open"]["inputData"]] == ["percent"]

    for words in (f"modelId = '{key}'", f"modelId in ('Nothing', '{key}')"):
        found = enos("search", {"expression": words}, path=MODELS, scope="0")
        assert (found["data"], found["pagination"]["totalSize"]) == ([shown], 1)
        assert [p["productKey"] for p in enos("search", {"expression": words})["data"]] == [key]
    assert (
        enos("search", {"expression": f"modelId = '{key}'"}, path=MODELS, scope="2")["data"] == []
    )
    # it is no model that others can be made of
    refused = enos("create", {**BODY, "modelId": key})
    assert (refused["code"], refused["msg"]) == (99500, "Query model failed")


def test_a_search_that_names_no_model_finds_that_of_every_product(enos: Call, iotda: Any) -> None:
    for name in ("valve-first", "valve-second"):
        iotda.create_product(CreateProductRequest(body=valve(name)))
    keys = [named(enos, name)["productKey"] for name in ("valve-first", "valve-second")]
    whole: list[Any] = enos("search", {}, path=MODELS, scope="0")["data"]
    ids = [model["modelId"] for model in whole]
    assert [id for id in ids if id in keys] == keys  # in the order in which they were made
    for model in whole:
        assert model == enos("get", path=MODELS, modelId=model["modelId"], scope="0")["data"]
    # page by page the same, and all public models before those of products
    public = [model["modelId"] for model in enos("search", {}, path=MODELS, scope="2")["data"]]
    assert not set(public) & set(ids)
    size = len(ids) + len(public)
    pages = [
        enos("search", {"pagination": {"pageNo": n, "pageSize": 1}}, path=MODELS)
        for n in range(1, size + 1)
    ]
    paged = [page["data"][0]["modelId"] for page in pages]
    assert [id for id in paged if id in ids] == ids
    assert [id for id in paged if id in public] == public
    assert paged.index(public[-1]) < paged.index(keys[0])
    assert {page["pagination"]["totalSize"] for page in pages} == {size}
    # by what they say, too: no product shows a modelId that no search finds
    found = enos("search", {"expression": "modelName.default like 'valve-second'"}, path=MODELS)
    assert [model["modelId"] for model in found["data"]] == keys[1:]
    assert {product["modelId"] for product in enos("search", {})["data"]} <= set(ids)


def test_what_enos_changes_of_it_is_seen_there_and_the_rest_is_as_it_was(
    enos: Call, iotda: Any
) -> None:
    made = iotda.create_product(CreateProductRequest(body=valve("valve-changed")))
    key = named(enos, "valve-changed")["productKey"]
    patch = {
        "modelId": key,
        "featuresToDelete": ["Valve.mode"],
        "measurepoints": {
            "Valve.flow": {"identifier": "Valve.flow", "dataType": "DOUBLE", "signalType": "AI"}
        },
    }
    assert enos("update", patch, path=MODELS)["data"] == key
    [service] = iotda.show_product(
        ShowProductRequest(product_id=made.product_id)
    ).service_capabilities
    opening, flow = service.properties
    # what EnOS has no words for
    assert (service.service_type, service.option) == ("actuator", "Master")
    assert opening.to_dict() == made.service_capabilities[0].properties[0].to_dict()
    assert service.commands[0].to_dict() == made.service_capabilities[0].commands[0].to_dict()
    assert (flow.property_name, flow.data_type, flow.method) == ("flow", "decimal", "R")
    point = enos("get", path=MODELS, modelId=key)["data"]["measurepoints"]["Valve.flow"]
    assert point == patch["measurepoints"]["Valve.flow"]

    whole = {"modelId": key, "name": {"defaultValue": "Plain"}}
    assert enos("update", whole, path=MODELS, isPatchUpdate="false")["data"] == key
    shown = iotda.show_product(ShowProductRequest(product_id=made.product_id))
    assert shown.service_capabilities == []


def test_a_change_that_leaves_no_whole_model_is_refused(enos: Call, iotda: Any) -> None:
    made = iotda.create_product(CreateProductRequest(body=valve("valve-refused")))
    key = named(enos, "valve-refused")["productKey"]
    patch = {"modelId": key, "measurepoints": {"x": {"identifier": "x", "dataType": "NUMBER"}}}
    refused = enos("update", patch, path=MODELS)
    assert refused["code"] == 99400
    assert "measurepoints.x.dataType must be one of ARRAY" in refused["msg"]
    shown = iotda.show_product(ShowProductRequest(product_id=made.product_id))
    assert shown.to_json_object() == made.to_json_object()


def test_a_product_of_a_public_model_shows_it_in_iotda(enos: Call, iotda: Any) -> None:
    enos(
        "create", {**BODY, "productName": {"defaultValue": "inverter-shown"}, "modelId": "Inverter"}
    )
    [service] = in_iotda(iotda, "inverter-shown").service_capabilities
    properties = {p.property_name: p for p in service.properties}
    power = properties["activePower"]
    assert (power.data_type, power.unit, power.description) == ("decimal", "kW", "Active power")
    assert properties["state"].enum_list == ["0", "1", "2", "3", "4"]
    assert properties["serialNumber"].max_length == 64
    assert {c.command_name for c in service.commands} >= {"start", "stop"}


def test_what_iotda_cannot_say_of_an_enos_model_is_still_shown_by_enos(
    enos: Call, iotda: Any
) -> None:
    key = enos(
        "create", {**BODY, "productName": {"defaultValue": "inverter-kept"}, "modelId": "Inverter"}
    )["data"]
    before = enos("get", path=MODELS, modelId="Inverter")["data"]
    product = in_iotda(iotda, "inverter-kept")
    [service] = product.service_capabilities
    service.properties = [
        *(p for p in service.properties if p.property_name != "state"),
        ServiceProperty(property_name="fan", data_type="int", required=False, method="RE", max="9"),
    ]
    [changed] = change(iotda, product.product_id, service).service_capabilities
    assert changed.to_dict() == service.to_dict()

    assert enos("get", productKey=key)["data"]["modelId"] == key
    after = enos("get", path=MODELS, modelId=key)["data"]
    points = {k: v for k, v in before["measurepoints"].items() if k != "state"}
    fan = after["measurepoints"].pop("fan")
    assert fan["dataType"] == "INT"
    assert after == {**before, "modelId": key, "modelIdPath": after["modelIdPath"], "orgId": after["orgId"],
                     "measurepoints": points}  # fmt: skip
    # the public model is as it was, and other products are of it still
    assert enos("get", path=MODELS, modelId="Inverter")["data"] == before


def test_a_change_of_an_own_model_is_seen_by_iotda(
    server: Server, enos: Call, iotda: Any, tmp_path: Any
) -> None:
    file = tmp_path / "kiln.json"
    file.write_text('{"modelId":"Kiln.guest","name":{"defaultValue":"Kiln"},"measurepoints":{}}')
    server.run("model", "import", str(file), "--tenant", TENANT)
    enos("create", {**BODY, "productName": {"defaultValue": "kiln"}, "modelId": "Kiln.guest"})
    assert in_iotda(iotda, "kiln").service_capabilities == []
    heat = {
        "identifier": "heat",
        "dataType": "FLOAT",
        "unit": {"unitId": "°C", "multiplier": "ONE"},
    }
    enos("update", {"modelId": "Kiln.guest", "measurepoints": {"heat": heat}}, path=MODELS)
    [service] = in_iotda(iotda, "kiln").service_capabilities
    assert [(p.property_name, p.data_type, p.unit) for p in service.properties] == [
        ("heat", "decimal", "°C")
    ]


def test_a_product_without_a_model_has_no_model_id(
    roma: Caller, server: Server, enos: Call
) -> None:
    app = server.credentials(TENANT)["roma"]["app_id"]
    body = {"app_id": app, "name": "bare", "manufacturer_id": "1", "manufacturer_name": "m",
            "model": "m1", "product_type": 0, "protocol_type": 0}  # fmt: skip
    path = f"/v2/{roma.project}/link/instances/default/products"
    assert roma.send("POST", path, body).status == 201
    product = named(enos, "bare")
    assert product["modelId"] is None
    gone = enos("get", path=MODELS, modelId=product["productKey"])
    assert (gone["code"], gone["msg"]) == (99404, f"Not found: model {product['productKey']}")
