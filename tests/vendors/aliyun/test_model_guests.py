"""Models that other dialects wrote, seen, changed and published through Alibaba's actions; and back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Format, convert
from entrepot.core.models.differences import ORDER, differences
from entrepot.core.models.rebase import rebased
from entrepot.core.models.thing_model import (
    Array,
    Boolean,
    Command,
    DateTime,
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
from entrepot.core.products import named_models
from entrepot.core.things.product import Product, Profile
from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Answer
from tests.contract.adapters import ALIYUN, IOTDA
from tests.contract.world import World
from tests.largest import largest
from tests.models import drawn

# Every dialect that has thing models: a new one joins by having a format.
OTHERS = [
    d.topics().formats[0] for d in root.dialects() if d.topics().formats and d.name != "aliyun"
]
each_other = pytest.mark.parametrize("theirs", OTHERS, ids=lambda f: f.name)

RICH = ThingModel(
    id="",
    services=(
        Service(
            id="default",
            properties=(
                Property(
                    id="level",
                    description="Charge",
                    access="rw",
                    type=Number(kind="int", minimum=Decimal(0), maximum=Decimal(100)),
                    unit="%",
                ),
                Property(id="serial", access="r", type=Text(max_length=32), required=True),
                Property(
                    id="place",
                    access="r",
                    type=Structure(fields=(Field(id="lat", type=Number(kind="double")),)),
                ),
                Property(
                    id="cells", access="r", type=Array(item=Number(kind="float"), max_items=8)
                ),
            ),
            commands=(
                Command(
                    id="reset",
                    inputs=(Field(id="delay", type=Number(kind="int"), required=True),),
                    outputs=(Field(id="done", type=Boolean()),),
                ),
            ),
            events=(Event(id="low", outputs=(Field(id="at", type=DateTime()),)),),
        ),
    ),
)
FEATURE = {
    "identifier": "added", "name": "Added", "rwFlag": "READ_ONLY", "dataType": "TEXT",
    "dataSpecs": {"dataType": "TEXT", "length": 9},
}  # fmt: skip


@dataclass
class Aliyun:
    """Alibaba's calls on one product of a world."""

    world: World
    credentials: Credentials
    key: str

    def __call__(self, action: str, **given: Any) -> Any:
        operation = ALIYUN.operation(action)
        request = ALIYUN.request(
            operation, {"ProductKey": self.key, **given}, None, self.credentials
        )
        answer = json.loads(self.world.ask(request).body)
        assert answer["Success"] is True, answer
        return answer

    def model(self, action: str = "QueryThingModel", **given: Any) -> Any:
        """A module as ThingModelJson."""
        return json.loads(self(action, **given)["Data"]["ThingModelJson"])

    def modules(self) -> list[str]:
        """The FunctionBlockIds, the default one's among them."""
        return ["default", *(b["functionBlockId"] for b in self.model().get("functionBlocks", ()))]

    def home(self) -> str:
        """The module where the guest's features are."""
        held = {m: self.model(FunctionBlockId=m)["properties"] for m in self.modules()}
        return next(m for m, listed in held.items() if "level" in names(listed))

    def stored(self) -> Product:
        """The product as it is kept."""

        def read(tx: Tx) -> Product:
            id = ALIYUN.value.product_of(self.world.installation.vault, self.key)
            tenant = tenancy.tenant_named(tx, self.credentials["name"]).id
            [found] = [p for p in tx.scan(Product, tenant) if p.id == id]
            return found

        return self.world.installation.store.read_now(read)

    def log(self) -> list[Entry]:
        """What the audit log has of it."""
        found = self.stored()
        return self.world.installation.store.read_now(lambda tx: tx.history(found.tenant, found.id))

    def authored(self, model: Authored) -> None:
        """As if another dialect had made the product, with this model."""
        old = self.stored()
        profile = Profile(name=old.profile.name, model=model)
        new = replace(old, origin=model.dialect, profile=profile)
        self.world.installation.store.write_now(lambda tx: tx.put(old, new))


def names(listed: list[Any]) -> list[str]:
    return [one["identifier"] for one in listed]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("guests"))
    yield made
    made.close()


@pytest.fixture
def aliyun(world: World) -> Aliyun:
    credentials = world.tenant()
    body = {"ProductName": "Guest", "NodeType": 0, "AliyunCommodityCode": "iothub_senior"}
    made = world.ask(ALIYUN.create(body, credentials))
    return Aliyun(world, credentials, json.loads(made.body)["ProductKey"])


