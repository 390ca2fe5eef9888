"""EnOS thing models: public ones for everybody, an organization's own, and products made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from entrepot.core.faults import InUse, NotFound
from entrepot.core.models.authored import Authored
from entrepot.core.products import named_models, registry
from entrepot.core.products.registry import Edit
from entrepot.vendors.enos import handles
from entrepot.vendors.enos.models import starter
from tests.vendors.enos.caller import BODY, MODELS, Account, Enos
from tests.vendors.enos.models import BOILER, model, provision, show

MODELS_22 = "/model-service/v2.2/thing-models"
PUBLIC = [str(model["modelId"]) for model in starter.models()]
PATHS = pytest.mark.parametrize("path", [MODELS, MODELS_22])


@pytest.fixture
def enos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enos]:
    context = Enos(tmp_path_factory.mktemp("enos"))
    yield context
    context.close()


@pytest.fixture
def account(enos: Enos) -> Account:
    return enos.account("models")


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


def test_scope_2_of_a_search_is_public_models_alone(enos: Enos, account: Account) -> None:
    provision(enos, account, BOILER, model("Inverter", desc="ours"))
    found = enos.call(account, "search", {}, path=MODELS, scope="2")["data"]
    assert [m["modelId"] for m in found] == PUBLIC
    body = {"expression": "modelId in ('Inverter', 'Boiler.v-1_0')"}
    found = enos.call(account, "search", body, path=MODELS, scope="2")["data"]
    assert [(m["modelId"], m["orgId"]) for m in found] == [("Inverter", "o00000000000000")]


def test_a_relation_filter_is_refused(enos: Enos, account: Account) -> None:
    body = {"relationFilter": {"modelIds": ["Inverter"]}}
    answer = enos.call(account, "search", body, path=MODELS)
    assert answer["code"] == 99400
    assert "relationFilter must be left out" in answer["msg"]
    assert enos.call(account, "search", {"relationFilter": None}, path=MODELS)["code"] == 0


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
    assert [m["modelId"] for m in found["data"]] == ["A", "B"]
    kept = enos.store.read_now(lambda tx: named_models.get(tx, account.tenant.id, "A"))
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
        enos.store.write_now(lambda tx: named_models.delete(tx, caller, "Boiler.v-1_0"))
    assert (refused.value.kind, refused.value.by) == ("model", "products")
    enos.call(account, "delete", productKey=key)
    enos.store.write_now(lambda tx: named_models.delete(tx, caller, "Boiler.v-1_0"))
    assert show(enos, account, "Boiler.v-1_0")["code"] == 99404
    with pytest.raises(NotFound):
        enos.store.write_now(lambda tx: named_models.delete(tx, caller, "Boiler.v-1_0"))


def test_an_own_model_in_a_public_one_s_place_is_in_use_by_products_made_before(
    enos: Enos, account: Account
) -> None:
    key = enos.create(account, modelId="Inverter")
    second = enos.create(account, modelId="Inverter")
    provision(enos, account, model("Inverter", desc="ours"))
    caller = enos.caller(account)
    for gone in (key, second):
        with pytest.raises(InUse):
            enos.store.write_now(lambda tx: named_models.delete(tx, caller, "Inverter"))
        enos.call(account, "delete", productKey=gone)
    enos.store.write_now(lambda tx: named_models.delete(tx, caller, "Inverter"))
    assert show(enos, account, "Inverter")["data"]["orgId"] == "o00000000000000"


def test_a_product_with_a_model_of_its_own_keeps_no_other_in_use(
    enos: Enos, account: Account
) -> None:
    provision(enos, account, BOILER)
    key = enos.create(account, modelId="Boiler.v-1_0")
    caller, ref = enos.caller(account), handles.product_ref(enos.vault, key)
    own = Authored("iotda", msgspec.Raw(b"[]"))
    enos.store.write_now(
        lambda tx: registry.update(
            tx, caller, (ref, lambda old: Edit(replace(old.profile, model=own)))
        )
    )
    assert enos.show(account, key)["modelId"] == key
    enos.store.write_now(lambda tx: named_models.delete(tx, caller, "Boiler.v-1_0"))
    shown = show(enos, account, key)["data"]  # what the other dialect could not say is parked
    assert (shown["desc"], shown["tags"]) == (BOILER["desc"], BOILER["tags"])


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


def test_model_pages_are_own_models_first_in_the_order_they_were_made(
    enos: Enos, account: Account
) -> None:
    provision(enos, account, model("A"), model("B"))
    seen = []
    for number in range(1, 5):
        body = {"pagination": {"pageNo": number, "pageSize": 3}, "projection": ["modelId"]}
        answer = enos.call(account, "search", body, path=MODELS)
        assert answer["pagination"] == {
            "sortedBy": None, "pageNo": number, "pageSize": 3, "totalSize": 2 + len(PUBLIC),
        }  # fmt: skip
        seen += [m["modelId"] for m in answer["data"]]
    assert seen == ["A", "B", *PUBLIC]


@pytest.mark.parametrize("scope", ["0", "1"])
@pytest.mark.parametrize("size", [1, 3, 200])
@pytest.mark.parametrize("expression", [None, "not exists(tags.none)"])
def test_models_that_create_product_accepts_come_before_all_others(
    enos: Enos, account: Account, scope: str, size: int, expression: str | None
) -> None:
    services = Authored("iotda", msgspec.Raw(b"[]"))
    enos.fill(account, 2, model=services)
    provision(enos, account, model("A"))
    enos.fill(account, 2, model=services)
    provision(enos, account, model("B"))
    products = [p["productKey"] for p in enos.call(account, "search", {})["data"]]
    seen = []
    for number in range(1, 16 // size + 2):
        body = {"expression": expression, "pagination": {"pageNo": number, "pageSize": size}}
        seen += enos.call(account, "search", body, path=MODELS, scope=scope)["data"]
    usable = ["A", "B", *(PUBLIC if scope == "1" else [])]
    assert [m["modelId"] for m in seen] == [*usable, *products[::-1]]
    for place, found in enumerate(seen):
        answer = enos.call(account, "create", {**BODY, "modelId": found["modelId"]})
        assert (answer["code"] == 0) == (place < len(usable))


def test_models_that_are_named_come_in_that_order_too(enos: Enos, account: Account) -> None:
    enos.fill(account, 1, model=Authored("iotda", msgspec.Raw(b"[]")))
    provision(enos, account, model("A"))
    [product] = [p["productKey"] for p in enos.call(account, "search", {})["data"]]
    seen = []
    for number in range(1, 4):
        body = {
            "expression": f"modelId in ('{product}', 'Inverter', 'A')",
            "pagination": {"pageNo": number, "pageSize": 1},
        }
        seen += enos.call(account, "search", body, path=MODELS)["data"]
    assert [m["modelId"] for m in seen] == ["Inverter", "A", product]


def test_a_model_search_that_cannot_be_understood_says_why(enos: Enos, account: Account) -> None:
    answer = enos.call(account, "search", {"expression": "productKey = 'x'"}, path=MODELS)
    assert answer["code"] == 99400
    assert "the fields are modelId, modelName, tags" in answer["msg"]


def test_the_answers_are_json_that_the_sdk_can_read(enos: Enos, account: Account) -> None:
    answer = enos.answer(enos.request(account, "search", {}, path=MODELS))
    assert json.loads(answer.body)["data"][0]["modelId"] == PUBLIC[0]
    assert b"content-encoding" not in dict(answer.headers)
