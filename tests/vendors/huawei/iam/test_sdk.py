"""IAM through huaweicloudsdkiam: tokens by password, and what they open."""

from __future__ import annotations

from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkiam.v3 import (
    AuthScope,
    AuthScopeDomain,
    AuthScopeProject,
    IamClient,
    KeystoneCreateUserTokenByPasswordRequest,
    KeystoneCreateUserTokenByPasswordRequestBody,
    KeystoneListAuthDomainsRequest,
    KeystoneListAuthProjectsRequest,
    KeystoneListProjectsRequest,
    KeystoneValidateTokenRequest,
    PwdAuth,
    PwdIdentity,
    PwdPassword,
    PwdPasswordUser,
    PwdPasswordUserDomain,
)

from tests.server import Server
from tests.vendors.huawei.iotda.caller import caller_of, new_tenant, small


@pytest.fixture(scope="module")
def c(server: Server) -> dict[str, Any]:
    new_tenant(server, "iam-sdk")
    return server.credentials("iam-sdk")


def client(server: Server, c: dict[str, Any], domain: str | None = "any") -> Any:
    keys = GlobalCredentials(c["access_key"], c["secret_key"], domain)
    keys.with_iam_endpoint(server.url)
    return IamClient.new_builder().with_credentials(keys).with_endpoint(server.url).build()


def token(server: Server, c: dict[str, Any], scope: Any, **members: Any) -> Any:
    user = PwdPasswordUser(
        domain=PwdPasswordUserDomain(name=c["huawei"]["domain_name"]),
        name=c["huawei"]["user_name"],
        password=members.get("password", c["huawei"]["password"]),
    )
    identity = PwdIdentity(methods=["password"], password=PwdPassword(user=user))
    body = KeystoneCreateUserTokenByPasswordRequestBody(
        auth=PwdAuth(identity=identity, scope=scope)
    )
    return client(server, c).keystone_create_user_token_by_password(
        KeystoneCreateUserTokenByPasswordRequest(nocatalog="true", body=body)
    )


def test_a_token_for_a_project_opens_iotda(server: Server, c: dict[str, Any]) -> None:
    project = c["huawei"]["project_id"]
    scopes = (
        AuthScope(project=AuthScopeProject(name=c["huawei"]["region_id"])),
        AuthScope(project=AuthScopeProject(id=project)),
    )
    for scope in scopes:
        made = token(server, c, scope)
        assert made.status_code == 201
        assert made.token.project.id == project
        assert made.token.project.name == c["huawei"]["region_id"]
        assert made.token.project.domain.name == c["huawei"]["domain_name"]
        assert made.token.user.name == "iam-sdk"
        assert made.token.methods == ["password"]
        assert made.token.catalog == []
        caller = caller_of(server, "iam-sdk")
        header = {"x-auth-token": made.x_subject_token}
        reply = caller.send("POST", "products", small(), headers=header, signed=False)
        assert reply.status == 201, reply.body


def test_a_token_lives_for_a_day_and_can_be_checked(server: Server, c: dict[str, Any]) -> None:
    made = token(server, c, AuthScope(domain=AuthScopeDomain(name=c["huawei"]["domain_name"])))
    assert made.token.domain.name == c["huawei"]["domain_name"]
    assert made.token.project is None
    day, before = made.token.expires_at[8:10], made.token.issued_at[8:10]
    assert day != before
    assert made.token.expires_at[10:] == made.token.issued_at[10:]
    checked = client(server, c).keystone_validate_token(
        KeystoneValidateTokenRequest(x_subject_token=made.x_subject_token)
    )
    assert checked.x_subject_token == made.x_subject_token
    assert checked.token.to_dict() == made.token.to_dict()


def test_projects_and_domains(server: Server, c: dict[str, Any]) -> None:
    iam = client(server, c)
    project = c["huawei"]["project_id"]
    listed = iam.keystone_list_projects(KeystoneListProjectsRequest()).projects
    assert [(p.id, p.name, p.enabled) for p in listed] == [(project, "cn-north-4", True)]
    named = iam.keystone_list_projects(KeystoneListProjectsRequest(name="cn-east-3")).projects
    assert [(p.id, p.name) for p in named] == [(project, "cn-east-3")]
    assert iam.keystone_list_projects(KeystoneListProjectsRequest(name="mine")).projects == []
    domain = listed[0].domain_id
    inside = iam.keystone_list_projects(KeystoneListProjectsRequest(domain_id=domain)).projects
    assert len(inside) == 1
    outside = iam.keystone_list_projects(KeystoneListProjectsRequest(domain_id="0" * 32)).projects
    assert outside == []
    mine = iam.keystone_list_auth_projects(KeystoneListAuthProjectsRequest()).projects
    assert [p.id for p in mine] == [project]
    domains = iam.keystone_list_auth_domains(KeystoneListAuthDomainsRequest()).domains
    assert [(d.id, d.name) for d in domains] == [(domain, c["huawei"]["domain_name"])]


def test_the_sdk_finds_its_domain_by_itself(server: Server, c: dict[str, Any]) -> None:
    iam = client(server, c, domain=None)
    assert len(iam.keystone_list_projects(KeystoneListProjectsRequest()).projects) == 1


def test_a_wrong_password_is_told_in_keystone_s_words(server: Server, c: dict[str, Any]) -> None:
    with pytest.raises(ClientRequestException) as refused:
        token(server, c, None, password="wrong")
    assert (refused.value.status_code, refused.value.error_code) == (401, 401)
    assert refused.value.error_msg == "The username or password is wrong."
    assert refused.value.request_id
