"""Workers and threads that are left open are filled in: workers × threads = cores, as far as memory goes."""

from __future__ import annotations

from types import SimpleNamespace

import psutil
import pytest

from callaudit.batch.executors import sizing
from callaudit.batch.executors.processes import Processes
from callaudit.batch.executors.serial import Serial
from callaudit.config import BatchConfig, Config, EngineConfig


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight cores and 64 GiB free."""
    monkeypatch.setattr(sizing, "n_cores", lambda: 8)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=64 * 2**30))


@pytest.mark.parametrize(
    ("executor", "workers", "threads", "device", "wanted"),
    [
        ("processes", 0, 0, "cpu", (8, 1)),
        ("processes", 2, 0, "cpu", (2, 4)),
        ("processes", 3, 0, "cpu", (3, 2)),
        ("processes", 16, 0, "cpu", (16, 1)),
        ("processes", 0, 4, "cpu", (2, 4)),
        ("processes", 0, 0, "cuda", (1, 8)),
        ("serial", 5, 0, "cpu", (1, 0)),
        ("ray", 0, 0, "cpu", (0, 1)),
        ("ray", 6, 2, "cpu", (6, 2)),
    ],
)
def test_workers_and_threads(
    machine: None, executor: str, workers: int, threads: int, device: str, wanted: tuple[int, int]
) -> None:
    config = Config(
        engine=EngineConfig(threads=threads, device=device),  # type: ignore[arg-type]
        batch=BatchConfig(executor=executor, workers=workers),  # type: ignore[arg-type]
    )
    full = sizing.sized(config)
    assert (full.batch.workers, full.engine.threads) == wanted
    assert sizing.sized(full) == full


def test_memory_bounds_the_workers(machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=4 * 2**30))
    full = sizing.sized(Config())
    assert 1 <= full.batch.workers < 8
    assert full.engine.threads == 8 // full.batch.workers
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=2**20))
    assert sizing.sized(Config()).batch.workers == 1


def test_the_executor_is_what_the_settings_say() -> None:
    batch = BatchConfig(executor="processes", workers=3, timeout_s=60.0, memory_mb=900)
    made = sizing.make_executor(Config(batch=batch))
    assert isinstance(made, Processes)
    assert (made.n_workers, made.limits.timeout_s, made.limits.memory_mb) == (3, 60.0, 900)
    assert sizing.make_executor(Config(batch=BatchConfig(executor="serial"))) == Serial()
