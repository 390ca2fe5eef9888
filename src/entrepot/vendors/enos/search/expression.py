"""The search language of EnOS (`expression`): its text read into a tree, and written again.

Must not know what is searched, nor what a field means (see `matching`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple, NoReturn, TypeAlias

# INFERRED: no page gives bounds. With these the worst expression is read in two milliseconds and tested on a
# thing in a fifth of one. How long all of a tenant's things may take is the store's to say (Store.read).
MAX_LENGTH: Final = 4096
MAX_DEPTH: Final = 32
MAX_TERMS: Final = 200

Value: TypeAlias = str | int | float
Comparison: TypeAlias = Literal["=", "!=", ">", ">=", "<", "<="]


@dataclass(slots=True, frozen=True)
class Compare:
    field: str
    operator: Comparison
    value: Value


@dataclass(slots=True, frozen=True)
class In:
    field: str
    values: tuple[Value, ...]


@dataclass(slots=True, frozen=True)
class Like:
    field: str
    part: str


@dataclass(slots=True, frozen=True)
class Exists:
    field: str


@dataclass(slots=True, frozen=True)
class Not:
    term: Expression


@dataclass(slots=True, frozen=True)
class And:
    terms: tuple[Expression, ...]


@dataclass(slots=True, frozen=True)
class Or:
    terms: tuple[Expression, ...]


Leaf: TypeAlias = Compare | In | Like | Exists
Expression: TypeAlias = Leaf | Not | And | Or


class ExpressionError(ValueError):
    """Text that cannot be read: where (counted from 1), and what should have stood there."""

    def __init__(self, position: int, expected: str, found: str) -> None:
        super().__init__(f"at character {position}: expected {expected}, found {found}")
        self.position = position
        self.expected = expected
        self.found = found


# --- reading -------------------------------------------------------------------------------------


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
      | (?P<word>[^\W\d][\w\-/]*(?:\.[\w\-/]+)*)
      | (?P<quoted>'[^']*'|"[^"]*")
      | (?P<mark>!=|>=|<=|[=<>(),])
      | (?P<stray>.)""",
    re.VERBOSE | re.DOTALL,
)
_RESERVED = frozenset({"and", "or", "not", "in", "like"})
_COMPARISONS: dict[str, Comparison] = {
    "=": "=", "!=": "!=", ">": ">", ">=": ">=", "<": "<", "<=": "<="
}  # fmt: skip
_TERM = "a field, exists, not or ("
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
# As many decimal digits as a double gives back unchanged.
_EXACT_DIGITS: Final = 15


