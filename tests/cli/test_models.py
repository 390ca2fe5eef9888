"""`entrepot model`: thing models in, listed, shown and out again."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.console import Console

MODEL: dict[str, Any] = {
    "modelId": "Kiln7",
    "name": {"defaultValue": "Kiln", "i18nValue": {}},
    "desc": "a kiln",
    "tags": {},
    "attributes": {},
    "measurepoints": {},
    "services": {},
    "events": {},
}


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def test_an_imported_model_is_listed_shown_and_deleted(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "kiln.json"
    file.write_text(json.dumps([MODEL, {**MODEL, "modelId": "Kiln8"}]))
    assert console("model", "import", str(file), "--json").json == {"models": ["Kiln7", "Kiln8"]}
    assert {m["key"] for m in console("model", "list", "--json").json} == {"Kiln7", "Kiln8"}
    assert console("model", "show", "Kiln7").json["name"] == MODEL["name"]
    assert console("model", "delete", "Kiln7").status == 0
    assert [m["key"] for m in console("model", "list", "--json").json] == ["Kiln8"]
    gone = console("model", "show", "Kiln7")
    assert (gone.status, "entrepot model list" in gone.err) == (1, True)


def test_importing_again_replaces(console: Console, tmp_path: Path) -> None:
    file = tmp_path / "kiln.json"
    file.write_text(json.dumps(MODEL))
    console("model", "import", str(file))
    file.write_text(json.dumps({**MODEL, "desc": "a hotter kiln"}))
    console("model", "import", str(file))
    assert console("model", "show", "Kiln7").json["desc"] == "a hotter kiln"


def test_one_wrong_model_keeps_all_out_and_every_fault_is_named(
    console: Console, tmp_path: Path
) -> None:
    file = tmp_path / "models.json"
    file.write_text(json.dumps([MODEL, {**MODEL, "modelId": "no good!"}, {"modelId": "Kiln9"}]))
    said = console("model", "import", str(file))
    assert said.status == 1
    assert "[1].modelId: must consist of letters, digits, underscores, dots and hyphens" in said.err
    assert "[2].name" in said.err
    assert console("model", "list", "--json").json == []


def test_a_limit_inside_a_feature_is_told_with_its_place(console: Console, tmp_path: Path) -> None:
    lamp = {"identifier": "lamp", "dataType": "ENUM", "dataDefinition": '{"enumType":"COLOUR"}'}
    many = {f"e{i}": {"identifier": f"e{i}"} for i in range(51)}
    file = tmp_path / "models.json"
    file.write_text(json.dumps([MODEL, {**MODEL, "measurepoints": {"lamp": lamp}, "events": many}]))
    said = console("model", "import", str(file))
    assert said.status == 1
    assert "[1].measurepoints.lamp.dataDefinition.enumType: must be one of INT, STRING" in said.err
    assert "[1].events: too many (50)" in said.err


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{", "not JSON"),
        ("[1]", "no thing model"),
        ('"x"', "no thing model"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_a_file_that_is_no_model_is_refused_by_name(
    console: Console, tmp_path: Path, text: str, names: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    said = console("model", "import", str(file))
    assert (said.status, names in said.err, "bad.json" in said.err) == (1, True, True)


def test_models_can_come_through_a_pipe(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(MODEL).encode())))
    assert console("model", "import", "-", "--json").json == {"models": ["Kiln7"]}
