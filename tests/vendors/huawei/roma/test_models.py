"""ROMA's thing model through huaweicloudsdkroma: services, properties, commands and what these take and answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import huaweicloudsdkroma.v2 as sdk
import pytest
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ServerResponseException,
)

from tests.server import Server
from tests.vendors.huawei.roma.client import Roma, fresh, plain

POWER = {
    "property_name": "power_usage", "description": "power_usage", "data_type": "integer",
    "required": 0, "min": "0", "max": "100", "step": "1", "unit": "W",
}  # fmt: skip


@pytest.fixture(scope="module")
def roma(server: Server) -> Roma:
    return Roma(server)


def template(roma: Roma, name: str = "model") -> int:
    body = sdk.CreateProductTemplateRequestBody(name=fresh(name), status=0)
    id: int = roma("create_product_template", body=body).id
    return id


def service(roma: Roma, name: str = "service", **members: Any) -> Any:
    body = sdk.CreateServiceRequestBody(**{"service_name": name, "status": 0, **members})
    return roma("create_service", body=body)


def property(roma: Roma, service: int, name: str, **members: Any) -> Any:
    body = sdk.CreatePropertyRequestBody(**{**POWER, "property_name": name, **members})
    return roma("create_property", service_id=service, body=body)


def command(roma: Roma, service: int, name: str, **members: Any) -> Any:
    body = sdk.CreateCommandRequestBody(name=name, **members)
    return roma("create_command", service_id=service, body=body)


def refused(kind: type[Exception], call: Any) -> Any:
    with pytest.raises(kind) as found:
        call()
    return found.value


def gone(roma: Roma, method: str, **ids: Any) -> None:
    error = refused(ClientRequestException, lambda: roma(method, **ids))
    assert (error.status_code, error.error_code) == (404, "ROMA.00110006")


@pytest.mark.parametrize("owner", ["product", "template"])
def test_a_service_s_whole_life(roma: Roma, owner: str) -> None:
    id = roma.create(fresh("services")).id if owner == "product" else template(roma)
    key = {"product": "product_id", "template": "product_template_id"}[owner]
    made = service(roma, "服务_1", description="d", **{key: id})
    assert made.status_code == 201
    other = ({"product_id", "product_template_id"} - {key}).pop()
    said = made.to_json_object()
    assert (said[key], said[other]) == (id, None)
    assert (made.service_name, made.status, made.description) == ("服务_1", 0, "d")
    assert made.created_user.user_name == made.last_updated_user.user_name != ""
    assert made.created_datetime == made.last_updated_datetime > 0

    assert plain(roma("show_service", service_id=made.service_id)) == plain(made)
    second = service(roma, "second", **{key: id})
    assert second.service_id != made.service_id
    listed = roma("list_services", **{key: id})
    assert (listed.total, listed.size) == (2, 2)
    assert [plain(item) for item in listed.items] == [plain(made), plain(second)]

    body = sdk.UpdateServiceRequestBody(service_name="renamed", status=1)
    changed = roma("update_service", service_id=made.service_id, body=body)
    assert (changed.status_code, changed.service_id) == (200, made.service_id)
    assert (changed.service_name, changed.status, changed.description) == ("renamed", 1, "d")
    assert changed.created_datetime == made.created_datetime
    assert changed.last_updated_datetime >= made.last_updated_datetime

    assert roma("delete_service", service_id=made.service_id).status_code == 204
    gone(roma, "show_service", service_id=made.service_id)
    assert [s.service_name for s in roma("list_services", **{key: id}).items] == ["second"]
    third = service(roma, "third", **{key: id})
    assert third.service_id not in (made.service_id, second.service_id)


def test_services_are_filtered_and_paged(roma: Roma) -> None:
    product = roma.create(fresh("filters"))
    made = [service(roma, f"s{i}", product_id=product.id) for i in range(5)]
    page = roma("list_services", product_id=product.id, limit=2, offset=3)
    assert (page.total, [s.service_name for s in page.items]) == (5, ["s3", "s4"])

    def names(**filters: Any) -> list[str]:
        listed = roma("list_services", product_id=product.id, **filters)
        return [s.service_name for s in listed.items or ()]

    assert names(service_name="s1") == ["s1"]
    assert names(service_name="s") == []
    assert names(service_id=made[2].service_id) == ["s2"]
    assert names(created_user_name=made[0].created_user.user_name) == [f"s{i}" for i in range(5)]
    assert names(created_user_name="nobody") == []
    at = made[4].created_datetime
    assert names(created_date_start=at + 60_000) == []
    assert len(names(created_date_start=made[0].created_datetime, created_date_end=at)) == 5
    alone = roma("list_services", service_id=made[1].service_id)
    assert [s.service_name for s in alone.items] == ["s1"]


def test_a_property_s_whole_life(roma: Roma) -> None:
    owner = service(roma, product_id=roma.create(fresh("properties")).id).service_id
    made = property(roma, owner, "power_usage", method="RW")
    assert made.status_code == 201
    assert plain(made) == {
        **POWER, "property_id": made.property_id, "max_length": 10, "enum_list": None,
        "enum_dict": None, "method": "RW",
    }  # fmt: skip
    text = property(
        roma, owner, "mode", data_type="string", min=None, max=None, step=None, unit=None,
        max_length=20, enum_list="auto,manual", required=1,
    )  # fmt: skip
    assert (text.max_length, text.enum_list, text.required) == (20, "auto,manual", 1)
    switch = property(
        roma, owner, "switch", data_type="boolean", min=None, max=None, step=None,
        enum_dict={"0": "off", "1": "on"},
    )  # fmt: skip
    assert switch.enum_dict == {"0": "off", "1": "on"}

    ids = {"service_id": owner, "property_id": made.property_id}
    assert plain(roma("show_property", **ids)) == plain(made)
    listed = roma("list_properties", service_id=owner)
    assert [plain(item) for item in listed.items] == [plain(made), plain(text), plain(switch)]
    page = roma("list_properties", service_id=owner, limit=1, offset=1)
    assert (page.total, [p.property_name for p in page.items]) == (3, ["mode"])
    by_name = roma("list_properties", service_id=owner, property_name="switch")
    assert [p.property_id for p in by_name.items] == [switch.property_id]
    by_id = roma("list_properties", service_id=owner, property_id=text.property_id)
    assert [p.property_name for p in by_id.items] == ["mode"]

    body = sdk.UpdatePropertyRequestBody(
        property_name="power", data_type="integer", required=1, min="-5", max="5"
    )
    changed = roma("update_property", **ids, body=body)
    assert plain(changed) == {
        **plain(made), "property_name": "power", "required": 1, "min": "-5", "max": "5",
    }  # fmt: skip
    body = sdk.UpdatePropertyRequestBody(
        property_name="power", data_type="string", required=1, max_length=8, unit=""
    )
    changed = roma("update_property", **ids, body=body)
    assert (changed.data_type, changed.max_length, changed.unit) == ("string", 8, None)
    assert (changed.min, changed.max, changed.method) == ("0", "65536", "RW")  # the defaults again

    assert roma("delete_property", **ids).status_code == 204
    gone(roma, "show_property", **ids)
    assert roma("list_properties", service_id=owner).total == 2


def test_a_command_s_whole_life(roma: Roma) -> None:
    owner = service(roma, product_id=roma.create(fresh("commands")).id).service_id
    made = command(roma, owner, "c1", description="asd")
    assert made.status_code == 200
    assert plain(made) == {
        "service_id": owner, "command_id": made.command_id, "command_name": "c1",
        "description": "asd",
    }  # fmt: skip
    second = command(roma, owner, "c2")
    ids = {"service_id": owner, "command_id": made.command_id}
    assert plain(roma("show_command", **ids)) == plain(made)
    listed = roma("list_commands", service_id=owner)
    assert [plain(item) for item in listed.items] == [plain(made), plain(second)]
    by_name = roma("list_commands", service_id=owner, command_name="c2")
    assert (by_name.total, by_name.items[0].command_id) == (1, second.command_id)
    by_id = roma("list_commands", service_id=owner, command_id=made.command_id)
    assert [c.command_name for c in by_id.items] == ["c1"]

    changed = roma("update_command", **ids, body=sdk.UpdateCommandRequestBody(name="c3"))
    assert (changed.command_name, changed.description) == ("c3", "asd")
    assert roma("delete_command", **ids).status_code == 204
    gone(roma, "show_command", **ids)


@pytest.mark.parametrize(("word", "status"), [("request", 200), ("response", 201)])
def test_the_whole_life_of_what_a_command_takes_and_answers(
    roma: Roma, word: str, status: int
) -> None:
    owner = service(roma, product_id=roma.create(fresh(word)).id).service_id
    of = {"service_id": owner, "command_id": command(roma, owner, "c1").command_id}

    def make(name: str) -> Any:
        body = sdk.CreatePropertyRequestBody(**{**POWER, "property_name": name})
        return roma(f"create_{word}_property", **of, body=body)

    made, second = make("p1"), make("p2")
    assert made.status_code == status
    assert plain(made) == {
        **POWER, "property_name": "p1", "property_id": made.property_id, "max_length": 10,
        "enum_list": None, "enum_dict": None,
    }  # fmt: skip
    assert "method" not in made.to_json_object()
    ids = {**of, "property_id": made.property_id}
    assert plain(roma(f"show_{word}_property", **ids)) == plain(made)
    listed = roma(f"list_{word}_properties", **of)
    assert [plain(item) for item in listed.items] == [plain(made), plain(second)]
    by_id = roma(f"list_{word}_properties", **of, **{f"{word}_id": second.property_id})
    assert [p.property_name for p in by_id.items] == ["p2"]
    by_name = roma(f"list_{word}_properties", **of, **{f"{word}_name": "p1"}, limit=1)
    assert (by_name.total, by_name.items[0].property_id) == (1, made.property_id)
    body = sdk.UpdatePropertyRequestBody(
        property_name="p3", data_type="json", required=0, max_length=99
    )
    changed = roma(f"update_{word}_property", **ids, body=body)
    assert (changed.property_name, changed.data_type, changed.max_length) == ("p3", "json", 99)
    assert roma(f"delete_{word}_property", **ids).status_code == 204
    gone(roma, f"show_{word}_property", **ids)
    # The other of the two lists is another list.
    rest = {"request": "response", "response": "request"}[word]
    assert roma(f"list_{rest}_properties", **of).total == 0


def test_the_page_s_sample_of_an_answer(roma: Roma) -> None:
    """PropertyResponseBody's example: what was not said has its default."""
    owner = service(roma, product_id=roma.create(fresh("sample")).id).service_id
    body = sdk.CreatePropertyRequestBody(
        property_name="p2", data_type="datetime", required=0, max_length=10, method="RWE",
        unit="yuan",
    )  # fmt: skip
    made = roma("create_property", service_id=owner, body=body)
    assert plain(made) == {
        "data_type": "datetime", "description": None, "enum_list": None, "max": "65536",
        "max_length": 10, "method": "RWE", "min": "0", "property_id": made.property_id,
        "property_name": "p2", "required": 0, "step": "1", "unit": "yuan", "enum_dict": None,
    }  # fmt: skip


