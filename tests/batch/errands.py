"""Work whose task says what happens to the worker: its location is a word and, after a space, a number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from callaudit.batch.tasks import Beat, Done, Task
from callaudit.errors import EngineError, ModelMissing, UnreadableAudio
from callaudit.store.entries import CallEntry, Entry, JudgementEntry

SECRET = "他说的话"
"""Words of a call, which no outcome may hold."""


@dataclass(frozen=True, slots=True)
class Errands:
    """Makes work that does as told; `begin` says how a worker begins: `well`, `missing`, `dead`, `bug`, or `once`: as
    long as a file lies at `note`, and it is removed by whoever begins."""

    begin: str = "well"
    note: str = ""

    def __call__(self) -> Run:
        if self.begin == "missing":
            raise ModelMissing("the model is not here; fetch it")
        if self.begin == "dead":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.begin == "bug":
            raise KeyError(SECRET)
        if self.begin == "once":
            try:
                Path(self.note).unlink()
            except FileNotFoundError:
                raise EngineError("no room for the model") from None
        return Run()


class Run:
    """Does what a task says."""

    def __call__(self, task: Task, beat: Beat) -> Done:
        word, _, number = task.location.partition(" ")
        beat(word)
        getattr(self, word)(number)
        return Done(task, entry_of(task), 0.0)

    def easy(self, number: str) -> None:
        """Is done at once."""

    def slow(self, seconds: str) -> None:
        time.sleep(float(seconds))

    def waits(self, note: str) -> None:
        """Tells beside the note that it is at work, and waits for the note."""
        Path(f"{note}.{os.getpid()}").touch()
        while not Path(note).exists():
            time.sleep(0.01)

    def busy(self, note: str) -> None:
        """Writes its process's number down, and works until the note is gone."""
        Path(note).write_text(str(os.getpid()))
        while Path(note).exists():
            sum(range(10_000))

    def large(self, mebibytes: str) -> None:
        held = bytearray(int(mebibytes) * 2**20)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(600)

    def killed(self, number: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def exits(self, code: str) -> None:
        os._exit(int(code))

    def corrupt(self, number: str) -> None:
        raise UnreadableAudio("not audio that can be decoded")

    def failing(self, number: str) -> None:
        raise EngineError("the model failed")

    def full(self, number: str) -> None:
        raise OSError(28, "No space left on device")

    def bug(self, number: str) -> None:
        raise KeyError(SECRET)

    def memory(self, number: str) -> None:
        raise MemoryError

    def leaves(self, note: str) -> None:
        """Begins a process of its own, writes its number down, and hangs."""
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(note).write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)


def entry_of(task: Task) -> Entry:
    """What a task's call would be stored as."""
    document = task.recording_id.encode() * 1000
    call = CallEntry(task.recording_id, "h" * 64, task.location, 60.0, document)
    judgement = JudgementEntry("j" * 64, "book", "b" * 64, document, "pass", 90.0, 80.0, 100.0, None, 0, 0)
    return Entry(call, judgement)
