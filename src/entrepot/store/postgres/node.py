"""A node as the store knows it: one row, in which it counts the groups of units that it has kept.

The count tells whether a commit that broke off was kept, and a row that is gone tells a node that
the store is no longer of its schema (docs/decisions/0060, 0061).
"""

from __future__ import annotations

from typing import Any

import psycopg

from entrepot.core.faults import Unavailable
from entrepot.store.postgres.schema import Connection
from entrepot.store.upgrade import SCHEMA_VERSION

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Struck(Exception):
    """The node's row is gone; nothing was kept."""


class Unsure(Exception):
    """The connection broke in the middle of the commit of the node's group of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the connection broke in the middle of the commit of group {number}")
        self.number = number


def register(connection: Connection) -> int:
    """The node's number, which no other has or had.

    Raises:
        Unavailable: the store is of another schema by now.
    """
    connection.execute("DELETE FROM entrepot.node WHERE seen < now() - interval '1 day'")
    # FOR SHARE: either an upgrade waits for this row and strikes it off, or this waits for it.
    row = connection.execute(
        "INSERT INTO entrepot.node SELECT nextval('entrepot.nodes'), 0, now()"
        " FROM (SELECT FROM entrepot.meta WHERE name = 'schema' AND value = %b FOR SHARE) ours"
        " RETURNING id",
        (b"%d" % SCHEMA_VERSION,),
    ).fetchone()
    if row is None:
        raise Unavailable(f"the store is no longer of schema {SCHEMA_VERSION}: replace this node")
    number: int = row[0]
    return number


def begin(connection: Connection, node: int) -> Cursor:
    """The transaction of a group; fetches the group's number, or nothing where the row is gone.

    First of all: an upgrade waits here for groups on their way, and they for it, with nothing in hand.
    """
    connection.execute("BEGIN")
    sql = (
        "UPDATE entrepot.node SET groups = groups + 1, seen = now() WHERE id = %b RETURNING groups"
    )
    return connection.cursor(binary=True).execute(sql.encode(), (node,))


def commit(connection: Connection, number: int) -> None:
    """Nothing; the group is on disk, and wherever else the server is told to wait for.

    Raises:
        Unsure: the connection broke.
        Unavailable: it is kept by this server alone.
        psycopg.Error: the server refused; nothing was kept.
    """
    heard: list[str] = []

    def hear(said: psycopg.errors.Diagnostic) -> None:
        # A server that is being shut down says so too, in another class: what it committed is kept.
        if (said.sqlstate or "").startswith("01"):
            heard.append(str(said.message_primary))

    connection.add_notice_handler(hear)
    try:
        connection.execute("COMMIT")
    except psycopg.OperationalError as error:
        if connection.closed:
            raise Unsure(number) from error
        raise
    finally:
        connection.remove_notice_handler(hear)
    if heard:  # the wait for a standby was given up, and only a warning tells of it
        raise Unavailable(f"kept by one server alone: {heard[0]}")


def was_kept(connection: Connection, node: int, number: int) -> bool:
    """Whether the group of this number is there, once the server is done with it.

    Raises:
        Unavailable: nobody can tell.
        psycopg.Error: this connection broke too, or the server is not done for long.
    """
    sql = "SELECT groups FROM entrepot.node WHERE id = %b FOR UPDATE"
    row = connection.execute(sql, (node,)).fetchone()
    if row is None:
        raise Unavailable("nobody can tell whether it was kept: the store was upgraded meanwhile")
    return bool(row[0] >= number)
