"""A token that proves its bearer is taken whole, from its own place and as long as it lives, and nowhere else.

It covers nothing of the request that it comes with: whoever has it may make any call. Texts that are
nearly a token are in `test_exact_tokens`.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec.structs import replace

from entrepot.core.accounts.tenancy import set_disabled, tenant_named, user_named
from entrepot.core.things.product import Product
from entrepot.dialect.calls import filled, placeholders, signed
from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Request
from entrepot.vendors.enos.signing import poseidon_pin, public_key_text
from entrepot.vendors.enos.tokens import keys
from entrepot.vendors.huawei import auth
from tests.contract import changes
from tests.contract.adapters import ENOS, HOST, IAM, IOTDA, Adapter, stamp
from tests.contract.changes import Change, change, header
from tests.contract.world import World
from tests.vendors.signature_schemes import PLAIN, SIGNED, Scheme

Token = Callable[[World, Credentials], bytes]


@dataclass(frozen=True, slots=True)
class Bearer:
    """A kind of token: the header that it comes in, how a caller gets one, and the call that it comes with."""

    name: str
    header: str
    token: Token
    scheme: Scheme  # of the same dialect: makes the call without its proof

    @property
    def adapter(self) -> Adapter:
        return self.scheme.adapter

    def request(self, token: bytes, at: Credentials) -> Request:
        """The call that makes a product at an account's own address."""
        return changes.added(self.scheme.unsigned(at, 1), self.header, token)


def _iam(world: World, credentials: Credentials) -> bytes:
    operation = IAM.operation("KeystoneCreateUserTokenByPassword")
    body = filled(operation.example, placeholders(IAM.value, credentials))
    answer = world.ask(signed(IAM.value, operation, {}, body, credentials, stamp(), HOST))
    assert answer.status == 201, answer.body
    return dict(answer.headers)[b"x-subject-token"]


OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)


def sealed(
    world: World, access_key: str, secret_key: str, other: Mapping[str, str] | None = None
) -> bytes:
    """What enos-poseidon sends for these keys; `other` are fields to send instead."""
    key = world.run(keys.seals(world.context.authenticator)).key
    public = serialization.load_der_public_key(base64.b64decode(public_key_text(key)))
    assert isinstance(public, rsa.RSAPublicKey)
    fields = {"pin": poseidon_pin(access_key, secret_key) or "", "access_key": access_key,
              "secret_key": secret_key, "access_expiry": "a" * 64, "refresh_expiry": "0" * 64,
              **(other or {})}  # fmt: skip
    return base64.b64encode(public.encrypt("$".join(fields.values()).encode(), OAEP))


def _enos(world: World, credentials: Credentials) -> bytes:
    return sealed(world, credentials["access_key"], credentials["secret_key"])


BEARERS = (
    Bearer("iam-token", "x-auth-token", _iam, PLAIN),
    Bearer("enos-sealed", "apim-accesstoken", _enos, SIGNED),
)
each_bearer = pytest.mark.parametrize("bearer", BEARERS, ids=lambda b: b.name)
NOTICED_S = 1.1  # how long a server may believe what it knew
BITS = 24  # places of a token at which one is changed


