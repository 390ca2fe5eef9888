"""`python -m tests.faults.launcher FILE serve ...`: the product on a disk that fails as FILE says.

FILE holds one of the words of `WORDS`, and is looked at before every write and sync; missing, the
disk is well. What lies between SQLite and the disk is a VFS of SQLite's own kind. FILE.clock holds
by how many seconds the clock of the process is wrong.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path
from typing import Any

import apsw

WORDS = ("full", "read-only", "slow", "dead")


class Disk:
    """What is wrong with it now."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def word(self) -> str:
        try:
            return self._file.read_text()
        except FileNotFoundError:
            return ""

    def wait(self) -> None:
        """Return when it is not slow."""
        while self.word == "slow":
            time.sleep(0.01)


class FailingFile(apsw.VFSFile):
    """A file that refuses what the disk refuses."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        super().__init__("unix", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        word = self._disk.word
        if word == "full" and offset + len(data) > self.xFileSize():  # what is there can be reused
            raise apsw.FullError("no space left on the disk")
        if word == "read-only":
            raise apsw.IOError("the disk is read-only")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.wait()
        if self._disk.word == "dead":
            raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        if self._disk.word == "read-only":
            raise apsw.IOError("the disk is read-only")
        super().xTruncate(size)


class FailingDisk(apsw.VFS):
    """Opens files on it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__("failing", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> FailingFile:
        return FailingFile(self._disk, name, flags)


def slow_syncs(disk: Disk) -> None:
    """Make the syncs that the store itself asks for wait, or fail, as the disk does."""
    sync = os.fdatasync

    def fdatasync(fd: Any) -> None:
        disk.wait()
        if disk.word == "dead":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(fd)

    os.fdatasync = fdatasync


def wrong_clock(file: Path) -> None:
    """Make the time of day what the file says; no other clock is touched."""
    right, right_ns = time.time, time.time_ns

    def offset_s() -> int:
        try:
            return int(file.read_text())
        except FileNotFoundError:
            return 0

    time.time = lambda: right() + offset_s()
    time.time_ns = lambda: right_ns() + offset_s() * 10**9


def main() -> int:
    wrong_clock(Path(sys.argv[1] + ".clock"))
    from entrepot.cli import main as entrepot

    disk = Disk(Path(sys.argv[1]))
    vfs = FailingDisk(disk)
    slow_syncs(disk)
    try:
        return entrepot(sys.argv[2:])
    finally:
        vfs.unregister()


if __name__ == "__main__":
    raise SystemExit(main())
