"""The largest thing model between any two formats, a create with it and edits, beside plain JSON of the same bytes.

Everything runs in this process. The cases are interleaved: a round runs each of them once, with plain
decoding and encoding right before and after it, so that a noisy minute falls on both. What waits for no
disk is measured in processor time, which other processes disturb less.
"""

from __future__ import annotations

import asyncio
import gc
import json
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.creates import fresh_directory
from bench.figures import Goal, Spread
from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Format, convert
from entrepot.core.models.thing_model import Property, Service, Text
from entrepot.core.ports import Tx
from entrepot.core.precompute import NeedsPrecompute
from entrepot.core.products import registry
from entrepot.core.products.drafts import revision
from entrepot.core.products.registry import Ref
from entrepot.core.things.account import Settings, User
from entrepot.core.things.product import Draft, Profile
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Request
from entrepot.vendors.aliyun.models import edits as model_edits
from entrepot.vendors.aliyun.models import use_cases as thing_models
from entrepot.vendors.huawei.iotda.products.body import decode
from entrepot.vendors.huawei.roma.models import use_cases as parts
from entrepot.vendors.huawei.signing import sign
from tests.largest import largest

CREATE, CONVERSION = 12.0, 15.0
"""The goals: so many times plain JSON at most."""
_MODEL = "iotda"
_PLAIN_TIMES = 3  # before a case and after it
_MODEL_TEXT = largest()


@dataclass(slots=True)
class Case:
    """Something to do with a text, and what it took in each round, beside plain JSON of the text."""

    name: str
    raw: bytes
    work: Callable[[Any], Any]
    goal: float
    given: Callable[[], Any] = lambda: None
    """Makes what `work` works on; that takes nobody's time."""
    clock: Callable[[], float] = time.thread_time
    seconds: list[float] = field(default_factory=list)
    json: list[float] = field(default_factory=list)
    msgspec: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Do everything once."""
        given = self.given()
        before = [self._plain() for _ in range(_PLAIN_TIMES)]
        self.seconds.append(self._took(lambda: self.work(given)))
        both = zip(*before, *(self._plain() for _ in range(_PLAIN_TIMES)), strict=True)
        for kept, times in zip((self.json, self.msgspec), both, strict=True):
            kept.append(statistics.median(times))

    def _plain(self) -> tuple[float, float]:
        return (
            self._took(lambda: json.dumps(json.loads(self.raw))),
            self._took(lambda: msgspec.json.encode(msgspec.json.decode(self.raw))),
        )

    def _took(self, work: Callable[[], Any]) -> float:
        started = self.clock()
        work()
        return self.clock() - started

    def beside(self, plain: list[float]) -> Spread:
        """How many times as long as plain JSON, round by round."""
        return Spread.of(a / b for a, b in zip(self.seconds, plain, strict=True))

    def judged(self) -> Goal:
        """The figure beside the goal."""
        return Goal(self.name, "at most", self.goal, self.beside(self.json), "x JSON")


def run(rounds: int, directory: Path, console: Console) -> list[Case]:
    """Every case, measured; shown as a table."""
    with fresh_directory(directory) as data, _creates(data) as creates:
        cases = [*creates, *_conversions()]
        for case in cases:
            case.work(case.given())  # compile what is compiled once
        gc.freeze()  # these two as a server does before it listens (edge/server.py)
        gc.set_threshold(20_000, 20, 50)
        for number in range(rounds):
            console.print(f"round {number + 1} of {rounds}", style="dim")
            for case in cases:
                case.round()
    _show(console, cases)
    return cases


def document(cases: list[Case]) -> dict[str, Any]:
    """The figures as JSON."""
    return {
        "models": [
            {
                "case": case.name,
                "bytes": len(case.raw),
                "ms": _numbers(Spread.of(s * 1000 for s in case.seconds)),
                "times_json": _numbers(case.beside(case.json)),
                "times_msgspec": _numbers(case.beside(case.msgspec)),
                "goal": case.goal,
                "reached": case.judged().reached,
            }
            for case in cases
        ]
    }


def _conversions() -> Iterator[Case]:
    formats = root.catalog().formats.values()
    location, text = root.catalog().named(_MODEL), _MODEL_TEXT
    for source in formats:
        if source.read is None:
            continue
        raw = convert(text, location, source).text
        for target in formats:
            if target is not source:
                name = f"{source.name} to {target.name}"
                yield Case(name, raw, partial(_convert, raw, source, target), CONVERSION)


def _convert(raw: bytes, source: Format, target: Format, _: None) -> None:
    convert(raw, source, target)


@contextmanager
def _creates(data: Path) -> Iterator[list[Case]]:
    """Decode and check as the server does it, and the whole way from a signed request to an answer."""
    installation = root.open_installation(Config(data=data))
    loop = asyncio.new_event_loop()
    try:
        installation.store.write_now(
            lambda tx: root.create_tenant(
                tx, installation.vault, "bench", Settings(rate_limits=False)
            )
        )
        known = root.credentials(installation, "bench")
        request = partial(_create, known)
        owners, context = root.context_of(installation)
        [iotda] = owners.below(b"/v5")
        operation = next(o for o in iotda.dialect.operations if o.name == "CreateProduct")

        def checked(given: Request) -> None:
            path = {"project_id": known["huawei"]["project_id"]}
            decode(
                Exchange(
                    iotda.dialect,
                    given,
                    "",
                    context.authenticator,
                    context.authenticator.now_ms(),
                    operation,
                    path,
                )
            )

        def created(given: Request) -> None:
            answer, _ = loop.run_until_complete(iotda.handle(given, context))
            if answer.status != 201:
                raise RuntimeError(f"the create: {answer.status} {answer.body[:600]!r}")

        raw = request().body
        yield [
            Case("create: decode and check", raw, checked, CREATE, request),
            Case(
                "create: request to committed answer",
                raw,
                created,
                CREATE,
                request,
                time.perf_counter,
            ),
            *_edits(installation),
        ]
    finally:
        loop.close()
        installation.close()


def _edits(installation: root.Opened) -> Iterator[Case]:
    """A change of one part of a product's model: the unit of work that other writers wait for."""
    store, catalog = installation.store, root.catalog()
    tenant = store.read_now(lambda tx: tenancy.tenant_named(tx, "bench"))
    user = User(id=1, tenant=tenant.id, name="bench", created_at=0)
    for dialect, edit in (("aliyun", _edit_feature), ("roma", _edit_service)):
        caller = Caller(
            tenant, user, dialect, "bench", "", root.now_ms(), installation.vault, catalog=catalog
        )
        raw = convert(_MODEL_TEXT, catalog.named(_MODEL), catalog.named(dialect)).text
        profile = Profile(name=dialect, model=Authored(dialect, msgspec.Raw(raw)))
        draft = Draft(profile=profile)
        product = store.write_now(partial(registry.create, caller=caller, draft=draft))
        unit = partial(edit, caller=caller, ref=Ref(str(product.id), product.id))
        yield Case(
            f"edit: a part of a model through {dialect}",
            raw,
            store.write_now,
            CREATE,
            partial(_foreseen, store, unit),
        )


