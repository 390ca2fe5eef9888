"""EnOS through enos-poseidon, unmodified, with its key replaced, and with headers that sign."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from poseidon import poseidon

from entrepot.dialect.request import Request
from entrepot.dialect.samples import snippet
from entrepot.vendors.enos import ENOS, signing
from tests.server import Server, environment
from tests.vendors.enos.caller import MODELS, PRODUCTS
from tests.vendors.enos.models import BOILER
from tests.vendors.enos.poseidon_caller import Call, caller

OLDER_SAMPLE = {
    "productDesc": "openapi_sdk_create_test",
    "biDirectionalAuth": False,
    "modelId": "AlterTest0615",
    "dataFormat": "Custom",
    "productName": {"defaultValue": "AlterTest0615_Product", "i18nValue": {}},
    "productType": "Device",
}
NEWER_SAMPLE = {**OLDER_SAMPLE, "dynamicActivateEnabled": False, "productTags": {"key1": "v1"}}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK obeys the proxies of the environment."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def call(server: Server) -> Call:
    return caller(server, server.credentials())


@pytest.fixture
def public_key(server: Server) -> str:
    with urllib.request.urlopen(f"{server.url}/apim-token-service/entrepot/public-key") as answer:
        key: str = json.load(answer)["data"]["publicKey"]
    return key


@pytest.mark.parametrize("sample", [OLDER_SAMPLE, NEWER_SAMPLE], ids=["older", "newer"])
def test_the_whole_life(call: Call, sample: dict[str, Any]) -> None:
    made = call("create", sample)
    assert (made["code"], made["msg"]) == (0, "OK")
    key = made["data"]

    shown = call("get", productKey=key)["data"]
    assert {name: shown[name] for name in sample} == sample
    assert shown["createBy"] == "poseidon (unverified)"

    assert (
        call("update", {"productName": {"defaultValue": "<Renamed>"}}, productKey=key)["data"]
        == key
    )
    assert call("update", {"productTags": {"life": key}}, productKey=key)["data"] == key
    days = {"biDirectionalAuth": "true", "defaultValidDay": "730", "maxValidDay": "1460"}
    assert call("update", days, productKey=key)["code"] == 0

    found = call("search", {
        "expression": f"productTags.life = '{key}' and productName.default like 'rename'",
        "pagination": {"pageNo": 1, "pageSize": 10, "sorters": None},
        "projection": ["productKey", "productName.defaultValue", "maxValidDay"],
    })  # fmt: skip
    assert found["data"] == [
        {"productKey": key, "productName": {"defaultValue": "<Renamed>"}, "maxValidDay": 1460}
    ]
    assert found["pagination"]["totalSize"] == 1

    # The samples delete without a body, so the SDK sends GET.
    assert call("delete", productKey=key)["data"] == key
    gone = call("get", productKey=key)
    assert (gone["code"], gone["msg"], gone["data"]) == (11404, "Product cannot be found", None)


def test_models_can_be_found_and_shown(call: Call) -> None:
    asked = {"expression": "modelId in ('AlterTest0615')", "projection": ["modelId"]}
    found = call("search", asked, path=MODELS)
    assert found["data"] == [{"modelId": "AlterTest0615"}]
    shown = call("get", path=MODELS, modelId="AlterTest0615")["data"]
    assert shown["name"]["i18nValue"]["zh_CN"] == "变更测试传感器"


def test_an_own_model_is_provisioned_used_and_changed(
    server: Server, call: Call, tmp_path: Path
) -> None:
    file = tmp_path / "boiler.json"
    file.write_text(json.dumps({**BOILER, "modelId": "Boiler.sdk"}))
    assert "Boiler.sdk" in server.run("model", "import", str(file))
    asked = {
        "expression": "modelName like 'boil'",
        "projection": ["modelId", "measurepoints.*.dataType"],
    }
    assert call("search", asked, path=MODELS, scope="0")["data"] == [
        {
            "modelId": "Boiler.sdk",
            "measurepoints": {"t": {"dataType": "DOUBLE"}, "state": {"dataType": "ENUM"}},
        }
    ]
    key = call("create", {**NEWER_SAMPLE, "modelId": "Boiler.sdk"})["data"]
    assert call("get", productKey=key)["data"]["modelId"] == "Boiler.sdk"

    patch = {
        "modelId": "Boiler.sdk",
        "featuresToDelete": ["state"],
        "desc": "boils",
        "measurepoints": {"p": {"identifier": "p", "dataType": "FLOAT"}},
    }
    answer = call("update", patch, path=MODELS)
    assert (answer["code"], answer["msg"], answer["data"]) == (0, "OK", "Boiler.sdk")
    shown = call("get", path=MODELS, modelId="Boiler.sdk", scope="0")["data"]
    assert (shown["desc"], set(shown["measurepoints"])) == ("boils", {"t", "p"})

    whole = {"modelId": "Boiler.sdk", "name": {"defaultValue": "Empty"}}
    assert call("update", whole, path=MODELS, isPatchUpdate="false")["code"] == 0
    assert call("get", path=MODELS, modelId="Boiler.sdk")["data"]["measurepoints"] == {}
    refused = call("update", {**patch, "events": {"e": {"identifier": "f"}}}, path=MODELS)
    assert refused["code"] == 99400
    assert "events.e.identifier must be e" in refused["msg"]
    assert call("delete", productKey=key)["code"] == 0


def test_a_refusal_can_be_read(call: Call) -> None:
    refused = call("create", {**OLDER_SAMPLE, "modelId": "Nothing"})
    assert (refused["code"], refused["msg"]) == (99500, "Query model failed")
    refused = call("create", {**OLDER_SAMPLE, "productType": "Car"})
    assert refused["code"] == 99400
    assert "productType must be one of Device, Gateway" in refused["msg"]


def test_with_our_key_the_caller_is_proved(
    server: Server, call: Call, public_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poseidon, "pubkey", public_key)
    key = call("create", OLDER_SAMPLE)["data"]
    assert call("get", productKey=key)["data"]["createBy"] == "dev"
    assert call("delete", productKey=key)["code"] == 0

    thief = {**server.credentials(), "secret_key": "00000000-1111-4222-8333-444444444444"}
    refused = caller(server, thief)("search", {})
    assert (refused["code"], refused["data"]) == (99403, None)
    assert "the secret key does not belong to the access key" in refused["msg"]


def test_a_tenant_that_has_not_said_so_believes_nobody(
    server: Server, public_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run("tenant", "create", "poseidon-unbelieved")
    call = caller(server, server.credentials("poseidon-unbelieved"))
    refused = call("create", OLDER_SAMPLE)
    assert (refused["code"], refused["data"]) == (99403, None)
    assert "poseidon.poseidon.pubkey" in refused["msg"]
    monkeypatch.setattr(poseidon, "pubkey", public_key)
    assert call("create", OLDER_SAMPLE)["code"] == 0


def test_headers_make_it_sign(server: Server) -> None:
    """What the caller gives goes over what the SDK adds, so it can speak as signers do."""
    c = server.credentials()
    stamp = str(int(time.time() * 1000))
    proof = signing.encryption(c["access_key"], stamp, c["secret_key"])
    ask = {"appKey": c["access_key"], "encryption": proof, "timestamp": stamp}
    granted = poseidon.urlopen(
        c["access_key"], c["secret_key"], f"{server.url}/apim-token-service/v2.0/token/get", ask
    )
    assert (granted["status"], granted["business"]) == (0, "apim-token-service")
    assert 0 < granted["data"]["expire"] <= 7200

    body = json.dumps(NEWER_SAMPLE)
    query = f"action=create&orgId={c['enos']['org_id']}"
    signed = signing.sign(
        Request("POST", PRODUCTS.encode(), query.encode(), body=body.encode()),
        granted["data"]["accessToken"], stamp, c["secret_key"],
    )  # fmt: skip
    headers = {name.decode(): value.decode() for name, value in signed}
    url = f"{server.url}{PRODUCTS}?{query}"
    made = poseidon.urlopen(c["access_key"], c["secret_key"], url, body, headers)
    assert made["code"] == 0
    assert caller(server, c)("get", productKey=made["data"])["data"]["createBy"] == "dev"

    headers["apim-signature"] = "0" * 64
    refused = poseidon.urlopen(c["access_key"], c["secret_key"], url, body, headers)
    assert refused["code"] == 99403


def test_products_and_tokens_survive_a_restart(fresh_server: Server) -> None:
    call = caller(fresh_server, fresh_server.credentials())
    key = call("create", NEWER_SAMPLE)["data"]
    before = call("get", productKey=key)["data"]
    assert fresh_server.stop() == 0
    fresh_server.start()
    call = caller(fresh_server, fresh_server.credentials())
    assert call("get", productKey=key)["data"] == before


def test_the_snippet_works_as_printed(server: Server) -> None:
    code = snippet(ENOS, server.credentials(), server.url)
    ran = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment()
    )
    assert '"code": 0' in ran.stdout
