"""The product in several processes, also where it refuses them: what an SQLite file in many hands gives."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from entrepot import main as root
from entrepot import service, together
from entrepot.config import Config


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--store", default="")
    parser.add_argument("--workers", type=int, required=True)
    given = parser.parse_args()
    # Checkpoints of several processes on one SQLite file meet, and each that gives way says so.
    logging.basicConfig(level="CRITICAL")
    config = Config(data=given.data, store=given.store, workers=given.workers, port=0)
    serve = together.run if config.workers > 1 else service.serve
    serve(config, _listening)


def _listening(installation: root.Readable, empty: bool, url: str, admin_url: str) -> None:
    print(f"listening on {url}", flush=True)


if __name__ == "__main__":
    main()
