"""What the load generator itself can do, so that nobody takes its limit for a server's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from rich.console import Console

from bench import servers
from bench.figures import Figures
from bench.load import Generator, Plan
from bench.requests_iotda import SignedCreates

_SERVERS = {"fixed answer": "bench.peers.fixed", "echo": "bench.peers.echo"}


def run(rounds: int, seconds: float, connections: Sequence[int], console: Console) -> Figures:
    """The generator's rates against a server that is all but free and against the echo."""
    figures = Figures()
    _, generator_core = servers.cores()
    generator = Generator(generator_core)
    with ExitStack() as stack:
        stack.callback(generator.close)
        started = {name: servers.module(module) for name, module in _SERVERS.items()}
        for server in started.values():
            stack.callback(server.stop)
        for _ in range(rounds):
            for wide in connections:
                for name, server in started.items():
                    recipe = SignedCreates(server.host, server.port, "0" * 32, "key", "secret")
                    plan = Plan(
                        host=server.host,
                        port=server.port,
                        connections=wide,
                        recipe=recipe,
                        count=10**9,
                        seconds=seconds,
                        repeat=True,
                        server_pid=server.pid,
                    )
                    figures.add((name, wide), generator.run(plan))
    widest = figures.spread(("fixed answer", max(connections)), lambda one: one.client_capacity)
    console.print(
        f"the generator would fill its core at {widest.median:.0f} requests/s "
        f"({widest.low:.0f}-{widest.high:.0f})"
    )
    return figures
