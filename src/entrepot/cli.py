"""The command line: flags in, a use case, text or JSON out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from entrepot import __version__
from entrepot.config import Config, load

app = App(
    name="entrepot", help="A self-hosted IoT product and device registry.", version=__version__
)


@app.command
def serve(*, host: str | None = None, port: int | None = None, data: Path | None = None) -> None:
    """Serve every vendor's API."""
    from entrepot import main as root

    root.serve(_config(host=host, port=port, data=data))


@app.command
def credentials(
    *,
    data: Path | None = None,
    tenant: str = "dev",
    as_json: Annotated[bool, Parameter("--json")] = False,
) -> None:
    """Print what an SDK needs to call as a tenant."""
    from entrepot import main as root

    installation = root.open_installation(_config(data=data))
    try:
        print(json.dumps(root.credentials(installation, tenant), indent=2))
    finally:
        installation.close()


def _config(**flags: object) -> Config:
    try:
        return load(flags)[0]
    except ValueError as error:
        sys.exit(f"entrepot: {error}")


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
