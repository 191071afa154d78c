"""The values that pass from stage to stage, in the order they are made.

Nothing here is ever changed; `dataclasses.replace` makes the next one. A value that could not be had is None beside
a `why`, never NaN, an infinity or −1. Times are seconds from the start of the recording.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from callaudit.messages import Language
from callaudit.spans import Span

Direction = Literal["inbound", "outbound"]
Layout = Literal["stereo", "mono", "dual-mono"]
Speaker = Literal["agent", "customer", "unknown"]
SignalKind = Literal["ringback", "busy", "congestion", "dtmf", "music", "noise", "dropout"]
SpanKind = Literal["ring", "speech", "silence", "hold", "overlap", "tone", "music", "noise"]
Layer = Literal["exact", "sound", "pattern", "meaning", "model"]
"""How words were matched: by their characters, by their sound, with slots filled, by meaning, by a language model."""

Status = Literal["violated", "passed", "not_applicable", "not_assessable"]
Severity = Literal["critical", "major", "minor"]
Verdict = Literal["pass", "review", "fail"]
PersonalKind = Literal["card", "code", "phone", "identity", "plate", "address", "name"]
"""Kinds of personal data that can be told apart in what is said; `code` is a CVV, a one-time code or a password."""

SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor")


# ── what was read ────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class CallMetadata:
    """What is known about a call besides its sound; None where nobody said.

    `extra` keeps whatever other keys a sidecar or a file name held, as text.
    """

    direction: Direction | None = None
    started_at: datetime | None = None
    company: str | None = None
    department: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    customer_number: str | None = None
    customer_name: str | None = None
    sector: str | None = None
    holiday: str | None = None
    call_type: str | None = None
    queue_s: float | None = None
    hangup_by: Literal["agent", "customer"] | None = None
    roles: tuple[tuple[int, Speaker], ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """One file: `id` is the sha256 of its bytes, `path` is as given, `sample_rate_hz` and `n_channels` are the file's.

    `warnings` says, one sentence each, what in the file limits the audit (truncated, dual mono …).
    """

    id: str
    path: str
    duration_s: float
    sample_rate_hz: int
    n_channels: int
    layout: Layout
    codec: str
    metadata: CallMetadata = CallMetadata()
    warnings: tuple[str, ...] = ()


class Row(Protocol):
    """Samples of one channel, read a stretch at a time: float32 [shape=(n,)]. A numpy array is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, stretch: slice, /) -> NDArray[np.float32]: ...


