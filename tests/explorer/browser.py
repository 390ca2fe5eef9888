"""A browser without a screen: pages over plain HTTP, a jar of cookies, forms as they stand on the page."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from urllib.parse import urlencode, urljoin, urlsplit

from tests.server import Server

HOME = "/explorer"


@dataclass
class Form:
    """A form of a page, with what its inputs hold."""

    action: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """What came back: the text with its tags, the text that is shown, and the forms."""

    path: str
    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    html: str
    text: str
    tags: list[tuple[str, dict[str, str]]]
    forms: list[Form]
    shown: list[str]  # what stands in blocks to copy: answer, request, code

    @property
    def code(self) -> list[str]:
        """The sample code, in each language."""
        return [text for text in self.shown if text.startswith("# ")]

    def form(self, action: str = "") -> Form:
        """The form that is sent there."""
        return next(f for f in self.forms if f.action == action)

    @property
    def alerts(self) -> int:
        """How many of what is there are alarms."""
        return sum("alert" in attributes.get("class", "").split() for _, attributes in self.tags)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.texts: list[str] = []
        self.shown: list[str] = []
        self._showing = False
        self._filling = ""  # the textarea that the text belongs to
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.tags.append((tag, known))
        name, values = known.get("name", ""), self.forms[-1].values if self.forms else {}
        if tag == "form":
            self.forms.append(Form(known.get("action", "")))
        elif tag == "input" and name:
            values[name] = known.get("value", "")
        elif tag == "pre" and known.get("class") == "copied":
            self._showing = True
            self.shown.append("")
        elif tag == "textarea":
            self._filling, values[name] = name, ""
        elif tag == "select":
            self._select, values[name] = name, ""
        elif tag == "option" and "selected" in known:
            self._filling, values[self._select] = self._select, ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "option"):
            self._filling = ""
        if tag == "pre":
            self._showing = False
        if tag in ("td", "th"):
            self.texts.append(" ")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._showing:
            self.shown[-1] += data
        if self._filling:
            values = self.forms[-1].values
            # HTML drops a line's end at the very beginning of a text area.
            values[self._filling] += data if values[self._filling] else data.removeprefix("\n")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"not HTML: {data!r}")


class Browser:
    """One person's: its cookies, and its headers with each request."""

    def __init__(self, server: Server | str, **headers: str) -> None:
        self.url = server if isinstance(server, str) else server.url
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.cookies: dict[str, str] = {}

    def get(self, path: str = HOME, method: str = "GET") -> Page:
        """The page."""
        return self._ask(method, path, None, {})

    def post(self, path: str, values: Mapping[str, str], **headers: str) -> Page:
        """What comes of a form with these values."""
        body = urlencode(values).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, body, {**kind, **given})

    def submit(self, page: Page, action: str = "", **changes: str) -> Page:
        """What comes of a form of the page, some of its inputs typed anew; `p_` begins a parameter."""
        form = page.form(action)
        named = {re.sub(r"\Ap_", "p.", name): value for name, value in changes.items()}
        target = urljoin(page.path, form.action) if form.action else page.path
        return self.post(urlsplit(target).path, {**form.values, **named})

    def sign_in(self, name: str, secret: str, page: Page | None = None) -> Page:
        """What comes of the form to sign in; follows to where it leads."""
        return self.follow(
            self.submit(page or self.get(), f"{HOME}/sign-in", name=name, secret=secret)
        )

    def follow(self, page: Page) -> Page:
        """Where the page leads to, if it does."""
        return self.get(page.headers["location"]) if page.status == 303 else page

    def send(self, path: str, **changes: str) -> Page:
        """What comes of the call on the page of an operation."""
        return self.submit(self.get(path), "#answer", do="send", **changes)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Page:
        place = urlsplit(self.url)
        connection: HTTPConnection
        if place.scheme == "https":
            trusting = ssl._create_unverified_context()
            connection = HTTPSConnection(place.netloc, timeout=60, context=trusting)
        else:
            connection = HTTPConnection(place.netloc, timeout=60)
        try:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent = {**self.headers, **headers, **({"cookie": cookie} if cookie else {})}
            connection.request(method, path, body, sent)
            return self._page(path, connection.getresponse())
        finally:
            connection.close()

    def _page(self, path: str, answer: HTTPResponse) -> Page:
        html = answer.read().decode()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        cookies = answer.headers.get_all("set-cookie") or []
        for line in cookies:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        reader = _Reader()
        if headers.get("content-type", "").startswith("text/html"):
            reader.feed(html)
        return Page(
            path,
            answer.status,
            headers,
            cookies,
            html,
            "".join(reader.texts),
            reader.tags,
            reader.forms,
            reader.shown,
        )


_JARS: dict[tuple[str, str], dict[str, str]] = {}


def signed_in(server: Server, tenant: str = "dev", **headers: str) -> Browser:
    """A browser whose person has the tenant's first key; who signs in too often has to wait."""
    browser, place = Browser(server, **headers), (server.url, tenant)
    if place not in _JARS:
        known = server.credentials(tenant)
        page = browser.sign_in(known["access_key"], known["secret_key"])
        assert page.status == 200, page.text
        _JARS[place] = {n: v for n, v in browser.cookies.items() if not n.endswith("-lobby")}
    browser.cookies = dict(_JARS[place])
    return browser
