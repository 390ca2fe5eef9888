"""IoTDA's thing model, table by table: members, limits, uniqueness, size."""

from __future__ import annotations

import json
from typing import Any

import pytest

from entrepot.vendors.huawei.iotda.formats.size import CONTENT_BYTES, oversize
from tests.server import Server
from tests.vendors.huawei.iotda.caller import (  # fmt: skip
    PARA,
    SPECIAL,
    Caller,
    in_para,
    in_property,
    new_tenant,
    property,
    refused,
    service,
)


@pytest.fixture(scope="module")
def iotda(server: Server) -> Caller:
    return new_tenant(server, "iotda-model")


def test_a_service_s_own_members(iotda: Caller) -> None:
    at = "service_capabilities[0]"
    for field in ("service_id", "service_type"):
        allowed = f"aZ09中$文{SPECIAL}"
        made = iotda.make(service_capabilities=[service(**{field: allowed})])
        assert made["service_capabilities"][0][field] == allowed
        assert iotda.create(service_capabilities=[service(**{field: "x" * 64})]).status == 201
        for members in (
            {field: "x" * 65},
            {field: "a b"},
            {field: 'a"b'},
            {field: ...},
            {field: None},
        ):
            refused(iotda, f"{at}.{field}", service_capabilities=[service(**members)])
    refused(iotda, f"{at}.service_id", "empty", service_capabilities=[service(service_id="")])
    refused(iotda, f"{at}.description", service_capabilities=[service(description="x" * 129)])


def test_a_name_that_stands_twice_is_told_beside_every_other_fault(iotda: Caller) -> None:
    twice = [property(), property(), property(property_name="a$b")]
    services = [service(properties=twice), service(option="None")]
    reply = iotda.create(name="", service_capabilities=services)
    assert reply.code == "400 IOTDA.000006"
    for said in (
        "name must not be empty",
        "service_capabilities has 'temperature' twice",
        "service_capabilities[0].properties has 't' twice",
        "service_capabilities[0].properties[2].property_name may contain only",
        "service_capabilities[1].option must be one of",
    ):
        assert said in reply.said


def test_a_minimum_above_its_maximum_is_taken(iotda: Caller) -> None:
    made = iotda.make(**in_property(min="9", max="1"))
    (kept,) = made["service_capabilities"][0]["properties"]
    assert (kept["min"], kept["max"]) == ("9", "1")
    made = iotda.make(**in_para(min="9", max="1"))
    (kept,) = made["service_capabilities"][0]["commands"][0]["paras"]
    assert (kept["min"], kept["max"]) == ("9", "1")


def test_a_property_s_members(iotda: Caller) -> None:
    at = "service_capabilities[0].properties[0]"
    for field in ("property_name", "data_type", "method"):
        refused(iotda, f"{at}.{field}", "is mandatory", **in_property(**{field: ...}))
    refused(iotda, f"{at}.property_name", **in_property(property_name="x" * 65))
    refused(iotda, f"{at}.property_name", **in_property(property_name="a$b"))
    for field in ("min", "max"):
        assert iotda.create(**in_property(**{field: "1" * 16})).status == 201
        refused(iotda, f"{at}.{field}", "at most 16", **in_property(**{field: "1" * 17}))
        refused(iotda, f"{at}.{field}", "empty", **in_property(**{field: ""}))
        refused(iotda, f"{at}.{field}", "string", **in_property(**{field: True}))
    refused(iotda, f"{at}.unit", "at most 16", **in_property(unit="x" * 17))
    refused(iotda, f"{at}.max_length", **in_property(max_length="many"))
    refused(iotda, f"{at}.max_length", **in_property(max_length=-1))
    refused(iotda, f"{at}.max_length", **in_property(max_length=1.5))
    refused(iotda, f"{at}.step", **in_property(step=[]))
    refused(iotda, f"{at}.required", **in_property(required="true"))
    refused(iotda, f"{at}.enum_list", **in_property(enum_list="a"))
    refused(iotda, f"{at}.enum_list[1]", **in_property(enum_list=["a", None]))
    refused(iotda, f"{at}.description", **in_property(description="x" * 129))