def test_there_are_others() -> None:
    assert {"iotda", "roma"} <= {f.name for f in OTHERS}


@each_other
def test_a_guest_s_model_is_in_force_and_the_draft(aliyun: Aliyun, theirs: Format) -> None:
    aliyun.authored(Authored(theirs.dialect, msgspec.Raw(theirs.write(RICH))))
    module = aliyun.home()
    for action in ("QueryThingModel", "QueryThingModelPublished"):
        shown = aliyun.model(action, FunctionBlockId=module)
        assert "_ppk" not in shown
        properties = {p["identifier"]: p for p in shown["properties"]}
        assert properties["level"]["dataType"] in ("INT", "DOUBLE")
        if theirs.name != "enos":  # its numbers have no bounds
            assert properties["level"]["dataSpecs"]["max"] == "100"
        assert properties["serial"]["dataSpecs"]["length"] == 32
    for action in ("GetThingModelTsl", "GetThingModelTslPublished"):
        tsl = json.loads(aliyun(action, FunctionBlockId=module)["Data"]["TslStr"])
        [post] = [e for e in tsl["events"] if e["identifier"] == "post"]
        assert names(post["outputData"]) == names(tsl["properties"])
    assert aliyun("ListThingModelVersion")["Data"]["ModelVersions"] == []


@each_other
def test_an_edit_here_changes_nothing_else_there(aliyun: Aliyun, theirs: Format) -> None:
    catalog, text = root.catalog(), theirs.write(RICH)
    guest = Authored(theirs.dialect, msgspec.Raw(text))
    aliyun.authored(guest)
    module, before = aliyun.home(), catalog.model(guest)
    assert before is not None
    feature = json.dumps({"properties": [FEATURE]})
    aliyun("CreateThingModel", ThingModelJson=feature, FunctionBlockId=module)
    # The draft waits; what is in force is still theirs, to the letter.
    in_force = aliyun.stored().profile.model
    assert in_force is not None
    assert (in_force.dialect, bytes(in_force.text)) == (theirs.dialect, text)

    aliyun("PublishThingModel", ModelVersion="1")
    published = aliyun.stored().profile.model
    assert published is not None
    assert published.dialect == "aliyun"
    after = catalog.model(published)
    assert after is not None
    changes = [d for d in differences(before, after) if d.path[-2:-1] != ("extras",)]
    [added] = [d for d in changes if "tsl" not in d.path and "thing-model-json" not in d.path]
    assert added.path == ("services", module, "properties", "added")

    aliyun("DeleteThingModel", FunctionBlockId=module, **{"PropertyIdentifier.1": "added"})
    aliyun("PublishThingModel", ModelVersion="2")
    again = aliyun.stored().profile.model
    assert again is not None
    back = catalog.text(again, theirs.dialect)
    assert back is not None
    assert json.loads(bytes(back)) == json.loads(text)


def test_a_model_that_nobody_here_can_read_is_shown_as_none_and_not_changed(
    aliyun: Aliyun,
) -> None:
    unknown = Authored("esperanto", msgspec.Raw(b"{}"))
    aliyun.authored(unknown)
    assert aliyun.model()["properties"] == []
    assert aliyun.model("QueryThingModelPublished")["properties"] == []
    given = {"ProductKey": aliyun.key, "ThingModelJson": json.dumps({"properties": [FEATURE]})}
    operation = ALIYUN.operation("CreateThingModel")
    answer = aliyun.world.ask(ALIYUN.request(operation, given, None, aliyun.credentials))
    assert json.loads(answer.body)["Code"] == "iot.system.IllegalRequest"
    assert aliyun.stored().profile.model == unknown


# A draft that is open while another dialect changes the model


@dataclass
class IoTDA:
    """IoTDA's calls on the same product."""

    aliyun: Aliyun

    def __call__(self, operation: str, body: Any = None) -> Any:
        world, credentials = self.aliyun.world, self.aliyun.credentials
        id = IOTDA.value.handle(world.installation.vault, self.aliyun.stored())
        request = IOTDA.request(IOTDA.operation(operation), {"product_id": id}, body, credentials)
        answer = world.ask(request)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def services(self) -> Any:
        return self("ShowProduct")["service_capabilities"]

    def replace(self, services: Any) -> None:
        self("UpdateProduct", {"service_capabilities": services})


def held(services: Any) -> dict[str, Any]:
    """The properties of IoTDA's services by their paths."""
    return {
        f"{s['service_id']}/{p['property_name']}": p for s in services for p in s.get("properties") or ()
    }  # fmt: skip


