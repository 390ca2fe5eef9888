"""The file that holds a master key: read, made, and changed without a moment in which there is none."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from entrepot.core.vault import Vault
from entrepot.unfinished import lock, sweep

_BYTES = 32
_UNFINISHED = re.compile(r"(\.next|\.[0-9a-f]{16})?\.[0-9a-f]{16}\.part")
_OF_A_PROCESS = re.compile(r"(\.next|\.[0-9a-f]{16})?\.\d{1,10}")  # what they were called once


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
    with _written(path, key) as temporary, suppress(FileExistsError):
        os.link(temporary, path)  # whole or not at all, and never over another


def put(path: Path, key: bytes) -> None:
    """Nothing; the file holds this key, whatever it held before, and is on disk."""
    with _written(path, key) as temporary:
        temporary.rename(path)
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


def clean(path: Path) -> None:
    """Removes what programs that were killed while they wrote the key left beside it.

    No key that is in use, or was, or will be, is among it: a name is given to the whole file only.
    """
    sweep(path.parent, lambda other: _is_left_over(path, other))


def _is_left_over(path: Path, other: Path) -> bool:
    if not other.name.startswith(path.name):
        return False
    suffix = other.name.removeprefix(path.name)
    if _UNFINISHED.fullmatch(suffix):
        return True
    # A whole key under such a name may be somebody's own copy.
    cut_off = re.compile(rb"[0-9a-f]{0,63}")
    return bool(_OF_A_PROCESS.fullmatch(suffix) and cut_off.fullmatch(other.read_bytes()))


@contextmanager
def _written(path: Path, key: bytes) -> Iterator[Path]:
    """A file beside it that only its owner can read; gone afterwards, unless it has another name."""
    while True:
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        locked = lock(temporary)
        if locked is not None:
            break
        os.close(descriptor)
    try:
        with open(descriptor, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(locked)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