def test_a_parameter_s_members(iotda: Caller) -> None:
    at = "service_capabilities[0].commands[0].paras[0]"
    full = {**PARA, "required": True, "enum_list": ["a"], "min": "1", "max": "2", "max_length": 3,
            "step": 0.5, "unit": "u", "description": "d"}  # fmt: skip
    made = iotda.make(**in_para(**full))
    assert made["service_capabilities"][0]["commands"][0]["paras"] == [full]
    assert iotda.create(**in_para(para_name="x" * 32)).status == 201
    refused(iotda, f"{at}.para_name", "at most 32", **in_para(para_name="x" * 33))
    refused(iotda, f"{at}.para_name", "mandatory", **in_para(para_name=...))
    refused(iotda, f"{at}.data_type", "mandatory", **in_para(data_type=...))
    refused(iotda, f"{at}.min", **in_para(min=""))
    refused(iotda, f"{at}.unit", **in_para(unit="x" * 17))


def test_commands_responses_and_events(iotda: Caller) -> None:
    body = service(
        commands=[
            {
                "command_name": "x" * 64,
                "paras": [],
                "responses": [{"response_name": "r" * 128, "paras": None}],
            }
        ],
        events=[{"event_type": "e" * 32, "paras": [{**PARA, "required": True}]}],
    )
    made = iotda.make(service_capabilities=[body])
    assert made["service_capabilities"] == [{**body, "option": "Optional"}]

    def wrong(field: str, **members: Any) -> None:
        refused(
            iotda, f"service_capabilities[0].{field}", service_capabilities=[service(**members)]
        )

    wrong("commands[0].command_name", commands=[{"command_name": "x" * 65}])
    wrong("commands[0].command_name", commands=[{}])
    wrong("commands[0].responses[0].response_name",
          commands=[{"command_name": "c", "responses": [{"response_name": "r" * 129}]}])  # fmt: skip
    wrong("commands[0].responses[0].paras[0].para_name",
          commands=[{"command_name": "c", "responses": [{"response_name": "r",
                                                         "paras": [{**PARA, "para_name": "a b"}]}]}])  # fmt: skip
    wrong("events[0].event_type", events=[{"event_type": "e" * 33}])
    wrong("events[0].paras[0].data_type",
          events=[{"event_type": "e", "paras": [{**PARA, "data_type": "text"}]}])  # fmt: skip


def test_names_are_unique_within_their_parent(iotda: Caller) -> None:
    twice = {
        "service_capabilities": [service(), service()],
        "service_capabilities[0].properties": [service(properties=[property(), property()])],
        "service_capabilities[0].commands": [
            service(commands=[{"command_name": "c"}, {"command_name": "c"}])
        ],
        "service_capabilities[0].events": [
            service(events=[{"event_type": "e"}, {"event_type": "e"}])
        ],
    }
    for field, services in twice.items():
        refused(iotda, field, "twice", service_capabilities=services)
    same_elsewhere = [
        service(service_id=f"s{i}", properties=[property()], commands=[{"command_name": "t"}],
                events=[{"event_type": "t"}])
        for i in range(2)
    ]  # fmt: skip
    assert iotda.create(service_capabilities=same_elsewhere).status == 201


def test_five_hundred_of_each_and_no_more(iotda: Caller) -> None:
    def lists(n: int) -> dict[str, list[dict[str, Any]]]:
        return {
            "properties": [property(property_name=f"p{i}") for i in range(n)],
            "commands": [{"command_name": f"c{i}"} for i in range(n)],
            "events": [{"event_type": f"e{i}"} for i in range(n)],
        }

    made = iotda.make(service_capabilities=[service(**lists(500))])
    assert [len(made["service_capabilities"][0][k]) for k in ("properties", "commands", "events")] == [
        500, 500, 500,
    ]  # fmt: skip
    for field, items in lists(501).items():
        refused(
            iotda, f"service_capabilities[0].{field}", "at most 500 elements",
            service_capabilities=[service(**{field: items})],
        )  # fmt: skip
    services = [service(service_id=f"s{i}") for i in range(501)]
    assert len(iotda.make(service_capabilities=services[:500])["service_capabilities"]) == 500
    refused(iotda, "service_capabilities", "at most 500 elements", service_capabilities=services)
    assert iotda.make(service_capabilities=[])["service_capabilities"] == []


