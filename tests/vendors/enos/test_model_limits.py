"""The limits of EnOS thing models, told with their places; and the largest model there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from entrepot.core.faults import Invalid, QuotaExceeded
from tests.vendors.enos.caller import MODELS, Account, Enos
from tests.vendors.enos.models import model, point, provision, show


@pytest.fixture
def enos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enos]:
    context = Enos(tmp_path_factory.mktemp("enos"))
    yield context
    context.close()


@pytest.fixture
def account(enos: Enos) -> Account:
    return enos.account("models")


MANY = {f"p{i}": point(f"p{i}") for i in range(5001)}
MANY_CALLS = {f"s{i}": {"identifier": f"s{i}"} for i in range(51)}
DEFINED = ("measurepoints", "a", "dataDefinition")


def defined(data_type: str, definition: Any) -> dict[str, Any]:
    """What gives a model one point with this definition."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return {"measurepoints": {"a": point("a", data_type, dataDefinition=text)}}


BROKEN: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
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
    ({"attributes": {"a": point("a", unit={"multiplier": "K"})}}, ("attributes", "a", "unit", "multiplier"), "enum"),
    (defined("STRING", {"maxLength": 4001}), (*DEFINED, "maxLength"), "too_large"),
    (defined("ENUM", {"enumDesc": {"0": "off"}, "enumType": "FLOAT"}), (*DEFINED, "enumType"), "enum"),
    (defined("ENUM", {"enumDesc": {"0": 1}}), (*DEFINED, "enumDesc", "0"), "type"),
    (defined("BOOL", {"boolDesc": ["off", "on"]}), (*DEFINED, "boolDesc"), "type"),
    (defined("ARRAY", {"itemType": "BOOL"}), (*DEFINED, "itemType"), "enum"),
    (defined("STRUCT", {"items": [point("x", "STRUCT")]}), (*DEFINED, "items", 0, "dataType"), "enum"),
    (defined("STRUCT", {"items": [point("x y")]}), (*DEFINED, "items", 0, "identifier"), "pattern"),
    (defined("STRUCT", {"items": [point("x", "ARRAY", dataDefinition={"itemType": "FILE"})]}),
     (*DEFINED, "items", 0, "dataDefinition", "itemType"), "enum"),
    (defined("STRING", "{"), DEFINED, "rule"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "kind"), BROKEN, ids=lambda v: str(v)[:40])
def test_a_model_beyond_the_limits_is_refused_with_its_place(
    enos: Enos, account: Account, change: dict[str, Any], path: tuple[str | int, ...], kind: str
) -> None:
    with pytest.raises(Invalid) as refused:
        provision(enos, account, model("Good"), {**model("Bad"), **change})
    assert [(v.path, v.kind) for v in refused.value.violations] == [((1, *path), kind)]
    assert show(enos, account, "Good")["code"] == 99404


def test_every_fault_of_a_model_is_told_at_once(enos: Enos, account: Account) -> None:
    wrong = {
        **model("so wrong", attributes={"a": point("a", "NUMBER")}),
        **defined("ARRAY", {"itemType": "FILE"}),
        "services": {"s": {"identifier": "s", "inputData": [{"identifier": "x"}]}},
    }
    with pytest.raises(Invalid) as refused:
        provision(enos, account, wrong)
    assert {v.field for v in refused.value.violations} == {
        "[0].modelId", "[0].attributes.a.dataType", "[0].measurepoints.a.dataDefinition.itemType",
        "[0].services.s.inputData[0].dataType",
    }  # fmt: skip


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
