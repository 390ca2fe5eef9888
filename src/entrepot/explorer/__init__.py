"""The API explorer: pages that call every operation as the user who is signed in, and write its code.

An application of its own beside the vendors' APIs. What it needs beyond the standard library's is
imported by the first who asks for a page; a server that nobody browses carries none of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from entrepot.core.faults import (
    Fault,
    Malformed,
    NotFound,
    Throttled,
    TooLarge,
    TooMuch,
    Unauthenticated,
    Unavailable,
)
from entrepot.core.ports import Tx
from entrepot.core.things.account import Tenant, User
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.handle import ServerContext
from entrepot.dialect.operation import Operation
from entrepot.dialect.parameters import parse
from entrepot.dialect.request import Answer, Request
from entrepot.explorer import session
from entrepot.explorer.calling import Ask
from entrepot.explorer.shown import MOST_SHOWN

if TYPE_CHECKING:
    from entrepot.explorer.pages import Pages, Visit
    from entrepot.explorer.sign_in import Guest, SignIn

log = logging.getLogger("entrepot.explorer")
R = TypeVar("R")
ROOT = b"explorer"
FORM_LIMIT = 2 << 20  # a body of a megabyte, percent-encoded
_SMALL_FORM = 1 << 14
BOUNDS = {"body_bytes.explorer": FORM_LIMIT, "explorer_shown_chars": MOST_SHOWN}
_CALLS = 3  # segments of the path of an operation


@dataclass(frozen=True, slots=True)
class World:
    """What the explorer needs of the server. `tls`: whether that speaks TLS itself."""

    dialects: tuple[Dialect, ...]
    context: ServerContext
    ask: Ask  # the way that every request goes
    # Everything that a client needs to call as the user, with this access key or its last one.
    credentials: Callable[[Tx, Tenant, User, str], Mapping[str, Any]]
    first_password: Callable[[Tenant], str]
    tls: bool = False


class Explorer:
    """Answers every path below `/explorer` (an `Application`)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cookie = session.Cookie(world.context.authenticator.vault)
        # Whoever has not signed in has another: a page asked for from elsewhere comes without the first,
        # and must not replace it.
        self._lobby = session.Cookie(world.context.authenticator.vault, "-lobby")

    @cached_property
    def _signing_in(self) -> SignIn:
        from entrepot.explorer.sign_in import SignIn

        world = self._world
        return SignIn(world.context.authenticator, world.first_password)

    @cached_property
    def _pages(self) -> Pages:
        from entrepot.explorer.pages import Pages

        return Pages(self._world.dialects)

    def query_limit(self, path: bytes) -> int:
        """The most bytes that a query sent to this path may have."""
        return _SMALL_FORM

    def body_limit(self, head: Request) -> int:
        """The most bytes that a form with this head may have."""
        return FORM_LIMIT if len(_words(head.path)) == _CALLS else _SMALL_FORM

    def refuse(self, request: Request, fault: Fault) -> Answer:
        """The answer to a request that is refused before all of it was read."""
        visit = self._visit(request, None)
        if isinstance(fault, TooLarge):
            return self._pages.message(visit, 413, "too_large")
        if isinstance(fault, Unavailable):
            return self._pages.message(visit, 503, "busy")
        return self._pages.message(visit, 400, "unreadable")

    async def answer(self, request: Request) -> Answer:
        """The page, or the file, or what came of a form."""
        if "_pages" not in vars(self):
            await asyncio.to_thread(self._load)  # imports: not on the loop
        visit = self._visit(request, None)
        try:
            if request.method not in ("GET", "HEAD", "POST"):
                return self._pages.message(visit, 405, "wrong_method")
            return await self._answer(request)
        except Malformed:
            return self._pages.message(visit, 400, "unreadable")
        except (TooMuch, Unavailable):
            return self._pages.message(visit, 503, "busy")
        except Exception:
            log.exception("a page of the explorer failed: %s %r", request.method, request.path)
            return self._pages.message(visit, 500, "failed")

    def _load(self) -> None:
        for dialect in self._world.dialects:
            dialect.topics()
        _ = self._pages

    async def _answer(self, request: Request) -> Answer:
        words = _words(request.path)
        if len(words) == 3 and words[1] == "static":
            return self._pages.file(words[2])
        guest = await self._signing_in.guest(self._cookie.read(request, self._now_ms()))
        visit = self._visit(request, guest)
        if request.method == "POST":
            return await self._post(words, visit)
        if words[1:] == ["enter"] and request.method == "GET":
            return await self._enter(visit)
        if guest is None and request.header(b"sec-fetch-site") == b"cross-site":
            return self._pages.again(visit)
        if guest is None:
            return self._sign_in_page(visit)
        if len(words) == 1:
            return self._pages.home(visit)
        return await self._of_dialect(words, visit, None)

    def _visit(self, request: Request, guest: Guest | None) -> Visit:
        from entrepot.explorer.pages import Visit

        return Visit(request, guest)

    def _now_ms(self) -> int:
        return self._world.context.authenticator.now_ms()

    # Who

    def _sign_in_page(
        self, visit: Visit, status: int = 200, wrong: str = "", name: str = ""
    ) -> Answer:
        """The page, with a cookie whose proof its form carries."""
        found = self._lobby.read(visit.request, self._now_ms()) or session.nobody(self._now_ms())
        page = self._pages.sign_in(visit, found.proof, status, wrong, name)
        return self._with_cookie(visit, page, self._lobby, found)

    def _url(self, request: Request) -> str:
        """Where the browser found this server."""
        scheme = request.scheme or ("https" if self._world.tls else "http")
        return f"{scheme}://{request.header(b'host').decode('latin-1')}"

    def _with_cookie(
        self, visit: Visit, answer: Answer, cookie: session.Cookie, found: session.Session
    ) -> Answer:
        line = cookie.written(found, self._url(visit.request).startswith("https:"))
        return Answer(answer.status, answer.body, (*answer.headers, (b"set-cookie", line)))

    async def _enter(self, visit: Visit) -> Answer:
        """Signs in by a link. The page goes on by itself: a redirect might come without the cookie."""
        try:
            ticket = parse(visit.request.query).get("ticket", "")
            begun = await self._signing_in.enter(str(ticket), visit.request.peer)
        except Throttled:
            return self._sign_in_page(visit, 429, "too_many")
        except (Unauthenticated, Malformed):
            return self._sign_in_page(visit, 403, "link_over")
        return self._with_cookie(visit, self._pages.entered(visit), self._cookie, begun)

    async def _sign_in(self, visit: Visit, typed: Mapping[str, str]) -> Answer:
        name = typed.get("name", "").strip()
        if not self._proved(visit, typed, self._lobby.read(visit.request, self._now_ms())):
            return self._sign_in_page(visit, 403, "forged", name)
        try:
            begun = await self._signing_in.sign_in(
                name, typed.get("secret", ""), visit.request.peer
            )
        except Throttled:
            return self._sign_in_page(visit, 429, "too_many", name)
        except Unauthenticated:
            return self._sign_in_page(visit, 403, "refused", name)
        return self._with_cookie(
            visit, self._pages.moved(typed.get("next", "")), self._cookie, begun
        )

    def _proved(
        self, visit: Visit, typed: Mapping[str, str], found: session.Session | None
    ) -> bool:
        """Whether a page of this session, and of this server, sent what was typed."""
        return found is not None and _from_here(visit.request, typed.get("proof", ""), found.proof)

    async def _post(self, words: list[str], visit: Visit) -> Answer:
        from entrepot.explorer.pages import only

        if words[1:] == ["sign-in"]:
            return await self._sign_in(visit, only(visit.request.body))
        if visit.guest is None:
            return self._sign_in_page(visit, 403, "forged")
        if len(words) == _CALLS:
            return await self._of_dialect(words, visit, visit.request.body)
        if not self._proved(visit, only(visit.request.body), visit.guest.session):
            return self._pages.message(visit, 403, "forged")
        if words[1:] != ["sign-out"]:
            return self._pages.message(visit, 404, "not_found")
        gone = self._pages.moved("")
        return Answer(gone.status, b"", (*gone.headers, (b"set-cookie", self._cookie.gone())))

    # What

    async def _of_dialect(self, words: list[str], visit: Visit, form: bytes | None) -> Answer:
        dialect = next((d for d in self._world.dialects if d.name == words[1]), None)
        if dialect is None or len(words) > _CALLS:
            return self._pages.message(visit, 404, "not_found")
        if len(words) == 2:
            return self._pages.dialect(visit, dialect)
        operation = next((o for o in dialect.operations if o.name == words[2]), None)
        if operation is None:
            return self._pages.message(visit, 404, "not_found")
        return await self._operation(visit, dialect, operation, form)

    async def _operation(
        self,
        visit: Visit,
        dialect: Dialect,
        operation: Operation,
        form: bytes | None,
    ) -> Answer:
        guest, world = visit.guest, self._world
        assert guest is not None  # noqa: S101 (only guests get here)
        key, store = guest.session.access_key, world.context.store
        try:
            credentials = await store.read(
                lambda tx: world.credentials(tx, guest.tenant, guest.user, key), guest.tenant.id
            )
        except NotFound:
            return self._pages.message(visit, 403, "no_key")

        def apart(work: Callable[[], R]) -> Awaitable[R]:
            return store.apart(work, guest.tenant.id)

        url = self._url(visit.request)
        call = await apart(lambda: self._pages.call(dialect, operation, form, credentials, url))
        if call.typed is not None and not self._proved(visit, call.typed, guest.session):
            call.trouble = "forged"
        elif call.typed is not None and call.typed.get("do") == "send" and not call.wrong:
            await call.send(credentials, visit.request, world.ask, apart)
        status = 403 if call.trouble == "forged" else 200
        return await apart(lambda: self._pages.operation(visit, call, status))


def _words(path: bytes) -> list[str]:
    """The segments of the path; a slash at the end is no other place."""
    return path.decode("latin-1").strip("/").split("/")


def _from_here(request: Request, proof: str, wanted: str) -> bool:
    """Whether a page of ours sent the form. Browsers that say where from must name this very server."""
    import hmac

    site, origin = request.header(b"sec-fetch-site"), request.header(b"origin")
    if site and site != b"same-origin":
        return False
    # A page without referrer sends `null`; then the cookie, which is strict, and the proof decide.
    place = origin.partition(b"://")[2].lower()
    if not site and place not in (b"", request.header(b"host").lower()):
        return False
    return hmac.compare_digest(proof.encode(), wanted.encode())
