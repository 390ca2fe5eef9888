"""What Huawei calls a tenant: project, domain and user; the same for IoTDA, ROMA and IAM."""

from __future__ import annotations

import re
import uuid

from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.handles import LETTERS_AND_DIGITS

PROJECT = "huawei.project_id"
DOMAIN_ID = "huawei.domain_id"
DOMAIN_NAME = "huawei.domain_name"

REGION = "cn-north-4"
"""The region that a tenant's project is shown under, unless a caller asks by another's name."""

_REGION = re.compile(r"[a-z]{2}-[a-z]+-[0-9]{1,3}")
# One character of each class that a password must have (IAM, CreateUser, password).
_PASSWORD_TAIL = "aA1-"  # noqa: S105


def tenant_ids() -> dict[str, str]:
    """A project id and a domain id of 32 hexadecimal digits; the domain is named by the first eight."""
    domain = uuid.uuid4().hex
    return {PROJECT: uuid.uuid4().hex, DOMAIN_ID: domain, DOMAIN_NAME: f"hw-{domain[:8]}"}


def initial_password(vault: Vault, tenant_id: int) -> str:
    """The password that the tenant's first user begins with: 24 characters, nothing stored."""
    made = vault.compute("huawei/password", tenant_id, LETTERS_AND_DIGITS, 20)
    return made + _PASSWORD_TAIL


def credentials(tenant: Tenant, user: User, vault: Vault) -> dict[str, str]:
    """What a client needs beside its keys: project, region, and a login for tokens.

    The password is empty once somebody has chosen one, because only its hash is kept.
    """
    known = user.begins(tenant.name)
    return {
        "project_id": tenant.ids[PROJECT],
        "region_id": REGION,
        "domain_name": tenant.ids[DOMAIN_NAME],
        "user_name": user.name,
        "password": initial_password(vault, tenant.id) if known else "",
    }


def is_region(name: str) -> bool:
    """Whether a project may be asked for by this name.

    At Huawei an account has a project in every region, named as the region is. A tenant here has
    one, which answers to every region's name, so that a client may keep the region it was made for.
    """
    return _REGION.fullmatch(name) is not None
