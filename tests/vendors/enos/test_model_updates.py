"""Update Thing Model: patches and whole models, of an organization's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vendors.enos.caller import MODELS, Account, Enos
from tests.vendors.enos.models import BOILER, model, point, provision, show

MODELS_22 = "/model-service/v2.2/thing-models"
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
    answer = enos.call(account, "update", whole, path=MODELS, isPatchUpdate="False")
    assert answer["code"] == 0
    after = show(enos, account, "Boiler.v-1_0")["data"]
    assert {name: after[name] for name in whole} == whole
    assert after["measurepoints"] == {}
    assert after["modelIdPath"] == "/root/Boiler.v-1_0"


def test_an_update_is_a_patch_unless_it_says_otherwise(enos: Enos, account: Account) -> None:
    provision(enos, account, BOILER)
    assert enos.call(account, "update", model("Boiler.v-1_0"), path=MODELS)["code"] == 0
    after = show(enos, account, "Boiler.v-1_0")["data"]
    assert after["measurepoints"] == BOILER["measurepoints"]


def test_features_are_deleted_by_name_unless_the_patch_has_them(
    enos: Enos, account: Account
) -> None:
    provision(enos, account, BOILER)
    change = {
        "modelId": "Boiler.v-1_0",
        "featuresToDelete": ["t", "state", "power", "fire", "nothing"],
        "measurepoints": {"t": point("t", "FLOAT")},
    }
    assert enos.call(account, "update", change, path=MODELS)["code"] == 0
    after = show(enos, account, "Boiler.v-1_0")["data"]
    assert after["measurepoints"] == {"t": point("t", "FLOAT")}
    assert (after["attributes"], after["services"]) == ({}, {})
    assert after["events"] == BOILER["events"]
    assert "featuresToDelete" not in after


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
