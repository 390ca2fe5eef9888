"""Models that another dialect wrote, seen and changed as ROMA's services; and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Format
from entrepot.core.models.differences import differences
from entrepot.core.models.thing_model import (
    Array,
    Boolean,
    Choice,
    Command,
    Enum,
    Event,
    Field,
    Number,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
)
from entrepot.core.ports import Entry, Tx
from entrepot.core.products import registry
from entrepot.core.things.product import Product
from entrepot.dialect.client import Credentials
from tests.contract.adapters import ROMA
from tests.contract.world import World
from tests.server import Server
from tests.vendors.huawei.iotda.caller import Caller, new_tenant, property, service

# Every dialect that has thing models: a new one joins by having a format.
OTHERS = [d.topics().formats[0] for d in root.dialects() if d.topics().formats and d.name != "roma"]
each_other = pytest.mark.parametrize("theirs", OTHERS, ids=lambda f: f.name)

RICH = ThingModel(
    id="",
    services=(
        Service(
            id="default",
            properties=(
                Property(id="level", name="Level", type=Number(kind="double"), access="rw"),
                Property(
                    id="mode",
                    type=Enum(choices=(Choice("0", "Auto"), Choice("1", "Manual")), base="int"),
                ),
                Property(
                    id="place",
                    type=Structure(fields=(Field(id="lat", type=Number(kind="double")),)),
                    access="rn",
                ),
            ),
            commands=(
                Command(
                    id="reset",
                    inputs=(Field(id="delay", type=Number(kind="int", maximum=Decimal(60))),),
                    outputs=(Field(id="done", type=Boolean()),),
                    call="async",
                ),
            ),
            events=(Event(id="alarm", severity="error", outputs=(Field(id="why", type=Text()),)),),
        ),
        Service(
            id="battery",
            properties=(Property(id="cells", type=Array(item=Number(kind="int"))),),
        ),
    ),
)


@dataclass
class Roma:
    """ROMA's calls on one product of a world."""

    world: World
    credentials: Credentials
    product: int

    def __call__(self, operation: str, body: Any = None, **given: Any) -> Any:
        request = ROMA.request(ROMA.operation(operation), given, body, self.credentials)
        answer = self.world.ask(request)
        assert answer.status < 300, answer.body
        return json.loads(answer.body) if answer.body else None

    def services(self) -> Any:
        return self("ListServices", product_id=self.product)["items"]

    def stored(self) -> Authored:
        """The product's model as it is kept."""

        def read(tx: Tx) -> Authored | None:
            [found] = [p for p in tx.scan(Product, self.tenant(tx)) if p.id == self.product]
            return found.profile.model

        model = self.world.installation.store.read_now(read)
        assert model is not None
        return model

    def tenant(self, tx: Tx) -> int:
        from entrepot.core.accounts import tenancy

        return tenancy.tenant_named(tx, self.credentials["name"]).id

    def authored(self, model: Authored) -> None:
        """As if another dialect had made the product with this model."""

        def write(tx: Tx) -> None:
            old = tx.get(Product, self.tenant(tx), self.product)
            assert old is not None
            tx.put(old, replace(old, profile=replace(old.profile, model=model)))

        self.world.installation.store.write_now(write)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("guests"))
    yield made
    made.close()


@pytest.fixture
def roma(world: World) -> Roma:
    credentials = world.tenant()
    body = {
        "app_id": credentials["roma"]["app_id"], "name": "guest", "manufacturer_id": "mm",
        "manufacturer_name": "Maker", "model": "m1", "product_type": 0, "protocol_type": 0,
    }  # fmt: skip
    made = world.ask(ROMA.create(body, credentials))
    return Roma(world, credentials, json.loads(made.body)["id"])


def test_there_are_others() -> None:
    assert "iotda" in {f.name for f in OTHERS}


