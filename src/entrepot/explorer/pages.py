"""The explorer's pages as answers: what stands on each, in the reader's language; decides nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from entrepot.core.caller import allows
from entrepot.dialect import calls, openapi
from entrepot.dialect.client import Credentials
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.parameters import parse
from entrepot.dialect.request import Answer, Request, header_value
from entrepot.dialect.samples import Language, sample
from entrepot.explorer import calling, forms, session
from entrepot.explorer.shown import beginning
from entrepot.explorer.sign_in import Guest
from entrepot.explorer.words import served

_LANGUAGES: tuple[Language, ...] = ("python", "http")
_MOST_KEPT = 32  # operations of which the description is kept
_IN_PATH = re.compile(r"{(\w+)}")
_HERE = Path(__file__).parent
_KINDS = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_SAFE = (
    (
        b"content-security-policy",
        b"default-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_PAGE = (
    (b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store"),
    (b"vary", b"accept-language, cookie"), *_SAFE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at a page: the browser's request, and who is signed in."""

    request: Request
    guest: Guest | None

    @property
    def words(self) -> SimpleNamespace:
        """What the page says, in the reader's language."""
        return served(self.request.header(b"accept-language"))


@dataclass(slots=True)
class Call:
    """An operation's page: what was typed, what is wrong with it, what came of it."""

    dialect: Dialect
    operation: Operation
    form: calls.Form
    typed: Mapping[str, str] | None = None
    trouble: str = ""  # a word
    detail: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    where: str = ""  # in the body
    outcome: calling.Outcome | None = None
    code: dict[str, str] = field(default_factory=dict)  # by what it is written in
    code_cut: bool = False
    code_of_example: bool = False  # because what was typed is too long
    no_code: str = ""  # why there is none

    def begin(self, raw: bytes | None, known: Credentials, endpoint: str) -> None:
        """Read what was typed; where nothing was, what the form begins with. Write the code of it.

        Raises:
            Malformed: what was sent is no form.
        """
        form = self.form
        first = {one.name: one.typed for one in forms.inputs(form, None, {})}
        first[forms.BODY] = forms.body_text(form, None)
        if raw is None:
            sent = forms.read(form, first)
        else:
            self.typed = typed = only(raw)
            sent = forms.read(form, typed)
            self.wrong, self.where = sent.wrong, sent.where
            if not forms.fits_code(form, typed):
                self.code_of_example = True
                sent = forms.read(form, first)
        if "not_json" not in {*self.wrong.values(), *sent.wrong.values()}:
            self._write_code(sent, known, endpoint)

    def _write_code(self, sent: forms.Sent, known: Credentials, endpoint: str) -> None:
        """In each language; what is still to be filled in stands there in capitals."""
        dialect, operation, body = self.dialect, self.operation, sent.body
        lacking = {word: word.upper() for word in _IN_PATH.findall(operation.path)}
        parameters = {
            **lacking,
            **calls.with_own(dialect, operation, {}, known),
            **sent.parameters,
        }
        for language in _LANGUAGES:
            try:
                text = sample(dialect, operation, parameters, body, known, endpoint, language)
            except ValueError as error:
                self.no_code = str(error)
                return
            # Where the SDK cannot say the call, code for it is curl's too, and says why.
            title = "Python" if text.partition("\n")[2].startswith("# pip") else "curl"
            shown, cut = beginning(text)
            self.code.setdefault(title, shown)
            self.code_cut |= cut

    @property
    def refused(self) -> dict[str, str]:
        """The words for inputs that the dialect refused, by their names."""
        found: dict[str, str] = {}
        for one in self.outcome.violations if self.outcome else ():
            if self.operation.body is None and one.path:
                found.setdefault(f"{forms.PREFIX}{one.path[0]}", f"v_{one.kind}")
        return found

    async def send(
        self, credentials: Credentials, by: Request, ask: calling.Ask, apart: calling.Apart
    ) -> None:
        """Make the call; what came of it stands here afterwards."""
        read = partial(forms.read, self.form, self.typed or {})
        try:
            self.outcome = await calling.send(
                self.dialect, self.operation, read, credentials, by, ask, apart
            )
        except calling.NoLogin as error:
            self.trouble, self.detail = "no_login", str(error)
        except ValueError as error:
            self.trouble, self.detail = "cannot_send", str(error)


def only(raw: bytes) -> dict[str, str]:
    """The inputs of a form that were sent once, by their names.

    Raises:
        Malformed: it is none.
    """
    return {name: value for name, value in parse(raw).items() if isinstance(value, str)}


