"""The names in samples follow from an operation's by rule: each is in the installed SDK, or told as lacking."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import msgspec.inspect
import pytest
from msgspec import inspect as declared

from entrepot.dialect.code import argument, snake
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.main import dialects
from entrepot.vendors.aliyun import ALIYUN

MODULES = {
    "aliyun": ("alibabacloud_iot20180120.models", "alibabacloud_iot20180120.client", "Client"),
    "iotda": ("huaweicloudsdkiotda.v5", "huaweicloudsdkiotda.v5", "IoTDAClient"),
    "roma": ("huaweicloudsdkroma.v2", "huaweicloudsdkroma.v2", "RomaClient"),
    "iam": ("huaweicloudsdkiam.v3", "huaweicloudsdkiam.v3", "IamClient"),
}
CALLS = [(d, o) for d in dialects() if d.name in MODULES for o in d.operations]
each_call = pytest.mark.parametrize(
    ("dialect", "operation"), CALLS, ids=[f"{d.name}-{o.name}" for d, o in CALLS]
)
BEFORE_ALL = "project_id"  # of the credentials, not of the request


def request_class(dialect: Dialect, operation: Operation) -> type[Any]:
    module = importlib.import_module(MODULES[dialect.name][0])
    found: type[Any] = getattr(module, f"{operation.name}Request")
    return found


def arguments(kind: type[Any]) -> set[str]:
    return set(inspect.signature(kind.__init__).parameters) - {"self"}


@each_call
def test_an_operation_has_its_class_and_its_method(dialect: Dialect, operation: Operation) -> None:
    _, module, name = MODULES[dialect.name]
    client = getattr(importlib.import_module(module), name)
    assert callable(getattr(client, snake(operation.name)))
    known = arguments(request_class(dialect, operation))
    wanted = {name: argument(name) for name in operation.parameters - {BEFORE_ALL}}
    lacking = {name for name, spelled in wanted.items() if spelled not in known}
    assert lacking == {name for of, name in dialect.client.lacks if of == operation.name}
    assert ("body" in known) == (operation.body is not None)


@pytest.mark.parametrize("operation", ALIYUN.operations, ids=lambda o: o.name)
def test_what_is_nested_has_its_class(operation: Operation) -> None:
    models = importlib.import_module(MODULES[ALIYUN.name][0])
    known = declared.type_info(operation.params)
    assert isinstance(known, msgspec.inspect.StructType)
    for field in known.fields:
        for kind in structs(field.type):
            nested = getattr(models, f"{operation.name}Request{field.encode_name}")
            spelled = {argument(f.encode_name) for f in kind.fields}
            assert spelled == arguments(nested)


def structs(kind: declared.Type) -> list[declared.StructType]:
    """The structs that a list of them, or nothing, may hold."""
    if isinstance(kind, declared.Metadata):
        return structs(kind.type)
    if isinstance(kind, declared.UnionType):
        return [found for one in kind.types for found in structs(one)]
    if isinstance(kind, declared.ListType):
        return structs(kind.item_type)
    return [kind] if isinstance(kind, declared.StructType) else []


SECRET = re.compile("secret|password|token|encryption|appkey|pincode", re.IGNORECASE)
NO_SECRETS = {
    "NextToken",  # where a list goes on
    "secret_type", "requireSecret",
    "appKey",  # the access key: EnOS's word for its id
}  # fmt: skip


@pytest.mark.parametrize("dialect", dialects(), ids=lambda d: d.name)
def test_whatever_sounds_like_a_secret_is_declared_one(dialect: Dialect) -> None:
    kinds = [k for o in dialect.operations for k in (o.params, o.body) if k is not None]
    named = {name for kind in kinds for name in texts(declared.type_info(kind))}
    assert {n for n in named if SECRET.search(n)} - NO_SECRETS <= dialect.client.secrets


def texts(kind: declared.Type, inside: tuple[type[Any], ...] = ()) -> set[str]:
    """The names of all fields in it that may be text."""
    if isinstance(kind, declared.StructType) and kind.cls not in inside:
        within = (*inside, kind.cls)
        own = {f.encode_name for f in kind.fields if is_text(f.type)}
        return own.union(*(texts(f.type, within) for f in kind.fields))
    below = [getattr(kind, "type", None), getattr(kind, "item_type", None)]
    below += [getattr(kind, "value_type", None), *getattr(kind, "types", ())]
    return set().union(*(texts(k, inside) for k in below if isinstance(k, declared.Type)))


def is_text(kind: declared.Type) -> bool:
    if isinstance(kind, declared.Metadata):
        return is_text(kind.type)
    if isinstance(kind, declared.UnionType):
        return any(is_text(one) for one in kind.types)
    return isinstance(kind, declared.StrType)
