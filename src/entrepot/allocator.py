"""What the C library's allocator keeps of memory that was freed; knows nothing of what it was used for."""

from __future__ import annotations

import ctypes

# Of malloc.h: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT_BYTES = 16 << 20
_LARGEST_BYTES = 32 << 20  # the most that glibc takes


def bound_freed_memory() -> bool:
    """Bounds what glibc keeps of freed memory, between two calls of `trim`; False on another C library.

    Freed memory at the end of the heap goes back to the system once it is over 4 MB. Left alone, glibc
    raises that bound to 64 MB after the first large piece. Large pieces come from the one heap too: a piece
    that is mapped anew costs a page fault for each 4 KB, which under a flood of large bodies took more time
    than all else together.
    """
    library = ctypes.CDLL(None)
    if not _is_glibc(library):
        return False
    return bool(
        library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        and library.mallopt(_MMAP_THRESHOLD, _LARGEST_BYTES)
        and library.mallopt(_ARENA_MAX, 1)
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
