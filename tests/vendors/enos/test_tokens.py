"""The token service: one token until it ends, proofs in both spellings, refusals by their codes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from entrepot.core.accounts import tenancy
from entrepot.dialect.request import Request
from entrepot.vendors.enos import signing
from tests.vendors.enos.caller import JSON, TOKEN_GET, TOKEN_REFRESH, Account, Enos

HOUR_MS = 3_600_000


@pytest.fixture
def enos(tmp_path: Path) -> Iterator[Enos]:
    context = Enos(tmp_path)
    yield context
    context.close()


@pytest.fixture
def account(enos: Enos) -> Account:
    return enos.account("tokens")


def accepted(enos: Enos, account: Account, token: str) -> int:
    """The status of a signed call with this token."""
    request = enos.request(account, "search", {})
    return enos.ask(enos.signed(account, request, token=token))[0]


def test_a_token_is_granted_for_two_hours(enos: Enos, account: Account) -> None:
    answer = enos.ask_for_token(account)
    token = answer["data"]["accessToken"]
    assert answer == {
        "status": 0,
        "msg": "SUCCESS",
        "business": "apim-token-service",
        "data": {"accessToken": token, "expire": 7200},
    }
    enos.now_ms += 2 * HOUR_MS - 1
    assert accepted(enos, account, token) == 200
    enos.now_ms += 1
    assert accepted(enos, account, token) == 401


def test_a_clock_that_is_set_back_ends_no_token(enos: Enos, account: Account) -> None:
    first = enos.ask_for_token(account)["data"]["accessToken"]
    enos.now_ms -= HOUR_MS
    assert enos.ask_for_token(account)["data"]["accessToken"] == first
    assert accepted(enos, account, first) == 200


def test_asking_again_gives_the_same_token_until_it_ends(enos: Enos, account: Account) -> None:
    first = enos.ask_for_token(account)["data"]
    enos.now_ms += HOUR_MS
    again = enos.ask_for_token(account)["data"]
    assert again == {"accessToken": first["accessToken"], "expire": 3600}
    enos.now_ms += HOUR_MS
    after = enos.ask_for_token(account)["data"]
    assert after["accessToken"] != first["accessToken"]
    assert after["expire"] == 7200


def test_the_same_encryption_again_is_answered(enos: Enos, account: Account) -> None:
    """The official Python sample takes the time once, when it is imported."""
    stamp = enos.now_ms
    first = enos.ask_for_token(account, timestamp=stamp)
    enos.now_ms += 1000
    assert enos.ask_for_token(account, timestamp=stamp)["data"] == {
        "accessToken": first["data"]["accessToken"],
        "expire": 7199,
    }


def test_a_timestamp_is_a_number_or_a_text(enos: Enos, account: Account) -> None:
    as_number = enos.ask_for_token(account, timestamp=enos.now_ms)
    as_text = enos.ask_for_token(account, timestamp=str(enos.now_ms))
    assert as_number["status"] == as_text["status"] == 0
    assert as_number["data"] == as_text["data"]


def test_an_encryption_in_capitals_is_the_same(enos: Enos, account: Account) -> None:
    proof = signing.encryption(account.access_key, str(enos.now_ms), account.secret_key)
    assert enos.ask_for_token(account, encryption=proof.upper())["status"] == 0


def test_tokens_survive_a_restart(enos: Enos, account: Account) -> None:
    token = enos.token(account)
    enos.restart()
    assert accepted(enos, account, token) == 200
    assert enos.token(account) == token


def test_a_refresh_right_away_gives_a_new_token(enos: Enos, account: Account) -> None:
    first = enos.token(account)
    enos.now_ms += 1000
    refreshed = enos.ask_for_token(account, accessToken=first)["data"]
    assert refreshed["expire"] == 7200
    assert refreshed["accessToken"] != first
    assert enos.token(account) == refreshed["accessToken"]
    # Calls on their way with the older one are not broken.
    assert accepted(enos, account, first) == 200
    assert accepted(enos, account, refreshed["accessToken"]) == 200
    enos.now_ms += 2 * HOUR_MS - 1000
    assert accepted(enos, account, first) == 401
    assert accepted(enos, account, refreshed["accessToken"]) == 200


def test_two_keys_have_two_tokens(enos: Enos, account: Account) -> None:
    other = enos.account("other")
    assert enos.token(account) != enos.token(other)


def refused(answer: dict[str, Any]) -> int:
    """The answer's code; it holds nothing else to use."""
    assert answer["data"] is None
    assert answer["business"] == "apim-token-service"
    code: int = answer["status"]
    return code


def test_an_unknown_key_is_1002(enos: Enos, account: Account) -> None:
    assert refused(enos.ask_for_token(account, appKey="nobody")) == 1002


@pytest.mark.parametrize("kind", ["key", "user", "tenant"])
def test_a_disabled_caller_is_1002(enos: Enos, account: Account, kind: str) -> None:
    token = enos.token(account)
    thing: Any = getattr(account, kind)
    enos.store.write_now(lambda tx: tenancy.set_disabled(tx, thing, True))
    assert refused(enos.ask_for_token(account)) == 1002
    assert refused(enos.ask_for_token(account, accessToken=token)) == 1002


