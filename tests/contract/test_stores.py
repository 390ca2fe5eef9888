"""What every engine promises behind the `Store` port (core/ports.py), each promise a test."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.core.accounts import tenancy
from entrepot.core.faults import NotFound, Taken
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Tenant, key_claim
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import GATEWAY, Product
from entrepot.core.things.product import NAME as NAME_LABEL
from entrepot.core.things.space import Space
from entrepot.core.things.topic import Topic
from tests.contract.conftest import Open
from tests.contract.goods import OTHER_TENANT, TENANT, entry, product, space, topic

NAME = Claim("test.name", "lamp")


def names(products: list[Product]) -> list[str]:
    return [p.profile.name for p in products]


# Ids


def test_ids_grow_and_are_never_given_out_twice(store: Any) -> None:
    first = [store.write_now(lambda tx: tx.new_id()) for _ in range(3)]
    many = store.write_now(lambda tx: [tx.new_id() for _ in range(100)])
    assert first + many == sorted(set(first + many))
    assert first[0] > 0


def test_ids_go_on_behind_the_last_one_after_a_restart(open_store: Open) -> None:
    before: Any = open_store()
    last = before.write_now(lambda tx: [tx.new_id() for _ in range(7)])[-1]
    before.close()
    after: Any = open_store()
    assert after.write_now(lambda tx: tx.new_id()) > last


def test_an_id_given_out_by_a_unit_that_failed_is_not_given_out_again(open_store: Open) -> None:
    store: Any = open_store()
    seen: list[int] = []

    def fail(tx: Tx) -> None:
        seen.append(tx.new_id())
        raise NotFound("product", "x")

    with pytest.raises(NotFound):
        store.write_now(fail)
    assert store.write_now(lambda tx: tx.new_id()) > seen[0]
    store.close()
    again: Any = open_store()
    assert again.write_now(lambda tx: tx.new_id()) > seen[0]


# Things


def test_what_was_added_is_read_back_as_it_was(store: Any) -> None:
    long = {"notes": {"text": "灯" * 5_000}}
    small = store.write_now(lambda tx: product(tx, "small"))
    large = store.write_now(lambda tx: product(tx, "large", extras=long))
    assert store.read_now(lambda tx: tx.get(Product, TENANT, small.id)) == small
    assert store.read_now(lambda tx: tx.get(Product, TENANT, large.id)) == large


def test_what_was_added_is_there_after_a_restart(open_store: Open) -> None:
    before: Any = open_store()
    made = before.write_now(lambda tx: product(tx, claims=(NAME,), tags={"a": "1"}))
    before.write_now(lambda tx: tx.note(TENANT, entry(made.id)))
    before.close()
    after: Any = open_store()
    assert after.read_now(lambda tx: tx.get(Product, TENANT, made.id)) == made
    assert after.read_now(lambda tx: tx.holder(TENANT, NAME)) == made.id
    assert after.read_now(lambda tx: tx.count(Product, TENANT)) == 1
    assert after.read_now(lambda tx: tx.labelled(Product, TENANT, [("a", "1")])) == ([made], 1)
    assert after.read_now(lambda tx: tx.history(TENANT, made.id)) == [entry(made.id)]


def test_put_replaces_the_thing(store: Any) -> None:
    old = store.write_now(lambda tx: product(tx, "old"))
    new = replace(old, profile=replace(old.profile, name="new"), revision=2)
    store.write_now(lambda tx: tx.put(old, new))
    assert store.read_now(lambda tx: tx.get(Product, TENANT, old.id)) == new
    assert store.read_now(lambda tx: tx.count(Product, TENANT)) == 1


def test_a_thing_that_moves_to_another_parent_is_counted_there(store: Any) -> None:
    old = store.write_now(lambda tx: product(tx, space=1))
    store.write_now(lambda tx: tx.put(old, replace(old, space=2)))

    def seen(tx: Tx) -> list[int]:
        lists = [len(tx.page(Product, TENANT, parent=p)) for p in (1, 2)]
        return lists + [tx.count(Product, TENANT, parent=p) for p in (1, 2)]

    assert store.read_now(seen) == [0, 1, 0, 1]


def test_a_dropped_thing_is_gone_with_its_claims_and_tags(store: Any) -> None:
    made = store.write_now(lambda tx: product(tx, claims=(NAME,), tags={"a": "1"}))
    store.write_now(lambda tx: tx.drop(made))

    def left(tx: Tx) -> Any:
        return (
            tx.get(Product, TENANT, made.id),
            tx.holder(TENANT, NAME),
            tx.labelled(Product, TENANT, [("a", None)]),
            tx.count(Product, TENANT),
            tx.page(Product, TENANT),
        )

    assert store.read_now(left) == (None, None, ([], 0), 0, [])


@pytest.mark.parametrize("id", [0, -1, 2**63, 2**200], ids=str)
def test_an_id_that_nothing_can_have_is_simply_not_there(store: Any, id: int) -> None:
    assert store.read_now(lambda tx: tx.get(Product, TENANT, id)) is None


# Claims


def test_a_claim_has_one_holder(store: Any) -> None:
    first = store.write_now(lambda tx: product(tx, claims=(NAME,)))
    with pytest.raises(Taken) as refused:
        store.write_now(lambda tx: product(tx, claims=(NAME,)))
    assert (refused.value.rule, refused.value.value) == ("test.name", "lamp")
    assert refused.value.holder == first.id
    assert store.read_now(lambda tx: tx.count(Product, TENANT)) == 1


def test_a_claim_is_the_tenants_own(store: Any) -> None:
    mine = store.write_now(lambda tx: product(tx, claims=(NAME,)))
    theirs = store.write_now(lambda tx: product(tx, tenant=OTHER_TENANT, claims=(NAME,)))
    assert store.read_now(lambda tx: tx.holder(TENANT, NAME)) == mine.id
    assert store.read_now(lambda tx: tx.holder(OTHER_TENANT, NAME)) == theirs.id


def test_rule_and_value_of_a_claim_do_not_run_together(store: Any) -> None:
    store.write_now(lambda tx: product(tx, claims=(Claim("a.b", "c"),)))
    store.write_now(lambda tx: product(tx, claims=(Claim("a", "b.c"), Claim("a.bc", ""))))
    assert store.read_now(lambda tx: tx.count(Product, TENANT)) == 2


def test_put_frees_the_claims_that_went_and_takes_the_new_ones(store: Any) -> None:
    first = store.write_now(lambda tx: product(tx, claims=(NAME, Claim("test.kept", "1"))))
    moved = replace(first, claims=(Claim("test.kept", "1"), Claim("test.name", "lantern")))
    store.write_now(lambda tx: tx.put(first, moved))
    second = store.write_now(lambda tx: product(tx, claims=(NAME,)))
    holders = store.read_now(lambda tx: [tx.holder(TENANT, c) for c in (NAME, *moved.claims)])
    assert holders == [second.id, first.id, first.id]


def test_put_that_wants_a_held_claim_changes_nothing(store: Any) -> None:
    store.write_now(lambda tx: product(tx, claims=(NAME,)))
    mine = Claim("test.name", "mine")
    old = store.write_now(lambda tx: product(tx, claims=(mine,)))
    with pytest.raises(Taken):
        store.write_now(lambda tx: tx.put(old, replace(old, claims=(NAME,), revision=2)))
    assert store.read_now(lambda tx: tx.get(Product, TENANT, old.id)) == old
    assert store.read_now(lambda tx: tx.holder(TENANT, mine)) == old.id


def test_two_things_may_exchange_their_claims_in_one_unit(store: Any) -> None:
    a, b = Claim("test.name", "a"), Claim("test.name", "b")
    first, second = store.write_now(lambda tx: (product(tx, claims=(a,)), product(tx, claims=(b,))))

    def exchange(tx: Tx) -> None:
        free = replace(first, claims=())
        tx.put(first, free)
        tx.put(second, replace(second, claims=(a,)))
        tx.put(free, replace(free, claims=(b,)))

    store.write_now(exchange)
    assert store.read_now(lambda tx: [tx.holder(TENANT, c) for c in (a, b)]) == [
        second.id,
        first.id,
    ]


# Lists and totals


def test_a_page_is_newest_first_and_can_be_walked_by_id_or_by_number(store: Any) -> None:
    made = store.write_now(lambda tx: [product(tx, f"p{i}", space=1 + i % 2) for i in range(10)])

    def seen(tx: Tx) -> list[list[str]]:
        return [
            names(tx.page(Product, TENANT)),
            names(tx.page(Product, TENANT, limit=3)),
            names(tx.page(Product, TENANT, skip=3, limit=3)),
            names(tx.page(Product, TENANT, before=made[4].id, limit=2)),
            names(tx.page(Product, TENANT, before=made[6].id, skip=1, limit=2)),
            names(tx.page(Product, TENANT, parent=2, limit=2)),
            names(tx.page(Product, TENANT, parent=2, before=made[7].id, skip=1)),
            names(tx.page(Product, TENANT, skip=10)),
            names(tx.page(Product, TENANT, limit=0)),
        ]

    assert store.read_now(seen) == [
        [f"p{i}" for i in range(9, -1, -1)],
        ["p9", "p8", "p7"],
        ["p6", "p5", "p4"],
        ["p3", "p2"],
        ["p4", "p3"],
        ["p9", "p7"],
        ["p3", "p1"],
        [],
        [],
    ]


def test_a_deep_page_is_the_one_that_counting_would_find(store: Any) -> None:
    def fill(tx: Tx) -> list[Product]:
        other = [product(tx, tenant=OTHER_TENANT, space=1) for _ in range(5)]
        made = [product(tx, f"p{i}", space=1 + i % 3) for i in range(20_000)]
        for one in (*made[4_000:13_000:2], *other):
            tx.drop(one)
        gone = {p.id for p in made[4_000:13_000:2]}
        return [p for p in made if p.id not in gone]

    left = store.write_now(fill)[::-1]
    for parent in (None, 2):
        mine = [p.profile.name for p in left if parent in (None, p.space)]
        for skip in (0, 4_000, 8_192, 9_000, 12_345, len(mine) - 2, len(mine), 50_000):
            found = store.read_now(
                lambda tx, p=parent, s=skip: tx.page(Product, TENANT, parent=p, skip=s, limit=3)
            )
            assert names(found) == mine[skip : skip + 3]


def test_a_scan_gives_everything_once_in_order(store: Any) -> None:
    store.write_now(lambda tx: [product(tx, f"p{i}", space=1 + i % 2) for i in range(700)])
    scanned = store.read_now(lambda tx: list(tx.scan(Product, TENANT)))
    assert names(scanned) == [f"p{i}" for i in range(699, -1, -1)]
    half = store.read_now(lambda tx: list(tx.scan(Product, TENANT, parent=2)))
    assert names(half) == [f"p{i}" for i in range(699, 0, -2)]


def test_a_count_is_of_the_kind_the_tenant_and_the_parent(store: Any) -> None:
    def fill(tx: Tx) -> list[Product]:
        space(tx)
        product(tx, tenant=OTHER_TENANT, space=1)
        return [product(tx, space=s) for s in (1, 1, 2)]

    made = store.write_now(fill)
    store.write_now(lambda tx: [topic(tx, made[0]), topic(tx, made[0]), topic(tx, made[1])])
    store.write_now(lambda tx: tx.drop(made[2]))

    def seen(tx: Tx) -> list[int]:
        return [
            tx.count(Product, TENANT),
            tx.count(Product, TENANT, parent=1),
            tx.count(Product, TENANT, parent=2),
            tx.count(Product, OTHER_TENANT),
            tx.count(Space, TENANT),
            tx.count(Topic, TENANT, parent=made[0].id),
            tx.count(Topic, TENANT),
        ]

    assert store.read_now(seen) == [2, 2, 0, 1, 1, 2, 3]


def test_a_unit_counts_and_finds_what_it_did_itself(store: Any) -> None:
    def work(tx: Tx) -> list[Any]:
        one = product(tx, claims=(NAME,), tags={"a": "1"})
        two = product(tx)
        tx.drop(two)
        return [
            tx.count(Product, TENANT),
            tx.page(Product, TENANT) == [one],
            tx.holder(TENANT, NAME) == one.id,
            tx.labelled(Product, TENANT, [("a", "1")])[1],
        ]

    assert store.write_now(work) == [1, True, True, 1]


# Labels


def test_products_are_found_by_any_of_the_tags(store: Any) -> None:
    def fill(tx: Tx) -> None:
        product(tx, "none")
        product(tx, "red", tags={"colour": "red"})
        product(tx, "blue", tags={"colour": "blue", "size": "1"})
        product(tx, "large", tags={"size": "2"})
        product(tx, "theirs", tenant=OTHER_TENANT, tags={"colour": "red"})

    store.write_now(fill)

    def found(*tags: tuple[str, str | None], **bounds: int) -> tuple[list[str], int]:
        page, total = store.read_now(lambda tx: tx.labelled(Product, TENANT, tags, **bounds))
        return names(page), total

    assert found(("colour", "red")) == (["red"], 1)
    assert found(("colour", None)) == (["blue", "red"], 2)
    assert found(("colour", "blue"), ("size", None)) == (["large", "blue"], 2)
    assert found(("colour", None), ("size", None), skip=1, limit=1) == (["blue"], 3)
    assert found(("colour", "green")) == ([], 0)
    assert found() == ([], 0)


def test_a_label_that_many_have_is_counted_and_its_deep_pages_are_what_counting_would_find(
    store: Any,
) -> None:
    def fill(tx: Tx) -> list[Product]:
        made = [product(tx, f"p{i}", tags={"site": f"s{i % 2}"}) for i in range(20_000)]
        for one in made[4_000:13_000:3]:
            tx.drop(one)
        for one in made[13_000:13_010]:
            tx.put(one, replace(one, profile=replace(one.profile, tags={"site": "s0", "x": ""})))
        gone = {p.id for p in made[4_000:13_000:3]}
        return [p for p in made if p.id not in gone][::-1]

    left = store.write_now(fill)
    moved = {f"p{i}" for i in range(13_000, 13_010)}
    for tags, has in (
        ([("site", "s0")], lambda n: int(n[1:]) % 2 == 0 or n in moved),
        ([("site", "s0"), ("site", "s1")], lambda n: True),
        ([("site", None)], lambda n: True),
        ([("site", None), ("site", "s1"), ("x", "")], lambda n: True),
        ([("site", "s1"), ("x", None)], lambda n: int(n[1:]) % 2 == 1 or n in moved),
    ):
        mine = [p.profile.name for p in left if has(p.profile.name)]
        for skip in (0, 4_000, 8_193, len(mine) - 2, len(mine), 50_000):
            page, total = store.read_now(
                lambda tx, t=tags, s=skip: tx.labelled(Product, TENANT, t, skip=s, limit=3)
            )
            assert (names(page), total) == (mine[skip : skip + 3], len(mine))
        below = next(p.id for p in left if p.profile.name == mine[100])
        page, total = store.read_now(
            lambda tx, t=tags, b=below: tx.labelled(Product, TENANT, t, before=b, skip=2, limit=2)
        )
        assert (names(page), total) == (mine[103:105], len(mine))


def test_products_are_found_by_part_of_any_name_whatever_its_case(store: Any) -> None:
    def fill(tx: Tx) -> None:
        product(tx, "PV Inverter 10%", tags={"note": "pump"})
        product(tx, "红色水泵", names={"en_US": "Red Pump", "de_DE": "Rote Straßenpumpe"})
        product(tx, "ÉCLAIRAGE", names={"en_US": "LIGHT", "en_GB": "LIGHT"})
        product(tx, "pump_2")
        product(tx, "pump", tenant=OTHER_TENANT)
        product(tx, "x" * 900 + "Q")

    store.write_now(fill)

    def found(part: str, **bounds: int) -> tuple[list[str], int]:
        page, total = store.read_now(lambda tx: tx.called(Product, TENANT, part, **bounds))
        return [n[:8] for n in names(page)], total

    assert found("pump") == (["pump_2", "红色水泵"], 2)
    assert found("PUMP", skip=1, limit=1) == (["红色水泵"], 2)
    assert found("inverter") == (["PV Inver"], 1)
    assert found("0%") == (["PV Inver"], 1)
    assert found("p_2") == (["pump_2"], 1)
    assert found("p_i") == ([], 0)
    assert found("水") == (["红色水泵"], 1)
    assert found("éclair") == (["ÉCLAIRAG"], 1)
    assert found("STRASSE") == (["红色水泵"], 1)
    assert found("light") == (["ÉCLAIRAG"], 1)
    assert found("xq") == (["xxxxxxxx"], 1)
    assert found("")[1] == 5
    assert found("\\") == ([], 0)


def test_a_renamed_or_dropped_product_is_not_found_by_part_of_its_old_names(store: Any) -> None:
    old = store.write_now(lambda tx: product(tx, "Pump", names={"fr_FR": "Éolienne"}))
    new = replace(old, profile=replace(old.profile, name="Fan", names={"fr_FR": "Ventilateur"}))

    def found(tx: Tx) -> list[int]:
        return [tx.called(Product, TENANT, part)[1] for part in ("pump", "éol", "fan", "ventil")]

    def change(tx: Tx) -> list[int]:
        before = found(tx)
        tx.put(old, new)
        return before + found(tx)

    assert store.write_now(change) == [1, 1, 0, 0, 0, 0, 1, 1]
    assert store.read_now(found) == [0, 0, 1, 1]
    store.write_now(lambda tx: tx.drop(new))
    assert store.read_now(found) == [0, 0, 0, 0]


def test_a_part_that_most_names_have_is_found_in_order(store: Any) -> None:
    store.write_now(lambda tx: [product(tx, f"Lamp {i % 977}") for i in range(10_500)])
    last = store.write_now(lambda tx: product(tx, "Other", names={"en_US": "lamp lamp"}))

    def seen(tx: Tx) -> list[Any]:
        first, total = tx.called(Product, TENANT, "lamp", limit=2)
        deep, _ = tx.called(Product, TENANT, "lamp", skip=10_499, limit=5)
        return [first[0] == last, names(first[1:]), names(deep), total]

    assert store.read_now(seen) == [True, [f"Lamp {10_499 % 977}"], ["Lamp 1", "Lamp 0"], 10_501]


def test_gateways_are_found_and_counted_as_such(store: Any) -> None:
    made = store.write_now(
        lambda tx: [product(tx, f"p{i}", kind=("device", "gateway")[i % 2]) for i in range(5)]
    )
    assert store.read_now(lambda tx: tx.labelled(Product, TENANT, [(GATEWAY, "")], limit=1)) == (
        [made[3]],
        2,
    )


def test_products_are_found_by_their_names(store: Any) -> None:
    made = store.write_now(lambda tx: [product(tx, n, tags={"n": n}) for n in ("a", "b", "a")])
    store.write_now(lambda tx: product(tx, "a", tenant=OTHER_TENANT))

    def found(name: str) -> tuple[list[Product], int]:
        return store.read_now(lambda tx: tx.labelled(Product, TENANT, [(NAME_LABEL, name)]))

    assert found("a") == ([made[2], made[0]], 2)
    renamed = replace(made[0], profile=replace(made[0].profile, name="c"))
    store.write_now(lambda tx: tx.put(made[0], renamed))
    assert found("a") == ([made[2]], 1)
    assert found("c") == ([renamed], 1)
    store.write_now(lambda tx: tx.drop(made[2]))
    assert found("a") == ([], 0)


def test_put_replaces_the_tags(store: Any) -> None:
    old = store.write_now(lambda tx: product(tx, tags={"a": "1", "b": "1"}))
    new = replace(old, profile=replace(old.profile, tags={"b": "2", "c": "1"}))
    store.write_now(lambda tx: tx.put(old, new))

    def hits(tx: Tx) -> list[int]:
        wanted = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "1")]
        return [tx.labelled(Product, TENANT, [w])[1] for w in wanted]

    assert store.read_now(hits) == [0, 0, 1, 1]
    store.write_now(lambda tx: tx.put(new, replace(new, revision=5)))
    assert store.read_now(hits) == [0, 0, 1, 1]


# The log and the installation


def test_the_history_is_oldest_first_and_outlives_the_thing(store: Any) -> None:
    made = store.write_now(lambda tx: product(tx))
    for revision in (1, 2, 3):
        line = entry(made.id, revision, name=["a", revision])
        store.write_now(lambda tx, line=line: tx.note(TENANT, line))
    store.write_now(lambda tx: tx.drop(made))
    lines = store.read_now(lambda tx: tx.history(TENANT, made.id))
    assert [line.revision for line in lines] == [1, 2, 3]
    assert lines[2] == entry(made.id, 3, name=["a", 3])
    assert store.read_now(lambda tx: tx.history(OTHER_TENANT, made.id)) == []


def test_the_last_revision_is_that_of_the_line_noted_last(store: Any) -> None:
    seen: list[int] = []

    def twice(tx: Tx) -> int:
        made = product(tx)
        seen.append(tx.last_revision(TENANT, made.id))
        for revision in (1, 2):
            tx.note(TENANT, entry(made.id, revision))
            seen.append(tx.last_revision(TENANT, made.id))
        return made.id

    id = store.write_now(twice)
    assert seen == [0, 1, 2]
    store.write_now(lambda tx: tx.note(TENANT, entry(id, 10)))
    for look in (store.read_now, store.write_now):
        assert look(lambda tx: tx.last_revision(TENANT, id)) == 10
        assert look(lambda tx: tx.last_revision(OTHER_TENANT, id)) == 0
        assert look(lambda tx: tx.last_revision(TENANT, id + 1)) == 0


def test_what_is_remembered_for_the_installation_is_recalled(open_store: Open) -> None:
    store: Any = open_store()
    assert store.read_now(lambda tx: tx.recall("root")) is None
    store.write_now(lambda tx: tx.remember("root", b"1"))
    store.write_now(lambda tx: tx.remember("root", b"\x00\xff"))
    assert store.read_now(lambda tx: tx.recall("root")) == b"\x00\xff"
    store.close()
    again: Any = open_store()
    assert again.read_now(lambda tx: tx.recall("root")) == b"\x00\xff"


# Tenants


def test_another_tenants_things_are_not_there(store: Any) -> None:
    theirs = store.write_now(
        lambda tx: product(tx, tenant=OTHER_TENANT, claims=(NAME,), tags={"a": "1"})
    )
    store.write_now(lambda tx: tx.note(OTHER_TENANT, entry(theirs.id)))

    def seen(tx: Tx) -> list[Any]:
        return [
            tx.get(Product, TENANT, theirs.id),
            tx.holder(TENANT, NAME),
            tx.page(Product, TENANT),
            tx.page(Product, TENANT, parent=theirs.space),
            list(tx.scan(Product, TENANT)),
            tx.count(Product, TENANT),
            tx.labelled(Product, TENANT, [("a", "1")]),
            tx.history(TENANT, theirs.id),
        ]

    assert store.read_now(seen) == [None, None, [], [], [], 0, ([], 0), []]


def test_tenants_users_and_keys_are_found_before_the_tenant_is_known(store: Any) -> None:
    from entrepot.core.vault import Vault

    vault = Vault(bytes(32))

    def make(tx: Tx) -> Tenant:
        tenant = tenancy.create_tenant(tx, "acme", 1, {"vendor.id": "v1"})
        user = tenancy.create_user(tx, tenant, "acme", 1)
        tenancy.create_key(tx, vault, user, 1, access_key="ak")
        return tenant

    tenant = store.write_now(make)
    assert store.read_now(lambda tx: tenancy.tenant_named(tx, "acme")) == tenant
    assert store.read_now(lambda tx: tx.holder(INSTALLATION, key_claim("ak"))) is not None
    with pytest.raises(Taken):
        store.write_now(lambda tx: tenancy.create_tenant(tx, "other", 1, {"vendor.id": "v1"}))
