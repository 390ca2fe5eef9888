"""Terms of the project's own in `$comment`, the one quality of SDF that is free: folded in and out.

RFC 9880 lets third parties add qualities with a registered prefix, but its validation syntax, and
the tools that follow it, refuse them; a comment changes no model. Knows no model itself.
"""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.standards.schema import Plain

PREFIX = "\0"  # before a term of one's own while it is unfolded; no quality and no id has it
MARK = b"entrepot {"
"""What a document has that has such a comment."""

_COMMENT, _MARK = "$comment", "entrepot "


def folded(plain: Any) -> Any:
    """The same with each object's own terms in its comment, after what it says already."""
    if not isinstance(plain, dict):
        return [folded(one) for one in plain] if isinstance(plain, list) else plain
    found = {k: folded(v) if isinstance(v, dict | list) else v for k, v in plain.items()}
    terms = {k.removeprefix(PREFIX): found.pop(k) for k in plain if k.startswith(PREFIX)}
    if terms:
        said = found.get(_COMMENT)
        found[_COMMENT] = f"{said}\n{_spelled(terms)}" if said else _spelled(terms)
    return found


def unfolded(plain: Any) -> Any:
    """The same with the terms of each comment as members of its object, where folding undoes it."""
    if not isinstance(plain, dict):
        return [unfolded(one) for one in plain] if isinstance(plain, list) else plain
    found = {k: unfolded(v) if isinstance(v, dict | list) else v for k, v in plain.items()}
    comment = plain.get(_COMMENT)
    if not isinstance(comment, str) or _MARK not in comment:
        return found
    said, _, note = comment.rpartition("\n")
    try:
        terms = msgspec.json.decode(note.removeprefix(_MARK))
    except (msgspec.DecodeError, RecursionError):
        return found
    if not isinstance(terms, dict) or not terms or _spelled(terms) != note:
        return found
    if not said and note != comment:
        return found
    del found[_COMMENT]
    if said:
        found[_COMMENT] = said
    found.update((PREFIX + name, unfolded(value)) for name, value in terms.items())
    return found


def _spelled(terms: Plain) -> str:
    return _MARK + msgspec.json.encode(dict(sorted(terms.items()))).decode()
