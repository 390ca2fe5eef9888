"""CreateProduct as its page has it: the sample verbatim, every limit, default and cross rule."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from entrepot.dialect.samples import snippet
from entrepot.vendors.aliyun import ALIYUN
from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller, tenant

# The page's sample request, as printed (the common parameters stand for themselves there).
SAMPLE_REQUEST = """\
https://iot.cn-shanghai.aliyuncs.com/?Action=CreateProduct
&AliyunCommodityCode=iothub_senior
&AuthType=secret
&DataFormat=1
&Description=Product test
&NodeType=0
&ResourceGroupId=rg-acfmxazb4ph****
&ProductName=Test
&ProtocolType=modbus
&CategoryKey=Lighting
&PublishAuto=false
&<Common request parameters>
"""
SAMPLE_XML = """\
<CreateProductResponse>
      <Data>
            <Description>Product test</Description>
            <DataFormat>1</DataFormat>
            <ProtocolType>modbus</ProtocolType>
            <ProductKey>a1FlqIQ****</ProductKey>
            <ProductSecret>U5tW7i44uilc****</ProductSecret>
            <NodeType>0</NodeType>
            <ProductName>Test</ProductName>
            <AliyunCommodityCode>iothub_senior</AliyunCommodityCode>
            <AuthType>secret</AuthType>
            <ResourceGroupId>rg-acfmxazb4ph****</ResourceGroupId>
      </Data>
      <ProductKey>a1FlqIQ****</ProductKey>
      <RequestId>E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565</RequestId>
      <Success>true</Success>
</CreateProductResponse>
"""
SAMPLE_JSON = {
    "Data": {
        "Description": "Product test",
        "DataFormat": 1,
        "ProtocolType": "modbus",
        "ProductKey": "a1FlqIQ****",
        "ProductSecret": "U5tW7i44uilc****",
        "NodeType": 0,
        "ProductName": "Test",
        "AliyunCommodityCode": "iothub_senior",
        "AuthType": "secret",
        "ResourceGroupId": "rg-acfmxazb4ph****",
    },
    "ProductKey": "a1FlqIQ****",
    "RequestId": "E55E50B7-40EE-4B6B-8BBE-D3ED55CCF565",
    "Success": True,
}
# What differs from one answer to the next. Id2 is in the page's table and not in its sample.
OF_ITS_OWN = {
    "ProductKey": re.compile(r"a1[A-Za-z0-9]{9}"),
    "ProductSecret": re.compile(r"[A-Za-z0-9]{16}"),
    "RequestId": re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
}
SENIOR = {"AliyunCommodityCode": "iothub_senior"}


@pytest.fixture(scope="module")
def caller(server: Server) -> AliyunCaller:
    return tenant(server, "aliyun-seed", rate_limits=False)


def sample_parameters() -> dict[str, str]:
    """What the page's sample sends, without the common parameters."""
    query = SAMPLE_REQUEST.replace("\n", "").partition("/?")[2]
    pairs = [pair.partition("=") for pair in query.split("&") if not pair.startswith("<")]
    return {name: value for name, _, value in pairs if name != "Action"}


def same(sample: Any, answer: Any) -> bool:
    """Whether the answer is the sample, but for what is an answer's own and for Id2."""
    if not isinstance(sample, dict):
        return bool(sample == answer)
    if set(answer) - {"Id2"} != set(sample):
        return False
    return all(
        OF_ITS_OWN[name].fullmatch(answer[name])
        if name in OF_ITS_OWN
        else same(sample[name], answer[name])
        for name in sample
    )


def in_xml(element: ElementTree.Element) -> Any:
    return {child.tag: in_xml(child) for child in element} if len(element) else element.text


@pytest.mark.parametrize("scheme", ["v1", "v3"])
def test_the_sample_works_in_json(server: Server, scheme: str) -> None:
    caller = tenant(server, f"aliyun-sample-json-{scheme}")
    send = caller.v1 if scheme == "v1" else caller.v3
    reply = send("CreateProduct", sample_parameters(), method="GET")
    assert reply.status == 200
    assert same(SAMPLE_JSON, reply.json), reply.json


