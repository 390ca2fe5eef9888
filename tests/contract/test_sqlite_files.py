"""What the SQLite engine does with a file that is not, or not quite, its own."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from entrepot.store.sqlite import SqliteStore
from entrepot.store.sqlite_schema import SCHEMA_VERSION


def test_another_programs_file_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    with apsw.Connection(str(path)) as theirs:
        theirs.execute("CREATE TABLE notes (text)")
    with pytest.raises(ValueError, match="another program"):
        SqliteStore(path)
    with apsw.Connection(str(path)) as theirs:
        tables = theirs.execute("SELECT name FROM sqlite_schema").fetchall()
    assert tables == [("notes",)]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite"
    path.write_text("not a database, " * 100)
    with pytest.raises(ValueError, match="not an SQLite file"):
        SqliteStore(path)
    assert path.read_text().startswith("not a database")


def test_a_newer_releases_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.sqlite"
    SqliteStore(path).close()
    with apsw.Connection(str(path)) as newer:
        newer.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(ValueError, match="newer release"):
        SqliteStore(path)


def test_a_failed_creation_leaves_an_empty_file_that_the_next_opening_takes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "empty.sqlite"
    path.touch()
    store = SqliteStore(path)
    assert store.write_now(lambda tx: tx.new_id()) > 0
    store.close()
