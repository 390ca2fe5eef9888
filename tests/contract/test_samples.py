"""Every operation's sample is run, by the vendor's SDK and by curl, against a live server.

Each in a tenant of its own that has one of everything. A recorder before the server keeps what was sent:
it must be the operation, and its parameters must mean what was given.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.dialect.authenticator import Authenticator
from entrepot.dialect.calls import filled, placeholders, signed
from entrepot.dialect.client import Credentials
from entrepot.dialect.code import ACCESS_KEY, FILE, SECRET_KEY, hidden, variables
from entrepot.dialect.dialect import Dialect, Exchange
from entrepot.dialect.operation import Operation
from entrepot.dialect.request import Answer, Request
from entrepot.dialect.router import Router
from entrepot.dialect.samples import Language, sample
from entrepot.main import dialects
from tests.contract.adapters import ADAPTERS, HOST, Adapter, stamp
from tests.contract.furnished import call, furnished
from tests.contract.world import World
from tests.recorder import Recorder
from tests.sdk_envs import python
from tests.server import Server, environment

ROOT = Path(__file__).parents[2]
LANGUAGES: tuple[Language, ...] = get_args(Language)
CALLS = [(a, o) for a in ADAPTERS for o in a.value.operations]
each_call = pytest.mark.parametrize(
    ("adapter", "operation"), CALLS, ids=[f"{a.dialect}-{o.name}" for a, o in CALLS]
)
each_language = pytest.mark.parametrize("language", LANGUAGES)
ALIYUN, IOTDA = (next(d for d in dialects() if d.name == name) for name in ("aliyun", "iotda"))
IDS = {"huawei": {"project_id": "p"}, "aliyun": {"instance_id": "i"}}
BEGINNING = "python3 - <<'END' | curl -sS --config -\n"
# All that a shell script may run, and all that others on the machine can read of it (`ps`).
COMMANDS = (("python3", "-"), ("curl", "-sS", "--config", "-"))
SHEET = (
    "name,manufacturer_id,manufacturer_name,model,product_type,protocol_type\nlamp,m,maker,x,0,0\n"
)


@dataclass(slots=True)
class Sampled:
    """One call, its sample, and what came of it."""

    caller: Credentials
    parameters: dict[str, Any]
    body: Any
    code: str = ""
    done: dict[str, str] = field(default_factory=dict)  # what it said, and how it failed
    ran: list[str] = field(default_factory=list)  # the command lines of a shell script
    sent: Request | None = None  # the last request of this caller, and its answer
    answer: Answer | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the code reads."""
        keys = {ACCESS_KEY: self.caller["access_key"], SECRET_KEY: self.caller["secret_key"]}
        known = {**keys, **secrets(self.parameters), **secrets(self.body)}
        return {name: known[name] for name in variables(self.code)}


Samples = dict[tuple[str, str, Language], Sampled]


