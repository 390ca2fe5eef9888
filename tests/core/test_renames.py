"""A product renamed through one dialect keeps its word in the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.faults import Taken
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Draft, Product, Profile


class Desk:
    """Use cases as two dialects, `here` and `there`, on a real store."""

    def __init__(self, data: Path) -> None:
        self.installation = root.open_installation(Config(data=data))
        root.prepare(self.installation)

    def _caller(self, tx: Tx, dialect: str) -> Caller:
        tenant = tenancy.tenant_named(tx, root.DEVELOPMENT)
        user = tenancy.user_named(tx, tenant, root.DEVELOPMENT)
        return Caller(tenant, user, dialect, "test", "r", root.now_ms(), self.installation.vault)

    def create(self, name: str, dialect: str = "here") -> Product:
        draft = Draft(profile=Profile(name=name), claims=(Claim(f"{dialect}.name", name),))
        return self.installation.store.write_now(
            lambda tx: registry.create(tx, self._caller(tx, dialect), draft)
        )

    def rename(self, product: Product, name: str, dialect: str = "there") -> Product:
        def edit(old: Product) -> Edit:
            return Edit(replace(old.profile, name=name))

        return self.installation.store.write_now(
            lambda tx: registry.update(tx, self._caller(tx, dialect), (Ref("", product.id), edit))
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "data")
    yield made
    made.installation.close()


def test_the_new_name_is_taken_and_the_old_one_free(desk: Desk) -> None:
    product = desk.create("lamp")
    desk.rename(product, "lantern")
    with pytest.raises(Taken):
        desk.create("lantern")
    assert desk.create("lamp").profile.name == "lamp"


def test_where_the_new_name_is_anothers_both_products_live_on(desk: Desk) -> None:
    first, second = desk.create("lamp"), desk.create("lantern")
    assert desk.rename(first, "lantern").claims == ()
    with pytest.raises(Taken):  # the claim is still the second's
        desk.create("lantern")
    desk.rename(second, "torch")
    assert desk.create("lantern").profile.name == "lantern"
