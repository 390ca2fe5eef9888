"""The kinds of things that the store keeps, one line for each."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from entrepot.core.things.account import Key, Tenant, Token, User
from entrepot.core.things.category import Category
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import Device
from entrepot.core.things.model import ModelVersion, NamedModel
from entrepot.core.things.product import Product
from entrepot.core.things.space import Space
from entrepot.core.things.template import Template
from entrepot.core.things.topic import Topic


class Thing(Protocol):
    """A thing that the store keeps. Its class is one of `KINDS`."""

    @property
    def id(self) -> int:
        """Its number, which no other thing has or had."""
        ...

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What no two things of a tenant may have."""
        ...


INSTALLATION = 0
"""The tenant number under which tenants themselves, and names unique in the installation, are kept."""


class Kind(msgspec.Struct, frozen=True):
    """How the store finds its way in a thing: which attribute names its parent.

    `everywhere`: kept under `INSTALLATION`, because it is looked up before the tenant is known.
    `mark`: what the names of its labels begin with where they are kept, so that it is found among its own.
    """

    type: type[Any]
    name: str
    parent: str = ""
    everywhere: bool = False
    mark: str = ""


KINDS: tuple[Kind, ...] = (
    Kind(Product, "product", "space"),
    Kind(Space, "space"),
    Kind(Template, "template"),
    Kind(NamedModel, "model"),
    Kind(Category, "category"),
    Kind(ModelVersion, "model_version", "product"),
    Kind(Topic, "topic", "product"),
    Kind(Device, "device", "product", mark="\0d"),
    Kind(Tenant, "tenant", everywhere=True),
    Kind(User, "user", "tenant", everywhere=True),
    Kind(Key, "key", "user", everywhere=True),
    Kind(Token, "token", "key", everywhere=True),
)
