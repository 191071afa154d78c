"""Call scripts: a few lines of dialogue as a whole `Call`, for tests of rules, docs and demonstrations.

A script is a list of turns, or a mapping with `turns` and what else is to differ from the defaults. Everything that
sounds gets a place in time: turns follow each other after `GAP_S`, characters are spread evenly over a turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from callaudit.messages import Language
from callaudit.records import (
    Call,
    CallMetadata,
    Hangup,
    MadeBy,
    Measurement,
    Party,
    Reading,
    Recording,
    Ring,
    Speaker,
    Timeline,
    TimelineSpan,
    Track,
    Turn,
    Voice,
    Word,
)
from callaudit.spans import Span, gaps, intersect, longer_than, merge, total_s
from callaudit.text.numbers import spoken_length

HISTORY_KEYS = {"history", "history_until_h"}
"""What `callaudit.testing.other_calls` reads."""

CHARS_PER_S = 4.5
GAP_S = 0.5
STARTED_AT = "2026-11-10T10:00:00+08:00"
"""A Tuesday morning, no holiday."""

RING_CYCLE_S, RING_ON_S, RING_CUT_S = 5.0, 1.0, 0.8
LEVEL_DBOV = {"agent": -22.0, "customer": -24.0, "unknown": -23.0}
LEAST_SILENCE_S = 1.0
NOISE_DBOV = -62.0
NOISE_STEP_S, NOISE_MARGIN_S = 0.5, 0.2
"""As `callaudit.measures` measures the noise between a party's words."""

_SPOKEN = re.compile(r"[^\W_]")

_SCRIPT_KEYS = {
    "direction", "started_at", "metadata", "layout", "ring", "turns", "hangup", "role_confidence", "voice_confidence",
    "language", "measurements", "noise_db",
}  # fmt: skip
_TURN_KEYS = {"gap_s", "level_db", "rate", "seconds", "prob", "f0_hz", "spread_st", "at", "overlap_s",
              "readings", "noise_db"}  # fmt: skip
_METADATA_KEYS = {own.name for own in fields(CallMetadata)} - {"roles", "extra", "direction", "started_at"}


def call_from_script(
    script: Mapping[str, Any] | Sequence[Any], *, direction: str | None = "inbound", language: Language = "zh"
) -> Call:
    """The call that a script describes.

    Parameters
    ----------
    script : list of turns, or mapping with `turns`; see RULES of the rulebook documentation for the keys
    direction : direction of the call where the script names none
    language : that of the words; a script with a `language` of its own is taken for a call in that one

    Raises
    ------
    ValueError
        A key that scripts do not have, or a value that cannot be one.

    Examples
    --------
    >>> call = call_from_script([{"customer": "谢谢。"}, {"agent": "不客气。"}])
    >>> [(turn.speaker, turn.text) for turn in call.turns]
    [('customer', '谢谢。'), ('agent', '不客气。')]
    """
    full: Mapping[str, Any] = script if isinstance(script, Mapping) else {"turns": script}
    if unknown := set(full) - _SCRIPT_KEYS - HISTORY_KEYS:
        raise ValueError(f"a call script has no key {sorted(unknown)[0]!r}; known: {', '.join(sorted(_SCRIPT_KEYS))}")
    ring = make_ring(full.get("ring", 2))
    stage = _Stage(ring.answer_s if ring else 0.0, language)
    for line in full.get("turns", ()):
        _perform(stage, line)
    stereo = full.get("layout", "stereo") == "stereo"
    hangup = _hangup(full.get("hangup", "customer"), stage)
    pieces = Pieces(ring, tuple(stage.turns), tuple(stage.holds), tuple(stage.noises), hangup)
    call = _call(pieces, _metadata(full, direction), {"language": language, **full}, stereo=stereo)
    floor = full.get("noise_db", NOISE_DBOV)
    return call if floor is None else replace(call, tracks=make_noise(call, ((0.0, float(floor)), *stage.floors)))


# ── the stage ────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(slots=True)
class _Stage:
    """The script as performed so far; `now_s` is when the last thing ended."""

    now_s: float
    language: Language
    turns: list[Turn] = field(default_factory=list)
    holds: list[TimelineSpan] = field(default_factory=list)
    noises: list[Span] = field(default_factory=list)
    floors: list[tuple[float, float]] = field(default_factory=list)


def _perform(stage: _Stage, line: Mapping[str, Any]) -> None:
    if "hold" in line:
        _only(line, {"hold", "kind"})
        span = Span(stage.now_s, stage.now_s + float(line["hold"]))
        stage.holds.append(TimelineSpan("hold", span, None, 0.95, str(line.get("kind", "music"))))
        stage.now_s = span.end_s
    elif "silence" in line:
        _only(line, {"silence"})
        stage.now_s += max(0.0, float(line["silence"]) - GAP_S)
    elif "noise" in line:
        _only(line, {"noise"})
        stage.noises.append(Span(stage.now_s, stage.now_s + float(line["noise"])))
        stage.now_s = stage.noises[-1].end_s
    else:
        _speak(stage, line)