def test_a_product_copies_the_services_of_its_template_once(roma: Roma) -> None:
    form = template(roma)
    original = service(roma, "meter", product_template_id=form)
    property(roma, original.service_id, "power")
    restart = command(roma, original.service_id, "restart")
    body = sdk.CreatePropertyRequestBody(**{**POWER, "property_name": "delay"})
    of = {"service_id": original.service_id, "command_id": restart.command_id}
    roma("create_request_property", **of, body=body)
    shown = plain(roma("show_product_template", product_template_id=form))

    product = roma.create(fresh("copy"), template_id=form)
    [copy] = roma("list_services", product_id=product.id).items
    assert (copy.service_name, copy.product_id) == ("meter", product.id)
    assert copy.service_id != original.service_id
    assert copy.created_datetime == product.created_datetime
    [power] = roma("list_properties", service_id=copy.service_id).items
    [told] = roma("list_commands", service_id=copy.service_id).items
    of = {"service_id": copy.service_id, "command_id": told.command_id}
    [delay] = roma("list_request_properties", **of).items
    assert (power.property_name, told.command_name) == ("power", "restart")
    assert delay.property_name == "delay"

    # From now on each goes its own way.
    property(roma, original.service_id, "later")
    service(roma, "another", product_template_id=form)
    assert roma("list_properties", service_id=copy.service_id).total == 1
    assert roma("list_services", product_id=product.id).total == 1
    roma("delete_property", service_id=copy.service_id, property_id=power.property_id)
    assert roma("list_properties", service_id=original.service_id).total == 2
    later = roma.create(fresh("later"), template_id=form)
    assert roma("list_services", product_id=later.id).total == 2
    again = plain(roma("show_product_template", product_template_id=form))
    assert {k: v for k, v in again.items() if not k.startswith("last_")} == {
        k: v for k, v in shown.items() if not k.startswith("last_")
    }


