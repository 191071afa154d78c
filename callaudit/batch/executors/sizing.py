"""How many workers there is room for, and how many threads each takes."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil

from callaudit.batch.executors.base import Executor
from callaudit.batch.executors.crew import Limits
from callaudit.batch.executors.serial import Serial
from callaudit.config import BatchConfig, Config
from callaudit.models import resolve

WORKER_MB = 700
MODEL_RATIO = 2.0
"""Memory (MiB) that a worker takes besides its model, and what a loaded model takes as a multiple of its file."""

SPARE_RATIO = 0.8
"""Share of the free memory that workers may take."""


def sized(config: Config) -> Config:
    """The settings with workers and threads filled in where they are left open (0): workers × threads = cores.

    One worker a core, as far as memory goes, hears more than fewer workers with more threads: most of what is done to a
    call is done by one thread. A GPU serves one worker. How many workers a cluster has room for is seen when it is
    joined; there a worker takes one core unless told otherwise.
    """
    batch, threads, cores = config.batch, config.engine.threads, n_cores()
    if batch.executor == "serial":
        n_workers = 1
    elif batch.executor == "ray":
        n_workers, threads = batch.workers, threads or 1
    else:
        n_workers = batch.workers or _room(config, max(1, cores // max(1, threads)))
        threads = threads or max(1, cores // n_workers)
    return replace(config, batch=replace(batch, workers=n_workers), engine=replace(config.engine, threads=threads))


def make_executor(config: Config) -> Executor:
    """The executor that the settings (`sized`) ask for.

    Raises
    ------
    ConfigError
        Ray is asked for and not installed.
    """
    batch = config.batch
    if batch.executor == "serial":
        return Serial()
    if batch.executor == "ray":
        from callaudit.batch.executors.ray import Ray

        gpus = 1.0 if config.engine.device == "cuda" else 0.0
        return Ray(batch.ray_address, batch.workers, config.engine.threads or 1, gpus, limits_of(batch))
    from callaudit.batch.executors.processes import Processes

    return Processes(batch.workers or n_cores(), limits_of(batch))


def limits_of(batch: BatchConfig) -> Limits:
    """When a worker is ended."""
    return Limits(timeout_s=batch.timeout_s, memory_mb=batch.memory_mb)


def n_cores() -> int:
    """Cores that this process may use: those it is bound to, and no more than its container is given."""
    affinity = getattr(os, "sched_getaffinity", None)
    n_bound = len(affinity(0)) if affinity else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota_us, period_us = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        if quota_us != "max":
            return int(max(1, min(n_bound, int(quota_us) // int(period_us))))
    return n_bound


def _room(config: Config, cores: int) -> int:
    """Workers for which there are cores and memory; one where a GPU does the work."""
    if config.engine.device == "cuda":
        return 1
    files = resolve(config.engine.model)
    each_mb = WORKER_MB + MODEL_RATIO * (files.path / files.weights).stat().st_size / 2**20
    free_mb = SPARE_RATIO * psutil.virtual_memory().available / 2**20
    return max(1, min(cores, int(free_mb / each_mb)))
