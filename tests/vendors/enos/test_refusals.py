"""What EnOS refuses and how: callers nobody can prove, foreign organizations, requests nobody can read."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec.structs import replace

from entrepot.core.accounts import tenancy
from entrepot.dialect.request import Request
from entrepot.vendors.enos import signing
from tests.vendors.enos.caller import BODY, JSON, PRODUCTS, Account, Enos

SEALED_ELSEWHERE = base64.b64encode(bytes(range(256)))
MINUTE_MS = 60_000


@pytest.fixture
def enos(tmp_path: Path) -> Iterator[Enos]:
    context = Enos(tmp_path)
    yield context
    context.close()


@pytest.fixture
def account(enos: Enos) -> Account:
    return enos.account("refusals")


def sealed(enos: Enos, access_key: str, secret_key: str) -> bytes:
    """The token that enos-poseidon makes when its `pubkey` is this installation's."""
    ask = Request("GET", b"/apim-token-service/entrepot/public-key")
    text = enos.ask(ask)[1]["data"]["publicKey"]
    key = serialization.load_der_public_key(base64.b64decode(text))
    assert isinstance(key, rsa.RSAPublicKey)
    pin = signing.poseidon_pin(access_key, secret_key)
    inside = f"{pin}${access_key}${secret_key}${'a' * 64}${'b' * 64}".encode()
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
    return base64.b64encode(key.encrypt(inside, oaep))


def unsigned(account: Account, token: bytes, org: str | None = None, **query: str) -> Request:
    """A search with nothing but a token."""
    org = account.org if org is None else org
    more = "".join(f"&{k}={v}" for k, v in query.items())
    target = f"action=search&orgId={org}{more}".encode()
    return Request("GET", PRODUCTS.encode(), target, {b"apim-accesstoken": token})


def unproved(answer: tuple[int, dict[str, Any]], words: str) -> None:
    """The answer is the gateway's refusal, and says these words."""
    status, body = answer
    assert (status, body["code"], body["data"]) == (401, 99403, None)
    assert body["message"] == body["msg"]
    assert body["msg"].startswith("Invalid authentication credentials: ")
    assert words in body["msg"]


# Signed calls


def test_no_credentials_are_refused(enos: Enos, account: Account) -> None:
    for action in ("create", "get", "update", "search", "delete"):
        query = f"action={action}&orgId={account.org}&productKey=x".encode()
        unproved(enos.ask(Request("POST", PRODUCTS.encode(), query)), "no apim-accesstoken")


def test_a_token_without_a_signature_is_refused(enos: Enos, account: Account) -> None:
    token = enos.token(account).encode()
    unproved(enos.ask(unsigned(account, token)), "apim-signature is missing")


@pytest.mark.parametrize("token", ["x", "APP_TOKEN_1", "A" * 120, "A" * 5000, "ü", "==="])
def test_a_token_of_nobodys_is_refused(enos: Enos, account: Account, token: str) -> None:
    request = enos.request(account, "search", {})
    headers = {**request.headers, b"apim-accesstoken": token.encode()}
    unproved(enos.ask(replace(request, headers=headers)), "unknown token")


def test_a_wrong_secret_is_refused(enos: Enos, account: Account) -> None:
    request = enos.request(account, "search", {})
    unproved(enos.ask(enos.signed(account, request, secret="guess")), "does not match")


def test_another_callers_token_is_refused(enos: Enos, account: Account) -> None:
    other = enos.token(enos.account("other"))
    request = enos.request(account, "search", {})
    unproved(enos.ask(enos.signed(account, request, token=other)), "does not match")


def test_whatever_is_changed_after_signing_is_refused(enos: Enos, account: Account) -> None:
    request = enos.request(account, "create", BODY)
    assert enos.ask(request)[0] == 200
    for changed in (
        replace(request, body=request.body.replace(b"Pump", b"Bomb")),
        replace(request, body=request.body + b" "),
        replace(request, body=b""),
        replace(request, query=request.query + b"&scope=1"),
        replace(request, query=request.query.replace(b"create", b"search")),
        replace(request, headers={**request.headers, b"apim-timestamp": b"1795000000001"}),
    ):
        unproved(enos.ask(changed), "does not match")


@pytest.mark.parametrize("stamp", ["", "x", "1", "1795000000", "17950000000000", "1795000000000.0"])
def test_a_timestamp_that_is_none_is_refused(enos: Enos, account: Account, stamp: str) -> None:
    request = enos.request(account, "search", {})
    unproved(
        enos.ask(enos.signed(account, request, stamp=stamp)), "apim-timestamp must be 13 digits"
    )


