"""ROMA's products as files: what is downloaded can be uploaded again, and no spreadsheet runs any of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.dialect.client import Credentials, Stamp
from entrepot.dialect.request import Request
from entrepot.vendors.huawei import client
from entrepot.vendors.huawei.roma.transfer.wire import cell, text_of
from tests.contract.adapters import stamp
from tests.contract.declared import TEXT
from tests.contract.world import World
from tests.examples import examples

# What each of them looks like in the download; every other character begins an ordinary text.
FORMULAS = (
    "=cmd|'/c calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
    "\u3000@SUM(1)", "＝1+1", "＋1", "－1", "＠SUM(1)", "'=1+1", "''", "'",
)  # fmt: skip
RUN = "=+-@＝＋－＠\t\r\n"  # what a spreadsheet may take for the beginning of a formula
BOUNDARY = "a-boundary-that-no-text-has"

hostile = st.text(
    st.one_of(st.sampled_from("=+-@'＝\t\r\n \"',;a0"), TEXT), min_size=1, max_size=32
)
word = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)


class Desk:
    """One tenant's ROMA, asked without a socket."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: Credentials = world.tenant()
        huawei, roma = self._known["huawei"], self._known["roma"]
        self.app = roma["app_id"]
        self._root = f"/v2/{huawei['project_id']}/link/instances/{roma['instance_id']}/products"

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> bytes:
        """The body of the answer, which is no refusal."""
        headers = {b"host": b"localhost", b"content-type": kind.encode()}
        request = Request(method, (self._root + path).encode(), b"", headers, body)
        at: Stamp = stamp()
        answer = self._world.ask(client.sign(request, self._known, at))
        assert answer.status < 300, answer.body
        return answer.body

    def create(self, **members: Any) -> dict[str, Any]:
        """A new product."""
        whole = {
            "app_id": self.app, "name": "p", "manufacturer_id": "m", "manufacturer_name": "maker",
            "model": "model", "product_type": 0, "protocol_type": 0, **members,
        }  # fmt: skip
        made: dict[str, Any] = json.loads(self.ask("POST", "", json.dumps(whole).encode()))
        return made

    def all(self) -> list[dict[str, Any]]:
        """Every product."""
        items: list[dict[str, Any]] = json.loads(self.ask("GET", ""))["items"]
        return items

    def upload(self, file: bytes) -> dict[str, Any]:
        """What the import did."""
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
        )
        body = head.encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        done: dict[str, Any] = json.loads(self.ask("POST", "/import", body, kind))
        return done


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    world = World(tmp_path_factory.mktemp("transfer"))
    yield Desk(world)
    world.close()


def cells(file: bytes) -> list[str]:
    text = io.StringIO(file.decode("utf-8-sig"), newline="")
    return [cell for line in csv.reader(text, strict=True) for cell in line]


@examples(60)
@given(
    st.fixed_dictionaries(
        {"name": word, "manufacturer_id": word, "manufacturer_name": hostile},
        optional={
            "model": st.from_regex(r"[A-Za-z0-9_.-][A-Za-z0-9_\-. ]{1,40}", fullmatch=True),
            "description": hostile,
            "device_type": hostile,
            "version": hostile,
            "product_type": st.sampled_from((0, 1)),
            "protocol_type": st.sampled_from((0, 1, 2, 4, 5)),
            "data_format": st.sampled_from((0, 1)),
        },
    )
)
def test_what_is_downloaded_and_uploaded_is_the_same_product(
    desk: Desk, members: dict[str, Any]
) -> None:
    made = desk.create(**members)
    file = desk.ask("GET", "/export")
    assert not [cell for cell in cells(file) if cell.lstrip(" \u3000")[:1] in tuple(RUN)]
    desk.ask("DELETE", f"/{made['id']}")
    assert desk.upload(file) == {"succ_num": 1, "fail_num": 0, "fail_objects_ids": []}
    (back,) = desk.all()
    desk.ask("DELETE", f"/{back['id']}")
    for product in (made, back):
        for own in ("id", "product_serial", "authentication", "created_datetime"):
            product.pop(own, None)
        product.pop("last_updated_datetime")
    assert back == made


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_marked_and_numbers_stay_numbers(desk: Desk, text: str) -> None:
    made = desk.create(description=text, product_type=1)
    file = desk.ask("GET", "/export")
    desk.ask("DELETE", f"/{made['id']}")
    columns, row = list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))
    shown = dict(zip(columns, row, strict=True))
    assert shown["description"] == f"'{text}"
    assert (shown["id"], shown["product_type"]) == (str(made["id"]), "1")


def test_a_row_that_fails_is_named_as_its_product_is(desk: Desk) -> None:
    done = desk.upload(b"name,model\r\n'-a,\r\n''b,\r\n")
    assert done["fail_objects_ids"] == ["-a", "'b"]


@given(st.one_of(hostile, st.text()))
def test_an_import_takes_off_what_an_export_put_on(text: str) -> None:
    assert text_of(cell(text)) == text
    assert cell(text)[:1] not in tuple(RUN)
