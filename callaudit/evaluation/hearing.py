"""The labelled calls, audited here and now: where their sound lies, and what is made of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final
from zlib import crc32

from callaudit.audio import read_audio
from callaudit.errors import CallauditError, ConfigError, UnreadableAudio
from callaudit.evaluation.evaluate import Timing
from callaudit.evaluation.told import ToldTranscriber
from callaudit.evaluation.truth import Truth
from callaudit.pipeline import Auditor, hear, judge_call
from callaudit.progress import SILENT, Progress
from callaudit.records import Audio, Audit

NO_SOUND: Final = (".json", ".txt", ".md", ".html", ".csv", ".srt", ".textgrid")

N_SEEDS: Final = 1_000_000

Treatment = Callable[[Truth, Audio], Audio]
"""What is done to the sound of a call before it is heard."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The audit of a labelled call, or why there is none."""

    truth: Truth
    audit: Audit | None
    timing: Timing | None = None
    error: str = ""


def find_sound(truth: Truth, folders: Sequence[Path]) -> Path:
    """The recording of a labelled call: what its `audio` names, else the one file named as the call is.

    Parameters
    ----------
    folders : where to look, in this order

    Raises
    ------
    UnreadableAudio
        There is none, or more than one.
    """
    looked = ", ".join(map(str, folders))
    if truth.audio is not None:
        for folder in folders:
            if (folder / truth.audio).is_file():
                return folder / truth.audio
        raise UnreadableAudio(f"{truth.id}: no recording {truth.audio!r} in {looked}; name its folder with --audio")
    for folder in folders:
        found = sorted(path for path in folder.glob("*") if path.stem == truth.id and path.suffix not in NO_SOUND)
        if len(found) > 1:
            names = ", ".join(path.name for path in found)
            raise UnreadableAudio(f"{truth.id}: {names} could all be its recording; name one in the label's `audio`")
        if found:
            return found[0]
    raise UnreadableAudio(f"{truth.id}: no recording named {truth.id}.* in {looked}; name its folder with --audio")


def sound_folders(labels: Path, given: Path | None) -> tuple[Path, ...]:
    """Where recordings are looked for: in the folder given, else beside the labels and in `../audio`."""
    if given is not None:
        return (given,)
    return tuple(folder for folder in (labels, labels / ".." / "audio") if folder.is_dir())


def audit_labelled(
    truths: Sequence[Truth],
    folders: Sequence[Path],
    auditor: Auditor,
    *,
    treatment: Treatment | None = None,
    told: bool = False,
    progress: Progress = SILENT,
) -> Iterator[Heard]:
    """The audit of each labelled call, in the order given; one that cannot be audited stops no other.

    `told`: its words are those of the label, not a recogniser's.
    """
    for truth in truths:
        try:
            path = find_sound(truth, folders)
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            own = replace(auditor, transcriber=ToldTranscriber(truth)) if told else auditor
            audit = _audit(path, own, treatment and partial(treatment, truth), progress)
            timing = Timing(time.perf_counter() - wall_s, time.process_time() - cpu_s, audit.call.recording.duration_s)
            yield Heard(truth, audit, timing)
        except CallauditError as error:
            yield Heard(truth, None, error=str(error))


def degraded(condition: str) -> Treatment:
    """The treatment of that name: one of `callaudit.testing.degrade.CONDITIONS`, with noise of its own for each call.

    Raises
    ------
    ConfigError
        No condition has that name.
    """
    from callaudit.testing.degrade import CONDITIONS, degrade  # only who degrades pays for loading it

    if condition not in CONDITIONS:
        told = ", ".join(CONDITIONS)
        raise ConfigError(f"--degrade {condition}: no such condition; wanted one of {told}")

    def treat(truth: Truth, audio: Audio) -> Audio:
        seed = crc32(truth.id.encode("utf-8")) % N_SEEDS
        return degrade(audio, condition, seed=seed, speech=truth.speech_by_channel(audio.n_channels))

    return treat


def _audit(path: Path, auditor: Auditor, treat: Callable[[Audio], Audio] | None, progress: Progress) -> Audit:
    """As `pipeline.audit_file`, with the sound treated between reading and hearing."""
    progress.step("reading", 0, 1)
    settings = auditor.config.recordings
    recording, audio = read_audio(
        os.fspath(path), defaults=settings.defaults(), filename_pattern=settings.filename_pattern
    )
    if treat is not None:
        audio = treat(audio)
    call = hear(recording, audio, auditor.transcriber, language=auditor.config.engine.language, progress=progress)
    return judge_call(call, auditor.rulebook, auditor.aids, progress=progress)