@pytest.mark.parametrize("format", ["XML", "xml", None])
def test_the_sample_works_in_xml_which_is_the_default(server: Server, format: str | None) -> None:
    caller = tenant(server, f"aliyun-sample-{format}")
    reply = caller.v1("CreateProduct", sample_parameters(), method="GET", common={"Format": format})
    assert reply.status == 200
    assert reply.xml.tag == "CreateProductResponse"
    assert same(in_xml(ElementTree.fromstring(SAMPLE_XML)), in_xml(reply.xml))


def test_v3_is_never_answered_in_xml(caller: AliyunCaller) -> None:
    """The SDKs that sign with V3 cannot read it."""
    reply = caller.v3("ListThingTemplates", {"Format": "XML"})
    assert reply.json["Success"] is True


def test_query_and_form_are_one_set_of_parameters(caller: AliyunCaller) -> None:
    """pop-core sends everything in the form of a POST, the action as well."""
    given = {"ProductName": "In_the_form", "NodeType": 0}
    everything = (*caller.common(""), *given, "Signature")
    reply = caller.v1("CreateProduct", given, in_form=everything)
    assert reply.json["Data"]["ProductName"] == "In_the_form"
    reply = caller.v3("CreateProduct", {"NodeType": 0}, form={"ProductName": "Form_and_query"})
    assert reply.json["Data"]["ProductName"] == "Form_and_query"


# Defaults


def test_what_is_left_out_has_its_default(caller: AliyunCaller) -> None:
    made = caller.done("CreateProduct", ProductName="Defaults", NodeType=1, **SENIOR)
    shown = caller.done("QueryProduct", ProductKey=made["ProductKey"])["Data"]
    assert made["Data"]["AuthType"] == shown["AuthType"] == "secret"
    assert made["Data"]["Id2"] is shown["Id2"] is False
    assert made["Data"]["DataFormat"] == shown["DataFormat"] == 1
    assert (shown["NetType"], shown["ValidateType"], shown["NodeType"]) == (3, 1, 1)
    for left_out in ("Description", "ProtocolType", "ResourceGroupId", "CategoryKey"):
        assert left_out not in made["Data"]
        assert left_out not in shown


@pytest.mark.parametrize(
    ("name", "given"), [("Unsaid", {}), ("Empty", {"AliyunCommodityCode": ""})]
)
def test_without_an_edition_the_product_has_a_thing_model(
    caller: AliyunCaller, name: str, given: dict[str, str]
) -> None:
    """Only products with a thing model can be created, says the page."""
    made = caller.done("CreateProduct", ProductName=f"{name}_edition", NodeType=1, **given)
    key = made["ProductKey"]
    assert made["Data"]["AliyunCommodityCode"] == "iothub_senior"
    assert (made["Data"]["NodeType"], made["Data"]["DataFormat"]) == (1, 1)
    assert caller.done("QueryProduct", ProductKey=key)["Data"]["AliyunCommodityCode"] == (
        "iothub_senior"
    )
    caller.done("PublishThingModel", ProductKey=key)


def test_a_product_of_the_edition_iothub_has_no_thing_model(caller: AliyunCaller) -> None:
    """DataFormat, NodeType and ProtocolType are answered for iothub_senior only."""
    made = caller.done(
        "CreateProduct",
        ProductName="Basic",
        NodeType=1,
        ProtocolType="ble",
        AliyunCommodityCode="iothub",
    )
    assert made["Data"]["AliyunCommodityCode"] == "iothub"
    shown = caller.done("QueryProduct", ProductKey=made["ProductKey"])["Data"]
    assert shown["AliyunCommodityCode"] == "iothub"
    for senior_only in ("DataFormat", "NodeType", "ProtocolType"):
        assert senior_only not in made["Data"]
        assert senior_only not in shown


def test_a_category_brings_its_name(caller: AliyunCaller) -> None:
    made = caller.done(
        "CreateProduct", ProductName="Sorted", NodeType=0, CategoryKey="SmartLock", **SENIOR
    )
    shown = caller.done("QueryProduct", ProductKey=made["ProductKey"])["Data"]
    assert shown["CategoryKey"] == "SmartLock"
    assert shown["CategoryName"]


@pytest.mark.parametrize("word", ["true", "True", "FALSE", "false"])
def test_booleans_are_taken_in_any_case(caller: AliyunCaller, word: str) -> None:
    made = caller.done(
        "CreateProduct", ProductName=f"Bool_{word}", NodeType=0, Id2=word, PublishAuto=word
    )
    assert made["Data"]["AuthType"] == "secret"


