"""The HTTP-only limit: a raw ASGI app on uvicorn that answers 201 with the body it was sent.

It runs with the settings of the product's own server and does no more: no routing, no
signature, no parsing, no storage.
"""

from __future__ import annotations

import socket
from typing import Any

import uvicorn


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """201 with the request's own body, once the whole of it is here."""
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    await send(
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serves on a free port of 127.0.0.1 and says so on standard output."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # The settings of entrepot.edge.server, but for `http`: uvicorn's own protocol rather than the
    # product's bounded one, so that a cost added there lowers the ratio and not its measure.
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop",
        ws="none",
        interface="asgi3",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=75,
        backlog=2048,
    )
    listener.listen(config.backlog)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
