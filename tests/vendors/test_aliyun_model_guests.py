"""Models that other dialects wrote, seen, changed and published through Alibaba's actions; and back."""

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
from entrepot.core import tenancy
from entrepot.core.conversion import Format
from entrepot.core.differences import differences
from entrepot.core.ports import Tx
from entrepot.core.product import Authored, Product, Profile
from entrepot.core.thing_model import (
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
from tests.contract.adapters import ALIYUN, Credentials
from tests.contract.world import World

# Every dialect that has thing models: a new one joins by having a format.
OTHERS = [d.formats[0] for d in root.dialects() if d.formats and d.name != "aliyun"]
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
    shelf, text = root.shelf(), theirs.write(RICH)
    guest = Authored(theirs.dialect, msgspec.Raw(text))
    aliyun.authored(guest)
    module, before = aliyun.home(), shelf.model(guest)
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
    after = shelf.model(published)
    assert after is not None
    changes = [d for d in differences(before, after) if d.path[-2:-1] != ("extras",)]
    [added] = [d for d in changes if "tsl" not in d.path and "thing-model-json" not in d.path]
    assert added.path == ("services", module, "properties", "added")

    aliyun("DeleteThingModel", FunctionBlockId=module, **{"PropertyIdentifier.1": "added"})
    aliyun("PublishThingModel", ModelVersion="2")
    again = aliyun.stored().profile.model
    assert again is not None
    back = shelf.text(again, theirs.dialect)
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