@pytest.mark.parametrize("minutes", [-15, 15])
def test_a_call_is_fresh_for_a_quarter_of_an_hour(
    enos: Enos, account: Account, minutes: int
) -> None:
    request = enos.request(account, "search", {})
    stamp = enos.now_ms + minutes * MINUTE_MS
    assert enos.ask(enos.signed(account, request, stamp=str(stamp)))[0] == 200
    beyond = stamp + (1 if minutes > 0 else -1)
    unproved(enos.ask(enos.signed(account, request, stamp=str(beyond))), "more than 15 minutes off")


@pytest.mark.parametrize("kind", ["key", "user", "tenant"])
def test_a_disabled_caller_is_refused(enos: Enos, account: Account, kind: str) -> None:
    request = enos.request(account, "search", {})
    seal = sealed(enos, account.access_key, account.secret_key)
    thing: Any = getattr(account, kind)
    enos.store.write_now(lambda tx: tenancy.set_disabled(tx, thing, True))
    enos.restart()  # a server believes for a second what it knew
    unproved(enos.ask(request), "is disabled")
    status, body = enos.ask(unsigned(account, seal))
    assert (status, body["code"]) == (200, 99403)
    assert "is disabled" in body["msg"]


@pytest.mark.parametrize("name", [b"apim-accesstoken", b"apim-signature", b"apim-timestamp"])
def test_a_credential_sent_twice_is_refused(enos: Enos, account: Account, name: bytes) -> None:
    request = enos.request(account, "search", {})
    unproved(enos.ask(replace(request, repeated=frozenset({name}))), "more than once")


def test_a_multipart_body_is_refused_because_nothing_signs_it(enos: Enos, account: Account) -> None:
    request = Request(
        "POST",
        PRODUCTS.encode(),
        f"action=create&orgId={account.org}".encode(),
        {b"content-type": b" Multipart/form-data; boundary=x"},
        json.dumps(BODY).encode(),
    )
    status, body = enos.ask(enos.signed(account, request))
    assert (status, body["code"]) == (400, 99400)
    assert "must be JSON" in body["msg"]
    assert enos.call(account, "search", {})["data"] == []


# Sealed tokens


def test_a_token_sealed_to_the_installation_proves_its_caller(enos: Enos, account: Account) -> None:
    status, body = enos.ask(unsigned(account, sealed(enos, account.access_key, account.secret_key)))
    assert (status, body["code"], body["data"]) == (200, 0, [])


def test_a_sealed_token_with_a_wrong_secret_is_refused_even_where_anybody_is_believed(
    enos: Enos,
) -> None:
    believing = enos.account("believing", accept_unverifiable=("enos",))
    wrong = "00000000-1111-4222-8333-444444444444"
    for access_key, words in ((believing.access_key, "does not belong"), (wrong, "no access key")):
        status, body = enos.ask(unsigned(believing, sealed(enos, access_key, wrong)))
        assert (status, body["code"], body["data"]) == (200, 99403, None)
        assert words in body["msg"]


def test_a_token_sealed_elsewhere_is_believed_where_the_tenant_says_so_on_loopback(
    enos: Enos,
) -> None:
    believing = enos.account("believing", accept_unverifiable=("enos",))
    status, body = enos.ask(unsigned(believing, SEALED_ELSEWHERE))
    assert (status, body["code"], body["data"]) == (200, 0, [])
    request = Request(
        "POST",
        PRODUCTS.encode(),
        f"action=create&orgId={believing.org}".encode(),
        {b"apim-accesstoken": SEALED_ELSEWHERE, **JSON},
        json.dumps(BODY).encode(),
    )
    key = enos.ask(request)[1]["data"]
    assert enos.show(believing, key)["createBy"] == "poseidon (unverified)"


def test_a_token_sealed_elsewhere_is_refused_with_what_to_do(enos: Enos, account: Account) -> None:
    enos.account("believing", accept_unverifiable=("enos",))
    status, body = enos.ask(unsigned(account, SEALED_ELSEWHERE))
    assert (status, body["code"], body["data"]) == (200, 99403, None)
    assert "poseidon.poseidon.pubkey" in body["msg"]
    assert "/apim-token-service/entrepot/public-key" in body["msg"]
    assert "accept_unverifiable" in body["msg"]


