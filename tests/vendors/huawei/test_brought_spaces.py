"""A tenant that left the cloud keeps its app_id: the pages' samples work verbatim, and every answer shows it."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest

from tests.server import Server
from tests.vendors.huawei.iotda import caller as iotda_caller
from tests.vendors.huawei.iotda.caller import Caller, sample
from tests.vendors.huawei.roma import caller as roma_caller
from tests.vendors.huawei.roma.caller import RomaCaller
from tests.vendors.huawei.roma.test_seed import SAMPLE, SAMPLE_APP


class Brought:
    """A tenant whose space has an id from each vendor; `computed` are those that it had before."""

    def __init__(self, server: Server, iotda: str, roma: str) -> None:
        self.server = server
        self.tenant = f"brought-{uuid.uuid4().hex[:8]}"
        server.run("tenant", "create", self.tenant, "--set=rate_limits=false")
        made = json.loads(
            server.run("space", "create", "testAPP01", "--tenant", self.tenant, "--json")
        )
        self.computed = made["ids"]
        self.ids = {"iotda.app_id": iotda, "roma.app_id": roma}
        self.iotda: Caller = iotda_caller.caller_of(server, self.tenant)
        self.roma: RomaCaller = roma_caller.caller(server, self.tenant)
        words = [f"--id={name}={id}" for name, id in self.ids.items()]
        # The server knows the tenant already, and notices the change within a second.
        assert self.iotda.send("GET", "apps").status == 200
        server.run("space", "set", "testAPP01", "--tenant", self.tenant, *words)
        time.sleep(1.2)


@pytest.fixture(scope="module")
def samples(server: Server) -> Brought:
    return Brought(server, sample("create_product_request")["app_id"], SAMPLE_APP)


@pytest.fixture(scope="module")
def own(server: Server) -> Brought:
    return Brought(server, "my_space-1", str(uuid.uuid4()))


def test_iotdas_sample_works_verbatim(samples: Brought) -> None:
    body = sample("create_product_request")
    reply = samples.iotda.send("POST", "products", json.dumps(body).encode())
    assert reply.status == 201, reply.body
    assert (reply.json["app_id"], reply.json["app_name"]) == (body["app_id"], "testAPP01")


def test_romas_sample_works_verbatim(samples: Brought) -> None:
    reply = samples.roma.send("POST", samples.roma.products, SAMPLE.read_bytes())
    assert reply.status == 201, reply.body
    assert (reply.json["app_id"], reply.json["app_name"]) == (SAMPLE_APP, "testAPP01")


@pytest.mark.parametrize("which", ["ids", "computed"])
def test_every_call_of_iotda_takes_both_ids_and_shows_the_brought_one(
    own: Brought, which: str
) -> None:
    iotda, shown = own.iotda, own.ids["iotda.app_id"]
    app = getattr(own, which)["iotda.app_id"]
    here = {"app_id": app}
    made = iotda.make(name=f"{which}", app_id=app)
    id = made["product_id"]
    device = iotda.send("POST", "devices", {"product_id": id, "node_id": f"n-{which}", **here})
    assert device.status == 201, device.body
    asked: list[Any] = [made, device.json]
    asked.append(iotda.send("GET", f"products/{id}", query=here).json)
    asked += iotda.send("GET", "products", query=here).json["products"]
    asked += iotda.send("GET", "devices", query=here).json["devices"]
    asked += iotda.send("GET", "devices", query={**here, "product_id": id}).json["devices"]
    asked.append(iotda.send("PUT", f"products/{id}", {"description": "d", **here}).json)
    asked.append(iotda.send("GET", f"apps/{app}").json)
    asked.append(iotda.send("PUT", f"apps/{app}", {"app_name": "testAPP01"}).json)
    assert len(asked) >= 9
    assert {one["app_id"] for one in asked} == {shown}
    assert shown in [one["app_id"] for one in iotda.send("GET", "apps").json["applications"]]
    gone = iotda.send("DELETE", f"devices/{device.json['device_id']}")
    assert gone.status == 204
    assert iotda.send("DELETE", f"products/{id}", query=here).status == 204


@pytest.mark.parametrize("which", ["ids", "computed"])
def test_every_call_of_roma_takes_both_ids_and_shows_the_brought_one(
    own: Brought, which: str
) -> None:
    roma, shown = own.roma, own.ids["roma.app_id"]
    app = getattr(own, which)["roma.app_id"]
    made = roma.create(app_id=app)
    devices = f"{roma.link}/devices"
    body = {
        "app_id": app, "node_id": f"r-{which}", "device_name": f"r-{which}", "status": 0,
        "product": {"product_id": made["id"]},
    }  # fmt: skip
    device = roma.call("POST", devices, body)
    assert device.status == 201, device.body
    asked: list[Any] = [made, device.json]
    asked.append(roma.call("GET", f"{roma.products}/{made['id']}").json)
    asked += roma.call("GET", roma.products, app_id=app).json["items"]
    asked += roma.call("GET", devices, app_id=app).json["items"]
    assert len(asked) >= 5
    file = roma.call("GET", f"{roma.products}/export", product_ids=str(made["id"])).body.decode()
    assert f"{made['id']},{shown}," in file
    assert {one["app_id"] for one in asked} == {shown}
    apps = f"/v2/{roma.project}/instances/{roma.instance}/apps"
    assert roma.call("GET", f"{apps}/{app}").json["id"] == shown
    assert roma.call("GET", f"{apps}/{app}/secret").json["id"] == shown
    assert shown in [one["id"] for one in roma.call("GET", apps).json["apps"]]


def test_another_tenant_does_not_know_the_id(server: Server, own: Brought) -> None:
    server.run("tenant", "create", "brought-stranger")
    stranger = iotda_caller.caller_of(server, "brought-stranger")
    reply = stranger.create(app_id=own.ids["iotda.app_id"])
    assert reply.code == "403 IOTDA.001006"
    other = roma_caller.caller(server, "brought-stranger")
    refused = other.call("POST", other.products, other.body(app_id=own.ids["roma.app_id"]))
    assert refused.status == 404


def test_a_deleted_space_frees_its_id(server: Server) -> None:
    id = f"freed-{uuid.uuid4().hex[:8]}"
    first = Brought(server, id, str(uuid.uuid4()))
    assert first.iotda.send("DELETE", f"apps/{id}").status == 204
    second = Brought(server, id, str(uuid.uuid4()))
    assert second.iotda.send("GET", f"apps/{id}").status == 200
