"""What is wrong with a text that no reader takes, in our own words. Knows no format and no JSON library.

Libraries word the same mistake in different ways and name their own types. Only the place is taken from them.

Example: `Detected duplicate key "a" at line 1 column 12` becomes `has a key twice at line 1, column 12`.
"""

from __future__ import annotations

import re

_PLACES = (
    (re.compile(r"at line (\d+) column (\d+)"), "at line {}, column {}"),
    (re.compile(r": line (\d+) column (\d+)"), "at line {}, column {}"),
    (re.compile(r"\(byte (\d+)\)"), "at byte {}"),
)
_KINDS = (  # what the libraries say in it, in small letters
    ("duplicate key", "has a key twice"),
    ("recursion", "nests too deep"),
    ("eof while", "ends too early"),
    ("truncated", "ends too early"),
    ("unterminated", "ends too early"),
    ("unicode code point", "is not UTF-8"),
    ("utf-8", "is not UTF-8"),
    ("hex escape", "has half a surrogate pair or a broken escape"),
    ("out of range", "has a number that is too large"),
    ("trailing characters", "goes on after its end"),
    ("control character", "has a control character in a text"),
)


def not_json(error: Exception) -> str:
    """Returns why the text is no JSON that can be read, and where it stops being so if that is known."""
    said = str(error)
    small = f"{type(error).__name__} {said}".lower()
    kind = next((ours for theirs, ours in _KINDS if theirs in small), "is not JSON")
    for pattern, place in _PLACES:
        if match := pattern.search(said):
            return f"{kind} {place.format(*match.groups())}"
    return kind


def not_a_model(error: Exception) -> str:
    """Returns why JSON is no thing model of the format that was expected."""
    if isinstance(error, RecursionError):
        return "nests too deep"
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        return f"{error.args[0][:100]} is missing or unknown"
    return "a member is of another type than the format has"


def other_type(error: Exception) -> tuple[tuple[str | int, ...], str]:
    """Returns the path and the fault of a value that its declaration does not take.

    Only the path is read from the error: `Expected ... - at `$.a[0].b``.
    """
    _, at, path = str(error).rpartition("at `")
    if not at:
        return (), "is not of the declared type or range"
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", path)
    return (
        tuple(name or int(index) for name, index in steps),
        "is not of the declared type or range",
    )
