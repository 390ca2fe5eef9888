"""`python -m tests.releases.make`: the stores of this release, for later ones to be tested with.

Run it once for each release and each schema, in its own checkout, and commit the files that it names: a
data directory, what was read from it, and a dump of its copy in PostgreSQL.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from entrepot import main as root
from entrepot.core.accounts.tenancy import tenant_named, user_named
from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.products import drafts
from entrepot.core.products.drafts import Publication
from entrepot.core.products.registry import Ref
from entrepot.dialect.client import Credentials
from tests import postgres
from tests.cli.console import Console, say
from tests.cli.test_categories import TSL
from tests.cli.test_models import MODEL
from tests.contract.adapters import WITH_DEVICES, WITH_PRODUCTS, Adapter
from tests.contract.world import World
from tests.releases.reading import DUMP, HERE, NAME, kinds, read


def fill(data: Path) -> None:
    """At least one thing of every kind, made through the APIs and commands that make them."""
    console = Console(data).with_dev()
    said = [
        console("user", "create", "operator", "--permissions", "product:*", "--password", "Pass-1234567"),
        console("key", "create", "--user", "operator"),
        console("tenant", "create", "other", "--set", "quotas=true"),
    ]  # fmt: skip
    file = data.parent / "model.json"
    file.write_text(json.dumps(MODEL))
    said.append(console("model", "import", str(file)))
    category = data.parent / "Kiln.json"
    category.write_text(json.dumps(TSL))
    said.append(console("category", "import", str(category), "--name", "Kilns"))
    said.append(
        console("space", "set", "DefaultApp", "--id", "iotda.app_id=jeQDJQZltU8iKgFFoW060F5SGZka")
    )
    assert all(s.status == 0 for s in said), [s.err for s in said]
    world = World(data)
    try:
        known = root.credentials(world.installation, "dev")
        made = {}
        for adapter in WITH_PRODUCTS:
            caller = adapter.ready(known, world.ask)
            assert adapter.products is not None
            example = adapter.operation(adapter.products.create).example
            for n in (1, 2):
                body = adapter.products.unique(example, n, caller)
                answer = json.loads(world.ask(adapter.create(body, caller)).body)
                made[adapter.dialect] = adapter.products.handle(answer)
        _more(world, known, made)
        _publish(world, made)
        _connect(world, known, made)
    finally:
        world.close()


def _more(world: World, known: Credentials, made: dict[str, str]) -> None:
    dialects = {a.dialect: a for a in WITH_PRODUCTS}

    def call(dialect: str, operation: str, given: dict[str, Any], body: Any) -> None:
        adapter: Adapter = dialects[dialect]
        found = adapter.operation(operation)
        answer = world.ask(adapter.request(found, given, body, known))
        assert not adapter.refused(answer), answer.body

    def example(dialect: str, operation: str) -> Any:
        return dialects[dialect].operation(operation).example

    of_roma = {"product_id": made["roma"]}
    for operation, given in (
        ("CreateProductTemplate", {}), ("CreateProductTopic", of_roma), ("CreateRomaApp", {}),
        ("ResetProductAuthentication", of_roma),
    ):  # fmt: skip
        call("roma", operation, given, example("roma", operation))
    call("iotda", "AddApplication", {}, example("iotda", "AddApplication"))
    call("iotda", "UpdateProduct", {"product_id": made["iotda"]}, {"description": "changed"})
    tags = {**example("aliyun", "CreateProductTags"), "ProductKey": made["aliyun"]}
    call("aliyun", "CreateProductTags", tags, None)
    call("aliyun", "ReleaseProduct", {"ProductKey": made["aliyun"]}, None)


def _connect(world: World, known: Credentials, made: dict[str, str]) -> None:
    """A device through every dialect that has them."""
    for adapter in WITH_DEVICES:
        caller = adapter.ready(known, world.ask)
        name = f"{adapter.dialect}-device"
        answer = world.ask(adapter.create_device(made[adapter.dialect], "device-1", name, caller))
        assert not adapter.refused(answer), answer.body


def _publish(world: World, made: dict[str, str]) -> None:
    """A published model, for which no vendor's call is spoken yet."""
    iotda = next(a for a in WITH_PRODUCTS if a.dialect == "iotda").value
    vault = world.installation.vault

    def work(tx: Tx) -> None:
        tenant = tenant_named(tx, "dev")
        user = user_named(tx, tenant, "dev")
        caller = Caller(tenant, user, "iotda", "Publish", "request-1", root.now_ms(), vault)
        id = iotda.product_of(vault, made["iotda"])
        assert id is not None
        drafts.publish(tx, caller, Publication(Ref(made["iotda"], id), "1.0"))

    world.installation.store.write_now(work)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        fill(data)
        console = Console(data)
        counts = kinds(console)
        assert all(counts.values()), counts
        answers = read(console)
        archive, recorded = HERE / f"{NAME}.tar.xz", HERE / f"{NAME}.json"
        with tarfile.open(archive, "w:xz") as tar:
            for name in (root.STORE, root.MASTER_KEY):
                info = tar.gettarinfo(data / name, f"data/{name}")
                info.uid = info.gid = info.mtime = 0
                info.uname = info.gname = ""
                with (data / name).open("rb") as file:
                    tar.addfile(info, file)
        lines = (
            f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in answers.items()
        )
        recorded.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        dump = HERE / f"{DUMP}.dump"
        database = postgres.database(data)
        copied = say("store", "copy", "--from", f"sqlite:{data}", "--to", database)
        assert copied.status == 0, copied.err
        postgres.client("pg_dump", "-Fc", "-Z", "9", "--no-owner", "--no-privileges",
                        database, "-f", dump)  # fmt: skip
    print(f"made {archive}, {recorded} and {dump}: {counts}")


if __name__ == "__main__":
    main()
