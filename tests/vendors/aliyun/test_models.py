"""Alibaba's thing model actions rule by rule: limits, refusals, versions; and models that IoTDA wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, Reply, tenant
from tests.vendors.huawei.iotda.caller import Caller, caller_of, property, service

FORMATTED = "200 iot.common.InvalidFormattedParameter"
TOO_MANY = FORMATTED
SENIOR = {"AliyunCommodityCode": "iothub_senior"}
GUESTS = "aliyun-model-guests"


@pytest.fixture(scope="module")
def caller(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-models", rate_limits=False)


def create(caller: AliyunCaller, name: str, **more: object) -> str:
    given = {"ProductName": name, "NodeType": 0, **SENIOR, **more}
    key: str = caller.done("CreateProduct", **given)["ProductKey"]
    return key


def prop(id: str, **more: Any) -> dict[str, Any]:
    specs = {"dataType": "INT", "min": "0", "max": "9", "step": "1"}
    return {
        "identifier": id, "name": id, "rwFlag": "READ_ONLY", "dataType": "INT", "dataSpecs": specs,
        **more,
    }  # fmt: skip


def features(*ids: str, **lists: list[Any]) -> str:
    return json.dumps({"properties": [prop(id) for id in ids], **lists})


def ask(caller: AliyunCaller, action: str, key: str, **given: object) -> Reply:
    return caller.v3(action, {"ProductKey": key, **given})


def add(caller: AliyunCaller, key: str, *ids: str, **given: object) -> Reply:
    return ask(caller, "CreateThingModel", key, ThingModelJson=features(*ids), **given)


def shown(caller: AliyunCaller, key: str, action: str = "QueryThingModel", **given: object) -> Any:
    answer = caller.done(action, ProductKey=key, **given)
    return json.loads(answer["Data"]["ThingModelJson"])


def names(caller: AliyunCaller, key: str, *given: str, **more: Any) -> list[str]:
    return [p["identifier"] for p in shown(caller, key, *given, **more)["properties"]]


# Limits and refusals


def test_a_call_adds_one_to_ten_features(caller: AliyunCaller) -> None:
    key = create(caller, "Ten_features")
    assert add(caller, key, *(f"p{n}" for n in range(10))).json["Success"] is True
    assert add(caller, key, *(f"q{n}" for n in range(11))).code == TOO_MANY
    assert add(caller, key).code == FORMATTED
    own = {"identifier": "post", "eventName": "post", "custom": False}
    assert ask(
        caller, "CreateThingModel", key, ThingModelJson=features(events=[own])
    ).code == FORMATTED  # fmt: skip
    assert len(names(caller, key)) == 10
    event = {"identifier": "p0", "eventName": "Event", "eventType": "INFO_EVENT_TYPE"}
    twice = ask(caller, "CreateThingModel", key, ThingModelJson=features(events=[event]))
    assert twice.code == "200 iot.prod.BatchCreateThingModelFailed"
    assert "UpdateThingModel" in twice.said


def test_only_one_feature_that_is_there_is_changed(caller: AliyunCaller) -> None:
    key = create(caller, "One_feature")
    add(caller, key, "a", "b")

    def update(text: str, **given: object) -> str:
        return ask(caller, "UpdateThingModel", key, ThingModelJson=text, **given).code

    assert update(features("a", "b")) == TOO_MANY
    assert update(features("c")) == "200 iot.prod.QueryProductAbilityFailed"
    taken = update(features("b"), Identifier="a")  # b is there already
    assert taken == "200 iot.prod.BatchCreateThingModelFailed"
    assert update(features("c"), Identifier="a") == "200 None"
    assert update(features("c"), Identifier="b", FunctionBlockId="none") == (
        "200 iot.prod.QueryProductAbilityFailed"
    )
    event = {"identifier": "b", "eventName": "Event", "eventType": "INFO_EVENT_TYPE"}
    assert update(json.dumps({"events": [event]})) == "200 iot.prod.QueryProductAbilityFailed"
    assert ask(caller, "UpdateThingModel", key).code == "400 MissingThingModelJson"
    assert names(caller, key) == ["c", "b"]


def test_a_module_has_three_hundred_features_and_a_model_twenty_modules(
    caller: AliyunCaller,
) -> None:
    key = create(caller, "Full")
    entry = {
        "name": "P", "accessMode": "r", "dataType": {"type": "bool", "specs": {"0": "a", "1": "b"}}
    }  # fmt: skip
    many = [{**entry, "identifier": f"p{n}"} for n in range(301)]
    over = ask(caller, "ImportThingModelTsl", key, TslStr=json.dumps({"properties": many}))
    assert over.code == TOO_MANY
    assert "300" in over.said
    full = json.dumps({"properties": many[:300]})
    assert ask(caller, "ImportThingModelTsl", key, TslStr=full).json["Success"] is True
    assert add(caller, key, "one_more").code == TOO_MANY
    for n in range(20):
        block = {"FunctionBlockId": f"b{n}", "FunctionBlockName": f"Block_{n}"}
        assert add(caller, key, "p", **block).json["Success"] is True
    block = {"FunctionBlockId": "b20", "FunctionBlockName": "Block_20"}
    assert add(caller, key, "p", **block).code == TOO_MANY
    assert len(shown(caller, key)["functionBlocks"]) == 20


def test_a_new_module_needs_an_identifier_and_a_name(caller: AliyunCaller) -> None:
    key = create(caller, "New_modules")
    assert add(caller, key, "p", FunctionBlockId="b").code == "400 MissingFunctionBlockName"
    assert add(caller, key, "p", FunctionBlockName="Name").code == "400 MissingFunctionBlockId"
    bad = {"FunctionBlockId": "b-1", "FunctionBlockName": "Name"}
    assert add(caller, key, "p", **bad).code == FORMATTED
    short = {"FunctionBlockId": "b", "FunctionBlockName": "abc"}
    assert add(caller, key, "p", **short).code == FORMATTED
    default = {"FunctionBlockId": "default", "FunctionBlockName": "Default"}
    assert add(caller, key, "p", **default).code == FORMATTED
    assert ask(caller, "CreateThingModel", key).code == "400 MissingThingModelJson"
    # A module may be made before its features, and is there by its identifier alone from then on.
    made = {"FunctionBlockId": "b", "FunctionBlockName": "灯控模块"}
    assert ask(caller, "CreateThingModel", key, **made).json["Success"] is True
    assert add(caller, key, "p", FunctionBlockId="b").json["Success"] is True
    assert names(caller, key, FunctionBlockId="b") == ["p"]
    assert names(caller, key, FunctionBlockId="default") == []
    lost = ask(caller, "QueryThingModel", key, FunctionBlockId="c")
    assert lost.code == "200 iot.prod.QueryProductAbilityFailed"
    assert ask(caller, "DeleteThingModel", key, FunctionBlockId="c").code == (
        "200 iot.prod.QueryProductAbilityFailed"
    )


def test_a_text_that_is_no_model_is_refused(caller: AliyunCaller) -> None:
    key = create(caller, "No_model")
    for text in ("{", "[]", "7", '{"properties":7}', '{"a":1,"a":2}', '{"properties":[7]}'):
        for action, name in (
            ("CreateThingModel", "ThingModelJson"), ("ImportThingModelTsl", "TslStr"),
        ):  # fmt: skip
            reply = ask(caller, action, key, **{name: text})
            assert reply.code == FORMATTED, (action, text)
            assert reply.said.startswith(name)
    deep = '{"properties":' + "[" * 100_000
    assert ask(caller, "ImportThingModelTsl", key, TslStr=deep).code == FORMATTED
    assert ask(caller, "ImportThingModelTsl", key).code == "400 MissingTslStr"
    only_url = ask(caller, "ImportThingModelTsl", key, TslUrl="https://example.com/tsl.json")
    assert only_url.code == "400 MissingTslStr"


def test_the_basic_edition_has_no_model(caller: AliyunCaller) -> None:
    key = create(caller, "Basic_one", AliyunCommodityCode="iothub")
    senior = create(caller, "Senior_one", CategoryKey="Lighting")
    [version] = caller.done("ListThingModelVersion", ProductKey=senior)["Data"]["ModelVersions"]
    given: dict[str, dict[str, object]] = {
        "CreateThingModel": {"ThingModelJson": features("p")},
        "UpdateThingModel": {"ThingModelJson": features("p")},
        "DeleteThingModel": {},
        "ImportThingModelTsl": {"TslStr": '{"properties":[]}'},
        "PublishThingModel": {}, "QueryThingModel": {}, "QueryThingModelPublished": {},
        "GetThingModelTsl": {}, "GetThingModelTslPublished": {}, "ListThingModelVersion": {},
    }  # fmt: skip
    for action, more in given.items():
        assert ask(caller, action, key, **more).code == "200 iot.prod.NotSeniorProduct"
    copied = caller.v3(
        "CopyThingModel",
        {
            "SourceProductKey": senior, "TargetProductKey": key,
            "SourceModelVersion": version["ModelVersion"],
        },
    )  # fmt: skip
    assert copied.code == "200 iot.prod.NotSeniorProduct"
    lost = "a1" + "Z" * 9
    assert ask(caller, "QueryThingModel", lost).code == "200 iot.prod.NotExistedProduct"


# Versions and copies


def versions(caller: AliyunCaller, key: str) -> list[str]:
    found = caller.done("ListThingModelVersion", ProductKey=key)["Data"]["ModelVersions"]
    return [v["ModelVersion"] for v in found]


def test_the_last_ten_versions_stay(caller: AliyunCaller) -> None:
    key = create(caller, "Versions")
    for n in range(12):
        add(caller, key, f"p{n}")
        caller.done("PublishThingModel", ProductKey=key, ModelVersion=f"v{n}")
    assert versions(caller, key) == [f"v{n}" for n in range(11, 1, -1)]
    assert len(names(caller, key, ModelVersion="v5")) == 6
    gone = ask(caller, "QueryThingModel", key, ModelVersion="v1")
    assert gone.code == "200 iot.tsl.ThingModelNotFound"
    assert "ListThingModelVersion" in gone.said
    assert ask(caller, "PublishThingModel", key, ModelVersion="v5").code == FORMATTED
    assert ask(caller, "PublishThingModel", key, ModelVersion="v1").json["Success"] is True
    for bad in ("v-1", "v" * 17, "灯"):
        assert ask(caller, "PublishThingModel", key, ModelVersion=bad).code == FORMATTED


def test_a_version_without_a_name_gets_one(caller: AliyunCaller) -> None:
    key = create(caller, "Nameless")
    for _ in range(3):
        caller.done("PublishThingModel", ProductKey=key)  # an empty model, too
    made = versions(caller, key)
    assert made == sorted(made, reverse=True)
    assert len(set(made)) == 3
    assert all(name.isdigit() and len(name) <= 16 for name in made)


def test_drafts_are_in_force_when_they_are_published(caller: AliyunCaller) -> None:
    key = create(caller, "Drafts", CategoryKey="Lighting")
    before = names(caller, key)
    add(caller, key, "extra")
    assert names(caller, key) == [*before, "extra"]
    assert names(caller, key, "QueryThingModelPublished") == before
    caller.done("DeleteThingModel", ProductKey=key)
    assert names(caller, key) == []
    assert names(caller, key, "QueryThingModelPublished") == before
    caller.done("PublishThingModel", ProductKey=key, ModelVersion="empty")
    assert names(caller, key, "QueryThingModelPublished") == []
    assert names(caller, key, ModelVersion=versions(caller, key)[1]) == before


def test_a_model_is_copied_within_a_category(caller: AliyunCaller) -> None:
    source, target = (create(caller, f"Copy_{n}", CategoryKey="Lighting") for n in range(2))
    other = create(caller, "Copy_other", CategoryKey="SmartLock")
    module = {"FunctionBlockId": "b", "FunctionBlockName": "Block"}
    add(caller, source, "extra", **module)
    caller.done("PublishThingModel", ProductKey=source, ModelVersion="two")
    given = {"SourceProductKey": source, "SourceModelVersion": "two"}

    def copy(**more: object) -> str:
        return caller.v3("CopyThingModel", {**given, **more}).code

    assert copy(TargetProductKey=other) == "200 iot.system.IllegalRequest"
    assert copy(TargetProductKey=target, SourceModelVersion="none") == (
        "200 iot.tsl.ThingModelNotFound"
    )
    assert caller.v3(
        "CopyThingModel", {"SourceProductKey": source, "TargetProductKey": target}
    ).code == ("400 MissingSourceModelVersion")
    assert copy(TargetProductKey=target) == "200 None"
    assert names(caller, target, FunctionBlockId="b") == ["extra"]
    assert "functionBlocks" not in shown(caller, target, "QueryThingModelPublished")


def test_what_only_thing_model_json_says_is_shown_as_it_was_sent(caller: AliyunCaller) -> None:
    key = create(caller, "Own_words")
    rich = prop(
        "Level", extendConfig='{"registerAddress":"0x10"}', description="How full",
        dataSpecs={"dataType": "INT", "custom": True, "min": "0", "max": "9", "step": "1",
                   "defaultValue": "3", "precise": "0"},
    )  # fmt: skip
    text = json.dumps({"properties": [rich]})
    assert ask(caller, "CreateThingModel", key, ThingModelJson=text).json["Success"] is True
    [level] = shown(caller, key)["properties"]
    assert level == {**rich, "productKey": key}
    tsl = json.loads(caller.done("GetThingModelTsl", ProductKey=key)["Data"]["TslStr"])
    assert tsl["properties"][0] == {
        "identifier": "Level", "name": "Level", "desc": "How full", "accessMode": "r",
        "required": False,
        "dataType": {"type": "int", "specs": {"min": "0", "max": "9", "step": "1"}},
    }  # fmt: skip
    caller.done("PublishThingModel", ProductKey=key, ModelVersion="1")
    assert shown(caller, key, "QueryThingModelPublished")["properties"] == [level]
    # What an update leaves out is gone.
    text = json.dumps({"properties": [prop("Level")]})
    assert ask(caller, "UpdateThingModel", key, ThingModelJson=text).json["Success"] is True
    assert shown(caller, key)["properties"] == [{**prop("Level"), "productKey": key}]
    # TSL has no word for it, so an import leaves it as it is.
    caller.done("ImportThingModelTsl", ProductKey=key, TslStr=json.dumps(tsl))
    assert shown(caller, key)["properties"][0]["description"] == "How full"


def test_whole_models_are_imported_and_lists_of_modules_passed_over(caller: AliyunCaller) -> None:
    key = create(caller, "Whole_model")
    one = {
        "identifier": "p", "name": "P", "accessMode": "rw", "dataType": {"type": "date", "specs": {}}
    }  # fmt: skip
    block = {"functionBlockId": "b", "functionBlockName": "Block"}
    whole = {"properties": [one], "functionBlocks": [{**block, "properties": [one]}]}
    caller.done("ImportThingModelTsl", ProductKey=key, TslStr=json.dumps(whole))
    assert names(caller, key) == names(caller, key, FunctionBlockId="b") == ["p"]
    # The default module as it is exported names the others: they stay.
    exported = caller.done("GetThingModelTsl", ProductKey=key)["Data"]["TslStr"]
    assert "functionBlocks" in json.loads(exported)
    caller.done("ImportThingModelTsl", ProductKey=key, TslStr=exported)
    assert names(caller, key, FunctionBlockId="b") == ["p"]
    # Into a module goes what is on top.
    into = {"FunctionBlockId": "c", "FunctionBlockName": "Other"}
    caller.done("ImportThingModelTsl", ProductKey=key, TslStr=exported, **into)
    assert names(caller, key, FunctionBlockId="c") == ["p"]
    caller.done("ImportThingModelTsl", ProductKey=key, TslStr='{"properties":[]}')
    assert (names(caller, key), names(caller, key, FunctionBlockId="c")) == ([], ["p"])


# What IoTDA wrote


@pytest.fixture(scope="module")
def guests(server: Server) -> tuple[AliyunCaller, Caller]:
    return tenant(server, GUESTS, rate_limits=False), caller_of(server, GUESTS)


BATTERY = service(
    service_id="Battery",
    option="Master",
    properties=[
        property(
            property_name="level", data_type="int", method="RE", min="0", max="100", unit="%",
            step=1, description="Charge",
        ),
        property(property_name="serial", data_type="string", max_length=32, method="R"),
    ],
    commands=[{"command_name": "equalize", "responses": [{"response_name": "ok"}]}],
)  # fmt: skip


def guest(guests: tuple[AliyunCaller, Caller], name: str) -> tuple[str, str]:
    """The product's key here and its id there."""
    aliyun, iotda = guests
    made = iotda.make(name=name, service_capabilities=[BATTERY])
    listed = aliyun.done("QueryProductList", CurrentPage=1, PageSize=1)["Data"]["List"]
    [info] = listed["ProductInfo"]
    assert info["ProductName"] == name
    return info["ProductKey"], made["product_id"]


