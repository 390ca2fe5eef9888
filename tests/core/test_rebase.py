"""An edit of a few services costs no reading and writing of the others, and means the same as if it did."""

from __future__ import annotations

import json
from random import Random

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Format, read
from entrepot.core.models.differences import differences, undone
from entrepot.core.models.rebase import Edit, edited
from entrepot.core.models.thing_model import Number, Property, Service, ThingModel
from tests.models import drawn

SHELF = root.catalog()
WORDS = [SHELF.named(name) for name in ("thing-model-json", "tsl")]
NEW = Property(id="added", name="Added", access="r", type=Number(kind="int"))


def wholly(model: ThingModel, words: Format, edit: Edit) -> ThingModel:
    """The edit the long way: the whole model as the words show it, and back to it what they do not."""
    shown = read(words.write(model), words)
    return undone(edit(shown), differences(model, shown))


def on(service: str, change: Edit) -> Edit:
    """The change, of a model that has this one service, made to that service of a model."""

    def edit(model: ThingModel) -> ThingModel:
        services = []
        for one in model.services:
            services += (
                change(replace(model, services=(one,))).services if one.id == service else [one]
            )
        return replace(model, services=tuple(services))

    return edit


def adding(model: ThingModel) -> ThingModel:
    [one] = model.services
    return replace(model, services=(replace(one, properties=(*one.properties, NEW)),))


def changing(model: ThingModel) -> ThingModel:
    [one] = model.services
    first = tuple(replace(NEW, id=p.id) for p in one.properties[:1])
    return replace(model, services=(replace(one, properties=(*first, *one.properties[1:])),))


def dropping(model: ThingModel) -> ThingModel:
    [one] = model.services
    return replace(model, services=(replace(one, events=one.events[1:]),))


def leaving(model: ThingModel) -> ThingModel:
    return replace(model, services=())


def joining(model: ThingModel) -> ThingModel:
    return replace(model, services=(*model.services, Service(id="joined", properties=(NEW,))))


@pytest.mark.parametrize("words", WORDS, ids=lambda f: f.name)
@pytest.mark.parametrize("change", [adding, changing, dropping, leaving, joining])
def test_an_edit_of_some_services_means_what_an_edit_of_the_whole_means(
    words: Format, change: Edit
) -> None:
    for seed in range(100):
        random = Random(seed)
        old = SHELF.authored(drawn(random), "aliyun")
        was = SHELF.model(old)
        assert was is not None
        if not was.services:
            continue
        edit = on(random.choice(was.services).id, change)
        new = edited(SHELF, old, words, edit, "aliyun")
        assert new is not None
        expected = wholly(was, words, edit)
        now = SHELF.model(new)
        assert now is not None
        assert differences(expected, now) == []
        assert json.loads(bytes(new.text)) == json.loads(WORDS[1].write(expected))


@pytest.mark.parametrize("dialect", ["iotda", "roma", "enos"])
def test_an_edit_of_what_another_dialect_wrote_keeps_what_the_editor_cannot_say(
    dialect: str,
) -> None:
    for seed in range(40):
        old = SHELF.authored(drawn(Random(seed)), dialect)
        was = SHELF.model(old)
        assert was is not None
        if not was.services:
            continue
        edit = on(was.services[-1].id, adding)
        new = edited(SHELF, old, WORDS[0], edit, "aliyun")
        assert new is not None
        now = SHELF.model(new)
        assert now is not None
        paths = {d.path for d in differences(was, now, "tsl")}
        assert paths == {("services", was.services[-1].id, "properties", "added")}


def test_what_nobody_can_read_is_not_edited() -> None:
    unknown = Authored("esperanto", SHELF.authored(ThingModel(id=""), "roma").text)
    assert edited(SHELF, unknown, WORDS[0], lambda model: model, "aliyun") is None
