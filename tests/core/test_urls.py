"""URLs of stores: nothing that is shown of one holds its password, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.urls import is_url, masked, must_be_clear, without_secrets

SECRET = "HUNTER2"
around = st.text(":/@?#[]%&=;,. \\'\"a0-", max_size=6)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@h:5432/d", "postgresql://me@h:5432/d"),
        ("postgresql://:hunter2@h/d?sslmode=require", "postgresql://h/d?sslmode=require"),
        ("postgresql:///d?password=hunter2&host=/tmp", "postgresql:///d?host=/tmp"),
        ("postgresql://h/d?sslpassword=hunter2", "postgresql://h/d"),
        ("postgresql://h/d?p%61ssword=hunter2", "postgresql://h/d"),
        ("postgresql://h/d?sslmode=require;password=hunter2", "postgresql://h/d"),
        ("postgresql://me@[::1]:5432,h2/d", "postgresql://me@[::1]:5432,h2/d"),
        ("redis://h:6379/0", "redis://h:6379/0"),
        ("redis://:hunter2@h", "redis://h"),
        ("redis://hunter2@h", "redis://h"),
        ("unix://me:hunter2@/run/r.sock?db=1", "unix://me@/run/r.sock?db=1"),
        # What can be taken apart in two ways is not shown at all.
        ("postgresql://me:hun@ter/2@h/d", "postgresql://..."),
        ("postgresql://me:hun?ter2@h/d", "postgresql://..."),
        ("postgresql://me:hun#ter2@h/d", "postgresql://..."),
        ("postgresql://me:hunter2", "postgresql://..."),
        ("postgres://me:hunter2@[::1/d", "postgres://..."),
        ("postgresql:/me:hunter2@h/d", "postgresql://..."),
        ("me:hunter2@h", "..."),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked(url) == shown


@given(around, around, around, st.sampled_from(["postgresql", "postgres", "redis", "unix"]))
def test_no_password_is_shown_whatever_stands_around_it(a: str, b: str, c: str, kind: str) -> None:
    for url in (f"{kind}://u:{a}{SECRET}{b}@h:1/d{c}", f"{kind}://:{a}{SECRET}{b}@h:1/d{c}"):
        assert SECRET not in masked(url)
        quoting = ValueError(f'cannot read "{url}", nor "{a}{SECRET}{b}"')
        assert SECRET not in without_secrets(url, quoting)


@given(around, around.map(lambda t: t.replace("&", "")))
def test_no_password_is_shown_of_the_query(a: str, b: str) -> None:
    url = f"postgresql://h/d?{a}&password={b}{SECRET}"
    assert SECRET not in masked(url)
    assert SECRET not in without_secrets(url, ValueError(f"{b}{SECRET} is wrong"))


def test_what_encodes_the_password_is_left_out_of_an_error_too() -> None:
    url = "postgresql://me:hunter%2F2@h/d?options=sec%20ret"
    said = without_secrets(url, ValueError("me, hunter/2, hunter%2F2, sec ret and sec%20ret at h"))
    assert said == "me, ***, ***, *** and *** at h"


def test_what_is_unclear_is_refused_with_what_to_write_instead() -> None:
    must_be_clear("postgresql://me:hun%40ter%2F2@h/d")
    with pytest.raises(ValueError, match="write %25 for %, %40 for @") as refused:
        must_be_clear("postgresql://me:hun@ter/2@h/d")
    assert "ter" not in str(refused.value).partition(";")[0].replace("postgresql", "")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("postgresql://h/d", True), ("postgresql:/h/d", True), ("/data", False), ("a/b:c", False),
     ("127.0.0.1", False), ("::1", False), ("C:/data", False), ("10.0.0.0/8,::1/128", False)],
)  # fmt: skip
def test_what_looks_like_a_url_is_known(text: str, is_one: bool) -> None:
    assert is_url(text) is is_one
