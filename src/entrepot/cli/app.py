"""Every command by name, and the parser; each command's module is imported when it is called."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from entrepot import __version__
from entrepot.cli.options import Flags, StoreOptions

_URL = re.compile(r"(\w+):/.*")

app = App(
    name="entrepot",
    help="A self-hosted IoT product and device registry that speaks four vendors' APIs.",
    version=__version__,
    default_parameter=Parameter(negative=()),
    # Help is Markdown, which takes <NAME> for markup unless it is code.
    help_epilogue="Every setting of `entrepot config` may also stand in `ENTREPOT_<NAME>` or a TOML file.",
)

app.command(
    "entrepot.cli.showing:credentials",
    name="credentials",
    help="Print what an SDK needs to call as a tenant.",
)
app.command(
    "entrepot.cli.showing:config",
    name="config",
    help="Print the settings in force and where each came from.",
)
app.command(
    "entrepot.cli.showing:openapi",
    name="openapi",
    help="Print the OpenAPI document of a vendor's API, or which there are.",
)
app.command(
    "entrepot.cli.samples:sample",
    name="sample",
    help="Print code that makes one call: by the vendor's SDK, or by curl.",
)
app.command(
    "entrepot.cli.tenants:tenant", name="tenant", help="Create, list, show and change tenants."
)
app.command(
    "entrepot.cli.spaces:space",
    name="space",
    help="Create and list spaces, and keep the ids that they had in a cloud.",
)
app.command("entrepot.cli.users:user", name="user", help="Create, list and switch off users.")
app.command("entrepot.cli.users:key", name="key", help="Create, list and switch off access keys.")
app.command("entrepot.cli.products:product", name="product", help="List, show and export products.")
app.command("entrepot.cli.devices:device", name="device", help="List and show devices.")
app.command(
    "entrepot.cli.models:model",
    name="model",
    help="Convert, check and compare thing models; keep them for products.",
)
app.command(
    "entrepot.cli.categories:category",
    name="category",
    help="Keep categories of a tenant's own, whose thing models new products begin with.",
)
app.command("entrepot.cli.stores:store", name="store", help="Move a store to another engine.")
app.command("entrepot.cli.doctor:doctor", name="doctor", help="Check a data directory.")
app.command("entrepot.cli.backups:backup", name="backup", help="Copy the store, while it serves.")
app.command(
    "entrepot.cli.backups:restore", name="restore", help="Make a data directory of a backup."
)
app.command("entrepot.cli.backups:verify", name="verify", help="Check a backup.")
app.command(
    "entrepot.cli.backups:master_key",
    name="master-key",
    help="Change the master key, or tell which it is.",
)


@app.command
def serve(*, flags: Flags | None = None, store_options: StoreOptions | None = None) -> int:
    """Serve every vendor's API until told to stop.

    An empty data directory gets a development tenant, and one snippet for each SDK is printed.
    """
    from entrepot.cli.serving import run

    flags, store_options = flags or Flags(), store_options or StoreOptions()
    return run({**flags.given, **store_options.flags, "config": store_options.config})


def dispatch(words: Sequence[str]) -> int:
    """Run the command that the words name; its exit status."""
    try:
        status = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        # The parser quotes words: of a URL, which may hold a password, and behind it nothing is shown.
        text = _URL.sub(r"\1://...", " ".join(str(error).split()))
        command = " ".join(["entrepot", *_command(words)])
        print(f"entrepot: {text} See `{command} --help`.", file=sys.stderr)
        return 2
    return status if isinstance(status, int) else 0


def _command(words: Sequence[str]) -> list[str]:
    """The words at the beginning that name a command."""
    chain = app.parse_commands(list(words))[0]
    return list(chain)
