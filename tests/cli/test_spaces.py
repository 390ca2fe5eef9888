"""`entrepot space`: spaces made, listed, and called what they were called in a cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console

IOTDA, ROMA = "jeQDJQZltU8iKgFFoW060F5SGZka", "ef3845be-091a-4ab5-869a-9de0025e2165"


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def test_a_space_keeps_the_ids_that_it_had_in_the_cloud(cli: Console) -> None:
    words = ("--id", f"iotda.app_id={IOTDA}", "--id", f"roma.app_id={ROMA}", "--json")
    made = cli("space", "create", "testAPP01", *words).json
    ids = {"iotda.app_id": IOTDA, "roma.app_id": ROMA}
    assert made == {"name": "testAPP01", "default": False, "products": 0, "ids": ids}
    default, listed = cli("space", "list", "--json").json
    assert (default["name"], default["default"]) == ("DefaultApp", True)
    assert listed == made
    assert IOTDA in cli("space", "list").out


def test_the_default_space_can_be_called_so_and_credentials_say_it(cli: Console) -> None:
    before = cli("credentials", "--json").json
    assert cli("space", "set", "DefaultApp", "--id", f"roma.app_id={ROMA}").status == 0
    after = cli("credentials", "--json").json
    assert (after["roma"]["app_id"], after["iotda"]) == (ROMA, before["iotda"])
    # Another id does not undo the first; an empty one is forgotten, and the computed one is back.
    assert cli("space", "set", ROMA, "--id", f"iotda.app_id={IOTDA}").status == 0
    assert cli("credentials", "--json").json["roma"]["app_id"] == ROMA
    assert cli("space", "set", "DefaultApp", "--id", "roma.app_id=").status == 0
    assert cli("credentials", "--json").json["roma"] == before["roma"]


@pytest.mark.parametrize("tenant", ["dev", "other"])
def test_an_id_of_another_space_is_refused(cli: Console, tenant: str) -> None:
    assert cli("tenant", "create", "other").status == 0
    assert cli("space", "create", "first", "--id", f"iotda.app_id={IOTDA}").status == 0
    computed = cli("credentials", "--json").json["roma"]["app_id"]
    for id in (f"iotda.app_id={IOTDA}", f"roma.app_id={computed}"):
        for words in (("create", "second"), ("set", "first" if tenant == "other" else "second")):
            cli("space", "create", "first" if tenant == "other" else "second", "--tenant", tenant)
            said = cli("space", *words, "--tenant", tenant, "--id", id)
            assert said.status == 1
            assert "is taken" in said.err
    names = [s["ids"]["iotda.app_id"] for s in cli("space", "list", "--json").json]
    assert names.count(IOTDA) == 1


def test_another_vendors_space_may_have_the_same_id(cli: Console) -> None:
    assert cli("space", "create", "first", "--id", "iotda.app_id=same").status == 0
    assert cli("space", "create", "second", "--id", "roma.app_id=same").status == 0
    said = cli("space", "set", "same", "--id", "roma.app_id=other")
    assert (said.status, "2 spaces are called 'same'" in said.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", ""), "1 to 64 printable characters"),
        (("create", "DefaultApp"), "'DefaultApp' is taken (name)"),
        (("create", "a", "--id", "nokia.app_id=1"), "no id of a space is called 'nokia.app_id'"),
        (("create", "a", "--id", "iotda.app_id"), "not of the form name=value"),
        (
            ("create", "a", "--id", "iotda.app_id=a b"),
            "'a b' cannot be iotda.app_id: it is 1 to 36",
        ),
        (("set", "DefaultApp", "--id", f"roma.app_id={'x' * 37}"), "cannot be roma.app_id"),
        (("set", "nothing", "--id", "iotda.app_id=a"), "`entrepot space list --tenant dev` shows"),
        (("set", "DefaultApp"), "nothing to set: give --id name=value; the ids are iotda.app_id"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    cli: Console, words: tuple[str, ...], says: str
) -> None:
    before = cli("space", "list", "--json").json
    said = cli("space", *words)
    assert (said.status, says in said.err) == (1, True), said.err
    assert cli("space", "list", "--json").json == before


def test_doctor_finds_nothing_amiss(cli: Console) -> None:
    assert cli("space", "create", "first", "--id", f"iotda.app_id={IOTDA}").status == 0
    assert cli("doctor").status == 0
