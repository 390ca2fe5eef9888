"""Backups: a folder with a copy of the store, what is needed to trust it, and the way back.

A backup looks like a data directory, so whatever looks one over can look over the other. The master
key is in it only where it was asked for.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from entrepot import __version__, keyfile, unfinished
from entrepot import main as root
from entrepot.config import Config
from entrepot.store.sqlite.copy import Progress, copy_store, sync

MANIFEST = "backup.json"
_FORMAT = 1
_UNFINISHED = ".entrepot-backup-"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    format: int
    release: str
    made_at: str
    store_bytes: int
    store_sha256: str
    master_key: str  # its fingerprint
    master_key_included: bool


def backup(
    config: Config, folder: Path, with_key: bool = False, progress: Progress = lambda done, n: None
) -> Manifest:
    """The manifest of a new backup in `folder`, which appears whole or not at all.

    Raises:
        ValueError: the folder is there already, or the data directory cannot be read; says why.
        Unavailable: the engine failed.
    """
    if folder.exists():
        raise ValueError(f"{folder} is there already: a backup gets a folder of its own")
    _in_directory(config)
    root.read_installation(config).close()  # the key at hand opens this store
    key = root.master_key(config)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished.sweep(folder.parent, lambda path: path.name.startswith(_UNFINISHED))
    with _new_folder(folder) as making:
        store = making / root.STORE
        copy_store(config.data / root.STORE, store, progress)
        manifest = Manifest(
            format=_FORMAT,
            release=__version__,
            made_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            store_bytes=store.stat().st_size,
            store_sha256=_sha256(store),
            master_key=keyfile.fingerprint(key),
            master_key_included=with_key,
        )
        if with_key:
            _write(making / root.MASTER_KEY, key.hex().encode() + b"\n")
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        _write(making / MANIFEST, text + b"\n")
        sync(making)
        making.rename(folder)
        sync(folder.parent)
    return manifest


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside this one that only its owner can read; gone afterwards, unless it has another name."""
    locked = None
    while locked is None:
        making = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
        locked = unfinished.lock(making)
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)
        os.close(locked)


def restore(config: Config, folder: Path, key_file: Path | None = None) -> Manifest:
    """The manifest of the backup that the data directory was made from.

    Raises:
        ValueError: the backup is not what its manifest says, the key that it needs is not at hand,
            or the data directory has a store already; says which.
    """
    _in_directory(config)
    data, store = config.data, config.data / root.STORE
    if store.exists():
        raise ValueError(f"{store} is there already: restore into another directory with --data")
    manifest = read_manifest(folder)
    if wrong := differences(folder, manifest):
        raise ValueError(f"{folder} is not whole: {'; '.join(wrong)}")
    key = key_of(config, folder, manifest, key_file)
    if config.master_key and bytes.fromhex(config.master_key) != key:
        raise ValueError("ENTREPOT_MASTER_KEY holds another key than this backup's")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not config.master_key:
        keyfile.put(data / root.MASTER_KEY, key)
    partial = store.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with open(folder / root.STORE, "rb") as copy:
            shutil.copyfileobj(copy, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(store)
    sync(data)
    root.open_installation(config).close()  # the key opens it, and its schema is this release's
    return manifest


def _in_directory(config: Config) -> None:
    if config.store:
        raise ValueError("the store is in PostgreSQL: use `pg_dump` and `pg_restore`")


def read_manifest(folder: Path) -> Manifest:
    """What the backup says of itself.

    Raises:
        ValueError: it says nothing, or is of a newer release.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"{folder} is not a backup: {error}") from None
    if manifest.format != _FORMAT:
        raise ValueError(f"{folder} is a backup of format {manifest.format}: use a newer release")
    return manifest


def differences(folder: Path, manifest: Manifest) -> list[str]:
    """In what the copy differs from what was written when it was made."""
    store = folder / root.STORE
    try:
        size = store.stat().st_size
        if size != manifest.store_bytes:
            return [f"{root.STORE} has {size} bytes, not {manifest.store_bytes}"]
        if _sha256(store) != manifest.store_sha256:
            return [f"{root.STORE} was changed since: its checksum differs"]
    except OSError as error:
        return [str(error)]
    return []


def key_of(config: Config, folder: Path, manifest: Manifest, key_file: Path | None) -> bytes:
    """The master key that the backup was made under: from the file that is named, the settings, the
    data directory, or the backup itself, whichever has it.

    Raises:
        ValueError: none of them has.
    """
    files = [key_file] if key_file else [d / root.MASTER_KEY for d in (config.data, folder)]
    keys = [bytes.fromhex(config.master_key)] if config.master_key and not key_file else []
    keys += [keyfile.read(file) for file in files if key_file or file.exists()]
    for key in keys:
        if keyfile.fingerprint(key) == manifest.master_key:
            return key
    raise ValueError(
        f"{folder} needs the master key with the fingerprint {manifest.master_key},"
        f" and {f'{key_file} holds another' if key_file else 'it is not at hand'}:"
        " name the file that holds it with --key-file, or set ENTREPOT_MASTER_KEY"
    )


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
