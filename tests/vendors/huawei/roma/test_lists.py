"""ROMA's lists: every filter, the paging rules; and CSV import and export beyond what the SDK does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.server import Server
from tests.vendors.huawei.reply import Reply
from tests.vendors.huawei.roma.caller import RomaCaller, caller

HEADER = "name,manufacturer_id,manufacturer_name,model,product_type,protocol_type,description"


@pytest.fixture(scope="module")
def catalog(server: Server) -> RomaCaller:
    """A tenant with twelve products that differ in everything."""
    server.run("tenant", "create", "roma-shelf")
    roma = caller(server, "roma-shelf")
    apps = f"/v2/{roma.project}/instances/{roma.instance}/apps"
    other = roma.call("POST", apps, {"name": "other"}).json["id"]
    for i in range(12):
        made = roma.create(
            name=f"产品-{i}", manufacturer_id=f"maker-{i % 3}", manufacturer_name=f"Maker {i % 3}",
            model=f"model {i}", product_type=i % 2, protocol_type=(0, 1, 2, 4)[i % 4],
            device_type=f"type-{i % 2}", app_id=other if i >= 9 else None or roma.app,
        )  # fmt: skip
        roma.made.append(made["id"])
    return roma


def listed(roma: RomaCaller, **query: Any) -> list[str]:
    """The names that match, once the form of the page is proved."""
    reply = roma.call("GET", roma.products, **query)
    assert reply.status == 200, reply.body
    page = reply.json
    assert sorted(page) == ["items", "size", "total"]
    assert page["size"] == len(page["items"])
    return [item["name"] for item in page["items"]]


def total(roma: RomaCaller, **query: Any) -> int:
    count: int = roma.call("GET", roma.products, **query).json["total"]
    return count


def test_ten_items_newest_first_are_the_default(catalog: RomaCaller) -> None:
    assert listed(catalog) == [f"产品-{i}" for i in range(11, 1, -1)]
    assert total(catalog) == 12


@pytest.mark.parametrize(
    ("limit", "offset", "first", "size"),
    [(3, 0, 11, 3), (3, 3, 8, 3), (5, 10, 1, 2), (999, 0, 11, 12), (5000, 0, 11, 12),
     (3, -4, 11, 3), (10, 12, None, 0), (0, 0, None, 0), (10, 2**62, None, 0)],
)  # fmt: skip
def test_a_page_is_limit_items_behind_offset(
    catalog: RomaCaller, limit: int, offset: int, first: int | None, size: int
) -> None:
    names = listed(catalog, limit=limit, offset=offset)
    assert len(names) == size
    assert names[:1] == ([] if first is None else [f"产品-{first}"])
    assert total(catalog, limit=limit, offset=offset) == 12


def test_filtered_lists_are_paged_as_well(catalog: RomaCaller) -> None:
    assert listed(catalog, product_type=1, limit=2, offset=1) == ["产品-9", "产品-7"]
    assert total(catalog, product_type=1, limit=2, offset=1) == 6


@pytest.mark.parametrize(
    ("query", "count"),
    [({"name": "产品-3"}, 1), ({"name": "产品"}, 0), ({"name": ""}, 12),
     ({"manufacturer_id": "maker-1"}, 4), ({"manufacturer_name": "Maker 2"}, 4),
     ({"model": "model 7"}, 1), ({"device_type": "type-1"}, 6), ({"product_type": 0}, 6),
     ({"product_type": 9}, 0), ({"protocol_type": 4}, 3), ({"created_user_name": "roma-shelf"}, 12),
     ({"created_user_name": "somebody"}, 0), ({"app_name": "other"}, 3),
     ({"app_name": "DefaultApp"}, 9), ({"app_id": "no such application"}, 0),
     ({"id": "no number"}, 0), ({"product_serial": "AbCdEf1"}, 0),
     ({"product_type": 0, "manufacturer_id": "maker-0"}, 2), ({"unknown": "x"}, 12)],
)  # fmt: skip
def test_every_filter_narrows_the_list(
    catalog: RomaCaller, query: dict[str, Any], count: int
) -> None:
    assert total(catalog, **query) == count


def test_a_product_is_found_by_its_id_serial_and_application(catalog: RomaCaller) -> None:
    shown = catalog.call("GET", f"{catalog.products}/{catalog.made[4]}").json
    assert listed(catalog, id=catalog.made[4]) == ["产品-4"]
    assert listed(catalog, product_serial=shown["product_serial"]) == ["产品-4"]
    assert listed(catalog, product_serial="x" * 6 + str(catalog.made[4])) == []
    assert total(catalog, app_id=shown["app_id"]) == 9
    assert listed(catalog, app_id=shown["app_id"], id=catalog.made[11]) == []


def test_the_time_of_making_narrows_the_list(catalog: RomaCaller) -> None:
    times = [
        item["created_datetime"]
        for item in catalog.call("GET", catalog.products, limit=99).json["items"]
    ]
    assert total(catalog, created_date_start=times[0] + 1) == 0
    assert total(catalog, created_date_end=times[-1] - 1) == 0
    assert total(catalog, created_date_start=times[-1], created_date_end=times[0]) == 12
    assert total(catalog, created_date_start=times[3]) >= 4


def test_a_tenant_sees_nothing_of_another(server: Server, catalog: RomaCaller) -> None:
    other = caller(server)
    assert total(other, name="产品-3") == 0
    assert other.call("GET", f"{other.products}/{catalog.made[0]}").code == "404 ROMA.00110006"
    assert other.call("DELETE", f"{other.products}/{catalog.made[0]}").code == "404 ROMA.00110006"
    reply = other.call("GET", f"{other.products}/export", product_ids=catalog.made[0])
    assert reply.code == "404 ROMA.00110006"


def test_topics_and_templates_are_paged_by_the_same_rules(catalog: RomaCaller) -> None:
    topics = f"{catalog.products}/{catalog.made[0]}/topics"
    templates = f"{catalog.link}/product-templates"
    for i in range(12):
        catalog.call("POST", topics, {"permission": 0, "name": f"t{i}", "version": "1.0"})
        catalog.call("POST", templates, {"name": f"t{i}", "status": i % 2})
    for path in (topics, templates):
        page = catalog.call("GET", path).json
        assert (page["total"], page["size"]) == (12, 10)
        page = catalog.call("GET", path, limit=5, offset=10).json
        assert (page["total"], page["size"]) == (12, 2)
    assert catalog.call("GET", templates, status=1).json["total"] == 6
    now = time.time_ns() // 1_000_000 + 60_000
    assert catalog.call("GET", templates, created_date_start=now).json["total"] == 0


# Export and import


def form(content: bytes, name: str = "file", filename: str = "p.csv") -> bytes:
    disposition = f'form-data; name="{name}"; filename="{filename}"'
    head = f"--B\r\nContent-Disposition: {disposition}\r\nContent-Type: text/csv\r\n\r\n"
    return head.encode() + content + b"\r\n--B--\r\n"


def upload(roma: RomaCaller, body: bytes, query: str = "") -> Reply:
    path = f"{roma.products}/import{query}"
    return roma.send("POST", path, body, content_type="multipart/form-data; boundary=B")


def sheet(*lines: str) -> bytes:
    return form("\r\n".join([HEADER, *lines, ""]).encode())


@pytest.fixture(scope="module")
def desk(server: Server) -> RomaCaller:
    server.run("tenant", "create", "roma-desk")
    return caller(server, "roma-desk")


@pytest.mark.parametrize("query", ["?product_ids={0}&product_ids={1}", "?product_ids={0},{1}"])
def test_export_takes_repeated_and_comma_separated_ids(catalog: RomaCaller, query: str) -> None:
    a, b = catalog.made[1], catalog.made[9]
    reply = catalog.send("GET", f"{catalog.products}/export{query.format(a, b)}")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/csv;charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="products.csv"'
    lines = reply.body.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("id,app_id,name,manufacturer_id,")
    assert [line.split(",")[0] for line in lines[1:3]] == [str(a), str(b)]


def test_export_without_ids_is_of_all_products(catalog: RomaCaller) -> None:
    reply = catalog.call("GET", f"{catalog.products}/export")
    assert len(reply.body.decode().strip().split("\r\n")) == 13


def test_each_row_fails_for_itself(desk: RomaCaller) -> None:
    reply = upload(
        desk,
        sheet(
            "a1,m1,maker,model,0,0,good", "a 2,m2,maker,model,0,0,", "a1,m3,maker,model,0,0,",
            "a4,m1,maker,model,0,0,same maker and model", "a5,m5,maker,model,zero,0,",
            "a6,m6,maker,model,0,0,d,too much", ",m7,maker,model,0,0,", "a8,m8,maker,model,1,5,good",
        ),
    )  # fmt: skip
    assert reply.json == {
        "succ_num": 2,
        "fail_num": 6,
        "fail_objects_ids": ["a 2", "a1", "a4", "a5", "a6", "row 7"],
    }
    assert sorted(listed(desk)) == ["a1", "a8"]
    desk.create(name="a4", manufacturer_id="m9")  # what failed has kept no name


def test_upsert_changes_what_is_there_when_asked(desk: RomaCaller) -> None:
    made = desk.create(name="u1", manufacturer_id="mu1", model="model", description="old")
    assert upload(desk, sheet("u1,mu1,maker,model,0,0,new")).json["fail_num"] == 1
    rows = sheet("u1,mu2,maker,model,0,0,new", "u2,mu3,maker,model,0,0,made")
    assert upload(desk, rows, "?upsert=true").json == {
        "succ_num": 2, "fail_num": 0, "fail_objects_ids": [],
    }  # fmt: skip
    shown = desk.call("GET", f"{desk.products}/{made['id']}").json
    assert (shown["description"], shown["manufacturer_id"]) == ("new", "mu2")
    fixed = sheet("u1,mu2,maker,model,1,0,another sort of product")
    assert upload(desk, fixed, "?upsert=true").json["fail_objects_ids"] == ["u1"]
    desk.create(name="u3", manufacturer_id="mu1", model="model")  # its old pair is free


@pytest.mark.parametrize(
    ("body", "said"),
    [(form(b"name\r\nx\r\n", name="other"), "file:Can not be empty"),
     (form(b"name\r\nx\r\n", filename="p.xlsx"), "file:must be a .csv file"),
     (form("name\r\n名".encode("gbk")), "file:must be UTF-8"),
     (form(b""), "file:must begin with a line of column names, with name among them"),
     (form(b"name,name\r\nx,y"), "file:must not have a column twice"),
     (form(b"name\r\n" + b"x\r\n" * 501), "file:must have at most 500 products"),
     (form(b'name\r\n"x'), "file:must be CSV: each quoted cell ends before a comma or a new line")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused(desk: RomaCaller, body: bytes, said: str) -> None:
    reply = upload(desk, body)
    assert reply.code == "400 ROMA.00110001"
    assert reply.said.endswith(f"[{said}]")


@pytest.mark.parametrize("body", [b"", b"--B", b"{}", b"--B\r\n\r\n", form(b"name")[:-7]])
def test_a_body_that_is_no_form_is_refused(desk: RomaCaller, body: bytes) -> None:
    assert upload(desk, body).code == "400 SCB.00000000"


def test_an_import_that_is_no_multipart_is_refused(desk: RomaCaller) -> None:
    reply = desk.call("POST", f"{desk.products}/import", {})
    assert reply.code == "400 SCB.00000000"
    assert "[romalink.link-product.importProduct]" in reply.said


def test_an_import_over_the_limit_is_refused(desk: RomaCaller) -> None:
    reply = upload(desk, form(b"name\r\n" + b"x" * (1 << 20)))
    assert reply.code == "413 APIGW.0201"
