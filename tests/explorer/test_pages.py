"""What the explorer shows and sends: every operation, what was typed, what came of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, urlencode

import pytest

from entrepot import main as root
from entrepot.core.faults import Fault, ViolationKind
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer, Request
from entrepot.explorer import FORM_LIMIT, Explorer, World, calling, session, words
from entrepot.explorer.shown import MOST_SHOWN
from entrepot.main import dialects
from tests.cli.console import Console
from tests.contract.adapters import WITH_PRODUCTS
from tests.explorer.browser import HOME, Browser, Page, signed_in
from tests.server import Server, environment

XSS = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{77777*77777}}</textarea></code>"
each_dialect = pytest.mark.parametrize("dialect", dialects(), ids=lambda d: d.name)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("explorer"), "--access-log", "true") as server:
        yield server


@pytest.fixture
def browser(running: Server) -> Browser:
    return signed_in(running)


def place(dialect: Dialect, operation: Operation | str = "") -> str:
    name = operation if isinstance(operation, str) else operation.name
    return f"{HOME}/{dialect.name}" + (f"/{name}" if name else "")


def named(name: str) -> Dialect:
    return next(d for d in dialects() if d.name == name)


# Every page


@each_dialect
def test_every_operation_has_a_page_with_all_that_is_declared(
    browser: Browser, dialect: Dialect
) -> None:
    listed = browser.get(place(dialect))
    links = {attributes.get("href") for tag, attributes in listed.tags if tag == "a"}
    for operation in dialect.operations:
        assert place(dialect, operation) in links
        page = browser.get(place(dialect, operation))
        assert page.status == 200
        for said in (operation.summary, operation.path, operation.page, operation.permission):
            assert said in page.text
        if operation.rate is not None:
            assert f"{operation.rate} calls a second" in page.text
        typed = page.form("#answer").values
        wanted = {f"p.{name}" for name in operation.parameters if name != dialect.selector}
        assert {name for name in typed if name.startswith("p.")} == wanted
        assert ("body" in typed) == (operation.body is not None)
        if operation.body is not None and operation.takes == "application/json":
            text = typed["body"]
            assert operation.example is None or isinstance(json.loads(text), dict)
        written(page, dialect)
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        labels = {attributes.get("for") for tag, attributes in page.tags if tag == "label"}
        for tag, attributes in page.tags:
            if tag in ("input", "textarea", "select") and attributes.get("type") != "hidden":
                assert attributes["id"] in labels


@each_dialect
def test_operations_are_found_by_their_words(browser: Browser, dialect: Dialect) -> None:
    wanted = dialect.operations[-1]
    page = browser.get(f"{place(dialect)}?q={wanted.name.upper()}")
    shown = [a["href"] for tag, a in page.tags if tag == "a" and a["href"].count("/") == 3]
    assert place(dialect, wanted) in shown
    assert len(shown) <= len(dialect.operations)
    none = browser.get(f"{place(dialect)}?q=nothing+of+the+kind")
    assert not [a for tag, a in none.tags if tag == "a" and a["href"].count("/") == 3]


@pytest.mark.parametrize("path", ["/none", "/iotda/None", "/iotda/CreateProduct/more", "/%69otda",
                                  "/../v5", "/static/../pages.py", "/static/%2e%2e/pages.py",
                                  "/static/base.html"])  # fmt: skip
def test_what_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(f"{HOME}{path}").status == 404


@pytest.mark.parametrize("query", ["q=%zz", "q=%ff", "q", "q=a&q=b", "&" * 6000])
def test_a_query_that_cannot_be_read_is_no_defect(
    running: Server, browser: Browser, query: str
) -> None:
    assert browser.get(f"{HOME}/iotda?{query}").status in (200, 400)
    assert "Traceback" not in running.said


def test_only_reading_and_sending_forms_are_known(browser: Browser) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert browser.get(HOME, method).status == 405
    assert browser.post(HOME, {}).status == 403


def test_head_gets_what_get_would_without_the_page(browser: Browser) -> None:
    for path in (HOME, place(named("iotda"), "CreateProduct"), f"{HOME}/static/script.js"):
        got, asked = browser.get(path), browser.get(path, "HEAD")
        assert (asked.status, asked.html) == (got.status, "")
        assert asked.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    ("wish", "language"),
    [("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("en-GB,en;q=0.9,zh;q=0.8", "en"),
     ("zh-Hant-TW", "zh-CN"), ("fr", "en"), ("fr, zh;q=0.5", "zh-CN"), ("en;q=0.2, zh;q=0.4", "zh-CN"),
     ("zh;q=x", "en"), ("zh;q=0", "en"), (",,;;q=,", "en"), ("zh" * 9000, "en"), ("*", "en")],
)  # fmt: skip
def test_pages_speak_the_language_that_is_wished_for(wish: str, language: str) -> None:
    assert words.served(wish.encode()).language == language


def test_chinese_pages_are_chinese(running: Server) -> None:
    browser = signed_in(running, accept_language="zh-CN")
    assert "退出" in browser.get().text
    page = browser.get(place(named("iotda"), "CreateProduct"))
    assert ("html", {"lang": "zh-CN"}) in page.tags
    assert "发送" in page.text
    assert "Send" not in page.text


# Sending


SENT = (
    ("aliyun", "CreateProduct", {"p_ProductName": "Explored"}, '"Success": true'),
    ("iotda", "CreateProduct", {}, '"product_id": "'),
    ("roma", "CreateProduct", {"body": '{"app_id": "APP", "name": "Explored", "manufacturer_id": "1",'
                               '"manufacturer_name": "M", "model": "x1", "product_type": 0,'
                               '"protocol_type": 0}'}, '"id": '),
    ("iam", "KeystoneListProjects", {}, '"projects": ['),
    ("iam", "KeystoneCreateUserTokenByPassword", {}, '"methods": ['),
    ("enos", "CreateProduct", {}, '"msg": "OK"'),
    ("enos-token", "ShowPublicKey", {}, '"publicKey": "'),
)  # fmt: skip


def test_something_of_every_dialect_is_sent_below() -> None:
    assert {name for name, *_ in SENT} == {d.name for d in dialects()}


@pytest.mark.parametrize(
    ("name", "operation", "typed", "wanted"), SENT, ids=[s[0] + "-" + s[1] for s in SENT]
)
def test_what_is_typed_is_signed_and_sent(
    running: Server, browser: Browser, name: str, operation: str, typed: dict[str, str], wanted: str
) -> None:
    known = running.credentials()
    typed = {k: v.replace("APP", known["roma"]["app_id"]) for k, v in typed.items()}
    page = browser.send(place(named(name), operation), **typed)
    assert page.alerts == 0, page.text
    assert "Refused as" not in page.text
    assert wanted in page.text
    assert f" {running.address.partition(':')[0]}" in page.text  # the request, with its host
    for secret in (known["secret_key"], known["huawei"]["password"]):
        assert secret not in page.html
    assert typed.get("body", "") in page.form("#answer").values.get("body", "")


def test_the_request_is_shown_with_its_signature_and_without_a_token(browser: Browser) -> None:
    signed = browser.send(place(named("iotda"), "ListProducts")).text
    assert "authorization: SDK-HMAC-SHA256 Access=" in signed
    assert "Signature=" in signed
    tokened = browser.send(place(named("enos"), "SearchProduct")).text
    assert "apim-accesstoken: ******" in tokened


LOGIN = "KeystoneCreateUserTokenByPassword"


def login_with(browser: Browser, **scope: Any) -> tuple[Page, str]:
    """The page after the example of a login was sent with this scope; and what its form began with."""
    page = browser.get(place(named("iam"), LOGIN))
    body = page.form("#answer").values["body"]
    typed = json.loads(body)
    typed["auth"]["scope"] = scope or typed["auth"]["scope"]
    return browser.send(place(named("iam"), LOGIN), body=json.dumps(typed)), body


def test_a_login_is_sent_with_the_password_that_no_page_shows(
    browser: Browser, running: Server
) -> None:
    page, body = login_with(browser)
    assert '"password": "{password}"' in body
    assert "201 Created" in page.text
    assert running.credentials()["huawei"]["password"] not in page.html


@pytest.mark.parametrize("kind", ["domain", "project"])
@pytest.mark.parametrize("field", ["name", "id"])
@pytest.mark.parametrize("word", ["password", "secret_key", "user_name"])
def test_a_placeholder_in_what_is_repeated_stays_as_it_was_typed(
    browser: Browser, running: Server, kind: str, field: str, word: str
) -> None:
    page, _ = login_with(browser, **{kind: {field: f"{{{word}}}"}})
    known = running.credentials()
    assert "404 Not Found" in page.text
    assert f"Could not find {kind}: {{{word}}}." in page.text
    for secret in (known["secret_key"], known["huawei"]["password"]):
        assert secret not in page.html


def test_an_answer_that_repeats_a_secret_is_shown_without_it() -> None:
    secrets = {'s3cret"key/', "plainsecret"}
    headers = ((b"x-echo", b"a plainsecret b"), (b"x-other", b"fine"))
    answer = Answer(404, json.dumps({"said": 'no s3cret"key/, plainsecret'}).encode(), headers)
    request = Request("GET", b"/x", b"a=s3cret%22key%2F")
    outcome = calling._outcome(request, answer, 1.0, secrets)
    assert outcome.headers == (("x-echo", "a ****** b"), ("x-other", "fine"))
    assert "no ******, ******" in outcome.body
    assert outcome.request == "GET /x?a=****** HTTP/1.1"


def test_what_is_sent_is_in_the_log_as_the_users_own(running: Server) -> None:
    browser = signed_in(running)
    page = browser.send(place(named("iotda"), "CreateProduct"))
    number = page.text.partition('"product_id": "')[2].partition('"')[0]
    console = Console(running.data)
    (first,) = console("product", "show", number, "--history", "--json").json["history"]
    assert (first["dialect"], first["operation"]) == ("iotda", "CreateProduct")
    assert first["actor"][1] == "dev"
    lines = [line for line in running.said.splitlines() if "CreateProduct" in line]
    assert any("127.0.0.1" in line and "iotda" in line for line in lines)


def refused(page: Page) -> str:
    """What the page says of the refusal, up to the answer itself."""
    assert [a for _, a in page.tags if a.get("class") == "status bad"], page.text
    return " ".join(page.text.partition("Refused as")[2].partition("{")[0].split())


def test_a_refusal_is_shown_with_every_violation(browser: Browser) -> None:
    body = json.dumps({"name": "?<>", "device_type": "", "protocol_type": "Carrier pigeon"})
    page = browser.send(place(named("iotda"), "CreateProduct"), body=body)
    assert "400 Bad Request" in page.text
    said = refused(page)
    assert said.startswith("Invalid documented")
    assert "name has characters that it may not have" in said
    assert "device_type is empty" in said
    assert "protocol_type is none of the values" in said
    assert "service_capabilities is missing" in said
    assert page.form("#answer").values["body"] == body


def test_every_violation_is_shown_where_the_vendor_names_one_and_says_200(browser: Browser) -> None:
    page = browser.send(
        place(named("aliyun"), "CreateProduct"),
        p_ProductName="a b",
        p_Description="x" * 101,
    )
    assert "200 OK · refused" in page.text
    said = refused(page)
    assert "ProductName has characters that it may not have" in said
    assert "Description is too long 100" in said
    wrong = [a["id"] for _, a in page.tags if a.get("aria-invalid") == "true"]
    assert sorted(wrong) == ["p.Description", "p.ProductName"]
    page = browser.send(place(named("enos"), "CreateProduct"), body="{}")
    assert "modelId is missing" in refused(page)


def test_every_fault_is_told_with_its_row(browser: Browser) -> None:
    page = browser.send(place(named("iotda"), "ShowProduct"), p_product_id="0" * 24)
    assert refused(page).startswith("NotFound documented")
    page = browser.send(place(named("iotda"), "ListProducts"), p_project_id="another")
    assert refused(page).startswith("NotFound project documented")


@pytest.mark.parametrize("language", [b"en", b"zh"])
def test_every_kind_of_violation_has_a_word(language: bytes) -> None:
    for kind in get_args(ViolationKind):
        assert getattr(words.served(language), f"v_{kind}")


def test_what_is_not_of_its_type_is_sent_as_it_is(browser: Browser) -> None:
    page = browser.send(place(named("iotda"), "ListProducts"), p_limit="many", p_offset="-1")
    assert "400 Bad Request" in page.text
    values = page.form("#answer").values
    assert (values["p.limit"], values["p.offset"]) == ("many", "-1")


@pytest.mark.parametrize("body", ["{", "[1,]", '{"a": NaN}', "[" * 20000, '{"a": "\\ud800"}', "1" * 5000,
                                  '{"a": 1} x', "\u0000"])  # fmt: skip
def test_a_body_that_is_no_json_is_not_sent_and_stays(browser: Browser, body: str) -> None:
    page = browser.send(place(named("iotda"), "CreateProduct"), body=body)
    assert "Nothing was sent." in page.text
    assert "This is not JSON" in page.text
    assert page.form("#answer").values["body"] == body
    assert "Answer" not in page.text


def test_a_path_that_lacks_a_part_is_not_sent(browser: Browser) -> None:
    page = browser.send(place(named("iotda"), "ShowProduct"), p_product_id="")
    assert "Nothing was sent." in page.text
    assert "without it there is nothing to call" in page.text


def test_lists_and_objects_reach_the_vendors_call(browser: Browser) -> None:
    page = browser.send(
        place(named("aliyun"), "BatchQueryDeviceDetail"),
        p_ProductKey="a1PKEX1q5BJ",
        p_DeviceName="one\r\n two \r\n",
    )
    assert "DeviceName.1=one&DeviceName.2=two" in page.text
    renamed = [{"IotId": "x", "Nickname": "y"}]
    page = browser.send(
        place(named("aliyun"), "BatchUpdateDeviceNickname"),
        p_DeviceNicknameInfo=json.dumps(renamed),
    )
    assert "DeviceNicknameInfo.1.IotId=x" in page.text
    page = browser.send(
        place(named("aliyun"), "BatchUpdateDeviceNickname"), p_DeviceNicknameInfo="[{]"
    )
    assert "Nothing was sent." in page.text


def test_a_file_is_sent_as_one(running: Server, browser: Browser) -> None:
    uploads = [o for o in named("roma").operations if o.takes.startswith("multipart/")]
    assert uploads
    for operation in uploads:
        page = browser.send(place(named("roma"), operation), body="a,b\r\n1,2\r\n")
        assert "content-type: multipart/form-data; boundary=" in page.text
        assert "a,b" in page.text


def written(page: Page, dialect: Dialect) -> None:
    """There is code on the page: Python that can be read, where there is an SDK, and curl."""
    *in_python, with_curl = page.code
    assert "curl " in with_curl
    assert len(in_python) <= 1
    assert in_python or dialect.client.python is None or "\n# Not with " in with_curl
    for text in in_python:
        compile(text, "sample", "exec")
        assert dialect.client.package in text


def test_code_is_of_what_was_typed_and_nothing_is_sent_for_it(
    running: Server, browser: Browser
) -> None:
    before = Console(running.data)("product", "list", "--json").json["total"]
    page = browser.get(place(named("iotda"), "CreateProduct"))
    assert all("Thermometer" in text and running.url in text for text in page.code)
    body = json.dumps({"name": "Somewhat else", "device_type": "x"})
    page = browser.submit(page, "#answer", do="code", body=body)
    assert page.status == 200
    assert all("Somewhat else" in t and "Thermometer" not in t for t in page.code)
    assert page.shown == page.code  # no answer, no request
    assert Console(running.data)("product", "list", "--json").json["total"] == before
    shown = browser.get(place(named("iotda"), "ShowProduct"))
    assert all("PRODUCT_ID" in text for text in shown.code)
    known = running.credentials()
    for text in (*page.code, *shown.code):
        assert known["secret_key"] not in text


def test_code_runs_as_it_stands(running: Server, browser: Browser) -> None:
    known = running.credentials()
    keys = {"ENTREPOT_ACCESS_KEY": known["access_key"], "ENTREPOT_SECRET_KEY": known["secret_key"]}
    page = browser.get(place(named("iotda"), "ListProducts"))
    for program, text in zip(([sys.executable, "-c"], ["sh", "-c"]), page.code, strict=True):
        done = subprocess.run(
            [*program, text],
            capture_output=True,
            text=True,
            timeout=60,
            env={**environment(), **keys},
        )
        assert done.returncode == 0, done.stderr
        assert "products" in done.stdout


def test_of_a_body_that_is_no_json_there_is_no_code(browser: Browser) -> None:
    page = browser.get(place(named("iotda"), "CreateProduct"))
    page = browser.submit(page, "#answer", do="code", body="{")
    assert page.code == []
    assert "No code can be written" in page.text


# Permissions and limits


def test_who_lacks_a_permission_is_told_and_refused(running: Server) -> None:
    running.run(
        "user", "create", "reader", "--permissions", "product:read", "--password", "read only"
    )
    reader = Browser(running)
    reader.sign_in("reader@dev", "read only")
    for dialect in (named(a.dialect) for a in WITH_PRODUCTS):
        assert "product:create" in reader.get(place(dialect)).text
        page = reader.send(place(dialect, "CreateProduct"))
        assert "You do not have this permission" in page.text
        assert [a for _, a in page.tags if a.get("class") == "status bad"], page.text
        assert reader.send(place(dialect, "CreateProduct")).status == 200
    allowed = reader.get(place(named("iotda"), "ListProducts"))
    assert "You do not have this permission" not in allowed.text
    assert "200 OK" in reader.send(allowed.path).text


def test_a_user_without_a_key_is_told_so(running: Server) -> None:
    made = json.loads(
        running.run("user", "create", "keyless", "--password", "no key left", "--json")
    )
    running.run("key", "disable", made["access_key"])
    keyless = Browser(running)
    keyless.sign_in("keyless@dev", "no key left")
    page = keyless.get(place(named("iotda"), "ListProducts"))
    assert page.status == 403
    assert "no access key" in page.text


def test_the_vendors_limits_hold(browser: Browser) -> None:
    path = place(named("aliyun"), "GetThingTemplate")  # two a second
    form = browser.get(path)
    with ThreadPoolExecutor(6) as threads:
        sent = lambda n: browser.submit(form, "#answer", do="send", p_CategoryKey="Lighting")  # noqa: E731
        pages = list(threads.map(sent, range(12)))
    assert any("Throttling" in page.text for page in pages)


# What is typed is text


def safe(page: Page) -> None:
    """Nothing of what was typed is a tag, and no template was run."""
    assert "<script>alert" not in page.html
    assert "<img src=x" not in page.html
    assert str(77777 * 77777) not in page.html
    scripts = [a for tag, a in page.tags if tag == "script"]
    assert all(a.get("src", "").startswith(f"{HOME}/static/") for a in scripts)
    assert not [a for tag, a in page.tags if any(name.startswith("on") for name in a)]


@each_dialect
def test_whatever_is_typed_comes_back_as_text(browser: Browser, dialect: Dialect) -> None:
    for operation in dialect.operations:
        page = browser.get(place(dialect, operation))
        typed = dict.fromkeys(page.form("#answer").values, XSS)
        proof = page.form("#answer").values["proof"]
        back = browser.post(page.path, {**typed, "proof": proof, "do": "send"})
        assert back.status == 200
        safe(back)
        values = back.form("#answer").values
        assert all(values[name] == XSS for name in values if name != "proof")
        for text in back.code[:-1]:
            compile(text, "sample", "exec")
        if "body" in typed and operation.takes == "application/json":
            body = json.dumps({XSS: [XSS], "name": XSS})
            safe(browser.post(page.path, {**typed, "proof": proof, "do": "send", "body": body}))


def test_names_paths_filters_and_headers_come_back_as_text(
    running: Server, browser: Browser
) -> None:
    stranger = Browser(running)
    safe(stranger.sign_in(XSS, XSS))
    safe(stranger.get(f"{HOME}/{quote(XSS)}"))
    safe(stranger.get(f"{HOME}/%22%3E%3Cscript%3Ealert(1)%3C/script%3E?q=%22%3E%3Cscript%3Ealert"))
    page = browser.get(f"{HOME}/iotda?q={quote(XSS)}")
    safe(page)
    assert page.forms[1].values["q"] == XSS
    safe(browser.get(f"{HOME}/{quote(XSS)}/{quote(XSS)}"))
    odd = signed_in(
        running, host='x"><script>alert(1)</script>', accept_language=XSS, user_agent=XSS
    )
    safe(odd.get(place(named("iotda"), "ListProducts")))
    safe(odd.send(place(named("iotda"), "ListProducts")))


def test_what_others_have_stored_is_shown_as_text(running: Server, browser: Browser) -> None:
    body = json.dumps({"productName": {"defaultValue": XSS}, "productDesc": XSS,
                       "modelId": "AlterTest0615", "productType": "Device", "dataFormat": "Json"})  # fmt: skip
    made = browser.send(place(named("enos"), "CreateProduct"), body=body)
    safe(made)
    found = browser.send(place(named("enos"), "SearchProduct"))
    safe(found)


# Bounds


def raw(server: Server, path: str, length: int, browser: Browser) -> int:
    """The status of a form of so many bytes, which are announced and not sent."""
    connection = HTTPConnection(server.address, timeout=30)
    try:
        connection.putrequest("POST", path)
        connection.putheader("content-length", str(length))
        connection.putheader("cookie", "; ".join(f"{k}={v}" for k, v in browser.cookies.items()))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_form_that_is_too_large_is_refused_before_it_is_sent(
    running: Server, browser: Browser
) -> None:
    create = place(named("iotda"), "CreateProduct")
    assert raw(running, create, FORM_LIMIT + 1, browser) == 413
    assert raw(running, f"{HOME}/sign-in", 1 << 15, browser) == 413
    assert raw(running, HOME, 1 << 15, browser) == 413
    big = browser.send(create, body=json.dumps({"name": "x" * 1_500_000}))
    assert big.status == 200
    assert "400 Bad Request" in big.text
    assert browser.post(create, {f"p.{n}": "x" for n in range(6000)}).status == 400
    assert browser.post(create, {}).status == 403


def test_an_answer_that_is_too_long_is_cut() -> None:
    answer = Answer(200, b"x" * (MOST_SHOWN + 1))
    outcome = calling._outcome(Request("GET", b"/"), answer, 1.0, set())
    assert outcome.cut
    assert len(outcome.body) == MOST_SHOWN


# Switched off


def test_switched_off_there_is_no_such_page(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--explorer", "false") as server:
        for path in (HOME, f"{HOME}/enter", f"{HOME}/static/style.css", f"{HOME}/iotda"):
            page = Browser(server, accept="text/html").get(path)
            assert page.status == 404
            assert json.loads(page.html)["error"] == "not_found"
        looked = Browser(server, accept="text/html").get("/")
        assert looked.status == 200
        assert "/v5" in json.loads(looked.html)["roots"]
        assert "API explorer" not in server.said


def test_a_defect_is_a_page_and_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(request: Request) -> tuple[Answer, Fault | None]:
        raise RuntimeError("a secret of the house")

    console = Console(tmp_path / "data").with_dev()
    installation = console.opened()
    try:
        _, context = root.context_of(installation)
        vault = installation.vault
        user = root.first_user(installation, "dev")
        assert user is not None
        world = World(
            dialects=root.dialects(),
            context=context,
            ask=broken,
            credentials=lambda tx, *who: root.credentials_in(tx, vault, *who),
            first_password=lambda tenant: "",
        )
        begun = session.begun(user, "", root.now_ms())
        line = session.Cookie(vault).written(begun, secure=False).partition(b";")[0]
        headers = {b"cookie": line, b"host": b"x"}
        form = urlencode({"proof": begun.proof, "do": "send"}).encode()
        request = Request("POST", b"/explorer/iam/KeystoneListProjects", headers=headers, body=form)
        answer = asyncio.run(Explorer(world).answer(request))
    finally:
        installation.close()
    assert answer.status == 500
    assert b"Something went wrong" in answer.body
    assert b"a secret of the house" not in answer.body
    assert "a secret of the house" in caplog.text
