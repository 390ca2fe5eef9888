"""Who calls a Huawei service: by signature (AK/SK) or by IAM token. Knows neither service."""

from __future__ import annotations

from functools import partial

import msgspec

from entrepot.core.caller import Caller
from entrepot.core.faults import Unauthenticated
from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.authenticator import Authenticator
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Request
from entrepot.dialect.sizes import LARGE
from entrepot.vendors.huawei import signing

SKEW_MS = 15 * 60 * 1000  # source: documented (API gateway, signing guide)
TOKEN_LIFE_MS = 24 * 3600 * 1000  # source: documented (IAM iam_30_0001)
SINGLE_HEADERS = frozenset((b"x-auth-token", b"x-sdk-date"))
_TOKEN_DIGITS = 1024  # of a token; ours have about a hundred
_TOKEN_PREFIX = "MII"  # noqa: S105 (IAM tokens are CMS texts that begin so)


class Login(msgspec.Struct, frozen=True, array_like=True):
    """What a token says, sealed inside it: who logged in, when, until when (ms), and for what.

    `project` is the name the project was asked for by; empty for a token of the whole domain. `mark` is
    the user's `password_mark`. Earlier releases issued tokens without one: these are taken until they
    end, so that no client has to log in again because the server was upgraded.
    """

    user: int
    issued_at: int
    expires_at: int
    project: str = ""
    mark: bytes = b""

    def holds_for(self, user: User) -> bool:
        """Whether the user's password is still the one that the token was issued for."""
        return self.mark in (b"", user.password_mark)


async def authenticate(exchange: Exchange) -> Caller:
    """The caller. A token is believed before a signature: callers with a token sign with dummy keys.

    Raises:
        Unauthenticated: nobody could be proved.
    """
    token = exchange.request.header(b"x-auth-token")
    if token:
        user, tenant = await token_holder(exchange.authenticator, token.decode("latin-1"))
    else:
        user, tenant = await _signer(exchange)
    return exchange.by(user, tenant)


async def _signer(exchange: Exchange) -> tuple[User, Tenant]:
    request, authenticator = exchange.request, exchange.authenticator
    header = request.header(b"authorization")
    if not header:
        raise Unauthenticated("absent")
    authorization = signing.parse(header)
    if authorization is None:
        raise Unauthenticated("malformed")
    signed_at_ms = signing.signed_at_ms(request)
    if signed_at_ms is None:
        raise Unauthenticated("date")
    if abs(signed_at_ms - exchange.now_ms) > SKEW_MS:
        raise Unauthenticated("expired", f"{signing.sdk_date(request):%Y%m%dT%H%M%SZ}")
    key = authorization.access_key
    known = authenticator.known(key)
    bearer = known or await authenticator.bearer(key)
    if bearer is None:
        raise Unauthenticated("unknown_key", key)
    # The vendor's signer leaves any body unsigned that is not JSON. Of a call that takes JSON, somebody
    # between could then put in another body.
    if signing.leaves_body_unsigned(request) and not _is_upload(exchange):
        raise Unauthenticated(
            "unsignable", "X-Sdk-Content-Sha256 is UNSIGNED-PAYLOAD, and this body must be signed"
        )
    if len(request.body) > LARGE:  # whose hash takes milliseconds
        check = partial(_mismatch, request, authorization, bearer.secret)
        mismatch = await authenticator.store.apart(check, bearer.tenant.id)
        if mismatch is not None:
            raise mismatch
    elif not signing.verify(request, authorization, bearer.secret):
        raise _mismatched(request, authorization)
    if bearer.disabled:
        raise Unauthenticated("disabled_key", key)
    if known is None:  # about once a second
        signing.remember(header)
    return bearer.user, bearer.tenant


def _is_upload(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation.is_upload


def _mismatch(
    request: Request, authorization: signing.Authorization, secret: bytes
) -> Unauthenticated | None:
    """The refusal of a signature, if it does not hold."""
    if signing.verify(request, authorization, secret):
        return None
    return _mismatched(request, authorization)


def _mismatched(request: Request, authorization: signing.Authorization) -> Unauthenticated:
    """The refusal of a signature that does not hold: what was to be signed, or why nothing was."""
    if len(request.path) + len(request.query) > signing.TARGET_BYTES:
        return Unauthenticated(
            "unsignable", f"path and query are over {signing.TARGET_BYTES} bytes"
        )
    try:
        canonical = signing.canonical_request(request, authorization.signed_headers)
    except signing.UnsignableError as error:
        return Unauthenticated("unsignable", str(error))
    return Unauthenticated("signature", canonical.decode("utf-8", "replace").replace("\n", "|"))


def issue_token(vault: Vault, user: User, now_ms: int, project: str = "") -> tuple[str, Login]:
    """A token that names the user, and what it says. Nothing is stored: it proves itself."""
    login = Login(user.id, now_ms, now_ms + TOKEN_LIFE_MS, project, user.password_mark)
    sealed = vault.seal(msgspec.msgpack.encode(login), "huawei/token")
    return _TOKEN_PREFIX + sealed.hex(), login


def read_token(vault: Vault, text: str, now_ms: int) -> Login:
    """What the token says.

    Raises:
        Unauthenticated: it is not ours, or its life is over.
    """
    digits = text.removeprefix(_TOKEN_PREFIX)
    try:
        sealed = bytes.fromhex(digits[:_TOKEN_DIGITS])
        # Only the exact text is a token; `fromhex` also reads capitals and blanks.
        if text != _TOKEN_PREFIX + sealed.hex():
            raise Unauthenticated("token")
        login = msgspec.msgpack.decode(vault.open(sealed, "huawei/token"), type=Login)
    except (ValueError, msgspec.MsgspecError):
        raise Unauthenticated("token") from None
    if login.expires_at <= now_ms:
        raise Unauthenticated("token_expired")
    return login


async def token_holder(authenticator: Authenticator, text: str) -> tuple[User, Tenant]:
    """The user that the token was issued to.

    Raises:
        Unauthenticated: the token is not good, or its user is gone, switched off, or has another
            password by now.
    """
    login = read_token(authenticator.vault, text, authenticator.now_ms())
    found = await authenticator.user(login.user)
    if found is None:
        raise Unauthenticated("token")
    if found[0].disabled or found[1].disabled:
        raise Unauthenticated("disabled_key")
    if not login.holds_for(found[0]):
        raise Unauthenticated("token_expired")
    return found
