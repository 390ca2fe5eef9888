"""Who calls EnOS: callers who sign, and callers of enos-poseidon, who seal their keys instead.

Three outcomes only: a proved caller, a caller who is believed because the tenant says so and nobody
but this machine can reach the server, or a refusal.
"""

from __future__ import annotations

import hmac

from entrepot.core.caller import Caller
from entrepot.core.faults import Invalid, Malformed, NotFound, Unauthenticated, Violation
from entrepot.core.things.account import Tenant, User
from entrepot.dialect.authenticator import Bearer
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Request
from entrepot.dialect.sizes import LARGE
from entrepot.vendors.enos import signing
from entrepot.vendors.enos.handles import DIALECT, ORG
from entrepot.vendors.enos.tokens import grants as tokens
from entrepot.vendors.enos.tokens import keys

# INFERRED: no page gives a window; this is the one that the other vendors have.
WINDOW_MS = 15 * 60 * 1000
UNVERIFIED = "poseidon (unverified)"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "")  # no browser leaves the name out
_CREDENTIALS = frozenset({signing.TOKEN, signing.SIGNATURE, signing.TIMESTAMP})


async def authenticate(exchange: Exchange) -> Caller:
    """The caller, for the organization that the query names.

    Raises:
        Unauthenticated: nobody could be proved.
        Invalid, NotFound: `orgId` is missing, or not the caller's.
        Malformed: a multipart body, which no signature covers.
    """
    request = exchange.request
    if request.repeated & _CREDENTIALS:
        raise Unauthenticated("malformed", "a credential header was sent more than once")
    _refuse_multipart(request)
    token = request.header(signing.TOKEN)
    if not token:
        raise Unauthenticated("absent")
    if request.header(signing.SIGNATURE):
        bearer = await _signed(exchange, token)
    elif signing.looks_like_poseidon(token):
        sealed = await _sealed(exchange, token)
        if sealed is None:
            return await _believed(exchange)
        bearer = sealed
    else:
        raise Unauthenticated("malformed", "apim-signature is missing")
    _demand_organization(exchange, bearer.tenant)
    return exchange.by(bearer.user, bearer.tenant)


def _refuse_multipart(request: Request) -> None:
    media_type = request.header(b"content-type").strip().lower()
    if media_type.startswith(b"multipart/") and request.body:
        raise Malformed("body", "must be JSON (content-type: application/json)")


async def _signed(exchange: Exchange, token: bytes) -> Bearer:
    """Whoever signed the request."""
    request, authenticator = exchange.request, exchange.authenticator
    text = token.decode("latin-1")
    inside = tokens.read(authenticator.vault, text) if text.isascii() else None
    if inside is None:
        raise Unauthenticated("token")
    bearer = await authenticator.bearer(inside.access_key)
    if bearer is None:
        raise Unauthenticated("unknown_key", inside.access_key)
    if bearer.disabled:
        raise Unauthenticated("disabled_key", inside.access_key)
    sent_at = signing.sent_at_ms(request)
    if sent_at is None:
        raise Unauthenticated("date")
    secret = bearer.secret.decode()
    if len(request.body) > LARGE:  # whose hash takes milliseconds
        right = await authenticator.store.apart(
            lambda: signing.verify(request, text, secret), bearer.tenant.id
        )
    else:
        right = signing.verify(request, text, secret)
    if not right:
        raise Unauthenticated("signature")
    now = authenticator.now_ms()
    if inside.expires_at <= now:
        raise Unauthenticated("token_expired")
    if abs(now - sent_at) > WINDOW_MS:
        raise Unauthenticated("expired", str(sent_at))
    return bearer


async def _sealed(exchange: Exchange, token: bytes) -> Bearer | None:
    """Whoever sealed the token to this installation's key; None where it was sealed to another."""
    authenticator, peer = exchange.authenticator, exchange.request.peer
    seals = await keys.seals(authenticator)
    inside = await seals.open(token, peer)
    if inside is None:
        return None
    bearer = await authenticator.bearer(inside.access_key)
    if bearer is None:
        seals.wrong(peer)
        raise Unauthenticated("unknown_key", inside.access_key)
    if not hmac.compare_digest(bearer.secret, inside.secret_key.encode()):
        seals.wrong(peer)
        raise Unauthenticated("password")
    seals.remember(token, inside)
    if bearer.disabled:
        raise Unauthenticated("disabled_key", inside.access_key)
    return bearer


async def _believed(exchange: Exchange) -> Caller:
    """An unmodified enos-poseidon seals to a key whose other half only the vendor has, so nobody
    else can tell who is calling: the tenant has to say that it may be anybody on this machine."""
    tenant = None
    if exchange.authenticator.loopback and _calls_loopback(exchange.request):
        tenant = await exchange.authenticator.tenant_by(ORG, _organization(exchange))
    # One answer for an organization that does not exist, that is disabled, or that has not said so:
    # nobody learns which organizations there are.
    if tenant is None or tenant.disabled or DIALECT not in tenant.settings.accept_unverifiable:
        (await keys.seals(exchange.authenticator)).wrong(exchange.request.peer)
        raise Unauthenticated("unverifiable")
    nobody = User(id=0, tenant=tenant.id, name=UNVERIFIED, created_at=tenant.created_at)
    return exchange.by(nobody, tenant)


def _calls_loopback(request: Request) -> bool:
    """Whether the caller knows this server by a name of this machine.

    A web page whose name has been made to lead here (DNS rebinding) calls by its own.
    """
    host = request.header(b"host").decode("latin-1").lower()
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host) in _LOOPBACK


def _organization(exchange: Exchange) -> str:
    given = exchange.parameters.get("orgId", "")
    if isinstance(given, list):
        raise Invalid((Violation(("orgId",), "repeated"),))
    if not given:
        raise Invalid((Violation(("orgId",), "missing"),))
    return given


def _demand_organization(exchange: Exchange, tenant: Tenant) -> None:
    # INFERRED: the pages have a code for an organization that is another's (99403), too. Saying so
    # would tell which organizations there are, so it is answered like one that does not exist.
    org = _organization(exchange)
    if org != tenant.ids[ORG]:
        raise NotFound("organization", org)
