"""Runs many scripts in one interpreter, so that an SDK is imported once; for `test_samples`.

On standard input a JSON list of scripts, each with the variables of its environment; on standard output
what each printed, and how it failed.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any


def run(code: str, variables: dict[str, str]) -> dict[str, str]:
    """What the script prints, and the traceback that ended it."""
    said, failed = io.StringIO(), ""
    os.environ.update(variables)
    try:
        with redirect_stdout(said):
            exec(compile(code, "sample", "exec"), {"__name__": "__main__"})
    except Exception:
        failed = traceback.format_exc()
    for name in variables:
        del os.environ[name]
    return {"said": said.getvalue(), "failed": failed}


if __name__ == "__main__":
    wanted: list[dict[str, Any]] = json.load(sys.stdin)
    json.dump([run(one["code"], one["variables"]) for one in wanted], sys.stdout)
