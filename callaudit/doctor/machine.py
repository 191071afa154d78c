"""What this machine has: cores, memory, room on its disks, and the time it goes by."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from callaudit.doctor.check import Check

LEAST_MEMORY_BYTES = 1 << 30
"""A worker with the embedded model takes about 700 MB."""

LEAST_ROOM_BYTES = 1 << 30
"""Copies from a storage, samples of long calls, the joined model: each a few hundred MB."""

CGROUP = Path("/sys/fs/cgroup")


def power() -> Iterator[Check]:
    """Cores and memory, as far as this process may use them."""
    import psutil

    n_cores = _cores()
    yield Check("cores", "well", f"{n_cores:g} for this process, {os.cpu_count()} in the machine")
    memory = psutil.virtual_memory()
    bound = _number(CGROUP / "memory.max")
    total = memory.total if bound is None else min(memory.total, bound)
    free = memory.available
    if bound is not None:
        free = min(free, max(0, bound - (_number(CGROUP / "memory.current") or 0)))
    says = f"{_gib(total)} for this process, {_gib(free)} free"
    if free < LEAST_MEMORY_BYTES:
        yield Check("memory", "ill", says, f"end other programs, or give it {_gib(LEAST_MEMORY_BYTES)} a worker")
    else:
        yield Check("memory", "well", says)


def _cores() -> float:
    """Cores that the scheduler and the container grant."""
    granted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return granted if quota == "max" else min(granted, int(quota) / int(period))
    except (OSError, ValueError):
        return granted


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):  # no such limit ("max"), or no such system
        return None


def rooms(folders: Mapping[str, Path]) -> Iterator[Check]:
    """Whether each folder can be written to and has room; the folders by what they are for."""
    for use, folder in folders.items():
        name = f"room for {use}"
        there = folder
        while not there.exists() and there != there.parent:
            there = there.parent
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(b"callaudit")
        except OSError as error:
            yield Check(
                name,
                "ill",
                f"{folder} cannot be written ({error.strerror})",
                "give this user the right, or choose another",
            )
            continue
        yield _room(name, folder, there)


def _room(name: str, folder: Path, there: Path) -> Check:
    import psutil

    free = psutil.disk_usage(str(there)).free
    says = f"{folder}: {_gib(free)} free"
    if free < LEAST_ROOM_BYTES:
        return Check(name, "ill", says, f"make room: at least {_gib(LEAST_ROOM_BYTES)}")
    return Check(name, "well", says)


def clock() -> Iterator[Check]:
    """The time zone by which calls without one are dated, and whether zones are known at all."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    local = datetime.now(UTC).astimezone()
    says = f"{local.isoformat(timespec='seconds')} ({local.tzname()})"
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        yield Check("time zone", "ill", f"{says}; no zones are known here", "pip install tzdata")
        return
    if local.utcoffset() is not None and not local.utcoffset() and local.tzname() in ("UTC", "GMT"):
        todo = "set TZ (TZ=Asia/Shanghai) if this machine stands for a place: times of day as --until 06:00 go by it"
        yield Check("time zone", "note", says, todo)
    else:
        yield Check("time zone", "well", says)


def _gib(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 30):.1f} GiB"