def tools(data: Path) -> Path:
    """A folder with what a shell script may run, which also keeps every command line in `ran`."""
    folder = data / "tools"
    folder.mkdir()
    for program, path in (("python3", sys.executable), ("curl", shutil.which("curl"))):
        shim = folder / program
        keeping = f'printf "%s\\n" "{program} $*" >> "{data}/ran"'
        shim.write_text(f'#!/bin/sh\n{keeping}\nexec {path} "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Every sample, after it ran, by dialect, operation and language."""
    data = tmp_path_factory.mktemp("samples")
    (data / FILE).write_text(SHEET, encoding="utf-8")
    tools(data)
    world = World(data / "store")
    found: Samples = {
        (a.dialect, o.name, word): called(world, a, o) for a, o in CALLS for word in LANGUAGES
    }
    world.close()
    with Server(data / "store") as server, Recorder(server.address) as recorder:
        for adapter, operation in CALLS:
            for word in LANGUAGES:
                one = found[adapter.dialect, operation.name, word]
                if word == "python":  # with what the SDK has no word for it would be curl
                    for _, name in (
                        n for n in adapter.value.client.lacks if n[0] == operation.name
                    ):
                        one.parameters.pop(name, None)
                given = (one.parameters, one.body, one.caller, recorder.url, word)
                one.code = sample(adapter.value, operation, *given)
        for sdk in dict.fromkeys(a.sdk for a in ADAPTERS):
            speaking = {a.dialect for a in ADAPTERS if a.sdk == sdk}
            run_python(
                data, sdk, [s for k, s in found.items() if k[0] in speaking and k[2] == "python"]
            )
        for key, one in found.items():
            if key[2] == "http":
                run_shell(data, one)
    callers = {word.encode(): one for one in found.values() for word in ids(one.caller)}
    named = re.compile(b"|".join(map(re.escape, callers)))
    for request, answer in recorder.kept:
        parts = (request.path, request.query, *request.headers.values(), request.body)
        if whose := named.search(b"\n".join(parts)):
            callers[whose[0]].sent, callers[whose[0]].answer = request, answer
    return found


def called(world: World, adapter: Adapter, operation: Operation) -> Sampled:
    """A call of the operation by a tenant that has what it needs."""
    victim = furnished(world)
    caller = victim.credentials
    if operation.public:
        return Sampled(caller, {}, filled(operation.example, placeholders(adapter.value, caller)))
    handles = victim.handles(adapter, world)
    if "X-Subject-Token" in operation.parameters:
        handles["X-Subject-Token"] = token(world, adapter, caller)
    given, body = call(adapter, operation, handles, caller)
    if operation.takes.startswith("multipart/"):
        body = SHEET
    thing, _, verb = operation.permission.partition(":")
    if verb == "create" and isinstance(body, dict):
        body.pop(f"{thing}_id", None)  # that of another
    return Sampled(caller, given, body)


def token(world: World, adapter: Adapter, caller: Credentials) -> str:
    """What a login answers."""
    login = next(o for o in adapter.value.operations if o.public)
    body = filled(login.example, placeholders(adapter.value, caller))
    answer = world.ask(signed(adapter.value, login, {}, body, caller, stamp(), HOST))
    return dict(answer.headers)[b"x-subject-token"].decode()


def secrets(value: Any) -> dict[str, str]:
    """Every text in it, by the variable that would stand for it."""
    if isinstance(value, list):
        return {name: text for item in value for name, text in secrets(item).items()}
    if not isinstance(value, dict):
        return {}
    found = {k: v for inner in value.values() for k, v in secrets(inner).items()}
    for name, inner in value.items():
        if isinstance(inner, str):
            [variable] = hidden({name: inner}, frozenset({name}), str).values()
            found[variable] = inner
    return found


def ids(caller: Credentials) -> tuple[str, ...]:
    """What is in a request of this caller and of no other's: one of these."""
    huawei, roma = caller["huawei"], caller["roma"]
    return (
        caller["access_key"], huawei["project_id"], huawei["domain_name"], roma["instance_id"],
        caller["aliyun"]["instance_id"], caller["enos"]["org_id"],
    )  # fmt: skip


def run_python(data: Path, sdk: str, wanted: list[Sampled]) -> None:
    """All of them in one interpreter of the SDK's environment."""
    scripts = [{"code": one.code, "variables": one.environment} for one in wanted]
    done = subprocess.run(
        [str(python(sdk)), str(ROOT / "tests" / "many.py")], input=json.dumps(scripts), cwd=data,
        capture_output=True, text=True, timeout=300, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for one, result in zip(wanted, json.loads(done.stdout), strict=True):
        one.done = result


def run_shell(data: Path, one: Sampled) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", one.code], cwd=data, capture_output=True, text=True, timeout=60,
        env={**environment(), **one.environment, "PATH": str(data / "tools")},
    )  # fmt: skip
    one.done = {"said": done.stdout, "failed": done.stderr}
    one.ran = (data / "ran").read_text(encoding="utf-8").splitlines()
    (data / "ran").unlink()


@each_language
@each_call
def test_a_sample_reaches_its_operation_with_what_was_given(
    adapter: Adapter, operation: Operation, language: Language, samples: Samples
) -> None:
    one = samples[adapter.dialect, operation.name, language]
    assert one.sent is not None, one.done
    name, parameters = understood(adapter.value, one.sent)
    wanted = signed(adapter.value, operation, one.parameters, one.body, one.caller, stamp(), HOST)
    assert (name, parameters) == (operation.name, understood(adapter.value, wanted)[1])
    if operation.takes.startswith("multipart/"):
        assert SHEET.encode() in one.sent.body
    elif operation.body is not None:
        assert json.loads(one.sent.body or b"null") == one.body


def understood(dialect: Dialect, request: Request) -> tuple[str, Any]:
    """The operation and the parameters that the server takes it for."""
    exchange = Exchange(dialect, request, "", cast(Authenticator, None), 0)
    dialect.parse(exchange)
    found = Router(dialect.operations).find(
        request.method, request.path, dialect.topics().select(exchange)
    )
    exchange.operation, exchange.path = found
    return found[0].name, dialect.topics().decode(exchange).params


@each_language
@each_call
def test_a_sample_prints_the_answer_of_success(
    adapter: Adapter, operation: Operation, language: Language, samples: Samples
) -> None:
    one = samples[adapter.dialect, operation.name, language]
    assert one.answer is not None
    assert not adapter.refused(one.answer), one.answer.body.decode()
    assert one.done["failed"] == ""


def test_no_code_holds_a_key_or_a_password(samples: Samples) -> None:
    read = set()
    for one in samples.values():
        assert not [text for text in one.environment.values() if text in one.code]
        assert one.caller["secret_key"] not in one.code
        assert one.caller["huawei"]["password"] not in one.code
        read |= one.environment.keys()
    assert read > {ACCESS_KEY, SECRET_KEY, "ENTREPOT_PASSWORD", "ENTREPOT_X_SUBJECT_TOKEN"}


def test_no_command_line_holds_a_secret(samples: Samples) -> None:
    """Of a call, its signature, its token and its body nothing either: all of it goes through a pipe."""
    scripts = [one for key, one in samples.items() if key[2] == "http"]
    assert len(scripts) == len(CALLS)
    for one in scripts:
        assert sorted(one.ran) == sorted(" ".join(words) for words in COMMANDS)


def test_python_is_as_the_formatter_leaves_it(samples: Samples, tmp_path: Path) -> None:
    for (dialect, name, language), one in samples.items():
        code = one.code
        if language == "http":
            code = code.partition("<<'END'")[2].partition("\n")[2].removesuffix("END\n")
        (tmp_path / f"{dialect}_{name}_{language}.py").write_text(code, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for task in (["format", "--check"], ["check", "--select", "F,I"]):
        subprocess.run([*ruff, *task, "--isolated", "--quiet", str(tmp_path)], check=True)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_whatever_is_typed_is_what_curl_is_told(text: str) -> None:
    """In the query, in the body and under a secret's name; and nothing of it is read as code."""
    body = {"name": text, "list": [text, {text: "END"}], "secret": text}
    sent = {name: told(IOTDA, name, {}, body) for name in ("CreateProduct", "AddDevice")}
    for one in sent.values():
        assert json.loads(one["data-raw"]) == {**body, "secret": "hidden"}
    for name, value in (("ProductName", text), ("AppKey", text)):
        url = told(
            ALIYUN,
            "CreateProduct" if name == "ProductName" else "RegisterDevice",
            {name: value},
            None,
        )
        query = parse_qs(urlsplit(url["url"]).query, keep_blank_values=True)
        assert query[name] == ["hidden" if name == "AppKey" else text]


def told(dialect: Dialect, name: str, values: dict[str, Any], body: Any) -> dict[str, str]:
    """What the script for the call tells curl, by the name of the option."""
    operation = next(o for o in dialect.operations if o.name == name)
    code = sample(dialect, operation, values, body, IDS, "http://127.0.0.1:8080", "http")
    head, _, rest = code.partition(BEGINNING)
    assert all(line.startswith("#") for line in head.splitlines())
    lines, end, nothing = rest.rpartition("\nEND\n")
    assert (end, nothing) == ("\nEND\n", "")
    assert "END" not in lines.split("\n")  # which would end what the shell passes on
    variables = dict.fromkeys(("SECRET", "APP_KEY", "ACCESS_KEY", "SECRET_KEY"), "hidden")
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        for variable, value in variables.items():
            patch.setenv(f"ENTREPOT_{variable}", value)
        exec(compile(lines, "script", "exec"), {})
    options = (line.partition(" = ") for line in said.getvalue().splitlines())
    return {option: unquoted(value) for option, _, value in options}


def unquoted(value: str) -> str:
    """The value as curl reads it from its configuration: these escapes alone mean something there."""
    meant = {"t": "\t", "n": "\n", "r": "\r", "v": "\v"}
    inside = value[1:-1] if value.startswith('"') else value
    return re.sub(r"\\(.)", lambda m: meant.get(m[1], m[1]), inside)


LACKING = [(d, name, word) for d in dialects() for name, word in sorted(d.client.lacks)]


@pytest.mark.parametrize(
    ("dialect", "name", "word"),
    LACKING,
    ids=[f"{d.name}-{name}-{word}" for d, name, word in LACKING],
)
def test_what_the_sdk_cannot_say_is_said_by_curl(
    dialect: Dialect, name: str, word: str, samples: Samples
) -> None:
    caller = samples[dialect.name, name, "http"].caller
    operation = next(o for o in dialect.operations if o.name == name)
    given = {"ProductKey": "x", "product_id": "x"}
    values = {k: v for k, v in given.items() if k in operation.parameters} | {word: "x"}
    code = sample(dialect, operation, values, {}, caller, "http://127.0.0.1:8080")
    assert f"\n# Not with {dialect.client.package}, which has no {word} here.\n" in code
    assert f'"{word}": "x"' in code
    subprocess.run(["sh", "-n", "-c", code], check=True)


@each_call
def test_a_call_that_cannot_be_is_refused_with_all_that_is_wrong(
    adapter: Adapter, operation: Operation, samples: Samples
) -> None:
    one = samples[adapter.dialect, operation.name, "http"]
    wrong = {"strange": "1", "os.system": "2"}
    own = adapter.value.client.own(one.caller)
    lost = [n for n in sorted(operation.parameters - own.keys()) if operation.location(n) == "path"]
    with pytest.raises(ValueError, match=r"no parameter os.*no parameter strange") as refused:
        sample(adapter.value, operation, wrong, None, one.caller, "http://127.0.0.1")
    assert str(refused.value).split("; ")[2:] == [f"{name} is missing" for name in lost]
