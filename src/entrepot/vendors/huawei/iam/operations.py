"""IAM's operations: what an offline setup of the other two services needs of it."""

from __future__ import annotations

from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.iam import convert, use_cases, wire


def _nothing(tx: Tx, caller: Caller, value: object) -> None:
    return None


def _as_prepared(tx: Tx, caller: Caller, session: use_cases.Session) -> use_cases.Session:
    return session


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="KeystoneCreateUserTokenByPassword",
        method="POST",
        path="/v3/auth/tokens",
        summary="Get a user's token by password",
        source="documented",
        page="Obtaining a User Token Through Password Authentication",
        params=wire.CreateTokenQuery,
        body=wire.CreateToken,
        reply=wire.TokenReply,
        status=201,
        public=True,
        take=convert.attempt,
        prepare=use_cases.log_in,
        run=_as_prepared,
        give=convert.issued,
        example={
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": "{user_name}",
                            "password": "{password}",
                            "domain": {"name": "{domain_name}"},
                        }
                    },
                },
                "scope": {"project": {"name": "{region_id}"}},
            }
        },
    ),
    Operation(
        name="KeystoneValidateToken",
        method="GET",
        path="/v3/auth/tokens",
        summary="Check a token and show what it stands for",
        source="documented",
        page="Verifying a Token",
        params=wire.ValidateTokenQuery,
        reply=wire.TokenReply,
        take=lambda call, caller: call.params.subject_token,
        run=use_cases.read_token,
        give=convert.issued,
    ),
    Operation(
        name="KeystoneListProjects",
        method="GET",
        path="/v3/projects",
        summary="List projects; the SDK looks its project id up here",
        source="sdk",
        page="Querying Project Information",
        params=wire.ProjectsQuery,
        reply=wire.Projects,
        take=convert.project_name,
        run=use_cases.project_names,
        give=convert.projects,
    ),
    Operation(
        name="KeystoneListAuthProjects",
        method="GET",
        path="/v3/auth/projects",
        summary="List the projects that the caller may use",
        source="documented",
        page="Querying the List of Projects Accessible to Users",
        reply=wire.Projects,
        take=lambda call, caller: None,
        run=use_cases.project_names,
        give=convert.projects,
    ),
    Operation(
        name="KeystoneListAuthDomains",
        method="GET",
        path="/v3/auth/domains",
        summary="List the caller's accounts; the SDK looks its domain id up here",
        source="sdk",
        page="Querying the Account Information Accessible to Users",
        reply=wire.Domains,
        take=lambda call, caller: None,
        run=_nothing,
        give=convert.domains,
    ),
)
