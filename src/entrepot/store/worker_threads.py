"""Threads that do waiting work in groups and answer the event loops it came from; knows no database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from entrepot.store.fair_queue import FairQueue

Outcome = tuple[Any, BaseException | None]
Answer = tuple["asyncio.Future[Any]", Any, BaseException | None]
Settle = Callable[[list[Any]], Sequence[Outcome]]
_Waiting = tuple[Any, "asyncio.Future[Any]", asyncio.AbstractEventLoop]


class WorkerThreads:
    """Does work in at most so many threads. Each takes up to `most` of those who wait, as long as there are any.

    Owners of work take turns. `settle` gives the outcomes of the first ones; who got none waits again,
    before all others. Where `room` wait already, `full` makes what one of them is refused with.
    """

    def __init__(
        self,
        name: str,
        settle: Settle,
        *,
        threads: int,
        most: int,
        room: int | None = None,
        full: Callable[[], BaseException] = AssertionError,
    ) -> None:
        self._name = name
        self._settle = settle
        self._most_threads = threads
        self._most = most
        self._full = full
        self._waiting = FairQueue[_Waiting](room)
        self._wake = threading.Condition()
        self._idle = 0
        self._threads: list[threading.Thread] = []
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def do(self, work: Any, owner: int = 0) -> asyncio.Future[Any]:
        """What comes of the work; whatever it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        with self._wake:
            refused = self._waiting.put(owner, (work, future, loop))
            if not self._idle and len(self._threads) < self._most_threads:
                name = f"{self._name}-{len(self._threads)}"
                # A daemon: a program that ends without `close` has nobody left who waits for answers.
                self._threads.append(threading.Thread(target=self._labour, name=name, daemon=True))
                self._threads[-1].start()
            else:
                self._wake.notify()
        if refused is not None:
            _answer([refused], [(None, self._full())])
        return future

    def close(self) -> None:
        """Return when all who wait have their answers and no thread is left."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()

    def _labour(self) -> None:
        while True:
            with self._wake:
                self._idle += 1
                while not self._waiting:
                    if self._closed:
                        return
                    self._wake.wait()
                self._idle -= 1
                group = self._waiting.take(self._most)
            outcomes = self._outcomes([work for _, (work, _, _) in group])
            if rest := group[len(outcomes) :]:
                with self._wake:
                    self._waiting.put_back(rest)
                    self._wake.notify()
            _answer([waiting for _, waiting in group], outcomes)
            del group, outcomes, rest  # whoever waits next must not keep them alive

    def _outcomes(self, group: list[Any]) -> Sequence[Outcome]:
        """What `settle` gives. If it raises, everybody is told: a thread that ends would leave them waiting."""
        try:
            return self._settle(group)
        except Exception as error:
            return [(None, error)] * len(group)


def _answer(group: list[_Waiting], outcomes: Sequence[Outcome]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for (_, future, loop), outcome in zip(group, outcomes, strict=False):
        loops.setdefault(loop, []).append((future, *outcome))
    for loop, settled in loops.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(release, settled)


def release(answers: Iterable[Answer]) -> None:
    """Gives each future its result or its error, on the loop's thread."""
    for future, result, error in answers:
        if future.done():  # the caller went away
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
