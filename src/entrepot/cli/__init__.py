"""The command line: words in, a use case, text or JSON out. Imports nothing slow before it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 where something is wrong, 2 where the command line itself is."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(words)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read our output has seen enough: `entrepot ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from entrepot.cli.sentences import sentence

        text = sentence(error)
        if text is None:
            raise
        print(f"entrepot: {text}", file=sys.stderr)
        return 1


def _run(words: list[str]) -> int:
    if words == ["--version"]:
        from entrepot import __version__

        print(__version__)  # importing the parser would take longer than all else (a test holds it)
        return 0
    if words[:1] == ["serve"]:
        from entrepot.cli import serving

        # The parser would be a good part of the time to the first answer: a plain line does
        # without it (docs/decisions/0008).
        flags = serving.plain_flags(words[1:])
        if flags is not None:
            return serving.run(flags)
    from entrepot.cli.app import dispatch

    return dispatch(words)
