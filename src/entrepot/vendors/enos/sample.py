"""Code that calls EnOS: by enos-poseidon, and by curl with a token and a signature."""

from __future__ import annotations

from entrepot.dialect.client import Asked, Proof, Script
from entrepot.dialect.code import Made, assigned, python
from entrepot.dialect.parameters import query_of
from entrepot.dialect.request import Request
from entrepot.vendors.enos.tokens.service import ROOT

PACKAGE = "enos-poseidon"
PUBLIC_KEY = f"{ROOT}/entrepot/public-key"
TOKEN = f"{ROOT}/v2.0/token/get"

_PROOF = f"""\
now = f"{{time.time() * 1000:.0f}}"
proof = hashlib.sha256((access_key + now + secret_key).encode()).hexdigest()
ask = json.dumps({{"appKey": access_key, "encryption": proof, "timestamp": now}})
ask = urllib.request.Request(url + "{TOKEN}", ask.encode())
ask.add_header("content-type", "application/json")
with urllib.request.urlopen(ask) as answer:
    token = json.load(answer)["data"]["accessToken"]
pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
pairs = sorted(pairs, key=lambda pair: pair[0])
asked = "".join(name + value for name, value in pairs)
text = token + asked + body + now + secret_key
headers["apim-accesstoken"] = token
headers["apim-signature"] = hashlib.sha256(text.encode()).hexdigest()
headers["apim-timestamp"] = now
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
    return Proof(("hashlib", "time", "urllib.parse", "urllib.request"), _PROOF)
