"""The products' use cases, over a real store: what they keep, refuse, and write into the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as change

from entrepot.core.accounts.tenancy import create_tenant, create_user
from entrepot.core.caller import Caller
from entrepot.core.faults import Denied, InUse, NotFound, QuotaExceeded, Refused, Taken
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.things.account import Settings, Tenant
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Draft, Product, Profile
from entrepot.core.things.space import Space
from entrepot.core.things.topic import Topic
from entrepot.core.vault import Vault
from entrepot.store.sqlite.store import SqliteStore
from tests.contract.goods import device, space, topic


class Shop:
    """A store with two tenants, and callers of either through any dialect."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore(path)
        self.mine = self._caller("mine")
        self.theirs = self._caller("theirs")

    def _caller(self, name: str) -> Caller:
        def make(tx: Tx) -> Caller:
            tenant = create_tenant(tx, name, 1, {"x.id": name}, Settings(quotas=True))
            user = create_user(tx, tenant, name, 1)
            return Caller(tenant, user, "red", "Make", "r1", 1000, Vault(bytes(32)))

        return self.store.write_now(make)

    def create(self, caller: Caller | None = None, **draft: Any) -> Product:
        wanted = Draft(**{"profile": Profile(name="lamp"), **draft})
        return self.store.write_now(lambda tx: registry.create(tx, caller or self.mine, wanted))

    def get(self, ref: Ref, caller: Caller | None = None) -> Product:
        return self.store.read_now(lambda tx: registry.get(tx, caller or self.mine, ref))

    def update(self, ref: Ref, edit: Any, caller: Caller | None = None) -> Product:
        who = caller or self.mine
        return self.store.write_now(lambda tx: registry.update(tx, who, (ref, edit)))

    def delete(self, ref: Ref, caller: Caller | None = None) -> Product:
        return self.store.write_now(lambda tx: registry.delete(tx, caller or self.mine, ref))

    def history(self, product: Product) -> list[Any]:
        return self.store.read_now(lambda tx: registry.history(tx, product.tenant, product.id))

    def count(self) -> int:
        return self.store.read_now(lambda tx: tx.count(Product, self.mine.tenant.id))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "shop.sqlite")
    yield made
    made.store.close()


def ref(product: Product, **rest: Any) -> Ref:
    return Ref(f"h{product.id}", product.id, **rest)


def through(caller: Caller, dialect: str) -> Caller:
    return change(caller, dialect=dialect)


def with_settings(caller: Caller, **settings: Any) -> Caller:
    tenant: Tenant = replace(caller.tenant, settings=Settings(**settings))
    return change(caller, tenant=tenant)


def renamed(name: str) -> Any:
    return lambda old: Edit(replace(old.profile, name=name))


def test_a_product_is_made_by_somebody_through_some_dialect(shop: Shop) -> None:
    made = shop.create(claims=(Claim("red.name", "lamp"),))
    assert (made.origin, made.revision, made.released) == ("red", 1, False)
    assert made.created_by == made.updated_by == shop.mine.actor
    assert made.created_at == made.updated_at == 1000
    assert made.space == shop.mine.tenant.default_space
    assert shop.get(ref(made)) == made


def test_a_product_is_made_in_the_space_that_was_named_or_not_at_all(shop: Shop) -> None:
    tenant = shop.mine.tenant
    other = shop.store.write_now(lambda tx: space(tx, tenant=tenant.id))
    assert shop.create(space=other.id, space_handle="s").space == other.id
    theirs = shop.theirs.tenant.default_space
    for wanted in ({"space": theirs}, {"space": 999_999}, {"space": None}):
        with pytest.raises(NotFound) as refused:
            shop.create(space_handle="handle", **wanted)
        assert (refused.value.kind, refused.value.handle) == ("space", "handle")
    assert shop.count() == 1


def test_a_quota_counts_the_tenants_products_and_holds_where_it_is_wanted(shop: Shop) -> None:
    shop.create(quota=2)
    shop.create(quota=2)
    shop.create(shop.theirs, quota=2)
    with pytest.raises(QuotaExceeded):
        shop.create(quota=2)
    shop.create(with_settings(shop.mine, quotas=False), quota=2)
    assert shop.count() == 3