def _foreseen(store: Any, unit: Callable[[], Callable[[Tx], object]]) -> Callable[[Tx], object]:
    """A unit whose long part was done, as a server does it, before others have to wait."""
    made = unit()
    try:
        store.write_now(made)
    except NeedsPrecompute as needed:
        needed.work()
        return made
    return unit()  # nothing in it is long


def _edit_feature(caller: Caller, ref: Ref) -> Callable[[Tx], object]:
    """UpdateThingModel, of one property in a module of 500."""
    level = Property(id="value_1", access="r", type=Text(), description=secrets.token_hex(8))
    feature = Service(id="", properties=(level,))
    edit = model_edits.changed(model_edits.Module("Feeder_001"), None, feature)
    words = caller.catalog.named("thing-model-json")
    change = revision(caller, ref, words, edit)
    return lambda tx: thing_models.revise(tx, caller, change)


def _edit_service(caller: Caller, ref: Ref) -> Callable[[Tx], object]:
    """CreateService."""
    service = {"service_name": secrets.token_hex(8), "status": 0}
    services = parts.PartList("services", (), parts.Owner(ref))
    return lambda tx: parts.create_part(tx, caller, (services, service))


def _create(known: dict[str, Any]) -> Request:
    head = f'{{"name":"{secrets.token_hex(8)}","device_type":"Board","protocol_type":"MQTT",'
    body = head.encode() + b'"data_format":"json","service_capabilities":' + _MODEL_TEXT + b"}"
    headers = {b"host": b"localhost", b"content-type": b"application/json"}
    path = f"/v5/iot/{known['huawei']['project_id']}/products".encode()
    request = Request("POST", path, headers=headers, body=body)
    added = sign(request, known["access_key"], known["secret_key"].encode(), datetime.now(UTC))
    return Request("POST", path, headers=headers | added, body=body)


def _numbers(spread: Spread) -> dict[str, float]:
    return {"median": spread.median, "min": spread.low, "max": spread.high}


def _show(console: Console, cases: list[Case]) -> None:
    table = Table(title="the largest thing model: medians of the rounds (lowest-highest)")
    table.add_column("case")
    for title in ("KB", "ms", "x json", "x msgspec", "goal"):
        table.add_column(title, justify="right")
    for case in cases:
        ms, ratio = Spread.of(s * 1000 for s in case.seconds), case.beside(case.json)
        goal = case.judged()
        verdict = "[green]reached[/green]" if goal.reached else "[red]not reached[/red]"
        table.add_row(
            case.name,
            f"{len(case.raw) / 1024:.0f}",
            f"{ms.median:.0f} ({ms.low:.0f}-{ms.high:.0f})",
            f"{ratio.median:.1f} ({ratio.low:.1f}-{ratio.high:.1f})",
            f"{case.beside(case.msgspec).median:.1f}",
            f"{case.goal:.0f} {verdict}",
        )
    console.print(table)