def test_parallel_creates_lose_nothing(roma: Roma) -> None:
    product = roma.create(fresh("parallel"))
    names = [f"s{i}" for i in range(24)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda name: service(roma, name, product_id=product.id), names))
        assert len({s.service_id for s in made}) == 24
        owner = made[0].service_id
        parts = list(pool.map(lambda name: property(roma, owner, name), names))
    assert len({p.property_id for p in parts}) == 24
    services = roma("list_services", product_id=product.id, limit=99).items
    assert {(s.service_name, s.service_id) for s in services} == {
        (s.service_name, s.service_id) for s in made
    }
    properties = roma("list_properties", service_id=owner, limit=99).items
    assert {(p.property_name, p.property_id) for p in properties} == {
        (p.property_name, p.property_id) for p in parts
    }


def test_a_name_that_stands_there_already_is_refused(roma: Roma) -> None:
    id = roma.create(fresh("taken")).id
    first = service(roma, "one", product_id=id).service_id
    second = service(roma, "two", product_id=id).service_id

    def taken(call: Any) -> tuple[str, str]:
        error = refused(ServerResponseException, call)
        assert error.status_code == 500
        return error.error_code, error.error_msg

    again = taken(lambda: service(roma, "one", product_id=id))
    assert again == ("ROMA.00111201", "The service name already exists. Name: one")
    body = sdk.UpdateServiceRequestBody(service_name="one", status=0)
    assert taken(lambda: roma("update_service", service_id=second, body=body)) == again
    roma("update_service", service_id=first, body=body)  # its own name

    property(roma, first, "p1")
    assert taken(lambda: property(roma, first, "p1"))[0] == "ROMA.00111301"
    property(roma, second, "p1")  # another service
    made = command(roma, first, "c1")
    assert taken(lambda: command(roma, first, "c1"))[0] == "ROMA.00111401"
    command(roma, first, "p1")  # commands and properties have names of their own
    body = sdk.CreatePropertyRequestBody(**POWER)
    of = {"service_id": first, "command_id": made.command_id}
    roma("create_request_property", **of, body=body)
    error = taken(lambda: roma("create_request_property", **of, body=body))
    assert error == ("ROMA.00111301", "The property name already exists. Name: power_usage")
    roma("create_response_property", **of, body=body)


