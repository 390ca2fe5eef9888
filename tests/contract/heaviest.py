"""The requests of every operation that take the most work, and what each costs the event loop's thread.

`python -m tests.contract.heaviest` prints the dearest; `test_heaviest.py` holds them to a bound.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as mi

from entrepot.dialect.calls import bare, with_own
from entrepot.dialect.client import Credentials
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer, Request
from entrepot.dialect.sizes import LARGE
from tests.contract.adapters import ADAPTERS, HOST, Adapter
from tests.contract.furnished import call, furnished
from tests.contract.locations import Step, put
from tests.contract.world import World
from tests.holding import BOUND_S

_HERE = '"\\u0001here"'


def _repeated(item: str, opened: str = "[", closed: str = "]") -> Any:
    def made(size: int) -> str:
        return opened + ",".join([item] * max(1, (size - 2) // (len(item) + 1))) + closed

    return made


def _keys(size: int) -> str:
    return "{" + ",".join(f'"{n:06}":1' for n in range(size // 11)) + "}"


JUNK: Mapping[str, Any] = {
    "objects": _repeated("{}"),
    "numbers": _repeated("1"),
    "keys": _keys,
    "deep": lambda size: "[" * 190 + _repeated("1")(size - 400) + "]" * 190,
    "text": lambda size: '"' + ",[{\\" * (size // 5) + '"',
}


Location = tuple[Step, ...]
_SINGLE = (mi.StrType, mi.IntType, mi.FloatType, mi.BoolType, mi.LiteralType, mi.NoneType)


def places(type_: mi.Type, path: Location = ()) -> Iterator[tuple[Location, bool]]:
    """The paths to all that a declared body may hold, in the first item of each list.

    With each, whether several values may stand there; where one may, any junk is junk.
    """
    match type_:
        case mi.Metadata():
            yield from places(type_.type, path)
        case mi.UnionType():
            for one in type_.types:
                yield from places(one, path)
        case mi.StructType() if len(path) < 8:
            for field in type_.fields:
                here = (*path, field.encode_name)
                yield here, not _is_single(field.type)
                yield from places(field.type, here)
        case mi.ListType():
            yield from places(type_.item_type, (*path, 0))
        case mi.DictType():
            yield from places(type_.value_type, (*path, "k"))


def _is_single(type_: mi.Type) -> bool:
    if isinstance(type_, mi.Metadata):
        return _is_single(type_.type)
    if isinstance(type_, mi.UnionType):
        return all(map(_is_single, type_.types))
    return isinstance(type_, _SINGLE)


@dataclass(frozen=True, slots=True)
class Heavy:
    """One request, and what it is."""

    name: str
    signed: Callable[[], Request]


def heavy(
    adapter: Adapter,
    operation: Operation,
    handles: Mapping[str, Any],
    credentials: Credentials,
    size: int,
    kinds: Iterable[str] = tuple(JUNK),
) -> Iterator[Heavy]:
    """The operation on these things, with each kind of junk in each place, in requests of about this size."""
    given, body = call(adapter, operation, handles, credentials)
    name = f"{adapter.dialect} {operation.name}"
    room = min(size, adapter.value.query_limit - 2_000) // 3  # percent-encoded it is thrice as long
    for field in sorted(operation.parameters):
        if operation.location(field) == "query":
            text = JUNK["objects"](room)
            values = {**given, field: text}
            signed = partial(adapter.request, operation, values, body, credentials)
            yield Heavy(f"{name} {field}", signed)
    if operation.body is None or operation.takes != "application/json":
        return
    for path, several in dict.fromkeys(places(mi.type_info(operation.body))):
        text = json.dumps(put(body, path, "\x01here"))
        for kind in kinds if several else ("objects",):
            raw = text.replace(_HERE, JUNK[kind](size - len(text))).encode()
            signed = partial(with_body, adapter, operation, given, raw, credentials)
            yield Heavy(f"{name} {'.'.join(map(str, path))} {kind}", signed)


def with_body(
    adapter: Adapter,
    operation: Operation,
    given: Mapping[str, Any],
    raw: bytes,
    credentials: Credentials,
) -> Request:
    values = with_own(adapter.value, operation, given, credentials)
    request = msgspec.structs.replace(bare(adapter.value, operation, values, {}, HOST), body=raw)
    return request if operation.public else adapter.sign(request, credentials)


def costs(
    world: World,
    adapter: Adapter,
    operation: Operation,
    size: int,
    kinds: Iterable[str] = tuple(JUNK),
) -> Iterator[tuple[float, str, Answer]]:
    """Of each heavy request to the operation: seconds of the loop's thread, what it is, its answer.

    What a request takes it takes every time; what a busy machine adds it does not, so the dear ones are
    sent again, a little later.
    """
    victim = furnished(world)
    handles = victim.handles(adapter, world)
    for one in heavy(adapter, operation, handles, victim.credentials, size, kinds):
        tries = [world.timed(one.signed())]
        while tries[-1][0] > BOUND_S / 2 and len(tries) < 5:
            time.sleep(0.3)
            tries.append(world.timed(one.signed()))
        seconds, answer, _ = min(tries, key=lambda t: t[0])
        yield seconds, one.name, answer


def main() -> None:
    """Print the dearest requests of each dialect; arguments: a dialect, and sizes in bytes."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    sizes = [int(a) for a in sys.argv[2:]] or [LARGE - 2_000, 0]
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for adapter in ADAPTERS:
            if name and adapter.dialect != name:
                continue
            for size in sizes:
                limit = size or adapter.value.body_limit - 2_000
                began = time.monotonic()
                found = [
                    one
                    for operation in adapter.value.operations
                    for one in costs(world, adapter, operation, limit)
                ]
                found.sort(key=lambda f: -f[0])
                spent = time.monotonic() - began
                print(f"{adapter.dialect}: {len(found)} requests of {limit} bytes in {spent:.1f} s")
                for seconds, what, answer in found[:8]:
                    said = answer.body[:100].decode(errors="replace")
                    print(f"  {seconds * 1000:8.1f} ms  {answer.status} {what} {said}")
        world.close()


if __name__ == "__main__":
    main()
