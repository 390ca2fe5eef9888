"""EnOS thing models for tests, and ways to provision and show them."""

from __future__ import annotations

from typing import Any

from entrepot.vendors.enos.models.use_cases import import_models
from tests.vendors.enos.caller import MODELS, Account, Enos


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


def provision(enos: Enos, account: Account, *documents: Any) -> tuple[str, ...]:
    caller = enos.caller(account)
    return enos.store.write_now(lambda tx: import_models(tx, caller, documents))


def show(enos: Enos, account: Account, model_id: str, **more: Any) -> dict[str, Any]:
    return enos.call(account, "get", path=MODELS, modelId=model_id, **more)
