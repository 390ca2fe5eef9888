"""How large a thing model may be: what the client sent counts, not what the platform adds to it."""

from __future__ import annotations

import msgspec

from entrepot.core.faults import Violation

# Source: documented ("the content size cannot exceed 500 KB"). INFERRED: it counts compact JSON in UTF-8.
CONTENT_BYTES = 500 * 1024
MEMBER = "service_capabilities"

_encode = msgspec.json.Encoder().encode
# Numbers stay as they were written: 1e5 counts three bytes.
_decode = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode())).decode


class _Body(msgspec.Struct):
    service_capabilities: msgspec.Raw = msgspec.Raw(b"null")


_body = msgspec.json.Decoder(_Body).decode


def oversize(raw: bytes) -> tuple[Violation, ...]:
    """Returns the violation if the services of a body are too large.

    `raw`: the body as the client sent it. Compact JSON is never longer, so a short body is not read.
    """
    if len(raw) <= CONTENT_BYTES:
        return ()
    try:
        content = _encode(_decode(_body(raw).service_capabilities))
    except (msgspec.MsgspecError, RecursionError):
        return ()  # it is refused as what it is
    return (
        (Violation((MEMBER,), "too_long", CONTENT_BYTES),) if len(content) > CONTENT_BYTES else ()
    )
