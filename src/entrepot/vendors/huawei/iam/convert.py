"""Between IAM's words and ours; the only file that knows both."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import UNSET

from entrepot.core.caller import Caller
from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.handles import HEX, Code
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei import auth
from entrepot.vendors.huawei.account import DOMAIN_ID, DOMAIN_NAME, PROJECT
from entrepot.vendors.huawei.iam import wire
from entrepot.vendors.huawei.iam.use_cases import Attempt, Named, Session

_USER = Code("huawei/user", HEX, 32, bits=128)
# INFERRED: what a role of one's own making would be called; the first is Huawei's for administrators.
_ADMINISTRATOR = wire.NameAndId("0", "te_admin")


def attempt(call: Call, caller: Caller) -> Attempt:
    """KeystoneCreateUserTokenByPassword."""
    body: wire.CreateToken = call.body
    user, scope = body.auth.identity.password.user, body.auth.scope or wire.Scope()
    return Attempt(
        password=user.password,
        # An id that is none of ours is nobody's: 0.
        user=(_USER.read_of_stranger(caller.vault, user.id) or 0) if user.id else None,
        name=user.name or "",
        domain=_wanted(user.domain),
        project=_wanted(scope.project),
        whole=_wanted(scope.domain),
    )


def _wanted(named: wire.Domain | wire.Project | None) -> Named | None:
    return None if named is None else Named(named.id, named.name)


def issued(session: Session, caller: Caller) -> wire.Issued:
    """A new token for the session, or the one it was read from."""
    text, login = session.token, session.login
    if login is None:
        text, login = auth.issue_token(caller.vault, session.user, caller.now_ms, session.project)
    tenant, domain = session.tenant, _domain(session.tenant)
    scoped = bool(session.project)
    project = wire.TokenProject(domain, tenant.ids[PROJECT], session.project)
    token = wire.Token(
        expires_at=_time(login.expires_at),
        issued_at=_time(login.issued_at),
        methods=["password"],
        catalog=[],
        roles=_roles(session.user),
        user=wire.TokenUser(domain, user_id(caller.vault, session.user), session.user.name),
        project=project if scoped else UNSET,
        domain=UNSET if scoped else domain,
    )
    return wire.Issued(text, wire.TokenReply(token))


def user_id(vault: Vault, user: User) -> str:
    """32 hexadecimal digits."""
    return _USER.write(vault, user.id)


def _domain(tenant: Tenant) -> wire.NameAndId:
    return wire.NameAndId(tenant.ids[DOMAIN_ID], tenant.ids[DOMAIN_NAME])


def _roles(user: User) -> list[wire.NameAndId]:
    if "*" in user.permissions:
        return [_ADMINISTRATOR]
    return [wire.NameAndId(word, word) for word in user.permissions]


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def projects(names: list[str], caller: Caller) -> wire.Projects:
    """KeystoneListProjects."""
    ids = caller.tenant.ids
    listed = [
        wire.ProjectReply(
            links=wire.Links(self=f"/v3/projects/{ids[PROJECT]}"),
            id=ids[PROJECT],
            parent_id=ids[DOMAIN_ID],
            domain_id=ids[DOMAIN_ID],
            name=name,
        )
        for name in names
    ]
    return wire.Projects(wire.Links(self="/v3/projects", previous=None, next=None), listed)


def domains(nothing: None, caller: Caller) -> wire.Domains:
    """KeystoneListAuthDomains: the caller's own."""
    domain = _domain(caller.tenant)
    link = wire.Links(self=f"/v3/domains/{domain.id}")
    listed = [wire.DomainReply(links=link, id=domain.id, name=domain.name)]
    return wire.Domains(wire.Links(self="/v3/auth/domains", previous=None, next=None), listed)


def project_name(call: Call, caller: Caller) -> str | None:
    """The name that the list is narrowed to; a domain that is not the caller's narrows it to nothing."""
    query: wire.ProjectsQuery = call.params
    elsewhere = query.domain_id not in (None, caller.tenant.ids[DOMAIN_ID])
    return "" if elsewhere or query.enabled is False else query.name