def _speak(stage: _Stage, line: Mapping[str, Any]) -> None:
    speakers = [who for who in ("agent", "customer", "unknown") if who in line]
    if len(speakers) != 1:
        raise ValueError(f"a line of a call script is one of agent, customer, hold, silence, noise; got {dict(line)!r}")
    who: Any = speakers[0]
    _only(line, {who} | _TURN_KEYS)
    text = str(line[who])
    rate_cpm = float(line.get("rate", CHARS_PER_S * 60))
    n_said = max(1, len(_SPOKEN.findall(text)) if stage.language == "zh" else spoken_length(text))
    lasts_s = float(line.get("seconds", n_said * 60 / rate_cpm))
    gap_s = -float(line["overlap_s"]) if "overlap_s" in line else float(line.get("gap_s", GAP_S))
    start_s = float(line["at"]) if "at" in line else max(0.0, stage.now_s + gap_s)
    prob = float(line.get("prob", 0.95))
    span = Span(start_s, start_s + lasts_s)
    words = spread(text, span, prob, stage.language)
    stage.turns.append(Turn(
        speaker=who, span=span, words=words, text=text, confidence=prob if words else 0.0,
        level_dbov=float(line.get("level_db", LEVEL_DBOV[who])), rate_cpm=round(n_said * 60 / lasts_s, 1),
        f0_median_hz=float(line.get("f0_hz", 220.0)), f0_spread_st=float(line.get("spread_st", 4.5)),
        readings=tuple(
            Reading(span, spread(other, span, prob, stage.language), float(share))
            for other, share in dict(line.get("readings") or {}).items()
        ),
    ))  # fmt: skip
    if "noise_db" in line:
        stage.floors.append((start_s - 0.5 * GAP_S, float(line["noise_db"])))
    stage.now_s = max(stage.now_s, span.end_s)


def spread(text: str, span: Span, prob: float, language: Language = "zh") -> tuple[Word, ...]:
    """One word per Chinese character, else per word as written, evenly over the span.

    Punctuation belongs to the word before it, the space to that behind it, as recognisers have it.
    """
    if language == "zh":
        pieces = re.findall(r"[^\W_][\W_]*", re.sub(r"^[\W_]+", "", text))
    else:
        pieces = re.findall(r"\s*\S+", text)
    step_s = span.duration_s / max(1, len(pieces))
    return tuple(
        Word(piece, Span(span.start_s + k * step_s, span.start_s + (k + 1) * step_s), prob)
        for k, piece in enumerate(pieces)
    )


def _only(line: Mapping[str, Any], known: set[str]) -> None:
    if unknown := set(line) - known:
        raise ValueError(
            f"a line of a call script has no key {sorted(unknown)[0]!r}; known here: {', '.join(sorted(known))}"
        )


def make_ring(given: Any) -> Ring | None:
    """Ringing from None, a number of rings, {count, gap_s} or {music_s}; the answer cuts the last ring off."""
    if given is None:
        return None
    asked = {"count": given} if isinstance(given, int) else dict(given)
    _only(asked, {"count", "gap_s", "music_s"})
    late_s = float(asked.get("gap_s", 0.0))
    if "music_s" in asked:
        end_s = float(asked["music_s"])
        return Ring("music", Span(0.0, end_s), (), None, end_s + late_s, 0)
    last = int(asked["count"]) - 1
    rings = tuple(
        Span(k * RING_CYCLE_S, k * RING_CYCLE_S + (RING_CUT_S if k == last else RING_ON_S)) for k in range(last + 1)
    )
    return Ring("tone", Span(0.0, rings[-1].end_s), rings, len(rings), rings[-1].end_s + late_s, 0, "cn")


def _hangup(given: Any, stage: _Stage) -> Hangup:
    asked = {"by": given} if isinstance(given, str) else dict(given)
    _only(asked, {"by", "after_s"})
    by: Any = asked["by"]
    if by not in ("agent", "customer", "unknown"):
        raise ValueError(f"hangup is by agent, customer or unknown, not {by!r}")
    at_s = stage.now_s + float(asked.get("after_s", GAP_S))
    return Hangup(by, at_s, "脚本未说明" if by == "unknown" else "脚本", 0.0 if by == "unknown" else 0.95)


def _metadata(full: Mapping[str, Any], direction: str | None) -> CallMetadata:
    given = dict(full.get("metadata") or {})
    started = full.get("started_at", STARTED_AT)
    known = {key: value for key, value in given.items() if key in _METADATA_KEYS}
    extra = tuple((key, str(value)) for key, value in given.items() if key not in _METADATA_KEYS)
    way: Any = full.get("direction", direction)
    return CallMetadata(
        direction=way, started_at=datetime.fromisoformat(str(started)) if started else None, extra=extra, **known
    )


