"""The one-way street from a file to its audit.

`hear` (no I/O: audio to `Call`) ← `audit_file` (reads) ← `audit_files` (goes on where one fails).
The expensive half makes the `Call`; `judge_call` is the cheap half and needs nothing but the `Call` and a rulebook.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from callaudit import __version__
from callaudit.audio import read_audio
from callaudit.config import Config
from callaudit.errors import CallauditError
from callaudit.history import history_with
from callaudit.language_model import make_reader
from callaudit.meaning.encoder import SentenceEncoder
from callaudit.measures import Heard, measure_call
from callaudit.privacy import masked
from callaudit.progress import SILENT, Progress
from callaudit.records import (
    Audio,
    Audit,
    Call,
    Failed,
    Failure,
    Finding,
    Judgement,
    MadeBy,
    Party,
    Recording,
    Rows,
    Signal,
    Speaker,
    Voice,
    Word,
)
from callaudit.reports.stored import as_written
from callaudit.rules import Rulebook, judge, load_rulebook
from callaudit.rules.aids import NO_AIDS, Aids, Encoder, Reader
from callaudit.rules.past import NO_HISTORY, Asking, History
from callaudit.scoring import Sheet, score
from callaudit.signals import dropout_notes, find_signals
from callaudit.spans import Span
from callaudit.speakers import Said, assign_roles, likeness, machine_party, part_announcements, split_by_voice
from callaudit.speech import detect_speech, voice_probability
from callaudit.text.punctuation import join
from callaudit.text.service_talk import returns_from_hold, wait_requests
from callaudit.timeline import Pieces, find_ring, make_timeline
from callaudit.transcribe import Transcriber, Transcript, make_transcriber
from callaudit.turns import make_turns

STAGES = ("reading", "signals", "speech", "speakers", "transcribe", "measures", "rules")
"""Names of the stages that `Progress` hears of, in order."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """What an audit needs besides the recording; make it once and use it for many calls."""

    config: Config
    transcriber: Transcriber
    rulebook: Rulebook
    aids: Aids = NO_AIDS

    @classmethod
    def from_config(cls, config: Config) -> Auditor:
        """The auditor that the settings describe; the model itself is loaded at the first call.

        Raises
        ------
        RulebookError, ModelMissing, EngineError
        """
        rulebook = load_rulebook(config.judge.rulebook)
        rulebook.sheet(config.judge.sheet)  # a wrong name is said before hours of work
        return cls(config, make_transcriber(config.engine), rulebook, aids_of(config))


def aids_of(config: Config) -> Aids:
    """What the settings put at the disposal of a judgement besides the call."""
    return Aids(SentenceEncoder() if config.judge.meaning else None, make_reader(config.language_model))


def hear(
    recording: Recording,
    audio: Audio,
    transcriber: Transcriber,
    *,
    language: str | None = None,
    progress: Progress = SILENT,
) -> Call:
    """Everything that can be heard in a recording, nothing masked.

    Parameters
    ----------
    recording, audio : as `callaudit.audio.read_audio` gives them
    transcriber : turns speech into words
    language : ISO 639-1 code, or None to hear which
    """
    progress.step("signals", 0, 2)
    voice = voice_probability(audio)
    progress.step("signals", 1, 2)
    signals = find_signals(audio, voice)
    progress.step("speech", 0, 1)
    speech = detect_speech(audio, signals, voice)
    progress.step("speakers", 0, 1)
    voices = _voices(audio, speech)
    legs = _legs(audio, voices)
    transcript = transcriber.transcribe(legs, _speech_of(voices), language=language, progress=progress)
    said = tuple(
        Said(voice, transcript.words[leg], transcript.readings.get(leg, ()))
        for voice, leg in zip(voices, _speech_of(voices), strict=True)
    )
    music = [signal.span for signal in signals if signal.kind == "music"]
    rest, machine = part_announcements(said, music, transcript.language)
    parties = _parties(rest, signals, recording, transcript.language, speech)
    if machine is not None and all(party.speaker != "unknown" for party in parties):
        parties, said = (machine_party(machine), *parties), (machine, *rest)
    elif machine is not None:  # whoever is left is unknown too
        parties = _parties(said, signals, recording, transcript.language, speech)
    return _call(recording, audio, signals, parties, said, transcript, transcriber, progress)


def _parties(
    said: Sequence[Said],
    signals: Sequence[Signal],
    recording: Recording,
    language: str,
    speech: Mapping[int, tuple[Span, ...]],
) -> tuple[Party, ...]:
    """Who the voices are, by what they say and where."""
    ring = find_ring(signals, speech, recording.duration_s)
    return assign_roles(
        [row.voice for row in said],
        likeness(said, language),
        signals,
        recording.metadata,
        answer_s=ring.answer_s if ring else 0.0,
    )


def _voices(audio: Audio, speech: Mapping[int, tuple[Span, ...]]) -> tuple[Voice, ...]:
    if audio.n_channels == 1:
        return split_by_voice(audio, speech.get(0, ()))
    return tuple(Voice(channel, spans, 1.0) for channel, spans in sorted(speech.items()) if spans)


def _legs(audio: Audio, voices: Sequence[Voice]) -> Audio:
    """The sound with one channel per voice: a mono mix is seen twice, not copied."""
    if audio.n_channels == 2 or len(voices) < 2:
        return audio
    return Audio(Rows((audio.samples[0],) * len(voices)), audio.sample_rate_hz)


def _speech_of(voices: Sequence[Voice]) -> dict[int, tuple[Span, ...]]:
    """When each leg speaks: a leg is a channel, or, where two voices share one, the place of the voice."""
    shared = len({voice.channel for voice in voices}) < len(voices)
    return {(k if shared else voice.channel): voice.speech for k, voice in enumerate(voices)}


def _call(
    recording: Recording,
    audio: Audio,
    signals: tuple[Signal, ...],
    parties: tuple[Party, ...],
    heard: tuple[Said, ...],
    transcript: Transcript,
    transcriber: Transcriber,
    progress: Progress,
) -> Call:
    said: dict[Speaker, tuple[Word, ...]] = {}
    for party, own in zip(parties, heard, strict=True):
        said[party.speaker] = own.words
    timeline = make_timeline(
        Pieces(
            recording.duration_s,
            signals,
            parties,
            wait_requests(said.get("agent", ()), transcript.language),
            returns_from_hold(said.get("agent", ()), transcript.language),
            stereo=audio.n_channels == 2,
            hangup_by=recording.metadata.hangup_by,
        )
    )
    speech = {party.speaker: timeline.of("speech", party.speaker) for party in parties}
    sureness = {p.speaker: tuple(zip(p.voice.speech, p.voice.sureness, strict=False)) for p in parties}
    turns = make_turns(
        speech,
        said,
        join=lambda row: join(row, transcript.language),
        sureness=sureness,
        readings={party.speaker: own.readings for party, own in zip(parties, heard, strict=True)},
    )
    progress.step("measures", 0, 1)
    channels = {party.speaker: party.voice.channel for party in parties}
    turns, measurements, tracks = measure_call(Heard(recording, audio, timeline, turns, channels, signals))
    made_by = MadeBy(__version__, transcriber.name, transcriber.sha256)
    lost = dropout_notes(signals, Span(timeline.answer_s, timeline.end_s)) if timeline.end_s > timeline.answer_s else ()
    recording = replace(recording, warnings=(*recording.warnings, *lost, *transcript.notes))
    call = Call(recording, timeline, parties, signals, turns, measurements, made_by, tracks, transcript.language)
    return as_written(call)


def judge_call(
    call: Call,
    rulebook: Rulebook,
    aids: Aids = NO_AIDS,
    *,
    sheet: str | None = None,
    known: Mapping[str, Finding] | None = None,
    progress: Progress = SILENT,
) -> Audit:
    """The judgement of a call by a rulebook: milliseconds, no audio; `sheet` names a scoring sheet.

    What is `known` from a judgement made before is not judged again (`callaudit.rules.digests` tells what may be).

    Raises
    ------
    RulebookError
        The rulebook has no sheet of that name.
    """
    progress.step("rules", 0, 1)
    asking = Asking(aids.history, call.recording.id)
    findings, failures = judge(call, rulebook, replace(aids, history=asking), known)
    own = conclude(findings, failures, call.made_by, rulebook, aids, rulebook.sheet(sheet, call.metadata.sector))
    asked = tuple(sorted(asking.answers.items()))
    return Audit(call, own.findings, own.failures, own.score, own.made_by, own.language, asked)


def conclude(
    findings: tuple[Finding, ...],
    failures: tuple[Failure, ...],
    heard: MadeBy,
    rulebook: Rulebook,
    aids: Aids,
    sheet: Sheet,
) -> Judgement:
    """The judgement that findings come to by a sheet; `heard` says what made the call."""
    made_by = replace(
        heard, rulebook=rulebook.name, rulebook_sha256=rulebook.sha256, encoder=_name(aids.encoder),
        language_model=_name(aids.reader),
    )  # fmt: skip
    return Judgement(findings, failures, score(findings, failures, sheet), made_by, rulebook.language)


def _name(aid: Encoder | Reader | None) -> str | None:
    return None if aid is None else aid.name


def hear_file(
    path: str | os.PathLike[str],
    auditor: Auditor,
    *,
    overrides: Mapping[str, str] | None = None,
    named: str | None = None,
    progress: Progress = SILENT,
) -> Call:
    """Everything that can be heard in a file, personal data of the kinds of `privacy.mask` masked.

    Parameters
    ----------
    path : the recording; a sidecar `<stem>.meta.json` beside it is read too
    overrides : metadata that outranks the sidecar (`direction`, `started_at`, `roles` …)
    named : where the recording really lies, for the audit and for messages, if `path` is but a copy

    Raises
    ------
    AudioError, ConfigError, EngineError
    """
    progress.step("reading", 0, 1)
    settings = auditor.config.recordings
    recording, audio = read_audio(
        path,
        overrides=overrides,
        defaults=settings.defaults(),
        filename_pattern=settings.filename_pattern,
        named=named,
    )
    call = hear(recording, audio, auditor.transcriber, language=auditor.config.engine.language, progress=progress)
    return masked(call, auditor.config.privacy.mask)  # before judging: rules, reports, store and rescore read the same


def audit_file(
    path: str | os.PathLike[str],
    auditor: Auditor,
    *,
    overrides: Mapping[str, str] | None = None,
    progress: Progress = SILENT,
) -> Audit:
    """The audit of one recording; parameters and errors are those of `hear_file`."""
    return _judged(hear_file(path, auditor, overrides=overrides, progress=progress), auditor, progress)


def hear_files(
    paths: Iterable[str | os.PathLike[str]],
    auditor: Auditor,
    *,
    overrides: Mapping[str, str] | None = None,
    progress: Progress = SILENT,
) -> Iterator[Call | Failed]:
    """What is heard in recordings, in the order given; one that cannot be becomes a `Failed` and stops nothing."""
    for path in paths:
        try:
            yield hear_file(path, auditor, overrides=overrides, progress=progress)
        except CallauditError as error:
            yield Failed(
                os.fsdecode(path).encode("utf-8", "backslashreplace").decode(), str(error), type(error).__name__
            )


def judge_together(
    heard: Sequence[Call | Failed], auditor: Auditor, history: History = NO_HISTORY
) -> tuple[Audit | Failed, ...]:
    """The audits of calls, each judged with the others and an earlier `history` at hand; their order is no matter."""
    calls = [one for one in heard if isinstance(one, Call)]
    aids = replace(auditor.aids, history=history_with(calls, history, auditor.rulebook))
    knowing = replace(auditor, aids=aids)
    return tuple(one if isinstance(one, Failed) else _judged(one, knowing, SILENT) for one in heard)


def audit_files(
    paths: Iterable[str | os.PathLike[str]],
    auditor: Auditor,
    *,
    overrides: Mapping[str, str] | None = None,
    progress: Progress = SILENT,
) -> Iterator[Audit | Failed]:
    """The audits of recordings one by one, each as it is heard; `judge_together` lets calls know of each other."""
    for heard in hear_files(paths, auditor, overrides=overrides, progress=progress):
        yield heard if isinstance(heard, Failed) else _judged(heard, auditor, progress)


def _judged(call: Call, auditor: Auditor, progress: Progress) -> Audit:
    return judge_call(call, auditor.rulebook, auditor.aids, sheet=auditor.config.judge.sheet, progress=progress)
