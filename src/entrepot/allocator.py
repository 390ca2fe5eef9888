"""What the C library's allocator keeps of memory that was freed; knows nothing of what it was used for."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_BYTES = 131072


def give_back_freed_memory() -> bool:
    """Makes glibc return large pieces to the system once they are freed; False on another C library.

    These are the values that glibc begins with. Setting them keeps it from raising them after the
    first large piece was freed, to 32 and 64 MB, which the process would then hold for good.
    """
    library = ctypes.CDLL(None)
    if not _is_glibc(library):
        return False
    return bool(
        library.mallopt(_TRIM_THRESHOLD, _BYTES) and library.mallopt(_MMAP_THRESHOLD, _BYTES)
    )


def trim() -> None:
    """Returns to the system what is free between pieces in use; takes some milliseconds.

    glibc by itself returns only what is free at the end: after many pieces of 64 KB, one that is still
    in use behind them would keep them all.
    """
    library = ctypes.CDLL(None)
    if _is_glibc(library):
        library.malloc_trim(0)


def _is_glibc(library: ctypes.CDLL) -> bool:
    return hasattr(library, "gnu_get_libc_version")
