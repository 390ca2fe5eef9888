"""The declared hash of a Huawei request's body: never a way to sign one body and send another."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from msgspec.structs import replace

from entrepot.dialect.request import Request
from entrepot.vendors.huawei.signing import Authorization, verify

ACCESS_KEY = "0f6f1b3c-0b6b-4d0e-9d6b-1b2c3d4e5f60"
SECRET_KEY = b"SKexample0123456789abcdefghijklmnopqrstuv"
BODY = b'{"name": "Thermometer"}'
NAMES = b"content-type;host;x-sdk-content-sha256;x-sdk-date"
UNSIGNED = b"UNSIGNED-PAYLOAD"


def hand_signed(request: Request, names: bytes, canonical_tail: bytes) -> Authorization:
    """Signed by a client that puts `canonical_tail` where the body's hash belongs."""
    lines = [request.method.encode(), request.path + b"/", request.query]
    lines += [name + b":" + request.headers[name] for name in names.split(b";")]
    canonical = b"\n".join([*lines, b"", names, canonical_tail])
    stamp = request.headers[b"x-sdk-date"]
    digest = hashlib.sha256(canonical).hexdigest().encode()
    to_sign = b"\n".join((b"SDK-HMAC-SHA256", stamp, digest))
    made = hmac.new(SECRET_KEY, to_sign, hashlib.sha256).hexdigest()
    return Authorization("SDK-HMAC-SHA256", ACCESS_KEY, None, tuple(names.split(b";")), made)


def declaring(declared: bytes, content_type: bytes, body: bytes = BODY) -> Request:
    headers = {
        b"content-type": content_type,
        b"host": b"h",
        b"x-sdk-content-sha256": declared,
        b"x-sdk-date": b"20260102T030405Z",
    }
    return Request("POST", b"/v5/iot/pid0/products", b"", headers, body)


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_a_true_declared_hash_is_accepted_as_it_was_written(spelling: Any) -> None:
    declared = spelling(hashlib.sha256(BODY).hexdigest()).encode()
    request = declaring(declared, b"application/json")
    assert verify(request, hand_signed(request, NAMES, declared), SECRET_KEY)


@pytest.mark.parametrize("content_type", [b"application/json", b"multipart/form-data; boundary=B"])
def test_one_body_cannot_be_signed_and_another_sent(content_type: bytes) -> None:
    declared = hashlib.sha256(BODY).hexdigest().encode()
    honest = declaring(declared, content_type)
    authorization = hand_signed(honest, NAMES, declared)
    assert verify(honest, authorization, SECRET_KEY)
    assert not verify(replace(honest, body=BODY + b" "), authorization, SECRET_KEY)
    assert not verify(replace(honest, body=b""), authorization, SECRET_KEY)


def test_a_false_declared_hash_is_refused_even_when_the_real_one_was_signed() -> None:
    request = declaring(b"0" * 64, b"application/json")
    real = hashlib.sha256(BODY).hexdigest().encode()
    assert not verify(request, hand_signed(request, NAMES, real), SECRET_KEY)


@pytest.mark.parametrize(
    "content_type",
    [b"application/json", b" Application/JSON;charset=utf-8", b"application/bson", b""],
)
def test_a_json_body_cannot_be_left_unsigned(content_type: bytes) -> None:
    request = declaring(UNSIGNED, content_type)
    assert not verify(request, hand_signed(request, NAMES, UNSIGNED), SECRET_KEY)


def test_an_upload_may_be_left_unsigned_but_nothing_else_of_it() -> None:
    request = declaring(UNSIGNED, b"multipart/form-data; boundary=B", b"--B--")
    authorization = hand_signed(request, NAMES, UNSIGNED)
    assert verify(request, authorization, SECRET_KEY)
    assert verify(replace(request, body=b"--B--\r\n"), authorization, SECRET_KEY)
    assert not verify(replace(request, path=b"/v5/iot/pid0/apps"), authorization, SECRET_KEY)


def test_a_signed_body_cannot_be_turned_into_an_unsigned_one() -> None:
    real = hashlib.sha256(BODY).hexdigest().encode()
    sent = declaring(real, b"multipart/form-data; boundary=B")
    authorization = hand_signed(sent, b"host;x-sdk-date", real)
    assert verify(sent, authorization, SECRET_KEY)
    headers = {**sent.headers, b"x-sdk-content-sha256": UNSIGNED}
    assert not verify(replace(sent, headers=headers), authorization, SECRET_KEY)


def test_no_body_is_signed_as_no_body_whatever_is_declared() -> None:
    request = declaring(UNSIGNED, b"multipart/form-data; boundary=B", b"")
    empty = hashlib.sha256(b"").hexdigest().encode()
    assert verify(request, hand_signed(request, NAMES, empty), SECRET_KEY)
    assert not verify(request, hand_signed(request, NAMES, UNSIGNED), SECRET_KEY)
