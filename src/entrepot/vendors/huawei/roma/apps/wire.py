"""Integration applications, which hold products; knows no canonical word.

Source: huaweicloudsdkroma (CreateAppReq, ServerAppInfo and their descriptions) unless a line says otherwise.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from entrepot.vendors.huawei.roma.common import Address, Paging, UserName

APP_NAME = r"\A[\u4e00-\u9fa5A-Za-z0-9_. ()（）-]+\Z"
KEY = r"\A[\u4e00-\u9fa5A-Za-z0-9][\u4e00-\u9fa5A-Za-z0-9_@.-]*\Z"
SECRET = r"\A[A-Za-z0-9！!@#$%+=./-]+\Z"  # noqa: S105

AppName = Annotated[str, Meta(min_length=1, max_length=256, pattern=APP_NAME)]
# INFERRED: no page gives lengths for these three.
Remark = Annotated[str, Meta(max_length=1024)]
Key = Annotated[str, Meta(min_length=8, max_length=64, pattern=KEY)]
Secret = Annotated[str, Meta(min_length=8, max_length=64, pattern=SECRET)]


class AppAddress(Address, kw_only=True):
    """An application's own calls."""

    app_id: Annotated[str, Meta(description="Application ID.")]


class CreateApp(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateRomaApp."""

    name: AppName
    remark: Remark | None = None
    key: Key | None = None
    secret: Secret | None = None
    favorite: bool = False


class UpdateApp(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of UpdateRomaApp. What is absent stays as it is."""

    name: AppName | None = None
    remark: Remark | None = None
    favorite: bool | None = None


class ResetSecret(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of ResetRomaAppSecret; without a secret one is made."""

    secret: Secret | None = None


class ListApps(Paging, kw_only=True):
    """Filters of ListRomaApp. `name` matches parts of names."""

    favorite: bool | None = None
    auth_role: str | None = None
    name: str | None = None
    owner: bool | None = None
    user_name: str | None = None


class App(msgspec.Struct, kw_only=True):
    """An application as ROMA answers it."""

    id: str
    name: str
    remark: str | None
    roles: list[str]
    create_time: str
    update_time: str
    created_user: UserName
    last_updated_user: UserName
    owner: bool
    key: str
    favorite: bool


class Apps(msgspec.Struct):
    """A page of applications."""

    total: int
    size: int
    apps: list[App]


class AppSecret(msgspec.Struct):
    """An application's secret."""

    id: str
    secret: str
