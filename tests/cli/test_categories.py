"""`entrepot category`: a tenant's own categories in, listed, shown and out again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.console import Console

TSL: dict[str, Any] = {
    "schema": "https://iotx-tsl.oss-ap-southeast-1.aliyuncs.com/schema.json",
    "profile": {"productKey": "a1BwAGV0000"},
    "properties": [
        {
            "identifier": "Heat", "name": "Heat", "accessMode": "rw", "required": True,
            "dataType": {"type": "int", "specs": {"min": "0", "max": "1300", "step": "1"}},
        }
    ],
    "events": [],
    "services": [],
}  # fmt: skip


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def written(folder: Path, name: str, document: Any) -> str:
    file = folder / name
    file.write_text(json.dumps(document))
    return str(file)


def test_a_category_is_imported_listed_shown_and_deleted(cli: Console, tmp_path: Path) -> None:
    kiln = written(tmp_path, "Kiln.tsl.json", TSL)
    assert cli("category", "import", kiln, "--json").json == {"categories": ["Kiln"]}
    whole = {"categoryKey": "Oven", "categoryName": "Baker's oven", "tsl": TSL}
    assert cli("category", "import", written(tmp_path, "x.json", [whole])).status == 0
    listed = {c["key"]: c["name"] for c in cli("category", "list", "--json").json}
    assert listed == {"Kiln": "Kiln", "Oven": "Baker's oven"}
    assert "Baker's oven" in cli("category", "list").out
    shown = cli("category", "show", "Kiln").json
    assert shown["properties"] == TSL["properties"]
    assert not shown.keys() & {"schema", "profile"}  # they were of one product
    assert cli("category", "delete", "Kiln").status == 0
    gone = cli("category", "show", "Kiln")
    assert (gone.status, "entrepot category list" in gone.err) == (1, True)
    assert cli("model", "list", "--json").json == []
    assert cli("doctor").status == 0


def test_importing_again_replaces(cli: Console, tmp_path: Path) -> None:
    kiln = written(tmp_path, "Kiln.json", TSL)
    cli("category", "import", kiln)
    assert cli("category", "import", kiln, "--key", "Kiln", "--name", "Kilns").status == 0
    assert [c["name"] for c in cli("category", "list", "--json").json] == ["Kilns"]


@pytest.mark.parametrize(
    ("document", "words", "says"),
    [
        (TSL, ("--key", "no good"), "[0].categoryKey: must have 1 to 64 letters"),
        (TSL, ("--name", "x" * 65), "[0].categoryName: must have 1 to 64 printable"),
        ({"categoryKey": "A", "tsl": {"properties": [{}]}}, (), "[0].tsl.properties[0]"),
        ({"categoryKey": 7, "tsl": TSL}, (), "[0].categoryKey: must have"),
        ({"categoryKey": "A", "tsl": 7}, (), "[0].tsl: "),
        ({}, (), "[0]: is no TSL"),
        ([TSL, TSL], ("--key", "A"), "--key and --name are of one category"),
        ([TSL, TSL], (), "[1].categoryKey: duplicate"),
        (TSL, ("--dialect", "enos"), "categories can be imported for aliyun"),
        (7, (), "holds something that is no thing model"),
    ],
)
def test_what_is_no_category_is_refused_and_nothing_is_kept(
    cli: Console, tmp_path: Path, document: Any, words: tuple[str, ...], says: str
) -> None:
    said = cli("category", "import", written(tmp_path, "Kiln.json", document), *words)
    assert (said.status, says in said.err) == (1, True), said.err
    assert cli("category", "list", "--json").json == []
