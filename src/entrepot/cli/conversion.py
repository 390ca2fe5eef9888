"""`entrepot model convert`, `check` and `diff`: thing models in files; no data directory is touched.

They end with 0 for yes, 1 for no, and 2 where there is no answer, so that a script can tell.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

import msgspec
from cyclopts import Parameter

from entrepot import main as root
from entrepot import models
from entrepot.cli.options import Json
from entrepot.cli.output import counted, print_json, print_table
from entrepot.core.models.conversion import Converted, LossKind, Report
from entrepot.core.models.evolution import IMPACTS, Change, worst

P = ParamSpec("P")
R = TypeVar("R")

File = Annotated[
    Path,
    Parameter(help="A thing model as JSON; - reads standard input.", allow_leading_hyphen=True),
]
Source = Annotated[
    str,
    Parameter(
        "--from", help="The format of what is read (default: recognised).", show_default=False
    ),
]
Out = Annotated[Path | None, Parameter("--out", help="File to write (default: standard output).")]
ReportTo = Annotated[
    list[Path] | None,
    Parameter(
        "--report",
        consume_multiple=(0, 1),
        metavar="[FILE]",
        help="What was not kept: a table on standard error, or JSON in a file.",
    ),
]
_LOST: tuple[LossKind, ...] = ("approximated", "parked", "impossible")
_CELL = 60  # characters of a value in a table


def answers(command: Callable[P, int]) -> Callable[P, int]:
    """The command; where it can give no answer it says why, and ends with 2."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError:
            raise
        except (ValueError, OSError) as error:
            print(f"entrepot: {error}", file=sys.stderr)
            return 2

    return run


@answers
def convert(
    file: File,
    *,
    to: Annotated[str, Parameter(help="The format to write; `entrepot model formats` has all.")],
    source: Source = "",
    out: Out = None,
    report: ReportTo = None,
    parked: Annotated[
        Path | None,
        Parameter(help="The report of the conversion that made FILE: what it parked comes back."),
    ] = None,
    strict: Annotated[bool, Parameter(help="End with 1 where anything was lost.")] = False,
) -> int:
    """Write a thing model in the words of another vendor or of a standard.

    What the other cannot say is never dropped in silence: `--report` lists it.

    Ends with 0; with `--strict` 1 where anything was lost; 2 where FILE cannot be read or converted.
    """
    target = root.catalog().named(to).name
    known = None if parked is None else _told(parked, models.report)
    found = _told(file, lambda raw: models.convert(raw, target, source, known))
    return deliver(found, out, report, strict)


@answers
def check(
    file: File,
    *,
    target: Annotated[str, Parameter("--for", help="The format, or the API that keeps it.")],
    source: Source = "",
    as_json: Json = False,
) -> int:
    """Will it fit? Every limit of a vendor's API that a thing model breaks, before any call.

    A model in another format is converted first; the places are those in the converted model.

    Ends with 0 where it fits, 1 where it does not, 2 where FILE cannot be read.
    """
    format = root.catalog().named(target).name
    found = _told(file, lambda raw: models.check(raw, format, source))
    if as_json:
        plain = [
            {"path": v.field, "kind": v.kind, "want": v.want, "got": msgspec.to_builtins(v.got)}
            for v in found
        ]
        print_json({"format": format, "fits": not found, "violations": plain})
    elif found:
        rows = ((v.field or "(all)", v.kind.replace("_", " "), v.want, _cell(v.got)) for v in found)
        print_table(("where", "what is wrong", "what would be right", "what is there"), rows)
        print(f"does not fit {format}: {counted(len(found), 'limit')} broken")
    else:
        print(f"fits {format}")
    return 1 if found else 0


@answers
def diff(
    old: File,
    new: File,
    *,
    source: Source = "",
    as_json: Json = False,
    exit_code: Annotated[
        Literal["breaking", "risky", "any"] | None,
        Parameter("--exit-code", help="End with 1 where a change is so bad or worse."),
    ] = None,
) -> int:
    """What changed from one thing model to another, and what it means for those who use the old one.

    The two may be in different formats.

    Ends with 0; with `--exit-code` 1 where a change is so bad or worse; 2 where a file cannot be read.
    """
    if str(old) == str(new) == "-":
        raise ValueError("only one of the two can come from standard input")
    found = models.diff(_model(old, source), _model(new, source), source)
    if as_json:
        print_json([{**msgspec.to_builtins(c), "path": list(c.path)} for c in found])
    else:
        _print_changes(found)
    impact = worst(found)
    if exit_code is None or impact is None:
        return 0
    least = IMPACTS[0] if exit_code == "any" else exit_code
    return int(IMPACTS.index(impact) >= IMPACTS.index(least))


def formats(*, as_json: Json = False) -> None:
    """The formats that thing models can be read and written in."""
    if as_json:
        print_json(models.formats())
    else:
        print_table(("format", "what it is"), models.formats().items())


def deliver(
    found: Converted, out: Path | None, report: Sequence[Path] | None, strict: bool = False
) -> int:
    """The converted model and its report where they belong; the exit status."""
    text = msgspec.json.format(found.text, indent=2).decode() + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        _write(out, text)
    lost = [loss for loss in found.report.losses if loss.kind in _LOST]
    if report:
        _write(report[0], msgspec.json.format(msgspec.json.encode(found.report)).decode() + "\n")
    elif report is not None:
        _print_report(found.report)
    elif lost:
        print(f"{_summary(found.report)}; --report lists them", file=sys.stderr)
    return int(strict and bool(lost))


def _summary(report: Report) -> str:
    kinds = [loss.kind for loss in report.losses]
    counts = [f"{kinds.count(kind)} {kind}" for kind in ("kept", *_LOST) if kind in kinds]
    return f"{report.source} to {report.target}: {', '.join(counts) or 'nothing was lost'}"


def _print_report(report: Report) -> None:
    rows = (
        (x.kind, "/".join(x.path), x.reason, _cell(x.was), _cell(x.wrote)) for x in report.losses
    )
    if report.losses:
        columns = ("kind", "where", "why", "was", "is now")
        print_table(columns, rows, file=sys.stderr)
    print(_summary(report), file=sys.stderr)


def _print_changes(found: Sequence[Change]) -> None:
    rows = (
        (c.impact, c.what, "/".join(c.path), c.reason, _cell(c.was), _cell(c.now))
        for c in sorted(found, key=lambda c: -IMPACTS.index(c.impact))
    )
    if found:
        print_table(("impact", "what", "where", "why", "was", "is now"), rows)
    kinds = [c.impact for c in found]
    counts = [f"{kinds.count(i)} {i}" for i in reversed(IMPACTS) if i in kinds]
    print(f"{counted(len(found), 'change')}: {', '.join(counts)}" if found else "no change")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def _model(file: Path, source: str) -> bytes:
    """The text of the file, once it is known to be a model."""
    raw = _read(file)
    _told(file, lambda raw: models.read(raw, source), raw)
    return raw


def _read(file: Path) -> bytes:
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def _told(file: Path, work: Callable[[bytes], R], raw: bytes | None = None) -> R:
    """What `work` makes of the file's text.

    Raises:
        ValueError: it cannot be read; names the file.
    """
    text = _read(file) if raw is None else raw
    try:
        return work(text)
    except ValueError as error:
        raise ValueError(f"{'standard input' if str(file) == '-' else file}: {error}") from None


def _write(file: Path, text: str) -> None:
    part = file.with_name(file.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, file)  # a broken run leaves no half file under the name
