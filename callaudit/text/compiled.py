"""Functions that are compiled to machine code when first called, and kept on disk for the processes that follow.

Numba [1]_ compiles them without relaxing arithmetic: the same sums in the same order as in Python, so the same bits. It
keeps the code beside the source or, where that cannot be written, in the user's cache folder (or in what
`NUMBA_CACHE_DIR` names). Where nothing can be written every process compiles for itself.

References
----------
.. [1] Lam, Pitrou & Seibert (2015), Numba: a LLVM-based Python JIT compiler, LLVM-HPC.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code; it takes numbers and arrays only."""
    try:
        ready: Any = njit(cache=True)(function)
    except RuntimeError:  # no folder to keep it in
        ready = njit()(function)
    return cast("Callable[P, R]", ready)
