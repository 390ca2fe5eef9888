"""Writes the documents that are generated from the dialects' tables: docs/openapi/ and docs/fidelity.md."""

from __future__ import annotations

import json
from pathlib import Path

from entrepot.dialect import fidelity, openapi
from entrepot.main import dialects

HERE = Path(__file__).parent


def generated() -> dict[Path, str]:
    """Every generated document, by where it belongs below docs/."""
    found = {
        Path("openapi", f"{d.name}.json"): json.dumps(
            openapi.document(d), indent=1, ensure_ascii=False, sort_keys=False
        )
        + "\n"
        for d in dialects()
    }
    return {**found, Path("fidelity.md"): fidelity.page(dialects())}


def main() -> None:
    """Write them."""
    for place, text in generated().items():
        path = HERE / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
