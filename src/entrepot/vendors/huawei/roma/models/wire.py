"""The thing model: services, their properties and commands, as calls and as one document; knows no canonical word.

Source: the pages of "Service Management", their OpenAPI definitions and huaweicloudsdkroma 3.1.219
unless a line says otherwise. A document's parts are what the create calls take.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.vendors.huawei.roma.common import (
    Address,
    Description,
    Floored,
    Made,
    Paging,
    UserName,
)
from entrepot.vendors.huawei.roma.formats.wire import CommandName, ServiceName, Status

# What a property has where nobody said otherwise (defaults of min, max, step and max_length).
MIN, MAX, STEP, MAX_LENGTH = "0", "65536", "1", 10


class WriteCommand(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateCommand and UpdateCommand. DOC BUG: the example's name is Chinese, the rule's is not."""

    name: CommandName
    description: Description | None = None


class UpdateService(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of UpdateService."""

    service_name: ServiceName
    status: Status
    description: Description | None = None


def one_owner(body: CreateService | ListServices) -> list[Violation]:
    """Either product_template_id or product_id (Creating a Service)."""
    given = (body.product_template_id is not None) + (body.product_id is not None)
    # INFERRED: a list of one service by its id needs neither.
    if given == 1 or (not given and isinstance(body, ListServices) and body.service_id is not None):
        return []
    want = "either product_template_id or product_id must be specified"
    return [Violation(("product_id",), "rule", want)]


class CreateService(UpdateService, kw_only=True):
    """Body of CreateService."""

    product_template_id: Floored | None = None
    product_id: Floored | None = None

    __rules__ = (one_owner,)


# Addresses and filters


ServiceId = Annotated[int, Meta(description="Service ID.")]
CommandId = Annotated[int, Meta(description="Command ID.")]
PropertyId = Annotated[int, Meta(description="Property ID.")]


class ServiceAddress(Address, kw_only=True):
    """A service's own calls."""

    service_id: ServiceId


class CommandAddress(ServiceAddress, kw_only=True):
    """A command's own calls."""

    command_id: CommandId


class PropertyAddress(ServiceAddress, kw_only=True):
    """A property's own calls."""

    property_id: PropertyId


class ParameterAddress(CommandAddress, kw_only=True):
    """The own calls of what a command takes or answers."""

    property_id: PropertyId


class ListServices(Made, kw_only=True):
    """Filters of ListServices. One of the first two says whose; choose one (SDK)."""

    product_template_id: int | None = None
    product_id: int | None = None
    service_id: int | None = None
    service_name: str | None = None

    __rules__ = (one_owner,)


class ListProperties(Paging, kw_only=True):
    """Filters of ListProperties."""

    service_id: ServiceId
    property_id: int | None = None
    property_name: str | None = None


class ListCommands(Paging, kw_only=True):
    """Filters of ListCommands."""

    service_id: ServiceId
    command_id: int | None = None
    command_name: str | None = None


class ListRequests(Paging, kw_only=True):
    """Filters of ListRequestProperties."""

    service_id: ServiceId
    command_id: CommandId
    request_id: int | None = None
    request_name: str | None = None


class ListResponses(Paging, kw_only=True):
    """Filters of ListResponseProperties."""

    service_id: ServiceId
    command_id: CommandId
    response_id: int | None = None
    response_name: str | None = None


# Answers


class ShownService(msgspec.Struct, kw_only=True):
    """A service as ROMA answers it; of the two that may own it one is null."""

    product_template_id: int | None
    product_id: int | None
    service_id: int
    service_name: str
    description: str | None
    status: int
    created_user: UserName
    last_updated_user: UserName
    created_datetime: int
    last_updated_datetime: int


class ShownCommand(msgspec.Struct, kw_only=True):
    """A command as ROMA answers it."""

    service_id: int
    command_id: int
    command_name: str
    description: str | None


class ShownParameter(msgspec.Struct, kw_only=True):
    """What a command takes or answers, as ROMA answers it."""

    property_id: int
    property_name: str
    description: str | None
    data_type: str
    required: int
    min: str
    max: str
    step: str
    max_length: int
    unit: str | None
    enum_list: str | None
    enum_dict: dict[str, Any] | None


class ShownProperty(ShownParameter, kw_only=True):
    """A property as ROMA answers it."""

    method: str | None


class Services(msgspec.Struct):
    """A page of services."""

    total: int
    size: int
    items: list[ShownService]


class Commands(msgspec.Struct):
    """A page of commands."""

    total: int
    size: int
    items: list[ShownCommand]


class Parameters(msgspec.Struct):
    """A page of what a command takes or answers."""

    total: int
    size: int
    items: list[ShownParameter]


class Properties(msgspec.Struct):
    """A page of properties."""

    total: int
    size: int
    items: list[ShownProperty]
