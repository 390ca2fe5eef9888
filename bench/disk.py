"""The disk's own limit: one 4 KiB overwrite and fdatasync after another; knows no server."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

FILE_BYTES = 256 * 1024
BLOCK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Syncs:
    """What one loop gave; the times are of one write with its fdatasync."""

    count: int
    elapsed_s: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Syncs a second."""
        return self.count / self.elapsed_s


def fdatasyncs(directory: Path, seconds: float) -> Syncs:
    """The cost of a durable 4 KiB overwrite in `directory`, whose file is written out beforehand.

    Nothing is appended: a file that grows makes the file system commit its journal as well, which
    is another and larger cost.
    """
    path = directory / f"fdatasync-{os.getpid()}.bin"
    block = os.urandom(BLOCK_BYTES)
    times: list[float] = []
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.pwrite(file, bytes(FILE_BYTES), 0)
        os.fsync(file)
        offset = 0
        started = now = time.perf_counter()
        while now - started < seconds:
            os.pwrite(file, block, offset)
            os.fdatasync(file)
            before, now = now, time.perf_counter()
            times.append(now - before)
            offset = (offset + BLOCK_BYTES) % FILE_BYTES
    finally:
        os.close(file)
        path.unlink()
    return Syncs(
        count=len(times),
        elapsed_s=now - started,
        p50_ms=statistics.median(times) * 1e3,
        p99_ms=sorted(times)[int(len(times) * 0.99)] * 1e3,
    )
