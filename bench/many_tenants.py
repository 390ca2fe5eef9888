"""A store that grows through its own code: a thousand tenants, and products as the vendors' pages make them.

One tenant has half of all products, nine more have a third, and 990 share the rest. The first product of
each dialect is made by a signed request; all others are that one with another name. How far it has
come stands in the store itself, so that a run that was cut off goes on.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from bench.store_locations import StoreLocation
from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.things.account import Settings
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Draft, Product
from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Request
from tests.contract.adapters import ADAPTERS, WITH_PRODUCTS, Adapter
from tests.contract.world import World

BIG, MIDDLING, SMALL = 1, 9, 990
_SHARES = (0.5, 1 / 3 / MIDDLING, (0.5 - 1 / 3) / SMALL)
_UNIT = 2000  # creates in one unit of work while filling
_STATE = "bench.many_tenants"
_SITES = 1000  # values of a tag that one product in ten has

SAMPLES = Path(__file__).with_name("samples")
BODIES: dict[str, dict[str, Any]] = json.loads((SAMPLES / "create_product.json").read_bytes())
"""The sample request of each vendor's Create Product page, but for ids."""


class State(msgspec.Struct):
    """How many products were made: in all, of the big tenant, and of that by dialect."""

    made: int = 0
    big: int = 0
    by_dialect: dict[str, int] = {}
    sited: int = 0  # with the tag `site=s0`
    more: int = 0  # the big tenant's that were made by requests


