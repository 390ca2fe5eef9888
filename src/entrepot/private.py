"""Which files of a data directory others than its owner can read; nobody else needs to."""

from __future__ import annotations

import logging
import stat
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("entrepot.store")

# The store with what SQLite and copies keep beside it, the keys, the nonces, the lock.
_OURS = ("entrepot.sqlite", "entrepot.partial", "master.key", "nonces.", "serve.lock")


def exposed(folder: Path) -> list[Path]:
    """Returns our files in the folder that the group or everybody has any right to."""
    if not folder.is_dir():
        return []
    return [p for p in sorted(folder.iterdir()) if p.name.startswith(_OURS) and _is_exposed(p)]


def _is_exposed(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # SQLite removes what it keeps beside its file
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o077)


def close(path: Path) -> None:
    """Leaves the file or folder to its owner alone."""
    with suppress(FileNotFoundError):
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o077)


def tighten(folder: Path) -> None:
    """Leaves our files in the folder to their owner alone, and says so where they were not."""
    found = exposed(folder)
    if not found:
        return
    names = ", ".join(path.name for path in found)
    try:
        for path in found:
            close(path)
    except OSError as error:
        log.warning("others can read files in %s (%s): %s", folder, names, error.strerror)
    else:
        log.warning("others could read files in %s: now only the owner can (%s)", folder, names)