class Samples(Protocol):
    """Samples float32 [shape=(channels, n)], read a stretch at a time: ``samples[channel][a:b]``.

    A numpy array is one, and so is what a long recording is kept in on disk (`callaudit.audio.storage`): whoever asks
    for more than a stretch of it at once holds hours of sound in memory.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...

    @overload
    def __getitem__(self, channel: int, /) -> Row: ...

    @overload
    def __getitem__(self, stretch: tuple[int, slice], /) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Samples made of rows of one length, kept apart; one row may stand in two places."""

    rows: tuple[Row, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.rows), len(self.rows[0])

    @overload
    def __getitem__(self, at: int, /) -> Row: ...

    @overload
    def __getitem__(self, at: tuple[int, slice], /) -> NDArray[np.float32]: ...

    def __getitem__(self, at: int | tuple[int, slice], /) -> Row | NDArray[np.float32]:
        return self.rows[at] if isinstance(at, int) else self.rows[at[0]][at[1]]


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Samples float32 [shape=(channels, n)], in [-1, 1], at the working rate of 8000 or 16000 Hz; one or two channels.

    Dual mono is one channel here. `samples` is in memory or on disk; read it by stretches, and leave them as they are.
    """

    samples: Samples
    sample_rate_hz: int

    @property
    def n_channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def n_samples(self) -> int:
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate_hz

    @property
    def channels(self) -> tuple[Row, ...]:
        """The channels, each to be read a stretch at a time."""
        return tuple(self.samples[channel] for channel in range(self.n_channels))


@dataclass(frozen=True, slots=True, eq=False)
class VoiceProbability:
    """How likely each frame of each channel holds a voice, by a neural detector; made once and handed on as data.

    `probs` is float32 [shape=(channels, frames)], in [0, 1]; frame k holds the seconds [k·hop_s, (k+1)·hop_s).
    """

    probs: NDArray[np.float32]
    hop_s: float


# ── what was heard ───────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Signal:
    """A stretch of one channel that sounds and is not speech.

    For tones `plan` names the country of the cadence (cn, us, uk, eu …) and `bursts` holds one span per ring (the two
    beats of a double ring are one) or per beat of a busy tone; one that something cut short counts. For keys `plan`
    is the key. Music and noise say what sounds, not that nobody speaks over it; a drop-out that nothing was recorded.
    """

    kind: SignalKind
    span: Span
    channel: int
    confidence: float
    plan: str | None = None
    bursts: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Voice:
    """One party's voice: when it speaks, on which channel, and how sure the split is (1.0 on a channel of its own).

    `sureness`, where a mono mix was split by voice, holds one value in [0, 1] per span of `speech`: how sure it is that
    this span is this voice's. Empty on a channel of its own.
    """

    channel: int
    speech: tuple[Span, ...]
    confidence: float
    sureness: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word (Chinese: usually one character); `prob` in [0, 1] is the recogniser's own."""

    text: str
    span: Span
    prob: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Another way to hear a stretch of speech, weighed by the recogniser where it was in doubt.

    `words` stand in place of all whose middle lies in `span`; `prob` in [0, 1] is the share of this reading among all
    that were weighed for the stretch, the one in the transcript included. Readings with the same span exclude each
    other; those of different spans do not overlap.
    """

    span: Span
    words: tuple[Word, ...]
    prob: float


@dataclass(frozen=True, slots=True)
class Party:
    """A voice that has a role; `confidence` in [0, 1] is that of the role, `why` says what it rests on."""

    speaker: Speaker
    voice: Voice
    confidence: float
    why: str


# ── the call in time ─────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Ring:
    """Ringing before the answer; `count` is None for music in place of the tone."""

    kind: Literal["tone", "music"]
    span: Span
    rings: tuple[Span, ...]
    count: int | None
    answer_s: float
    channel: int
    plan: str | None = None

    @property
    def ring_to_answer_s(self) -> float:
        """Seconds from the first ring to the answer."""
        return self.answer_s - self.span.start_s


@dataclass(frozen=True, slots=True)
class TimelineSpan:
    """A stretch of the call; `speaker` is None where the kind has none."""

    kind: SpanKind
    span: Span
    speaker: Speaker | None = None
    confidence: float = 1.0
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Hangup:
    """Who let go first, and when; `why` says what the answer rests on, or why there is none."""

    by: Speaker
    at_s: float | None
    why: str | None
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The phases of the call: everything before `answer_s` is ringing, everything after `hangup.at_s` is tone."""

    ring: Ring | None
    spans: tuple[TimelineSpan, ...]
    hangup: Hangup
    answer_s: float
    end_s: float

    def of(self, kind: SpanKind, speaker: Speaker | None = None) -> tuple[Span, ...]:
        """Spans of one kind, of one speaker if one is named."""
        return tuple(s.span for s in self.spans if s.kind == kind and (speaker is None or s.speaker == speaker))


@dataclass(frozen=True, slots=True)
class Masked:
    """Personal data of one kind whose words were masked: its sound can still be found, and silenced."""

    kind: PersonalKind
    span: Span


