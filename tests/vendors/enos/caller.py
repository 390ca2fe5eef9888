"""EnOS in this process, its clock in the test's hands, and a caller who signs as the pages say."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from entrepot import main as root
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.ports import Tx
from entrepot.core.products.registry import create
from entrepot.core.things.account import Key, Settings, Tenant, User
from entrepot.core.things.product import Draft, Profile
from entrepot.dialect.authenticator import Authenticator
from entrepot.dialect.handle import ServerContext
from entrepot.dialect.owners import Owners
from entrepot.dialect.rates import Rates
from entrepot.dialect.request import Answer, Request
from entrepot.store.sqlite.store import SqliteStore
from entrepot.vendors.enos import ENOS, TOKENS, handles, signing

PRODUCTS = "/connect-service/v2.1/products"
MODELS = "/model-service/v2.1/thing-models"
TOKEN_GET = "/apim-token-service/v2.0/token/get"
TOKEN_REFRESH = "/apim-token-service/v2.0/token/refresh"
JSON = {b"content-type": b"application/json"}
START_MS = 1_795_000_000_000


@dataclass(frozen=True)
class Account:
    """A tenant, and what its user signs with."""

    tenant: Tenant
    user: User
    key: Key
    org: str
    access_key: str
    secret_key: str


class Enos:
    """The two dialects over a store in a folder. Close it."""

    def __init__(self, folder: Path, *, loopback: bool = True) -> None:
        self.now_ms = START_MS
        self._folder = folder
        self._loopback = loopback
        self._loop = asyncio.new_event_loop()
        self._tokens: dict[str, str] = {}
        self._open()

    def _open(self) -> None:
        self.store = SqliteStore(self._folder / "entrepot.sqlite")
        self.vault = self.store.write_now(lambda tx: tenancy.open_vault(tx, bytes(32)))
        authenticator = Authenticator(
            self.store,
            self.vault,
            now_ms=lambda: self.now_ms,
            loopback=self._loopback,
            catalog=root.catalog(),
        )
        self.context = ServerContext(self.store, authenticator, Rates())
        self._owners = Owners((ENOS, TOKENS))

    def restart(self) -> None:
        """Close the store and open it again, as a new process would."""
        self.store.close()
        self._open()

    def close(self) -> None:
        """Let go of the files."""
        self._loop.close()
        self.store.close()

    def account(
        self, name: str, *, permissions: tuple[str, ...] = ("*",), **settings: Any
    ) -> Account:
        """A new tenant with one user and one key."""

        def make(tx: Tx) -> Account:
            ids = ENOS.tenant_ids()
            tenant = tenancy.create_tenant(tx, name, START_MS, ids, Settings(**settings))
            user = tenancy.create_user(tx, tenant, name, START_MS, permissions)
            key, secret = tenancy.create_key(tx, self.vault, user, START_MS)
            return Account(tenant, user, key, ids["enos.org_id"], key.access_key, secret)

        return self.store.write_now(make)

    def caller(self, account: Account) -> Caller:
        """The account's user, for use cases without a request."""
        return Caller(
            tenant=account.tenant,
            user=account.user,
            dialect="enos",
            operation="test",
            request_id="test",
            now_ms=self.now_ms,
            vault=self.vault,
            catalog=root.catalog(),
        )

    def fill(self, account: Account, number: int, **profile: Any) -> None:
        """So many products more, in one unit of work."""
        caller, draft = self.caller(account), Draft(profile=Profile(name="fill", **profile))
        self.store.write_now(lambda tx: [create(tx, caller, draft) for _ in range(number)])

    def number(self, key: str) -> int:
        """The number of the product that has this key."""
        number = handles.product_of(self.vault, key)
        assert number is not None
        return number

    def ask(self, request: Request) -> tuple[int, dict[str, Any]]:
        """The status and the decoded body of the answer."""
        answer = self.answer(request)
        assert dict(answer.headers)[b"content-type"] == b"application/json;charset=utf-8"
        return answer.status, json.loads(answer.body)

    def answer(self, request: Request) -> Answer:
        """The answer as it leaves."""
        served = self._owners.of(request)
        assert served is not None
        return self._loop.run_until_complete(served.handle(request, self.context))[0]

    def ask_for_token(self, account: Account, **changes: Any) -> dict[str, Any]:
        """The token service's answer; `changes` replace members of the body, None takes one away."""
        stamp = changes.pop("timestamp", self.now_ms)
        proof = signing.encryption(account.access_key, str(stamp), account.secret_key)
        body = {"appKey": account.access_key, "encryption": proof, "timestamp": stamp, **changes}
        body = {name: value for name, value in body.items() if value is not None}
        path = TOKEN_REFRESH if "accessToken" in body else TOKEN_GET
        status, answer = self.ask(
            Request("POST", path.encode(), headers=JSON, body=json.dumps(body).encode())
        )
        assert status == 200
        return answer

    def token(self, account: Account) -> str:
        """The account's token, as the service hands it out."""
        token: str = self.ask_for_token(account)["data"]["accessToken"]
        return token

    def request(
        self,
        account: Account,
        action: str,
        body: Any = None,
        *,
        path: str = PRODUCTS,
        method: str = "",
        **query: Any,
    ) -> Request:
        """A signed request. A body of bytes or text is sent as it is; a query value None is left out."""
        values = {"action": action, "orgId": account.org, **query}
        raw = body if isinstance(body, bytes) else b""
        if isinstance(body, str):
            raw = body.encode()
        elif body is not None and not isinstance(body, bytes):
            raw = json.dumps(body).encode()
        return self.signed(
            account,
            Request(
                method or ("POST" if raw else "GET"),
                path.encode(),
                urlencode({k: v for k, v in values.items() if v is not None}).encode(),
                JSON if raw else {},
                raw,
            ),
        )

    def signed(self, account: Account, request: Request, **changes: Any) -> Request:
        """The request with the three headers; `stamp`, `token` and `secret` replace the right ones."""
        token = changes.get("token") or self._remembered(account)
        stamp = changes.get("stamp", str(self.now_ms))
        secret = changes.get("secret", account.secret_key)
        headers = dict(signing.sign(request, token, stamp, secret))
        return replace(request, headers={**request.headers, **headers})

    def _remembered(self, account: Account) -> str:
        if account.access_key not in self._tokens:
            self._tokens[account.access_key] = self.token(account)
        return self._tokens[account.access_key]

    def call(self, account: Account, action: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """The answer to a signed call, which has status 200 whatever it says."""
        status, answer = self.ask(self.request(account, action, body, **more))
        assert status == 200, answer
        return answer

    def create(self, account: Account, **changes: Any) -> str:
        """The key of a new product."""
        answer = self.call(account, "create", {**BODY, **changes})
        assert (answer["code"], answer["msg"]) == (0, "OK"), answer
        key: str = answer["data"]
        return key

    def show(self, account: Account, key: str) -> dict[str, Any]:
        """The product of this key."""
        answer = self.call(account, "get", productKey=key)
        assert answer["code"] == 0, answer
        product: dict[str, Any] = answer["data"]
        return product


BODY = {
    "productName": {"defaultValue": "Pump"},
    "modelId": "AlterTest0615",
    "productType": "Device",
    "dataFormat": "Json",
    "biDirectionalAuth": False,
}
