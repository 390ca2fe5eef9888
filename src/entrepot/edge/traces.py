"""OpenTelemetry spans, where the usual variables ask for them; imported only then.

One span for each answered request, made when it is over. Nothing else of the program knows of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from opentelemetry import propagate
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

from entrepot import __version__
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Answer

log = logging.getLogger("entrepot.server")

_GROUP = "opentelemetry_traces_exporter"
# A span keeps what the caller sent of these, and spans wait in memory while the collector is away.
# W3C Trace Context asks for 512 characters of `tracestate` at least.
_LONGEST = 512
_LAST_S = 3.0  # how long the end of the server waits for the collector
_OTLP = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}


class Traces:
    """Sends spans as the variables say: exporter, endpoint, sampler, service name. Close it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._provider = TracerProvider(shutdown_on_exit=False)
        for name in environment.get("OTEL_TRACES_EXPORTER", "otlp").split(","):
            exporter = _exporter(name.strip(), environment)
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("entrepot", __version__)

    def request(self, exchange: Exchange, answer: Answer, seconds: float) -> None:
        """One span for the answered request (an `Observer`)."""
        ended = time.time_ns()
        request, facts = exchange.request, exchange.facts()
        fields = propagate.get_global_textmap().fields
        carrier = {f: request.header(f.encode()).decode("latin-1") for f in fields}
        span = self._tracer.start_span(
            f"{facts['dialect']} {facts.get('operation', request.method)}",
            context=propagate.extract({k: v for k, v in carrier.items() if 0 < len(v) <= _LONGEST}),
            kind=SpanKind.SERVER,
            start_time=ended - int(seconds * 1e9),
            attributes={
                "http.request.method": request.method,
                "http.response.status_code": answer.status,
                "client.address": request.peer,
                **{f"entrepot.{name}": value for name, value in facts.items()},
            },
        )
        if answer.status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end(ended)

    def close(self) -> None:
        """Send what has not been sent yet; what the collector does not take in three seconds is lost."""
        # The SDK itself waits for half a minute, in which no other server could use the data directory.
        last = threading.Thread(target=self._provider.shutdown, name="entrepot-traces", daemon=True)
        last.start()
        last.join(_LAST_S)
        if last.is_alive():
            log.warning("the last traces are lost: the collector does not take them")


def _exporter(name: str, environment: Mapping[str, str]) -> Any:
    if name == "otlp":
        protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environment.get(
            "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"
        )
        name = _OTLP.get(protocol, protocol)
    for found in entry_points(group=_GROUP, name=name):
        return found.load()()
    raise ValueError(f"no OpenTelemetry exporter of traces is called {name!r} here")