def test_auth_type_overrules_id2(caller: AliyunCaller) -> None:
    given = {"NodeType": 0, "Id2": "true"}
    kept = caller.done("CreateProduct", ProductName="Id2_secret", AuthType="secret", **given)[
        "Data"
    ]
    assert (kept["AuthType"], kept["Id2"]) == ("secret", False)
    id2 = caller.done("CreateProduct", ProductName="Id2_id2", AuthType="id2", **given)["Data"]
    assert (id2["AuthType"], id2["Id2"]) == ("id2", True)


@pytest.mark.parametrize("auth_type", ["id2", "x509"])
def test_id2_and_certificates_are_available_only_in_shanghai(
    server: Server, caller: AliyunCaller, auth_type: str
) -> None:
    given = {"ProductName": f"Auth_{auth_type}", "NodeType": 0, "AuthType": auth_type}
    assert caller.ids["region_id"] == "cn-shanghai"
    assert caller.done("CreateProduct", **given)["Data"]["AuthType"] == auth_type
    elsewhere = tenant(
        server, f"aliyun-{auth_type}-sg", options={"aliyun.region_id": "ap-southeast-1"}
    )
    reply = elsewhere.v3("CreateProduct", given)
    assert reply.code == "200 iot.common.InvalidFormattedParameter"
    assert reply.said == (
        "AuthType id2 and x509 are available only in the China (Shanghai) region, and the instance is"
        " in ap-southeast-1: set AuthType to secret."
    )
    # AuthType overrules Id2, so nothing is made that the region does not have.
    kept = elsewhere.done("CreateProduct", **{**given, "AuthType": "secret", "Id2": "true"})
    assert kept["Data"]["Id2"] is False


def test_everything_shows_the_region_of_the_tenant(server: Server) -> None:
    singapore = "ap-southeast-1"
    caller = tenant(server, "aliyun-region", options={"aliyun.region_id": singapore})
    assert caller.ids["region_id"] == singapore
    key = caller.done("CreateProduct", ProductName="Region", NodeType=0)["ProductKey"]
    caller.done("RegisterDevice", ProductKey=key, DeviceName="light")
    shown = caller.done("QueryDeviceDetail", ProductKey=key, DeviceName="light")["Data"]
    assert shown["Region"] == singapore
    code = snippet(
        ALIYUN,
        {"access_key": caller.access_key, "secret_key": caller.secret, "aliyun": caller.ids},
        f"http://{caller.address}",
    )
    assert f'region_id="{singapore}"' in code


@pytest.mark.parametrize(
    ("name", "number"), [("WIFI", 3), ("CELLULAR", 6), ("ETHERNET", 7), ("OTHER", 8)]
)
def test_the_network_goes_in_as_a_word_and_comes_out_as_a_number(
    caller: AliyunCaller, name: str, number: int
) -> None:
    made = caller.done("CreateProduct", ProductName=f"Net_{name}", NodeType=0, NetType=name)
    assert caller.done("QueryProduct", ProductKey=made["ProductKey"])["Data"]["NetType"] == number


@pytest.mark.parametrize("name", ["modbus", "opc-ua", "customize", "ble", "zigbee"])
def test_every_protocol_is_kept(caller: AliyunCaller, name: str) -> None:
    word = name.replace("-", "_")
    made = caller.done(
        "CreateProduct", ProductName=f"Proto_{word}", NodeType=0, ProtocolType=name, **SENIOR
    )
    assert made["Data"]["ProtocolType"] == name
    shown = caller.done("QueryProduct", ProductKey=made["ProductKey"])["Data"]
    assert shown["ProtocolType"] == name


def test_an_empty_optional_parameter_is_taken_for_absent(caller: AliyunCaller) -> None:
    made = caller.done(
        "CreateProduct",
        ProductName="Empties",
        NodeType=0,
        NetType="",
        Description="",
        IotInstanceId="",
    )
    assert "Description" not in made["Data"]


def test_lora_works_with_a_join_permission(caller: AliyunCaller) -> None:
    made = caller.done(
        "CreateProduct", ProductName="Lora", NodeType=0, NetType="LORA", JoinPermissionId="8***"
    )
    assert made["Data"]["AuthType"] == "secret"