@each_other
def test_what_another_wrote_is_shown_with_ids_that_stay(roma: Roma, theirs: Format) -> None:
    roma.authored(Authored(theirs.dialect, msgspec.Raw(theirs.write(RICH))))
    services = roma.services()
    assert roma.services() == services
    [main] = [s for s in services if any(p["property_name"] == "level" for p in of(roma, s))]
    names = [p["property_name"] for p in of(roma, main)]
    assert [n for n in names if n in ("level", "mode", "place")] == ["level", "mode", "place"]
    [reset] = roma("ListCommands", service_id=main["service_id"])["items"]
    of_reset = {"service_id": main["service_id"], "command_id": reset["command_id"]}
    assert reset["command_name"] == "reset"
    [delay] = roma("ListRequestProperties", **of_reset)["items"]
    [done] = roma("ListResponseProperties", **of_reset)["items"]
    assert (delay["property_name"], delay["data_type"]) == ("delay", "integer")
    if theirs.name != "enos":  # its numbers have no bounds
        assert delay["max"] == "60"
    assert (done["property_name"], done["data_type"]) == ("done", "boolean")
    assert (
        main["created_datetime"] == roma("ShowProduct", product_id=roma.product)["created_datetime"]
    )

    # The first edit makes it ROMA's: nothing moves.
    parts = of(roma, main)
    body = {"property_name": "added", "data_type": "boolean", "required": 0}
    roma("CreateProperty", body, service_id=main["service_id"])
    assert roma.stored().dialect == "roma"
    assert of(roma, main)[:-1] == parts
    assert [s["service_id"] for s in roma.services()] == [s["service_id"] for s in services]


@each_other
def test_an_edit_here_changes_nothing_else_there(roma: Roma, theirs: Format) -> None:
    catalog = root.catalog()
    roma.authored(Authored(theirs.dialect, msgspec.Raw(theirs.write(RICH))))
    before = catalog.model(roma.stored())
    assert before is not None
    [main, *_] = roma.services()
    body = {"property_name": "added", "data_type": "string", "required": 1, "max_length": 9}
    roma("CreateProperty", body, service_id=main["service_id"])
    after = catalog.model(roma.stored())
    assert after is not None
    [change] = differences(before, after, ignore="roma")
    assert (change.path[0], change.path[2:]) == ("services", ("properties", "added"))

    added = of(roma, main)[-1]
    ids = {"service_id": main["service_id"], "property_id": added["property_id"]}
    roma("DeleteProperty", **ids)
    again = catalog.model(roma.stored())
    assert again is not None
    assert differences(before, again, ignore="roma") == []
    theirs_again = catalog.text(roma.stored(), theirs.dialect)
    assert theirs_again is not None
    assert json.loads(bytes(theirs_again)) == json.loads(theirs.write(RICH))


def of(roma: Roma, service: Any) -> Any:
    return roma("ListProperties", service_id=service["service_id"], limit=99)["items"]


def test_a_model_that_nobody_here_can_read_is_shown_as_none_and_not_changed(roma: Roma) -> None:
    roma.authored(Authored("esperanto", msgspec.Raw(b"{}")))
    assert roma.services() == []
    operation = ROMA.operation("CreateService")
    body = {"product_id": roma.product, "service_name": "ss", "status": 0}
    answer = roma.world.ask(ROMA.request(operation, {}, body, roma.credentials))
    assert (answer.status, json.loads(answer.body)["error_code"]) == (500, "ROMA.00110702")
    assert roma.stored().dialect == "esperanto"


def test_the_log_tells_what_became_of_a_model(roma: Roma) -> None:
    form = roma("CreateProductTemplate", {"name": "tt", "status": 0})["id"]
    for owner in ({"product_template_id": form}, {"product_id": roma.product}):
        roma("CreateService", {"service_name": "ss", "status": 0, **owner})
        [id] = owner.values()

        def last(tx: Tx, id: int = id) -> Any:
            return tx.history(roma.tenant(tx), id)[-1]

        entry = roma.world.installation.store.read_now(last)
        assert (entry.action, entry.operation) == ("update", "CreateService")
        [before, after] = entry.changes["model"]
        assert before is None
        assert "ss" in json.dumps(after)


