"""A store with one tenant whose devices grow in number, through the registry's own code; and what is asked of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from bench.questions import BY, PAGE, Question
from bench.store_locations import StoreLocation
from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.devices import registry as devices
from entrepot.core.devices.registry import DeviceDraft, DeviceRef
from entrepot.core.faults import Taken
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.account import Settings
from entrepot.core.things.device import Device
from entrepot.core.things.product import Draft, Product, Profile
from entrepot.dialect.client import Credentials
from tests.contract.adapters import ADAPTERS
from tests.contract.world import World

PRODUCTS, RARE = 50, 20
_NAME = "yard"
_UNIT = 2000  # creates in one unit of work while filling


class ManyDevices:
    """A store that is filled and asked.

    Half of the devices are of the first product. The oldest ones have what few have: a tag, a gateway, a
    state; they are behind all others in every list.
    """

    def __init__(self, location: StoreLocation) -> None:
        self.world = World(location.data, location.store)
        store = self.world.installation.store
        with suppress(Taken):
            store.write_now(self._settle)
        self.credentials: Credentials = root.credentials(self.world.installation, _NAME)
        for adapter in ADAPTERS:
            self.credentials = adapter.ready(self.credentials, self.world.ask)
        self.caller, self.products = store.read_now(self._look)

    def close(self) -> None:
        """Let go of the store."""
        self.world.close()

    def _settle(self, tx: Tx) -> None:
        root.create_tenant(tx, self.world.installation.vault, _NAME, Settings(rate_limits=False))
        caller, _ = self._look(tx)
        for n in range(PRODUCTS):
            profile = Profile(name=f"product {n}", model_key="Planet")
            registry.create(tx, caller, Draft(profile=profile))

    def _look(self, tx: Tx) -> tuple[Caller, list[Product]]:
        tenant = tenancy.tenant_named(tx, _NAME)
        user, vault = tenancy.user_named(tx, tenant, _NAME), self.world.installation.vault
        caller = Caller(tenant, user, "roma", "CreateDevice", "bench", root.now_ms(), vault)
        return caller, list(tx.scan(Product, tenant.id))[::-1]

    # Growing

    def count(self) -> int:
        """How many devices there are."""
        tenant = self.caller.tenant.id
        return self.world.installation.store.read_now(lambda tx: tx.count(Device, tenant))

    def grow(self, to: int, progress: Callable[[int], None]) -> None:
        """Nothing; there are so many devices."""
        while (there := self.count()) < to:
            count = min(_UNIT, to - there)
            self.create(there, count)
            progress(count)

    def create(self, first: int, count: int) -> None:
        """Nothing; so many devices more are on disk, by one unit of work."""

        def work(tx: Tx) -> None:
            oldest: Device | None = None
            if 0 < first < RARE:
                raise ValueError(f"the first {RARE} come together")
            for number in range(first, first + count):
                gateway = DeviceRef("", oldest.id) if oldest and number < RARE else None
                made = devices.create(tx, self.caller, self._draft(number, gateway))
                oldest = oldest or made

        self.world.installation.store.write_now(work)

    def _draft(self, number: int, gateway: DeviceRef | None) -> DeviceDraft:
        chance = random.Random(number)
        rare = number < RARE
        of = self.products[0 if number % 2 else chance.randrange(PRODUCTS)]
        tags = (
            {"rare": "1"} if rare else {"site": f"s{number // 3 % 10}"} if number % 3 == 0 else {}
        )
        return DeviceDraft(
            product=Ref("", of.id),
            key=f"{chance.getrandbits(40):x}-{number}",
            name=f"{chance.getrandbits(40):x}" if number % 3 else None,
            tags=tags,
            disabled=rare,
            gateway=gateway,
        )

    # Asking

    def oldest(self) -> list[Device]:
        """Those that have what few have, newest first."""
        tenant, skip = self.caller.tenant.id, self.count() - RARE
        return self.world.installation.store.read_now(
            lambda tx: tx.page(Device, tenant, skip=skip, limit=RARE)
        )

    def answer(self, question: Question) -> bytes:
        """The body of the answer. Raises: LookupError where it is a refusal."""
        request = question.request()
        answer = self.world.ask(request)
        if question.adapter.refused(answer):
            raise LookupError(f"{request.path!r}: {answer.status} {answer.body[:300]!r}")
        return answer.body


def questions(devices: ManyDevices) -> Iterator[Question]:
    """All of them, the handles and places as they are in this yard."""
    total, oldest = devices.count(), devices.oldest()
    vault, of = devices.world.installation.vault, {p.id: p for p in devices.products}
    last = (total - 1) // PAGE * PAGE
    one = next(d for d in oldest if d.name is not None)
    gateway = BY["iotda"].value.device_handle(vault, oldest[-1], of[oldest[-1].product])
    key = {a: BY[a].value.handle(vault, devices.products[1]) for a in BY if a != "iam"}
    page = {"PageSize": PAGE}

    def asked(
        name: str, dialect: str, operation: str, given: Any, body: Any = None, linear: bool = False
    ) -> Question:
        adapter = BY[dialect]
        found = adapter.operation(operation)
        return Question(
            f"{name}: {dialect}",
            adapter,
            lambda: adapter.request(found, given, body, devices.credentials),
            linear,
        )

    def searched(name: str, expression: str, skip: int = 0, linear: bool = False) -> Question:
        body = {
            "expression": expression,
            "pagination": {"pageNo": skip // PAGE + 1, "pageSize": PAGE},
        }
        return asked(name, "enos", "SearchDevice", {"action": "search"}, body, linear)

    # Of all, and of a product that has one in a hundred
    for where, skip in (("first", 0), ("deepest", last - RARE)):
        number = {"CurrentPage": skip // PAGE + 1, **page}
        yield asked(f"{where} page", "roma", "ListDevices", {"limit": PAGE, "offset": skip})
        yield asked(
            f"by status, {where} page", "aliyun", "QueryDeviceByStatus", {"Status": 0, **number}
        )
        yield searched(f"by status, {where} page", "status = 'inactive'", skip)
        yield searched(f"by tag, {where} page", "exists(deviceTags.site)", skip // 3)
        yield searched(f"by thing model, {where} page", "modelId = 'Planet'", skip)
    yield asked("of a product", "aliyun", "QueryDevice", {"ProductKey": key["aliyun"], **page})
    of_one = {"ProductKey": key["aliyun"]}
    yield asked(
        "of a product, by status", "aliyun", "QueryDeviceByStatus", {"Status": 0, **of_one, **page}
    )
    yield searched(
        "of a product, by status", f"productKey = '{key['enos']}' and status = 'inactive'"
    )
    # What the oldest have
    yield asked("by status of few", "aliyun", "QueryDeviceByStatus", {"Status": 8, **page})
    yield searched("by status of few", "status = 'disable'")
    tag = [{"tag_key": "rare", "tag_value": "1"}]
    body = {"resource_type": "device", "tags": tag}
    yield asked("by tag of few", "iotda", "ListResourcesByTags", {"limit": PAGE}, body)
    yield asked("by tag of few", "roma", "ListDevices", {"tag": "rare=1"})
    yield searched("by tag of few", "deviceTags.rare = '1'")
    yield asked("by name", "iotda", "ListDevices", {"device_name": one.name})
    yield asked("by name", "roma", "ListDevices", {"device_name": one.name})
    yield asked("by key", "iotda", "ListDevices", {"node_id": one.key})
    yield asked("by key", "roma", "ListDevices", {"node_id": one.key})
    yield searched("by key", f"deviceKey = '{one.key}'")
    yield asked("of a gateway", "iotda", "ListDevices", {"gateway_id": gateway})
    yield asked("of a gateway", "roma", "ListSubsets", {"device_id": oldest[-1].id, "limit": PAGE})
    yield asked("subdevices", "roma", "ListDevices", {"node_type": 2, "limit": PAGE})
    # Totals
    yield asked("statistics", "aliyun", "QueryDeviceStatistics", {})
    yield asked("statistics of a product", "aliyun", "QueryDeviceStatistics", of_one)
    yield asked("statistics", "enos", "GetDeviceStats", {"action": "stats"})
    yield asked("statistics", "roma", "CountDevices", {})
    yield asked(
        "products with their totals", "aliyun", "QueryProductList", {"CurrentPage": 1, **page}
    )
    # What grows
    yield searched("part of a name, of one", f"deviceName like '{one.name}'", linear=True)
    yield asked(
        "by time", "roma", "ListDevices", {"created_date_start": 1, "limit": 1}, linear=True
    )
