"""How much of a long text a page shows, and JSON as people read it.

Example: a body of 40 KB, 300 lists within each other and numbers in the innermost, is 12 MB when each number
stands on a line of its own. So what is long or deep is shown as it came, and of every text only its beginning.
"""

from __future__ import annotations

import re

import msgspec

MOST_SHOWN = 64 << 10  # characters of one text
_MOST_IN_LINES = 256 << 10
_DEEPEST = 16  # lists and objects within each other
# A text that does not end matches too: else each quote in it would be tried as a beginning.
_NO_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^\[\]{}"]++', re.DOTALL)


def beginning(text: str) -> tuple[str, bool]:
    """What a page shows of the text, and whether that is not all of it."""
    return text[:MOST_SHOWN], len(text) > MOST_SHOWN


def is_deep(text: str) -> bool:
    """Whether the JSON has more lists and objects within each other than people write."""
    brackets = _NO_BRACKETS.sub("", text).replace("{", "[").replace("}", "]")
    for _ in range(_DEEPEST):  # takes away the innermost
        brackets = brackets.replace("[]", "")
    return bool(brackets)


def readable(body: bytes) -> str:
    """A body as text; JSON in lines, its numbers and members as they came."""
    text = body.decode("utf-8", "replace")
    if len(body) > _MOST_IN_LINES or is_deep(text):
        return text
    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.MsgspecError:
        return text
