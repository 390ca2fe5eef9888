"""The Huawei signature: what the SDKs sign is accepted, and nothing that was changed on the way."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from entrepot.dialect.request import Request
from entrepot.vendors.huawei.signing import (
    Authorization,
    UnsignableError,
    canonical_request,
    parse,
    sdk_date,
    sign,
    signature,
    verify,
)

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "huawei.json").read_text("utf-8")
)
ACCESS_KEY = "0f6f1b3c-0b6b-4d0e-9d6b-1b2c3d4e5f60"
SECRET_KEY = b"SKexample0123456789abcdefghijklmnopqrstuv"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REGIONS = pytest.mark.parametrize("region", [None, "cn-north-4"])
BODY = b'{"name": "Thermometer"}'


def plain_request(**changes: Any) -> Request:
    headers = {
        b"host": b"127.0.0.1:8080",
        b"user-agent": b"probe/1.0",
        b"accept": b"*/*",
        b"content-type": b"application/json",
        b"x-project-id": b"pid0",
    }
    request = Request("POST", b"/v5/iot/pid0/products", b"a=1&b=2", headers, BODY)
    return replace(request, **changes)


def with_headers(request: Request, headers: dict[bytes, bytes]) -> Request:
    return replace(request, headers={**request.headers, **headers})


def signed(request: Request, region: str | None = None) -> tuple[Request, Authorization]:
    sent = with_headers(request, sign(request, ACCESS_KEY, SECRET_KEY, AT, derived_region=region))
    authorization = parse(sent.header(b"authorization"))
    assert authorization is not None
    return sent, authorization


# --- what the vendor's SDKs sign


def vector_request(vector: dict[str, Any]) -> Request:
    path, _, query = vector["target"].encode().partition(b"?")
    headers = {name.lower().encode(): value.encode() for name, value in vector["headers"]}
    return Request(vector["method"], path, query, headers, vector["body"].encode())


def test_the_vectors_are_all_there() -> None:
    assert len(VECTORS) == 27
    assert sum("canonical_request" in vector for vector in VECTORS) == 11
    assert sum("string_to_sign" in vector for vector in VECTORS) == 10
    assert sum(vector["signable"] for vector in VECTORS) == 20


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_an_sdk_signed_verifies(vector: dict[str, Any]) -> None:
    request = vector_request(vector)
    authorization = parse(request.header(b"authorization"))
    assert authorization is not None
    assert authorization.access_key == vector["access_key"]
    assert authorization.signature == vector["signature"]
    assert verify(request, authorization, vector["secret_key"].encode())
    assert not verify(request, authorization, vector["secret_key"].encode() + b"x")


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if "canonical_request" in vector],
    ids=lambda vector: vector["name"],
)
def test_the_canonical_request_is_the_sdks(vector: dict[str, Any]) -> None:
    request = vector_request(vector)
    authorization = parse(request.header(b"authorization"))
    assert authorization is not None
    canonical = canonical_request(request, authorization.signed_headers)
    assert canonical.decode() == vector["canonical_request"]
    if "string_to_sign" in vector:
        assert vector["string_to_sign"].endswith("\n" + hashlib.sha256(canonical).hexdigest())
        made = hmac.new(
            vector["hmac_key"].encode(), vector["string_to_sign"].encode(), hashlib.sha256
        )
        assert made.hexdigest() == vector["signature"]


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if vector["signable"]],
    ids=lambda vector: vector["name"],
)
def test_we_sign_as_the_sdk_does(vector: dict[str, Any]) -> None:
    request = vector_request(vector)
    expected = request.header(b"authorization")
    authorization, at = parse(expected), sdk_date(request)
    assert authorization is not None
    assert at is not None
    region = authorization.scope.split("/")[1] if authorization.scope else None
    ours = {b"authorization", b"x-sdk-date", b"x-sdk-content-sha256"}
    headers = {name: value for name, value in request.headers.items() if name not in ours}
    added = sign(
        replace(request, headers=headers),
        vector["access_key"],
        vector["secret_key"].encode(),
        at,
        derived_region=region,
    )
    assert added == {name: request.headers[name] for name in ours & set(request.headers)}


# --- the rules, told a second time and slowly


def retold(request: Request, names: tuple[bytes, ...]) -> bytes:
    """The canonical request, written from the description with no eye to speed."""
    path = "/".join(quote(piece, safe="~") for piece in unquote(request.path.decode()).split("/"))
    if not path.endswith("/"):
        path += "/"
    pairs = []
    for piece in request.query.decode().split("&"):
        if piece:
            key, _, value = piece.partition("=")
            pairs.append((unquote(key), unquote(value)))
    query = "&".join(f"{quote(n, safe='~')}={quote(v, safe='~')}" for n, v in sorted(pairs))
    head = f"{request.method}\n{path}\n{query}\n".encode()
    for name in names:
        head += name.lower() + b":" + request.headers[name].strip() + b"\n"
    return (
        head + b"\n" + b";".join(names) + b"\n" + hashlib.sha256(request.body).hexdigest().encode()
    )


TEXT = st.text(st.sampled_from("aZ09-_.~ /+&=%?#*!'()温度\u00e9\U0001f321"), max_size=6)


@st.composite
def spelled(draw: st.DrawFn) -> bytes:
    """Text as some client may write it: encoded in full, in small letters, or hardly at all."""
    how = draw(st.sampled_from(["", "+*!'()", "lower", "all"]))
    raw = draw(TEXT).encode()
    if how == "all":
        return b"".join(b"%%%02X" % code for code in raw)
    text = quote_from_bytes(raw, safe="" if how == "lower" else how)
    return (text.lower() if how == "lower" else text).encode()


PATHS = st.lists(spelled(), min_size=1, max_size=4).map(lambda pieces: b"/" + b"/".join(pieces))
PIECES = st.one_of(
    st.tuples(spelled(), spelled()).map(b"=".join),
    st.tuples(st.sampled_from([b"a", b"a1", b"ab"]), spelled()).map(b"=".join),
    st.sampled_from([b"", b"a", b"a=", b"=a", b"a=b=c", b"a==", b"a=~", b"a=1", b"a=+"]),
)
QUERIES = st.lists(PIECES, max_size=5).map(b"&".join)
VALUES = st.tuples(st.sampled_from([b"", b" ", b"\t "]), TEXT.map(str.encode)).map(
    lambda parts: parts[0] + parts[1] + parts[0]
)
REQUESTS = st.builds(
    lambda method, path, query, value, body: Request(
        method,
        path,
        query,
        {b"host": b"h:1", b"x-note": value, b"x-sdk-date": b"20260102T030405Z"},
        body,
    ),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    PATHS,
    QUERIES,
    VALUES,
    st.binary(max_size=20),
)


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        (b"limit=10&app_id=x&a~b=-_.", b"app_id=x&a~b=-_.&limit=10"),
        (b"a1=x&a=y", b"a=y&a1=x"),
        (b"a=2&a=10&a=", b"a=&a=10&a=2"),
        (b"a=b=c&d", b"a=b%3Dc&d="),
        (b"&&a=1&", b"a=1"),
        (b"=v&a", b"=v&a="),
        (b"a=+&b=%20&c=%2b", b"a=%2B&b=%20&c=%2B"),
        (b"%61=%7e%2F/", b"a=~%2F%2F"),
        (b"a=%&b=%4&c=%zz", b"a=%25&b=%254&c=%25zz"),
    ],
)
def test_a_query_is_decoded_sorted_and_encoded_again(query: bytes, canonical: bytes) -> None:
    request = plain_request(query=query)
    assert canonical_request(request, (b"host",)).split(b"\n")[2] == canonical


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        (b"/", b"/"),
        (b"/v5/a-b_c.d~", b"/v5/a-b_c.d~/"),
        (b"/v5/", b"/v5/"),
        (b"/a%2Fb%20c", b"/a/b%20c/"),
        (b"/a+b@%7e", b"/a%2Bb%40~/"),
        (b"/a+b", b"/a%2Bb/"),
        ("/温%e5%ba%a6".encode(), b"/%E6%B8%A9%E5%BA%A6/"),
        (b"/a%2f", b"/a/"),
    ],
)
def test_a_path_is_decoded_whole_and_encoded_in_pieces(path: bytes, canonical: bytes) -> None:
    request = plain_request(path=path)
    assert canonical_request(request, (b"host",)).split(b"\n")[1] == canonical


@given(REQUESTS)
def test_the_short_cuts_change_nothing(request: Request) -> None:
    names = (b"host", b"x-note", b"x-sdk-date")
    assert canonical_request(request, names) == retold(request, names)


@given(REQUESTS, st.sampled_from([None, "cn-north-4", "local"]))
def test_what_we_sign_verifies_and_only_with_its_key(request: Request, region: str | None) -> None:
    sent, authorization = signed(request, region)
    assert verify(sent, authorization, SECRET_KEY)
    assert not verify(sent, authorization, SECRET_KEY[:-1])


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])  # SHA-256 works on blocks of 64
def test_a_secret_of_any_length_makes_the_hmac_of_rfc_2104(length: int) -> None:
    secret = bytes(range(33, 33 + 90)) * 3
    request, authorization = signed(plain_request())
    canonical = canonical_request(request, authorization.signed_headers)
    digest = hashlib.sha256(canonical).hexdigest()
    text = f"{authorization.algorithm}\n{request.header(b'x-sdk-date').decode()}\n{digest}"
    expected = hmac.new(secret[:length], text.encode(), hashlib.sha256).hexdigest()
    assert signature(request, authorization, secret[:length]) == expected


@given(REQUESTS, st.randoms(use_true_random=False))
def test_the_order_of_the_query_does_not_matter(request: Request, random: Any) -> None:
    sent, authorization = signed(request)
    pieces = sent.query.split(b"&")
    random.shuffle(pieces)
    assert verify(replace(sent, query=b"&".join(pieces)), authorization, SECRET_KEY)


# --- nothing changed on the way gets through


@REGIONS
@pytest.mark.parametrize(
    "part", ["method", "path", "query", "body", "host", "user-agent", "content-type", "x-sdk-date"]
)
def test_a_changed_byte_anywhere_is_noticed(part: str, region: str | None) -> None:
    sent, authorization = signed(plain_request(), region)
    header = part.encode() if part.encode() in sent.headers else b""
    whole = sent.headers[header] if header else getattr(sent, part)
    raw = whole.encode() if isinstance(whole, str) else whole
    assert len(raw) >= 4
    for index, code in enumerate(raw):
        changed = raw[:index] + bytes((code ^ 1,)) + raw[index + 1 :]
        if header:
            altered = with_headers(sent, {header: changed})
        elif part == "method":
            altered = replace(sent, method=changed.decode())
        else:
            altered = replace(sent, **{part: changed})
        assert not verify(altered, authorization, SECRET_KEY), (part, index)
    assert verify(sent, authorization, SECRET_KEY)


@REGIONS
def test_a_query_added_taken_away_or_doubled_is_noticed(region: str | None) -> None:
    sent, authorization = signed(plain_request(), region)
    for query in (b"", b"a=1", b"a=1&b=2&c=", b"a=1&a=1&b=2", b"a=1&b=2&b=2", b"a=1%26b=2"):
        assert not verify(replace(sent, query=query), authorization, SECRET_KEY), query


@pytest.mark.parametrize("scope", ["20260102/cn-north-1/iotdm", "20260102/cn-north-4/iotda"])
def test_a_derived_key_serves_one_region_and_service(scope: str) -> None:
    sent, authorization = signed(plain_request(), "cn-north-4")
    assert not verify(sent, replace(authorization, scope=scope), SECRET_KEY)


def test_a_derived_key_serves_one_day() -> None:
    sent, authorization = signed(plain_request(), "cn-north-4")
    stolen = replace(authorization, scope="20260103/cn-north-4/iotdm")
    honest = replace(stolen, signature=signature(sent, stolen, SECRET_KEY))
    assert not verify(sent, honest, SECRET_KEY)


def test_the_two_kinds_of_signature_do_not_stand_for_each_other() -> None:
    sent, derived = signed(plain_request(), "cn-north-4")
    as_plain = replace(derived, algorithm="SDK-HMAC-SHA256", scope=None)
    assert not verify(sent, as_plain, SECRET_KEY)


def test_an_empty_secret_proves_nothing() -> None:
    request = plain_request()
    sent = with_headers(request, sign(request, ACCESS_KEY, b"", AT))
    authorization = parse(sent.header(b"authorization"))
    assert authorization is not None
    assert not verify(sent, authorization, b"")


# --- which headers must be signed


def signed_over(names: tuple[bytes, ...], region: str | None) -> tuple[Request, Authorization]:
    """A request of which only these headers are signed."""
    sent, authorization = signed(plain_request(), region)
    fewer = replace(authorization, signed_headers=names)
    return sent, replace(fewer, signature=signature(sent, fewer, SECRET_KEY))


@REGIONS
@pytest.mark.parametrize("names", [(), (b"host",), (b"content-type", b"host", b"user-agent")])
def test_the_date_must_be_signed(names: tuple[bytes, ...], region: str | None) -> None:
    assert not verify(*signed_over(names, region), SECRET_KEY)
    assert verify(*signed_over((*names, b"x-sdk-date"), region), SECRET_KEY)


@REGIONS
def test_method_path_query_date_and_body_are_signed_where_no_other_header_is(
    region: str | None,
) -> None:
    sent, authorization = signed_over((b"x-sdk-date",), region)
    assert verify(
        with_headers(sent, {b"host": b"other", b"x-note": b"1"}), authorization, SECRET_KEY
    )
    hashed = {b"x-sdk-content-sha256": hashlib.sha256(BODY + b" ").hexdigest().encode()}
    unsigned = {b"x-sdk-content-sha256": b"UNSIGNED-PAYLOAD", b"content-type": b"text/plain"}
    for altered in (
        replace(sent, method="PUT"),
        replace(sent, path=sent.path + b"s"),
        replace(sent, query=b"a=1&b=3"),
        with_headers(sent, {b"x-sdk-date": b"20260102T030406Z"}),
        replace(sent, body=BODY + b" "),
        replace(sent, body=b""),
        with_headers(sent, unsigned),
        with_headers(replace(sent, body=BODY + b" "), hashed),
        with_headers(replace(sent, body=BODY + b" "), unsigned),
    ):
        assert not verify(altered, authorization, SECRET_KEY), altered


@pytest.mark.parametrize("absent", [b"host", b"user-agent", b"x-sdk-date"])
def test_a_signed_header_that_is_absent_is_refused(absent: bytes) -> None:
    sent, authorization = signed(plain_request())
    headers = {name: value for name, value in sent.headers.items() if name != absent}
    assert not verify(replace(sent, headers=headers), authorization, SECRET_KEY)
    with pytest.raises(UnsignableError):
        canonical_request(replace(sent, headers=headers), authorization.signed_headers)


def test_a_signed_header_that_came_twice_is_refused() -> None:
    sent, authorization = signed(plain_request())
    # Headers nobody signed may change and may come twice.
    accepting = with_headers(sent, {b"accept": b"text/html"})
    assert verify(replace(accepting, repeated=frozenset((b"accept",))), authorization, SECRET_KEY)
    twice = replace(sent, repeated=frozenset((b"x-project-id",)))
    assert not verify(twice, authorization, SECRET_KEY)


# --- signing, limits


def test_a_request_is_signed_in_utc_and_never_at_a_naive_time() -> None:
    there = AT.astimezone(timezone(timedelta(hours=8)))
    assert (
        sign(plain_request(), ACCESS_KEY, SECRET_KEY, there)[b"x-sdk-date"] == b"20260102T030405Z"
    )
    with pytest.raises(ValueError, match="time zone"):
        sign(plain_request(), ACCESS_KEY, SECRET_KEY, AT.replace(tzinfo=None))


def test_a_name_with_an_underscore_is_not_signed() -> None:
    sent, authorization = signed(with_headers(plain_request(), {b"x_note": b"1"}))
    assert authorization.signed_headers == tuple(
        sorted((b"content-type", b"host", b"user-agent", b"x-project-id", b"x-sdk-date"))
    )
    assert verify(sent, authorization, SECRET_KEY)


def test_a_request_without_a_host_cannot_be_signed() -> None:
    with pytest.raises(UnsignableError):
        sign(Request("GET", b"/"), ACCESS_KEY, SECRET_KEY, AT)


def test_an_endless_target_is_refused() -> None:
    sent, authorization = signed(plain_request(query=b"a=" + b"%41" * 30000))
    assert not verify(sent, authorization, SECRET_KEY)
