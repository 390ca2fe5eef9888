"""Values as source code: Python that `ruff format` would leave as it is.

Nothing that a caller wrote can become anything but a literal. Knows no vendor and no operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from keyword import iskeyword
from typing import Any

import msgspec

WIDTH = 88
VARIABLE = "ENTREPOT_"
ACCESS_KEY, SECRET_KEY = VARIABLE + "ACCESS_KEY", VARIABLE + "SECRET_KEY"
FILE = "products.csv"  # what a script sends where an operation takes a file

_VARIABLES = re.compile(rf"{VARIABLE}[A-Z_]*[A-Z]")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=[0-9])|-")


class Code(str):
    """An expression, written as it stands."""

    __slots__ = ()


class Made(msgspec.Struct, frozen=True):
    """A call of something by its name, with named arguments; what has no name comes first."""

    name: str
    arguments: Mapping[str, Any]
    first: tuple[Any, ...] = ()


def environment(variable: str) -> Code:
    """The value of an environment variable, in Python."""
    return Code(f'os.environ["{variable}"]')


def variables(text: str) -> list[str]:
    """The environment variables that the code reads."""
    return sorted(set(_VARIABLES.findall(text)))


def snake(name: str) -> str:
    """`IotInstanceId` as `iot_instance_id`: how every vendor's Python SDK spells names."""
    return _WORDS.sub("_", name).lower()


def argument(name: str) -> str:
    """The name as that of an argument.

    Raises:
        ValueError: Python has no argument of such a name.
    """
    made = snake(name)
    if not made.isidentifier() or not made.isascii() or iskeyword(made):
        raise ValueError(f"no parameter can be called {name!r}")
    return made


def hidden(value: Any, secrets: frozenset[str], instead: Callable[[str], Any]) -> Any:
    """The value with `instead` of a variable's name for each text under a name in `secrets`."""
    if isinstance(value, list):
        return [hidden(item, secrets, instead) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: instead(VARIABLE + snake(name).upper())
        if name in secrets and isinstance(inner, str)
        else hidden(inner, secrets, instead)
        for name, inner in value.items()
    }


def python(value: Any, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """The value as a Python expression, on one line where it fits.

    `indent` is where its lines begin; `before` and `after` count what stands on its first and last.
    """
    found = _parts(value)
    if found is None:
        return _atom(value)
    line = _inline(value, WIDTH - indent - before - after)
    if line is not None:
        return line
    opened, parts, closed = found
    inner = indent + 4
    lines = [f"{' ' * inner}{name}{python(v, inner, len(name), 1)}," for name, v in parts]
    return "\n".join([opened, *lines, " " * indent + closed])


def assigned(name: str, value: Any) -> str:
    """A line, or lines, that give the value a name."""
    return f"{name} = {python(value, before=len(name) + 3)}"


def imported(module: str, names: Iterable[str]) -> str:
    """The line, or lines, that import the names."""
    ordered = sorted(names, key=lambda name: (name.upper() != name, name.lower()))
    line = f"from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"


def _inline(value: Any, room: int) -> str | None:
    """The value on one line; None where it has more characters than `room`. It looks at no more of it:
    each of the values around it asks again."""
    found = _parts(value)
    if found is None:
        if isinstance(value, str) and len(value) > room:
            return None
        atom = _atom(value)
        return atom if len(atom) <= room else None
    opened, parts, closed = found
    room -= len(opened) + len(closed)
    pieces: list[str] = []
    for name, inner in parts:
        room -= len(name) + (2 if pieces else 0)
        line = _inline(inner, room)
        if line is None:
            return None
        room -= len(line)
        pieces.append(name + line)
    return opened + ", ".join(pieces) + closed if room >= 0 else None


def _atom(value: Any) -> str:
    """What has no parts."""
    if isinstance(value, Code):
        return value
    return _text(value) if isinstance(value, str) else repr(value)


def _parts(value: Any) -> tuple[str, Iterable[tuple[str, Any]], str] | None:
    """Brackets and what is between them, made as it is asked for; None for what has none."""
    if isinstance(value, Made):
        named = [(f"{k}=", v) for k, v in value.arguments.items()]
        return f"{value.name}(", [*(("", v) for v in value.first), *named], ")"
    if isinstance(value, Mapping):
        return "{", ((f"{_text(k)}: ", v) for k, v in value.items()), "}"
    if isinstance(value, list | tuple):
        return "[", (("", v) for v in value), "]"
    return None


def _text(text: str) -> str:
    """A literal, in double quotes unless single ones save escapes; JSON's mean the same in Python."""
    quoted = json.dumps(str(text), ensure_ascii=False)
    if '"' in text and "'" not in text:
        inner = quoted[1:-1].replace('\\"', '"')
        quoted = f"'{inner}'"
    return "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
