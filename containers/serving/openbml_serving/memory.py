"""Memory that the C library holds though nobody uses it."""

import ctypes
import sys


def give_free_memory_back() -> None:
    """Return what is free to the system: reading a model takes three times its size for a moment."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc only
        if trim is not None:
            trim(0)
