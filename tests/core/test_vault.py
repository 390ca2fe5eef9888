"""Secrets: sealed they say nothing, opened only where they belong; computed they are always the same."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.things.account import Key, Tenant, User
from entrepot.core.vault import Vault, hash_password, password_matches
from entrepot.dialect.authenticator import Bearer
from entrepot.dialect.handles import HEX, LETTERS_AND_DIGITS

VAULT = Vault(b"r" * 32)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_was_sealed_is_opened_in_its_context_only(secret: bytes, context: str) -> None:
    sealed = VAULT.seal(secret, context)
    assert VAULT.open(sealed, context) == secret
    with pytest.raises(ValueError, match="cannot open"):
        VAULT.open(sealed, context + "x")
    with pytest.raises(ValueError, match="cannot open"):
        Vault(b"s" * 32).open(sealed, context)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_seal_is_not_opened(place: int, change: int) -> None:
    sealed = bytearray(VAULT.seal(b"secret", "c"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(ValueError, match="cannot open"):
        VAULT.open(bytes(sealed), "c")


@pytest.mark.parametrize("sealed", [b"", b"x", bytes(12), bytes(28)], ids=len)
def test_what_is_no_seal_is_not_opened(sealed: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        VAULT.open(sealed, "c")


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert VAULT.seal(b"secret", "c") != VAULT.seal(b"secret", "c")
    assert b"secret" not in VAULT.seal(b"secret", "c")


def test_repr_shows_no_secret() -> None:
    assert "r" * 32 not in repr(VAULT)
    assert repr(VAULT) == "Vault(...)"
    key = Key(id=1, tenant=1, user=1, access_key="ak", sealed=b"", created_at=1)
    assert "s3cret" not in repr(Bearer(key, cast(User, None), cast(Tenant, None), b"s3cret"))


@pytest.mark.parametrize("root", [b"", bytes(31), bytes(33)], ids=len)
def test_a_root_of_another_length_is_refused(root: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(root)


@given(st.integers(1, 1 << 44), st.integers(1, 64))
def test_a_computed_secret_has_its_shape_and_never_changes(id: int, length: int) -> None:
    text = VAULT.compute("p", id, HEX, length)
    assert len(text) == length
    assert set(text) <= set(HEX)
    assert text == Vault(b"r" * 32).compute("p", id, HEX, length)


def test_computed_secrets_differ_by_root_purpose_and_id() -> None:
    texts = {
        VAULT.compute("p", 1, HEX, 32),
        VAULT.compute("p", 2, HEX, 32),
        VAULT.compute("q", 1, HEX, 32),
        Vault(b"s" * 32).compute("p", 1, HEX, 32),
    }
    assert len(texts) == 4


def test_no_letter_of_a_computed_secret_is_favoured() -> None:
    text = "".join(VAULT.compute("p", i, LETTERS_AND_DIGITS, 32) for i in range(4000))
    share = len(text) / len(LETTERS_AND_DIGITS)
    for letter in LETTERS_AND_DIGITS:
        assert 0.85 * share < text.count(letter) < 1.15 * share


def test_a_password_matches_its_own_hash_only() -> None:
    stored = hash_password("pässword")
    assert password_matches("pässword", stored)
    assert not password_matches("password", stored)
    assert not password_matches("", stored)
    assert stored != hash_password("pässword")


@pytest.mark.parametrize("password", ["", "x"])
def test_without_a_stored_hash_no_password_matches(password: str) -> None:
    assert not password_matches(password, b"")