# ── from pieces to a call ────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Pieces:
    """What happens in a call, with times; `made` fills in the rest."""

    ring: Ring | None
    turns: tuple[Turn, ...]
    holds: tuple[TimelineSpan, ...]
    noises: tuple[Span, ...]
    hangup: Hangup


def make_timeline(pieces: Pieces) -> Timeline:
    """The timeline of the pieces: speech, overlaps, holds, noise, and every silence of at least 1 s."""
    answer_s = pieces.ring.answer_s if pieces.ring else 0.0
    speech: dict[Speaker, list[Span]] = {}
    for turn in pieces.turns:
        speech.setdefault(turn.speaker, []).append(turn.span)
    spans = list(pieces.holds)
    spans += [TimelineSpan("ring", ring) for ring in (pieces.ring.rings or (pieces.ring.span,))] if pieces.ring else []
    spans += [TimelineSpan("speech", span, who) for who, own in speech.items() for span in merge(own)]
    spans += [TimelineSpan("noise", span, "customer") for span in pieces.noises]
    spans += [TimelineSpan("overlap", span) for span in intersect(speech.get("agent", ()), speech.get("customer", ()))]
    talk_end_s = max([turn.span.end_s for turn in pieces.turns], default=answer_s)
    end_s = pieces.hangup.at_s if pieces.hangup.at_s is not None else talk_end_s
    taken = [*(turn.span for turn in pieces.turns), *(hold.span for hold in pieces.holds), *pieces.noises]
    if end_s > answer_s:
        spans += [
            TimelineSpan("silence", span) for span in longer_than(gaps(taken, Span(answer_s, end_s)), LEAST_SILENCE_S)
        ]
    return Timeline(pieces.ring, tuple(sorted(spans, key=lambda s: s.span)), pieces.hangup, answer_s, end_s)


def _call(pieces: Pieces, metadata: CallMetadata, full: Mapping[str, Any], *, stereo: bool) -> Call:
    turns = tuple(sorted(pieces.turns, key=lambda turn: (turn.span.start_s, turn.span.end_s)))
    timeline = make_timeline(replace(pieces, turns=turns))
    voice_confidence = float(full.get("voice_confidence", 1.0 if stereo else 0.85))
    parties = make_parties(
        timeline, stereo=stereo, voice=voice_confidence, role=float(full.get("role_confidence", 0.98))
    )
    recording = Recording(
        id="0" * 64,
        path="script.wav",
        duration_s=max([timeline.end_s, *(turn.span.end_s for turn in turns)]) + 1.0,
        sample_rate_hz=8000,
        n_channels=2 if stereo else 1,
        layout="stereo" if stereo else "mono",
        codec="script",
        metadata=metadata,
    )
    measured = {**plain_measurements(timeline), **dict(full.get("measurements") or {})}
    measurements = tuple(Measurement(name, float(value), "") for name, value in measured.items())
    made_by = MadeBy("script", "script")
    return Call(recording, timeline, parties, (), turns, measurements, made_by, language=str(full["language"]))


SPEAKERS: tuple[Speaker, ...] = ("agent", "customer")


def make_noise(call: Call, floors: Sequence[tuple[float, float]] = ((0.0, NOISE_DBOV),)) -> tuple[Track, ...]:
    """The noise between the words of each party, in dBov: that of `floors`, each from its time on, on both lines."""
    tracks = []
    for party in call.parties:
        own = [Span(s.start_s - NOISE_MARGIN_S, s.end_s + NOISE_MARGIN_S) for s in party.voice.speech]
        starts = [k * NOISE_STEP_S for k in range(int(call.recording.duration_s / NOISE_STEP_S))]
        levels = (next(floor for since_s, floor in reversed(floors) if since_s <= start_s) for start_s in starts)
        free = (not any(span.overlap_s(Span(at_s, at_s + NOISE_STEP_S)) > 0 for span in own) for at_s in starts)
        values = tuple(level if quiet else None for level, quiet in zip(levels, free, strict=True))
        tracks.append(Track("noise", "dBov", party.speaker, party.voice.channel, 0.0, NOISE_STEP_S, values))
    return tuple(tracks)


def make_parties(timeline: Timeline, *, stereo: bool, voice: float, role: float) -> tuple[Party, ...]:
    """Agent and customer with the speech of the timeline; confidences in [0, 1] as given."""
    return tuple(
        Party(who, Voice(channel if stereo else 0, timeline.of("speech", who), voice), role, "脚本")
        for channel, who in enumerate(SPEAKERS)
    )


def plain_measurements(timeline: Timeline) -> dict[str, float]:
    """The measurements of the call that follow from its timeline alone."""
    talk = {who: total_s(timeline.of("speech", who)) for who in SPEAKERS}
    both = sum(talk.values())
    return {"agent_talk_share": talk["agent"] / both} if both else {}
