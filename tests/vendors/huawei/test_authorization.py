"""The headers of a signed Huawei request: read strictly, never with an exception."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.dialect.request import Request
from entrepot.vendors.huawei.signing import Authorization, parse, sdk_date


@pytest.mark.parametrize("comma", [b",", b", ", b",  "])
def test_the_space_after_a_comma_is_optional(comma: bytes) -> None:
    shape = comma.join(
        (
            b"V11-HMAC-SHA256 Credential=AK/20260102/r1/iotdm",
            b"SignedHeaders=Host;x-sdk-date",
            b"Signature=" + b"a" * 64,
        )
    )
    assert parse(shape) == Authorization(
        "V11-HMAC-SHA256", "AK", "20260102/r1/iotdm", (b"host", b"x-sdk-date"), "a" * 64
    )


GOOD = b"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + b"a" * 64


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Basic QUs6U0s=",
        b"SDK-HMAC-SHA256",
        GOOD.replace(b"SHA256", b"SM3"),
        GOOD.replace(b"SDK-", b"V11-"),
        GOOD.replace(b"Access=AK", b"Access="),
        GOOD.replace(b"Access=AK", b"Access=\xff"),
        GOOD.replace(b"Access=AK", b"Access=" + b"A" * 129),
        GOOD.replace(b"Access", b"Credential"),
        GOOD.replace(b"host;", b";"),
        GOOD.replace(b"host;", b"ho st;"),
        GOOD.replace(b"host;", b"host;" * 64),
        GOOD.replace(b"SignedHeaders=host;x-sdk-date, ", b""),
        GOOD[:-1],
        GOOD + b"a",
        GOOD[:-1] + b"g",
        GOOD + b"\n",
        GOOD.replace(b", ", b"," + b" " * 4096),
        GOOD.replace(b"SDK-HMAC-SHA256 Access=AK", b"V11-HMAC-SHA256 Credential=AK/2026/r/iotdm"),
        GOOD.replace(b"SDK-HMAC-SHA256 Access=AK", b"V11-HMAC-SHA256 Credential=AK/20260102/r"),
    ],
)
def test_anything_else_is_no_authorization(header: bytes) -> None:
    assert parse(GOOD) is not None
    assert parse(header) is None


@given(st.binary(max_size=80), st.integers(0, len(GOOD)))
def test_reading_never_raises(junk: bytes, at: int) -> None:
    found = parse(GOOD[:at] + junk + GOOD[at:])
    assert found is None or found.algorithm == "SDK-HMAC-SHA256"


def test_a_signature_is_not_shown_in_a_log() -> None:
    assert "a" * 64 not in repr(parse(GOOD))


def test_the_date_is_aware_and_in_utc() -> None:
    request = Request("GET", b"/", headers={b"x-sdk-date": b" 20260102T030405Z "})
    date = sdk_date(request)
    assert date == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert date is not None
    assert date.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "20260102T030405",
        "2026-01-02T03:04:05Z",
        "20260102t030405Z",
        "20261302T030405Z",
        "20260102T250405Z",
        "20260102T030460Z",
        "2026010+T030405Z",
        "20260102T030405\u00e9",
        "2026W011T030405Z",
        "20260102T03040 Z",
        "20260102T030405Z0",
    ],
)
def test_any_other_date_is_none(stamp: str) -> None:
    request = Request("GET", b"/", headers={b"x-sdk-date": stamp.encode("latin-1")})
    assert sdk_date(request) is None
    assert sdk_date(Request("GET", b"/")) is None
