"""Settings: one typed object from flags, environment and an optional TOML file, each value with its source."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

PREFIX = "ENTREPOT_"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set; every default works."""

    data: Annotated[Path, Meta(description="directory that holds the store and the master key")] = (
        Path("entrepot-data")
    )
    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="port to listen on; 0 picks a free one")
    ] = 8080
    master_key: Annotated[
        str,
        Meta(description="64 hexadecimal digits; empty: the file master.key in the data directory"),
    ] = ""
    region: Annotated[str, Meta(min_length=1, description="region id that answers name")] = (
        "cn-north-4"
    )
    log_level: Annotated[
        str, Meta(pattern=r"\A(debug|info|warning|error)\Z", description="how much to log")
    ] = "warning"

    def __repr__(self) -> str:
        return f"Config(data={self.data}, host={self.host}, port={self.port})"


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> tuple[Config, dict[str, str]]:
    """The settings in force, and where each came from: a flag beats the environment beats the file.

    Raises:
        ValueError: a value is wrong or a name unknown; says which, where, and what would be right.
    """
    environment = os.environ if environment is None else environment
    if file is None and (named := environment.get(PREFIX + "CONFIG")):
        file = Path(named)
    names = Config.__struct_fields__
    values: dict[str, Any] = {}
    origin = dict.fromkeys(names, "default")
    if file is not None:
        try:
            table = tomllib.loads(file.read_text())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"cannot read {file}: {error}") from None
        for name, value in table.items():
            if name not in origin:
                raise ValueError(
                    f"{file}: no setting is called {name!r}; there are {', '.join(names)}"
                )
            values[name], origin[name] = value, str(file)
    for name in names:
        variable = PREFIX + name.upper()
        if environment.get(variable):
            values[name], origin[name] = environment[variable], variable
        if flags and flags.get(name) is not None:
            values[name], origin[name] = flags[name], f"--{name.replace('_', '-')}"
    try:
        config = msgspec.convert(values, Config, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        where = ", ".join(sorted({origin[n] for n in values}))
        raise ValueError(f"a setting is wrong ({where}): {error}") from None
    return config, origin


def _path(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise NotImplementedError(kind)
