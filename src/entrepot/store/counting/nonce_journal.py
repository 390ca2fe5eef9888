"""Nonces in files of the data directory, so that a server that starts again knows those of before.

Written without waiting for the disk: a killed server loses none, a power cut the last second's.
"""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger("entrepot.store")

_RECORD = struct.Struct(">I12s")  # the minute since 1970 in which it ends; the mark
_MINUTES = 30  # that end in one file


class NonceJournal:
    """See `Journal`. For the one server of the directory, of one process or several."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = -1  # of the file that is open
        self._file = -1

    def living(self, minute: int) -> Iterator[tuple[int, bytes]]:
        """What was added and has not ended before this minute; files of what has are removed."""
        for path in self._folder.glob("nonces.*"):
            number = int(path.suffix[1:]) if path.suffix[1:].isdigit() else -1
            if number < minute // _MINUTES:
                path.unlink(missing_ok=True)
                continue
            text = path.read_bytes()
            whole = text[: len(text) // _RECORD.size * _RECORD.size]
            yield from (r for r in _RECORD.iter_unpack(whole) if r[0] >= minute)

    def add(self, ends: int, mark: bytes) -> None:
        """Keep a mark of 12 bytes until the minute in which it ends."""
        try:
            if ends // _MINUTES != self._number:
                self._open(ends // _MINUTES)
            os.write(self._file, _RECORD.pack(ends, mark))
        except OSError as error:
            log.warning("nonces are kept in memory only: %s", error)

    def _open(self, number: int) -> None:
        self.close()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        self._file = os.open(self._folder / f"nonces.{number}", flags, 0o600)
        self._number = number
        size = os.fstat(self._file).st_size
        if size % _RECORD.size:  # what a crash left half
            os.ftruncate(self._file, size // _RECORD.size * _RECORD.size)
        for path in self._folder.glob("nonces.*"):
            if path.suffix[1:].isdigit() and int(path.suffix[1:]) < number - 1:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._number = self._file = -1
