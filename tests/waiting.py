"""Waiting for what another thread or process does: on no clock but that of a hang."""

from __future__ import annotations

import time
from collections.abc import Callable

HANG_S = 300.0
"""Whatever takes longer will never come: no machine that runs the tests is so slow."""


def wait_until(true: Callable[[], object]) -> None:
    """Returns as soon as it is."""
    end_s = time.monotonic() + HANG_S
    while not true():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.01)
