"""Work without models: what a worker does to a recording is told by the recording itself.

A recording is a few lines of text; its first line says how it goes: `done`, `unreadable`, `passing` (fails twice, then
goes well), `always` (fails whenever it is tried), `dies` (kills its worker), `slow 0.2` (takes so many seconds),
`waits` (until a file `go` lies beside it, and touches a file `pulse` meanwhile),
`fills 600` (takes so much memory, in MiB, and hangs),
`vanishes` (deletes the file, unless a file `stay` lies beside it), `vanishes once` (the first name alone), `grows`
(writes to the file while it is read).
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path

from callaudit.audio.digest import sha256_of
from callaudit.batch.sources import local_path
from callaudit.batch.tasks import Beat, Done, Lost, MakeWork, Outcome, Task, Work
from callaudit.records import Audit
from callaudit.reports.stored import audit_from
from callaudit.store.entries import entries_of

SAMPLE = Path(__file__).parents[2] / "samples" / "telecom-silent-call-bad.audit.json"
LONG_AGO = datetime(2001, 11, 3, 10, 0, tzinfo=UTC)
"""When each call was made: whatever the clock of this machine shows, it is old."""
HEARING, JUDGING = "a" * 64, "b" * 64


@cache
def sample() -> Audit:
    return audit_from(json.loads(SAMPLE.read_text(encoding="utf-8")))


def recording(folder: Path, name: str, says: str = "done", text: str | None = None) -> Path:
    """A recording of that behaviour; `text` makes its content, by default its name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{says}\n{name if text is None else text}\n", encoding="utf-8", errors="surrogateescape")
    return path


def recordings(folder: Path, n: int, says: str = "done") -> None:
    """So many recordings of that behaviour: 0.wav, 1.wav …"""
    for k in range(n):
        recording(folder, f"{k}.wav", says)


def begun(log: Path) -> list[list[str]]:
    """Recording, attempt and process of each task that a `Fake` with that log has begun."""
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def audit_of(recording_id: str, location: str, duration_s: float = 60.0) -> Audit:
    about = replace(sample().call.metadata, started_at=LONG_AGO)
    own = replace(sample().call.recording, id=recording_id, path=location, duration_s=duration_s, metadata=about)
    return replace(sample(), call=replace(sample().call, recording=own))


@dataclass(frozen=True, slots=True)
class Fake:
    """Makes work that obeys the recording.

    `log`, if given, gets a line for each task begun: recording, attempt, process. `pause_s` slows all.
    """

    log: Path | None = None
    pause_s: float = 0.0
    hearing: str = HEARING
    duration_s: float = 60.0

    def __call__(self) -> Fake.Work:
        return Fake.Work(self)

    @dataclass(frozen=True, slots=True)
    class Work:
        fake: Fake

        def __call__(self, task: Task, beat: Beat) -> Outcome:
            beat("reading")
            if self.fake.log is not None:
                with self.fake.log.open("a") as log:
                    log.write(f"{task.recording_id} {task.attempt} {os.getpid()}\n")
            path = local_path(task.location)
            assert path is not None
            try:
                says, _, rest = path.read_text(encoding="utf-8", errors="replace").partition("\n")[0].partition(" ")
                time.sleep(self.fake.pause_s + (float(rest) if says == "slow" else 0.0))
                while says == "waits" and not path.with_name("go").exists():
                    path.with_name("pulse").touch()
                    time.sleep(0.01)
                self._touch(path, says, rest)
                found = sha256_of(path)
            except OSError as error:
                return Lost(task, "UnreadableAudio", f"{error.strerror}")
            if says == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            if says == "fills":
                held = bytearray(int(rest) << 20)
                time.sleep(1000 * len(held[:1]))
            if says == "unreadable":
                return Lost(task, "UnreadableAudio", "not audio that can be decoded")
            if says == "always" or (says == "passing" and task.attempt < 3):
                return Lost(task, "EngineError", "the model failed", may_pass=True)
            entry = entries_of(
                audit_of(found, task.location, self.fake.duration_s), hearing=self.fake.hearing, judging=JUDGING
            )
            return Done(task, entry, 0.001)

        def _touch(self, path: Path, says: str, rest: str) -> None:
            if says == "grows":
                path.write_text("done\nand what came after\n")
            gone = path.with_name("stay")
            if says == "vanishes" and not gone.exists():
                path.unlink()
                if rest == "once":
                    gone.touch()


def at_call(number: int, do: Callable[[], object], make_work: MakeWork) -> MakeWork:
    """The same work, for workers of this process; while they are at the call of that number, something is done."""

    def make() -> Work:
        work, numbers = make_work(), count(1)

        def with_event(task: Task, beat: Beat) -> Outcome:
            if next(numbers) == number:
                do()
            return work(task, beat)

        return with_event

    return make
