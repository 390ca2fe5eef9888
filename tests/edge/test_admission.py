"""Past a bounded number of requests in work the next is refused at once, in the vendor's words."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from entrepot.core.faults import Unavailable
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Answer
from entrepot.edge.http import Edge
from tests.contract.adapters import WITH_PRODUCTS, Adapter
from tests.contract.world import World
from tests.faults.disk import said_as

MOST = 3


@pytest.mark.parametrize("adapter", WITH_PRODUCTS, ids=lambda a: a.dialect)
def test_the_next_request_is_told_to_come_again_and_those_before_it_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adapter: Adapter
) -> None:
    world = World(tmp_path)
    products = adapter.products
    assert products is not None
    seen: list[Exchange] = []
    edge = Edge(world.owners, world.context, [lambda e, a, s: seen.append(e)], MOST)
    caller = world.tenant()
    disk, on_disk = os.fdatasync, threading.Event()

    def slow(descriptor: int) -> None:  # the disk is made slow, nothing is faked
        assert on_disk.wait(20)
        disk(descriptor)

    async def create(n: int) -> Answer:
        body = products.unique(adapter.operation(products.create).example, n, caller)
        return await edge.answer(adapter.create(body, caller))

    async def race() -> None:
        monkeypatch.setattr(os, "fdatasync", slow)
        waiting = [asyncio.ensure_future(create(n)) for n in range(MOST)]
        await asyncio.sleep(0.1)
        assert not any(w.done() for w in waiting)
        assert edge.in_work == MOST
        refused = await asyncio.wait_for(create(MOST), 5)
        assert adapter.refused(refused)
        assert isinstance(seen[-1].fault, Unavailable)
        # The same as where the store fails: this vendor's row for what is not available now.
        assert said_as(adapter, refused, Unavailable)
        on_disk.set()
        for answer in await asyncio.gather(*waiting):
            assert not adapter.refused(answer), answer.body
        assert (edge.in_work, edge.turned_away) == (0, 1)
        assert not adapter.refused(await create(MOST))

    try:
        world.run(race())
    finally:
        on_disk.set()
        world.close()
