"""Alibaba's thing models through both of its Python SDKs: every action, from the first feature to a copy."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_iot20180120 import models as m
from alibabacloud_iot20180120.client import Client
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.client import AcsClient

from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, tenant
from tests.vendors.aliyun.test_formats import ARRAY_SAMPLE, STRUCT_SAMPLE

# The older SDK leaves its connections to the garbage collector, which must find them before the next test.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
CORPUS = Path(__file__).parents[2] / "corpus"
LIST = {"PropertyIdentifier", "ServiceIdentifier", "EventIdentifier"}


@pytest.fixture(autouse=True)
def left_connections() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(scope="module")
def account(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-models-sdk", rate_limits=False)


class Newer:
    """alibabacloud_iot20180120: answers are objects, told by the vendor's names."""

    word = "new"

    def __init__(self, account: AliyunCaller) -> None:
        self._client = Client(
            Config(
                access_key_id=account.access_key, access_key_secret=account.secret,
                region_id="cn-shanghai", endpoint=account.address, protocol="http",
            )
        )  # fmt: skip

    def ask(self, action: str, **given: Any) -> Any:
        request = getattr(m, f"{action}Request")().from_map(given)
        call = "".join(f"_{c.lower()}" if c.isupper() else c for c in action)[1:]
        return getattr(self._client, call)(request).body.to_map()


class Older:
    """aliyun-python-sdk-iot: answers are JSON."""

    word = "old"

    def __init__(self, account: AliyunCaller) -> None:
        self._address = account.address
        self._client = AcsClient(account.access_key, account.secret, "cn-shanghai")

    def ask(self, action: str, **given: Any) -> Any:
        module = import_module(f"aliyunsdkiot.request.v20180120.{action}Request")
        request = getattr(module, f"{action}Request")()
        for name, value in given.items():
            getattr(request, f"set_{name}{'s' if name in LIST else ''}")(value)
        request.set_endpoint(self._address)
        return json.loads(self._client.do_action_with_exception(request))


Sdk = Newer | Older


@pytest.fixture(params=[Newer, Older], ids=["newer", "older"])
def sdk(request: pytest.FixtureRequest, account: AliyunCaller) -> Sdk:
    made: Sdk = request.param(account)
    return made


def done(sdk: Sdk, action: str, **given: Any) -> Any:
    answer = sdk.ask(action, **given)
    assert answer["Success"] is True, answer
    return answer


def create(sdk: Sdk, name: str, **more: Any) -> str:
    given = {
        "ProductName": f"{name}_{sdk.word}", "NodeType": 0, "DataFormat": 1,
        "AliyunCommodityCode": "iothub_senior", **more,
    }  # fmt: skip
    key: str = done(sdk, "CreateProduct", **given)["ProductKey"]
    return key


def draft(sdk: Sdk, key: str, **given: Any) -> Any:
    answer = done(sdk, "QueryThingModel", ProductKey=key, **given)
    assert answer["ProductKey"] == key
    return json.loads(answer["Data"]["ThingModelJson"])


def tsl(sdk: Sdk, key: str, **given: Any) -> Any:
    return json.loads(done(sdk, "GetThingModelTsl", ProductKey=key, **given)["Data"]["TslStr"])


def ids(listed: list[Any]) -> list[str]:
    return [one["identifier"] for one in listed]


def test_features_are_added_changed_published_and_removed(sdk: Sdk) -> None:
    key = create(sdk, "Sample")
    sample = {"properties": [STRUCT_SAMPLE, ARRAY_SAMPLE], "services": [], "events": []}
    done(sdk, "CreateThingModel", ProductKey=key, ThingModelJson=json.dumps(sample))
    shown = draft(sdk, key)
    assert list(shown) == sorted(shown)
    assert "_ppk" not in shown
    expected = [
        {k: v for k, v in one.items() if k != "propertyId"} | {"productKey": key}
        for one in (STRUCT_SAMPLE, ARRAY_SAMPLE)
    ]
    assert shown["properties"] == expected

    better = {**ARRAY_SAMPLE, "identifier": "Humidity", "rwFlag": "READ_WRITE"}
    done(
        sdk, "UpdateThingModel", ProductKey=key, Identifier="airRH_SR",
        ThingModelJson=json.dumps({"properties": [better]}),
    )  # fmt: skip
    published = done(
        sdk, "PublishThingModel", ProductKey=key, ModelVersion="v1.0.0", Description="first"
    )
    assert published["Success"] is True
    done(
        sdk, "DeleteThingModel", ProductKey=key, PropertyIdentifier=["DEV_INFO", "nothing"],
        ServiceIdentifier=["nothing"],
    )  # fmt: skip
    assert ids(draft(sdk, key)["properties"]) == ["Humidity"]

    in_force = done(sdk, "QueryThingModelPublished", ProductKey=key)["Data"]["ThingModelJson"]
    model = json.loads(in_force)
    assert ids(model["properties"]) == ["DEV_INFO", "Humidity"]
    assert model["properties"][1]["rwFlag"] == "READ_WRITE"
    assert model["_ppk"] == {"version": "v1.0.0", "description": "first"}
    assert draft(sdk, key, ModelVersion="v1.0.0") == model
    listed = done(sdk, "ListThingModelVersion", ProductKey=key)["Data"]["ModelVersions"]
    assert [(v["ModelVersion"], v["Description"]) for v in listed] == [("v1.0.0", "first")]
    assert listed[0]["GmtCreate"] > 1_700_000_000_000


