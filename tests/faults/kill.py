"""`python -m tests.faults.kill --rounds 100`: kill -9 in a loop under load, and what the starts took.

Ends with status 1, and says what is missing, where anything that was answered is not there.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from entrepot.config import Config
from tests.contract.test_durability import WRITERS, killed

START_S = 2.0  # the promise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--verified-each", type=int, default=10, help="rounds between full looks")
    parser.add_argument("--directory", type=Path, help="where the store is made; its disk matters")
    given = parser.parse_args()
    starts: list[float] = []
    answered = 0
    with tempfile.TemporaryDirectory(dir=given.directory) as folder:
        for start_s, n in killed(
            Config(data=Path(folder) / "data"), given.rounds, given.verified_each
        ):
            starts.append(start_s)
            answered += n
            print(f"round {len(starts)}: started in {start_s:.2f} s, {n} answered", flush=True)
        size = sum(f.stat().st_size for f in (Path(folder) / "data").iterdir())
    print(
        f"{len(starts)} kills with {WRITERS} writers: all of {answered} answered creates are there,"
        f" nothing by halves; {size / 1e6:.1f} MB.\n"
        f"Starts: median {statistics.median(starts):.2f} s, longest {max(starts):.2f} s"
        f" (to reach: {START_S:g} s: {'reached' if max(starts) < START_S else 'NOT REACHED'})."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
