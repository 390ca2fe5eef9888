"""What is made under a name of its own until it is whole, and what a killed program left of it.

Whoever makes it holds a lock on it, which ends with the process: what nobody locks is left over.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def lock(path: Path) -> int | None:
    """Returns a descriptor that locks the file or folder until it is closed; None where it was removed."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with suppress(OSError):  # a file system without locks: then nothing is swept there either
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    if path.exists():
        return descriptor
    os.close(descriptor)  # somebody took it for left over, before it was locked
    return None


def sweep(folder: Path, is_unfinished: Callable[[Path], bool]) -> None:
    """Removes the folder's files and folders that are unfinished and that nobody locks."""
    with suppress(OSError):  # it is not there, or not ours: nothing depends on it
        for path in folder.iterdir():
            if is_unfinished(path):
                _remove(path)


def _remove(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            from shutil import rmtree  # a start has no use for it

            rmtree(path)
        else:
            path.unlink()
    except BlockingIOError:
        pass  # somebody is at it
    finally:
        os.close(descriptor)