def test_the_log_of_a_model_that_is_built_part_by_part_grows_as_the_model_does(roma: Roma) -> None:
    service = roma("CreateService", {"product_id": roma.product, "service_name": "s0", "status": 0})
    for n in range(1, 40):
        roma("CreateService", {"product_id": roma.product, "service_name": f"s{n}", "status": 0})
    body = {"property_name": "level", "data_type": "string", "required": 0, "max_length": 9}
    roma("CreateProperty", body, service_id=service["service_id"])

    def read(tx: Tx) -> list[Entry]:
        return registry.history(tx, roma.tenant(tx), roma.product)

    lines = roma.world.installation.store.read_now(read)[2:]  # not the product's, nor the first
    assert len(lines) == 40
    sizes = [len(msgspec.json.encode(line)) for line in lines]
    assert max(sizes) < 2 * min(sizes)
    # Each says what came, and where: the part, its number, and who made it.
    assert lines[10].changes["model/services/11"] == [None, {"service_name": "s11", "status": 0}]
    added = {place: now for place, (was, now) in lines[-1].changes.items() if was is None}
    assert added["model/services/0/properties"] == [body]


# Through both vendors' calls


@pytest.fixture(scope="module")
def iotda(server: Server) -> Caller:
    return new_tenant(server, "roma-model-guests")


def test_iotda_s_services_and_roma_s_are_one_model(iotda: Caller) -> None:
    event = {"event_type": "alarm", "paras": [{"para_name": "why", "data_type": "string"}]}
    battery = service(
        service_id="battery",
        properties=[property(property_name="level", data_type="int", min="0", max="100")],
        events=[event],
    )
    made = iotda.make(name="both", service_capabilities=[battery])
    link = f"/v2/{iotda.project}/link/instances/default"
    [listed] = iotda.send("GET", f"{link}/products", query={"name": "both"}).json["items"]

    def services() -> Any:
        return iotda.send("GET", f"{link}/services", query={"product_id": listed["id"]}).json

    [shown] = services()["items"]
    assert (shown["service_name"], shown["product_id"]) == ("battery", listed["id"])
    properties = f"{link}/services/{shown['service_id']}/properties"
    [level] = iotda.send("GET", properties).json["items"]
    assert (level["property_name"], level["min"], level["max"]) == ("level", "0", "100")
    assert level["method"] == "RW"

    added = {"property_name": "voltage", "data_type": "number", "required": 0, "min": "0",
             "max": "60", "step": "0.01", "unit": "V", "method": "R"}  # fmt: skip
    assert iotda.send("POST", properties, added).status == 201
    there = iotda.send("GET", f"products/{made['product_id']}").json["service_capabilities"]
    assert [p["property_name"] for p in there[0]["properties"]] == ["level", "voltage"]
    # as it was sent: decimal numbers that are whole, a name for its type, an event that ROMA lacks
    assert there[0]["properties"][0] == made["service_capabilities"][0]["properties"][0]
    assert there[0]["events"] == made["service_capabilities"][0]["events"]
    assert there[0]["properties"][1]["max"] == "60"

    # IoTDA replaces the whole list: what stays keeps its ids in ROMA.
    ids = {
        p["property_name"]: p["property_id"] for p in iotda.send("GET", properties).json["items"]
    }
    there[0]["properties"].insert(0, property(property_name="first"))
    there.insert(0, service(service_id="another"))
    changed = {"service_capabilities": there}
    assert iotda.send("PUT", f"products/{made['product_id']}", changed).status == 200
    assert [s["service_name"] for s in services()["items"]] == ["another", "battery"]
    assert services()["items"][1]["service_id"] == shown["service_id"]
    now = {
        p["property_name"]: p["property_id"] for p in iotda.send("GET", properties).json["items"]
    }
    assert {name: now[name] for name in ids} == ids
    assert len({*now.values()}) == 3
