"""`entrepot tenant`, `user`, `key` and `credentials`: who may call, and what they are told."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from entrepot import main as root
from tests.cli.console import Console, say


@pytest.fixture
def cli(tmp_path: Path) -> Console:
    return Console(tmp_path / "data").with_dev()


def test_credentials_hold_a_key_of_uuid_shape_and_every_vendors_part(cli: Console) -> None:
    found = cli("credentials", "--json").json
    for name in ("access_key", "secret_key"):
        assert [len(part) for part in found[name].split("-")] == [8, 4, 4, 4, 12]
    parts = {name: set(part) for name, part in found.items() if isinstance(part, dict)}
    assert parts == {
        "aliyun": {"instance_id", "region_id", "account_id"},
        "huawei": {"project_id", "region_id", "domain_name", "user_name", "password"},
        "iotda": {"instance_id", "app_id"},
        "roma": {"instance_id", "app_id"},
        "enos": {"org_id", "model_id"},
    }
    assert found == cli("credentials", "--json", "--tenant", "dev").json
    table = cli("credentials").out
    assert found["secret_key"] in table
    assert "huawei.project_id" in table


def test_looking_makes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "absent"
    for words in (
        ("credentials", "--json"), ("tenant", "list"), ("product", "list"), ("doctor",),
        ("key", "list"), ("user", "list"),
    ):  # fmt: skip
        said = say(*words, "--data", str(data))
        assert said.status == 1
        assert said.err.startswith("entrepot: there is no store in ")
        assert "entrepot serve" in said.err
        assert said.err.count("\n") == 1
    assert not data.exists()


def test_an_unknown_tenant_is_named(cli: Console) -> None:
    said = cli("credentials", "--tenant", "nobody")
    assert (said.status, said.out) == (1, "")
    assert (
        said.err
        == "entrepot: there is no tenant 'nobody'; `entrepot tenant list` shows what there is\n"
    )


def test_a_tenant_keeps_the_ids_that_it_had_in_the_cloud(cli: Console) -> None:
    made = cli(
        "tenant", "create", "acme", "--id", "huawei.project_id=0c5f0000000000000000000000000001",
        "--set", "rate_limits=false", "--json",
    ).json  # fmt: skip
    assert made["ids"]["huawei.project_id"] == "0c5f0000000000000000000000000001"
    assert made["settings"]["rate_limits"] is False
    assert made["credentials"] == cli("credentials", "--tenant", "acme", "--json").json
    assert made["credentials"]["access_key"] != cli("credentials", "--json").json["access_key"]
    assert made["credentials"]["huawei"]["project_id"] == "0c5f0000000000000000000000000001"
    assert made["ids"].keys() == root.tenant_ids().keys()
    said = cli("tenant", "create", "other", "--id", made_id(made))
    assert said.status == 1
    assert "is taken (huawei.project_id)" in said.err
    assert cli("tenant", "create", "acme").status == 1
    names = [t["name"] for t in cli("tenant", "list", "--json").json]
    assert names == ["dev", "acme"]


def made_id(made: dict[str, dict[str, str]]) -> str:
    return f"huawei.project_id={made['ids']['huawei.project_id']}"


def test_a_tenants_settings_can_be_changed_and_the_change_is_written_down(cli: Console) -> None:
    before = cli("tenant", "show", "dev", "--json").json
    assert before["settings"]["rate_limits"] is True
    assert cli("tenant", "set", "dev", "rate_limits=false", "own_products_only=roma").status == 0
    assert cli("tenant", "set", "dev", "enos.unknown_model_code=11699").status == 0
    after = cli("tenant", "show", "dev", "--json", "--history").json
    assert after["settings"]["rate_limits"] is False
    assert after["settings"]["own_products_only"] == ["roma"]
    assert after["settings"]["options"] == {"enos.unknown_model_code": "11699"}
    assert after["ids"] == before["ids"]
    assert [e["operation"] for e in after["history"]] == ["tenant set", "tenant set"]
    assert cli("tenant", "set", "dev", "enos.unknown_model_code=", "own_products_only=").status == 0
    again = cli("tenant", "show", "dev", "--json").json
    assert again["settings"]["options"] == {}
    assert again["settings"]["own_products_only"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("rate_limit=false",), "no setting is called 'rate_limit'; there are rate_limits, quotas"),
        (("rate_limits=perhaps",), "'perhaps' cannot be used for rate_limits: it is true or false"),
        (
            ("enos.colour=1",),
            "no option is called 'enos.colour'; there are aliyun.region_id, enos.unknown_model_code",
        ),
        (("rate_limits",), "not of the form name=value"),
        (("own_products_only=nokia",), "no dialect is called 'nokia'"),
        (("nokia.code=1",), "no option is called 'nokia.code'"),
        (("--id", "nokia.id=1"), "no id is called 'nokia.id'; there are "),
        (("--id", "huawei.project_id="), "huawei.project_id cannot be empty"),
        ((), "nothing to set"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_there_is(
    cli: Console, words: tuple[str, ...], says: str
) -> None:
    before = cli("tenant", "show", "dev", "--json").json
    said = cli("tenant", "set", "dev", *words)
    assert said.status == 1
    assert says in said.err
    assert said.err.count("\n") == 1
    assert cli("tenant", "show", "dev", "--json").json == before


def test_a_tenant_can_be_switched_off_and_on(cli: Console) -> None:
    assert cli("tenant", "disable", "dev").status == 0
    assert cli("tenant", "show", "dev", "--json").json["disabled"] is True
    assert cli("tenant", "enable", "dev").status == 0
    assert cli("tenant", "show", "dev", "--json").json["disabled"] is False


def test_a_user_has_the_permissions_that_it_was_given(cli: Console) -> None:
    made = cli(
        "user", "create", "reader", "--permissions", "product:read, space:*", "--json"
    ).json  # fmt: skip
    assert made["permissions"] == ["product:read", "space:*"]
    assert made["password"] is False
    users = {u["name"]: u for u in cli("user", "list", "--json").json}
    assert users["dev"]["permissions"] == ["*"]
    assert users["reader"]["permissions"] == ["product:read", "space:*"]
    assert "secret_key" not in users["reader"]
    assert cli("user", "set", "reader", "--permissions", "*").status == 0
    assert cli("user", "disable", "reader").status == 0
    users = {u["name"]: u for u in cli("user", "list", "--json").json}
    assert (users["reader"]["permissions"], users["reader"]["disabled"]) == (["*"], True)
    assert cli("user", "enable", "reader").status == 0
    said = cli("user", "create", "reader")
    assert said.status == 1
    assert "'reader' is taken" in said.err
    said = cli("user", "disable", "nobody")
    assert said.err == (
        "entrepot: there is no user 'nobody';"
        " `entrepot user list --tenant dev` shows what there is\n"
    )


@pytest.mark.parametrize("words", ["product:fly", "product", "", "product:read,fly"])
def test_an_unknown_permission_is_refused_with_the_list(cli: Console, words: str) -> None:
    said = cli("user", "create", "pilot", "--permissions", words)
    assert said.status == 1
    for known in ("product:create", "product:*", "credential:read"):
        assert known in said.err
    assert [u["name"] for u in cli("user", "list", "--json").json] == ["dev"]


def test_a_password_may_come_from_standard_input(
    cli: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    said = cli("user", "create", "rider", "--password", "-", "--json")
    assert said.json["password"] is True
    assert "correct horse" not in said.out
    assert cli("user", "create", "short", "--password", "1234567").status == 1


def test_a_key_may_be_brought_along_and_its_secret_is_shown_once(cli: Console) -> None:
    made = cli(
        "key", "create", "--access-key", "LTAI5tExample", "--secret-key", "0123456789abcdef", "--json"
    ).json  # fmt: skip
    assert (made["access_key"], made["secret_key"]) == ("LTAI5tExample", "0123456789abcdef")
    listed = cli("key", "list", "--json")
    assert "0123456789abcdef" not in listed.out
    assert [k["access_key"] for k in listed.json][1:] == ["LTAI5tExample"]
    assert all("secret_key" not in k for k in listed.json)
    said = cli("key", "create", "--access-key", "LTAI5tExample", "--secret-key", "x" * 20)
    assert said.status == 1
    assert "'LTAI5tExample' is taken" in said.err
    for wrong in (
        ("--access-key", "only"),
        ("--secret-key", "only-the-secret"),
        ("--access-key", "with space", "--secret-key", "0123456789abcdef"),
        ("--access-key", "good", "--secret-key", "short"),
        ("--user", "nobody"),
    ):
        assert cli("key", "create", *wrong).status == 1
    assert len(cli("key", "list", "--json").json) == 2


def test_a_key_that_is_switched_off_is_no_longer_what_credentials_print(cli: Console) -> None:
    first = cli("credentials", "--json").json["access_key"]
    second = cli("key", "create", "--json").json["access_key"]
    assert cli("credentials", "--json").json["access_key"] == first
    assert cli("key", "disable", first).status == 0
    assert cli("credentials", "--json").json["access_key"] == second
    assert cli("key", "disable", second).status == 0
    said = cli("credentials", "--json")
    assert said.status == 1
    assert "no key" in said.err
    assert cli("key", "enable", first).status == 0
    assert cli("credentials", "--json").json["access_key"] == first
    assert cli("key", "disable", "unknown").status == 1


def test_a_wrong_command_line_ends_with_2_and_names_the_help(cli: Console) -> None:
    for words in (
        ("tenant", "create"), ("tenant", "destroy", "dev"), ("product", "show"), ("fly",),
        ("tenant", "list", "--colour"), ("product", "list", "--limit", "many"),
    ):  # fmt: skip
        said = say(*words)
        assert (said.status, said.out) == (2, ""), words
        assert said.err.startswith("entrepot: ")
        assert "--help`" in said.err
        assert said.err.count("\n") == 1


def test_help_names_every_command() -> None:
    said = say("--help")
    assert said.status == 0
    for name in (
        "serve", "credentials", "tenant", "user", "key", "product", "doctor", "config",
        "model", "openapi",
    ):  # fmt: skip
        assert f" {name} " in said.out
        assert say(name, "--help").status == 0


def test_another_master_key_is_refused_and_the_right_one_stays(cli: Console) -> None:
    file = cli.data / root.MASTER_KEY
    kept = file.read_text()
    file.write_text("ab" * 32 + "\n")
    for words in (("credentials",), ("tenant", "create", "x"), ("doctor",)):
        said = cli(*words)
        assert said.status == 1
        assert "master key" in said.err
    file.unlink()
    for words in (("credentials",), ("tenant", "create", "x"), ("doctor",)):
        said = cli(*words)
        assert said.status == 1
        assert "is missing" in said.err
        assert not file.exists()
    file.write_text("not a key")
    assert "does not hold 64 hexadecimal digits" in cli("credentials").err
    file.write_text(kept)
    assert cli("credentials").status == 0


def test_help_names_the_variables_that_set_what_flags_set() -> None:
    for words in (("--help",), ("tenant", "--help"), ("serve", "--help")):
        assert "ENTREPOT_<NAME>" in say(*words).out


def test_credentials_are_told_of_any_user_of_a_tenant(cli: Console) -> None:
    assert cli("tenant", "create", "acme").status == 0
    made = cli("user", "create", "reader", "--tenant", "acme", "--json").json
    found = cli("credentials", "--tenant", "acme", "--user", "reader", "--json").json
    first = cli("credentials", "--tenant", "acme", "--json").json
    for name in ("access_key", "secret_key"):
        assert found[name] == made[name] != first[name]
    assert (found["huawei"]["user_name"], found["huawei"]["password"]) == ("reader", "")
    assert found["huawei"]["project_id"] == first["huawei"]["project_id"]
    said = cli("credentials", "--tenant", "acme", "--user", "reader", "--snippets")
    assert made["secret_key"] in said.out
    assert first["secret_key"] not in said.out
    said = cli("credentials", "--tenant", "acme", "--user", "nobody")
    assert said.status == 1
    assert "there is no user 'nobody'; `entrepot user list --tenant acme`" in said.err
    assert cli("key", "disable", made["access_key"]).status == 0
    said = cli("credentials", "--tenant", "acme", "--user", "reader")
    assert said.err == (
        "entrepot: user 'reader' has no key that works;"
        " `entrepot key list --tenant acme` shows the keys\n"
    )


def test_a_password_that_was_set_is_no_longer_told(cli: Console) -> None:
    before = cli("credentials", "--json").json["huawei"]["password"]
    assert len(before) == 24
    assert cli("user", "set", "dev", "--password", "Another-secret-1").status == 0
    assert cli("credentials", "--json").json["huawei"]["password"] == ""


def test_a_password_may_be_taken_away(cli: Console) -> None:
    assert [u["password"] for u in cli("user", "list", "--json").json] == [True]
    assert cli("user", "set", "dev", "--password", "").status == 0
    assert [u["password"] for u in cli("user", "list", "--json").json] == [False]
    assert cli("credentials", "--json").json["huawei"]["password"] == ""
