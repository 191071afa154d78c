"""What a measure is, and what it measures: the call as heard, with its shared tracks made once.

A measure is a function that returns a number, or `Missing` with the reason, which the report shows. `@measure` says its
name, its unit and what it is taken of:

- ``call``: ``f(heard)``, one number
- ``party``: ``f(heard, speaker)``, one number each for agent and customer, named ``agent_…`` and ``customer_…``
- ``turn``: ``f(heard, turn)``, one number a turn, into the field of `Turn` of that name
- ``track``: ``f(heard, speaker)``, numbers over time
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from callaudit.measures.active_level import active_level_dbov
from callaudit.measures.fundamental import PitchTrack, track_pitch
from callaudit.records import Audio, Measurement, Recording, Row, Signal, Speaker, Timeline, Track, Turn
from callaudit.spans import Span, intersect, merge, to_frames, to_samples

FRAME_S = 0.01
"""Frames of the shared tracks, in seconds; at 8 and 16 kHz a whole number of samples."""

PARTIES: tuple[Speaker, ...] = ("agent", "customer")
NAMES: Mapping[Speaker, str] = {"agent": "客服", "customer": "客户", "unknown": "不明者"}

_FRAMES_AT_ONCE = 2000

Per = Literal["call", "party", "turn", "track"]
MEASURED_TURN_FIELDS = frozenset({"level_dbov", "rate_cpm", "f0_median_hz", "f0_spread_st"})


@dataclass(frozen=True, slots=True)
class Missing:
    """A number that could not be had; `why` is in Chinese, for the report."""

    why: str


Value = float | Missing


@dataclass(frozen=True, eq=False)
class Heard:
    """A call with its sound, as measures see it; not changed, but it keeps what it has once computed.

    Parameters
    ----------
    turns : without measures
    channels : where each party is heard; on a mono mix the same channel for both
    signals : what was found that is not speech
    """

    recording: Recording
    audio: Audio
    timeline: Timeline
    turns: tuple[Turn, ...]
    channels: Mapping[Speaker, int]
    signals: tuple[Signal, ...] = ()

    @property
    def is_stereo(self) -> bool:
        """Whether each party has a channel of its own."""
        return self.audio.n_channels == 2

    def speech(self, speaker: Speaker) -> tuple[Span, ...]:
        """When a party speaks; pauses under 0.3 s are inside."""
        return self._speech.get(speaker, ())

    @cached_property
    def _speech(self) -> Mapping[Speaker, tuple[Span, ...]]:
        return {speaker: merge(self.timeline.of("speech", speaker)) for speaker in self.channels}

    def voiced(self, turn: Turn) -> tuple[Span, ...]:
        """The speech of a turn, without its pauses of 0.3 s and more; the whole turn where no speech lies in it."""
        return intersect(self.speech(turn.speaker), [turn.span]) or (turn.span,)

    def own_turns(self, speaker: Speaker) -> tuple[Turn, ...]:
        """Turns of one party, in order."""
        return tuple(turn for turn in self.turns if turn.speaker == speaker)

    def samples(self, speaker: Speaker, *spans: Span) -> Row:
        """A party's channel in the spans, joined; to be read a stretch at a time, for it may be hours."""
        stretches = [to_samples(span, self.audio.sample_rate_hz, self.audio.n_samples) for span in spans]
        return _Joined(self.audio.samples[self.channels[speaker]], stretches)

    @property
    def n_frames(self) -> int:
        return self.audio.n_samples // round(FRAME_S * self.audio.sample_rate_hz)

    @cached_property
    def power(self) -> NDArray[np.float32]:
        """Mean power of every frame of `FRAME_S` [shape=(channels, frames)], in [0, 1]."""
        n = round(FRAME_S * self.audio.sample_rate_hz)
        power = np.empty((self.audio.n_channels, self.n_frames), dtype=np.float32)
        for channel, samples in enumerate(self.audio.channels):
            for k in range(0, self.n_frames, _FRAMES_AT_ONCE):
                last = min(self.n_frames, k + _FRAMES_AT_ONCE)
                frames = samples[k * n : last * n].reshape(-1, n)
                power[channel, k:last] = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / n
        return power

    @cached_property
    def pitch(self) -> Mapping[Speaker, PitchTrack]:
        """Fundamental frequency of each party over its speech."""
        return {
            speaker: track_pitch(self.audio.samples[channel], self.audio.sample_rate_hz, self.speech(speaker))
            for speaker, channel in self.channels.items()
        }

    @cached_property
    def active_levels_dbov(self) -> Mapping[Speaker, float | None]:
        """Active speech level of all that each party says; None where it says nothing."""
        rate_hz = self.audio.sample_rate_hz
        return {who: active_level_dbov(self.samples(who, *self.speech(who)), rate_hz) for who in self.channels}

    def speech_frames(self, speaker: Speaker) -> NDArray[np.bool_]:
        """Whether a party speaks, frame by frame [shape=(frames,)]."""
        return to_frames(self.speech(speaker), FRAME_S, self.n_frames)

    def absent(self, speaker: Speaker) -> Missing | None:
        """Why nothing can be measured of a party; None where it can."""
        if speaker not in self.channels:
            return Missing(f"没有分辨出{NAMES[speaker]}的声音")
        return None if self.speech(speaker) else Missing(f"没有听到{NAMES[speaker]}说话")


