"""IAM's types, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.core.faults import Violation

# Source: api-iam iam_30_0001 (token by password), iam_30_0004 (checking a token), iam_06_0001
# (projects), and huaweicloudsdkiam 3.1.219 where a line says so.
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
# INFERRED: the pages allow 6 to 32 characters; this bound only keeps hashing cheap.
Password = Annotated[str, Meta(min_length=1, max_length=256)]


def _is_named(thing: Domain | Project) -> list[Violation]:
    return [] if thing.id or thing.name else [Violation(("name",), "missing")]


class Domain(msgspec.Struct, kw_only=True):
    """An account, by id or by name."""

    id: Id | None = None
    name: Name | None = None

    __rules__ = (_is_named,)


class User(msgspec.Struct, kw_only=True):
    """Who logs in: by id, or by name within an account."""

    password: Password
    id: Id | None = None
    name: Name | None = None
    domain: Domain | None = None

    @staticmethod
    def _is_named(self: User) -> list[Violation]:
        if self.id:
            return []
        return [
            Violation((name,), "missing") for name in ("name", "domain") if not getattr(self, name)
        ]

    __rules__ = (_is_named,)


class ByPassword(msgspec.Struct):
    """The `password` method."""

    user: User


class Identity(msgspec.Struct):
    """How the caller proves who it is."""

    methods: Annotated[list[Literal["password"]], Meta(min_length=1, max_length=8)]
    password: ByPassword


class Project(msgspec.Struct, kw_only=True):
    """A project, by id or by name; the account beside a name may be left out."""

    id: Id | None = None
    name: Name | None = None
    domain: Domain | None = None

    __rules__ = (_is_named,)


class Scope(msgspec.Struct, kw_only=True):
    """What the token is for."""

    project: Project | None = None
    domain: Domain | None = None


class Auth(msgspec.Struct, kw_only=True):
    """The one member of the body."""

    identity: Identity
    scope: Scope | None = None


class CreateToken(msgspec.Struct):
    """Body of KeystoneCreateUserTokenByPassword."""

    auth: Auth


class CreateTokenQuery(msgspec.Struct):
    """Its query. The catalog is empty either way: one server has nothing to list."""

    nocatalog: Annotated[str, Meta(max_length=16)] | None = None


class ValidateTokenQuery(CreateTokenQuery, kw_only=True):
    """KeystoneValidateToken; the header stands among the parameters."""

    subject_token: Annotated[str, Meta(min_length=1, max_length=16384)] = msgspec.field(
        name="X-Subject-Token"
    )


class ProjectsQuery(msgspec.Struct, kw_only=True):
    """KeystoneListProjects. Only what narrows the list is read; pages of one thing need no paging."""

    domain_id: Id | None = None
    name: Name | None = None
    enabled: bool | None = None


class NameAndId(msgspec.Struct):
    """An account or a role as a token names it."""

    id: str
    name: str


class TokenProject(msgspec.Struct):
    """The project that a token is for."""

    domain: NameAndId
    id: str
    name: str


class TokenUser(msgspec.Struct):
    """The user that a token was issued to."""

    domain: NameAndId
    id: str
    name: str
    password_expires_at: str = ""


class Token(msgspec.Struct, kw_only=True):
    """What a token means."""

    expires_at: str
    issued_at: str
    methods: list[str]
    catalog: list[str]
    roles: list[NameAndId]
    user: TokenUser
    project: TokenProject | UnsetType = UNSET
    domain: NameAndId | UnsetType = UNSET


class TokenReply(msgspec.Struct):
    """The body beside the X-Subject-Token header."""

    token: Token


class Issued(msgspec.Struct):
    """Body and header together; `codec.answer` parts them."""

    subject_token: str
    body: TokenReply


class Links(msgspec.Struct, kw_only=True):
    """Where a thing lives."""

    self: str
    previous: str | UnsetType | None = UNSET
    next: str | UnsetType | None = UNSET


class ProjectReply(msgspec.Struct, kw_only=True):
    """A project as lists show it."""

    is_domain: bool = False
    description: str = ""
    links: Links
    enabled: bool = True
    id: str
    parent_id: str
    domain_id: str
    name: str


class Projects(msgspec.Struct):
    """Reply of KeystoneListProjects."""

    links: Links
    projects: list[ProjectReply]


class DomainReply(msgspec.Struct, kw_only=True):
    """An account as lists show it."""

    links: Links
    enabled: bool = True
    id: str
    name: str
    description: str = ""


class Domains(msgspec.Struct):
    """Reply of KeystoneListAuthDomains."""

    links: Links
    domains: list[DomainReply]


class Problem(msgspec.Struct):
    """What went wrong; `code` is the HTTP status."""

    code: int
    message: str
    title: str


class Refusal(msgspec.Struct):
    """IAM's own refusals."""

    error: Problem


class GatewayRefusal(msgspec.Struct):
    """The refusals of the gateway before it."""

    error_code: str
    error_msg: str
    request_id: str
