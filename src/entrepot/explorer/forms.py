"""From an operation's form to inputs of a page, and from what was typed to parameters and a body.

Nothing is checked that the dialect would refuse: a refusal is something to look at too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from entrepot.core.faults import Malformed
from entrepot.dialect.calls import Field, Form
from entrepot.dialect.sizes import refuse_many
from entrepot.explorer.shown import MOST_SHOWN, is_deep

Typed = Mapping[str, str]
Schema = Mapping[str, Any]

PREFIX, BODY = "p.", "body"  # of the names that inputs have
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_LIMITS = (
    ("minLength", "≥ {} chars"), ("maxLength", "≤ {} chars"), ("minimum", "≥ {}"),
    ("maximum", "≤ {}"), ("exclusiveMinimum", "> {}"), ("exclusiveMaximum", "< {}"),
    ("minItems", "≥ {} items"), ("maxItems", "≤ {} items"), ("pattern", "{}"),
)  # fmt: skip
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Input:
    """One parameter as the page shows it. `kind`: text, lines, json, or one of `options`."""

    declared: Field
    kind: str
    typed: str
    type: str
    limits: str
    options: tuple[str, ...] = ()
    wrong: str = ""  # the word for what is wrong with what was typed

    @property
    def name(self) -> str:
        """The input's name in the form."""
        return PREFIX + self.declared.name


@dataclass(slots=True)
class Sent:
    """What was typed, as values; `wrong` has a word for each input that is none."""

    parameters: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    wrong: dict[str, str] = field(default_factory=dict)
    where: str = ""  # in the body


def inputs(form: Form, typed: Typed | None, wrong: Mapping[str, str]) -> list[Input]:
    """The inputs: with what was typed, or, where nothing was, with what the form begins with."""
    return [_input(one, form, typed, wrong.get(PREFIX + one.name, "")) for one in form.fields]


def repeated(form: Form, typed: Typed | None) -> tuple[Typed | None, list[str]]:
    """What was typed as far as a page repeats it, and the inputs of which it does not."""
    if typed is None:
        return None, []
    room, kept, left_out = MOST_SHOWN, {}, []
    for name in names(form):
        text = typed.get(name, "")
        if len(text) > room:
            left_out.append(name)
        else:
            kept[name], room = text, room - len(text)
    return kept, [name.removeprefix(PREFIX) for name in left_out]


def fits_code(form: Form, typed: Typed) -> bool:
    """Whether code can be written of all that was typed, short and not deep."""
    texts = [typed.get(name, "") for name in names(form)]
    return sum(map(len, texts)) <= MOST_SHOWN and not any(map(is_deep, texts))


def names(form: Form) -> list[str]:
    """The names of the form's inputs."""
    return [*(PREFIX + one.name for one in form.fields), BODY]


def body_text(form: Form, typed: Typed | None) -> str:
    """What stands in the editor of the body."""
    if typed is not None:
        return typed.get(BODY, "")
    if form.body is None:
        return ""
    return form.body if isinstance(form.body, str) else pretty(form.body)


