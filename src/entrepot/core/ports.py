"""What the core needs from the outside: a store to keep things in. Says nothing of how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeVar

import msgspec

from entrepot.core.kinds import INSTALLATION, Thing
from entrepot.core.things.claim import Actor, Claim
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product

T = TypeVar("T", bound=Thing)
L = TypeVar("L", Product, Device)  # what has labels
R = TypeVar("R")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of the audit log: who did what to a thing, when, through which dialect and request."""

    kind: str
    thing: int
    revision: int
    at: int
    actor: Actor
    dialect: str
    operation: str
    request_id: str
    action: Literal["create", "update", "delete"]
    # field -> [before, after]; secrets only as "(changed)", thing models by place (`core/models/changes.py`)
    changes: dict[str, list[Any]] = {}


class Tx(Protocol):
    """One unit of work: it happens wholly or, where it raises, not at all.

    Ids are positive, grow with time and are never given out twice. Lists are newest first (id
    descending) unless said otherwise. A thing of another tenant is not there.
    """

    def new_id(self) -> int:
        """An id that nothing else has or had."""
        ...

    def add(self, thing: Thing) -> None:
        """Keep a new thing with its claims and its labels.

        Raises:
            Taken: another thing of the tenant holds one of the claims.
        """
        ...

    def put(self, old: T, new: T) -> None:
        """Replace `old` as read in this unit of work; claims that went are freed, new ones taken.

        Raises:
            Taken: another thing holds one of the claims; `old` stays.
        """
        ...

    def drop(self, thing: Thing) -> None:
        """Forget the thing, its claims and its labels."""
        ...

    def get(self, kind: type[T], tenant: int, id: int) -> T | None:
        """The thing, if the tenant has it."""
        ...

    def holder(self, tenant: int, claim: Claim) -> int | None:
        """The id of the thing that holds the claim."""
        ...

    def page(
        self,
        kind: type[T],
        tenant: int,
        *,
        parent: int | Collection[int] | None = None,
        before: int | None = None,
        skip: int = 0,
        limit: int = 50,
    ) -> list[T]:
        """At most `limit` things with ids below `before`, after leaving out `skip`.

        Of one parent, or of any of several: of a few its cost grows with how many those are, of more
        with how much of the tenant's is not theirs.
        """
        ...

    def scan(
        self, kind: type[T], tenant: int, *, parent: int | Collection[int] | None = None
    ) -> Iterator[T]:
        """Every thing, read in blocks: for filters that no index answers.

        A read that goes through more than a few hundred things so begins again, in its turn among
        the long ones (see `Store.read`).
        """
        ...

    def having(
        self, kind: type[L], tenant: int, labels: Sequence[tuple[str, str | None]]
    ) -> Iterator[L]:
        """The same of every thing that has any of the labels (a tag's value None: any value)."""
        ...

    def ids(self, kind: type[Any], tenant: int, *, parent: int, limit: int) -> list[int]:
        """The numbers of the parent's things, at most `limit`, without reading them."""
        ...

    def count(self, kind: type[Any], tenant: int, *, parent: int | None = None) -> int:
        """How many there are; costs the same for one and for ten million."""
        ...

    def counts(self, kind: type[Any], tenant: int, parents: Collection[int]) -> dict[int, int]:
        """How many each of the parents has, in one look."""
        ...

    def labelled(
        self,
        kind: type[L],
        tenant: int,
        labels: Sequence[tuple[str, str | None]],
        *,
        before: int | None = None,
        skip: int = 0,
        limit: int = 50,
    ) -> tuple[list[L], int]:
        """Things that have any of the labels (a tag's value None: any value), and how many there are.

        The list begins below `before`; the total is of all. With labels of which nothing has two (one, or
        values of one tag) the cost is the same for one and for ten million, unless it is a name: those
        are counted when asked for.
        """
        ...

    def counted(
        self, kind: type[L], tenant: int, labels: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        """How many things have each of the labels, none of which is a name, in one look."""
        ...

    def called(
        self, kind: type[L], tenant: int, part: str, *, skip: int = 0, limit: int = 50
    ) -> tuple[list[L], int]:
        """Things with `part` in one of their names, whatever its case, and how many there are.

        Reads every name that the tenant's things of the kind have, without their documents.
        """
        ...

    def note(self, tenant: int, entry: Entry) -> None:
        """Append to the audit log."""
        ...

    def history(self, tenant: int, thing: int) -> list[Entry]:
        """The thing's audit log, oldest first; it outlives the thing."""
        ...

    def last_revision(self, tenant: int, thing: int) -> int:
        """The number of the last line of that log, 0 where it is empty; costs the same however long it is."""
        ...

    def recall(self, name: str) -> bytes | None:
        """What `remember` kept for the installation as a whole under this name."""
        ...

    def remember(self, name: str, value: bytes) -> None:
        """Keep a value of the installation as a whole."""
        ...


class Scans(msgspec.Struct, frozen=True):
    """How many long reads are being made, how many wait for their turn, how many were refused so far."""

    in_work: int
    waiting: int
    refused: int


class Store(Protocol):
    """Where things are kept. An answer from `write` means that it is on disk."""

    damage: str
    """What was found spoilt in what is kept, which no trying again mends; empty where nothing was."""

    committed: Callable[[int, float], None]
    """Told of each group of units that was kept: how many, and how many seconds that took."""

    @property
    def shortage(self) -> str:
        """Why units were refused for want of room in these seconds, though smaller ones are kept; or empty."""
        ...

    @property
    def waiting(self) -> int:
        """How many units wait for their turn."""
        ...

    def write(self, work: Callable[[Tx], R]) -> Awaitable[R]:
        """What `work` returned, once it is durable; whatever it raised, with nothing kept.

        It may be run more than once, and then only its last run has happened: it must change nothing
        but the unit of work.

        Raises:
            Unavailable: the engine failed; nothing was kept.
        """
        ...

    async def read(self, work: Callable[[Tx], R], tenant: int = INSTALLATION) -> R:
        """What `work` returned over a consistent state, for this tenant; `work` must change nothing.

        Where it turns out to be long it is given up and run a second time, in the tenant's turn: one
        long read is made at a time, and it may take so many seconds as the settings say.

        Raises:
            TooMuch: it takes longer, or too many long ones wait for their turn.
            Unavailable: the engine failed, or too many reads wait.
        """
        ...

    async def look_up(self, work: Callable[[Tx], R]) -> R:
        """The same for the few rows that tell who is calling; no other read is in its way.

        Raises:
            Unavailable: the engine failed, or too many look-ups wait.
        """
        ...

    async def apart(self, work: Callable[[], R], tenant: int = INSTALLATION) -> R:
        """What `work` returned, made in a thread in the tenant's turn, one such work at a time.

        For what takes long, reads nothing and keeps nothing. More threads would do no more: they share
        the interpreter's lock, and each makes everybody else wait for it.

        Raises:
            TooMuch: too many wait for their turn.
        """
        ...

    @property
    def scans(self) -> Scans:
        """What becomes of long reads."""
        ...

    def stop_reading(self) -> None:
        """From now on whoever reads gets `Unavailable`, in the middle of it too; writes go on."""
        ...


class Nonces(Protocol):
    """What must be used once only."""

    async def first(self, mark: bytes, life_s: float) -> bool:
        """Whether nobody used the mark before; from now on, for its life, somebody has.

        Raises:
            Unavailable: nobody can say.
        """
        ...


class Ledger(Nonces, Protocol):
    """What servers on one store count together. None of it outlives its few minutes."""

    async def hit(self, tenant: int, name: str, per_s: int) -> float:
        """0 where the tenant has a call of this name left in this second, else seconds to wait.

        Raises:
            Unavailable: nobody can say.
        """
        ...

    def close(self) -> None:
        """Let go of whatever it counts in."""
        ...


def first(things: Iterable[T]) -> T | None:
    """The first of them, or None."""
    return next(iter(things), None)