class Pages:
    """Renders; holds the templates, compiled, and the files that go with them."""

    def __init__(self, dialects: tuple[Dialect, ...]) -> None:
        self._dialects = dialects
        # What an operation declares takes longer to describe than its page to render.
        self._described = lru_cache(_MOST_KEPT)(partial(_described, dialects))
        self._jinja = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            auto_reload=False,
        )
        self._jinja.filters["said"] = _said
        self._jinja.filters["segment"] = lambda text: quote(text, safe="")
        self._files = {path.name: path.read_bytes() for path in (_HERE / "static").iterdir()}

    @cached_property
    def _version(self) -> str:
        """Changes with the files, so that browsers may keep them."""
        joined = b"".join(self._files[name] for name in sorted(self._files))
        return hashlib.sha256(joined).hexdigest()[:12]

    def _page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> Answer:
        text = self._jinja.get_template(template).render(
            w=(words := visit.words),
            word=partial(getattr, words),
            guest=visit.guest,
            root=session.PATH,
            version=self._version,
            **values,
        )
        return Answer(status, text.encode(), _PAGE)

    def file(self, name: str) -> Answer:
        """A file that pages name."""
        content = self._files.get(name)
        if content is None:
            return Answer(404, b"", _SAFE)
        kind = (b"content-type", _KINDS[Path(name).suffix])
        return Answer(200, content, (kind, (b"cache-control", b"public, max-age=31536000"), *_SAFE))

    def moved(self, path: str) -> Answer:
        """On to another page of these, by default the first."""
        place = path if path.startswith(f"{session.PATH}/") and _is_plain(path) else session.PATH
        return Answer(
            303, b"", ((b"location", header_value(place)), (b"cache-control", b"no-store"), *_SAFE)
        )

    def message(self, visit: Visit, status: int, said: str) -> Answer:
        """A page that says one thing, by its word."""
        return self._page(visit, "message.html", status, said=said)

    def sign_in(self, visit: Visit, proof: str, status: int, wrong: str, name: str) -> Answer:
        """The form to sign in with; from where somebody came, it goes on there."""
        asked = visit.request.path.decode("latin-1") if visit.request.method != "POST" else ""
        return self._page(
            visit, "sign_in.html", status, proof=proof, wrong=wrong, name=name, next=asked
        )

    def entered(self, visit: Visit) -> Answer:
        """What a link leads to; goes on by itself."""
        return self._onward(self._page(visit, "entered.html"), session.PATH)

    def again(self, visit: Visit) -> Answer:
        """The same page once more, asked for from here: from another's the cookie did not come along."""
        path = visit.request.path.decode("latin-1")
        return self._onward(
            self._page(visit, "again.html"), path if _is_plain(path) else session.PATH
        )

    def _onward(self, page: Answer, path: str) -> Answer:
        line = (b"refresh", header_value(f"0; url={path}"))
        return Answer(page.status, page.body, (*page.headers, line))

    def home(self, visit: Visit) -> Answer:
        """Every API there is."""
        return self._page(visit, "home.html", dialects=self._dialects)

    def dialect(self, visit: Visit, dialect: Dialect) -> Answer:
        """A dialect's operations, those that fit what is asked for."""
        asked = parse(visit.request.query).get("q", "")
        wanted = (asked if isinstance(asked, str) else asked[0]).strip()
        groups: dict[str, list[Operation]] = {}
        for operation in dialect.operations:
            said = f"{operation.name} {operation.summary} {operation.path}".lower()
            if all(word in said for word in wanted.lower().split()):
                kind = operation.permission.partition(":")[0] or "account"
                groups.setdefault(kind, []).append(operation)
        return self._page(
            visit, "dialect.html", dialect=dialect, groups=groups, wanted=wanted, may=_may(visit)
        )

    def call(
        self,
        dialect: Dialect,
        operation: Operation,
        raw: bytes | None,
        credentials: Credentials,
        endpoint: str,
    ) -> Call:
        """An operation's page before anything is sent.

        Raises:
            Malformed: what was sent is no form.
        """
        known = calling.public(credentials)
        described = self._described(dialect.name, operation.name)
        call = Call(dialect, operation, calls.form(dialect, operation, known, described))
        call.begin(raw, known, endpoint)
        return call

    def operation(self, visit: Visit, call: Call, status: int = 200) -> Answer:
        """An operation: its form, and what came of it."""
        # What is rendered stays in memory until cycles are collected: nothing that is long.
        call.typed, left_out = forms.repeated(call.form, call.typed)
        inputs = forms.inputs(call.form, call.typed, {**call.refused, **call.wrong})
        return self._page(
            visit,
            "operation.html",
            status,
            call=call,
            dialect=call.dialect,
            operation=call.operation,
            form=call.form,
            needed=[one for one in inputs if one.declared.required and not one.declared.own],
            optional=[one for one in inputs if not one.declared.required and not one.declared.own],
            own=[one for one in inputs if one.declared.own],
            body=forms.body_text(call.form, call.typed),
            left_out=left_out,
            members=forms.members(call.form),
            proof=visit.guest.session.proof if visit.guest else "",
            may=_may(visit),
        )


def _described(dialects: Iterable[Dialect], dialect_name: str, name: str) -> calls.Described:
    dialect = next(d for d in dialects if d.name == dialect_name)
    return openapi.described(dialect, next(o for o in dialect.operations if o.name == name))


def _may(visit: Visit) -> Any:
    """Whether the guest has a permission."""
    permissions = visit.guest.user.permissions if visit.guest else ()
    return lambda wanted: not wanted or allows(permissions, wanted)


def _said(want: object) -> str:
    """What a violation wants, as text."""
    if isinstance(want, list | tuple | set | frozenset):
        return ", ".join(map(str, want))
    # Patterns as the forms have them (dialect/openapi.py).
    return "" if want is None else str(want).replace(r"\A", "^").replace(r"\Z", "$")


def _is_plain(path: str) -> bool:
    """Letters, digits and what our own paths have besides."""
    return not set(path) - _PLAIN and ".." not in path


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.%")
