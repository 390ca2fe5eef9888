"""How an operation of EnOS's APIs is written down.

GET and POST are both taken everywhere: the pages say POST for most, while the vendor's Python SDK
sends GET whenever a call has no body, and official samples delete with it.
"""

from __future__ import annotations

from functools import partial

from entrepot.dialect.operation import Operation

SEARCH_EXAMPLE = {
    "expression": "productName like 'AlterTest'",
    "pagination": {"pageNo": 1, "pageSize": 10},
}

get = partial(
    Operation, method="GET", also=("POST",), source="documented", permission="product:read"
)
post = partial(Operation, method="POST", also=("GET",), source="documented")
search = partial(post, permission="product:read", selector="search", example=SEARCH_EXAMPLE)
