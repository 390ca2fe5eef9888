"""What Huawei calls a tenant: project, domain and user; the same for IoTDA, ROMA and IAM."""

from __future__ import annotations

import uuid

PROJECT = "huawei.project_id"
DOMAIN_ID = "huawei.domain_id"
DOMAIN_NAME = "huawei.domain_name"


def tenant_ids() -> dict[str, str]:
    """A project id and a domain id of 32 hexadecimal digits; the domain is named by the first eight."""
    domain = uuid.uuid4().hex
    return {PROJECT: uuid.uuid4().hex, DOMAIN_ID: domain, DOMAIN_NAME: f"hw-{domain[:8]}"}