def test_a_tsl_text_is_imported_and_exported_with_what_the_platform_adds(sdk: Sdk) -> None:
    key = create(sdk, "Imported")
    text = (CORPUS / "tsl" / "thermo_hygrometer.json").read_text()
    sent = json.loads(text)
    done(sdk, "ImportThingModelTsl", ProductKey=key, TslStr=text)
    got = tsl(sdk, key)
    assert got["profile"] == {"productKey": key}
    assert got["properties"] == sent["properties"]
    assert ids(got["events"]) == ["post", "OverTemperature", "SensorFault"]
    assert ids(got["services"]) == ["set", "get", "Calibrate"]
    assert got["events"][1:] == sent["events"][1:]
    assert got["services"][2:] == sent["services"][2:]
    # It can be imported as it came out.
    done(sdk, "ImportThingModelTsl", ProductKey=key, TslStr=json.dumps(got))
    assert tsl(sdk, key) == got
    simple = tsl(sdk, key, Simple=True)
    assert simple["properties"][0] == {
        "identifier": "Temperature", "dataType": sent["properties"][0]["dataType"],
    }  # fmt: skip
    assert set(simple["services"][2]) == {"identifier", "inputData", "outputData"}
    assert simple["services"][1]["inputData"][0] == "Temperature"
    # Nothing is in force before it is published.
    refused = sdk.ask("GetThingModelTslPublished", ProductKey=key)
    assert refused["Success"] is False
    assert "PublishThingModel" in refused["ErrorMessage"]
    done(sdk, "PublishThingModel", ProductKey=key)
    in_force = done(sdk, "GetThingModelTslPublished", ProductKey=key)["Data"]
    assert json.loads(in_force["TslStr"]) == got
    assert in_force.get("TslUri") is None


def test_modules_are_made_named_filled_and_removed(sdk: Sdk) -> None:
    key = create(sdk, "Modules")
    one = json.dumps({"properties": [ARRAY_SAMPLE]})
    block = {"FunctionBlockId": "air", "FunctionBlockName": "Air_module"}
    done(sdk, "CreateThingModel", ProductKey=key, ThingModelJson=one, **block)
    module = (CORPUS / "tsl" / "battery_module.json").read_text()
    battery = {"FunctionBlockId": "battery", "FunctionBlockName": "Battery"}
    done(sdk, "ImportThingModelTsl", ProductKey=key, TslStr=module, **battery)
    listed = [
        {"functionBlockId": "air", "functionBlockName": "Air_module", "productKey": key},
        {"functionBlockId": "battery", "functionBlockName": "Battery", "productKey": key},
    ]
    assert (draft(sdk, key)["properties"], draft(sdk, key)["functionBlocks"]) == ([], listed)
    assert tsl(sdk, key)["functionBlocks"] == listed
    of_battery = tsl(sdk, key, FunctionBlockId="battery")
    assert of_battery["functionBlockName"] == "Battery"
    assert ids(of_battery["events"]) == ["post", "Low"]
    assert ids(draft(sdk, key, FunctionBlockId="battery")["properties"])[-1] == "ChargeLimit"

    renamed = {"FunctionBlockId": "battery", "FunctionBlockName": "Accumulator"}
    done(sdk, "UpdateThingModel", ProductKey=key, **renamed)
    done(
        sdk, "DeleteThingModel", ProductKey=key, FunctionBlockId="battery", EventIdentifier=["Low"],
        ServiceIdentifier=["Equalize"],
    )  # fmt: skip
    left = draft(sdk, key, FunctionBlockId="battery")
    assert (left["functionBlockName"], left["events"], left["services"]) == ("Accumulator", [], [])
    done(sdk, "DeleteThingModel", ProductKey=key, FunctionBlockId="air")
    assert [b["functionBlockId"] for b in draft(sdk, key)["functionBlocks"]] == ["battery"]
    done(sdk, "DeleteThingModel", ProductKey=key)
    assert draft(sdk, key) == {"events": [], "productKey": key, "properties": [], "services": []}


