"""A model's parts between ROMA's calls and its documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from entrepot.core.caller import Caller
from entrepot.core.products.registry import Ref
from entrepot.core.things.template import Template
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.formats import wire as formats_wire
from entrepot.vendors.huawei.roma.formats.document import Plain
from entrepot.vendors.huawei.roma.models import wire
from entrepot.vendors.huawei.roma.models.use_cases import Found, Owner, PartList, Step
from entrepot.vendors.huawei.roma.paging import Page, Selection, both, made, part
from entrepot.vendors.huawei.roma.people import user

Steps = tuple[Step, ...]
Change = Callable[[Plain], Plain]

IDS = {"services": "service_id", "commands": "command_id"}
"""The parameter that holds the id of a part of this list; `property_id` for all others."""
# What says nothing for another data type.
_TYPED = ("min", "max", "step", "max_length", "enum_list", "enum_dict")


def steps(*kinds: str) -> Callable[[Call, Caller], Steps]:
    """The part that a path names, by the lists on the way to it."""

    def take(call: Call, caller: Caller) -> Steps:
        return tuple((kind, getattr(call.params, IDS.get(kind, "property_id"))) for kind in kinds)

    return take


def part_list(*kinds: str) -> Callable[[Call, Caller], PartList]:
    """The list that a path names, which is the last of them."""
    *above, kind = kinds
    to = steps(*above)
    return lambda call, caller: PartList(kind, to(call, caller))


def draft(*kinds: str) -> Callable[[Call, Caller], tuple[PartList, Plain]]:
    """CreateProperty and its like as a list and what is to be in it."""
    to = part_list(*kinds)
    return lambda call, caller: (to(call, caller), changed(call.body)({}))


def service_draft(call: Call, caller: Caller) -> tuple[PartList, Plain]:
    """CreateService as whose services, and the service."""
    body: wire.CreateService = call.body
    return PartList("services", owner=_owner(body)), _service(body)({})


def change(*kinds: str) -> Callable[[Call, Caller], tuple[Steps, Change]]:
    """UpdateProperty and its like as a part and its change."""
    to = steps(*kinds)
    return lambda call, caller: (to(call, caller), changed(call.body))


def changed(body: formats_wire.Parameter | wire.WriteCommand | wire.UpdateService) -> Change:
    """What the body makes of a part. What is absent stays as it is (INFERRED), as of products."""
    if isinstance(body, wire.WriteCommand):
        return lambda old: _merged(old, command_name=body.name, description=body.description)
    if isinstance(body, wire.UpdateService):
        return _service(body)
    given = {name: getattr(body, name) for name in body.__struct_fields__}

    def edit(old: Plain) -> Plain:
        if old.get("data_type") != body.data_type:
            old = {name: value for name, value in old.items() if name not in _TYPED}
        return _merged(old, **given)

    return edit


def _service(body: wire.UpdateService) -> Change:
    return lambda old: _merged(
        old, service_name=body.service_name, status=body.status, description=body.description
    )


def _merged(old: Plain, **given: Any) -> Plain:
    """None leaves a member as it is, an empty text takes it back."""
    new = {**old, **{name: value for name, value in given.items() if value is not None}}
    return {name: value for name, value in new.items() if value not in ("", {})}


def _owner(p: wire.CreateService | wire.ListServices) -> Owner | None:
    if p.product_template_id is not None:
        return Owner(Ref(str(p.product_template_id), p.product_template_id), template=True)
    if p.product_id is not None:
        return Owner(Ref(str(p.product_id), p.product_id), template=False)
    return None


def service_selection(call: Call, caller: Caller) -> tuple[PartList, Selection[Found]]:
    """ListServices as whose services, and which of them."""
    p: wire.ListServices = call.params
    owner = _owner(p)
    if owner is None and p.service_id is not None:
        owner = Owner(Ref(str(p.service_id), handles.part_of(p.service_id)[0]))
    tests = [*made(p), *_tests(p.service_id, p.service_name)]
    return PartList("services", owner=owner), Selection(*part(p), test=both(tests))


def part_selection(
    word: str, *kinds: str
) -> Callable[[Call, Caller], tuple[PartList, Selection[Found]]]:
    """A list call as a list and which of its parts; `word` begins the names of its filters."""
    to = part_list(*kinds)

    def take(call: Call, caller: Caller) -> tuple[PartList, Selection[Found]]:
        p = call.params
        tests = _tests(getattr(p, f"{word}_id"), getattr(p, f"{word}_name"))
        return to(call, caller), Selection(*part(p), test=both(tests))

    return take


def _tests(id: int | None, name: str | None) -> list[Callable[[Any], bool]]:
    """INFERRED: filters match whole values; an empty one, all."""
    tests: list[Callable[[Any], bool]] = []
    if id is not None:
        tests.append(lambda found: found.ids[-1] == id)
    if name:
        tests.append(lambda found: found.part.name == name)
    return tests


def service(found: Found, caller: Caller) -> wire.ShownService:
    """The service as ROMA shows it."""
    owner, plain = found.owner, found.part.plain
    of_template = isinstance(owner, Template)
    return wire.ShownService(
        product_template_id=owner.id if of_template else None,
        product_id=None if of_template else owner.id,
        service_id=found.ids[-1],
        service_name=found.part.name,
        description=plain.get("description"),
        status=plain.get("status", 0),
        created_user=user(found.made.by),
        last_updated_user=user(found.changed.by),
        created_datetime=found.made.at,
        last_updated_datetime=found.changed.at,
    )


def command(found: Found, caller: Caller) -> wire.ShownCommand:
    """The command as ROMA shows it."""
    return wire.ShownCommand(
        service_id=found.ids[0],
        command_id=found.ids[1],
        command_name=found.part.name,
        description=found.part.plain.get("description"),
    )


def property(found: Found, caller: Caller) -> wire.ShownProperty:
    """The property as ROMA shows it."""
    return wire.ShownProperty(**_value(found), method=found.part.plain.get("method"))


def parameter(found: Found, caller: Caller) -> wire.ShownParameter:
    """What a command takes or answers, as ROMA shows it."""
    return wire.ShownParameter(**_value(found))


def _value(found: Found) -> Plain:
    plain = found.part.plain
    return {
        "property_id": found.ids[-1],
        "property_name": found.part.name,
        "description": plain.get("description"),
        "data_type": plain.get("data_type", ""),
        "required": plain.get("required", 0),
        "min": plain.get("min", wire.MIN),
        "max": plain.get("max", wire.MAX),
        "step": plain.get("step", wire.STEP),
        "max_length": plain.get("max_length", wire.MAX_LENGTH),
        "unit": plain.get("unit"),
        "enum_list": plain.get("enum_list"),
        "enum_dict": plain.get("enum_dict"),
    }


def page(
    of: Callable[[Found, Caller], Any], shown: type[Any]
) -> Callable[[Page[Found], Caller], Any]:
    """A page of parts, each as `of` shows it."""

    def give(page: Page[Found], caller: Caller) -> Any:
        items = [of(one, caller) for one in page.items]
        return shown(page.total, len(items), items)

    return give
