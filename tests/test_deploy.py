"""What lies under deploy/: a linter has nothing to say, and what it would start does start."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from entrepot.cli.serving import FLAGS, plain_flags
from entrepot.config import Config, load
from tests.faults.disk import look
from tests.server import Server

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
SETTINGS = {f"ENTREPOT_{name.upper()}" for name in Config.__struct_fields__}


@pytest.fixture(scope="module")
def unit() -> ConfigParser:
    class CaseKept(ConfigParser):
        def optionxform(self, optionstr: str) -> str:
            return optionstr

    found = CaseKept(interpolation=None, delimiters=("=",))  # strict: nothing stands twice
    found.read(DEPLOY / "entrepot.service")
    return found


def test_the_linter_has_nothing_to_say_of_the_containerfile() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, "--no-color", DEPLOY / "Containerfile"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    bad = subprocess.run(
        [hadolint, "--no-color", "-"],
        input="FROM python\nRUN cd /x\n",
        capture_output=True,
        text=True,
    )
    assert "DL3006" in bad.stdout  # it does look


def test_the_container_is_built_of_what_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert {"pyproject.toml", "src", "requirements/run.txt"} <= set(names)
    for name in names:
        assert (ROOT / name).exists(), name
    # What the build reads beside the code: the readme and licence that pyproject.toml names.
    assert {"README.md", "LICENSE"} <= set(names)
    assert "USER 10001" in CONTAINERFILE


def test_the_container_serves_as_it_is_set(tmp_path: Path) -> None:
    variables = dict(re.findall(r"^(?:ENV| {3}) (ENTREPOT_\w+)=(\S+)", CONTAINERFILE, re.MULTILINE))
    assert variables.keys() <= SETTINGS
    config, _ = load({}, variables)
    assert (config.data, config.port, config.admin_port) == (Path("/data"), 8080, 9464)
    assert "EXPOSE 8080 9464" in CONTAINERFILE
    assert 'CMD ["serve"]' in CONTAINERFILE
    here = {**variables, "ENTREPOT_HOST": "127.0.0.1", "ENTREPOT_ADMIN_HOST": "127.0.0.1"}
    with Server(tmp_path / "data", "--admin-port", "0", variables=here) as server:
        assert look(server.admin, "/healthz")[0] == 200
        (probe,) = re.findall(r'"(import urllib[^"]+)"', CONTAINERFILE)
        assert "http://127.0.0.1:9464/healthz" in probe
        probe = probe.replace("127.0.0.1:9464", server.admin)
        assert subprocess.run([sys.executable, "-c", probe]).returncode == 0
        assert server.stop() == 0
        probed = subprocess.run([sys.executable, "-c", probe], capture_output=True)
        assert probed.returncode != 0


def test_what_is_deployed_prints_no_keys_and_what_a_developer_runs_does(
    unit: ConfigParser,
) -> None:
    assert "CREDENTIALS" not in CONTAINERFILE
    assert "credentials" not in unit["Service"]["ExecStart"]
    makefile = (DEPLOY.parent / "Makefile").read_text()
    assert "entrepot serve --show-credentials true $(ARGS)" in makefile


def test_the_unit_has_the_sections_and_keys_that_it_needs(unit: ConfigParser) -> None:
    assert unit.sections() == ["Unit", "Service", "Install"]
    service = unit["Service"]
    assert service["Restart"] == "always"  # a failed sync ends the process
    assert float(service["TimeoutStopSec"]) > Config().drain_s
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "entrepot"  # the one place that it may write to
    assert service["StateDirectoryMode"] == "0700"
    assert unit["Install"]["WantedBy"] == "multi-user.target"


def keys_of_systemd() -> dict[str, set[str]]:
    """What may stand in each section."""
    known: dict[str, set[str]] = {}
    section = ""
    for line in (Path(__file__).parent / "systemd_keys.txt").read_text().splitlines()[1:]:
        if line.startswith("["):
            section = line.strip("[]")
        else:
            known.setdefault(section, set()).update(line.split())
    return known


def test_systemd_knows_every_line_of_the_unit(unit: ConfigParser, tmp_path: Path) -> None:
    known = keys_of_systemd()
    for section in unit.sections():
        assert set(unit[section]) <= known[section]
    assert "ProtectSytem" not in known["Service"]  # which systemd would pass over
    # Where systemd itself is at hand it reads the values too; the program must only be there.
    if analyze := shutil.which("systemd-analyze"):
        text = (DEPLOY / "entrepot.service").read_text()
        there = tmp_path / "entrepot.service"
        there.write_text(text.replace("/opt/entrepot/bin/entrepot", "/bin/true"))
        done = subprocess.run([analyze, "verify", there], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_units_command_serves_as_it_stands(unit: ConfigParser, tmp_path: Path) -> None:
    program, command, *words = shlex.split(unit["Service"]["ExecStart"])
    assert (Path(program).name, command) == ("entrepot", "serve")
    flags = plain_flags(words)
    assert flags is not None
    assert flags.keys() <= set(FLAGS)
    assert flags["data"] == "/var/lib/entrepot"
    given = [w for n, v in flags.items() if n not in ("data", "port", "admin_port")
             for w in (f"--{n.replace('_', '-')}", v)]  # fmt: skip
    with Server(tmp_path / "data", "--admin-port", "0", *given) as server:
        assert look(server.admin)[0] == 200
        assert server.stop() == 0
