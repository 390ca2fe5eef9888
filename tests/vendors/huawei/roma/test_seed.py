"""Creating a Product, word for word: the page's samples, and every limit and default of its tables."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from entrepot.dialect.check import read_json
from entrepot.vendors.huawei.roma.common import LENIENT
from entrepot.vendors.huawei.roma.devices.wire import AddSubsets, CreateDevice
from entrepot.vendors.huawei.roma.products.wire import CreateProduct
from tests.server import Server
from tests.vendors.huawei.roma.caller import RomaCaller, caller

SAMPLE = Path(__file__).parents[2] / "samples" / "roma_create_product.json"
SAMPLE_APP = "ef3845be-091a-4ab5-869a-9de0025e2165"
NOBODYS_APP = "ff38023c-0854-4779-847d-72528e1f5da5"


@pytest.fixture(scope="module")
def roma(server: Server) -> RomaCaller:
    return caller(server)


def test_the_page_s_request_works_as_it_stands(server: Server) -> None:
    server.run("tenant", "create", "roma-seed")
    roma = caller(server, "roma-seed")
    sample = SAMPLE.read_text().replace(SAMPLE_APP, roma.app).encode()
    reply = roma.send("POST", roma.products, sample)
    assert reply.status == 201
    made = reply.json
    told = {
        "permissions": ["read", "access", "delete", "modify"],
        "app_id": roma.app, "name": "device", "manufacturer_id": "10001",
        "manufacturer_name": "test", "model": "model1", "product_type": 0, "description": None,
        "protocol_type": 0, "device_type": "Default", "version": None, "status": 0,
        "app_name": "DefaultApp", "data_format": 0,
        "template_id": None, "template_name": None, "sync_template_date": None,
    }  # fmt: skip
    assert {name: made[name] for name in told} == told
    assert type(made["id"]) is int
    assert re.fullmatch(rf"[A-Za-z0-9]{{6}}{made['id']}", made["product_serial"])
    assert made["created_user"] == made["last_updated_user"]
    assert made["created_user"]["user_name"] == "roma-seed"
    assert made["authentication"]["password"] == "********"
    assert re.fullmatch(r"[A-Za-z0-9]{12}", made["authentication"]["user_name"])
    assert made["created_datetime"] == made["last_updated_datetime"] > 1_700_000_000_000


def test_an_empty_object_gets_the_page_s_message(roma: RomaCaller) -> None:
    reply = roma.send("POST", roma.products, b"{}")
    assert reply.code == "400 ROMA.00110001"
    assert reply.said == (
        "The parameter does not meet verification rules: [name:Can not be empty, "
        "manufacturer_name:Can not be empty, manufacturer_id:Can not be empty, "
        "product_type:must not be null, app_id:must not be empty, model:Can not be empty, "
        "protocol_type:must not be null]"
    )


def test_the_page_s_message_stands_alone_where_only_its_fields_fail(roma: RomaCaller) -> None:
    reply = roma.send("POST", roma.products, b'{"protocol_type": 0}')
    assert reply.json["error_msg"] == (
        "The parameter does not meet verification rules: [name:Can not be empty, "
        "manufacturer_name:Can not be empty, manufacturer_id:Can not be empty, "
        "product_type:must not be null, app_id:must not be empty, model:Can not be empty]"
    )


def test_null_and_empty_texts_are_as_missing(roma: RomaCaller) -> None:
    body = {**roma.body(), "name": "", "app_id": None, "model": "  ", "product_type": None}
    said = roma.call("POST", roma.products, body).said
    assert said.endswith(
        "[name:Can not be empty, product_type:must not be null, "
        "app_id:must not be empty, model:Can not be empty]"
    )


def test_an_unknown_application_is_the_page_s_404(roma: RomaCaller) -> None:
    reply = roma.call("POST", roma.products, roma.body(app_id=NOBODYS_APP))
    assert reply.code == "404 ROMA.00110006"
    assert reply.said == (
        "The resource does not exist. Check whether the resource ID "
        "ff38023c-0854-4779-847d-72528e1f5da5 is correct."
    )


@pytest.mark.parametrize("project", ["397cd10b30544c588b2f4a56d83856c4", None])
def test_an_unknown_instance_is_the_page_s_500(roma: RomaCaller, project: str | None) -> None:
    project, instance = project or roma.project, "f3bb386a-23ec-47aa-9943-4c60ac658611"
    path = f"/v2/{project}/link/instances/{instance}/products"
    reply = roma.call("POST", path, roma.body())
    assert reply.code == "500 ROMA.00110002"
    assert (
        reply.said == f"The instance does not exist. project_id: {project}, instance_id: {instance}"
    )


def test_default_names_the_caller_s_own_project_and_instance(roma: RomaCaller) -> None:
    made = roma.call("POST", "/v2/default/link/instances/default/products", roma.body())
    assert made.status == 201
    shown = roma.call("GET", f"{roma.products}/{made.json['id']}")
    assert shown.json == made.json


def test_request_ids_have_the_samples_shape_and_stand_in_the_header(roma: RomaCaller) -> None:
    reply = roma.send("POST", roma.products, b"{}")
    uuid4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(uuid4 + r"-[0-9]{13}-.+-romalink-service[0-9]{2}", reply.json["request_id"])
    assert reply.code == "400 ROMA.00110001"


def longest(roma: RomaCaller) -> dict[str, Any]:
    fresh = uuid.uuid4().hex
    return {
        "name": (fresh + "x" * 64)[:64],
        "manufacturer_id": (fresh + "y" * 64)[:64],
        "manufacturer_name": "厂" * 64,
        "model": "M" * 50,
        "description": "d" * 200,
        "device_type": "t" * 32,
        "version": "v" * 32,
    }


def test_texts_of_the_greatest_length_are_kept(roma: RomaCaller) -> None:
    texts = longest(roma)
    made = roma.create(**texts, data_format=1, product_type=1)
    assert {name: made[name] for name in texts} == texts
    assert (made["data_format"], made["product_type"]) == (1, 1)


@pytest.mark.parametrize(
    ("field", "most"),
    [("name", 64), ("manufacturer_id", 64), ("manufacturer_name", 64), ("model", 50),
     ("description", 200), ("device_type", 32), ("version", 32), ("app_id", 36)],
)  # fmt: skip
def test_a_longer_text_is_refused(roma: RomaCaller, field: str, most: int) -> None:
    expected = f"{field}:length must be less than or equal to {most}"
    assert roma.refused(**{field: "x" * (most + 1)}) == expected


def test_a_model_of_one_character_is_refused(roma: RomaCaller) -> None:
    assert roma.refused(model=" M ") == "model:length must be greater than or equal to 2"


@pytest.mark.parametrize("name", ["设备名称A", "a_b-C9", "x"])
def test_names_may_hold_these_characters(roma: RomaCaller, name: str) -> None:
    fresh = name + uuid.uuid4().hex[:8]
    assert roma.create(name=fresh)["name"] == fresh


@pytest.mark.parametrize("name", ["a b", "a.b", "a/b", "é", "a\n", "名，字"])
def test_names_may_not_hold_others(roma: RomaCaller, name: str) -> None:
    assert roma.refused(name=name).startswith('name:must match "')


@pytest.mark.parametrize("model", ["v1.0 (2)", "型号", "a\tb", "a,b"])
def test_models_may_not_hold_others(roma: RomaCaller, model: str) -> None:
    assert roma.refused(model=model).startswith('model:must match "')


def test_a_model_is_kept_without_the_spaces_around_it(roma: RomaCaller) -> None:
    assert roma.create(model="  A b_c-1.0  ")["model"] == "A b_c-1.0"
    assert roma.create(model=" " * 40 + "M" * 50 + " ")["model"] == "M" * 50


@pytest.mark.parametrize("code", [0, 1, 2, 4, 5])
def test_each_protocol_type_is_kept(roma: RomaCaller, code: int) -> None:
    assert roma.create(protocol_type=code)["protocol_type"] == code


@pytest.mark.parametrize(
    ("field", "value", "permitted"),
    [("protocol_type", 3, "0, 1, 2, 4, 5"), ("protocol_type", 6, "0, 1, 2, 4, 5"),
     ("product_type", 2, "0, 1"), ("product_type", -1, "0, 1"), ("data_format", 2, "0, 1")],
)  # fmt: skip
def test_other_numbers_are_refused(
    roma: RomaCaller, field: str, value: int, permitted: str
) -> None:
    assert roma.refused(**{field: value}) == f"{field}:must be one of {permitted}"


def test_defaults_are_those_of_the_page(roma: RomaCaller) -> None:
    made = roma.create()
    assert (made["device_type"], made["data_format"], made["status"]) == ("Default", 0, 0)


@pytest.mark.parametrize(("sent", "kept"), [(0, 0), (1, 1), ("1", 1), (1.0, 1), (None, 0), ("", 0)])
def test_a_status_is_kept_and_shown(roma: RomaCaller, sent: Any, kept: int) -> None:
    made = roma.create(status=sent)
    path = f"{roma.products}/{made['id']}"
    assert made["status"] == roma.call("GET", path).json["status"] == kept
    listed = roma.call("GET", roma.products, id=made["id"]).json["items"]
    assert [product["status"] for product in listed] == [kept]


def test_an_update_without_a_status_leaves_it_and_one_with_it_changes_it(roma: RomaCaller) -> None:
    made = roma.create(status=1)
    path = f"{roma.products}/{made['id']}"
    body = {name: made[name] for name in ("name", "manufacturer_id", "manufacturer_name", "model")}
    assert roma.call("PUT", path, body).json["status"] == 1
    assert roma.call("PUT", path, {**body, "status": 0}).json["status"] == 0
    assert roma.call("GET", path).json["status"] == 0


def test_other_statuses_are_refused(roma: RomaCaller) -> None:
    assert roma.refused(status=2) == "status:must be one of 0, 1"
    assert roma.call("POST", roma.products, roma.body(status="x")).code == "400 SCB.00000000"


@pytest.mark.parametrize("field", ["product_type", "protocol_type", "data_format"])
def test_a_whole_number_may_be_spelled_with_a_point(roma: RomaCaller, field: str) -> None:
    assert roma.create(**{field: 1.0})[field] == 1


def test_a_number_with_a_fraction_is_no_whole_number(roma: RomaCaller) -> None:
    reply = roma.call("POST", roma.products, roma.body(product_type=1.5))
    assert reply.code == "400 SCB.00000000"


def test_an_empty_text_is_no_number(roma: RomaCaller) -> None:
    made = roma.create(template_id="", data_format="")
    assert (made["template_id"], made["data_format"]) == (None, 0)
    assert roma.refused(product_type="") == "product_type:must not be null"


def test_numbers_are_taken_for_texts_and_texts_for_numbers(roma: RomaCaller) -> None:
    number = uuid.uuid4().int % 10**15
    made = roma.create(manufacturer_id=number, product_type="1", version=2)
    assert (made["manufacturer_id"], made["product_type"], made["version"]) == (
        str(number), 1, "2",
    )  # fmt: skip


def test_a_template_id_is_rounded_down(roma: RomaCaller) -> None:
    templates = f"{roma.link}/product-templates"
    template = roma.call("POST", templates, {"name": f"t-{uuid.uuid4().hex}", "status": 0}).json
    made = roma.create(template_id=template["id"] + 0.9)
    assert (made["template_id"], made["template_name"]) == (template["id"], template["name"])
    assert made["sync_template_date"] == made["created_datetime"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("7.9999999999999999", 7), ("79999999999999999e-16", 7), ("8.0000000000000001", 8),
     ("7.5", 7), ("7.0", 7), ("999999999999999998.9", 999999999999999998)],
)  # fmt: skip
def test_a_fraction_is_rounded_down_as_it_was_sent(sent: str, kept: int) -> None:
    body = f"""{{"app_id": "a", "name": "n", "manufacturer_id": "m", "manufacturer_name": "m",
        "model": "mm", "product_type": 0, "protocol_type": 0, "template_id": {sent}}}"""
    assert read_json(body.encode(), CreateProduct, LENIENT).template_id == kept
    device = f'{{"product": {{"product_id": {sent}}}, "device_name": "dd", "node_id": "nn", "app_id": "a"}}'
    assert read_json(device.encode(), CreateDevice, LENIENT).product.product_id == kept
    gateway = f'{{"resources": [{sent}]}}'
    assert read_json(gateway.encode(), AddSubsets, LENIENT).resources == [kept]


def test_a_template_id_below_one_is_refused(roma: RomaCaller) -> None:
    expected = "template_id:must be greater than or equal to 1"
    assert roma.refused(template_id=0.99) == expected
    assert roma.refused(template_id=-3) == expected
    assert roma.refused(template_id=10**18).startswith("template_id:must be less than or equal to")


def test_an_unknown_template_is_404_with_its_number(roma: RomaCaller) -> None:
    reply = roma.call("POST", roma.products, roma.body(template_id=987654321))
    assert reply.code == "404 ROMA.00110006"
    assert "resource ID 987654321 is" in reply.said


def test_names_are_unique_in_the_tenant(roma: RomaCaller) -> None:
    made = roma.create()
    reply = roma.call("POST", roma.products, roma.body(name=made["name"]))
    assert reply.code == "500 ROMA.00110701"
    assert made["name"] in reply.said


def test_manufacturer_and_model_are_unique_together(roma: RomaCaller) -> None:
    made = roma.create(model="m 1")
    same = roma.body(manufacturer_id=made["manufacturer_id"], model=" m 1 ")
    reply = roma.call("POST", roma.products, same)
    assert reply.code == "500 ROMA.00110706"
    assert reply.said == "The manufacturer ID and product model already exist."
    roma.create(manufacturer_id=made["manufacturer_id"], model="m 2")


def test_a_taken_name_does_not_hide_that_the_model_is_taken_too(roma: RomaCaller) -> None:
    made, other = roma.create(), roma.create()
    same = {name: made[name] for name in ("name", "manufacturer_id", "model")}
    both = roma.call("POST", roma.products, roma.body(**same))
    assert both.code == "500 ROMA.00110701"
    name = f"The product name already exists. Name: {made['name']}"
    assert both.said == f"{name}. The manufacturer ID and product model already exist."
    # also where two products hold the two
    same |= {"name": other["name"]}
    assert "model already" in roma.call("POST", roma.products, roma.body(**same)).said
    alone = roma.call("POST", roma.products, roma.body(name=made["name"]))
    assert alone.said == name


def test_a_name_is_free_again_when_its_product_is_gone(roma: RomaCaller) -> None:
    made = roma.create()
    assert roma.call("DELETE", f"{roma.products}/{made['id']}").status == 204
    roma.create(name=made["name"], manufacturer_id=made["manufacturer_id"])


def test_every_failing_field_is_named_at_once_in_the_page_s_order(roma: RomaCaller) -> None:
    said = roma.refused(model="x", name="a b", product_type=7, description="d" * 201, data_format=9)
    fields = [entry.partition(":")[0] for entry in re.split(r", (?=[a-z_]+:)", said)]
    assert fields == ["name", "product_type", "model", "description", "data_format"]


def test_five_hundred_products_are_the_quota_where_quotas_are_kept(server: Server) -> None:
    server.run("tenant", "create", "roma-quota", "--set", "quotas=true")
    roma = caller(server, "roma-quota")
    header = "name,manufacturer_id,manufacturer_name,model,product_type,protocol_type\r\n"
    lines = [f"q{i},m{i},maker,model,0,0\r\n" for i in range(500)]
    file = (header + "".join(lines)).encode()
    form = b'--B\r\ncontent-disposition: form-data; name="file"; filename="q.csv"\r\n\r\n%b\r\n--B--\r\n'
    reply = roma.send(
        "POST", f"{roma.products}/import", form % file,
        content_type="multipart/form-data; boundary=B",
    )  # fmt: skip
    assert reply.json == {"succ_num": 500, "fail_num": 0, "fail_objects_ids": []}
    refused = roma.call("POST", roma.products, roma.body())
    assert refused.code == "500 ROMA.00110004"
    assert refused.said == "The quota exceeds the upper limit, 500. Increase the quota."