def test_a_part_answers_under_its_own_parents_only(roma: Roma) -> None:
    first = service(roma, product_id=roma.create(fresh("a")).id).service_id
    second = service(roma, product_id=roma.create(fresh("b")).id).service_id
    part = property(roma, first, "p1").property_id
    told = command(roma, first, "c1").command_id
    gone(roma, "show_property", service_id=second, property_id=part)
    gone(roma, "delete_property", service_id=second, property_id=part)
    gone(roma, "show_property", service_id=first, property_id=told)
    gone(roma, "show_command", service_id=first, command_id=part)
    gone(roma, "list_properties", service_id=part)
    gone(roma, "list_request_properties", service_id=second, command_id=told)
    gone(roma, "list_services", product_id=first)
    form = template(roma)
    gone(roma, "list_services", product_id=form)  # a template is no product
    error = refused(ClientRequestException, lambda: service(roma, product_template_id=first))
    assert error.error_code == "ROMA.00110006"
    assert roma("show_property", service_id=first, property_id=part).property_name == "p1"


def test_services_go_with_their_product(roma: Roma) -> None:
    product = roma.create(fresh("gone"))
    made = service(roma, product_id=product.id)
    roma("delete_product", product_id=product.id)
    gone(roma, "show_service", service_id=made.service_id)
