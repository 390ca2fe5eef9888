"""A token is taken exactly as it was made: not one byte more, less or other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.faults import Unauthenticated
from entrepot.core.things.account import User
from entrepot.core.vault import Vault
from entrepot.dialect.calls import filled, placeholders, signed
from entrepot.dialect.request import CONTROLS, Answer, Request
from entrepot.explorer import session
from entrepot.vendors.aliyun import handles
from entrepot.vendors.enos.tokens import grants as tokens
from entrepot.vendors.huawei import auth
from tests.contract.adapters import HOST, Adapter, stamp
from tests.contract.world import World

VAULT = Vault(b"r" * 32)
USER = User(id=7, tenant=1, name="u", created_at=0)
NOW_MS = 1_795_800_000_000


def iam(text: str) -> bool:
    try:
        return auth.read_token(VAULT, text, NOW_MS).user == USER.id
    except Unauthenticated:
        return False


def cookie(text: str) -> bool:
    if set(" \t;") & set(text):
        return False  # these end the value: they are no part of the token
    sent = {b"cookie": f"{COOKIE.name}={text}".encode()}
    return COOKIE.read(Request("GET", b"/explorer", headers=sent), NOW_MS) is not None


COOKIE = session.Cookie(VAULT)
SESSION = session.begun(USER, "", NOW_MS)
TICKET = session.link(VAULT, "http://x", USER, NOW_MS).rpartition("=")[2]
Case = tuple[str, Callable[[str], bool]]
CASES: dict[str, Case] = {
    "iam": (auth.issue_token(VAULT, USER, NOW_MS)[0], iam),
    "enos": (tokens.write(VAULT, "key", NOW_MS), lambda t: tokens.read(VAULT, t) is not None),
    "session": (
        COOKIE.written(SESSION, False).decode().partition(";")[0].partition("=")[2],
        cookie,
    ),
    "ticket": (TICKET, lambda t: session.read_ticket(VAULT, t, NOW_MS) is not None),
    "page": (handles.token(5), lambda t: handles.token_of(t) is not None),
}
each_token = pytest.mark.parametrize(("made", "taken"), CASES.values(), ids=CASES)


def variants(made: str) -> Iterator[str]:
    """Other spellings, of which lenient readers take many for the same."""
    for more in (" ", "\t", "=", "==", "A", "0", "00", "\0", "é", "\r\nx: y", "." * 2000):
        yield made + more
        yield more + made
        yield made[:9] + more + made[9:]
    yield from (made[:-1], made[1:], made[3:], made * 2, made[:3] + made, "MII" + made, "")
    yield from (
        made.upper(),
        made.lower(),
        made.swapcase(),
        made[:3] + made[3:].upper(),
        made[::-1],
    )
    yield from (
        made.replace("-", "+").replace("_", "/"),
        made + " " * (1027 - len(made)) + "\r\nx: y",
    )
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        yield made[:-1] + last


@each_token
def test_no_other_spelling_is_taken(made: str, taken: Callable[[str], bool]) -> None:
    assert taken(made)
    wrong = [text for text in variants(made) if text != made and taken(text)]
    assert not wrong


@each_token
@given(where=st.integers(0, 400), character=st.characters(codec="latin-1"), cut=st.integers(0, 2))
def test_no_changed_character_is_taken(
    made: str, taken: Callable[[str], bool], where: int, character: str, cut: int
) -> None:
    place = where % (len(made) + 1)
    text = made[:place] + character + made[place + cut :]
    if text != made:
        assert not taken(text)


# KeystoneValidateToken writes a token of its caller's into a header of the answer

SPLIT = "\r\nSet-Cookie: pwned=1\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("tokens"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def token(world: World) -> str:
    known = world.tenant()
    iam = Adapter(dialect="iam", sdk="")
    login = iam.operation("KeystoneCreateUserTokenByPassword")
    body = filled(login.example, placeholders(iam.value, known))
    answer = world.ask(signed(iam.value, login, {}, body, known, stamp(), HOST))
    assert answer.status == 201, answer.body
    return dict(answer.headers)[b"x-subject-token"].decode()


def check(world: World, query: str, headers: dict[bytes, bytes]) -> Answer:
    request = Request("GET", b"/v3/auth/tokens", query.encode(), {b"host": HOST, **headers})
    answer = world.ask(request)
    for name, value in answer.headers:
        assert not CONTROLS.search(name + value), value
    return answer


@pytest.mark.parametrize("filler", ["", " " * 1024, " " * 900], ids=["short", "long", "blanks"])
def test_no_token_splits_the_answer(world: World, token: str, filler: str) -> None:
    caller = {b"x-auth-token": token.encode()}
    bad = token + filler + SPLIT
    assert check(world, f"X-Subject-Token={quote(bad)}", caller).status == 400
    subject = {**caller, b"x-subject-token": bad.encode()}
    assert check(world, "", subject).status == 404
    assert (
        check(world, "", {b"x-auth-token": bad.encode(), b"x-subject-token": token.encode()}).status
        == 401
    )
    good = check(world, "", {**caller, b"x-subject-token": token.encode()})
    assert (good.status, dict(good.headers)[b"x-subject-token"]) == (200, token.encode())


def test_a_token_in_the_query_is_none(world: World, token: str) -> None:
    caller = {b"x-auth-token": token.encode()}
    assert check(world, f"X-Subject-Token={token}", caller).status == 400


@pytest.mark.parametrize(
    "text", ["{password)", "{password", "{password}}", "{{password}", "{pass word}"]
)
def test_a_placeholder_is_filled_in_only_as_it_is_written(text: str) -> None:
    assert filled({"a": [text, "{password}"]}, {"password": "s"}) == {"a": [text, "s"]}
