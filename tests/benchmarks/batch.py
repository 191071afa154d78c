"""What a batch costs outside hearing and judging: calls through queue, store and out folder, with a worker that hears
and judges nothing.

    python tests/benchmarks/batch.py [--calls 100000] [--store URL] [--folder DIR] [--like AUDIT.json] [--processes N]

Every call is the same audit under another recording's id: that of FILE where one is given (those in `samples` are of a
call of a minute: 170 to 210 kB), else a small one. Recordings are files of a few bytes, so that the speed of reading
them is not what is measured. Prints for every tenth of the calls the milliseconds a call took, the CPU time, what its
worker took to make the documents, and the memory of the process; then what a second run over the same files takes, in
which nothing is left to do.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import psutil

from callaudit.batch.executors.base import Executor
from callaudit.batch.executors.processes import Processes
from callaudit.batch.executors.serial import Serial
from callaudit.batch.run import Plan, run_batch
from callaudit.batch.sources import Search
from callaudit.batch.standing import Standing
from callaudit.batch.tasks import Beat, Done, Outcome, Task
from callaudit.config import BatchConfig
from callaudit.records import Audit, MadeBy, Score
from callaudit.reports.stored import audit_from
from callaudit.store.database import open_store
from callaudit.store.entries import entries_of
from callaudit.testing.scripts import call_from_script

HEARING, JUDGING = "a" * 64, "b" * 64
IN_A_FOLDER = 1000


@dataclass(frozen=True, slots=True)
class Nothing:
    """Makes work that gives back the audit in the file `like` under the recording's own id."""

    like: Path | None

    def __call__(self) -> Copying:
        return Copying(self.like)


@dataclass(frozen=True, slots=True)
class Copying:
    like: Path | None

    def __call__(self, task: Task, beat: Beat) -> Outcome:
        began_s = time.perf_counter()
        audit = example(self.like)
        recording = replace(audit.call.recording, id=task.recording_id, path=task.location)
        audit = replace(audit, call=replace(audit.call, recording=recording))
        return Done(task, entries_of(audit, hearing=HEARING, judging=JUDGING), time.perf_counter() - began_s)


@cache
def example(like: Path | None) -> Audit:
    if like is not None:
        return audit_from(json.loads(like.read_text(encoding="utf-8")))
    call = call_from_script([{"agent": "您好，请问有什么可以帮您？"}, {"customer": "查一下账单。"}])
    call = replace(call, made_by=MadeBy("0", "none"), tracks=())
    return Audit(call, (), (), Score(100.0, 100.0, 100.0, 0, 0, "pass"), replace(call.made_by, rulebook="none"))


@dataclass(slots=True)
class Meter:
    """Prints what every so many calls took; a listener of `run_batch`."""

    every: int
    since_s: float = field(default_factory=time.perf_counter)
    cpu_s: float = field(default_factory=time.process_time)
    busy_s: float = 0.0

    def __call__(self, outcome: Outcome | None, standing: Standing) -> None:
        if outcome is None or standing.n_done % self.every:
            return
        now_s, cpu_s, memory = time.perf_counter(), time.process_time(), psutil.Process().memory_info().rss / 2**20
        spans_s = now_s - self.since_s, cpu_s - self.cpu_s, standing.busy_s - self.busy_s
        each, cpu, busy = (1000 * span_s / self.every for span_s in spans_s)
        print(
            f"{standing.n_done:>9,} calls  {each:6.2f} ms a call ({cpu:5.2f} of this process's CPU, {busy:5.2f} in the "
            f"worker); {memory:4.0f} MiB; {standing.n_files:,} files found",
            flush=True,
        )
        self.since_s, self.cpu_s, self.busy_s = now_s, cpu_s, standing.busy_s


def main() -> None:
    """Makes the files, does the batch twice, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--store")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--like", type=Path)
    parser.add_argument("--processes", type=int, default=0)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=given.folder, prefix="callaudit-batch-"))
    try:
        for k in range(given.calls):
            path = folder / "calls" / f"{k // IN_A_FOLDER:05}" / f"{k:07}.wav"
            if k % IN_A_FOLDER == 0:
                path.parent.mkdir(parents=True)
            path.write_text(f"{k}\n")
        executor: Executor = Processes(given.processes) if given.processes else Serial()
        plan = Plan(HEARING, folder / "out", BatchConfig(settle_s=0.0))
        with open_store(given.store or folder / "store.sqlite") as store:
            for title in ("first run", "second run"):
                print(title)
                files = Search([str(folder / "calls")], settle_s=0.0)
                meter = Meter(max(1, given.calls // 10))
                figures = run_batch(store, files, executor, Nothing(given.like), plan, listener=meter)
                each = 1000 * figures.elapsed_s / given.calls
                print(f"{figures.n_done:>9,} done, {figures.n_heard:,} of them now; {each:.2f} ms a call over all")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
