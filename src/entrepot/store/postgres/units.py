"""Units of work on PostgreSQL, gathered: each runs over the database as it will be, nothing is written yet.

What units change is kept here until `flush.py` writes it for all of them at once. What they
relied on is kept too, because another node may change it meanwhile: the flush asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from entrepot.core.faults import Taken
from entrepot.core.kinds import Thing
from entrepot.core.ports import Entry, L, T, Tx
from entrepot.core.things.claim import Claim
from entrepot.store.postgres.schema import Connection
from entrepot.store.postgres.tx import (
    ID_BOUND,
    Chosen,
    ReadTx,
    Rows,
    chosen_by_labels,
    chosen_by_name,
)
from entrepot.store.rows import (
    ALL,
    BLOCK_BITS,
    BY_TYPE,
    EVERY,
    LABEL,
    SEARCHED,
    asked_labels,
    claim_hash,
    claims_of,
    is_name,
    label_name,
    label_number,
    label_rows,
    label_value,
    owner_of,
    parent_of,
    parents_of,
    unpack,
)
from entrepot.store.scanning import BLOCK
from entrepot.store.totals import every

R = TypeVar("R")
Key = tuple[str, int, int]  # kind, tenant, id
ClaimKey = tuple[int, bytes]  # tenant, hash
Seen = tuple[int, Thing | None]  # version in the database, 0 where it is not there; the thing


@dataclass(slots=True)
class Changes:
    """What one unit, or all that ended well, did; `asked` and `guards` are what it relied on."""

    rows: dict[Key, Seen] = field(default_factory=dict)  # the version is the one to replace
    # Who holds it in the database, as far as we know, and who shall.
    claims: dict[ClaimKey, tuple[int | None, int | None]] = field(default_factory=dict)
    labels: dict[tuple[int, bytes, bytes, int], bool] = field(default_factory=dict)
    totals: dict[tuple[int, str, int, int], int] = field(default_factory=dict)  # the last: block
    entries: dict[tuple[int, int], list[Entry]] = field(default_factory=dict)
    names: dict[str, bytes] = field(default_factory=dict)
    recalled: dict[str, bytes | None] = field(default_factory=dict)
    asked: list[tuple[str, Sequence[Any], Rows]] = field(default_factory=list)
    # Whoever decides by what is kept under a parent keeps others out.
    guards: set[tuple[int, str, int]] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.rows or self.claims or self.labels or self.entries or self.names)

    def take(self, unit: Changes) -> None:
        """Add what a unit did after all that is here."""
        if not unit:
            return  # what it only looked at, nothing depends on
        self.rows |= unit.rows
        self.claims |= unit.claims
        self.labels |= unit.labels
        for key, n in unit.totals.items():
            self.totals[key] = self.totals.get(key, 0) + n
        for thing, entries in unit.entries.items():
            self.entries.setdefault(thing, []).extend(entries)
        self.names |= unit.names
        self.recalled = {**unit.recalled, **self.recalled}
        self.asked += unit.asked
        self.guards |= unit.guards


class WriteTx(ReadTx):
    """See `Tx`. One for each attempt at a group of units.

    `cache` holds things as they were seen once; what is taken from it is asked again by the flush.
    `held` holds claims that an earlier attempt found in other hands.
    """

    def __init__(
        self,
        connection: Connection,
        cache: dict[Key, Seen],
        held: dict[ClaimKey, int],
        expected: int,
    ) -> None:
        super().__init__(connection)
        self.done = Changes()
        self.seen: dict[Key, Seen] = {}
        self.from_cache: set[Key] = set()
        self._now = Changes()
        self._cache = cache
        self._held = held
        self._expected = expected  # units that are still to come, each likely to want an id
        self._ids: list[int] = []
        self._fresh: set[int] = set()

    def unit(self, work: Callable[[Tx], R]) -> R:
        """Run one unit of work: wholly, or not at all where it raises."""
        self._now = Changes()
        try:
            result = work(self)
        finally:
            self._expected -= 1
        self.done.take(self._now)
        return result

    def _rows(self, sql: str, values: Sequence[Any]) -> Rows:
        rows = super()._rows(sql, values)
        self._now.asked.append((sql, values, rows))
        return rows

    # Things

    def new_id(self) -> int:
        if not self._ids:
            rows = self.cursor.execute(
                b"SELECT nextval('entrepot.ids') FROM generate_series(1, %b)",
                (max(self._expected, 1),),
            ).fetchall()
            self._ids = [id for (id,) in reversed(rows)]
        id = self._ids.pop()
        self._fresh.add(id)
        return id

    def add(self, thing: Thing) -> None:
        tenant, kind = owner_of(thing), BY_TYPE[type(thing)].name
        claims = claims_of(thing)
        self._must_be_free(tenant, claims)
        for claim in claims:
            self._claim((tenant, claim_hash(claim)), thing.id)
        self._now.rows[kind, tenant, thing.id] = 0, thing
        self._label(tenant, thing.id, label_rows(thing), True)
        self._histograms(tenant, kind, parent_of(thing), thing.id, 1)

    def put(self, old: T, new: T) -> None:
        tenant, kind = owner_of(old), BY_TYPE[type(old)].name
        version = self._there(kind, tenant, old.id)
        before, after = claims_of(old), claims_of(new)
        self._must_be_free(tenant, [c for c in after if c not in before])
        for claim in before:
            if claim not in after:
                self._release((tenant, claim_hash(claim)), old.id)
        for claim in after:
            if claim not in before:
                self._claim((tenant, claim_hash(claim)), new.id)
        self._now.rows[kind, tenant, new.id] = version, new
        if parent_of(old) != parent_of(new):
            self._histograms(tenant, kind, parent_of(old), old.id, -1)
            self._histograms(tenant, kind, parent_of(new), new.id, 1)
        had, has = label_rows(old), label_rows(new)
        self._label(tenant, old.id, [row for row in had if row not in has], False)
        self._label(tenant, new.id, [row for row in has if row not in had], True)

    def drop(self, thing: Thing) -> None:
        tenant, kind = owner_of(thing), BY_TYPE[type(thing)].name
        version = self._there(kind, tenant, thing.id)
        for claim in claims_of(thing):
            self._release((tenant, claim_hash(claim)), thing.id)
        self._label(tenant, thing.id, label_rows(thing), False)
        self._now.rows[kind, tenant, thing.id] = version, None
        self._histograms(tenant, kind, parent_of(thing), thing.id, -1)

    def get(self, kind: type[T], tenant: int, id: int) -> T | None:
        if not 0 < id < ID_BOUND:
            return None
        thing: Any = self._seen(BY_TYPE[kind].name, tenant, id, kind)[1]
        found: T | None = thing
        return found

    def _there(self, kind: str, tenant: int, id: int) -> int:
        """The version that a change is to replace."""
        type_ = next(k for k, v in BY_TYPE.items() if v.name == kind)
        version, thing = self._seen(kind, tenant, id, type_)
        if thing is None:
            raise LookupError(f"{kind} {id} of tenant {tenant} is not there")
        return version

    def _seen(self, kind: str, tenant: int, id: int, type_: type[Any]) -> Seen:
        key = (kind, tenant, id)
        found = self._now.rows.get(key) or self.done.rows.get(key) or self.seen.get(key)
        if found is None:
            found = self._cache.get(key)
            if found is not None:
                self.from_cache.add(key)
            else:
                row = self._row(kind, tenant, id)
                found = (0, None) if row is None else (row[0], unpack(type_, row[1]))
            self.seen[key] = found
        return found

    # Claims

    def holder(self, tenant: int, claim: Claim) -> int | None:
        key = (tenant, claim_hash(claim))
        known = self._now.claims.get(key) or self.done.claims.get(key)
        return known[1] if known else super().holder(tenant, claim)

    def _must_be_free(self, tenant: int, claims: Iterable[Claim]) -> None:
        """Raises `Taken` where we know of a holder; of others' the flush will know."""
        for claim in claims:
            key = (tenant, claim_hash(claim))
            known = self._now.claims.get(key) or self.done.claims.get(key)
            holder = known[1] if known else self._held.get(key)
            if holder is not None:
                raise Taken(claim.rule, claim.value, holder)

    def _claim(self, key: ClaimKey, holder: int) -> None:
        known = self._now.claims.get(key) or self.done.claims.get(key) or (None, None)
        self._now.claims[key] = known[0], holder

    def _release(self, key: ClaimKey, holder: int) -> None:
        known = self._now.claims.get(key) or self.done.claims.get(key) or (holder, holder)
        self._now.claims[key] = known[0], None

    # Lists: what the database has, and what the units before did to it

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
        name, parents = BY_TYPE[kind].name, parents_of(parent)
        self._guard(tenant, name, parents)
        changed = self._changed(name, tenant)
        if not changed:
            rows = self._page(name, tenant, parents, before, skip, limit)
            return [unpack(kind, document) for (document,) in rows]
        ours: Any = [
            t
            for t in changed.values()
            if t is not None
            and (parents is None or parent_of(t) in parents)
            and (before is None or t.id < before)
        ]
        rows = self._page(name, tenant, parents, before, 0, skip + limit, tuple(changed))
        ours += [unpack(kind, document) for (document,) in rows]
        found: list[T] = sorted(ours, key=lambda t: -t.id)[skip : skip + limit]
        return found

    def ids(self, kind: type[Any], tenant: int, *, parent: int, limit: int) -> list[int]:
        changed = self._changed(BY_TYPE[kind].name, tenant)
        self._guard(tenant, BY_TYPE[kind].name, [parent])
        found = super().ids(kind, tenant, parent=parent, limit=limit + len(changed))
        ours = [id for id, t in changed.items() if t is not None and parent_of(t) == parent]
        return sorted([*(id for id in found if id not in changed), *ours], reverse=True)[:limit]

    def count(self, kind: type[Any], tenant: int, *, parent: int | None = None) -> int:
        self._guard(tenant, BY_TYPE[kind].name, parents_of(parent))
        return super().count(kind, tenant, parent=parent)

    def counts(self, kind: type[Any], tenant: int, parents: Collection[int]) -> dict[int, int]:
        self._guard(tenant, BY_TYPE[kind].name, parents)
        return super().counts(kind, tenant, parents)

    def _sums(self, kind: str, tenant: int, parents: Collection[int]) -> dict[int, int]:
        found = super()._sums(kind, tenant, parents)
        for totals in (self.done.totals, self._now.totals):
            for (t, k, p, _), delta in totals.items():
                if t == tenant and k == kind and p in found:
                    found[p] += delta
        return found

    def _guard(self, tenant: int, kind: str, parents: Collection[int] | None) -> None:
        if parents is None:
            kind, parents = every(kind), [ALL]
        self._now.guards.update((tenant, kind, parent) for parent in parents)

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
        wanted, _ = asked_labels(BY_TYPE[kind], labels)
        if not wanted:
            return [], 0

        def fits(thing: Thing) -> bool:
            return not set(wanted).isdisjoint(label_rows(thing))

        chosen, among = chosen_by_labels(tenant, wanted), chosen_by_labels(tenant, wanted, before)
        return self._merged(kind, tenant, fits, chosen, among, before or ID_BOUND, skip, limit)

    def _labelled_block(
        self,
        kind: type[L],
        tenant: int,
        labels: Sequence[tuple[str, str | None]],
        before: int | None,
    ) -> list[L]:
        return self.labelled(kind, tenant, labels, before=before, limit=BLOCK)[0]

    def called(
        self, kind: type[L], tenant: int, part: str, *, skip: int = 0, limit: int = 50
    ) -> tuple[list[L], int]:
        small, mark = part.casefold(), BY_TYPE[kind].mark
        names = {mark + name for name in SEARCHED}

        def fits(thing: Thing) -> bool:
            return any(n in names and small in v.casefold() for n, v in label_rows(thing))

        chosen = chosen_by_name(tenant, mark, part)
        return self._merged(kind, tenant, fits, chosen, chosen, ID_BOUND, skip, limit)

    def _merged(
        self,
        kind: type[L],
        tenant: int,
        fits: Callable[[Thing], bool],
        counted: Chosen,
        listed: Chosen,
        before: int,
        skip: int,
        limit: int,
    ) -> tuple[list[L], int]:
        changed = self._changed(BY_TYPE[kind].name, tenant)
        ours: list[Any] = [t for t in changed.values() if t is not None and fits(t)]
        others = (" EXCEPT SELECT unnest(%b::bigint[])", [list(changed)]) if changed else ("", [])
        total = self._count_chosen((counted[0] + others[0], counted[1] + others[1]))
        sql = f"SELECT thing FROM ({listed[0]}{others[0]}) l"  # noqa: S608
        kept = self._page_chosen(kind, tenant, (sql, listed[1] + others[1]), 0, skip + limit)
        things: list[L] = kept + [t for t in ours if t.id < before]
        things.sort(key=lambda t: -t.id)
        return things[skip : skip + limit], total + len(ours)

    def _changed(self, kind: str, tenant: int) -> dict[int, Thing | None]:
        """The tenant's things of the kind as units left them, by id."""
        return {
            id: thing
            for rows in (self.done.rows, self._now.rows)
            for (k, t, id), (_, thing) in rows.items()
            if k == kind and t == tenant
        }

    # The audit log and the installation

    def note(self, tenant: int, entry: Entry) -> None:
        self._now.entries.setdefault((tenant, entry.thing), []).append(entry)

    def history(self, tenant: int, thing: int) -> list[Entry]:
        kept = [] if thing in self._fresh else super().history(tenant, thing)
        key = (tenant, thing)
        return [*kept, *self.done.entries.get(key, ()), *self._now.entries.get(key, ())]

    def last_revision(self, tenant: int, thing: int) -> int:
        for changes in (self._now, self.done):
            if lines := changes.entries.get((tenant, thing)):
                return lines[-1].revision
        return 0 if thing in self._fresh else super().last_revision(tenant, thing)

    def recall(self, name: str) -> bytes | None:
        for names in (self._now.names, self.done.names):
            if name in names:
                return names[name]
        value = self._now.recalled[name] = super().recall(name)
        return value

    def remember(self, name: str, value: bytes) -> None:
        self._now.names[name] = value

    # Small change

    def _label(self, tenant: int, thing: int, rows: Sequence[tuple[str, str]], has: bool) -> None:
        for name, value in rows:
            self._now.labels[tenant, label_name(name), label_value(name, value), thing] = has
            if not is_name(name):
                number = label_number(name, value)
                self._histograms(tenant, LABEL, number, thing, 1 if has else -1)

    def _histograms(self, tenant: int, kind: str, parent: int, id: int, n: int) -> None:
        block, totals = id >> BLOCK_BITS, self._now.totals
        key = (tenant, kind, parent, block)
        totals[key] = totals.get(key, 0) + n
        if kind in EVERY:
            key = (tenant, EVERY[kind], ALL, block)
            totals[key] = totals.get(key, 0) + n
