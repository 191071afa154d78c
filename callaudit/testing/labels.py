"""Labelled truth as a `Call`: what a pipeline with perfect ears would have handed to the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from callaudit.records import (
    Call,
    CallMetadata,
    Hangup,
    MadeBy,
    Measurement,
    Recording,
    Ring,
    TimelineSpan,
    Turn,
    Word,
)
from callaudit.spans import Span
from callaudit.testing.scripts import Pieces, make_noise, make_parties, make_timeline, plain_measurements

PROB = 0.95
_KNOWN = {own.name for own in fields(CallMetadata)} - {"roles", "extra", "direction", "started_at"}


def call_from_label(truth: Mapping[str, Any]) -> Call:
    """The call of a labelled truth file.

    What cannot be heard is left out as it would be from the best ears: who hung up on a mono mix, and pitch, which the
    labels do not have.
    """
    stereo = truth["layout"] == "stereo"
    turns = tuple(
        sorted((_turn(turn) for turn in truth["turns"]), key=lambda turn: (turn.span.start_s, turn.span.end_s))
    )
    holds = tuple(TimelineSpan("hold", _span(hold), None, 0.95, hold["kind"]) for hold in truth["holds"])
    noises = tuple(_span(event) for event in truth["events"] if event["kind"] == "noise")
    pieces = Pieces(_ring(truth.get("ring")), turns, holds, noises, _hangup(truth, stereo=stereo))
    timeline = make_timeline(pieces)
    parties = make_parties(timeline, stereo=stereo, voice=1.0 if stereo else 0.85, role=0.98)
    recording = Recording(
        id="0" * 64,
        path=str(truth.get("audio", truth["id"])),
        duration_s=float(truth["duration"]),
        sample_rate_hz=8000,
        n_channels=2 if stereo else 1,
        layout=truth["layout"],
        codec=truth["codec"],
        metadata=_metadata(truth),
    )
    measured = plain_measurements(timeline)
    measurements = tuple(Measurement(name, value, "ratio") for name, value in measured.items())
    call = Call(
        recording,
        timeline,
        parties,
        (),
        turns,
        measurements,
        MadeBy("label", "truth"),
        language=truth.get("language", "zh"),
    )
    return replace(call, tracks=make_noise(call))  # the labelled calls have steady noise on either line


def _span(given: Mapping[str, Any]) -> Span:
    return Span(float(given["start"]), float(given["end"]))


def _turn(given: Mapping[str, Any]) -> Turn:
    span = _span(given)
    words = punctuated(given["text"], given["char_times"])
    return Turn(given["role"], span, words, given["text"], PROB, given["level_dbov"], given["chars_per_min"])


def punctuated(text: str, times: Sequence[Sequence[Any]]) -> tuple[Word, ...]:
    """The timed characters as words, each with the punctuation that follows it in the text."""
    words: list[Word] = []
    at = 0
    for char, start_s, end_s in times:
        found = text.find(char, at)
        if found >= 0:
            if words and found > at:
                words[-1] = replace(words[-1], text=words[-1].text + text[at:found])
            at = found + len(char)
        words.append(Word(char, Span(float(start_s), max(float(end_s), float(start_s) + 0.01)), PROB))
    if words and at < len(text):
        words[-1] = replace(words[-1], text=words[-1].text + text[at:])
    return tuple(words)


def _ring(given: Mapping[str, Any] | None) -> Ring | None:
    if not given:
        return None
    rings = tuple(_span(ring) for ring in given.get("rings") or ())
    end_s = rings[-1].end_s if rings else float(given["answer"])
    return Ring(
        given["kind"],
        Span(float(given["start"]), end_s),
        rings,
        given.get("count"),
        float(given["answer"]),
        0,
        given.get("country"),
    )


def _hangup(truth: Mapping[str, Any], *, stereo: bool) -> Hangup:
    given = truth.get("hangup")
    if not given:
        return Hangup("unknown", None, "录音结束前没有挂机")
    if not stereo:
        return Hangup("unknown", float(given["at"]), "单声道混音，忙音来自哪一方无法分辨")
    return Hangup(given["by"], float(given["at"]), "标注", 1.0)


def _metadata(truth: Mapping[str, Any]) -> CallMetadata:
    given = dict(truth.get("metadata") or {})
    extra = tuple((key, str(value)) for key, value in given.items() if key not in _KNOWN)
    known = {key: value for key, value in given.items() if key in _KNOWN}
    started = truth.get("start_time")
    return CallMetadata(
        direction=truth["direction"],
        started_at=datetime.fromisoformat(started) if started else None,
        extra=extra,
        **known,
    )