def changes_of(bearer: Bearer) -> Iterator[Change]:
    """Other tokens, and the token in other places."""
    part, key = header(bearer.header), bearer.header.encode()
    yield from changes.of_a_header(bearer.header)
    for at in range(BITS):
        yield change(f"a bit of the byte at {at}/{BITS}", part, changes.flipped(at / BITS))
    for name, edit in (
        ("half", lambda text: text[: len(text) // 2]),
        ("twice", lambda text: text * 2),
        ("twice with a comma", lambda text: text + b", " + text),
        ("in quotes", lambda text: b'"' + text + b'"'),
        ("behind Bearer", lambda text: b"Bearer " + text),
        ("a space before", lambda text: b" " + text),
        ("a space behind", lambda text: text + b" "),
        ("a space within", lambda text: text[:100] + b" " + text[100:]),
        ("NUL behind", lambda text: text + b"\0"),
        ("in another case", lambda text: text.swapcase()),
        ("reversed", lambda text: text[::-1]),
        ("as an escape", lambda text: b"%%%02X" % text[0] + text[1:]),
        ("a byte beyond ASCII", lambda text: text[:-1] + b"\xff"),
        ("zeros", lambda text: b"0" * len(text)),
        ("of a thousand characters", lambda text: text.ljust(1000, b"0")),
        ("of eight thousand characters", lambda text: text.ljust(8000, b"0")),
    ):
        yield change(f"token: {name}", part, edit)
    for place in ("authorization", "x-subject-token", "cookie", "x-token", "proxy-authorization",
                  "x-acs-bearer-token", "x-security-token"):  # fmt: skip
        yield Change(f"place: {place}", lambda r, to=place: changes.moved(r, bearer.header, to))
    yield Change(
        "place: behind Bearer",
        lambda r: changes.moved(r, bearer.header, "authorization", b"Bearer "),
    )
    yield Change("place: the body", lambda r: replace(
        changes.without(r, bearer.header), body=r.body[:-1] + b', "%s": "%s"}' % (key, r.headers[key])
    ))  # fmt: skip


CHANGES = [(bearer, change) for bearer in BEARERS for change in changes_of(bearer)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("bearers"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def mine(world: World) -> Credentials:
    return world.tenant()


@pytest.fixture(scope="module")
def tokens(world: World, mine: Credentials) -> dict[str, bytes]:
    return {bearer.name: bearer.token(world, mine) for bearer in BEARERS}


def is_refused(world: World, adapter: Adapter, request: Request) -> None:
    """Nobody was proved, and nothing was made."""
    before = world.count(Product)
    answer, exchange = world.serve(request)
    assert adapter.refused(answer), answer.body
    assert answer.status < 500, answer.body
    assert exchange is not None
    assert exchange.caller is None
    assert world.count(Product) == before


@each_bearer
def test_a_token_as_it_was_given_is_taken(
    bearer: Bearer, world: World, mine: Credentials, tokens: dict[str, bytes]
) -> None:
    for _ in "ab":
        answer, _ = world.serve(bearer.request(tokens[bearer.name], mine))
        assert not bearer.adapter.refused(answer), answer.body


def test_no_change_got_lost() -> None:
    assert len({(b.name, c.name) for b, c in CHANGES}) == len(CHANGES) >= 110


@pytest.mark.parametrize(
    ("bearer", "change"), CHANGES, ids=[f"{b.name}-{c.name}" for b, c in CHANGES]
)
def test_a_changed_token_or_place(
    bearer: Bearer, change: Change, world: World, mine: Credentials, tokens: dict[str, bytes]
) -> None:
    original = bearer.request(tokens[bearer.name], mine)
    changed = change.make(original)
    assert changed != original
    is_refused(world, bearer.adapter, changed)


@each_bearer
def test_a_token_opens_no_other_account(bearer: Bearer, world: World, mine: Credentials) -> None:
    other = bearer.token(world, world.tenant())
    is_refused(world, bearer.adapter, bearer.request(other, mine))


@each_bearer
def test_a_token_of_one_kind_is_none_of_the_other(
    bearer: Bearer, world: World, mine: Credentials, tokens: dict[str, bytes]
) -> None:
    for name, token in tokens.items():
        if name != bearer.name:
            is_refused(world, bearer.adapter, bearer.request(token, mine))
    is_refused(world, bearer.adapter, bearer.request(mine["enos"]["token"].encode(), mine))


@each_bearer
def test_a_token_ends_with_its_user(bearer: Bearer, world: World) -> None:
    theirs = world.tenant()
    token = bearer.token(world, theirs)
    store = world.installation.store
    tenant = store.read_now(lambda tx: tenant_named(tx, theirs["name"]))
    user = store.read_now(lambda tx: user_named(tx, tenant, tenant.name))
    store.write_now(lambda tx: set_disabled(tx, user, True))
    time.sleep(NOTICED_S)
    is_refused(world, bearer.adapter, bearer.request(token, theirs))


def test_a_token_ends_after_its_life(world: World, mine: Credentials) -> None:
    store, vault = world.installation.store, world.installation.vault
    tenant = store.read_now(lambda tx: tenant_named(tx, mine["name"]))
    user = store.read_now(lambda tx: user_named(tx, tenant, tenant.name))
    now = world.context.authenticator.now_ms()
    bearer = BEARERS[0]
    for began, taken in ((now, True), (now - auth.TOKEN_LIFE_MS, False)):
        token = auth.issue_token(vault, user, began)[0].encode()
        request = bearer.request(token, mine)
        if taken:
            assert not IOTDA.refused(world.serve(request)[0])
        else:
            is_refused(world, IOTDA, request)


@pytest.mark.parametrize(
    "field", ["pin", "access_key", "secret_key", "access_expiry", "refresh_expiry"]
)
@pytest.mark.parametrize("value", ["", "0", "other", "$", "é"])
def test_a_sealed_token_of_other_fields(
    field: str, value: str, world: World, mine: Credentials
) -> None:
    token = sealed(world, mine["access_key"], mine["secret_key"], {field: value})
    is_refused(world, ENOS, BEARERS[1].request(token, mine))


def test_another_tenants_secret_is_no_proof(world: World, mine: Credentials) -> None:
    other = world.tenant()
    for access_key, secret_key in (
        (mine["access_key"], other["secret_key"]),
        (other["access_key"], mine["secret_key"]),
    ):
        token = sealed(world, access_key, secret_key)
        is_refused(world, ENOS, BEARERS[1].request(token, mine))


def test_a_bad_proof_is_not_passed_over_for_a_good_one(
    world: World, mine: Credentials, tokens: dict[str, bytes]
) -> None:
    both = BEARERS[1].request(tokens["enos-sealed"], mine)
    is_refused(world, ENOS, changes.added(both, "apim-signature", b"0" * 64))
    is_refused(
        world, IOTDA, changes.added(PLAIN.signed(mine, 1, stamp()), "x-auth-token", b"MII00")
    )