def test_the_instance_may_be_named(caller: AliyunCaller) -> None:
    given = {"ProductName": "Instance", "NodeType": 0, "IotInstanceId": caller.ids["instance_id"]}
    assert caller.v3("CreateProduct", given).json["Success"] is True


# Limits: what is refused, by which code


@pytest.mark.parametrize("name", ["Test", "灯灯", "x" * 30, "灯" * 15, "Lamp_1_灯", "____", "1234"])
def test_good_names(caller: AliyunCaller, name: str) -> None:
    """Four to thirty columns: one Chinese character counts as two."""
    assert caller.done("CreateProduct", ProductName=name, NodeType=0)["Data"]["ProductName"] == name


@pytest.mark.parametrize(
    "name",
    [
        "abc",
        "灯a",
        "x" * 31,
        "灯" * 15 + "a",
        "with space",
        "dash-dash",
        "dot.dot",
        "Lämp",
        "a\tbc",
        "abcd\n",
    ],
)
def test_bad_names(caller: AliyunCaller, name: str) -> None:
    reply = caller.v3("CreateProduct", {"ProductName": name, "NodeType": 0})
    assert reply.code == "200 iot.prod.InvalidFormattedProductName"
    assert reply.json["Success"] is False


OVER = [
    ({"ProductName": ""}, "200 iot.prod.NullProductName"),
    ({"ProductName": None}, "400 MissingProductName"),
    ({"NodeType": None}, "400 MissingNodeType"),
    ({"NodeType": ""}, "200 iot.prod.InvalidNodeType"),
    ({"NodeType": "2"}, "200 iot.prod.InvalidNodeType"),
    ({"NodeType": "-1"}, "200 iot.prod.InvalidNodeType"),
    ({"NodeType": "gateway"}, "400 InvalidNodeType"),
    ({"NodeType": "0.5"}, "400 InvalidNodeType"),
    ({"NodeType": " 0"}, "400 InvalidNodeType"),
    ({"AliyunCommodityCode": "iothub_junior"}, "200 iot.prod.InvalidAliyunCommodityCode"),
    ({"DataFormat": "2"}, "200 iot.common.InvalidFormattedParameter"),
    ({"DataFormat": "json"}, "400 InvalidDataFormat"),
    ({"Description": "x" * 101}, "200 iot.prod.LongProductDesc"),
    ({"Id2": "yes"}, "400 InvalidId2"),
    ({"ProtocolType": "mqtt"}, "200 iot.common.InvalidFormattedParameter"),
    ({"NetType": "wifi"}, "200 iot.common.InvalidFormattedParameter"),
    ({"AuthType": "token"}, "200 iot.common.InvalidFormattedParameter"),
    ({"CategoryKey": "Nonsense"}, "200 iot.prod.InvalidFormattedCatId"),
    (
        {"CategoryKey": "Lighting", "AliyunCommodityCode": "iothub"},
        "200 iot.prod.InvalidFormattedCatId",
    ),
    ({"PublishAuto": "1"}, "400 InvalidPublishAuto"),
    ({"ValidateType": "0"}, "200 iot.common.InvalidFormattedParameter"),
    ({"ValidateType": "3"}, "200 iot.common.InvalidFormattedParameter"),
    ({"NetType": "LORA"}, "400 MissingJoinPermissionId"),
    (
        {"NetType": "LORA", "JoinPermissionId": "8", "AuthType": "id2"},
        "200 iot.common.InvalidFormattedParameter",
    ),
    (
        {"NetType": "LORA", "JoinPermissionId": "8", "AuthType": "x509"},
        "200 iot.common.InvalidFormattedParameter",
    ),
    ({"ProductName": "nul\0nul"}, "400 InvalidProductName"),
    ({"IotInstanceId": "iot-00000000"}, "200 iot.Sre.IotInstanceNotFound"),
]


@pytest.mark.parametrize(("change", "code"), OVER, ids=[str(c) for c, _ in OVER])
def test_what_is_over_a_limit_is_refused_by_its_code(
    caller: AliyunCaller, change: dict[str, str | None], code: str
) -> None:
    good = {"ProductName": "Never_made", "NodeType": "0", **SENIOR}
    given = {k: v for k, v in {**good, **change}.items() if v is not None}
    reply = caller.v3("CreateProduct", given)
    assert reply.code == code, reply.json
    assert next(iter(change)) in reply.said or "LORA" in str(change) or "instance" in reply.said
    listed = caller.done("QueryProductList", CurrentPage=1, PageSize=200)
    names = [p["ProductName"] for p in listed["Data"]["List"]["ProductInfo"]]
    assert "Never_made" not in names


