"""What a worker does with a recording: hear it, judge it, and make it ready to be stored. No store, no out folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from threadpoolctl import threadpool_limits

from callaudit.batch.fetching import fetched
from callaudit.batch.keys import hearing_digest, judging_digest
from callaudit.batch.tasks import Beat, Done, Task
from callaudit.config import Config, StoreConfig
from callaudit.errors import FileChanged
from callaudit.history import past_call
from callaudit.pipeline import Auditor, hear_file, judge_call
from callaudit.progress import Progress
from callaudit.store.entries import entries_of
from callaudit.transcribe import Loadable


@dataclass(frozen=True, slots=True)
class HearAndJudge:
    """Makes a worker ready by the settings: rulebook and models are loaded once, and kept.

    `engine.threads` is how many threads a worker takes (`callaudit.batch.executors.sizing.sized`); what it gives back
    is the same for any number. Where the store is, workers are not told.
    """

    config: Config

    def __post_init__(self) -> None:
        object.__setattr__(self, "config", replace(self.config, store=StoreConfig()))

    def __call__(self) -> HearingAndJudging:
        """The work, ready to be done.

        Raises
        ------
        RulebookError, ModelMissing, EngineError
        """
        auditor = Auditor.from_config(self.config)
        if isinstance(auditor.transcriber, Loadable):
            auditor.transcriber.load()
        if self.config.engine.threads:
            threadpool_limits(self.config.engine.threads)  # libraries of linear algebra take every core otherwise
        judging = judging_digest(auditor.rulebook, auditor.aids, self.config.judge.sheet)
        return HearingAndJudging(auditor, hearing_digest(self.config), judging)


@dataclass(frozen=True, slots=True)
class HearingAndJudging:
    """Hears and judges recordings, each by itself: what rules ask of other calls is answered after the last one."""

    auditor: Auditor
    hearing: str
    judging: str

    def __call__(self, task: Task, beat: Beat) -> Done:
        """The call and its judgement.

        Raises
        ------
        AudioError, SourceError, ConfigError, EngineError
        """
        began_s = time.perf_counter()
        auditor, progress = self.auditor, Steps(beat)
        with fetched(task.location) as path:
            call = hear_file(path, auditor, named=task.location, progress=progress)
        if call.recording.id != task.recording_id:
            raise FileChanged(f"{task.location}: written to since it was found; the next run takes what it holds now")
        sheet = auditor.config.judge.sheet
        audit = judge_call(call, auditor.rulebook, auditor.aids, sheet=sheet, progress=progress)
        past = past_call(call, auditor.rulebook)
        entry = entries_of(audit, hearing=self.hearing, judging=self.judging, past=past)
        return Done(task, entry, time.perf_counter() - began_s)


class Steps(Progress):
    """Tells of every step as a beat."""

    def __init__(self, beat: Callable[[str], None]) -> None:
        self._beat = beat

    def step(self, name: str, done: float, total: float) -> None:
        self._beat(name)
