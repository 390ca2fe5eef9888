"""EnOS thing models: public ones for everybody, an organization's own, and products made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from entrepot.core import models
from entrepot.core.faults import InUse, Invalid, NotFound, QuotaExceeded
from entrepot.vendors.enos import starter
from entrepot.vendors.enos.thing_models import import_models
from tests.vendors.enos_caller import MODELS, Account, Enos

MODELS_22 = "/model-service/v2.2/thing-models"
PUBLIC = [str(model["modelId"]) for model in starter.models()]
PATHS = pytest.mark.parametrize("path", [MODELS, MODELS_22])


def point(identifier: str, data_type: str = "INT", **more: Any) -> dict[str, Any]:
    return {"identifier": identifier, "dataType": data_type, **more}


def model(model_id: str, **more: Any) -> dict[str, Any]:
    return {"modelId": model_id, "name": {"defaultValue": model_id}, **more}


BOILER = model(
    "Boiler.v-1_0",
    name={"defaultValue": "Boiler", "i18nValue": {"zh_CN": "锅炉"}},
    desc="heats",
    tags={"kind": "heat"},
    attributes={"power": point("power", tags={"unit": "kW"}, dataDefinition=None, more=[1, None])},
    measurepoints={
        "t": point("t", "DOUBLE", hasQuality=True, signalType="AI", tags={"hot": "yes"}),
        "state": point("state", "ENUM", dataDefinition='{"enumDesc":{"0":"off"},"enumType":"INT"}'),
    },
    services={"fire": {"identifier": "fire", "inputData": [point("s")], "callType": "ASYNC"}},
    events={"over": {"identifier": "over", "outputData": [], "eventType": "WARN"}},
)


@pytest.fixture
def enos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enos]:
    house = Enos(tmp_path_factory.mktemp("enos"))
    yield house
    house.close()


@pytest.fixture
def account(enos: Enos) -> Account:
    return enos.account("models")


def provision(enos: Enos, account: Account, *documents: Any) -> tuple[str, ...]:
    caller = enos.caller(account)
    return enos.store.write_now(lambda tx: import_models(tx, caller, documents))


def show(enos: Enos, account: Account, model_id: str, **more: Any) -> dict[str, Any]:
    return enos.call(account, "get", path=MODELS, modelId=model_id, **more)


@PATHS
@pytest.mark.parametrize("model_id", PUBLIC)
def test_every_public_model_is_shown_to_everybody(
    enos: Enos, account: Account, path: str, model_id: str
) -> None:
    [document] = [m for m in starter.models() if m["modelId"] == model_id]
    answer = enos.call(account, "get", path=path, modelId=model_id)
    assert answer["data"] == {"orgId": "o00000000000000", **document}


@pytest.mark.parametrize(("scope", "code"), [(None, 0), ("1", 0), ("0", 99404)])
def test_scope_0_leaves_public_models_out(
    enos: Enos, account: Account, scope: str | None, code: int
) -> None:
    assert show(enos, account, "AlterTest0615", scope=scope)["code"] == code
    found = enos.call(account, "search", {}, path=MODELS, scope=scope)
    assert [m["modelId"] for m in found["data"]] == ([] if code else PUBLIC)


@pytest.mark.parametrize("scope", ["2", "x", "-1"])
def test_another_scope_is_refused(enos: Enos, account: Account, scope: str) -> None:
    answer = show(enos, account, "AlterTest0615", scope=scope)
    assert answer["code"] == 99400
    assert "scope" in answer["msg"]


def test_an_absent_model_is_not_found(enos: Enos, account: Account) -> None:
    assert show(enos, account, "Nothing")["code"] == 99404
    answer = enos.call(account, "get", path=MODELS)
    assert answer["msg"] == "Invalid Argument modelId:modelId is missing"


def test_an_imported_model_is_shown_as_it_was_written(enos: Enos, account: Account) -> None:
    assert provision(enos, account, BOILER) == ("Boiler.v-1_0",)
    answer = show(enos, account, "Boiler.v-1_0", scope="0")
    path = {"orgId": account.org, "modelIdPath": "/Boiler.v-1_0"}
    assert answer["data"] == {**path, **BOILER}
    assert list(answer["data"]["measurepoints"]) == ["t", "state"]


def test_a_small_model_is_shown_with_all_its_parts(enos: Enos, account: Account) -> None:
    provision(enos, account, {**model("Small"), "orgId": "o1", "modelIdPath": "/root/Small"})
    assert show(enos, account, "Small")["data"] == {
        "orgId": account.org, "modelIdPath": "/root/Small", "modelId": "Small",
        "name": {"defaultValue": "Small"}, "tags": {}, "attributes": {}, "measurepoints": {},
        "services": {}, "events": {},
    }  # fmt: skip


def test_an_import_replaces_what_is_known(enos: Enos, account: Account) -> None:
    provision(enos, account, model("A", desc="old"), model("B"))
    provision(enos, account, model("A", desc="new"))
    assert show(enos, account, "A")["data"]["desc"] == "new"
    found = enos.call(account, "search", {}, path=MODELS, scope="0")
    assert [m["modelId"] for m in found["data"]] == ["B", "A"]
    kept = enos.store.read_now(lambda tx: models.get(tx, account.tenant.id, "A"))
    log = enos.store.read_now(lambda tx: tx.history(account.tenant.id, kept.id))
    assert [(e.kind, e.revision, e.action) for e in log] == [
        ("model", 1, "create"),
        ("model", 2, "update"),
    ]


def test_own_models_are_the_organizations_alone(enos: Enos, account: Account) -> None:
    provision(enos, account, BOILER)
    other = enos.account("other")
    assert show(enos, other, "Boiler.v-1_0")["code"] == 99404
    assert enos.call(other, "search", {}, path=MODELS, scope="0")["data"] == []
    change = {"modelId": "Boiler.v-1_0", "name": {"defaultValue": "Mine"}}
    assert enos.call(other, "update", change, path=MODELS)["code"] == 99404


def test_an_own_model_stands_before_a_public_one_of_its_id(enos: Enos, account: Account) -> None:
    provision(enos, account, model("Inverter", desc="ours"))
    assert show(enos, account, "Inverter")["data"]["desc"] == "ours"
    found = enos.call(account, "search", {}, path=MODELS)["data"]
    assert [m["modelId"] for m in found].count("Inverter") == 1


def test_a_product_can_be_made_of_an_own_model(enos: Enos, account: Account) -> None:
    provision(enos, account, BOILER)
    key = enos.create(account, modelId="Boiler.v-1_0")
    assert enos.show(account, key)["modelId"] == "Boiler.v-1_0"
    found = enos.call(account, "search", {"expression": "modelId = 'Boiler.v-1_0'"})
    assert [p["productKey"] for p in found["data"]] == [key]


def test_a_model_in_use_cannot_be_deleted(enos: Enos, account: Account) -> None:
    provision(enos, account, BOILER)
    key = enos.create(account, modelId="Boiler.v-1_0")
    caller = enos.caller(account)
    with pytest.raises(InUse) as refused:
        enos.store.write_now(lambda tx: models.delete(tx, caller, "Boiler.v-1_0"))
    assert (refused.value.kind, refused.value.by) == ("model", "products")
    enos.call(account, "delete", productKey=key)
    enos.store.write_now(lambda tx: models.delete(tx, caller, "Boiler.v-1_0"))
    assert show(enos, account, "Boiler.v-1_0")["code"] == 99404
    with pytest.raises(NotFound):
        enos.store.write_now(lambda tx: models.delete(tx, caller, "Boiler.v-1_0"))


MANY = {f"p{i}": point(f"p{i}") for i in range(5001)}
MANY_CALLS = {f"s{i}": {"identifier": f"s{i}"} for i in range(51)}
BROKEN: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
    ({"modelId": ""}, ("modelId",), "empty"),
    ({"modelId": "m" * 65}, ("modelId",), "too_long"),
    ({"modelId": "a b"}, ("modelId",), "pattern"),
    ({"name": None}, ("name",), "null"),
    ({"name": {"defaultValue": "n" * 65}}, ("name", "defaultValue"), "too_long"),
    ({"attributes": dict(list(MANY.items())[:201])}, ("attributes",), "too_many"),
    ({"measurepoints": MANY}, ("measurepoints",), "too_many"),
    ({"services": MANY_CALLS}, ("services",), "too_many"),
    ({"events": MANY_CALLS}, ("events",), "too_many"),
    ({"attributes": {"a": {"identifier": "a"}}}, ("attributes", "a", "dataType"), "missing"),
    ({"attributes": {"a": point("a", "NUMBER")}}, ("attributes", "a", "dataType"), "enum"),
    ({"attributes": {"a": point("b")}}, ("attributes", "a", "identifier"), "rule"),
    ({"attributes": {"a" * 129: point("a" * 129)}}, ("attributes", "a" * 129, "identifier"), "too_long"),
    ({"attributes": {"a b": point("a b")}}, ("attributes", "a b", "identifier"), "pattern"),
    ({"measurepoints": {"a": point("a", signalType="XX")}}, ("measurepoints", "a", "signalType"), "enum"),
    ({"measurepoints": {"a": point("a", "STRING", hasQuality=True)}}, ("measurepoints", "a", "hasQuality"), "rule"),
    ({"services": {"a": {"identifier": "a", "callType": "LATER"}}}, ("services", "a", "callType"), "enum"),
    ({"events": {"a": {"identifier": "a", "eventType": "BAD"}}}, ("events", "a", "eventType"), "enum"),
    ({"events": {"a": {"identifier": "a", "outputData": [{"identifier": "x"}]}}},
     ("events", "a", "outputData", 0, "dataType"), "missing"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "kind"), BROKEN, ids=lambda v: str(v)[:40])
def test_a_model_beyond_the_limits_is_refused_with_its_place(
    enos: Enos, account: Account, change: dict[str, Any], path: tuple[str, ...], kind: str
) -> None:
    with pytest.raises(Invalid) as refused:
        provision(enos, account, model("Good"), {**model("Bad"), **change})
    assert [(v.path, v.kind) for v in refused.value.violations] == [((1, *path), kind)]
    assert show(enos, account, "Good")["code"] == 99404


def test_what_is_no_model_at_all_is_refused(enos: Enos, account: Account) -> None:
    for document in (1, None, [], "x", {}):
        with pytest.raises(Invalid):
            provision(enos, account, document)


def test_the_largest_model_goes_in_and_comes_out(enos: Enos, account: Account) -> None:
    points = dict(list(MANY.items())[:5000])
    provision(enos, account, model("Large", measurepoints=points))
    assert show(enos, account, "Large")["data"]["measurepoints"] == points
    change = {"modelId": "Large", "measurepoints": {"p1": point("p1", "FLOAT"), "p2": None}}
    update = enos.call(account, "update", change, path=MODELS, isPatchUpdate="true")
    assert update["data"] == "Large"
    after = show(enos, account, "Large")["data"]["measurepoints"]
    assert (len(after), after["p1"]["dataType"]) == (4999, "FLOAT")


def test_an_organization_has_a_thousand_models_where_quotas_are_on(enos: Enos) -> None:
    limited = enos.account("limited", quotas=True)
    provision(enos, limited, *(model(f"m{i}") for i in range(1000)))
    with pytest.raises(QuotaExceeded):
        provision(enos, limited, model("one-more"))
    assert show(enos, limited, "one-more")["code"] == 99404
    provision(enos, limited, model("m0", desc="again"))


# Update Thing Model


@PATHS
@pytest.mark.parametrize("patch", ["true", "True"])
def test_a_patch_changes_what_it_names(enos: Enos, account: Account, path: str, patch: str) -> None:
    provision(enos, account, BOILER)
    change = {
        "modelId": "Boiler.v-1_0",
        "desc": "boils",
        "measurepoints": {"p": point("p"), "state": None},
    }
    answer = enos.call(account, "update", change, path=path, isPatchUpdate=patch)
    assert (answer["code"], answer["data"]) == (0, "Boiler.v-1_0")
    after = show(enos, account, "Boiler.v-1_0")["data"]
    expected = {**BOILER, "desc": "boils"}
    expected["measurepoints"] = {"t": BOILER["measurepoints"]["t"], "p": point("p")}
    assert {name: after[name] for name in BOILER} == expected


def test_a_whole_update_replaces_everything(enos: Enos, account: Account) -> None:
    provision(enos, account, {**BOILER, "modelIdPath": "/root/Boiler.v-1_0"})
    whole = {**model("Boiler.v-1_0"), "category": {"x": 1}, "i18nDesc": {"defaultValue": "d"}}
    for more in ({}, {"isPatchUpdate": "False"}):
        assert enos.call(account, "update", whole, path=MODELS, **more)["code"] == 0
        after = show(enos, account, "Boiler.v-1_0")["data"]
        assert {name: after[name] for name in whole} == whole
        assert after["measurepoints"] == {}
        assert after["modelIdPath"] == "/root/Boiler.v-1_0"


def test_an_update_that_leaves_no_whole_model_is_refused(enos: Enos, account: Account) -> None:
    provision(enos, account, BOILER)
    before = show(enos, account, "Boiler.v-1_0")
    for change, patch, words in (
        ({}, "false", "name is missing"),
        ({"events": {"x": {"identifier": "y"}}}, "true", "events.x.identifier must be x"),
        ({"tags": {"a": 1}}, "true", "tags.a must be of type string"),
    ):
        body = {"modelId": "Boiler.v-1_0", **change}
        answer = enos.call(account, "update", body, path=MODELS, isPatchUpdate=patch)
        assert answer["code"] == 99400
        assert words in answer["msg"]
    assert {**show(enos, account, "Boiler.v-1_0"), "requestId": 0} == {**before, "requestId": 0}


def test_public_models_cannot_be_updated(enos: Enos, account: Account) -> None:
    answer = enos.call(account, "update", model("Inverter"), path=MODELS)
    assert answer["code"] == 99403
    assert answer["msg"].startswith("Denied resource:  modelId Inverter")
    assert enos.call(account, "update", model("Nothing"), path=MODELS)["code"] == 99404


# Search Thing Model


@PATHS
@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("modelId in ('Inverter', 'Nothing', 'Boiler.v-1_0')", ["Inverter", "Boiler.v-1_0"]),
        ("modelId = 'Boiler.v-1_0'", ["Boiler.v-1_0"]),
        ("modelId like 'boil'", ["Boiler.v-1_0"]),
        ("modelName like 'boiler'", ["Boiler.v-1_0"]),
        ("modelName.zh_CN like '锅'", ["Boiler.v-1_0"]),
        ("tags.kind = 'heat'", ["Boiler.v-1_0"]),
        ("tags.kind = 'cold'", []),
        ("attribute_tags.unit = 'kW'", ["Boiler.v-1_0"]),
        ("measurepoint_tags.hot = 'yes'", ["Boiler.v-1_0"]),
        ("exists(measurepoint_tags.hot)", ["Boiler.v-1_0"]),
        ("exists(service_tags.hot) or exists(event_tags.hot)", []),
    ],
)
def test_a_model_search_finds_what_its_expression_says(
    enos: Enos, account: Account, path: str, expression: str, ids: list[str]
) -> None:
    provision(enos, account, BOILER, model("Plain"))
    body = {"expression": expression, "projection": ["modelId"]}
    answer = enos.call(account, "search", body, path=path)
    assert answer["data"] == [{"modelId": id} for id in ids]
    assert answer["pagination"]["totalSize"] == len(ids)


def test_model_pages_are_own_models_first(enos: Enos, account: Account) -> None:
    provision(enos, account, model("A"), model("B"))
    seen = []
    for number in range(1, 5):
        body = {"pagination": {"pageNo": number, "pageSize": 3}, "projection": ["modelId"]}
        answer = enos.call(account, "search", body, path=MODELS)
        assert answer["pagination"] == {
            "sortedBy": None, "pageNo": number, "pageSize": 3, "totalSize": 2 + len(PUBLIC),
        }  # fmt: skip
        seen += [m["modelId"] for m in answer["data"]]
    assert seen == ["B", "A", *PUBLIC]


def test_a_model_search_that_cannot_be_understood_says_why(enos: Enos, account: Account) -> None:
    answer = enos.call(account, "search", {"expression": "productKey = 'x'"}, path=MODELS)
    assert answer["code"] == 99400
    assert "the fields are modelId, modelName, tags" in answer["msg"]


def test_the_answers_are_json_that_the_sdk_can_read(enos: Enos, account: Account) -> None:
    answer = enos.answer(enos.request(account, "search", {}, path=MODELS))
    assert json.loads(answer.body)["data"][0]["modelId"] == PUBLIC[0]
    assert b"content-encoding" not in dict(answer.headers)
