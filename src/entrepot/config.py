"""Settings: one typed object from flags, environment and an optional TOML file, each value with its source.

Opens nothing but that file; what a setting does is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from entrepot.core.urls import is_url, masked

PREFIX = "ENTREPOT_"
FILE = PREFIX + "CONFIG"
SECRETS = ("master_key",)
URLS = ("store", "redis")  # which may hold a password


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set; every default works."""

    data: Annotated[Path, Meta(description="directory that holds the store and the master key")] = (
        Path("entrepot-data")
    )
    host: Annotated[str, Meta(min_length=1, description="address to listen on")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="port to listen on; 0 picks a free one")
    ] = 8080
    store: Annotated[
        str,
        Meta(
            pattern=r"\A(postgres(ql)?://\S+)?\Z",
            description="postgresql://user:password@host/database, where several nodes may share"
            " it; empty: an SQLite file in the data directory",
        ),
    ] = ""
    redis: Annotated[
        str,
        Meta(
            pattern=r"\A((rediss?|valkeys?)://\S+|unix://\S+)?\Z",
            description="redis://host, where the servers on one store count calls a second and"
            " nonces; empty: in that store",
        ),
    ] = ""
    count_alone: Annotated[
        bool,
        Meta(
            description="whether each of the servers on one store counts calls a second and nonces"
            " for itself: true or false"
        ),
    ] = False
    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="processes of this machine that serve the address together",
        ),
    ] = 1
    master_key: Annotated[
        str,
        Meta(
            pattern=r"\A([0-9a-fA-F]{64})?\Z",
            description="64 hexadecimal digits; empty: the file master.key in the data directory",
        ),
    ] = ""
    master_key_file: Annotated[
        Path | None,
        Meta(description="file that holds them instead; nodes that share a store share the key"),
    ] = None
    tls_cert: Annotated[
        Path | None, Meta(description="file with the certificate chain; needs tls_key")
    ] = None
    tls_key: Annotated[Path | None, Meta(description="file with the certificate's key")] = None
    trusted_proxies: Annotated[
        str,
        Meta(
            description="addresses and networks, with commas, whose X-Forwarded headers are believed"
        ),
    ] = ""
    explorer: Annotated[
        bool,
        Meta(description="whether /explorer has the pages to call the APIs from: true or false"),
    ] = True
    show_credentials: Annotated[
        bool,
        Meta(
            description="whether a start on loopback prints keys and the link that signs in, also"
            " where its output is no terminal: true or false"
        ),
    ] = False
    admin_host: Annotated[str, Meta(min_length=1, description="address of the admin listener")] = (
        "127.0.0.1"
    )
    admin_port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        Meta(
            description="port of the admin listener (health, readiness, metrics);"
            " 0 picks a free one, not set: none"
        ),
    ] = None
    log_level: Annotated[
        str,
        Meta(
            pattern=r"\A(debug|info|warning|error)\Z",
            description="how much to log: debug, info, warning or error",
        ),
    ] = "warning"
    log_format: Annotated[
        str,
        Meta(pattern=r"\A(console|json)\Z", description="how log lines look: console or json"),
    ] = "console"
    access_log: Annotated[bool, Meta(description="log a line for each request: true or false")] = (
        False
    )
    max_in_work: Annotated[
        int,
        Meta(
            ge=1, description="requests that may wait for their answers at once; more are refused"
        ),
    ] = 1024
    max_unanswered_bytes: Annotated[
        int,
        Meta(
            ge=16 << 20,
            description="bytes of requests and unsent answers that may be in memory, over all"
            " connections; the workers share them",
        ),
    ] = 32 << 20
    max_connections: Annotated[
        int,
        Meta(
            ge=16,
            le=1_000_000,
            description="open connections, of which one address may have a quarter; the workers"
            " share them",
        ),
    ] = 10_000
    scan_s: Annotated[
        float,
        Meta(
            gt=0,
            le=3600,
            description="seconds that a search, a filter or an export may take; longer ones are refused",
        ),
    ] = 2.0
    drain_s: Annotated[
        float,
        Meta(ge=0, le=3600, description="seconds that the end waits for accepted requests"),
    ] = 30.0

    def __repr__(self) -> str:
        return f"Config(data={self.data}, host={self.host}, port={self.port})"


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> tuple[Config, dict[str, str]]:
    """The settings in force, and where each came from: a flag beats the environment beats the file.

    A flag of None and an empty variable count as not given. Without `file` the variable
    ENTREPOT_CONFIG names it.

    Raises:
        ValueError: a value is wrong or a name unknown; says which, where, and what would be right.
    """
    environment = os.environ if environment is None else environment
    if file is None and (named := environment.get(FILE)):
        file = Path(named)
    if file is not None and is_url(str(file)):
        raise ValueError(f"{masked(str(file))} is a URL, and not a file with settings")
    given: dict[str, tuple[Any, str]] = {}
    if file is not None:
        given |= {name: (value, f"{name} in {file}") for name, value in _table(file).items()}
    for name in Config.__struct_fields__:
        variable = PREFIX + name.upper()
        if environment.get(variable):
            given[name] = environment[variable], variable
        if flags and flags.get(name) is not None:
            given[name] = flags[name], f"--{name.replace('_', '-')}"
    values = {name: _checked(name, value, source) for name, (value, source) in given.items()}
    origin = dict.fromkeys(Config.__struct_fields__, "default")
    return Config(**values), origin | {name: source for name, (_, source) in given.items()}


def shown(config: Config) -> dict[str, Any]:
    """Every setting by name, plain and safe to print."""
    plain: dict[str, Any] = {}
    for name in Config.__struct_fields__:
        value = getattr(config, name)
        if name in SECRETS:
            value = "(set)" if value else ""
        if name in URLS:
            value = value and masked(value)
        plain[name] = str(value) if isinstance(value, Path) else value
    return plain


def _table(file: Path) -> dict[str, Any]:
    import tomllib  # most servers have no such file, and start sooner without

    names = Config.__struct_fields__
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"cannot read {file}: {error}") from None
    for name in table:
        if name not in names:
            raise ValueError(f"{file}: no setting is called {name!r}; there are {', '.join(names)}")
    return table


def _checked(name: str, value: Any, source: str) -> Any:
    """The value in its declared type."""
    field = next(f for f in msgspec.structs.fields(Config) if f.name == name)
    try:
        if name not in URLS and is_url(str(value)):
            value = masked(str(value))  # of the store, perhaps, and so not to be quoted
            raise msgspec.ValidationError("it is a URL")
        return msgspec.convert(value, field.type, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        got = "" if name in SECRETS or name in URLS else f" {value!r}"
        wanted = msgspec.inspect.type_info(field.type)
        about = (getattr(wanted, "extra_json_schema", None) or {}).get("description", "")
        raise ValueError(f"{source}:{got} cannot be used for {name} ({about}): {error}") from None


def _path(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise msgspec.ValidationError(f"Expected a path, got `{type(value).__name__}`")
