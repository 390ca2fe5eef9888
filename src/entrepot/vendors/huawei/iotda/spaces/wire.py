"""Requests and replies about resource spaces, spelled as IoTDA spells them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from entrepot.vendors.huawei.iotda.common import Id, ProjectAddress
from entrepot.vendors.huawei.iotda.formats.wire import NAME


class AppAddress(ProjectAddress, kw_only=True):
    """One resource space."""

    app_id: Id


class ListAppsQuery(ProjectAddress, kw_only=True):
    """Query of ShowApplications."""

    default_app: bool | None = None


# The SDK: Chinese characters, letters, digits, "_", "-" and some special characters, not listed.
# INFERRED: which; the class of the other names.
AppName = Annotated[str, Meta(min_length=1, max_length=64, pattern=NAME)]


class AppBody(msgspec.Struct):
    """Body of AddApplication and UpdateApplication."""

    app_name: AppName


class Application(msgspec.Struct, kw_only=True):
    """A resource space."""

    app_id: str
    app_name: str
    create_time: str
    default_app: bool


class Applications(msgspec.Struct):
    """Reply of ShowApplications."""

    applications: list[Application]
