"""Converting, checking and comparing thing models ends with an answer or a ValueError, whatever the text is."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from entrepot import models
from entrepot.models import Loss, Report
from tests.cli.console import say
from tests.faults.mutations import CORPUS, COUNT, SEED, mutations, run


def test_two_thousand_changed_models_are_converted_or_refused() -> None:
    outcome = run(COUNT, SEED)
    assert not outcome.broken, "\n".join(outcome.broken[:3])
    for call in ("convert", "check", "diff", "report", "recognise"):
        for became in ("done", "refused"):  # or they would try nothing
            assert outcome.done[f"{call}: {became}"] > COUNT / 10, (call, became, outcome.done)


def test_the_same_seed_makes_the_same_texts() -> None:
    one, again, other = (list(islice(mutations(50, seed), 50)) for seed in (7, 7, 8))
    assert one == again
    assert [m.text for m in one] != [m.text for m in other]


def corpus(name: str) -> Any:
    return json.loads((CORPUS / f"{name}.json").read_bytes())


def changed(name: str, *path: Any, value: Any) -> bytes:
    plain = place = corpus(name)
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(plain).encode()


ILL_TYPED = [
    ("iotda", changed("iotda/gateway", 0, "service_id", value=-1)),
    ("iotda", changed("iotda/gateway", 0, "properties", 0, "description", value=["a"])),
    ("tsl", changed("tsl/smart_lock", "events", 0, "identifier", value=None)),
    ("roma", changed("roma/tracker", "services", 0, "service_name", value=7)),
]


@pytest.mark.parametrize(("source", "text"), ILL_TYPED)
def test_what_is_of_another_type_than_a_format_has_is_no_model(source: str, text: bytes) -> None:
    for target in models.formats():
        if target != source:
            with pytest.raises(ValueError, match="not a"):
                models.convert(text, target, source)
            with pytest.raises(ValueError, match="not a"):
                models.check(text, target, source)
    with pytest.raises(ValueError, match="not a"):
        models.read(text, source)


def test_the_commands_print_no_traceback(tmp_path: Path) -> None:
    statuses = set()
    for one in mutations(120, SEED + 1):
        new, old = tmp_path / "new.json", one.file
        new.write_bytes(one.text)
        source = ("--from", one.file.parent.name) if one.named else ()
        for words in (
            ("convert", str(new), "--to", one.target, "--report", *source),
            ("check", str(new), "--for", one.target, *source),
            ("check", str(new), "--for", one.target, "--json", *source),
            ("diff", str(old), str(new), *source),
            ("diff", str(new), str(old), "--json", *source),
        ):
            said = say("model", *words)  # what is raised here would be a traceback there
            assert said.status in (0, 1, 2)
            assert "Traceback" not in said.err
            assert said.status < 2 or said.err.startswith("entrepot: ")
            statuses.add(said.status)
    assert statuses == {0, 1, 2}


def test_an_identifier_of_another_type_beside_a_repeated_one_is_found() -> None:
    plain = corpus("tsl/thermo_hygrometer")
    first = plain["properties"][0]
    plain["properties"] += [first, {**first, "identifier": ["a"]}]
    found = models.check(json.dumps(plain), "tsl", "tsl")
    assert {v.kind for v in found} >= {"duplicate", "type"}


@pytest.mark.parametrize("kept", [7, "wrong", {"was": "x", "is": [7]}])
def test_a_report_whose_spelling_was_changed_is_refused(kept: Any) -> None:
    """Where a writer cannot write it; a spelling that says nothing of this model is passed over."""
    text = json.dumps(corpus("dtdl/thermostat"))
    path = ("extras", "dtdl", "document#")
    now = models.read(text, "dtdl").extras["dtdl"]["document#"]
    wrong = {"was": now["was"], "is": 7} if kept == "wrong" else kept
    report = Report("dtdl", "dtdl", (Loss(path, "parked", "", was=wrong, wrote=now),))
    for call in (
        lambda: models.convert(text, "dtdl", "dtdl", report),
        lambda: models.read(text, "dtdl", report),
    ):
        if kept == {"was": "x", "is": [7]}:
            call()
        else:
            with pytest.raises(ValueError, match="parked"):
                call()