@dataclass(frozen=True, slots=True)
class Turn:
    """What one party says until the other speaks; measures are None where they could not be had.

    `confidence` is that of the words, `speaker_confidence` that they are this voice's (1.0 on a channel of its own);
    both in [0, 1]. `readings` are what else may have been said, where a second hearing found it possible; `masked` says
    where ＊ stands for personal data.
    """

    speaker: Speaker
    span: Span
    words: tuple[Word, ...]
    text: str
    confidence: float
    level_dbov: float | None = None
    rate_cpm: float | None = None
    f0_median_hz: float | None = None
    f0_spread_st: float | None = None
    speaker_confidence: float = 1.0
    readings: tuple[Reading, ...] = ()
    masked: tuple[Masked, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number about the whole call; `value` is None where it could not be had, and then `why` says so."""

    name: str
    value: float | None
    unit: str
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """A measure over time for one speaker: `values[k]` is that from start_s + k·step_s on, or None."""

    name: str
    unit: str
    speaker: Speaker
    channel: int
    start_s: float
    step_s: float
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What made an audit: versions and digests that key caches and explain differences."""

    callaudit: str
    model: str
    model_sha256: str | None = None
    rulebook: str | None = None
    rulebook_sha256: str | None = None
    encoder: str | None = None
    language_model: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Everything known about a call. Samples stop here: a rule can touch neither audio nor disk.

    `parties` says who was taken for whom; `signals` keeps the raw non-speech; `tracks` are for drawing.
    """

    recording: Recording
    timeline: Timeline
    parties: tuple[Party, ...]
    signals: tuple[Signal, ...]
    turns: tuple[Turn, ...]
    measurements: tuple[Measurement, ...]
    made_by: MadeBy
    tracks: tuple[Track, ...] = ()
    language: str = "zh"

    @property
    def metadata(self) -> CallMetadata:
        return self.recording.metadata

    def measured(self, name: str) -> Measurement:
        """The measurement of that name; ValueError where no measure has it."""
        for measurement in self.measurements:
            if measurement.name == name:
                return measurement
        raise ValueError(f"no measure is named {name!r}")


# ── other calls ──────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Promise:
    """What the agent said would be done later; `due_at` is None where no time was named, or none that can be dated.

    `said` is the time as it was named (两小时内), empty where none was.
    """

    made_at: datetime
    due_at: datetime | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class PastCall:
    """What rules about several calls need to know of another call, earlier or later, of the same customer or agent.

    `started_at` has a zone; `customer` is who was spoken to: an id, or a number in E.164 form (+8613800001234); None
    where it is unknown or masked.
    `marks` are the names of the situations found in it, of those that the rulebook remembers. The last four are the
    medians of the agent's turns, in the units of `Turn`; None where too little was said.
    """

    id: str
    path: str
    direction: Direction | None
    started_at: datetime
    duration_s: float
    agent_id: str | None = None
    agent_role: str | None = None
    customer: str | None = None
    call_type: str | None = None
    hangup_by: Speaker | None = None
    answered: bool = True
    marks: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()
    level_dbov: float | None = None
    rate_cpm: float | None = None
    f0_median_hz: float | None = None
    f0_spread_st: float | None = None

    @property
    def ended_at(self) -> datetime:
        """When the recording ends."""
        return self.started_at + timedelta(seconds=self.duration_s)


# ── the judgement ────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Source:
    """The sentence of a document that a rule rests on, and where it stands."""

    anchor: str
    quote: str


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of evidence: where it is heard and by whom."""

    span: Span
    speaker: Speaker | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a protocol as it went: when it was done, and how long was waited before it, against what is asked.

    `done` says whether it was done as asked, None where nobody knows; one done wrongly has its time all the same.
    `at_s` and `waited_s` are None where it was not done or could not be timed. `wanted_s` is the least wait, or with
    `at_most` the longest.
    """

    name: str
    done: bool | None
    at_s: float | None = None
    waited_s: float | None = None
    wanted_s: float | None = None
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one rule on one call, with its evidence.

    `message` is for people, in Chinese; `quote` is what was heard; `value` against `limit` in `unit` where something
    was measured; `matched` says how the words were matched; `confidence` in [0, 1] is that the status is right; `steps`
    are those of a protocol, with their measured times; `layer` is what decided where words did; a violation happened
    `times` over.
    """

    rule: str
    status: Status
    severity: Severity
    title: str
    message: str
    sources: tuple[Source, ...]
    confidence: float
    why: str | None = None
    value: float | None = None
    limit: float | None = None
    unit: str | None = None
    places: tuple[Place, ...] = ()
    quote: str | None = None
    matched: str | None = None
    chapter: str = ""
    steps: tuple[Step, ...] = ()
    layer: Layer | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that crashed; an audit with one is incomplete, not clean."""

    rule: str
    error: str


@dataclass(frozen=True, slots=True)
class Deduction:
    """What a violation costs: `each` time, no more than `most`; `points` of it where another rule pays for a part.

    `sure` is whether the violation is; `instead` is the title of that other rule.
    """

    rule: str
    title: str
    times: int
    each: float
    most: float
    points: float
    sure: bool
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class SectionScore:
    """A section of the scoring sheet: it is worth `points` (None: no limit of its own), of which it has `lost` so many.

    `lost` is the sum of the deductions, but no more than `points`.
    """

    title: str
    points: float | None
    lost: float
    deductions: tuple[Deduction, ...]
    n_assessed: int


@dataclass(frozen=True, slots=True)
class Bonus:
    """Points for a rule that was surely kept."""

    rule: str
    title: str
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """Points out of 100 by a scoring sheet, and how they came about: low ≤ value ≤ high; None where there are none.

    `value` is 100 less what the sections lost, at least 0, and the bonus, at most 100; 0 where a fatal rule was surely
    broken (`zeroed_by`, titles). `high` leaves out violations that are not sure; `low` counts as broken what was heard
    and could not be told (`n_suspected` of the `n_not_assessable`).
    """

    value: float | None
    low: float | None
    high: float | None
    n_assessed: int
    n_not_assessable: int
    verdict: Verdict
    why: str | None = None
    sheet: str | None = None
    sections: tuple[SectionScore, ...] = ()
    bonus: tuple[Bonus, ...] = ()
    zeroed_by: tuple[str, ...] = ()
    n_suspected: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """An audit without its call; the fields are those of `Audit`."""

    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    score: Score
    made_by: MadeBy
    language: Language = "zh"
    asked: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Audit:
    """The judgement of a call by a rulebook; `language` is that of the rulebook, in which reports are written.

    `asked` is what its rules asked of other calls, each with a digest of the answer; it is no part of a report.
    """

    call: Call
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    score: Score
    made_by: MadeBy
    language: Language = "zh"
    asked: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """A recording that could not be audited, and why; the others go on."""

    path: str
    error: str
    kind: str = field(default="CallauditError")


JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