class ManyTenants:
    """A store that grows, and is asked."""

    def __init__(self, location: StoreLocation) -> None:
        self.location = location
        self.world = World(location.data, location.store)
        store = self.world.installation.store
        kept = store.read_now(lambda tx: tx.recall(_STATE))
        self.state = msgspec.json.decode(kept, type=State) if kept else State()
        if kept is None:
            store.write_now(self._settle)
        self.big = self._credentials()
        self.callers = store.read_now(self._callers)
        self.weights = [_SHARES[0]] + [_SHARES[1]] * MIDDLING + [_SHARES[2]] * SMALL

    def close(self) -> None:
        """Let go of the store."""
        self.world.close()

    def _settle(self, tx: Tx) -> None:
        first, *others = _names()
        vault = self.world.installation.vault
        root.create_tenant(tx, vault, first, Settings(rate_limits=False))
        for name in others:  # without users: nobody calls as one
            tenancy.create_tenant(tx, name, root.now_ms(), root.tenant_ids())
        tx.remember(_STATE, msgspec.json.encode(self.state))

    def _credentials(self) -> Credentials:
        known: Credentials = root.credentials(self.world.installation, "t0")
        for adapter in ADAPTERS:
            known = adapter.ready(known, self.world.ask)
        return known

    def _callers(self, tx: Tx) -> list[Caller]:
        vault, now = self.world.installation.vault, root.now_ms()
        tenants = [tenancy.tenant_named(tx, name) for name in _names()]
        user = tenancy.user_named(tx, tenants[0], tenants[0].name)
        return [Caller(t, user, "", "CreateProduct", "bench", now, vault) for t in tenants]

    # Growing

    def grow(self, to: int, progress: Callable[[int], None]) -> float:
        """Products a second, until there are so many; 0 where there were already."""
        started, before = time.perf_counter(), self.state.made
        models = self._models() if before < to else []
        while self.state.made < to:
            first, count = self.state.made, min(_UNIT, to - self.state.made)
            chance = random.Random(first)
            callers = chance.choices(self.callers, self.weights, k=count)
            chosen = chance.choices(models, k=count)
            now = root.now_ms()

            def work(
                tx: Tx,
                first: int = first,
                callers: Sequence[Caller] = callers,
                chosen: Sequence[Product] = chosen,
                now: int = now,
            ) -> State:
                state = msgspec.json.decode(msgspec.json.encode(self.state), type=State)
                for n, (caller, model) in enumerate(zip(callers, chosen, strict=True), first):
                    said = replace(caller, dialect=model.origin, now_ms=now)
                    made = registry.create(tx, said, varied(model, n))
                    if caller is self.callers[0]:
                        state.big += 1
                        state.by_dialect[model.origin] = state.by_dialect.get(model.origin, 0) + 1
                        state.sited += made.profile.tags.get("site") == "s0"
                state.made = first + len(callers)
                tx.remember(_STATE, msgspec.json.encode(state))
                return state

            self.state = self.world.run(_written(self.world, work))
            progress(count)
        return (self.state.made - before) / (time.perf_counter() - started)

    def _models(self) -> list[Product]:
        """A product of each dialect, made by its vendor's sample request, and gone again."""
        found = []
        installation = self.world.installation
        for adapter in WITH_PRODUCTS:
            assert adapter.products is not None
            own = {
                "app_id": self.big[adapter.dialect]["app_id"]
            } if adapter.dialect in ("iotda", "roma") else {}  # fmt: skip
            body = {**BODIES[adapter.dialect], **own}
            answer = self.answer(adapter, adapter.create(body, self.big))
            handle = adapter.products.handle(json.loads(answer))
            id = adapter.value.product_of(installation.vault, handle)
            assert id is not None
            found.append(installation.store.write_now(partial(self._taken, id=id)))
        return found

    def _taken(self, tx: Tx, id: int) -> Product:
        """The product, which is gone."""
        caller = self.callers[0]
        product = tx.get(Product, caller.tenant.id, id)
        assert product is not None
        registry.delete(tx, replace(caller, dialect=product.origin), registry.Ref("", id))
        return product

    def remember_more(self, made: int) -> None:
        """Nothing; so many products more of the big tenant were made by requests."""
        self.state.more += made
        kept = msgspec.json.encode(self.state)
        self.world.installation.store.write_now(lambda tx: tx.remember(_STATE, kept))

    # Asking

    def answer(self, adapter: Adapter, request: Request) -> bytes:
        """The body of the answer. Raises: LookupError where it is a refusal."""
        answer = self.world.ask(request)
        if adapter.refused(answer):
            raise LookupError(f"{request.path!r}: {answer.status} {answer.body[:300]!r}")
        return answer.body

    def some(self, count: int) -> list[Product]:
        """Products of the big tenant from all over its list."""
        tenant, chance = self.callers[0].tenant.id, random.Random(3)

        def look(tx: Tx) -> list[Product]:
            places = [chance.randrange(self.state.big) for _ in range(count)]
            return [p for s in places for p in tx.page(Product, tenant, skip=s, limit=1)]

        return self.world.installation.store.read_now(look)

    def oldest(self, count: int) -> list[Product]:
        """The big tenant's first products, newest first."""
        tenant, skip = self.callers[0].tenant.id, max(self.count() - count, 0)
        return self.world.installation.store.read_now(
            lambda tx: tx.page(Product, tenant, skip=skip, limit=count)
        )

    def count(self) -> int:
        """The big tenant's products."""
        tenant = self.callers[0].tenant.id
        return self.world.installation.store.read_now(lambda tx: tx.count(Product, tenant))


async def _written(world: World, work: Callable[[Tx], State]) -> State:
    return await world.installation.store.write(work)


def _names() -> Iterator[str]:
    return (f"t{n}" for n in range(BIG + MIDDLING + SMALL))


def _scattered(number: int) -> str:
    """Names as many people give them: one is not beside the one before it in any order."""
    return hashlib.blake2b(b"%d" % number, digest_size=6).hexdigest()


def varied(model: Product, number: int) -> Draft:
    """The product with a name of its own; one in ten has a tag."""
    profile = model.profile
    name = f"{_scattered(number)}-{profile.name}"
    maker = profile.manufacturer_id
    claims = []
    for claim in model.claims:
        if claim.rule.endswith(".name"):
            claims.append(Claim(claim.rule, name))
        elif claim.rule == "roma.model":
            claims.append(Claim(claim.rule, f"{maker}\n{profile.model_number} {number}"))
    tags = profile.tags
    if number % 10 == 0:
        tags = {**tags, "site": f"s{number // 10 % _SITES}"}
    made = replace(profile, name=name, tags=tags)
    if maker is not None:
        made = replace(made, model_number=f"{profile.model_number} {number}")
    return Draft(profile=made, claims=tuple(claims), next_model=model.draft)