def parse(text: str) -> Expression:
    """The expression as a tree. Keywords in any case, either quote, blanks optional.

    INFERRED: `and` binds tighter than `or`, as in SQL; the pages only show them in brackets. No way
    to write a quote inside the same quotes is documented, so none is read.

    Raises: ExpressionError where the text is not an expression or is beyond the bounds above.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            MAX_LENGTH + 1, f"at most {MAX_LENGTH} characters", f"{len(text)} characters"
        )
    reader = _Reader(text)
    found = reader.alternatives(0)
    reader.need(reader.token.kind == "end", "and, or, or the end")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._terms = 0
        self.token = next(self._tokens)

    def alternatives(self, depth: int) -> Expression:
        terms = [self._conjunction(depth)]
        while self._took_word("or"):
            terms.append(self._conjunction(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _conjunction(self, depth: int) -> Expression:
        terms = [self._factor(depth)]
        while self._took_word("and"):
            terms.append(self._factor(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _factor(self, depth: int) -> Expression:
        self.need(depth <= MAX_DEPTH, f"at most {MAX_DEPTH} levels of brackets and nots")
        if self._took_word("not"):
            # DOC BUG: current pages name only `not exists`; the 2019 thing model page lists `not`
            # among the logical operators, so it is read before any term.
            return Not(self._factor(depth + 1))
        if self._took_mark("("):
            inner = self.alternatives(depth + 1)
            self._need_mark(")", "and, or, or )")
            return inner
        self._terms += 1
        self.need(self._terms <= MAX_TERMS, f"at most {MAX_TERMS} conditions")
        return self._condition()

    def _condition(self) -> Leaf:
        first = self.token
        name = self._field(_TERM)
        # Only a bracket makes `exists` the keyword: a field may be called so.
        if name.lower() == "exists" and self._took_mark("("):
            name = self._field("a field")
            self._need_mark(")", ")")
            return Exists(name)
        if name.lower() in _RESERVED:
            _refuse(first, _TERM)
        if self._took_word("like"):
            return Like(name, self._quoted("a text in quotes"))
        if self._took_word("in"):
            return In(name, self._list())
        comparison = _COMPARISONS.get(self.token.text)
        if comparison is None:
            _refuse(self.token, "one of = != > >= < <= like in")
        self._take()
        return Compare(name, comparison, self._literal())

    def _field(self, expected: str) -> str:
        self.need(self.token.kind == "word", expected)
        return self._take().text

    def _list(self) -> tuple[Value, ...]:
        self._need_mark("(", "(")
        values = [self._literal()]
        while self._took_mark(","):
            values.append(self._literal())
        self._need_mark(")", ", or )")
        return tuple(values)

    def _literal(self) -> Value:
        if self.token.kind != "number":
            return self._quoted("a text in quotes or a number")
        value = number(self.token.text)
        if value is None:
            _refuse(self.token, f"a number of at most {_EXACT_DIGITS} digits")
        self._take()
        return value

    def _quoted(self, expected: str) -> str:
        if self.token.text in ("'", '"'):
            _refuse(self.token, "a closing quote for the text that opens here")
        self.need(self.token.kind == "quoted", expected)
        return self._take().text[1:-1]

    def need(self, held: bool, expected: str) -> None:
        if not held:
            _refuse(self.token, expected)

    def _need_mark(self, mark: str, expected: str) -> None:
        self.need(self._took_mark(mark), expected)

    def _took_mark(self, mark: str) -> bool:
        return self._took(self.token.kind == "mark" and self.token.text == mark)

    def _took_word(self, word: str) -> bool:
        return self._took(self.token.kind == "word" and self.token.text.lower() == word)

    def _took(self, matched: bool) -> bool:
        if matched:
            self._take()
        return matched

    def _take(self) -> _Token:
        token = self.token
        self.token = next(self._tokens)
        return token


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "blank":
            yield _Token(match.lastgroup or "", match.group(), match.start() + 1)
    while True:
        yield _Token("end", "", len(text) + 1)


def _refuse(token: _Token, expected: str) -> NoReturn:
    shown = token.text if len(token.text) <= 20 else token.text[:20] + "..."
    raise ExpressionError(token.at, expected, shown or "the end")


def number(text: str) -> int | float | None:
    """The number a text spells in this grammar, or None: plain digits, no more than are exact."""
    if not _NUMBER.fullmatch(text) or len(text.lstrip("-").replace(".", "")) > _EXACT_DIGITS:
        return None
    return float(text) if "." in text else int(text)


# --- writing -------------------------------------------------------------------------------------


def text(expression: Expression) -> str:
    """The expression in a form that `parse` reads back to an equal tree.

    Raises: ValueError for a text that holds both kinds of quote; `parse` never makes one.
    """
    match expression:
        case Compare(name, comparison, value):
            return f"{name} {comparison} {_written(value)}"
        case In(name, values):
            return f"{name} in ({', '.join(map(_written, values))})"
        case Like(name, part):
            return f"{name} like {_written(part)}"
        case Exists(name):
            return f"exists({name})"
        case Not(term):
            return f"not {_inner(term)}"
        case And(terms):
            return " and ".join(map(_inner, terms))
        case Or(terms):
            return " or ".join(map(_inner, terms))


def _inner(expression: Expression) -> str:
    written = text(expression)
    return f"({written})" if isinstance(expression, And | Or) else written


def _written(value: Value) -> str:
    if isinstance(value, str):
        if "'" not in value:
            return f"'{value}'"
        if '"' in value:
            raise ValueError("a text with both kinds of quote cannot be written")
        return f'"{value}"'
    # Plain digits: the grammar knows no exponents.
    plain = format(Decimal(repr(value)), "f")
    return plain + ".0" if isinstance(value, float) and "." not in plain else plain
