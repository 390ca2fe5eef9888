"""`entrepot model convert|check|diff` and `product export --as`: files in, files out, exit codes for scripts."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from entrepot import models
from entrepot.core.models.authored import Authored
from tests.cli.console import Console, Said, say

CORPUS = Path(__file__).parents[1] / "corpus"
PILE = CORPUS / "entrepot" / "charging_pile.json"
LAMP = Path(__file__).parents[1] / "vendors" / "samples" / "iotda_lamp.json"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def convert(file: Path | str, *words: str) -> Said:
    return say("model", "convert", str(file), *words)


def saved(name: str, plain: Any) -> Path:
    path = Path(name)
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path.absolute()


def test_a_file_goes_to_another_format_and_comes_home_with_its_report(tmp_path: Path) -> None:
    there = convert(PILE, "--to", "iotda", "--out", "there.json", "--report", "report.json")
    assert (there.status, there.out, there.err) == (0, "", "")
    report = json.loads(Path("report.json").read_text())
    assert (report["source"], report["target"]) == ("entrepot", "iotda")
    assert {"path", "kind", "reason"} <= report["losses"][0].keys()
    bare = convert("there.json", "--to", "entrepot").json
    whole = convert("there.json", "--to", "entrepot", "--parked", "report.json").json
    assert whole == json.loads(PILE.read_text(encoding="utf-8"))
    assert bare != whole
    # neither half files nor a data directory are left
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.json", "there.json"]


def test_what_is_lost_is_never_lost_in_silence() -> None:
    short = convert(PILE, "--to", "iotda")
    assert "parked" in short.err
    assert short.err.count("\n") == 1
    table = convert(PILE, "--to", "iotda", "--report")
    assert table.json == short.json
    assert "IoTDA has no translations" in table.err
    assert "services/connector/names/zh_CN" in table.err
    kept = convert(LAMP, "--to", "entrepot", "--report", "--strict")
    assert (kept.status, kept.err) == (0, "iotda to entrepot: nothing was lost\n")
    assert convert(LAMP, "--to", "entrepot").err == ""


def test_strict_is_for_scripts() -> None:
    said = convert(PILE, "--to", "iotda", "--strict", "--out", "there.json")
    assert said.status == 1
    assert Path("there.json").exists()


def test_numbers_keep_their_spelling_and_output_is_for_people() -> None:
    plain = json.loads(LAMP.read_text())
    text = json.dumps(plain).replace("80", "8.00e1")
    Path("odd.json").write_text(text)
    said = convert("odd.json", "--to", "iotda")
    assert said.json == plain
    assert '\n  {\n    "service_id": "Lamp"' in said.out


def test_standard_input_and_a_byte_order_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"\xef\xbb\xbf" + LAMP.read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert convert("-", "--to", "iotda").json == json.loads(LAMP.read_text())
    both = say("model", "diff", "-", "-")
    assert (both.status, both.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("content", "words", "says"),
    [
        ("{", ("--to", "iotda"), "not JSON"),
        ("{}", ("--to", "iotda"), "looks like none of entrepot, "),
        ('[{"service_id": 1}]', ("--to", "entrepot"), "model.json: "),
        ("[]", ("--to", "iotda", "--from", "entrepot"), "model.json: "),
        ("[" * 100_000, ("--to", "iotda"), "model.json: "),
        ("[]", ("--to", "nothing"), "no format is called 'nothing'; known are entrepot, "),
        ("[]", ("--to", "iotda", "--from", "nothing"), "no format is called 'nothing'"),
        ("[]", ("--to", "iotda", "--from", "iotda", "--out", "no/such/place.json"), "no/such"),
        ("[]", ("--to", "iotda", "--parked", "model.json"), "not the report of a conversion"),
    ],
)
def test_where_there_is_no_answer_the_status_is_2_and_a_line_says_why(
    content: str, words: tuple[str, ...], says: str
) -> None:
    Path("model.json").write_text(content)
    said = convert("model.json", *words)
    assert said.status == 2
    assert says in said.err
    assert said.err.count("\n") == 1
    assert convert("nowhere.json", "--to", "iotda").status == 2


def test_a_report_of_another_conversion_is_refused() -> None:
    convert(PILE, "--to", "iotda", "--report", "report.json")
    said = convert(PILE, "--to", "iotda", "--parked", "report.json")
    assert (said.status, "conversion to iotda" in said.err) == (2, True)


def test_will_it_fit() -> None:
    fine = say("model", "check", str(LAMP), "--for", "iotda")
    assert (fine.status, fine.out) == (0, "fits iotda\n")
    wrong = json.loads(LAMP.read_text())
    wrong[0]["properties"][0]["property_name"] = "no good"
    wrong[1]["properties"][1]["unit"] = "m" * 17
    file = saved("wrong.json", wrong)
    said = say("model", "check", str(file), "--for", "iotda")
    assert said.status == 1
    assert "service_capabilities[0].properties[0].property_name" in said.out
    assert "2 limits broken" in said.out
    as_json = json.loads(say("model", "check", str(file), "--for", "iotda", "--json").out)
    assert as_json["fits"] is False
    assert [(v["path"], v["kind"], v["want"]) for v in as_json["violations"]][1] == (
        "service_capabilities[1].properties[1].unit",
        "too_long",
        16,
    )


def test_a_model_in_another_format_is_converted_before_it_is_checked() -> None:
    said = say("model", "check", str(PILE), "--for", "iotda")
    assert said.status == 1
    assert "IEC 62196-2" in said.out
    assert say("model", "check", str(PILE), "--for", "entrepot").status == 0
    assert say("model", "check", "nowhere.json", "--for", "iotda").status == 2


def test_what_changed_and_whom_it_breaks() -> None:
    changed = json.loads(LAMP.read_text())
    changed[0]["properties"][1]["max"] = "50"
    changed[0]["properties"][3]["description"] = "between the phases"
    del changed[1]
    new = saved("new.json", changed)
    said = say("model", "diff", str(LAMP), str(new))
    assert said.status == 0
    assert "3 changes: 2 breaking, 1 compatible" in said.out
    plain = say("model", "diff", str(LAMP), str(new), "--json").json
    assert [(c["what"], c["impact"], c["path"][-1]) for c in plain] == [
        ("changed", "breaking", "maximum"),
        ("added", "compatible", "description"),
        ("removed", "breaking", "Schedule"),
    ]
    assert say("model", "diff", str(LAMP), str(LAMP)).out == "no change\n"


def test_the_exit_status_of_a_comparison_is_what_a_pipeline_asks_for() -> None:
    plain = json.loads(LAMP.read_text())

    def status(old: Any, new: Any, *words: str) -> int:
        files = str(saved("old.json", old)), str(saved("new.json", new))
        return say("model", "diff", *files, *words).status

    words = json.loads(LAMP.read_text())
    words[0]["description"] = "A lamp"
    wider = json.loads(LAMP.read_text())
    wider[0]["properties"][1]["max"] = "150"
    gone = plain[1:]
    for new, least in ((plain, 3), (words, 2), (wider, 1), (gone, 0)):
        asked = [status(plain, new, "--exit-code", w) for w in ("breaking", "risky", "any")]
        assert asked == [int(least < 1), int(least < 2), int(least < 3)]
        assert status(plain, new) == 0
    assert status(plain, {}, "--exit-code", "any") == 2


def test_the_same_model_in_two_formats_differs_only_in_what_one_cannot_say() -> None:
    convert(LAMP, "--to", "entrepot", "--out", "canonical.json")
    assert say("model", "diff", str(LAMP), "canonical.json").out == "no change\n"


def test_formats_are_listed() -> None:
    assert say("model", "formats", "--json").json == models.formats()
    assert "Huawei IoTDA service_capabilities" in say("model", "formats").out


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def test_the_model_of_a_product_comes_out_in_any_format(cli: Console) -> None:
    authored = Authored("iotda", msgspec.Raw(LAMP.read_bytes()))
    made = cli.make_product("lamp", "iotda", model=authored)
    handles = cli("product", "show", str(made.id), "--json").json["handles"].values()
    for key in (str(made.id), *handles):
        assert cli("product", "export", key, "--as", "iotda").json == json.loads(LAMP.read_text())
    for name in models.formats():
        said = cli("product", "export", str(made.id), "--as", name)
        there = models.convert(LAMP.read_bytes(), name, source="iotda")
        assert (said.status, said.json) == (0, json.loads(there.text))
        assert ("nothing" in said.err or said.err == "") is (not there.report.losses), name
    canonical = cli("product", "export", str(made.id), "--as", "entrepot", "--out", "c.json")
    assert (canonical.status, canonical.out) == (0, "")
    assert models.convert(Path("c.json").read_bytes(), "iotda").report.losses == ()


def test_what_was_parked_beside_a_model_comes_out_too(cli: Console) -> None:
    there = models.convert(PILE.read_bytes(), "iotda")
    authored = Authored("iotda", msgspec.Raw(there.text), there.report.parked)
    made = cli.make_product("pile", "iotda", model=authored)
    said = cli("product", "export", str(made.id), "--as", "entrepot", "--report")
    assert said.json == json.loads(PILE.read_text(encoding="utf-8"))
    assert said.err == "iotda to entrepot: nothing was lost\n"


def test_an_export_that_cannot_be_says_why(cli: Console) -> None:
    bare = str(cli.make_product("bare").id)
    for words, says in (
        ((bare, "--as", "iotda"), f"product '{bare}' has no thing model"),
        ((bare, "--as", "nothing"), "no format is called 'nothing'"),
        (("99", "--as", "iotda"), "there is no product '99'"),
        (("--as", "iotda"), "name it"),
        (("--report",), "--as"),
    ):
        said = cli("product", "export", *words)
        assert (said.status, says in said.err) == (1, True), said.err
    assert cli("product", "export", bare).json["number"] == int(bare)