class _Joined:
    """`Row` of stretches of another, one after the other."""

    def __init__(self, row: Row, stretches: Sequence[slice]) -> None:
        self._row, self._stretches = row, stretches
        self._ends = list(accumulate(stretch.stop - stretch.start for stretch in stretches))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, wanted: slice, /) -> NDArray[np.float32]:
        start, stop, _ = wanted.indices(len(self))
        pieces = [np.zeros(0, dtype=np.float32)]
        for k in range(bisect_right(self._ends, start), len(self._ends)):
            stretch, end = self._stretches[k], self._ends[k]
            begin = end - (stretch.stop - stretch.start)
            if begin >= stop:
                break
            pieces.append(self._row[stretch.start + max(0, start - begin) : stretch.stop - max(0, end - stop)])
        return np.concatenate(pieces)


Function = TypeVar("Function", bound=Callable[..., Value | Track | None])


@dataclass(frozen=True, slots=True)
class Measure:
    """A registered measure; `says` is the first line of its docstring."""

    name: str
    unit: str
    per: Per
    says: str
    function: Callable[..., Value | Track | None]


_MEASURES: dict[str, Measure] = {}


def measure(name: str, *, unit: str, per: Per) -> Callable[[Function], Function]:
    """Registers a function as the measure of that name; the function stays as it is.

    Raises
    ------
    ValueError
        The name is taken, a measure of turns has no field in `Turn`, or nothing is said about it.
    """

    def register(function: Function) -> Function:
        if name in _MEASURES:
            raise ValueError(f"two measures are named {name!r}: rename one")
        if per == "turn" and name not in MEASURED_TURN_FIELDS:
            raise ValueError(f"{name!r} is no measured field of Turn: {', '.join(sorted(MEASURED_TURN_FIELDS))}")
        says = (function.__doc__ or "").strip().partition("\n")[0]
        if not says:
            raise ValueError(f"the measure {name!r} has no docstring")
        _MEASURES[name] = Measure(name, unit, per, says, function)
        return function

    return register


def measures(per: Per | None = None) -> tuple[Measure, ...]:
    """All registered measures in order of their names, or those of one kind."""
    return tuple(found for _, found in sorted(_MEASURES.items()) if per in (None, found.per))


def measure_call(heard: Heard) -> tuple[tuple[Turn, ...], tuple[Measurement, ...], tuple[Track, ...]]:
    """The turns with their measures, the measurements of the call, and the measures over time."""
    found: list[Measurement] = []
    for each in measures("call"):
        value, why = _value(each, heard)
        found.append(Measurement(each.name, value, each.unit, why))
    for speaker in PARTIES:
        absent = heard.absent(speaker)
        for each in measures("party"):
            value, why = (None, absent.why) if absent else _value(each, heard, speaker)
            found.append(Measurement(f"{speaker}_{each.name}", value, each.unit, why))
    made = [each.function(heard, speaker) for each in measures("track") for speaker in heard.channels]
    tracks = tuple(track for track in made if isinstance(track, Track))
    turns = tuple(_measured(heard, turn) for turn in heard.turns)
    return turns, tuple(sorted(found, key=lambda measurement: measurement.name)), tracks


def _measured(heard: Heard, turn: Turn) -> Turn:
    if turn.speaker not in heard.channels:
        return turn
    values: dict[str, Any] = {each.name: _value(each, heard, turn)[0] for each in measures("turn")}
    return replace(turn, **values)


def _value(each: Measure, *arguments: object) -> tuple[float | None, str | None]:
    value = each.function(*arguments)
    if isinstance(value, Missing):
        return None, value.why
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"the measure {each.name!r} gave {value!r}: wanted a finite number or Missing")
    return float(value), None
