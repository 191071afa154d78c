"""Hours of audio per hour: the batch's executors beside plain faster-whisper in a loop over the same files.

Every side runs in a process of its own that is warm (models loaded, one call heard) before its clock starts, and takes
the whole list of calls; sides take turns, so that other work on the machine falls on all of them. See README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import soundfile

from callaudit.audio.digest import sha256_of
from callaudit.batch.executors.base import Executor
from callaudit.batch.executors.processes import Processes
from callaudit.batch.executors.ray import Ray
from callaudit.batch.executors.serial import Serial
from callaudit.batch.executors.sizing import n_cores
from callaudit.batch.tasks import Done, MakeWork, Task
from callaudit.batch.worker import HearAndJudge
from callaudit.config import Config, EngineConfig
from callaudit.models import resolve

SOUNDS = (".flac", ".wav", ".mp3", ".ogg")
SIDES = ("whisper", "serial", "processes-1", "processes-2", "ray-2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with recordings")
    parser.add_argument("--calls", type=int, default=12, help="so many of them, evenly spread over the names")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    paths = chosen(args.folder, args.calls)
    if args.side:
        print(json.dumps(SIDE[args.side](paths)))
        return
    taken: dict[str, list[dict[str, float]]] = {side: [] for side in args.sides}
    for repeat in range(args.repeats):
        order = args.sides if repeat % 2 == 0 else args.sides[::-1]
        for side in order:
            command = [sys.executable, __file__, str(args.folder), "--calls", str(args.calls), "--side", side]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            taken[side].append(json.loads(told.splitlines()[-1]))
            print(side, taken[side][-1], file=sys.stderr, flush=True)
    show(taken)


def chosen(folder: Path, n: int) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if path.suffix in SOUNDS)
    n = min(n, len(paths))
    return [paths[k * len(paths) // n] for k in range(n)]


def show(taken: dict[str, list[dict[str, float]]]) -> None:
    """Medians of the repeats, and the range of the ratio to plain faster-whisper of the same repeat."""
    print("side         audio h/h  ratio to whisper (range)  CPU s/audio min  start s  peak MiB a worker")
    for side, rows in taken.items():
        speeds = [row["audio_s"] / row["wall_s"] for row in rows]
        pairs = zip(speeds, taken.get("whisper", rows), strict=True)
        ratios = [speed / (row["audio_s"] / row["wall_s"]) for speed, row in pairs]
        used_s = statistics.median(60 * row["cpu_s"] / row["audio_s"] for row in rows)
        start_s = statistics.median(row["start_s"] for row in rows)
        print(
            f"{side:12} {statistics.median(speeds):9.2f}  {statistics.median(ratios):5.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})    {used_s:14.1f}  {start_s:7.1f} "
            f"{max(row['peak_mb'] for row in rows):18.0f}"
        )


# ── sides ────────────────────────────────────────────────────────────────────────────────────────────────────────
def plain_whisper(paths: list[Path]) -> dict[str, float]:
    """faster-whisper as its page says: the whole file, beam 5, its own VAD, all cores."""
    from faster_whisper import WhisperModel

    began_s = time.perf_counter()
    threads = n_cores()
    model = WhisperModel(str(resolve("whisper-base").path), device="cpu", compute_type="int8", cpu_threads=threads)

    def hear(path: Path) -> None:
        segments, _ = model.transcribe(str(path), language="zh", beam_size=5, vad_filter=True)
        for _ in segments:
            pass

    hear(paths[0])
    start_s = time.perf_counter() - began_s
    began_s, cpu_began_s = time.perf_counter(), cpu_s()
    for path in paths:
        hear(path)
    return row_of(paths, time.perf_counter() - began_s, start_s, peak_mb(), cpu_s() - cpu_began_s)


def batch(executor: Executor, n_workers: int, threads: int) -> Callable[[list[Path]], dict[str, float]]:
    """The batch without store: warm when every worker has heard a call, which is not counted."""

    def run(paths: list[Path]) -> dict[str, float]:
        config = Config(engine=EngineConfig(threads=threads, language="zh"))
        make_work: MakeWork = HearAndJudge(config)
        warm = [paths[0]] * n_workers
        tasks = [Task(k, sha256_of(path), str(path)) for k, path in enumerate([*warm, *paths])]
        began_s, peak, n_done = time.perf_counter(), 0.0, 0
        times: list[float] = []
        used: list[float] = []

        def given() -> Iterator[Task | None]:
            yield from tasks[:n_workers]
            while n_done < n_workers:
                time.sleep(0.01)
                yield None
            times.append(time.perf_counter())
            used.append(cpu_s())
            yield from tasks[n_workers:]

        for outcome in executor.run(given(), make_work):
            if not isinstance(outcome, Done):
                raise SystemExit(f"{outcome.kind}: {outcome.why}")
            n_done += 1
            peak = max(peak, peak_mb())
            if n_done == len(tasks):  # before the workers end, and what they used is forgotten
                times.append(time.perf_counter())
                used.append(cpu_s())
        return row_of(paths, times[1] - times[0], times[0] - began_s, peak, used[1] - used[0])

    return run


def row_of(paths: Iterable[Path], wall_s: float, start_s: float, peak: float, used_s: float) -> dict[str, float]:
    audio_s = sum(soundfile.info(str(path)).duration for path in paths)
    row = {"audio_s": audio_s, "wall_s": wall_s, "cpu_s": used_s, "start_s": start_s, "peak_mb": peak}
    return {name: round(value, 2) for name, value in row.items()}


def cpu_s() -> float:
    """Processor time of this process and its descendants so far: other work on the machine moves it less."""
    total = 0.0
    for process in (here := psutil.Process(), *here.children(recursive=True)):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def peak_mb() -> float:
    """Resident memory of this process or of its largest descendant."""
    sizes = []
    for process in (here := psutil.Process(), *here.children(recursive=True)):
        with suppress(psutil.Error):
            sizes.append(process.memory_info().rss)
    return round(max(sizes) / 2**20)


SIDE: dict[str, Callable[[list[Path]], dict[str, float]]] = {
    "whisper": plain_whisper,
    "serial": batch(Serial(), 1, n_cores()),
    "processes-1": batch(Processes(1), 1, n_cores()),
    "processes-2": batch(Processes(2), 2, max(1, n_cores() // 2)),
    "ray-2": batch(Ray("local", 2), 2, 1),
}

if __name__ == "__main__":
    os.environ.pop("OMP_NUM_THREADS", None)
    main()
