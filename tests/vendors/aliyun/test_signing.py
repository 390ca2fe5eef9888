"""Alibaba signatures: the recorded vectors hold, and nothing that was not signed gets through."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.dialect.request import Request
from entrepot.vendors.aliyun import codec, signing

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "aliyun.json").read_text("utf-8"))
SECRET = VECTORS["secret"]
KEY_ID = VECTORS["access_key_id"]
V3 = pytest.mark.parametrize("vector", VECTORS["v3"], ids=lambda vector: vector["name"][0])
V1 = pytest.mark.parametrize("vector", VECTORS["v1"], ids=lambda vector: vector["name"][0])

TEXTS = st.text(max_size=20)
PARAMETERS = st.dictionaries(st.text(min_size=1, max_size=10), TEXTS, max_size=8)


def v3_request(vector: dict[str, Any]) -> Request:
    headers = {name.encode(): value.encode() for name, value in vector["headers"].items()}
    query, body = vector["query"].encode(), vector["body"].encode()
    return Request(vector["method"], b"/", query, headers, body)


def signed_v3(request: Request, secret: str = SECRET) -> Request:
    query = codec.read(request).query
    header = signing.sign_v3(request, query, KEY_ID, secret)
    return replace(request, headers={**request.headers, b"authorization": header})


def verdict_v3(request: Request, secret: str = SECRET) -> signing.Verdict:
    claim = signing.authorization(request.header(b"authorization"))
    return signing.verify_v3(request, codec.read(request), claim, secret)


def v1_request(parameters: dict[str, str], body: bytes = b"") -> Request:
    complete = {"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0"} | parameters
    complete["Signature"] = signing.sign_v1("POST", complete, SECRET)
    return Request("POST", b"/", urlencode(complete).encode(), {}, body)


def verdict_v1(request: Request, secret: str = SECRET) -> signing.Verdict:
    return signing.verify_v1(request, codec.read(request), secret)


def slow_string_to_sign(method: str, parameters: dict[str, str]) -> str:
    """The documented steps, one after the other, with nothing shared."""

    def escaped(text: str) -> str:
        return quote(text, safe="-_.~")

    ordered = sorted(parameters.items(), key=lambda pair: pair[0].encode())
    pairs = [f"{escaped(k)}={escaped(v)}" for k, v in ordered if k != "Signature"]
    return f"{method}&%2F&{escaped('&'.join(pairs))}"


@V3
def test_a_recorded_v3_request_is_signed_and_verified(vector: dict[str, Any]) -> None:
    request = v3_request(vector)
    assert codec.read(request).all == vector["parameters"]
    signed = signed_v3(request)
    assert signed.header(b"authorization").decode() == vector["authorization"]
    assert verdict_v3(signed) == signing.Verdict(vector["string_to_sign"])
    assert verdict_v3(signed, "other").reason == "signature"
    assert signing.is_v3(signed)


@V1
def test_a_recorded_v1_request_is_signed_and_verified(vector: dict[str, Any]) -> None:
    parameters = vector["parameters"]
    assert signing.sign_v1("POST", parameters, SECRET) == vector["signature"]
    carried = urlencode(parameters | {"Signature": vector["signature"]}).encode()
    request = Request("POST", b"/", carried)
    assert verdict_v1(request) == signing.Verdict(vector["string_to_sign"])
    assert verdict_v1(request, "other").reason == "signature"
    assert not signing.is_v3(request)


@V1
def test_v1_does_not_mind_which_parameters_travel_in_the_form(vector: dict[str, Any]) -> None:
    everything = list((vector["parameters"] | {"Signature": vector["signature"]}).items())
    headers = {b"content-type": b"Application/X-WWW-Form-Urlencoded; charset=UTF-8"}
    for split in (0, 5, len(everything)):
        query, form = urlencode(everything[:split]), urlencode(everything[split:])
        request = Request("POST", b"/", query.encode(), headers, form.encode())
        assert not verdict_v1(request).reason


@given(PARAMETERS)
def test_the_quick_escaping_equals_the_documented_steps(parameters: dict[str, str]) -> None:
    expected = slow_string_to_sign("GET", parameters).encode()
    assert signing.string_to_sign_v1("GET", parameters) == expected
    digest = hmac.new(SECRET.encode() + b"&", expected, hashlib.sha1).digest()
    assert signing.sign_v1("GET", parameters, SECRET) == base64.b64encode(digest).decode()
    ordered = sorted(parameters.items(), key=lambda pair: pair[0].encode())
    plain = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in ordered)
    assert signing.canonical_query(parameters).decode() == plain


@pytest.mark.parametrize(
    "text", ["\r\n", "\n.", "." * 200, "=" * 100, " \t" * 60, "%FE=%FF", "a" * 75 + "é"]
)
def test_no_line_break_of_the_escaping_gets_into_what_is_signed(text: str) -> None:
    parameters = {"a": text, "a.1": text + text, "a-1": ""}
    expected = slow_string_to_sign("POST", parameters).encode()
    assert signing.string_to_sign_v1("POST", parameters) == expected


@given(PARAMETERS)
def test_a_signed_request_verifies_however_it_is_escaped(parameters: dict[str, str]) -> None:
    assert not verdict_v1(v1_request(parameters)).reason
    hash_of_nothing = hashlib.sha256(b"").hexdigest().encode()
    headers = {b"host": b"h", b"x-acs-content-sha256": hash_of_nothing}
    for query in (urlencode(parameters).encode(), signing.canonical_query(parameters)):
        assert not verdict_v3(signed_v3(Request("GET", b"/", query, headers))).reason


@given(st.data())
def test_a_changed_byte_in_a_v1_request_fails(data: st.DataObject) -> None:
    request = v1_request(VECTORS["v1"][1]["parameters"])
    sent = codec.read(request).all
    at = data.draw(st.integers(0, len(request.query) - 1))
    byte = data.draw(st.integers(0x21, 0x7E))
    changed = request.query[:at] + bytes((byte,)) + request.query[at + 1 :]
    other = replace(request, query=changed)
    try:
        same = codec.read(other).all == sent
    except codec.BadParameter:
        return
    assert (not verdict_v1(other).reason) is same


@given(st.data())
def test_a_changed_byte_in_a_v3_request_fails(data: st.DataObject) -> None:
    request = signed_v3(v3_request(VECTORS["v3"][1]))
    headers = dict(request.headers)
    parts = {b"query": request.query, b"body": request.body, b"path": request.path} | headers
    part = data.draw(st.sampled_from(sorted(parts)))
    old = parts[part]
    at = data.draw(st.integers(0, len(old) - 1))
    new = old[:at] + bytes((data.draw(st.integers(0x21, 0x7E)),)) + old[at + 1 :]
    parts[part] = new
    changed = Request(
        request.method,
        parts.pop(b"path"),
        parts.pop(b"query"),
        body=parts.pop(b"body"),
        headers=parts,
    )
    try:
        held = not verdict_v3(changed).reason
        same_query = codec.read(changed).query == codec.read(request).query
    except (signing.BadAuthorization, codec.BadParameter):
        return
    if part == b"authorization" and held:
        # The key's name is not part of what is signed: it chooses the secret.
        assert signing.authorization(new).signature == signing.authorization(old).signature
    elif part == b"query":
        assert held is same_query
    else:
        assert held is (new == old)


def test_a_v3_request_must_sign_what_decides_its_meaning() -> None:
    whole = v3_request(VECTORS["v3"][1])
    must = ("host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce")
    for name in (*must, "x-acs-content-sha256", "content-type", "x-acs-security-token"):
        raw = name.encode()
        present = {**whole.headers, b"x-acs-security-token": b"token"}
        without = {key: value for key, value in present.items() if key != raw}
        signed = signed_v3(replace(whole, headers=without))
        smuggled = replace(signed, headers={**signed.headers, raw: present[raw]})
        verdict = verdict_v3(smuggled)
        # The content hash closes the signed text whether or not it is listed as a header.
        expected = "signature" if name == "x-acs-content-sha256" else "uncovered"
        assert verdict.reason == expected, name
        assert expected == "signature" or verdict.detail == name


def test_a_v3_request_without_host_or_body_hash_is_refused() -> None:
    for missing in (b"host", b"x-acs-content-sha256"):
        whole = v3_request(VECTORS["v3"][0])
        headers = {name: value for name, value in whole.headers.items() if name != missing}
        verdict = verdict_v3(signed_v3(replace(whole, headers=headers)))
        assert (verdict.reason, verdict.detail) == ("uncovered", missing.decode())


def test_a_body_other_than_the_signed_one_is_refused() -> None:
    signed = signed_v3(v3_request(VECTORS["v3"][1]))
    assert verdict_v3(replace(signed, body=signed.body + b"3")).reason == "body"


def test_a_signed_header_that_came_twice_is_refused() -> None:
    signed = signed_v3(v3_request(VECTORS["v3"][0]))
    for name in (b"host", b"x-acs-action", b"authorization"):
        verdict = verdict_v3(replace(signed, repeated=frozenset({name})))
        assert (verdict.reason, verdict.detail) == ("repeated", name.decode())


def test_an_unsigned_v1_header_cannot_name_another_action() -> None:
    request = v1_request({"Action": "QueryProduct", "Version": "2018-01-20"})
    agreeing = {b"x-acs-action": b"QueryProduct", b"x-acs-version": b"2018-01-20"}
    assert not verdict_v1(replace(request, headers=agreeing)).reason
    for name, value in ((b"x-acs-action", b"DeleteProduct"), (b"x-acs-version", b"2015-01-01")):
        assert verdict_v1(replace(request, headers={name: value})).reason == "contradiction"


def test_v1_knows_one_method_and_one_version() -> None:
    for name, value in (("SignatureMethod", "HMAC-SHA256"), ("SignatureVersion", "2.0")):
        verdict = verdict_v1(v1_request({name: value}))
        assert (verdict.reason, verdict.detail) == ("method", name)


@pytest.mark.parametrize("signature", ["", "é", " ", "ZqbKac1X+62scgXzbjaR3vUAlUE"])
def test_a_signature_of_another_shape_is_refused_like_any_other(signature: str) -> None:
    parameters = VECTORS["v1"][0]["parameters"] | {"Signature": signature}
    request = Request("POST", b"/", urlencode(parameters).encode())
    assert verdict_v1(request).reason == "signature"


def test_what_is_signed_cannot_be_sent_twice() -> None:
    request = v1_request({"Action": "QueryProduct"})
    with pytest.raises(codec.RepeatedParameter, match="Action"):
        codec.read(replace(request, query=request.query + b"&%41ction=DeleteProduct"))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"ACS3-HMAC-SHA256",
        b"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=abc",
        b"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=Host,Signature=" + b"0" * 64,
        b"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host;host,Signature=" + b"0" * 64,
        b"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host;;x,Signature=" + b"0" * 64,
        b"ACS3-HMAC-SHA256 Credential=\xff,SignedHeaders=host,Signature=" + b"0" * 64,
        b"ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=" + b"0" * 64 + b",x=1",
        b"ACS3-RSA-SHA256 Credential=a,SignedHeaders=host,Signature=" + b"0" * 64,
    ],
)
def test_a_malformed_authorization_is_reported(header: bytes) -> None:
    with pytest.raises(signing.BadAuthorization):
        signing.authorization(header)


@given(st.binary(max_size=200))
def test_no_authorization_header_crashes_the_reader(header: bytes) -> None:
    with pytest.raises(signing.BadAuthorization):
        signing.authorization(b"ACS3-HMAC-SHA256 " + header)


def test_a_parameter_of_a_megabyte_is_read_and_verified_in_linear_time() -> None:
    def seconds(size: int) -> float:
        request = v1_request({"TslStr": '{"name": "值 + %"}, ' * (size // 24)})
        started = time.process_time()
        assert not verdict_v1(request).reason
        return time.process_time() - started

    small, large = min(seconds(250_000) for _ in range(3)), seconds(2_000_000)
    # Eight times the length; quadratic work would take sixty-four times as long.
    assert large < 30 * small + 0.05
