"""One exchange with a server that speaks a Huawei dialect, to the byte; knows neither dialect nor server."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

JSON = "application/json;charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; fails where it is none."""
        assert self.headers["content-type"] == JSON, (self.status, self.body)
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal, with its status before it, once its form is proved."""
        refusal = self.json
        assert sorted(refusal) == ["error_code", "error_msg", "request_id"]
        assert self.headers["x-request-id"] == refusal["request_id"]
        return f"{self.status} {refusal['error_code']}"

    @property
    def said(self) -> str:
        """The text of a refusal."""
        text: str = self.json["error_msg"]
        return text


def exchange(
    address: str, method: str, target: str, headers: Iterable[tuple[str | bytes, Any]], body: bytes
) -> Reply:
    """The reply to exactly this."""
    connection = HTTPConnection(address, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        # A body over the limit is answered before the whole of it is read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(body)
        reply = connection.getresponse()
        return Reply(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
    finally:
        connection.close()