def test_a_chosen_id_is_unique_in_its_space_and_dialect(shop: Shop) -> None:
    tenant = shop.mine.tenant
    other = shop.store.write_now(lambda tx: space(tx, tenant=tenant.id))
    first = shop.create(alias="mine")
    second = shop.create(alias="mine", space=other.id)
    third = shop.create(through(shop.mine, "blue"), alias="mine")
    with pytest.raises(Taken):
        shop.create(alias="mine")
    named = Ref("mine", alias_rule="red.alias")
    assert shop.get(named) == first
    assert shop.get(change(named, space=other.id)) == second
    blue = change(named, alias_rule="blue.alias")
    assert shop.get(blue, through(shop.mine, "blue")) == third
    shop.delete(named)
    # Without a space: the default one, else the earliest.
    assert shop.get(named) == second
    with pytest.raises(NotFound):
        shop.get(change(named, space=tenant.default_space))


def test_a_product_with_a_chosen_id_answers_to_no_other_in_that_dialect(shop: Shop) -> None:
    made = shop.create(alias="mine")
    with pytest.raises(NotFound):
        shop.get(ref(made))
    assert shop.get(ref(made), through(shop.mine, "blue")) == made


def test_what_is_not_there_is_refused_by_the_name_that_was_sent(shop: Shop) -> None:
    made = shop.create(shop.theirs)
    for wanted in (ref(made), Ref("gone", 999), Ref("nonsense"), Ref("x", None, "red.alias")):
        for ask in (shop.get, shop.delete, lambda r: shop.update(r, renamed("x"))):
            with pytest.raises(NotFound) as refused:
                ask(wanted)
            assert (refused.value.kind, refused.value.handle) == ("product", wanted.text)
    assert shop.get(ref(made), shop.theirs) == made


def test_a_space_narrows_the_search(shop: Shop) -> None:
    made = shop.create()
    assert shop.get(ref(made, space=made.space)) == made
    with pytest.raises(NotFound):
        shop.get(ref(made, space=made.space + 1))


def test_a_setting_keeps_a_dialect_to_what_it_made(shop: Shop) -> None:
    made = shop.create()
    blue = with_settings(through(shop.mine, "blue"), own_products_only=("blue",))
    assert shop.get(ref(made), with_settings(shop.mine, own_products_only=("red",))) == made
    for ask in (shop.get, shop.delete):
        with pytest.raises(NotFound):
            ask(ref(made), blue)


def test_an_update_writes_down_what_changed(shop: Shop) -> None:
    made = shop.create()
    later = change(shop.mine, now_ms=2000, operation="Change", request_id="r2")
    new = shop.update(ref(made), renamed("lantern"), later)
    assert (new.profile.name, new.revision, new.updated_at) == ("lantern", 2, 2000)
    assert (new.created_at, new.created_by) == (made.created_at, made.created_by)
    line = shop.history(made)[-1]
    assert (line.action, line.revision, line.at) == ("update", 2, 2000)
    assert (line.operation, line.request_id, line.actor) == ("Change", "r2", shop.mine.actor)
    assert line.changes == {"name": ["lamp", "lantern"]}


def test_a_changed_secret_is_named_in_the_log_and_never_shown(shop: Shop) -> None:
    made = shop.create()
    sealed = shop.mine.vault.seal(b"s3cret-s3cret", f"secret/{made.id}/red")
    new = shop.update(ref(made), lambda old: Edit(old.profile, secret=sealed, secret_name="u"))
    assert new.secrets == {"red": sealed}
    assert new.names_of_secrets == {"red": "u"}
    assert shop.history(made)[-1].changes == {"secret": ["(changed)", "(changed)"]}


def test_an_update_replaces_the_dialects_own_claims_only(shop: Shop) -> None:
    made = shop.create(alias="id1", claims=(Claim("red.name", "a"), Claim("red.model", "m")))
    blue = through(shop.mine, "blue")
    shop.update(ref(made), lambda old: Edit(old.profile, claims=(Claim("blue.name", "a"),)), blue)
    named = Ref("id1", alias_rule="red.alias")
    new = shop.update(named, lambda old: Edit(old.profile, claims=(Claim("red.name", "b"),)))
    assert {c.rule: c.value for c in new.claims} == {
        "red.name": "b", "blue.name": "a", "red.alias": f"{made.space}/id1",
    }  # fmt: skip
    shop.create(claims=(Claim("red.name", "a"), Claim("red.model", "m")))
    with pytest.raises(Taken):
        shop.create(claims=(Claim("blue.name", "a"),))