@pytest.mark.parametrize("proof", ["0" * 64, "x", "Ä"])
def test_a_wrong_encryption_is_1003(enos: Enos, account: Account, proof: str) -> None:
    assert refused(enos.ask_for_token(account, encryption=proof)) == 1003


def test_a_disabled_key_is_told_to_nobody_without_the_secret(enos: Enos, account: Account) -> None:
    enos.store.write_now(lambda tx: tenancy.set_disabled(tx, account.key, True))
    assert refused(enos.ask_for_token(replace(account, secret_key="guess"))) == 1003


@pytest.mark.parametrize("field", ["appKey", "encryption", "timestamp"])
def test_an_absent_parameter_is_1202(enos: Enos, account: Account, field: str) -> None:
    proof = {"encryption": signing.encryption(account.access_key, str(enos.now_ms), "x")}
    for value in (None, ""):
        body = {"appKey": account.access_key, "timestamp": enos.now_ms, **proof, field: value}
        body = {name: v for name, v in body.items() if v is not None}
        raw = json.dumps(body).encode()
        status, answer = enos.ask(Request("POST", TOKEN_GET.encode(), headers=JSON, body=raw))
        assert (status, refused(answer)) == (200, 1202)
        assert f"{field} is missing" in answer["msg"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", 1202),
        (b"{}", 1202),
        (b"{", 1004),
        (b"[]", 1004),
        (b"\xff", 1004),
        (b'{"appKey":"a","appKey":"b","encryption":"x","timestamp":1}', 1004),
        (b'{"appKey":1,"encryption":"x","timestamp":1}', 1004),
        (b'{"appKey":"a","encryption":"x","timestamp":-1}', 1004),
        (b'{"appKey":"a","encryption":"x","timestamp":1.5}', 1004),
        (b'{"appKey":"a","encryption":"x","timestamp":true}', 1004),
        (b'{"appKey":"a","encryption":"x","timestamp":"today"}', 1004),
        (b'{"appKey":"a","encryption":"' + b"x" * 300 + b'","timestamp":1}', 1004),
        (b'{"appKey":"a\\u0000b","encryption":"x","timestamp":1}', 1004),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [TOKEN_GET, TOKEN_REFRESH])
def test_a_body_that_cannot_be_read_is_1004(enos: Enos, raw: bytes, code: int, path: str) -> None:
    if path == TOKEN_REFRESH and raw.startswith(b'{"appKey":') and b'"b"' not in raw:
        raw = raw.replace(b"{", b'{"accessToken":"t",')
    status, answer = enos.ask(Request("POST", path.encode(), headers=JSON, body=raw))
    assert (status, refused(answer)) == (200, code)


def test_a_refresh_of_a_token_that_ended_is_1203(enos: Enos, account: Account) -> None:
    token = enos.token(account)
    enos.now_ms += 2 * HOUR_MS
    assert refused(enos.ask_for_token(account, accessToken=token)) == 1203


def test_a_refresh_of_no_token_of_the_caller_is_1204(enos: Enos, account: Account) -> None:
    foreign = enos.token(enos.account("other"))
    own = enos.token(account)
    for token in (foreign, "x", "=" * 5, own[:-2], own + "AAAA", "Ä", "A" * 1000):
        assert refused(enos.ask_for_token(account, accessToken=token)) == 1204


def test_a_refresh_needs_the_secret(enos: Enos, account: Account) -> None:
    token = enos.token(account)
    thief = replace(account, secret_key="guess")
    assert refused(enos.ask_for_token(thief, accessToken=token)) == 1003


def test_a_sealed_token_beside_is_of_no_interest(enos: Enos, account: Account) -> None:
    proof = signing.encryption(account.access_key, str(enos.now_ms), account.secret_key)
    body = {"appKey": account.access_key, "encryption": proof, "timestamp": enos.now_ms}
    sealed = {**JSON, b"apim-accesstoken": base64.b64encode(bytes(256))}
    request = Request("POST", TOKEN_GET.encode(), headers=sealed, body=json.dumps(body).encode())
    assert enos.ask(request)[1]["status"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", TOKEN_GET), ("POST", "/apim-token-service/v2.0/token"), ("DELETE", TOKEN_REFRESH)],
)
def test_elsewhere_there_is_nothing(enos: Enos, method: str, path: str) -> None:
    status, answer = enos.ask(Request(method, path.encode()))
    assert (status, refused(answer)) == (404, 1004)


def test_the_public_key_is_one_for_ever(enos: Enos) -> None:
    ask = Request("GET", b"/apim-token-service/entrepot/public-key")
    first = enos.ask(ask)[1]["data"]["publicKey"]
    assert len(base64.b64decode(first, validate=True)) == 294
    enos.restart()
    assert enos.ask(ask)[1]["data"]["publicKey"] == first
    assert b"PRIVATE" not in (enos.store.read_now(lambda tx: tx.recall("enos.private_key")) or b"")


def test_no_token_shows_its_key(enos: Enos, account: Account) -> None:
    token = enos.token(account)
    opened = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert account.access_key.encode() not in opened
