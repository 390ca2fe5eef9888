"""`entrepot backup`, `restore`, `verify` and `master-key`: keeping what must not be lost."""

from __future__ import annotations

import secrets
from contextlib import closing
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from msgspec.structs import replace

from entrepot import backup as backups
from entrepot import keyfile
from entrepot import main as root
from entrepot.cli import checking
from entrepot.cli.options import Json, StoreOptions
from entrepot.store.checks import Check
from entrepot.store.sqlite.checkup import Checkup
from entrepot.store.sqlite.copy import upgraded

_MANY_PAGES = 20_000
Folder = Annotated[Path, Parameter(help="Folder of the backup.")]
KeyFile = Annotated[
    Path | None, Parameter(help="File with the master key of the backup.", show_default=False)
]

master_key = App(name="master-key", help="Change the master key, or tell which it is.")


def backup(
    folder: Folder,
    *,
    with_key: Annotated[
        bool, Parameter(help="Put the master key into the backup too; whoever has it has all.")
    ] = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Copy the store as it is now into a new folder, while a server runs on it or not."""
    config = (store_options or StoreOptions()).settings
    with checking.progress("copying", _pages(config.data / root.STORE), _MANY_PAGES, False) as told:
        seen = 0

        def progress(done: int, pages: int) -> None:
            nonlocal seen
            told(done - seen)
            seen = done

        made = backups.backup(config, folder, with_key, progress)
    print(f"Made {folder}: {made.store_bytes} bytes.")
    if with_key:
        print("It holds the master key: whoever can read it can read every secret.")
    else:
        print(
            f"It does not hold the master key (fingerprint {made.master_key}), without which no"
            " secret in it can be read: keep that elsewhere."
        )


def restore(
    folder: Folder, *, key_file: KeyFile = None, store_options: StoreOptions | None = None
) -> None:
    """Make a data directory from a backup; one that has a store already is left as it is."""
    config = (store_options or StoreOptions()).settings
    made = backups.restore(config, folder, key_file)
    print(f"Made {config.data} from the backup of {made.made_at}.")


def verify(
    folder: Folder,
    *,
    key_file: KeyFile = None,
    without_key: Annotated[
        bool, Parameter(help="Where the key is not at hand: check all but the secrets.")
    ] = False,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> int:
    """Check a backup as `doctor` checks a data directory; exit status 1 where it is not well.

    The key is taken from --key-file, the settings, the data directory or the backup itself.
    """
    config = (store_options or StoreOptions()).settings
    report = checking.Report(as_json)
    manifest = backups.read_manifest(folder)
    wrong = backups.differences(folder, manifest)
    report.tell(Check("the files are what was written", len(wrong), tuple(wrong)))
    # One of an earlier schema is looked over as it will be when it is restored.
    with upgraded(folder / root.STORE) as store:
        if not without_key:
            key = backups.key_of(config, folder, manifest, key_file)
            there = replace(config, data=store.parent, store="", master_key=key.hex())
            with closing(root.read_installation(there)) as installation:
                report.tell(checking.secrets(installation))
        with closing(Checkup(store)) as checkup:
            report.look(checkup)
    return report.status(f"{folder} is not well: make another backup, and look at the disk.")


@master_key.command
def fingerprint(*, store_options: StoreOptions | None = None) -> None:
    """Print what tells the key at hand from others, as backups name theirs; nothing secret."""
    print(keyfile.fingerprint(root.master_key((store_options or StoreOptions()).settings)))


@master_key.command
def rotate(
    *,
    to: Annotated[
        Path | None, Parameter(help="File with the new key (default: a new one is made).")
    ] = None,
    store_options: StoreOptions | None = None,
) -> None:
    """Put every secret under another master key, while a server runs or not.

    Backups from before need the old key. A key that came in ENTREPOT_MASTER_KEY is changed there
    by hand afterwards, so the new one has to be named with --to.
    """
    config = (store_options or StoreOptions()).settings
    if config.master_key and to is None:
        raise ValueError(
            "the master key came in the settings: write the new one, 64 hexadecimal digits, into a"
            " file of your own, name it with --to, and set ENTREPOT_MASTER_KEY to it afterwards"
        )
    old = keyfile.fingerprint(root.master_key(config))
    key = keyfile.read(to) if to else secrets.token_bytes(32)
    kept = root.change_master_key(config, key)
    print(f"The master key {old} is replaced by {keyfile.fingerprint(key)}.")
    print(f"Backups from before need the old one{f', which is kept in {kept}' if kept else ''}.")
    if kept:
        print("Move it to where your keys are kept, or delete it together with those backups.")
    else:
        print("Set ENTREPOT_MASTER_KEY to the new key before the next start.")


def _pages(store: Path) -> int:
    return store.stat().st_size // 4096 if store.exists() else 0
