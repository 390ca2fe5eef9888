"""URLs that may hold a password: what of them, and of errors about them, people may read.

A URL is taken apart here in the one way that nobody can take it otherwise: what libpq, Redis's client
and this module could split in different places is refused, because one of them would take a piece
of the password for a host, and quote it.
"""

from __future__ import annotations

import re

_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[^\s:@/?#\[\],]*)(?::[0-9]{0,5})?"
_CLEAR = re.compile(
    r"(?P<scheme>[a-z]+)://"
    r"(?:(?P<user>[^\s:@/?#\[\]]*)(?::(?P<password>[^\s@/?#\[\]]*))?@)?"
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)"
    r"(?P<path>/[^\s:@?#\[\]]*)?"
    r"(?:\?(?P<query>[^\s@#]*))?"
)
_HARMLESS = re.compile(
    r"(host|hostaddr|port|dbname|user|sslmode|target_session_attrs|connect_timeout|"
    r"application_name|db)=[\w.,:/%-]*"
)
_LOOKS_LIKE_ONE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(/|.*@)")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_ADVICE = (
    "write it as scheme://user:password@host:port/database?name=value, with names that there are;"
    " in user and password write %25 for %, %40 for @, %3A for :, %2F for /, %3F for ?, %23 for #,"
    " %5B for [, %5D for ]"
)


def is_url(text: str) -> bool:
    """Returns whether the text begins like a URL, also where a path made one slash of two."""
    return _LOOKS_LIKE_ONE.match(text) is not None


def masked(url: str) -> str:
    """Returns the URL without its password, for people to read; only its scheme where it is unclear."""
    parts = _CLEAR.fullmatch(url)
    if parts is None:
        scheme, slash, _ = url.partition(":/")
        return f"{scheme}://..." if slash and scheme.isalpha() else "..."
    # Alone before the host of Redis there may stand a password instead.
    shows_user = parts["password"] or parts["scheme"].startswith("postgres")
    user = f"{parts['user']}@" if parts["user"] and shows_user else ""
    query = "&".join(w for w in (parts["query"] or "").split("&") if _HARMLESS.fullmatch(w))
    shown = f"{parts['scheme']}://{user}{parts['hosts']}{parts['path'] or ''}"
    return f"{shown}?{query}" if query else shown


def unreadable(url: str) -> ValueError:
    """Returns the error that a URL is not understood; a library's own words may quote its password."""
    return ValueError(f"cannot use {masked(url)}: the URL is not understood; {_ADVICE}")


def must_be_clear(url: str) -> None:
    """Raises `ValueError` where the URL could be taken apart in more than one way."""
    if _CLEAR.fullmatch(url) is None:
        raise unreadable(url)


def without_secrets(url: str, error: BaseException) -> str:
    """Returns the error's first line, with `***` in place of whatever `masked` does not show of the URL."""
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    parts = _CLEAR.fullmatch(url)
    if parts is None:
        return "the URL is not understood"
    query = [w for w in (parts["query"] or "").split("&") if not _HARMLESS.fullmatch(w)]
    secrets = [parts["password"] or "", *(w.partition("=")[2] for w in query)]
    if not parts["scheme"].startswith("postgres") and not parts["password"]:
        secrets.append(parts["user"] or "")
    for secret in sorted({s for raw in secrets for s in (raw, _decoded(raw)) if s}, key=len)[::-1]:
        text = text.replace(secret, "***")
    return text


def _decoded(raw: str) -> str:
    """The text that `%XX` spells in a password."""
    plain = _PERCENT.sub(lambda match: bytes.fromhex(match[1].decode()), raw.encode())
    return plain.decode("utf-8", "replace")