def test_a_guest_s_model_is_in_force_and_the_draft(guests: tuple[AliyunCaller, Caller]) -> None:
    aliyun, _ = guests
    key, _ = guest(guests, "Guest")
    for action in ("QueryThingModel", "QueryThingModelPublished"):
        block = {
            "functionBlockId": "Battery", "functionBlockName": "Battery", "productKey": key,
        }  # fmt: skip
        assert shown(aliyun, key, action)["functionBlocks"] == [block]
        assert "_ppk" not in shown(aliyun, key, action)
        module = shown(aliyun, key, action, FunctionBlockId="Battery")
        level, serial = module["properties"]
        assert (level["dataType"], level["rwFlag"], level["description"]) == (
            "INT", "READ_ONLY", "Charge",
        )  # fmt: skip
        assert level["dataSpecs"]["unit"] == "%"
        assert serial["dataSpecs"]["length"] == 32
        assert [s["identifier"] for s in module["services"]] == ["equalize"]
    assert versions(aliyun, key) == []


def test_an_edit_here_is_seen_there_and_loses_nothing_of_theirs(
    guests: tuple[AliyunCaller, Caller],
) -> None:
    aliyun, iotda = guests
    key, id = guest(guests, "Edited")
    before = iotda.send("GET", f"products/{id}").json["service_capabilities"]
    add(aliyun, key, "volts", FunctionBlockId="Battery")
    add(aliyun, key, "door")
    assert iotda.send("GET", f"products/{id}").json["service_capabilities"] == before
    aliyun.done("PublishThingModel", ProductKey=key, ModelVersion="ours")
    services = iotda.send("GET", f"products/{id}").json["service_capabilities"]
    by_id = {s["service_id"]: s for s in services}
    assert [p["property_name"] for p in by_id["default"]["properties"]] == ["door"]
    battery = by_id["Battery"]
    *theirs, volts = battery["properties"]
    assert theirs == before[0]["properties"]
    assert (volts["property_name"], volts["data_type"]) == ("volts", "int")
    assert battery["commands"] == before[0]["commands"]
    assert battery["option"] == "Master"
    # And an edit there is in force here, whatever was published before.
    iotda.send("PUT", f"products/{id}", {"service_capabilities": [BATTERY]})
    now = shown(aliyun, key, "QueryThingModelPublished", FunctionBlockId="Battery")
    assert [p["identifier"] for p in now["properties"]] == ["level", "serial"]
    assert "_ppk" not in now
    assert versions(aliyun, key) == ["ours"]
    assert len(names(aliyun, key, FunctionBlockId="Battery", ModelVersion="ours")) == 3


def test_what_is_made_here_is_read_by_iotda(guests: tuple[AliyunCaller, Caller]) -> None:
    aliyun, iotda = guests
    key = create(aliyun, "Host_model", CategoryKey="SolarInverter")
    [listed] = iotda.send("GET", "products", query={"product_name": "Host_model"}).json["products"]
    product = iotda.send("GET", f"products/{listed['product_id']}").json
    [module] = product["service_capabilities"]
    assert module["service_id"] == "default"
    assert [p["property_name"] for p in module["properties"]] == names(aliyun, key)
