"""Requests made for a process, sent over a socket instead."""

from __future__ import annotations

from http.client import HTTPConnection

from entrepot.dialect.request import Answer, Request


def ask(address: str, request: Request) -> Answer:
    """What the server answers."""
    connection = HTTPConnection(address, timeout=30)
    try:
        target = request.path + (b"?" + request.query if request.query else b"")
        headers = {k.decode(): v.decode() for k, v in request.headers.items() if k != b"host"}
        connection.request(request.method, target.decode(), request.body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read())
    finally:
        connection.close()
