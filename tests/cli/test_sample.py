"""`entrepot sample`: code for one call, without a running server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from entrepot import main as root
from entrepot.dialect.dialect import Dialect
from tests.cli.console import Console


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Console:
    data: Path = tmp_path_factory.mktemp("sample") / "data"
    made = Console(data)
    assert made("tenant", "create", "dev").status == 0
    return made


def test_without_names_the_names_are_listed(console: Console) -> None:
    said = console("sample")
    assert [line.split()[0] for line in said.out.splitlines()[2:] if line.strip(" ─")] == [
        d.name for d in root.dialects()
    ]
    for dialect in root.dialects():
        said = console("sample", dialect.name)
        assert [line.split()[0] for line in said.out.splitlines()[2:] if line.strip(" ─")] == [
            o.name for o in dialect.operations
        ]


@pytest.mark.parametrize("language", ["python", "http"])
@pytest.mark.parametrize("dialect", root.dialects(), ids=lambda d: d.name)
def test_an_operation_alone_is_its_example(
    console: Console, dialect: Dialect, language: str
) -> None:
    for operation in (dialect.operations[0], dialect.operations[-1]):
        said = console("sample", dialect.name, operation.name, "--as", language)
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith(f"# {dialect.title}, {operation.name}: ")
        assert "127.0.0.1:8080" in said.out
        assert console("credentials", "--json").json["secret_key"] not in said.out


def test_what_is_given_takes_the_place_of_the_example(console: Console) -> None:
    said = console("sample", "aliyun", "querydevicedetail").out
    assert 'iot_id="Q7uOhVRdZRRlDnTLvxyz000100"' in said
    said = console("sample", "aliyun", "QueryDeviceDetail", "ProductKey=a1", "DeviceName=d=1").out
    assert 'product_key="a1"' in said
    assert 'device_name="d=1"' in said
    assert "iot_id=" not in said
    said = console("sample", "iotda", "ShowDevice").out
    assert 'device_id="YOUR_DEVICE_ID"' in said
    body = json.dumps({"description": 'it\'s \\ "new"'})
    said = console("sample", "iotda", "UpdateDevice", "device_id=d1", "--body", body).out
    assert 'device_id="d1"' in said
    assert 'body={"description": "it\'s \\\\ \\"new\\""}' in said


def test_it_is_for_the_tenant_and_the_address_that_are_named(console: Console) -> None:
    assert console("tenant", "create", "acme").status == 0
    ids = console("credentials", "--tenant", "acme", "--json").json
    words = ("sample", "roma", "ListProducts", "--tenant", "acme", "--url", "https://iot.example/")
    said = console(*words).out
    assert ids["huawei"]["project_id"] in said
    assert ids["roma"]["instance_id"] in said
    assert '.with_endpoint("https://iot.example")' in said


@pytest.mark.parametrize(
    ("words", "why"),
    [(("nokia",), "no API is called 'nokia'; there are aliyun, "),
     (("roma", "MakeProduct"), "Huawei ROMA Connect LINK has no operation 'MakeProduct'; `entrepot sample roma`"),
     (("roma", "ListProducts", "limit"), "'limit' is not of the form NAME=VALUE"),
     (("roma", "ListProducts", "size=1"), "ListProducts has no parameter size"),
     (("roma", "CreateProduct", "--body", "{"), "--body is no JSON: ")],
)  # fmt: skip
def test_what_makes_no_call_is_refused(console: Console, words: tuple[str, ...], why: str) -> None:
    said = console("sample", *words)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"entrepot: {why}")