def pretty(value: Any) -> str:
    """JSON for people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def read(form: Form, typed: Typed) -> Sent:
    """The values of what was typed. What is not of its type goes as it is, for the dialect to refuse."""
    sent = Sent()
    for one in form.fields:
        text = typed.get(PREFIX + one.name, "")
        if not text:
            if one.place == "path":
                sent.wrong[PREFIX + one.name] = "needed"
            continue
        try:
            sent.parameters[one.name] = _value(_shape(one, form), text)
        except ValueError:
            sent.wrong[PREFIX + one.name] = "not_json"
        except Malformed:
            sent.wrong[PREFIX + one.name] = "too_large"
    text = typed.get(BODY, "")
    if form.takes and text.strip():
        _read_body(form, text, sent)
    return sent


def _read_body(form: Form, text: str, sent: Sent) -> None:
    if "json" not in form.takes:
        sent.body = text
        return
    try:
        sent.body = _json(text)
    except ValueError as error:
        sent.wrong[BODY] = "not_json"
        sent.where = str(error)
    except Malformed as fault:
        sent.wrong[BODY] = "too_large"
        sent.where = fault.reason


def _json(text: str) -> Any:
    """Raises ValueError: it is none, or deeper than anybody means it; Malformed: it holds too many values."""
    refuse_many(text.encode())
    try:
        value = json.loads(text, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except RecursionError:
        raise ValueError("too deep") from None
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _shape(one: Field, form: Form) -> Schema:
    return resolved(one.schema, form.schemas)


def resolved(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """The schema itself, where this only refers to it, or allows null beside it."""
    options = [o for o in schema.get("anyOf", ()) if o != {"type": "null"}]
    if len(options) == 1:
        schema = {**options[0], **{k: v for k, v in schema.items() if k != "anyOf"}}
    if "$ref" in schema:
        named = schemas[schema["$ref"].rpartition("/")[2]]
        return {**named, **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def _input(one: Field, form: Form, typed: Typed | None, wrong: str) -> Input:
    schema = _shape(one, form)
    kind, options = _kind(schema, form), _options(schema)
    text = _text(one.value, kind) if typed is None else typed.get(PREFIX + one.name, "")
    if options and text and text not in options:
        options = (*options, text)
    return Input(one, kind, text, type_of(schema, form.schemas), limits_of(schema), options, wrong)


def _kind(schema: Schema, form: Form) -> str:
    if _options(schema):
        return "options"
    if schema.get("type") == "array":
        items = resolved(schema.get("items", {}), form.schemas)
        return "lines" if items.get("type") in ("string", "integer", "number") else "json"
    return "json" if schema.get("type") == "object" else "text"


def _options(schema: Schema) -> tuple[str, ...]:
    if schema.get("type") == "boolean":
        return ("true", "false")
    return tuple(_word(option) for option in schema.get("enum", ()))


def _text(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "lines" and isinstance(value, list):
        return "\n".join(map(_word, value))
    return pretty(value) if kind == "json" else _word(value)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(schema: Schema, text: str) -> Any:
    """Raises ValueError: it should be JSON and is not."""
    for option in schema.get("enum", ()):
        if _word(option) == text:
            return option
    match schema.get("type"):
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case "integer" if _INTEGER.fullmatch(text):
            return int(text)
        case "array" if not text.lstrip().startswith("["):
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            return [_value(schema.get("items", {}), line) for line in lines]
        case "array" | "object":
            return _json(text)
    return text


def type_of(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """The schema's type in a word or two; an enumeration's values."""
    schema = resolved(schema, schemas)
    if "enum" in schema:
        return " | ".join(map(_word, schema["enum"]))
    if schema.get("type") == "array":
        return f"{type_of(schema.get('items', {}), schemas)}[]"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(o, schemas) for o in schema["anyOf"]))
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " | ".join(kind)


def limits_of(schema: Schema) -> str:
    """What `type_of` does not say: lengths, ranges and patterns."""
    return ", ".join(text.format(schema[name]) for name, text in _LIMITS if name in schema)


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a body, for people to look up."""

    path: str
    depth: int
    type: str
    limits: str
    required: bool
    default: str
    meaning: str


def members(form: Form) -> list[Member]:
    """Every field of the body, outer before inner."""
    return [] if form.body_schema is None else list(_members(form.body_schema, form.schemas, ""))


def _members(
    schema: Schema, schemas: Mapping[str, Schema], prefix: str, depth: int = 0
) -> Iterator[Member]:
    schema = resolved(schema, schemas)
    for name, inner in schema.get("properties", {}).items():
        bare, more = resolved(inner, schemas), f"{prefix}{name}"
        default = inner.get("default")
        yield Member(
            more,
            depth,
            type_of(bare, schemas),
            limits_of(bare),
            name in schema.get("required", ()),
            "" if default is None else _word(default),
            inner.get("description") or _first_said(inner) or "",
        )
        items = resolved(bare["items"], schemas) if "items" in bare else bare
        if depth < _DEEPEST:
            yield from _members(
                items, schemas, more + ("[]." if "items" in bare else "."), depth + 1
            )


def _first_said(schema: Schema) -> str:
    return next((o["description"] for o in schema.get("anyOf", ()) if "description" in o), "")