TAG = {"ProductKey": "a1BwAGV0000"}
SENTENCES: list[tuple[str, dict[str, str], str]] = [
    ("QueryProduct", {"ProductKey": "a-1"}, "ProductKey must consist of 11 letters and digits."),
    (
        "CreateProduct",
        {"ProductName": "a-light", "NodeType": "0"},
        "ProductName must consist of Chinese characters, letters, digits and underscores.",
    ),
    (
        "CreateProductTags",
        {**TAG, "ProductTag.1.TagKey": "a b", "ProductTag.1.TagValue": "x"},
        "ProductTag.1.TagKey must consist of letters, digits and dots.",
    ),
    (
        "CreateProductTags",
        {**TAG, "ProductTag.1.TagKey": "a", "ProductTag.1.TagValue": "x y"},
        "ProductTag.1.TagValue must consist of Chinese characters, letters, digits, underscores, hyphens"
        " and dots.",
    ),
    (
        "CreateProduct",
        {"ProductName": "Kept", "NodeType": "0", "CategoryKey": "Lamps"},
        "CategoryKey Lamps does not exist; ListThingTemplates lists those that do.",
    ),
    (
        "CreateProduct",
        {
            "ProductName": "Kept", "NodeType": "0", "CategoryKey": "Lighting",
            "AliyunCommodityCode": "iothub",
        },
        "CategoryKey must not be given with AliyunCommodityCode=iothub, which has no thing model:"
        " leave it out, or set AliyunCommodityCode to iothub_senior.",
    ),
    (
        "CreateProduct",
        {
            "ProductName": "Kept", "NodeType": "0", "NetType": "LORA", "AuthType": "id2",
            "JoinPermissionId": "8",
        },
        "AuthType must be secret: id2 is unavailable with LORA.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("action", "given", "sentence"), SENTENCES)
def test_a_refusal_is_a_sentence_without_a_regular_expression(
    caller: AliyunCaller, action: str, given: dict[str, str], sentence: str
) -> None:
    assert caller.v3(action, given).said == sentence


def test_a_description_of_100_chinese_characters_fits(caller: AliyunCaller) -> None:
    """Here a Chinese character counts as one."""
    made = caller.done("CreateProduct", ProductName="Described", NodeType=0, Description="灯" * 100)
    assert made["Data"]["Description"] == "灯" * 100
    reply = caller.v3(
        "CreateProduct", {"ProductName": "Described2", "NodeType": 0, "Description": "灯" * 101}
    )
    assert reply.code == "200 iot.prod.LongProductDesc"


def test_one_violation_is_named_and_the_others_are_told(caller: AliyunCaller) -> None:
    reply = caller.v3("CreateProduct", {"NodeType": "9", "DataFormat": "x", "ValidateType": "7"})
    assert reply.code == "400 MissingProductName"
    assert reply.said.startswith("ProductName is mandatory for this action.")
    for name in ("NodeType", "DataFormat", "ValidateType"):
        assert name in reply.said


def test_a_name_is_unique_in_the_instance(server: Server, caller: AliyunCaller) -> None:
    first = caller.done("CreateProduct", ProductName="Only_one", NodeType=0)
    reply = caller.v3("CreateProduct", {"ProductName": "Only_one", "NodeType": 1})
    assert reply.code == "200 iot.prod.AlreadyExistedProductName"
    assert reply.json["ErrorMessage"] == reply.json["Message"]
    assert "Only_one" in reply.said
    other = tenant(server, "aliyun-seed-other")
    assert other.v3("CreateProduct", {"ProductName": "Only_one", "NodeType": 0}).json["Success"]
    caller.done("DeleteProduct", ProductKey=first["ProductKey"])
    assert caller.done("CreateProduct", ProductName="Only_one", NodeType=0)["Success"]


def test_answers_are_raw_utf_8(caller: AliyunCaller) -> None:
    """An old Java reader knows no escapes."""
    reply = caller.v3("CreateProduct", {"ProductName": "原始_灯", "NodeType": 0})
    assert "原始_灯".encode() in reply.body
    assert b"\\u" not in reply.body
