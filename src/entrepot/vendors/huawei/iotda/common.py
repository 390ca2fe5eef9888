"""Wire pieces that several topics of IoTDA's API share; knows no topic."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from entrepot.vendors.huawei.iotda.formats.wire import CJK, NAME

ID_CLASS = "A-Za-z0-9_-"
TAG_CLASS = rf"{CJK}A-Za-z0-9_.\-"
EARLIER = "must be earlier than end_time"
Id = Annotated[str, Meta(min_length=1, max_length=36, pattern=rf"\A[{ID_CLASS}]+\Z")]
AppId = Annotated[Id, Meta(description="Resource space ID; the default one where it is left out.")]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=NAME, description="Product name.")]


class ProjectAddress(msgspec.Struct, kw_only=True):
    """Where every call goes."""

    project_id: Annotated[str, Meta(max_length=64, description="Project ID.")]


class Page(msgspec.Struct):
    """`count`: how many there are under the filter; `marker`: the last record of this page."""

    count: int
    marker: str | None


class Refusal(msgspec.Struct):
    """Every refusal's body."""

    error_code: str
    error_msg: str
    request_id: str


B = "/v5/iot/{project_id}"
