"""Thing models that nobody would write, through every reader, writer, check and comparison.

Each is a model of the corpus with a few things changed at any depth: types swapped, members dropped, renamed
or doubled, extreme numbers, odd texts, deep nestings, bytes cut. Whatever it is, it is converted, or refused
with a ValueError. The same number and seed give the same texts.

`python -m tests.faults.mutations --count 100000 --seed 7` prints what was done; it ends with 1 where something
else was raised, and says how to get the text again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from entrepot import models
from entrepot.core.models.conversion import Report

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = sorted(CORPUS.glob("*/*.json"))
WRITTEN_ONLY = {"jsonschema"}
COUNT, SEED = 2_000, 20_261_130

# Written as they stand: Python's own writer refuses some of them.
NUMBERS = (
    "0", "-0", "-0.0", "1", "-1", "7.5", "1e-400", "1e308", "1e309", "-1e999", "1e0000000300", "0.1e400",
    str(2**31), str(2**63 - 1), str(2**63), str(-(2**63) - 1), str(2**64), str(10**308), "9" * 309,
    "1" * 4_300, "-" + "1" * 4_301, "1" * 5_000, "0." + "0" * 400 + "1", "1." + "3" * 400, "NaN", "-Infinity",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-", "--5", "1e5", "1e999", "1" * 20, "9" * 5_000, "-" + "1" * 5_000, "٣٤", "½", "a" * 70_000,
    "\0", "\u2028", "a\nb", ".", "..", "a.b", "default", "#/", "#/properties", "dtmi:a;1", "~1", "%", "{}", "[]",
    "null", "true", "NaN", "int", "INT", "struct", "array", "\U0001f4a1", "#order", "#alone",
)  # fmt: skip
RAW = ('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\q"', "tru", "'a'")
_MARK = "\x02{}\x02"
DEPTHS = (2, 31, 33, 64, 128, 200, 400, 2_000)

Place = tuple[Any, Any]  # what holds it, and its name or number there


class Changer:
    """Changes one document; what JSON cannot be made of stands aside and is put in when it is written."""

    def __init__(self, random: Random, plain: Any, others: list[Any]) -> None:
        self.random = random
        self.root = [plain]
        self._others = others
        self._aside: list[str] = []

    def text(self) -> bytes:
        """The document, written."""
        written = json.dumps(self.root[0], ensure_ascii=self.random.random() < 0.5)
        for n, raw in enumerate(self._aside):
            written = written.replace(json.dumps(_MARK.format(n)), raw)
        return written.encode("utf-8", "surrogatepass")

    def places(self) -> list[Place]:
        """Everything in the document, and the whole of it."""
        found: list[Place] = []
        todo: list[Any] = [self.root]
        while todo:
            holder = todo.pop()
            names = holder if isinstance(holder, dict) else range(len(holder))
            found += ((holder, name) for name in names)
            todo += (holder[name] for name in names if isinstance(holder[name], dict | list))
        return found

    def change(self) -> None:
        """One thing, somewhere."""
        holder, name = self.random.choice(self.places())
        self.random.choice(CHANGES)(self, holder, name)

    def aside(self, raw: str) -> str:
        self._aside.append(raw)
        return _MARK.format(len(self._aside) - 1)

    def value(self) -> Any:
        """Anything."""
        return self.random.choice(VALUES)(self)

    def drop(self, holder: Any, name: Any) -> None:
        if holder is not self.root:
            del holder[name]

    def rename(self, holder: Any, name: Any) -> None:
        if isinstance(holder, dict):
            names = [
                *holder,
                *TEXTS,
                *(k for o in self._others[:3] if isinstance(o, dict) for k in o),
            ]
            holder[self.random.choice(names)] = holder.pop(name)

    def replace(self, holder: Any, name: Any) -> None:
        holder[name] = self.value()

    def retype(self, holder: Any, name: Any) -> None:
        old = holder[name]
        kinds: list[Any] = [
            str(old)[:200],
            [old],
            {"value": old},
            {str(old)[:50]: old},
            None,
            True,
            [],
            {},
        ]
        holder[name] = self.random.choice(kinds)

    def double(self, holder: Any, name: Any) -> None:
        if isinstance(holder, list) and holder is not self.root:
            holder.insert(name, holder[name])
        elif isinstance(holder, dict):
            holder[f"{name}{self.random.choice(('2', ' ', '.x'))}"] = holder[name]

    def transplant(self, holder: Any, name: Any) -> None:
        """Something from elsewhere: of this document, or of another one."""
        other = Changer(self.random, self.random.choice(self._others), [])
        source = self.random.choice((self, other))
        there, where = self.random.choice(source.places())
        holder[name] = json.loads(json.dumps(there[where]))

    def bury(self, holder: Any, name: Any) -> None:
        depth, value = self.random.choice(DEPTHS[:5]), holder[name]
        for _ in range(depth):
            value = [value] if self.random.random() < 0.5 else {"items": value}
        holder[name] = value


CHANGES: tuple[Callable[[Changer, Any, Any], None], ...] = (
    Changer.drop, Changer.rename, Changer.replace, Changer.replace, Changer.replace, Changer.retype,
    Changer.retype, Changer.double, Changer.transplant, Changer.bury,
)  # fmt: skip


def _deep(changer: Changer) -> Any:
    depth = changer.random.choice(DEPTHS)
    opened, closed = changer.random.choice((("[", "]"), ('{"type":', "}"), ('{"items":', "}")))
    return changer.aside(opened * depth + "1" + closed * depth)


VALUES: tuple[Callable[[Changer], Any], ...] = (
    lambda c: c.aside(c.random.choice(NUMBERS)),
    lambda c: c.random.choice(TEXTS),
    lambda c: c.aside(c.random.choice(RAW)),
    lambda c: c.random.choice(
        (None, True, False, [], {}, [[]], [{}], {"": ""}, [None], {"id": None})
    ),
    lambda c: c.random.randrange(-9, 1_000),
    _deep,
)


def _bytes(random: Random, text: bytes) -> bytes:
    """The text, a little spoilt as bytes."""
    at = random.randrange(len(text) + 1)
    return random.choice(
        (
            text[:at],
            text[:at] + bytes((random.randrange(256),)) + text[at + 1 :],
            text[:at] + text[at : at + 40] * 2 + text[at + 40 :],
            b"\xef\xbb\xbf" + text,
            text.decode("utf-8", "replace").encode("utf-16"),
        )
    )


@dataclass(frozen=True, slots=True)
class Mutation:
    """One text, made from a file of the corpus, and what is asked of it besides."""

    number: int
    file: Path
    text: bytes
    target: str
    named: bool  # whether its format is said
    report: bytes  # of a conversion to its format, changed too


def mutations(count: int, seed: int) -> Iterator[Mutation]:
    """So many, each format read and each written in turn, so that all pairs come."""
    plains = {file: json.loads(file.read_bytes()) for file in FILES}
    by_format = {
        name: [f for f in FILES if f.parent.name == name]
        for name in sorted(p.name for p in CORPUS.iterdir())
    }
    pairs = list(product(by_format, models.formats()))
    reports = _reports()
    for number in range(count):
        random = Random(f"{seed}/{number}")
        source, target = pairs[number % len(pairs)]
        file = random.choice(by_format[source])
        text = _changed(random, plains[file], list(plains.values()))
        report = _changed(random, random.choice(reports), reports)
        yield Mutation(number, file, text, target, random.random() < 0.8, report)


def _changed(random: Random, plain: Any, others: list[Any]) -> bytes:
    changer = Changer(random, json.loads(json.dumps(plain)), others)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        changer.change()
    text = changer.text()
    return _bytes(random, text) if random.random() < 0.05 else text


def _reports() -> list[Any]:
    """Reports as conversions of the corpus write them, one from each format to each other."""
    found = []
    for name in sorted(p.name for p in CORPUS.iterdir()):
        file = next(f for f in FILES if f.parent.name == name)
        for target in models.formats():
            made = models.convert(file.read_bytes(), target, name)
            found.append({**json.loads(msgspec.json.encode(made.report)), "target": name})
    return found


@dataclass(slots=True)
class Outcome:
    """What became of all of them."""

    done: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


def tried(one: Mutation, seed: int, outcome: Outcome) -> None:
    """Everything that can be done with the text; what raises anything but a ValueError is noted."""
    source = one.file.parent.name if one.named else ""
    original = one.file.read_bytes()
    report: Report | None = None

    def told() -> None:
        nonlocal report
        report = models.report(one.report)

    calls: dict[str, Callable[[], Any]] = {
        "recognise": lambda: models.recognise(one.text),
        "report": told,
        "convert": lambda: _converted(one.text, one.target, source),
        "convert back": lambda: models.convert(original, one.target, one.file.parent.name, report),
        "check": lambda: models.check(one.text, one.target, source),
        "check at home": lambda: models.check(one.text, one.file.parent.name, source),
        "diff": lambda: models.diff(original, one.text, source),
        "diff from it": lambda: models.diff(one.text, original, source),
    }
    for name, call in calls.items():
        began = time.thread_time()
        try:
            call()
            outcome.done[f"{name}: done"] += 1
        except ValueError:
            outcome.done[f"{name}: refused"] += 1
        except Exception:
            where = f"mutation {one.number} of seed {seed}, {one.file.parent.name}/{one.file.stem}"
            outcome.broken.append(f"{name} to {one.target}: {where}\n{traceback.format_exc()}")
        spent = time.thread_time() - began
        outcome.slowest = max(outcome.slowest, (spent, f"{name} of mutation {one.number}"))


def _converted(text: bytes, target: str, source: str) -> None:
    """Convert it. Every model can be written in any words, and what conversion made can be read.

    Raises:
        ValueError: the text is no model, or no other format has any like it.
        RuntimeError: what was read cannot be written, or what was made cannot be read.
    """
    model = models.read(text, source)
    _surely(f"{target} cannot write a model", lambda: models.write(model, target))
    made = models.convert(text, target, source)
    if target not in WRITTEN_ONLY:
        _surely(f"{target} cannot read what it wrote", lambda: models.read(made.text, target))


def _surely(what: str, work: Callable[[], Any]) -> None:
    try:
        work()
    except ValueError as error:
        raise RuntimeError(f"{what}: {error}") from error


def run(count: int, seed: int) -> Outcome:
    """All of them, tried."""
    outcome = Outcome()
    for one in mutations(count, seed):
        tried(one, seed, outcome)
    return outcome


def main() -> int:
    """Try as many as the words say, and tell."""
    words = argparse.ArgumentParser(description="Changed thing models through every conversion.")
    words.add_argument("--count", type=int, default=COUNT)
    words.add_argument("--seed", type=int, default=SEED)
    words.add_argument("--only", type=int, help="one mutation, by its number: its text is printed")
    given = words.parse_args()
    if given.only is not None:
        one = list(mutations(given.only + 1, given.seed))[-1]
        sys.stdout.buffer.write(one.text + b"\n")
        outcome = Outcome()
        tried(one, given.seed, outcome)
    else:
        outcome = run(given.count, given.seed)
    for name, number in sorted(outcome.done.items()):
        print(f"{number:8} {name}")
    print(f"slowest: {outcome.slowest[0]:.3f} s, {outcome.slowest[1]}")
    kinds = Counter(broken.splitlines()[-1][:100] for broken in outcome.broken)
    for broken in outcome.broken[:10]:
        print(broken, file=sys.stderr)
    for kind, number in kinds.most_common():
        print(f"{number:8} broken: {kind}")
    return int(bool(outcome.broken))


if __name__ == "__main__":
    sys.exit(main())
