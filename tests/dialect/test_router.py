"""From method, path and selector to an operation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.core.faults import Malformed, Unrouted
from entrepot.dialect.operation import Operation
from entrepot.dialect.router import Router


def operation(method: str, path: str, selector: str = "", *also: str) -> Operation:
    return Operation(
        name=f"{method} {path} {selector}".strip(), method=method, path=path, selector=selector,
        also=also, summary="", source="inferred", take=lambda call, caller: None,
        run=lambda tx, caller, value: None, give=lambda result, caller: None,
    )  # fmt: skip


TABLE = (
    operation("GET", "/"),
    operation("GET", "/v1/things"),
    operation("POST", "/v1/things"),
    operation("POST", "/v1/things", "delete"),
    operation("GET", "/v1/things/{id}"),
    operation("GET", "/v1/things/all"),
    operation("DELETE", "/v1/things/{id}/parts/{part}", "", "POST"),
    operation("GET", "/v1/{kind}/list"),
)
ROUTER = Router(TABLE)


@pytest.mark.parametrize(
    ("method", "path", "selector", "name", "values"),
    [
        ("GET", b"/", "", "GET /", {}),
        ("GET", b"/v1/things", "", "GET /v1/things", {}),
        ("POST", b"/v1/things", "delete", "POST /v1/things delete", {}),
        ("GET", b"/v1/things/", "", "GET /v1/things", {}),
        ("GET", b"/v1/things/7", "", "GET /v1/things/{id}", {"id": "7"}),
        ("GET", b"/v1/things/all", "", "GET /v1/things/all", {}),
        ("GET", b"/v1/things/a%20%2Fb", "", "GET /v1/things/{id}", {"id": "a /b"}),
        ("GET", b"/v1/things/%61ll", "", "GET /v1/things/all", {}),
        ("GET", "/v1/things/灯".encode(), "", "GET /v1/things/{id}", {"id": "灯"}),
        ("GET", b"/v1/things/{}", "", "GET /v1/things/{id}", {"id": "{}"}),
        ("GET", b"/v1/others/list", "", "GET /v1/{kind}/list", {"kind": "others"}),
        ("DELETE", b"/v1/things/1/parts/2", "", "DELETE /v1/things/{id}/parts/{part}",
         {"id": "1", "part": "2"}),
        ("POST", b"/v1/things/1/parts/2", "", "DELETE /v1/things/{id}/parts/{part}",
         {"id": "1", "part": "2"}),
    ],
)  # fmt: skip
def test_an_operation_is_found_at_its_place(
    method: str, path: bytes, selector: str, name: str, values: dict[str, str]
) -> None:
    found, given_values = ROUTER.find(method, path, selector)
    assert (found.name, given_values) == (name, values)


@pytest.mark.parametrize(
    ("method", "path", "selector", "allowed"),
    [
        ("GET", b"/v2", "", ()),
        ("GET", b"/v1", "", ()),
        ("GET", b"", "", ()),
        ("GET", b"*", "", ()),
        ("GET", b"/v1//things", "", ()),
        ("GET", b"/V1/things", "", ()),
        ("GET", b"/v1/things/1/2/3", "", ()),
        ("GET", b"/v1" + b"/x" * 5000, "", ()),
        ("PUT", b"/v1/things", "", ("GET", "POST")),
        ("POST", b"/v1/things", "create", ("", "delete")),
        ("get", b"/v1/things", "", ("GET", "POST")),
    ],
    ids=lambda v: repr(v)[:30],
)
def test_elsewhere_is_nothing_and_the_refusal_says_what_there_is(
    method: str, path: bytes, selector: str, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(Unrouted) as refused:
        ROUTER.find(method, path, selector)
    assert refused.value.allowed == allowed


@pytest.mark.parametrize("segment", [b"%", b"%ff", b"%z0", b"\xff"])
def test_a_path_that_cannot_be_decoded_is_malformed(segment: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        ROUTER.find("GET", b"/v1/things/" + segment, "")
    assert refused.value.part == "path"


@given(st.text(max_size=8), st.binary(max_size=40), st.text(max_size=8))
def test_any_path_is_found_or_refused(method: str, path: bytes, selector: str) -> None:
    try:
        ROUTER.find(method, b"/" + path, selector)
    except (Unrouted, Malformed) as refused:
        assert isinstance(refused, Unrouted | Malformed)  # noqa: PT017


def test_two_operations_at_one_place_are_refused_at_the_start() -> None:
    for twin in (
        operation("GET", "/v1/things/{other}"),
        operation("POST", "/v1/things/{a}/parts/{b}"),
        replace(TABLE[3], name="twin"),
    ):
        with pytest.raises(ValueError, match="live at the same place"):
            Router((*TABLE, twin))


def test_a_kept_path_answers_the_same_and_few_are_kept() -> None:
    router = Router([operation("GET", "/a/{id}"), operation("POST", "/a/{id}")])
    first = router.find("GET", b"/a/1", "")
    router.keep(b"/a/1")
    assert router.find("GET", b"/a/1", "") == first
    assert router.find("POST", b"/a/1", "")[0].method == "POST"
    for n in range(3000):
        router.keep(b"/a/%d" % n)
    router.keep(b"/a/" + b"x" * 300)
    router.keep(b"/nowhere")
    assert len(router._kept) == 1024
    assert max(map(len, router._kept)) <= 256