def test_nobody_is_believed_beyond_loopback(tmp_path: Path) -> None:
    enos = Enos(tmp_path, loopback=False)
    believing = enos.account("believing", accept_unverifiable=("enos",))
    for org in (believing.org, "o10000000000000"):
        body = enos.ask(unsigned(believing, SEALED_ELSEWHERE, org))[1]
        assert (body["code"], body["data"]) == (99403, None)
        assert "poseidon.poseidon.pubkey" in body["msg"]
    proved = sealed(enos, believing.access_key, believing.secret_key)
    assert enos.ask(unsigned(believing, proved))[1]["code"] == 0
    enos.close()


@pytest.mark.parametrize(
    ("host", "code"),
    [
        (b"127.0.0.1", 0), (b"127.0.0.1:8080", 0), (b"localhost:1", 0), (b"LOCALHOST", 0),
        (b"[::1]:8080", 0), (b"[::1]", 0), (b"evil.example:8080", 99403), (b"evil.example", 99403),
        (b"127.0.0.1.evil.example", 99403), (b"evil.example:127.0.0.1", 99403), (b"\xff", 99403),
    ],
)  # fmt: skip
def test_a_web_page_with_a_name_that_leads_here_is_not_believed(
    enos: Enos, host: bytes, code: int
) -> None:
    believing = enos.account("believing", accept_unverifiable=("enos",))
    request = unsigned(believing, SEALED_ELSEWHERE)
    answer = enos.ask(replace(request, headers={**request.headers, b"host": host}))
    assert answer[1]["code"] == code


def test_believing_one_tenants_callers_opens_no_other_tenant(enos: Enos, account: Account) -> None:
    enos.account("believing", accept_unverifiable=("enos",))
    assert enos.ask(unsigned(account, SEALED_ELSEWHERE))[1]["code"] == 99403


def test_a_disabled_tenant_believes_nobody(enos: Enos) -> None:
    believing = enos.account("believing", accept_unverifiable=("enos",))
    enos.store.write_now(lambda tx: tenancy.set_disabled(tx, believing.tenant, True))
    assert enos.ask(unsigned(believing, SEALED_ELSEWHERE))[1]["code"] == 99403


# Organizations


def test_an_unknown_organization_does_not_exist(enos: Enos, account: Account) -> None:
    for org in ("o10000000000000", "x", "o1\0"):
        answer = enos.call(account, "search", {}, orgId=org)
        assert answer["code"] == 99400
        assert answer["msg"].startswith("Invalid Argument orgId:  orgId does not exist; ")
        assert "`entrepot credentials`" in answer["msg"]


def test_a_foreign_organization_answers_like_one_that_does_not_exist(
    enos: Enos, account: Account
) -> None:
    enos.account("believing", accept_unverifiable=("enos",))
    other, gone = enos.account("other"), enos.account("gone", accept_unverifiable=("enos",))
    enos.store.write_now(lambda tx: tenancy.set_disabled(tx, gone.tenant, True))
    seal = sealed(enos, account.access_key, account.secret_key)
    answers = []
    for org in ("o10000000000000", other.org, gone.org):
        by_signature = enos.call(account, "search", {}, orgId=org)
        _, by_seal = enos.ask(unsigned(account, seal, org))
        _, by_nobody = enos.ask(unsigned(account, SEALED_ELSEWHERE, org))
        several = (by_signature, by_seal, by_nobody)
        assert [a["code"] for a in several] == [99400, 99400, 99403]
        answers.append([{k: v for k, v in a.items() if k != "requestId"} for a in several])
    assert answers[0] == answers[1] == answers[2]


def test_an_organization_must_be_given_once(enos: Enos, account: Account) -> None:
    for org in (None, ""):
        answer = enos.call(account, "search", {}, orgId=org)
        words = "Invalid Argument orgId:orgId is missing"
        assert (answer["code"], answer["msg"]) == (99400, words)
    query = f"action=search&orgId={account.org}&orgId={account.org}".encode()
    request = enos.signed(account, Request("GET", PRODUCTS.encode(), query))
    assert enos.ask(request)[1]["msg"] == "Invalid Argument orgId:orgId must be given once"


@pytest.mark.parametrize(
    ("granted", "allowed"),
    [
        (("product:read",), {"get", "search"}),
        (("product:create",), {"create"}),
        (("product:*",), {"create", "get", "update", "search", "delete"}),
        (("model:*",), set[str]()),
        ((), set[str]()),
    ],
)
def test_a_user_may_do_what_it_was_granted(
    enos: Enos, granted: tuple[str, ...], allowed: set[str]
) -> None:
    user = enos.account("user", permissions=granted)
    for action in ("create", "get", "update", "search", "delete"):
        answer = enos.call(user, action, BODY, productKey="zzzzzzzz")
        if action in allowed:
            assert answer["code"] in (0, 11404)
        else:
            assert answer["code"] == 99403
            assert answer["msg"].startswith("Denied resource:  product:")


