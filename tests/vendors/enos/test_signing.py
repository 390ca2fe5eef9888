"""EnOS callers are who they say they are: signed calls, and tokens sealed by the Python SDK."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.dialect.request import Request
from entrepot.vendors.enos import signing

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "enos.json").read_text("utf-8"))
ACCESS_KEY = "5acb82e7-a11e-4300-9164-c8b20b638e8b"
SECRET = "79dd4d6c-60ad-4b09-8fb4-2a6f4e3b1c9d"


def request(vector: dict[str, Any]) -> Request:
    headers = {
        signing.TOKEN: vector["token"].encode(),
        signing.SIGNATURE: vector["signature"].encode(),
        signing.TIMESTAMP: vector["timestamp"].encode(),
        b"content-type": vector["content_type"].encode(),
    }
    path, query = vector["path"].encode(), vector["query"].encode()
    return Request(vector["method"], path, query, headers, vector["body"].encode())


def with_header(sent: Request, name: bytes, value: bytes) -> Request:
    return replace(sent, headers={**sent.headers, name: value})


signed = pytest.mark.parametrize("vector", VECTORS["signature"], ids=lambda vector: vector["id"])
V3 = VECTORS["signature"][1]


@pytest.mark.parametrize("vector", VECTORS["encryption"], ids=lambda vector: vector["id"])
def test_token_requests_are_encrypted_as_the_vendor_does(vector: dict[str, str]) -> None:
    made = signing.encryption(vector["app_key"], vector["timestamp"], vector["app_secret"])
    assert made == vector["encryption"]


@signed
def test_published_and_computed_signatures_verify(vector: dict[str, Any]) -> None:
    sent = request(vector)
    assert signing.signature(sent, vector["token"], vector["secret"]) == vector["signature"]
    assert signing.verify(sent, vector["token"], vector["secret"])


@signed
def test_a_signed_request_carries_the_vendors_three_headers(vector: dict[str, Any]) -> None:
    bare = replace(request(vector), headers={b"content-type": vector["content_type"].encode()})
    added = signing.sign(bare, vector["token"], vector["timestamp"], vector["secret"])
    sent = replace(bare, headers={**bare.headers, **dict(added)})
    assert sent == request(vector)


@signed
def test_nothing_that_is_signed_can_be_changed(vector: dict[str, Any]) -> None:
    sent, token, secret = request(vector), vector["token"], vector["secret"]
    changed = [
        replace(sent, query=sent.query + b"&x=1"),
        replace(sent, query=sent.query + b"&orgId="),
        replace(sent, body=sent.body + b" "),
        with_header(sent, signing.TIMESTAMP, b"1572574909698"),
        with_header(sent, signing.TOKEN, token.encode() + b"x"),
        with_header(sent, signing.SIGNATURE, vector["signature"].upper().encode()),
        with_header(sent, signing.SIGNATURE, b""),
        with_header(sent, signing.SIGNATURE, b"\xff"),
        replace(sent, repeated=frozenset({signing.SIGNATURE})),
    ]
    assert [signing.verify(one, token, secret) for one in changed] == [False] * len(changed)
    assert not signing.verify(sent, token, secret + "x")
    assert not signing.verify(sent, token + "x", secret)


def test_the_order_and_encoding_of_the_query_do_not_matter() -> None:
    sent = request(VECTORS["signature"][3])
    for query in (b"name=a+b%26c&orgId=o1&action=get", b"&orgId=%6f1&action=get&name=a%20b%26c&"):
        assert signing.verify(replace(sent, query=query), "APP_TOKEN_1", SECRET)


def test_a_repeated_name_is_signed_every_time() -> None:
    one, two = Request("GET", b"/", b"a=1"), Request("GET", b"/", b"a=1&a=2")
    assert signing.signature(one, "t", "s") != signing.signature(two, "t", "s")


def test_a_multipart_body_is_not_signed() -> None:
    form = Request("POST", b"/", b"a=1", {b"content-type": b"Multipart/Form-Data; boundary=x"})
    assert signing.signature(form, "t", "s") == signing.signature(
        replace(form, body=b"--x"), "t", "s"
    )


def test_a_body_of_no_declared_type_is_signed() -> None:
    bare = Request("POST", b"/", b"a=1")
    assert signing.signature(bare, "t", "s") != signing.signature(
        replace(bare, body=b"{}"), "t", "s"
    )


@pytest.mark.parametrize("stamp", [b"", b"157257490969", b"15725749096970", b"1572574909697.5"])
def test_a_timestamp_is_13_digits_or_the_signature_does_not_count(stamp: bytes) -> None:
    sent = with_header(request(V3), signing.TIMESTAMP, stamp)
    made = signing.signature(sent, V3["token"], V3["secret"]).encode()
    forged = with_header(sent, signing.SIGNATURE, made)
    assert signing.sent_at_ms(forged) is None
    assert not signing.verify(forged, V3["token"], V3["secret"])


def test_the_time_of_signing_can_be_read() -> None:
    assert signing.sent_at_ms(request(V3)) == 1572574909697


NAMES = st.text("abcdefghijkO", min_size=1, max_size=5)


@given(st.dictionaries(NAMES, st.text("abc123", max_size=5)), st.binary(max_size=40))
def test_the_signature_is_the_documented_hash(query: dict[str, str], body: bytes) -> None:
    raw = "&".join(f"{name}={value}" for name, value in query.items()).encode()
    sent = Request("POST", b"/", raw, {signing.TIMESTAMP: b"1572574909697"}, body)
    params = "".join(name + query[name] for name in sorted(query))
    text = b"token" + params.encode() + body + b"1572574909697" + b"secret"
    assert signing.signature(sent, "token", "secret") == hashlib.sha256(text).hexdigest()


@given(st.binary(max_size=60), st.binary(max_size=20), st.binary(max_size=20))
def test_no_query_or_header_breaks_verification(query: bytes, token: bytes, made: bytes) -> None:
    headers = {
        signing.TOKEN: token,
        signing.SIGNATURE: made,
        signing.TIMESTAMP: b"1572574909697",
        b"content-type": token,
    }
    assert not signing.verify(Request("POST", b"/", query, headers, made), "other", "secret")


# --- the sealed token ----------------------------------------------------------------------------

OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
GOOD = ("270312", ACCESS_KEY, SECRET, "a" * 64, "0" * 64)


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return signing.new_private_key()


def seal(text: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """As enos-poseidon does: to the key it was given as text."""
    der = base64.b64decode(signing.public_key_text(key))
    public = serialization.load_der_public_key(der)
    assert isinstance(public, rsa.RSAPublicKey)
    return base64.b64encode(public.encrypt(text, OAEP))


def test_a_token_sealed_to_our_key_tells_who_sealed_it(private_key: rsa.RSAPrivateKey) -> None:
    token = seal("$".join(GOOD).encode(), private_key)
    assert len(token) == 344
    assert signing.looks_like_poseidon(token)
    opened = signing.open_token(token, private_key)
    assert opened == signing.PoseidonToken(ACCESS_KEY, SECRET)


def test_an_opened_token_does_not_show_its_secret(private_key: rsa.RSAPrivateKey) -> None:
    opened = signing.open_token(seal("$".join(GOOD).encode(), private_key), private_key)
    assert opened is not None
    assert opened.secret_key == SECRET
    assert SECRET not in repr(opened)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        "$".join(GOOD[:4]).encode(),
        "$".join((*GOOD, "x")).encode(),
        "$".join(("270313", *GOOD[1:])).encode(),
        "$".join(("", *GOOD[1:])).encode(),
        "$".join(("é", *GOOD[1:])).encode(),
        "$".join(("270312", ACCESS_KEY, "no-group", *GOOD[3:])).encode(),
        "$".join(("270312", ACCESS_KEY, "nothing", *GOOD[3:])).encode(),
        "$".join((*GOOD[:3], "a" * 63, "0" * 64)).encode(),
        "$".join((*GOOD[:3], "a" * 64, "G" * 64)).encode(),
    ],
)
def test_a_token_that_says_something_else_is_refused(
    text: bytes, private_key: rsa.RSAPrivateKey
) -> None:
    assert signing.open_token(seal(text, private_key), private_key) is None


def test_a_token_sealed_to_another_key_is_refused(private_key: rsa.RSAPrivateKey) -> None:
    token = seal("$".join(GOOD).encode(), signing.new_private_key())
    assert signing.looks_like_poseidon(token)
    assert signing.open_token(token, private_key) is None


@pytest.mark.parametrize(
    "token",
    [b"", b"APP_TOKEN_1", b"A" * 343, b"A" * 344, b"A" * 345, b"*" * 344, b"\xff" * 344],
)
def test_other_tokens_are_not_taken_for_sealed_ones(
    token: bytes, private_key: rsa.RSAPrivateKey
) -> None:
    assert not signing.looks_like_poseidon(token)
    assert signing.open_token(token, private_key) is None


def test_the_pin_is_the_sdks() -> None:
    [known] = VECTORS["pin"]
    assert signing.poseidon_pin(known["access_key"], known["secret_key"]) == known["pin"]
    assert signing.poseidon_pin("0-0-1", "0-1-1") == "000000"


@pytest.mark.parametrize(
    ("access_key", "secret_key"),
    [
        ("plain", SECRET),
        (ACCESS_KEY, "plain"),
        ("a-xyz", SECRET),
        ("a-0x1", SECRET),
        ("a--b", "c-1"),
    ],
)
def test_keys_that_the_sdk_cannot_use_have_no_pin(access_key: str, secret_key: str) -> None:
    assert signing.poseidon_pin(access_key, secret_key) is None
