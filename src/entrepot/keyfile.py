"""The file that holds a master key: read, made, and changed without a moment in which there is none."""

from __future__ import annotations

import os
from pathlib import Path

from entrepot.core.vault import Vault

_BYTES = 32


def read(path: Path) -> bytes:
    """The key.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no key.
    """
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (UnicodeDecodeError, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise ValueError(f"{path} does not hold 64 hexadecimal digits: put it back from a backup")
    return key


def make(path: Path, key: bytes) -> None:
    """Nothing; the file is there, this key in it unless it was there already."""
    temporary = _written(path, key)
    try:
        os.link(temporary, path)  # whole or not at all, and never over another
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def put(path: Path, key: bytes) -> None:
    """Nothing; the file holds this key, whatever it held before, and is on disk."""
    _written(path, key).rename(path)
    _sync_folder(path)


def move(path: Path, to: Path) -> None:
    """Nothing; the file is where it should be. Another process may have moved it already."""
    try:
        path.rename(to)
    except FileNotFoundError:
        return
    _sync_folder(to)


def fingerprint(key: bytes) -> str:
    """What tells keys apart and gives nothing of them away."""
    return Vault(key).derive("fingerprint").hex()[:16]


def _written(path: Path, key: bytes) -> Path:
    """A file beside it that only its owner can read."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
