"""`python -m tests.edge.collector FILE serve ...`: the product, which tells what requests leave in memory.

SIGUSR1 switches the cyclic collector off and notes how much memory is in use; SIGUSR2 collects, and
writes to FILE what only a collection would have freed. The time limits of connections are short.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from types import CoroutineType, FrameType, TracebackType
from typing import Any

HEAD_TIMEOUT_S = BODY_TIMEOUT_S = 1.5


class Collector:
    """Answers the two signals."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._before = 0

    def begin(self, number: int, frame: Any) -> None:
        gc.collect()
        gc.disable()
        tracemalloc.start()
        self._before = tracemalloc.get_traced_memory()[0]
        self._tell({"begun": True})

    def end(self, number: int, frame: Any) -> None:
        grown = tracemalloc.get_traced_memory()[0] - self._before
        most = tracemalloc.take_snapshot().statistics("lineno")[:5]
        tracemalloc.stop()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kinds = Counter(name for thing in gc.garbage if (name := _ours(thing)))
        gc.set_debug(0)
        gc.garbage.clear()
        self._tell({"grown": grown, "kinds": kinds, "most": [str(line) for line in most]})

    def _tell(self, said: Any) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(said))
        os.replace(part, self._file)


def _ours(thing: Any) -> str:
    """The name of the kind, if it is one of ours, or one that holds what ours do; else nothing."""
    if isinstance(thing, FrameType):
        return f"frame {thing.f_code.co_qualname}" if "entrepot" in thing.f_code.co_filename else ""
    if isinstance(thing, TracebackType):
        return _ours(thing.tb_frame).replace("frame", "traceback", 1)
    if isinstance(thing, CoroutineType):
        return f"coroutine {thing.cr_code.co_qualname}"
    kind = type(thing)
    module = str(kind.__module__)
    known = module.startswith(("entrepot", "httptools", "uvloop")) or isinstance(
        thing, BaseException
    )
    return f"{module}.{kind.__qualname__}" if known else ""


def main() -> int:
    from entrepot.cli import main as entrepot
    from entrepot.edge import connection

    connection.HEAD_TIMEOUT_S, connection.BODY_TIMEOUT_S = HEAD_TIMEOUT_S, BODY_TIMEOUT_S
    collector = Collector(Path(sys.argv[1]))
    signal.signal(signal.SIGUSR1, collector.begin)
    signal.signal(signal.SIGUSR2, collector.end)
    return entrepot(sys.argv[2:])


if __name__ == "__main__":
    raise SystemExit(main())