def test_a_category_s_model_is_published_with_the_product_unless_told_otherwise(sdk: Sdk) -> None:
    template = done(sdk, "GetThingTemplate", CategoryKey="SmartLock")["ThingModelJSON"]
    names = ids(json.loads(template)["properties"])
    key = create(sdk, "Published", CategoryKey="SmartLock")
    in_force = done(sdk, "QueryThingModelPublished", ProductKey=key)["Data"]["ThingModelJson"]
    assert ids(json.loads(in_force)["properties"]) == names
    [version] = done(sdk, "ListThingModelVersion", ProductKey=key)["Data"]["ModelVersions"]
    assert json.loads(in_force)["_ppk"] == {"version": version["ModelVersion"]}

    waiting = create(sdk, "Waiting", CategoryKey="SmartLock", PublishAuto=False)
    assert ids(draft(sdk, waiting)["properties"]) == names
    assert done(sdk, "ListThingModelVersion", ProductKey=waiting)["Data"].get("ModelVersions") == []
    assert sdk.ask("QueryThingModelPublished", ProductKey=waiting)["Success"] is False

    done(
        sdk, "CopyThingModel", SourceProductKey=key, TargetProductKey=waiting,
        SourceModelVersion=version["ModelVersion"],
    )  # fmt: skip
    done(sdk, "PublishThingModel", ProductKey=waiting, ModelVersion="copied")
    assert ids(draft(sdk, waiting, ModelVersion="copied")["properties"]) == names


def test_a_released_product_s_model_stays_as_it_is(sdk: Sdk) -> None:
    key = create(sdk, "Frozen", CategoryKey="Lighting")
    done(sdk, "ReleaseProduct", ProductKey=key)
    before = draft(sdk, key)
    feature = json.dumps({"properties": [ARRAY_SAMPLE]})
    version = before["productKey"] and done(sdk, "ListThingModelVersion", ProductKey=key)
    edits: dict[str, dict[str, Any]] = {
        "CreateThingModel": {"ThingModelJson": feature},
        "UpdateThingModel": {"ThingModelJson": feature, "Identifier": "LightSwitch"},
        "DeleteThingModel": {},
        "ImportThingModelTsl": {"TslStr": '{"properties":[]}'},
        "PublishThingModel": {},
    }
    for action, given in edits.items():
        refused = sdk.ask(action, ProductKey=key, **given)
        assert (refused["Success"], refused["Code"]) == (False, "iot.system.IllegalRequest")
        assert "CancelReleaseProduct" in refused["ErrorMessage"]
    name = version["Data"]["ModelVersions"][0]["ModelVersion"]
    copied = sdk.ask(
        "CopyThingModel", SourceProductKey=key, TargetProductKey=key, SourceModelVersion=name
    )
    assert copied["Code"] == "iot.system.IllegalRequest"
    assert draft(sdk, key) == before
    done(sdk, "CancelReleaseProduct", ProductKey=key)
    done(sdk, "CreateThingModel", ProductKey=key, ThingModelJson=feature)
    assert len(draft(sdk, key)["properties"]) == len(before["properties"]) + 1


def test_a_bad_model_is_refused_with_every_fault_and_its_place(sdk: Sdk) -> None:
    key = create(sdk, "Refused")
    bad = {
        "properties": [{**ARRAY_SAMPLE, "identifier": "time", "rwFlag": "rw"}],
        "events": [{"identifier": "E", "eventName": "E", "eventType": "info"}],
    }
    refused = sdk.ask("CreateThingModel", ProductKey=key, ThingModelJson=json.dumps(bad))
    assert (refused["Success"], refused["Code"]) == (
        False, "iot.common.InvalidFormattedParameter",
    )  # fmt: skip
    said = refused["ErrorMessage"]
    for place in ("properties[0].identifier", "properties[0].rwFlag", "events[0].eventType"):
        assert f"ThingModelJson: {place} must" in said
    assert draft(sdk, key)["properties"] == []
