"""The bounds that no setting changes, by name and with their units; for people to read."""

from __future__ import annotations

from collections.abc import Iterable

from entrepot.dialect.dialect import Dialect
from entrepot.dialect.quoting import REFUSAL_BYTES
from entrepot.dialect.sizes import LARGE
from entrepot.edge import accepting, budget, connection, connections, incoming, loop_time, silent


def fixed(dialects: Iterable[Dialect]) -> dict[str, float]:
    """Returns every fixed bound of the server, and of each API how long its queries and bodies may be."""
    of_apis: dict[str, float] = {}
    for dialect in dialects:
        of_apis[f"query_bytes.{dialect.name}"] = dialect.query_limit
        of_apis[f"body_bytes.{dialect.name}"] = dialect.body_limit
    return {
        "path_bytes": incoming.PATH_LIMIT,
        **of_apis,
        "header_lines": incoming.HEADER_LINES,
        "header_bytes": incoming.HEADERS_LIMIT,
        "trailer_bytes": incoming.TRAILERS_LIMIT,
        "chunk_overhead_bytes": incoming.CHUNK_OVERHEAD,
        "pipelined_requests": incoming.PIPELINED_LIMIT,
        "uncounted_request_bytes": incoming.FREE_BYTES,
        "refusal_bytes": REFUSAL_BYTES,
        "head_timeout_s": connection.HEAD_TIMEOUT_S,
        "body_timeout_s": connection.BODY_TIMEOUT_S,
        "idle_timeout_s": connection.IDLE_TIMEOUT_S,
        "answer_stall_timeout_s": connection.STALL_TIMEOUT_S,
        "answer_timeout_s": connection.ANSWER_TIMEOUT_S,
        "memory_wait_s": budget.ROOM_S,
        "memory_long_wait_s": budget.LONG_S,
        "memory_waiting_requests": budget.MOST_WAITING,
        "large_request_bytes": LARGE,
        "large_requests_in_work": connections.LARGE_IN_WORK,
        "loop_slice_s": loop_time.SLICE_S,
        "address_share": 1 / budget.SHARE,
        "connections_begun_at_once": accepting.BEGUN_AT_ONCE,
        "dropped_bytes_per_s": connections.DROPPED_BYTES_S,
        "tls_refused_lingering": connections.MOST_LINGERING,
        "tls_first_received_bytes": accepting.FIRST_RECEIVED,
        "tls_handshakes": accepting.HANDSHAKES,
        "tls_handshake_young_s": accepting.YOUNG_S,
        "tls_silent_by_address": silent.SILENT_BY_ADDRESS,
        "tls_handshake_s": accepting.HANDSHAKE_S,
        "reserved_files": accepting.RESERVED_FILES,
    }
