"""Code that calls EnOS: by enos-poseidon, and by curl with a token and a signature."""

from __future__ import annotations

from entrepot.dialect.client import Asked, Proof, Script
from entrepot.dialect.code import ACCESS_KEY, SECRET_KEY, Made, assigned, python, shell
from entrepot.dialect.parameters import query_of
from entrepot.dialect.request import Request
from entrepot.vendors.enos import signing
from entrepot.vendors.enos.token_service import ROOT

PACKAGE = "enos-poseidon"
PUBLIC_KEY = f"{ROOT}/entrepot/public-key"
TOKEN = f"{ROOT}/v2.0/token/get"

_PROOF = """\
sha() {{ openssl dgst -sha256 -r | cut -d' ' -f1; }}
at=$(date +%s)000
key=${access_key}
proof=$(printf %s "$key$at${secret_key}" | sha)
ask="{{\\"appKey\\":\\"$key\\",\\"encryption\\":\\"$proof\\",\\"timestamp\\":\\"$at\\"}}"
token=$(curl -sS "$url{path}" -H 'content-type: application/json' --data-raw "$ask" |
  sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
asked={asked}
signature=$(printf %s "$token$asked$body$at${secret_key}" | sha)
"""


def script(asked: Asked) -> Script:
    """The call with the SDK's one function; it sends GET where there is no body, and may."""
    query = {**asked.parameters, "action": asked.operation.selector}
    url = f"{asked.endpoint}{asked.operation.path}?{query_of(query)}"
    body = [
        "# What the SDK seals its keys to: here this server's own, in the cloud the SDK's.",
        f"url = {python(asked.endpoint + PUBLIC_KEY)}",
        "key = urllib.request.urlopen(url).read()",
        'poseidon.pubkey = json.loads(key)["data"]["publicKey"]',
    ]
    arguments = (*asked.keys, url, *([] if asked.body is None else [asked.body]))
    body.append(assigned("answer", Made("poseidon.urlopen", {}, arguments)))
    body.append("print(json.dumps(answer, indent=2, ensure_ascii=False))")
    imports = ("json", "urllib.request")
    return Script(imports, "from poseidon import poseidon", "\n".join(body))


def prove(request: Request) -> Proof:
    """A token, and the signature over it and the request."""
    asked = shell(signing.signed_query(request.query).decode())
    lines = _PROOF.format(asked=asked, path=TOKEN, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    added = ("accesstoken: $token", "signature: $signature", "timestamp: $at")
    return Proof(lines, tuple(f"apim-{header}" for header in added))
