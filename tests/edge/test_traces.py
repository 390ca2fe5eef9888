"""OpenTelemetry: a span for each request where its own variables ask for it, and nothing where not."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from entrepot.dialect.request import Request
from tests.contract.adapters import WITH_PRODUCTS
from tests.contract.live import ask
from tests.server import Server

ROMA = next(a for a in WITH_PRODUCTS if a.dialect == "roma")
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector(http.server.ThreadingHTTPServer):
    """Takes what an exporter sends."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Take)
        self.bodies: list[bytes] = []


class Take(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_each_request_is_a_span_that_continues_the_callers_trace(
    tmp_path: Path, collector: Collector
) -> None:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_SERVICE_NAME": "depot",
    }
    with Server(tmp_path / "data", variables=variables) as server:
        caller = server.credentials()
        request = ROMA.show("123", caller, server.address.encode())
        parent = {b"traceparent": f"00-{TRACE}-{PARENT}-01".encode()}
        ask(server.address, replace(request, headers={**request.headers, **parent}))
        assert server.stop() == 0  # which sends what has not been sent yet
        assert server.said == ""
    (found,) = (ExportTraceServiceRequest.FromString(body) for body in collector.bodies)
    (resource,) = found.resource_spans
    assert ("service.name", "depot") in {
        (a.key, a.value.string_value) for a in resource.resource.attributes
    }
    (span,) = resource.scope_spans[0].spans
    assert span.name == "roma ShowProduct"
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.end_time_unix_nano > span.start_time_unix_nano
    said = {a.key: a.value.string_value or a.value.int_value for a in span.attributes}
    assert said["http.response.status_code"] == 404
    assert said["entrepot.tenant"] == "dev"
    assert said["entrepot.fault"] == "NotFound"
    assert caller["secret_key"].encode() not in collector.bodies[0]
    assert request.headers[b"authorization"] not in collector.bodies[0]


def test_a_long_trace_state_is_left_out(tmp_path: Path, collector: Collector) -> None:
    """Spans wait in memory while the collector is away, and anybody can send one."""
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    }
    with Server(tmp_path / "data", variables=variables) as server:
        for length in (100, 200):
            state = ",".join(f"k{i}={'v' * length}" for i in range(4))
            headers = {
                b"traceparent": f"00-{TRACE}-{PARENT}-01".encode(),
                b"tracestate": state.encode(),
            }
            ask(server.address, Request("GET", b"/v5/iot/x/products", headers=headers))
        assert server.stop() == 0
    (found,) = (ExportTraceServiceRequest.FromString(body) for body in collector.bodies)
    short, long = found.resource_spans[0].scope_spans[0].spans
    assert len(short.trace_state) > 400
    assert long.trace_state == ""
    assert long.trace_id == short.trace_id


def test_a_collector_that_says_nothing_holds_up_neither_calls_nor_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        with Server(tmp_path / "data", variables=variables) as server:
            for _ in range(20):
                ask(server.address, Request("GET", b"/v5/iot/x/products"))
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 20  # the SDK waits for 30 seconds
            assert "the last traces are lost" in server.said


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_without_the_variables_nothing_of_it_is_even_imported(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    with Server(
        tmp_path / "data", variables={**variables, "PYTHONPROFILEIMPORTTIME": "1"}
    ) as server:
        ask(server.address, ROMA.show("none", server.credentials(), server.address.encode()))
        server.stop()
        assert "entrepot.edge.http" in server.said
        assert "opentelemetry" not in server.said


def test_an_exporter_that_is_not_there_is_told_and_no_reason_not_to_serve(tmp_path: Path) -> None:
    with Server(tmp_path / "data", variables={"OTEL_TRACES_EXPORTER": "pigeon"}) as server:
        answer = ask(server.address, ROMA.show("none", server.credentials(), b"x"))
        assert answer.status >= 400
        server.stop()
        assert "no traces are sent" in server.said
        assert "'pigeon'" in server.said
