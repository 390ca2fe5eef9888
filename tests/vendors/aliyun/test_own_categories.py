"""CreateProduct of a category that the tenant brought along: its model, and its name wherever it is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_categories import TSL
from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, tenant

KEY, NAME = "Kiln", "Potter's kiln"


@pytest.fixture(scope="module")
def server_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("categories") / "Kiln.json"
    file.write_text(json.dumps(TSL))
    return str(file)


@pytest.fixture(scope="module")
def caller(server: Server, server_file: str) -> AliyunCaller:
    made = tenant(server, "categories", rate_limits=False)
    server.run("category", "import", server_file, "--name", NAME, "--tenant", "categories")
    return made


def model_of(caller: AliyunCaller, action: str, key: str) -> Any:
    return json.loads(caller.done(action, ProductKey=key)["Data"]["TslStr"])


def identifiers(model: Any) -> list[str]:
    return [p["identifier"] for p in model["properties"]]


def test_a_product_begins_with_the_model_of_its_category(caller: AliyunCaller) -> None:
    key = caller.done("CreateProduct", ProductName="Kiln_one", NodeType=0, CategoryKey=KEY)[
        "ProductKey"
    ]
    assert identifiers(model_of(caller, "GetThingModelTslPublished", key)) == ["Heat"]
    versions = caller.done("ListThingModelVersion", ProductKey=key)["Data"]["ModelVersions"]
    assert len(versions) == 1
    shown = caller.done("QueryProduct", ProductKey=key)["Data"]
    assert (shown["CategoryKey"], shown["CategoryName"]) == (KEY, NAME)


def test_without_publishing_the_model_is_a_draft(caller: AliyunCaller) -> None:
    key = caller.done(
        "CreateProduct", ProductName="Kiln_two", NodeType=0, CategoryKey=KEY, PublishAuto="false"
    )["ProductKey"]
    assert identifiers(model_of(caller, "GetThingModelTsl", key)) == ["Heat"]
    versions = caller.done("ListThingModelVersion", ProductKey=key)["Data"]["ModelVersions"]
    assert versions == []


def test_the_category_is_listed_and_shown(caller: AliyunCaller) -> None:
    listed = caller.done("ListThingTemplates")["Data"]
    names = {c["CategoryKey"]: c["CategoryName"] for c in listed}
    assert names[KEY] == NAME
    assert "Lighting" in names
    assert list(names) == sorted(names)
    found = json.loads(caller.done("GetThingTemplate", CategoryKey=KEY)["ThingModelJSON"])
    assert identifiers(found) == ["Heat"]


def test_another_tenant_does_not_have_it(server: Server, caller: AliyunCaller) -> None:
    other = tenant(server, "categories-other", rate_limits=False)
    assert KEY not in {c["CategoryKey"] for c in other.done("ListThingTemplates")["Data"]}
    given = {"ProductName": "Kiln_one", "NodeType": 0, "CategoryKey": KEY}
    assert other.v3("CreateProduct", given).code == "200 iot.prod.InvalidFormattedCatId"
    refused = other.v3("GetThingTemplate", {"CategoryKey": KEY})
    assert refused.code == "200 iot.prod.InvalidFormattedCatId"


def test_an_own_category_stands_before_one_that_everybody_has(
    server: Server, server_file: str
) -> None:
    own = tenant(server, "categories-before", rate_limits=False)
    words = ("--key", "Lighting", "--name", "Our lamps", "--tenant", "categories-before")
    server.run("category", "import", server_file, *words)
    listed = own.done("ListThingTemplates")["Data"]
    assert [c["CategoryName"] for c in listed if c["CategoryKey"] == "Lighting"] == ["Our lamps"]
    found = json.loads(own.done("GetThingTemplate", CategoryKey="Lighting")["ThingModelJSON"])
    assert identifiers(found) == ["Heat"]


def test_a_product_outlives_its_category(server: Server, server_file: str) -> None:
    own = tenant(server, "categories-gone", rate_limits=False)
    server.run("category", "import", server_file, "--tenant", "categories-gone")
    key = own.done("CreateProduct", ProductName="Left", NodeType=0, CategoryKey=KEY)["ProductKey"]
    server.run("category", "delete", KEY, "--tenant", "categories-gone")
    shown = own.done("QueryProduct", ProductKey=key)["Data"]
    assert (shown["CategoryKey"], "CategoryName" in shown) == (KEY, False)
    assert identifiers(model_of(own, "GetThingModelTslPublished", key)) == ["Heat"]
    again = own.v3("CreateProduct", {"ProductName": "Late", "NodeType": 0, "CategoryKey": KEY})
    assert again.code == "200 iot.prod.InvalidFormattedCatId"
