"""Processor time by the speed of the machine that the tests run on."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np


def units(do: Callable[[], object]) -> float:
    """The processor time of something, in units of a fixed piece of work: about a tenth of a second in 2026."""
    return _cpu_s(do) / min(_cpu_s(_work) for _ in range(3))


def _cpu_s(do: Callable[[], object]) -> float:
    began_s = time.process_time()
    do()
    return time.process_time() - began_s


def _work() -> None:
    np.sort(np.random.default_rng(0).random(500_000))
    sum(k * k for k in range(700_000))
