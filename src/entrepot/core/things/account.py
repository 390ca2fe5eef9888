"""Tenants, their users, and the keys and tokens that prove a user.

Knows no signature scheme and no vendor's ids beyond the names it stores them under.
"""

from __future__ import annotations

import hashlib

import msgspec

from entrepot.core.things.claim import Claim


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a tenant may set. Every default is the vendor's documented behaviour."""

    rate_limits: bool = True  # the vendors' documented calls a second
    # The vendors' limits on how many products and spaces there may be. The one default that is not
    # theirs: they sell capacity, a registry on one's own disk has no reason to.
    quotas: bool = False
    own_products_only: tuple[str, ...] = ()  # dialects that see only what they made
    # Dialects whose unverifiable credentials are believed, and then by servers on loopback only.
    accept_unverifiable: tuple[str, ...] = ()
    options: dict[str, str] = {}  # a dialect's own, by "<dialect>.<name>"; its README lists them


class Tenant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account: the wall between one customer's things and another's."""

    id: int
    name: str
    created_at: int
    disabled: bool = False
    default_space: int = 0
    ids: dict[str, str] = {}  # what the vendors call it: huawei.project_id, enos.org_id, ...
    settings: Settings = Settings()
    # The ids that its spaces had in a vendor's cloud: number of the space -> {name of the id: id}. The tenant holds
    # them, and not the space, because every call has read its tenant already: nothing more is read to show an id.
    spaces: dict[int, dict[str, str]] = {}

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Its name, and every id that a vendor's caller may use for it or for one of its spaces."""
        spaces = (space_claim(k, v) for ids in self.spaces.values() for k, v in ids.items())
        own = (tenant_claim(k, v) for k, v in self.ids.items())
        return (Claim("tenant.name", self.name), *own, *spaces)


class User(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sub-user of a tenant (RAM user, IAM user, service account)."""

    id: int
    tenant: int
    name: str
    created_at: int
    permissions: tuple[str, ...] = ("*",)
    password: bytes = b""  # scrypt hash with its salt; empty: there is none, see `begins`
    password_chosen: bool = False  # somebody set it; nobody can be told what it is
    disabled: bool = False

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Its name within the tenant."""
        return (user_claim(self.tenant, self.name),)

    @property
    def password_mark(self) -> bytes:
        """Eight bytes that change when the password does and tell nothing of it.

        What is issued for the password (a token, a session) holds the mark, and ends when the mark changes.
        """
        return hashlib.sha256(b"%d" % self.password_chosen + self.password).digest()[:8]

    def begins(self, tenant: str) -> bool:
        """Whether it is the first user of the tenant of this name, its password still the one computed for it."""
        return self.name == tenant and not self.password_chosen


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access key of a user. The secret is sealed; only signature checks open it."""

    id: int
    tenant: int
    user: int
    access_key: str
    sealed: bytes
    created_at: int
    disabled: bool = False

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The access key itself, unique in the installation."""
        return (key_claim(self.access_key),)


class Token(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bearer token that was handed out and must be handed out again until it ends."""

    id: int
    tenant: int
    key: int  # the Key that asked for it
    sealed: bytes
    expires_at: int
    claims: tuple[Claim, ...] = ()


def tenant_claim(name: str, value: str) -> Claim:
    """What a vendor's id of a tenant is held under, for example ("enos.org_id", "o15504722874071")."""
    return Claim(f"tenant.{name}", value)


def space_claim(name: str, value: str) -> Claim:
    """Returns what an id of a space that was brought along is held under, in the whole installation."""
    return Claim(f"space.{name}", value)


def user_claim(tenant: int, name: str) -> Claim:
    """What a user's name is held under."""
    return Claim("user.name", f"{tenant}/{name}")


def key_claim(access_key: str) -> Claim:
    """What an access key is held under."""
    return Claim("key", access_key)
