"""The thing model: ROMA's operations on services, properties, commands and what these take and answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.roma.actions import B
from entrepot.vendors.huawei.roma.common import Address
from entrepot.vendors.huawei.roma.formats import wire as formats_wire
from entrepot.vendors.huawei.roma.models import convert, use_cases, wire

SERVICE = f"{B}/services/{{service_id}}"
COMMAND = f"{SERVICE}/commands/{{command_id}}"

_PROPERTY = {
    "property_name": "power_usage", "description": "power_usage", "data_type": "integer",
    "required": 0, "min": "0", "max": "100", "step": "1", "unit": "W",
}  # fmt: skip
_SERVICE = {"service_name": "service", "description": "service", "status": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of part, in the vendor's words: what its five operations have of their own.

    `kinds` are the lists on the way to it, `word` begins the names of its filters.
    """

    name: str
    plural: str
    title: str  # "a command's request property"
    titles: str
    page: str  # the vendor's name of it in titles of pages
    kinds: tuple[str, ...]
    word: str
    path: str
    within: type[Any]  # address of the list
    at: type[Any]  # address of one
    filters: type[Any]
    create: type[Any]
    update: type[Any]
    shown: type[Any]
    listed: type[Any]
    status: int  # of a create
    give: Callable[[Any, Any], Any]
    example: Any
    change: Any


KINDS = (
    Kind(
        name="Service",
        plural="Services",
        title="a service",
        titles="the services of a product or a template",
        page="Service",
        kinds=("services",),
        word="service",
        path=f"{B}/services",
        within=Address,
        at=wire.ServiceAddress,
        filters=wire.ListServices,
        create=wire.CreateService,
        update=wire.UpdateService,
        shown=wire.ShownService,
        listed=wire.Services,
        status=201,
        give=convert.service,
        example={**_SERVICE, "product_template_id": 10001},
        change=_SERVICE,
    ),
    Kind(
        name="Property",
        plural="Properties",
        title="a service's property",
        titles="a service's properties",
        page="Property",
        kinds=("services", "properties"),
        word="property",
        path=f"{SERVICE}/properties",
        within=wire.ServiceAddress,
        at=wire.PropertyAddress,
        filters=wire.ListProperties,
        create=formats_wire.Property,
        update=formats_wire.Parameter,
        shown=wire.ShownProperty,
        listed=wire.Properties,
        status=201,
        give=convert.property,
        example={**_PROPERTY, "method": "R"},
        change=_PROPERTY,
    ),
    Kind(
        name="Command",
        plural="Commands",
        title="a service's command",
        titles="a service's commands",
        page="Command",
        kinds=("services", "commands"),
        word="command",
        path=f"{SERVICE}/commands",
        within=wire.ServiceAddress,
        at=wire.CommandAddress,
        filters=wire.ListCommands,
        create=wire.WriteCommand,
        update=wire.WriteCommand,
        shown=wire.ShownCommand,
        listed=wire.Commands,
        status=200,
        give=convert.command,
        example={"name": "restart", "description": "Start again"},
        change={"name": "restart", "description": "Start again"},
    ),
    Kind(
        name="RequestProperty",
        plural="RequestProperties",
        title="a command's request property",
        titles="a command's request properties",
        page="Request Property",
        kinds=("services", "commands", "requests"),
        word="request",
        path=f"{COMMAND}/requests",
        within=wire.CommandAddress,
        at=wire.ParameterAddress,
        filters=wire.ListRequests,
        create=formats_wire.Parameter,
        update=formats_wire.Parameter,
        shown=wire.ShownParameter,
        listed=wire.Parameters,
        status=200,
        give=convert.parameter,
        example=_PROPERTY,
        change=_PROPERTY,
    ),
    Kind(
        name="ResponseProperty",
        plural="ResponseProperties",
        title="a command's response property",
        titles="a command's response properties",
        page="Response Property",
        kinds=("services", "commands", "responses"),
        word="response",
        path=f"{COMMAND}/responses",
        within=wire.CommandAddress,
        at=wire.ParameterAddress,
        filters=wire.ListResponses,
        create=formats_wire.Parameter,
        update=formats_wire.Parameter,
        shown=wire.ShownParameter,
        listed=wire.Parameters,
        status=201,
        give=convert.parameter,
        example=_PROPERTY,
        change=_PROPERTY,
    ),
)


def _operations(kind: Kind) -> tuple[Operation, ...]:
    one = f"{kind.path}/{{{convert.IDS.get(kind.kinds[-1], 'property_id')}}}"
    is_service = kind.kinds == ("services",)
    return (
        Operation(
            name=f"Create{kind.name}",
            method="POST",
            path=kind.path,
            summary=f"Create {kind.title}",
            source="documented",
            page=f"Creating a {kind.page}",
            params=kind.within,
            body=kind.create,
            reply=kind.shown,
            status=kind.status,
            writes=True,
            permission="product:update",
            take=convert.service_draft if is_service else convert.draft(*kind.kinds),
            run=use_cases.create_part,
            give=kind.give,
            example=kind.example,
        ),
        Operation(
            name=f"List{kind.plural}",
            method="GET",
            path=kind.path,
            summary=f"List {kind.titles}",
            source="sdk",
            params=kind.filters,
            reply=kind.listed,
            permission="product:read",
            take=convert.service_selection
            if is_service
            else convert.part_selection(kind.word, *kind.kinds),
            run=use_cases.list_parts,
            give=convert.page(kind.give, kind.listed),
        ),
        Operation(
            name=f"Show{kind.name}",
            method="GET",
            path=one,
            summary=f"Show {kind.title}",
            source="sdk",
            params=kind.at,
            reply=kind.shown,
            permission="product:read",
            take=convert.steps(*kind.kinds),
            run=use_cases.get_part,
            give=kind.give,
        ),
        Operation(
            name=f"Update{kind.name}",
            method="PUT",
            path=one,
            summary=f"Change {kind.title}",
            source="sdk",
            params=kind.at,
            body=kind.update,
            reply=kind.shown,
            writes=True,
            permission="product:update",
            take=convert.change(*kind.kinds),
            run=use_cases.update_part,
            give=kind.give,
            example=kind.change,
        ),
        Operation(
            name=f"Delete{kind.name}",
            method="DELETE",
            path=one,
            summary=f"Delete {kind.title}",
            source="sdk",
            params=kind.at,
            status=204,
            writes=True,
            permission="product:update",
            take=convert.steps(*kind.kinds),
            run=use_cases.delete_part,
            give=lambda found, caller: None,
        ),
    )


MODELS: tuple[Operation, ...] = tuple(o for kind in KINDS for o in _operations(kind))
