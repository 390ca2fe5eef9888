"""What holds the event loop is measured and named."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from entrepot.edge.watchdog import HELD_S, Watchdog


def test_work_that_holds_the_loop_is_named_and_measured(caplog: pytest.LogCaptureFixture) -> None:
    watchdog = Watchdog()

    def hold(seconds: float) -> None:
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass

    async def work() -> None:
        watchdog.start()
        await asyncio.sleep(0.2)
        hold(HELD_S * 3)
        await asyncio.sleep(0.3)
        watchdog.stop()

    with caplog.at_level(logging.WARNING, "entrepot.server"):
        asyncio.run(work())
    (record,) = caplog.records
    assert (
        "test_work_that_holds_the_loop_is_named_and_measured.<locals>.hold" in record.getMessage()
    )
    assert watchdog.lag_s >= HELD_S * 2


def test_a_loop_that_waits_is_not_held(caplog: pytest.LogCaptureFixture) -> None:
    watchdog = Watchdog()

    async def work() -> None:
        watchdog.start()
        await asyncio.sleep(0.6)
        watchdog.stop()

    with caplog.at_level(logging.WARNING, "entrepot.server"):
        asyncio.run(work())
    assert not caplog.records
