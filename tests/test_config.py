"""Settings: what beats what, where a value came from, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrepot.cli.options import Flags, StoreOptions
from entrepot.cli.serving import FLAGS
from entrepot.config import SECRETS, Config, load, shown
from tests.cli.console import say

KEY = "ab" * 32


def test_every_default_works() -> None:
    config, origin = load({}, {})
    assert config == Config()
    assert set(origin.values()) == {"default"}
    assert set(origin) == set(Config.__struct_fields__)


def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "entrepot.toml"
    file.write_text('port = 1\nhost = "h1"\nlog_level = "info"\n')
    environment = {"ENTREPOT_PORT": "2", "ENTREPOT_HOST": "h2"}
    config, origin = load({"port": "3"}, environment, file)
    assert (config.port, config.host, config.log_level) == (3, "h2", "info")
    assert origin["port"] == "--port"
    assert origin["host"] == "ENTREPOT_HOST"
    assert origin["log_level"] == f"log_level in {file}"
    assert origin["data"] == "default"


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    file.write_text('data = "/somewhere"\n')
    config, _ = load({}, {"ENTREPOT_CONFIG": str(file)})
    assert config.data == Path("/somewhere")


def test_a_flag_that_is_not_given_and_an_empty_variable_count_for_nothing() -> None:
    config, origin = load({"port": None}, {"ENTREPOT_HOST": ""})
    assert (config, origin["port"], origin["host"]) == (Config(), "default", "default")


@pytest.mark.parametrize(
    ("flags", "environment", "named"),
    [
        ({"port": "http"}, {}, ["--port", "'http'", "0 picks a free one"]),
        ({"port": 65536}, {}, ["--port", "65536"]),
        ({}, {"ENTREPOT_PORT": "tcp://10.0.0.1:80"}, ["ENTREPOT_PORT", "tcp://10.0.0.1:80"]),
        ({}, {"ENTREPOT_LOG_LEVEL": "loud"}, ["ENTREPOT_LOG_LEVEL", "debug, info"]),
        ({"log_level": "loud"}, {}, ["--log-level"]),
    ],
)
def test_a_wrong_value_is_named_with_where_it_came_from(
    flags: dict[str, object], environment: dict[str, str], named: list[str]
) -> None:
    with pytest.raises(ValueError, match=named[0]) as refused:
        load(flags, environment)
    for text in named:
        assert text in str(refused.value)


def test_the_file_is_refused_where_it_cannot_be_meant(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    for text, says in (
        ("prot = 1", "no setting is called 'prot'; there are data, host, port"),
        ("port = ", "cannot read"),
        ("port = true", "port in"),
        ("data = 3", "data in"),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=says) as refused:
            load({}, {}, file)
        assert str(file) in str(refused.value)
    with pytest.raises(ValueError, match="cannot read"):
        load({}, {}, tmp_path / "absent.toml")
    file.write_bytes(b'host = "\xff"')
    with pytest.raises(ValueError, match="cannot read"):
        load({}, {}, file)


def test_the_master_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    config, _ = load({}, {"ENTREPOT_MASTER_KEY": KEY})
    assert config.master_key == KEY
    assert KEY not in repr(config)
    assert shown(config)["master_key"] == "(set)"
    monkeypatch.setenv("ENTREPOT_MASTER_KEY", KEY)
    said = say("config"), say("config", "--json")
    assert all(s.status == 0 and KEY not in s.out and "(set)" in s.out for s in said)
    with pytest.raises(ValueError, match="ENTREPOT_MASTER_KEY") as refused:
        load({}, {"ENTREPOT_MASTER_KEY": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_config_prints_what_is_in_force_and_where_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENTREPOT_HOST", "::1")
    file = tmp_path / "e.toml"
    file.write_text('log_level = "debug"\n')
    found = say("config", "--json", "--port", "0", "--config", str(file)).json
    assert found["host"] == {"value": "::1", "source": "ENTREPOT_HOST"}
    assert found["port"] == {"value": 0, "source": "--port"}
    assert found["log_level"] == {"value": "debug", "source": f"log_level in {file}"}
    assert found["data"] == {"value": "entrepot-data", "source": "default"}
    table = say("config", "--port", "0").out
    assert "ENTREPOT_HOST" in table
    assert "--port" in table
    said = say("config", "--port", "x")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("entrepot: --port: 'x'")
    assert said.err.count("\n") == 1


def test_every_setting_but_the_secret_is_a_flag_of_serve_with_and_without_the_parser() -> None:
    settings = set(Config.__struct_fields__) - {*SECRETS, *StoreOptions().flags}
    assert Flags().given.keys() == settings
    assert set(FLAGS) == {*settings, *StoreOptions().flags, "config"}


@pytest.mark.parametrize("page", ["operations.md", "operations.zh.md"])
def test_the_manual_names_every_setting(page: str) -> None:
    manual = (Path(__file__).parents[1] / "docs" / page).read_text(encoding="utf-8")
    assert {n for n in Config.__struct_fields__ if f"`{n}`" not in manual} == set()