def feature(identifier: str) -> str:
    return json.dumps({"properties": [{**FEATURE, "identifier": identifier}]})


def test_publishing_a_draft_undoes_nothing_that_another_dialect_did_meanwhile(
    aliyun: Aliyun,
) -> None:
    iotda = IoTDA(aliyun)
    for identifier in ("kept", "narrowed", "dropped", "both"):
        aliyun("CreateThingModel", ThingModelJson=feature(identifier))
    aliyun("PublishThingModel", ModelVersion="1")
    aliyun("CreateThingModel", ThingModelJson=feature("mine"))
    mine = {**FEATURE, "identifier": "both", "dataSpecs": {"dataType": "TEXT", "length": 20}}
    aliyun("UpdateThingModel", Identifier="both", ThingModelJson=json.dumps({"properties": [mine]}))
    # IoTDA sees what is in force, not the draft, and changes it.
    services = iotda.services()
    assert set(held(services)) == {f"default/{n}" for n in ("kept", "narrowed", "dropped", "both")}
    [default] = services
    for one in default["properties"]:
        one["max_length"] = {"narrowed": 5, "both": 7}.get(one["property_name"], one["max_length"])
    theirs = {**default["properties"][0], "property_name": "theirs"}
    default["properties"] = [p for p in default["properties"] if p["property_name"] != "dropped"]
    default["properties"].append(theirs)
    lamp = {"service_id": "lamp", "service_type": "lamp", "properties": [theirs]}
    iotda.replace([default, lamp])
    # The draft shows it before anybody publishes it, beside what it was changed to itself.
    draft = {p["identifier"]: p for p in aliyun.model()["properties"]}
    assert set(draft) == {"kept", "narrowed", "both", "mine", "theirs"}
    assert draft["narrowed"]["dataSpecs"]["length"] == 5
    assert draft["both"]["dataSpecs"]["length"] == 20  # both changed it: the draft's is the later
    assert names(aliyun.model(FunctionBlockId="lamp")["properties"]) == ["theirs"]
    assert set(held(iotda.services())) == {
        "default/kept", "default/narrowed", "default/both", "default/theirs", "lamp/theirs",
    }  # fmt: skip

    aliyun("PublishThingModel", ModelVersion="2")
    lengths = {path: p["max_length"] for path, p in held(iotda.services()).items()}
    assert lengths == {
        "default/kept": 9, "default/narrowed": 5, "default/both": 20, "default/mine": 9, "default/theirs": 9,
        "lamp/theirs": 9,
    }  # fmt: skip
    log = aliyun.log()
    assert log[-1].operation == "PublishThingModel"
    assert log[-1].changes["draft"] == ["(published)", None]
    [begun] = [e for e in log if e.changes.get("draft") == [None, "(begun)"]]
    assert begun.changes["draft/properties/4"][1]["identifier"] == "mine"


# A model that is long to read


def test_edits_of_a_large_model_at_once_are_all_kept_and_most_of_each_is_done_beside_the_store(
    aliyun: Aliyun,
) -> None:
    catalog = root.catalog()
    text = convert(largest(), catalog.named("iotda"), catalog.named("aliyun")).text
    aliyun.authored(Authored("aliyun", msgspec.Raw(text)))
    world, units = aliyun.world, list[int]()
    operation = ALIYUN.operation("CreateThingModel")
    requests = [
        ALIYUN.request(
            operation,
            {"ProductKey": aliyun.key, "ThingModelJson": feature(name)},
            None,
            aliyun.credentials,
        )
        for name in ("one", "other")
    ]
    store = world.installation.store
    store.committed, before = lambda n, seconds: units.append(n), store.committed

    async def at_once() -> list[Answer]:
        served = world.owners.below(requests[0].path)[0]
        answers = await asyncio.gather(*(served.handle(r, world.context) for r in requests))
        return [answer for answer, _ in answers]

    try:
        for answer in world.run(at_once()):
            assert json.loads(answer.body)["Success"] is True, answer.body
    finally:
        store.committed = before
    assert {"one", "other"} <= set(names(aliyun.model()["properties"]))
    assert sum(units) == 4  # each asked for its work to be done ahead, and came again


# A draft of a product that is an instance of a named model


