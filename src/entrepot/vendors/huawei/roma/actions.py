"""Where ROMA's operations live."""

from __future__ import annotations

B = "/v2/{project_id}/link/instances/{instance_id}"
PRODUCT = f"{B}/products/{{product_id}}"