def test_content_of_500_kb_and_no_more(iotda: Caller) -> None:
    def content(n: int) -> list[dict[str, Any]]:
        services = [
            service(service_id=f"s{s}", option="Optional", properties=[
                property(property_name=f"p{p}", required=False, description="度" * 128) for p in range(20)
            ])
            for s in range(500)
        ]  # fmt: skip
        size = 0
        kept = []
        for one in services:
            size += len(json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode()) + 1
            if size > n:
                break
            kept.append(one)
        return kept

    within = content(500 * 1024)
    # json.dumps escapes every Chinese character: the body is twice as large as its content
    assert len(json.dumps(within)) > 900_000
    made = iotda.make(service_capabilities=within)
    assert made["service_capabilities"] == within
    over = [*within, service(service_id="last", properties=[
        property(property_name=f"p{p}", description="度" * 128) for p in range(60)
    ])]  # fmt: skip
    refused(iotda, "service_capabilities", "500 KB", service_capabilities=over)


def test_the_500_kb_count_what_the_client_sent_and_no_defaults(iotda: Caller) -> None:
    def services(description: str) -> list[dict[str, Any]]:
        properties = [property(property_name=f"p{n:03}", description="") for n in range(500)]
        full = [
            service(service_id=f"s{n:02}", properties=[{**p, "description": "d" * 100} for p in properties])
            for n in range(5)
        ]  # fmt: skip
        return [
            *full,
            service(service_id="last", properties=properties[:400], description=description),
        ]

    def compact(value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    most = 500 * 1024
    sent = services("")
    missing = most - len(compact(sent))
    for p in sent[-1]["properties"]:
        p["description"] = "d" * min(missing, 128)
        missing -= len(p["description"])
    assert len(compact(sent)) == most
    made = iotda.make(service_capabilities=sent)
    assert len(compact(made["service_capabilities"])) > most  # with the defaults that are shown
    path = f"products/{made['product_id']}"
    assert iotda.send("PUT", path, {"service_capabilities": sent}).status == 200
    # Blanks and escapes of the client do not count, in a default value neither.
    spread = [*sent[:-1], {**sent[-1], "properties": [dict(p) for p in sent[-1]["properties"]]}]
    spread[-1]["properties"][0]["description"] = ""
    spread[-1]["properties"][0]["default_value"] = {"a": [1.10, "度"] * 8}
    assert len(json.dumps(spread)) > most
    assert iotda.create(service_capabilities=spread).status == 201
    over = [*sent[:-1], {**sent[-1], "description": "d" * 3}]
    refused(iotda, "service_capabilities", "500 KB", service_capabilities=over)
    body = {"service_capabilities": over, "name": ""}
    reply = iotda.send("PUT", path, body)
    assert "name " in reply.said
    assert "service_capabilities must not be larger than 500 KB" in reply.said


@pytest.mark.parametrize("written", ["1e5", "1.10", "1E+05", "-0.0", "18446744073709551616"])
def test_a_number_counts_as_it_is_written(written: str) -> None:
    head, tail = b'{"service_capabilities":[{"a":[', b"]}]}"
    room = CONTENT_BYTES - len(b'[{"a":[]}]')
    numbers = [written] * (room // (len(written) + 1))
    text = ",".join(numbers)
    text = (
        text + "0" * (room - len(text))
        if "." in written
        else text + ",1" * ((room - len(text)) // 2)
    )
    text += " " * 9
    fits = head + text.encode() + tail
    assert oversize(fits) == ()
    over = head + b"1, 2,3,4," + text.encode() + tail
    assert [v.kind for v in oversize(over)] == ["too_long"]


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, 10**30, 9.3e18])
def test_a_step_is_a_double(iotda: Caller, step: float) -> None:
    for members in (in_property(step=step), in_para(step=step)):
        made = iotda.make(**members)
        (one,) = made["service_capabilities"]
        shown = one["properties"][0] if "properties" in one else one["commands"][0]["paras"][0]
        assert shown["step"] == float(step)
