"""A server before the server: passes every request on as it came, and keeps it with its answer."""

from __future__ import annotations

from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from entrepot.dialect.request import Answer, Request


class Recorder:
    """What came in, in `kept`, and what the server at `address` answered. A context manager."""

    def __init__(self, address: str) -> None:
        self.kept: list[tuple[Request, Answer]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.kept, address))
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(kept: list[tuple[Request, Answer]], address: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path, _, query = self.path.partition("?")
            headers = {k.lower().encode(): v.encode() for k, v in self.headers.items()}
            request = Request(self.command, path.encode(), query.encode(), headers, body)
            connection = HTTPConnection(address, timeout=30)
            try:
                connection.putrequest(self.command, self.path, True, True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body or None)
                answer = connection.getresponse()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    self.send_header(name, value)
                self.end_headers()
                content = answer.read()
                kept.append((request, Answer(answer.status, content)))
                self.wfile.write(content)
            finally:
                connection.close()

        do_GET = do_POST = do_PUT = do_DELETE = _pass_on

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: what came is kept."""

    return Handler