def test_an_update_that_is_refused_changes_nothing(shop: Shop) -> None:
    shop.create(claims=(Claim("red.name", "a"),))
    made = shop.create(claims=(Claim("red.name", "b"),))
    with pytest.raises(Taken):
        shop.update(ref(made), lambda old: Edit(old.profile, claims=(Claim("red.name", "a"),)))
    with pytest.raises(Refused):
        shop.update(
            ref(made), lambda old: registry.refuse_released(replace(old, released=True), "h")
        )
    assert shop.get(ref(made)) == made
    assert len(shop.history(made)) == 1


def test_concurrent_updates_lose_nothing(shop: Shop) -> None:
    made = shop.create(profile=Profile(name="lamp", description=""))

    def longer(old: Product) -> Edit:
        return Edit(replace(old.profile, description=(old.profile.description or "") + "x"))

    async def all_at_once() -> None:
        work = (ref(made), longer)
        await asyncio.gather(
            *(shop.store.write(lambda tx: registry.update(tx, shop.mine, work)) for _ in range(50))
        )

    asyncio.run(all_at_once())
    assert shop.get(ref(made)).profile.description == "x" * 50
    assert [line.revision for line in shop.history(made)] == list(range(1, 52))


def test_of_a_delete_and_an_update_at_once_both_or_the_delete_alone_happened(shop: Shop) -> None:
    made = shop.create()

    async def both() -> Any:
        return await asyncio.gather(
            shop.store.write(lambda tx: registry.delete(tx, shop.mine, ref(made))),
            shop.store.write(lambda tx: registry.update(tx, shop.mine, (ref(made), renamed("x")))),
            shop.store.write(lambda tx: registry.delete(tx, shop.mine, ref(made))),
            return_exceptions=True,
        )

    outcomes = asyncio.run(both())
    assert sum(isinstance(o, NotFound) for o in outcomes) == 2
    assert shop.count() == 0
    assert shop.history(made)[-1].action == "delete"


def test_a_deleted_product_frees_its_names_and_takes_its_topics_along(shop: Shop) -> None:
    made = shop.create(claims=(Claim("red.name", "a"),), alias="id1")
    shop.store.write_now(lambda tx: [topic(tx, made, f"t{i}") for i in range(3)])
    assert shop.delete(Ref("id1", alias_rule="red.alias")) == made
    assert shop.store.read_now(lambda tx: tx.count(Topic, made.tenant)) == 0
    assert [line.action for line in shop.history(made)] == ["create", "delete"]
    again = shop.create(claims=(Claim("red.name", "a"),), alias="id1")
    assert again.id != made.id


def test_a_product_stays_while_it_has_devices(shop: Shop) -> None:
    made = shop.create()
    kept = shop.store.write_now(lambda tx: device(tx, made))
    with pytest.raises(InUse) as refused:
        shop.delete(ref(made))
    assert (refused.value.kind, refused.value.by) == ("product", "devices")
    assert shop.get(ref(made)) == made
    shop.store.write_now(lambda tx: tx.drop(kept))
    assert shop.delete(ref(made)) == made


def test_a_product_is_shown_with_its_space(shop: Shop) -> None:
    made = shop.create()
    shown = shop.store.read_now(lambda tx: registry.show(tx, shop.mine, made))
    assert (shown.product, shown.template) == (made, None)
    assert isinstance(shown.space, Space)
    assert shown.space.id == made.space


def test_who_may_not_is_denied_by_the_word_for_it(shop: Shop) -> None:
    reader = change(shop.mine, user=replace(shop.mine.user, permissions=("product:read",)))
    reader.demand("product:read")
    reader.demand("")
    with pytest.raises(Denied) as refused:
        reader.demand("product:create")
    assert refused.value.permission == "product:create"
