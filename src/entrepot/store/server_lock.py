"""One server to a data directory; knows neither what is stored there nor what is served.

Calls a second and nonces are counted by the server, in however many processes: two servers would
allow twice as many.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "serve.lock"


@contextmanager
def exclusive_server(data: Path) -> Iterator[None]:
    """Nothing; while the context lasts, nobody else enters it for the directory.

    The lock ends with the process, however that ends; the file stays.

    Raises:
        ValueError: another process has it; names it.
    """
    path = data / LOCK
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ValueError(f"cannot use {path}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(file, 20).decode("ascii", "replace").strip()
            raise ValueError(
                f"process {holder or 'unknown'} serves {data} already:"
                " stop it first, or name another directory with --data"
            ) from None
        except OSError as error:
            raise ValueError(f"cannot lock {path}: {error.strerror}") from None
        os.ftruncate(file, 0)
        os.write(file, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(file)