# Requests nobody can read


def test_an_action_must_be_given(enos: Enos, account: Account) -> None:
    for action in (None, ""):
        answer = enos.call(account, cast(str, action), BODY)
        words = "Invalid Argument action:action is missing"
        assert (answer["code"], answer["msg"]) == (99400, words)
    answer = enos.call(account, "destroy", BODY)
    words = "Invalid Argument action:action must be one of create, get, update, search, delete"
    assert (answer["code"], answer["msg"]) == (99400, words)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/connect-service/v2.1/nothing"),
        ("POST", "/connect-service/v9/products"),
        ("POST", "/connect-service"),
        ("POST", "/connect-service/v2.1/products/x"),
        ("GET", "/connect-service/v2.1/%2e%2e/products"),
        ("PUT", "/connect-service/v2.1/products"),
        ("DELETE", "/connect-service/v2.1/products"),
    ],
)
def test_elsewhere_there_is_nothing(enos: Enos, account: Account, method: str, path: str) -> None:
    request = enos.request(account, "create", BODY, path=path, method=method)
    status, answer = enos.ask(request)
    assert (status, answer["code"]) == (404, 99404)


@pytest.mark.parametrize(
    "raw",
    [
        b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":1,"a":2}', b'{"productDesc":"\xed\xa0\x80"}',
        b'{"productDesc":"\\ud800"}', b"NaN", b"{} {}", b'{"a":Infinity}', b"\0",
    ],
    ids=lambda raw: repr(raw[:30]),
)  # fmt: skip
def test_a_body_that_is_no_json_is_refused(enos: Enos, account: Account, raw: bytes) -> None:
    status, answer = enos.ask(enos.request(account, "create", raw))
    assert (status, answer["code"], answer["data"]) == (400, 99400, None)
    assert answer["message"].startswith("Cannot process request body: ")
    assert enos.call(account, "search", {})["data"] == []


@pytest.mark.parametrize("raw", [b"null", b"1", b'"x"', b"[]", b"true"])
def test_a_body_that_is_no_object_is_refused(enos: Enos, account: Account, raw: bytes) -> None:
    for action in ("create", "update", "search"):
        assert enos.call(account, action, raw, productKey="zzzzzzzz")["code"] == 99400


@pytest.mark.parametrize("query", [b"%", b"%zz", b"%ff", b"a=%e6%b3"])
def test_a_query_that_cannot_be_decoded_is_refused(
    enos: Enos, account: Account, query: bytes
) -> None:
    target = f"action=search&orgId={account.org}&".encode() + query
    request = enos.signed(account, Request("GET", PRODUCTS.encode(), target))
    status, answer = enos.ask(request)
    assert (status, answer["code"]) == (400, 99400)
    assert answer["message"].startswith("Cannot process request query: ")


def test_a_query_over_the_limit_is_refused(enos: Enos, account: Account) -> None:
    request = enos.request(account, "search", {}, more="x" * 70_000)
    status, answer = enos.ask(request)
    assert (status, answer["code"]) == (413, 99400)
    assert answer["message"].startswith("Request size limit exceeded")


def test_enos_poseidon_reads_every_refusal(enos: Enos, account: Account) -> None:
    """It throws away the body of whatever is not 200."""
    seal = sealed(enos, account.access_key, account.secret_key)
    nowhere = replace(unsigned(account, seal), path=b"/connect-service/v2.1/nothing")
    assert [enos.ask(nowhere)[0], enos.ask(nowhere)[1]["code"]] == [200, 99404]
    large = unsigned(account, seal, more="x" * 70_000)
    assert [enos.ask(large)[0], enos.ask(large)[1]["code"]] == [200, 99400]
    agent = {b"user-agent": b"Python_enos_api"}
    request = enos.signed(account, enos.request(account, "search", {}), secret="guess")
    status, body = enos.ask(replace(request, headers={**request.headers, **agent}))
    assert (status, body["code"]) == (200, 99403)
    assert "does not match" in body["msg"]


def test_no_refusal_tells_a_secret(enos: Enos, account: Account) -> None:
    token = enos.token(account)
    request = enos.request(account, "search", {})
    wrong = enos.signed(account, request, stamp="1")
    for answer in (enos.answer(wrong), enos.answer(unsigned(account, SEALED_ELSEWHERE))):
        assert account.secret_key.encode() not in answer.body
        assert token.encode() not in answer.body