def named(aliyun: Aliyun, **lengths: int) -> None:
    """The named model Station, with texts of these lengths, as EnOS keeps it."""
    words = next(f for f in OTHERS if f.dialect == "enos")
    texts = (Property(id=n, access="r", type=Text(max_length=x)) for n, x in lengths.items())
    model = ThingModel(id="Station", services=(Service(id="default", properties=tuple(texts)),))
    vault = aliyun.world.installation.vault

    def put(tx: Tx) -> None:
        tenant = tenancy.tenant_named(tx, aliyun.credentials["name"])
        user = tenancy.user_named(tx, tenant, tenant.name)
        caller = Caller(tenant, user, "enos", "Import", "test", 1, vault, catalog=root.catalog())
        named_models.put(tx, caller, "Station", Authored("enos", msgspec.Raw(words.write(model))))

    aliyun.world.installation.store.write_now(put)


def lengths(listed: list[Any]) -> dict[str, int]:
    return {p["identifier"]: int(p["dataSpecs"]["length"]) for p in listed}


@pytest.fixture
def instance(aliyun: Aliyun) -> Aliyun:
    """A product that is an instance of Station, and has a draft of its own."""
    old = aliyun.stored()
    new = replace(old, origin="enos", profile=Profile(name=old.profile.name, model_key="Station"))
    aliyun.world.installation.store.write_now(lambda tx: tx.put(old, new))
    named(aliyun, kept=9, narrowed=9, dropped=9, both=9)
    aliyun("CreateThingModel", ThingModelJson=feature("mine"))
    mine = {**FEATURE, "identifier": "both", "dataSpecs": {"dataType": "TEXT", "length": 20}}
    aliyun("UpdateThingModel", Identifier="both", ThingModelJson=json.dumps({"properties": [mine]}))
    return aliyun


@pytest.mark.parametrize("edited", [False, True])
def test_a_draft_shows_and_keeps_what_the_named_model_changes_meanwhile(
    instance: Aliyun, edited: bool
) -> None:
    named(instance, kept=9, narrowed=5, both=7, theirs=9)
    wanted = {"kept": 9, "narrowed": 5, "both": 20, "theirs": 9, "mine": 9}
    assert lengths(instance.model()["properties"]) == wanted
    if edited:
        instance("CreateThingModel", ThingModelJson=feature("more"))
        named(instance, kept=4, narrowed=5, both=7, theirs=9)
        wanted |= {"more": 9, "kept": 4}
        assert lengths(instance.model()["properties"]) == wanted
    instance("PublishThingModel")
    published = instance.model("QueryThingModelPublished")["properties"]
    assert lengths(published) == wanted
    last = instance.log()[-1].changes
    assert last["draft"] == ["(published)", None]
    found = instance.stored()
    assert (found.draft, found.draft_base) == (None, None)
    named(instance, kept=1)  # it has a model of its own now
    assert lengths(instance.model()["properties"]) == wanted


def test_another_dialect_that_gives_an_instance_its_own_model_undoes_nothing_of_the_draft(
    instance: Aliyun,
) -> None:
    named(instance, kept=9, narrowed=5, both=7, theirs=9)
    iotda = IoTDA(instance)
    [default] = iotda.services()
    default["properties"] = [p for p in default["properties"] if p["property_name"] != "kept"]
    iotda.replace([default])
    wanted = {"narrowed": 5, "both": 20, "theirs": 9, "mine": 9}
    assert lengths(instance.model()["properties"]) == wanted
    assert instance.stored().draft_base is None
    instance("PublishThingModel")
    assert set(held(iotda.services())) == {f"default/{name}" for name in wanted}


def test_a_draft_that_was_begun_from_nothing_takes_in_what_another_dialect_made(
    aliyun: Aliyun,
) -> None:
    aliyun("CreateThingModel", ThingModelJson=feature("mine"))
    theirs = {"property_name": "theirs", "data_type": "string", "max_length": 9, "method": "R"}
    service = {"service_id": "default", "service_type": "default", "properties": [theirs]}
    IoTDA(aliyun).replace([service])
    assert set(names(aliyun.model()["properties"])) == {"mine", "theirs"}
    aliyun("PublishThingModel")
    assert set(held(IoTDA(aliyun).services())) == {"default/mine", "default/theirs"}


@pytest.mark.parametrize("seed", range(60))
def test_a_draft_nobody_changed_becomes_the_new_model_and_one_over_an_old_base_stays(
    seed: int,
) -> None:
    catalog = root.catalog()
    random = Random(seed)
    one, other = (catalog.authored(drawn(random), "aliyun") for _ in range(2))
    new = rebased(catalog, one, one, other)
    was, now = catalog.model(other), catalog.model(new)
    assert was is not None
    assert now is not None
    assert [d for d in differences(was, now) if d.path[-1] != ORDER] == []
    assert rebased(catalog, other, one, one) == other
