"""Writes the documents that are generated from code: docs/openapi/, fidelity.md, conversions.md and
growth/README.md there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
sys.path[:0] = [
    str(HERE),
    str(HERE.parent),
]  # this page's neighbours, the tests' models and the benchmarks'

import conversion_page  # noqa: E402

from bench import growth_page  # noqa: E402
from entrepot.core.models.conversion import read  # noqa: E402
from entrepot.core.models.thing_model import ThingModel  # noqa: E402
from entrepot.dialect import fidelity, openapi  # noqa: E402
from entrepot.main import catalog, dialects  # noqa: E402
from tests.models import drawn  # noqa: E402

DRAWN = 60  # models beside the real ones; with more, next to nothing new is found


def generated() -> dict[Path, str]:
    """Every generated document, by where it belongs below docs/."""
    found = {
        Path("openapi", f"{d.name}.json"): json.dumps(
            openapi.document(d), indent=1, ensure_ascii=False, sort_keys=False
        )
        + "\n"
        for d in dialects()
    }
    return {
        **found,
        Path("fidelity.md"): fidelity.page(dialects()),
        Path("conversions.md"): conversion_page.page(catalog().formats.values(), models()),
        growth_page.PAGE: growth_page.page(growth_page.sizes_in(HERE / growth_page.PAGE.parent)),
    }


def models() -> Iterator[ThingModel]:
    """Models as people write them, and of every other shape."""
    for file in sorted((HERE.parent / "tests" / "corpus").glob("*/*.json")):
        yield read(file.read_bytes(), catalog().named(file.parent.name))
    yield from (drawn(Random(seed)) for seed in range(DRAWN))  # noqa: S311 - no secret


def main() -> None:
    """Write them."""
    for place, text in generated().items():
        path = HERE / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
