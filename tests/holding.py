"""How long a piece of work holds the thread that it runs in, which for a server's event loop is everybody's."""

from __future__ import annotations

import gc
import threading
import time
from types import TracebackType
from typing import Any

BOUND_S = 0.2


class Held:
    """The processor time of this thread within the block.

    Not counted: other threads, waiting, and the cyclic collector, which looks at all that the tests have made.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> Held:
        self._thread = threading.get_ident()
        self._collected = self._since = 0.0
        gc.callbacks.append(self._note)
        self._began = time.thread_time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.seconds = time.thread_time() - self._began - self._collected
        gc.callbacks.remove(self._note)

    def _note(self, phase: str, info: dict[str, Any]) -> None:
        if threading.get_ident() != self._thread:
            return
        if phase == "start":
            self._since = time.thread_time()
        else:
            self._collected += time.thread_time() - self._since
