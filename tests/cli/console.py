"""The command line in this process, for tests; servers run in processes of their own (tests/server.py)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrepot import main as root
from entrepot.cli import main
from entrepot.config import Config
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.things.product import Draft, Product, Profile


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, read as JSON, of a command that ended well."""
        assert self.status == 0, self.err
        return json.loads(self.out)


class Console:
    """Commands on one data directory, or on the store that is named."""

    def __init__(self, data: Path, store: str = "") -> None:
        self.data = data
        self.config = Config(data=data, store=store)

    def __call__(self, *words: str) -> Said:
        store = ("--store", self.config.store) if self.config.store else ()
        return say(*words, "--data", str(self.data), *store)

    def opened(self) -> root.Opened:
        """The directory, opened; close it."""
        return root.open_installation(self.config)

    def with_dev(self) -> Console:
        """With the development tenant, as a first `serve` makes it."""
        installation = self.opened()
        try:
            assert root.prepare(installation)
        finally:
            installation.close()
        return self

    def make_product(self, name: str, dialect: str = "roma", **profile: Any) -> Product:
        """A product, made by the first user of the development tenant through a dialect."""
        draft = Draft(profile=Profile(name=name, **profile))
        return self.done(dialect, "CreateProduct", lambda tx, by: registry.create(tx, by, draft))

    def done(self, dialect: str, operation: str, work: Callable[[Tx, Caller], Product]) -> Product:
        """What the first user of the development tenant did through a dialect."""
        installation = self.opened()

        def unit(tx: Tx) -> Product:
            tenant = tenancy.tenant_named(tx, "dev")
            user = tenancy.user_named(tx, tenant, "dev")
            caller = Caller(
                tenant, user, dialect, operation, "request-1", root.now_ms(),
                installation.vault, catalog=root.catalog(),
            )  # fmt: skip
            return work(tx, caller)

        try:
            return installation.store.write_now(unit)
        finally:
            installation.close()


def say(*words: str) -> Said:
    """Run the command."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(words)
    return Said(status, out.getvalue(), err.getvalue())
