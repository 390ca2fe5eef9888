"""Who gets into the explorer, for how long, and what a form must bring along."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.request import Request
from entrepot.explorer import session
from entrepot.explorer.pages import Pages
from tests.certificates import issue
from tests.cli.console import Console
from tests.cluster import Cluster
from tests.explorer.browser import HOME, Browser, Page, signed_in
from tests.server import ENTREPOT, Server, environment

CREATE = f"{HOME}/iotda/CreateProduct"
NOTICED_S = 1.1  # how long a server may believe what it knew


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("explorer")) as server:
        yield server


@pytest.fixture(scope="module")
def known(running: Server) -> dict[str, Any]:
    return running.credentials()


def is_in(page: Page) -> bool:
    """Whether somebody is signed in on the page."""
    return any(form.action == f"{HOME}/sign-out" for form in page.forms)


def is_out(page: Page) -> bool:
    return any(form.action == f"{HOME}/sign-in" for form in page.forms) and not is_in(page)


# Signing in


def test_a_stranger_sees_no_page_but_the_one_to_sign_in(running: Server) -> None:
    for path in (HOME, f"{HOME}/", f"{HOME}/iotda", CREATE, f"{HOME}/nothing", f"{HOME}/a/b/c/d"):
        page = Browser(running).get(path)
        assert is_out(page), path
        assert "IoTDA" not in page.text


def test_a_browser_that_looks_in_at_the_root_is_sent_here(running: Server) -> None:
    looked = Browser(running, accept="text/html").get("/")
    assert (looked.status, looked.headers["location"]) == (303, HOME)


def test_a_key_and_its_secret_sign_in(running: Server, known: dict[str, Any]) -> None:
    browser = Browser(running)
    page = browser.sign_in(known["access_key"], known["secret_key"])
    assert is_in(page)
    assert "IoTDA" in page.text


@pytest.mark.parametrize("name", ["dev", "dev@dev"])
def test_a_tenants_first_user_signs_in_with_its_password(
    running: Server, known: dict[str, Any], name: str
) -> None:
    assert is_in(Browser(running).sign_in(name, known["huawei"]["password"]))


def test_another_user_signs_in_with_the_password_that_was_chosen(running: Server) -> None:
    running.run("user", "create", "anna", "--password", "correct horse")
    page = Browser(running).sign_in("anna@dev", "correct horse")
    assert is_in(page)
    assert "anna@dev" in page.text
    assert is_out(Browser(running).sign_in("anna@dev", "correct horses"))
    assert is_out(Browser(running).sign_in("anna", "correct horse"))


def test_one_goes_on_where_one_wanted_to_go(running: Server, known: dict[str, Any]) -> None:
    browser = Browser(running)
    page = browser.sign_in("dev", known["huawei"]["password"], browser.get(CREATE))
    assert page.path == CREATE
    assert page.status == 200


def test_one_goes_on_to_pages_of_these_alone() -> None:
    pages = Pages(())
    for path in (CREATE, f"{HOME}/aliyun"):
        assert dict(pages.moved(path).headers)[b"location"] == path.encode()
    for path in ("", "/", "//evil.example", "https://evil.example", f"{HOME}/\r\nx: y", "/v5/iot",
                 f"{HOME}\\@evil", f"{HOME}@evil.example", f"{HOME}/../v5", f"{HOME}/名"):  # fmt: skip
        assert dict(pages.moved(path).headers)[b"location"] == HOME.encode()


@pytest.mark.parametrize(
    ("name", "secret"),
    [("dev", "wrong"), ("dev", ""), ("nobody", "psst!"), ("dev@nowhere", "psst!"), ("@", "psst!"), ("", ""),
     ("KEY", "wrong"), ("KEY", ""), ("dev", "SECRET"), ("名@\x00<b>", "psst!\x00"), ("x" * 3000, "y" * 3000)],
)  # fmt: skip
def test_the_wrong_words_sign_nobody_in_and_the_name_stays(
    running: Server, known: dict[str, Any], name: str, secret: str
) -> None:
    name = known["access_key"] if name == "KEY" else name
    secret = known["secret_key"] if secret == "SECRET" else secret
    page = Browser(running).sign_in(name, secret)
    assert (page.status, is_out(page), page.alerts) == (403, True, 1)
    values = page.form(f"{HOME}/sign-in").values
    assert values["name"] == name.strip()
    assert not secret or secret not in page.html


def test_who_guesses_is_made_to_wait_and_others_are_not(fresh_server: Server) -> None:
    known = fresh_server.credentials()
    browser = Browser(fresh_server)
    form = browser.get()
    statuses = [browser.sign_in("dev", f"guess{n}", form).status for n in range(12)]
    assert statuses[:10] == [403] * 10
    assert statuses[10:] == [429, 429]
    password = known["huawei"]["password"]
    assert browser.sign_in("dev", password).status == 429  # the right word does not shorten it
    assert is_in(Browser(fresh_server).sign_in(known["access_key"], known["secret_key"]))
    assert "guess" not in fresh_server.said
    assert "turned 'dev' from 127.0.0.1 away" in fresh_server.said


# The link that a start prints


def test_a_start_prints_a_link_that_signs_in_once(tmp_path: Path) -> None:
    flags = ("--show-credentials", "true", "--port", "0", "--data", str(tmp_path / "data"))
    process = subprocess.Popen(
        [*ENTREPOT, "serve", *flags], stdout=subprocess.PIPE, text=True, env=environment()
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        link = next(line for line in lines if line.startswith("API explorer: ")).split()[-1]
        url = next(line for line in lines if line.startswith("listening on ")).split()[-1]
        browser, path = Browser(url), link.removeprefix(url)
        assert browser.get(path, "HEAD").status == 200  # whoever only looks takes nothing away
        page = browser.get(path)
        assert page.headers["refresh"] == f"0; url={HOME}"
        assert is_in(browser.get())
        again = Browser(url)
        assert again.get(path).status == 403
        assert is_out(again.get())
        assert Browser(url).get(f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}").status == 403
        assert Browser(url).get(f"{HOME}/enter").status == 403
        assert Browser(url).get(f"{HOME}/enter?ticket=%zz").status == 403
    finally:
        process.terminate()
        process.communicate()


def test_a_link_lives_an_hour() -> None:
    vault, user = Vault(bytes(32)), User(id=7, tenant=1, name="u", created_at=0)
    text = session.link(vault, "http://x", user, 1000).rpartition("=")[2]
    ticket = session.read_ticket(vault, text, 1000 + session.TICKET_LIFE_MS - 1)
    assert ticket is not None
    assert ticket.user == 7
    assert session.read_ticket(vault, text, 1000 + session.TICKET_LIFE_MS) is None
    assert session.read_ticket(Vault(bytes(31) + b"1"), text, 1000) is None


# The cookie


def test_the_cookie_is_for_these_pages_and_no_script(
    running: Server, known: dict[str, Any]
) -> None:
    browser = Browser(running)
    form = browser.get().form(f"{HOME}/sign-in").values
    sent = {**form, "name": known["access_key"], "secret": known["secret_key"]}
    (line,) = browser.post(f"{HOME}/sign-in", sent).cookies
    assert [part.strip() for part in line.split(";")[1:]] == [
        "Path=/explorer", "Max-Age=28800", "HttpOnly", "SameSite=Strict",
    ]  # fmt: skip
    for secret in (known["access_key"], known["secret_key"], "dev"):
        assert secret not in line.partition("=")[2].partition(";")[0]


def test_the_cookie_is_secure_under_tls_and_behind_a_proxy_with_tls(tmp_path: Path) -> None:
    with Server(tmp_path / "tls", *issue(tmp_path, "one").flags) as server:
        (line,) = Browser(server).get().cookies
        assert line.endswith("; Secure")
        browser = signed_in(server)
        assert "201" in browser.send(CREATE).text
    with Server(tmp_path / "plain", "--trusted-proxies", "127.0.0.1") as server:
        proxied = Browser(server, x_forwarded_proto="https", x_forwarded_for="203.0.113.9")
        assert proxied.get().cookies[0].endswith("; Secure")
        assert not Browser(server).get().cookies[0].endswith("; Secure")


def test_a_cookie_that_was_changed_is_nobodys(running: Server) -> None:
    browser = signed_in(running)
    ((name, value),) = browser.cookies.items()
    first, later = (
        value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :] for at in (0, 40)
    )
    for changed in (value[:-2], value + "A", first, later, "", "é", "x" * 5000, "=", value[::-1]):  # fmt: skip
        browser.cookies[name] = changed.encode("utf-8").decode("latin-1")
        assert is_out(browser.get())
    browser.cookies[name] = value
    assert is_in(browser.get())


def test_a_cookie_of_another_installation_is_nobodys(running: Server, fresh_server: Server) -> None:
    here, there = signed_in(running), signed_in(fresh_server)
    assert len(here.cookies) == len(there.cookies) == 1
    assert here.cookies.keys().isdisjoint(there.cookies)
    ((name, _),) = here.cookies.items()
    here.cookies[name] = next(iter(there.cookies.values()))
    assert is_out(here.get())


def test_a_session_ends_after_eight_hours() -> None:
    cookie = session.Cookie(Vault(bytes(32)))
    begun = session.begun(User(id=7, tenant=1, name="u", created_at=0), "key", 1000)
    line = cookie.written(begun, secure=False)
    request = Request("GET", b"/explorer", headers={b"cookie": b"a=b; " + line.partition(b";")[0]})
    assert cookie.read(request, 1000 + session.LIFE_MS - 1) == begun
    assert cookie.read(request, 1000 + session.LIFE_MS) is None


def test_a_link_on_another_page_leads_in_and_signs_nobody_out(running: Server) -> None:
    browser = signed_in(running)
    kept, browser.cookies = browser.cookies, {}  # a strict cookie stays behind
    browser.headers["sec-fetch-site"] = "cross-site"
    page = browser.get(CREATE)
    assert page.headers["refresh"] == f"0; url={CREATE}"
    assert (page.cookies, is_in(page)) == ([], False)
    browser.headers.clear()  # one that does not say where from
    page = browser.get(CREATE)
    assert is_out(page)
    assert browser.cookies.keys().isdisjoint(kept)
    browser.cookies |= kept
    browser.headers["sec-fetch-site"] = "same-origin"  # the second time it is asked from here
    assert is_in(browser.get(CREATE))
    odd = Browser(running, sec_fetch_site="cross-site").get(f"{HOME}/x;url=//evil.example")
    assert odd.headers["refresh"] == f"0; url={HOME}"


def test_signing_out_ends_it(running: Server) -> None:
    browser = signed_in(running)
    page = browser.get()
    assert browser.post(f"{HOME}/sign-out", {"proof": "x"}).status == 403
    assert is_in(browser.get())
    assert browser.submit(page, f"{HOME}/sign-out").status == 303
    assert is_out(browser.get())


@pytest.mark.parametrize(
    "words",
    [("user", "disable", "bert"), ("tenant", "disable", "berts"), ("key", "disable", "KEY"),
     ("user", "set", "bert", "--password", "another one")],
    ids=["user", "tenant", "key", "password"],
)  # fmt: skip
def test_who_is_switched_off_is_out_within_a_second(
    fresh_server: Server, words: tuple[str, ...]
) -> None:
    fresh_server.run("tenant", "create", "berts")
    fresh_server.run("user", "create", "bert", "--tenant", "berts", "--password", "correct horse")
    browser = Browser(fresh_server)
    if words[0] == "key":
        known = fresh_server.credentials("berts")
        words = (*words[:2], known["access_key"])
        assert is_in(browser.sign_in(known["access_key"], known["secret_key"]))
    else:
        assert is_in(browser.sign_in("bert@berts", "correct horse"))
        words = (*words, *(("--tenant", "berts") if words[0] == "user" else ()))
    page = browser.get(CREATE)
    fresh_server.run(*words)
    time.sleep(NOTICED_S)
    assert is_out(browser.get())
    assert is_out(browser.submit(page, "#answer", do="send"))
    assert "Thermometer" not in fresh_server.run("product", "list", "--tenant", "berts", "--json")


# What a form must bring along


def test_a_form_from_elsewhere_does_nothing(fresh_server: Server) -> None:
    browser = signed_in(fresh_server)
    values = {**browser.get(CREATE).form("#answer").values, "do": "send"}
    refused = [
        browser.post(CREATE, {**values, "proof": ""}),
        browser.post(CREATE, {**values, "proof": "0" * 32}),
        browser.post(CREATE, {k: v for k, v in values.items() if k != "proof"}),
        browser.post(CREATE, values, sec_fetch_site="cross-site"),
        browser.post(CREATE, values, sec_fetch_site="same-site"),
        browser.post(CREATE, values, sec_fetch_site="none"),
        browser.post(CREATE, values, origin="https://evil.example"),
        browser.post(CREATE, values, origin="http://127.0.0.1:1"),
    ]
    for page in refused:
        assert (page.status, page.alerts) == (403, 1)
        assert page.form("#answer").values["body"] == values["body"].replace("\r\n", "\n")
    # What another session's page carries is no proof here.
    another = Browser(fresh_server)
    another.sign_in("dev", fresh_server.credentials()["huawei"]["password"])
    other = another.get(CREATE).form("#answer").values["proof"]
    assert browser.post(CREATE, {**values, "proof": other}).status == 403
    assert Console(fresh_server.data)("product", "list", "--json").json["total"] == 0
    for headers in ({"sec_fetch_site": "same-origin", "origin": "null"}, {"origin": "null"},
                    {"origin": fresh_server.url}):  # fmt: skip
        assert browser.post(CREATE, values, **headers).status == 200
    assert Console(fresh_server.data)("product", "list", "--json").json["total"] == 3


def test_nobody_is_signed_in_by_a_form_from_elsewhere(
    running: Server, known: dict[str, Any]
) -> None:
    sent = {"name": known["access_key"], "secret": known["secret_key"], "proof": "x"}
    assert Browser(running).post(f"{HOME}/sign-in", sent).status == 403
    browser = Browser(running)
    values = browser.get().form(f"{HOME}/sign-in").values | sent | {"proof": "x"}
    assert is_out(browser.post(f"{HOME}/sign-in", values))
    good = {**values, "proof": browser.get().form(f"{HOME}/sign-in").values["proof"]}
    assert is_out(browser.post(f"{HOME}/sign-in", good, sec_fetch_site="cross-site"))
    assert browser.post(f"{HOME}/sign-in", good, sec_fetch_site="same-origin").status == 303


def test_reading_changes_nothing(running: Server) -> None:
    browser = signed_in(running)
    before = running.run("product", "list", "--json")
    assert browser.get(f"{CREATE}?do=send&body=%7B%7D").status == 200
    assert running.run("product", "list", "--json") == before


def test_every_answer_says_what_browsers_shall_not_do(running: Server) -> None:
    browser = signed_in(running)
    for page in (Browser(running).get(), browser.get(), browser.get(CREATE), browser.send(CREATE),
                 browser.get(f"{HOME}/none"), browser.get(f"{HOME}/static/style.css"),
                 browser.get(f"{HOME}/static/none"), browser.get(HOME, "PUT")):  # fmt: skip
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        if "text/html" in page.headers.get("content-type", ""):
            assert page.headers["cache-control"] == "no-store"
        for tag, attributes in page.tags:
            assert tag != "style"
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            assert tag != "script" or attributes["src"].startswith(f"{HOME}/static/")


def test_one_tenants_session_sees_nothing_of_anothers(running: Server) -> None:
    running.run("tenant", "create", "second")
    time.sleep(NOTICED_S)
    made = signed_in(running).send(CREATE).text
    number = made.partition('"product_id": "')[2].partition('"')[0]
    assert number
    show = f"{HOME}/iotda/ShowProduct"
    assert '"name": "Thermometer"' in signed_in(running).send(show, p_product_id=number).text
    theirs = signed_in(running, "second")
    assert "NotFound" in theirs.send(show, p_product_id=number).text
    project = running.credentials()["huawei"]["project_id"]
    page = theirs.send(show, p_product_id=number, p_project_id=project)
    assert "Refused as" in page.text
    assert "Thermometer" not in page.text


def test_sessions_hold_in_every_worker_and_links_in_one(tmp_path: Path) -> None:
    with Server(tmp_path / "data", "--workers", "3") as server:
        browser = signed_in(server)
        for _ in range(12):  # each on a connection of its own, which the kernel deals out
            assert is_in(browser.get())
            assert "200 OK" in browser.send(f"{HOME}/iotda/ListProducts").text
        console = Console(server.data)
        opened = console.opened()
        try:
            tenant = opened.store.read_now(lambda tx: next(iter(tx.scan(Tenant, 0))))
            user = opened.store.read_now(lambda tx: next(iter(tx.scan(User, 0, parent=tenant.id))))
            now_ms = time.time_ns() // 1_000_000
            link = session.link(opened.vault, server.url, user, now_ms)
        finally:
            opened.close()
        path = link.removeprefix(server.url)
        assert sorted(Browser(server).get(path).status for _ in range(6)) == [200] + [403] * 5


def marks_kept(cluster: Cluster) -> list[int]:
    """How many nonces and calls the nodes' store has counted."""
    with psycopg.connect(cluster.config.store) as connection:
        counted = (
            connection.execute("SELECT count(*) FROM entrepot.nonce").fetchone(),
            connection.execute("SELECT count(*) FROM entrepot.rate").fetchone(),
        )
    return [row[0] for row in counted if row is not None]


def test_nodes_share_sessions_and_each_counts_wrong_words_for_itself(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, nodes=2)
    cluster.start()
    one, two = cluster.nodes
    try:
        browser = Browser(one)
        browser.sign_in(cluster.caller["access_key"], cluster.caller["secret_key"])
        browser.url = two.url
        assert is_in(browser.get())
        assert "201 Created" in browser.send(CREATE).text
        marks = marks_kept(cluster)
        guessing = [Browser(node) for node in (one, two)]
        statuses = [guessing[n % 2].sign_in("killed", f"guess{n}").status for n in range(22)]
        assert statuses == [403] * 20 + [429] * 2
        assert marks_kept(cluster) == marks  # a stranger writes nothing into the store
    finally:
        one.stop()
        two.stop()


def test_the_start_imports_no_page(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import entrepot.explorer, entrepot.service"],
        capture_output=True, text=True, check=True, env=environment(),
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines()}
    assert "entrepot.explorer" in imported
    assert imported.isdisjoint({"jinja2", "markupsafe", "entrepot.explorer.pages"})
