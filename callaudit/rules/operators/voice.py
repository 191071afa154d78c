"""How turns sound: level, rate and pitch against the speaker's own habit, the customer, or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from statistics import median
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import Message, message
from callaudit.records import Place
from callaudit.rules.base import (
    Limit,
    Outcome,
    Threshold,
    not_applicable,
    not_assessable,
    operator,
    options,
    passed,
    violated,
)
from callaudit.rules.cues import CueRef, Phrase, Where, Window
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, search

Metric = Literal["level_dbov", "rate_cpm", "f0_median_hz", "f0_spread_st", "confidence"]
NAMES = {"level_dbov": "voice.level_dbov", "rate_cpm": "voice.rate_cpm", "f0_median_hz": "voice.f0_median_hz",
         "f0_spread_st": "voice.f0_spread_st", "confidence": "voice.confidence"}  # fmt: skip
UNITS = {"level_dbov": "dB", "rate_cpm": "ratio", "f0_median_hz": "st", "f0_spread_st": "st", "confidence": "ratio"}
ABSOLUTE_UNITS = {"level_dbov": "dBov", "rate_cpm": "chars/min", "f0_median_hz": "Hz", "f0_spread_st": "st",
                  "confidence": "ratio"}  # fmt: skip
ABOVE = {"own": "voice.above_own", "own_before": "voice.above_own_before", "customer": "voice.above_customer",
         "absolute": "voice.above"}  # fmt: skip
BELOW = {"own": "voice.below_own", "own_before": "voice.below_own_before", "customer": "voice.below_customer",
         "absolute": "voice.below"}  # fmt: skip

LEAST_REFERENCE_S = 0.5
"""Shorter turns say nothing about a speaker's habit (proposed)."""

LEAST_OWN = 3
"""Turns that a median of the speaker's own needs before one of them can stand out (proposed)."""


@options
class Sign:
    """The allowed range of a measure, as a difference to what it is held against.

    Differences are dB for level, a ratio less 1 for rate (0.25: a quarter faster), semitones for pitch.
    """

    of: Metric
    against: Literal["own", "own_before", "customer", "absolute"] = "own"
    least: Threshold | None = None
    most: Threshold | None = None

    def __post_init__(self) -> None:
        if self.least is None and self.most is None:
            raise ValueError("a sign needs least or most")


@options
class VoiceOptions:
    """Turns of at least `least_turn_s` in the window, holding `words` if given, or the `turns` after a cue, are judged.

    `together`: a turn counts only if every sign is out of range, else any one is enough. `each`: violated when such
    turns last `least_total_s` in all; `median`: when the median of the turns is out of range. `infers` says what the
    measure can only stand for, and goes into the message: a proxy is to be checked by ear.
    """

    signs: Annotated[tuple[Sign, ...], Field(min_length=1)]
    who: Literal["agent", "customer"] = "agent"
    where: Window = Where()
    words: tuple[Phrase, ...] = ()
    after: CueRef | None = None
    turns: Annotated[int, Field(ge=1)] = 1
    together: bool = False
    reduce: Literal["each", "median"] = "each"
    least_turn_s: float = 1.0
    least_total_s: Threshold | None = None
    least_turns: Annotated[int, Field(ge=1)] = 1
    infers: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sign reads in a turn."""

    turn: int
    value: float
    broken: Limit | None


@operator("voice", VoiceOptions)
def voice(facts: Facts, asked: VoiceOptions) -> Outcome:
    """Not applicable without such turns; not assessable where they could not be measured."""
    if asked.after is not None and not facts.moments(asked.after):
        return not_applicable(message("cue.absent", situation=facts.title(asked.after)))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    turns = _turns(facts, asked)
    if len(turns) < asked.least_turns:
        return not_applicable(message("voice.too_short"))
    if all(_nothing_to_compare(facts, asked, sign) for sign in asked.signs):
        return not_applicable(message("voice.nothing_to_compare"))
    readings = [_readings(facts, asked, sign, turns) for sign in asked.signs]
    if not any(readings):
        return not_assessable(message("voice.unmeasured", metric=message(NAMES[asked.signs[0].of])))
    return _by_median(facts, asked, readings) if asked.reduce == "median" else _by_turn(facts, asked, turns, readings)


def _nothing_to_compare(facts: Facts, asked: VoiceOptions, sign: Sign) -> bool:
    """Whether too little was said to compare with, whatever was measured."""
    own = facts.customer if sign.against == "customer" else facts.of(asked.who)
    long = [k for k in own if facts.turns[k].span.duration_s >= LEAST_REFERENCE_S]
    return sign.against in ("own", "customer") and len(long) < (LEAST_OWN if sign.against == "own" else 1)


def _turns(facts: Facts, asked: VoiceOptions) -> tuple[int, ...]:
    turns = facts.window(asked.where, asked.who)
    if asked.after is not None:
        first = facts.moments(asked.after)[0].turn
        if facts.turns[first].speaker == asked.who:
            turns = tuple(k for k in turns if k >= first)
        else:
            turns = tuple(k for k in turns if k > first)
        turns = tuple(k for k in turns if not facts.backchannel(k))[: asked.turns]
    if asked.words:
        turns = tuple(k for k in turns if search(facts, (k,), asked.words, least=SAY_LEAST).hits)
    return tuple(k for k in turns if facts.turns[k].span.duration_s >= asked.least_turn_s)


def _readings(facts: Facts, asked: VoiceOptions, sign: Sign, turns: Sequence[int]) -> list[Reading]:
    readings = []
    reference = _reference(facts, asked, sign)
    for k in turns:
        measured = getattr(facts.turns[k], sign.of)
        if measured is None or (sign.against != "absolute" and reference is None):
            continue
        value = (
            difference(sign.of, measured, reference)
            if sign.against != "absolute" and reference is not None
            else measured
        )
        readings.append(Reading(k, value, _broken(sign, value)))
    return readings


def _broken(sign: Sign, value: float) -> Limit | None:
    if sign.most is not None and value > sign.most.value:
        return sign.most
    return sign.least if sign.least is not None and value < sign.least.value else None


def _reference(facts: Facts, asked: VoiceOptions, sign: Sign) -> float | None:
    """Median of the turns that are compared with; None where there are too few."""
    if sign.against == "absolute":
        return None
    own = facts.customer if sign.against == "customer" else facts.of(asked.who)
    if sign.against == "own_before":
        first = facts.moments(asked.after)[0].turn if asked.after is not None else len(facts.turns)
        own = tuple(k for k in own if k < first)
    values = [
        value
        for k in own
        if facts.turns[k].span.duration_s >= LEAST_REFERENCE_S
        and (value := getattr(facts.turns[k], sign.of)) is not None
    ]
    return median(values) if len(values) >= (LEAST_OWN if sign.against == "own" else 1) else None


def difference(of: Metric, value: float, reference: float) -> float:
    """How far a measure lies from a reference: dB, ratio − 1, or semitones.

    >>> difference("rate_cpm", 300.0, 240.0), round(difference("f0_median_hz", 440.0, 220.0), 6)
    (0.25, 12.0)
    """
    if of == "rate_cpm":
        return value / reference - 1
    return 12 * log2(value / reference) if of == "f0_median_hz" else value - reference


def _by_turn(facts: Facts, asked: VoiceOptions, turns: Sequence[int], readings: list[list[Reading]]) -> Outcome:
    out = [{r.turn for r in own if r.broken} for own in readings]
    broken = set.intersection(*out) if asked.together else set.union(*out)
    total_s = sum(facts.turns[k].span.duration_s for k in broken)
    worst = _worst(asked, readings, broken)
    if not broken or (asked.least_total_s is not None and total_s < asked.least_total_s.value):
        return _fine(asked, readings)
    sign, reading = worst
    places = tuple(Place(facts.turns[k].span, asked.who) for k in sorted(broken))
    text = _text(asked, sign, reading.value, reading.broken)
    outcome = violated(text, 0.8 * facts.role_confidence, places=places,
                       quote=facts.turns[reading.turn].text)  # fmt: skip
    return outcome.measured(reading.value, reading.broken, _unit(sign))


def _by_median(facts: Facts, asked: VoiceOptions, readings: list[list[Reading]]) -> Outcome:
    found = [(s, own, median(r.value for r in own)) for s, own in zip(asked.signs, readings, strict=True) if own]
    broken = [(sign, own, value, bound) for sign, own, value in found if (bound := _broken(sign, value))]
    if not broken or (asked.together and len(broken) < len(asked.signs)):
        return _fine(asked, readings)
    sign, own, value, bound = broken[0]
    places = tuple(Place(facts.turns[r.turn].span, asked.who) for r in own)
    return violated(_text(asked, sign, value, bound), 0.75 * facts.role_confidence, places=places).measured(
        value, bound, _unit(sign)
    )


def _worst(asked: VoiceOptions, readings: list[list[Reading]], broken: set[int]) -> tuple[Sign, Reading]:
    pairs = [(s, r) for s, own in zip(asked.signs, readings, strict=True) for r in own if r.turn in broken and r.broken]
    pairs = pairs or [(s, r) for s, own in zip(asked.signs, readings, strict=True) for r in own]
    return max(pairs, key=lambda pair: abs(pair[1].value - (pair[1].broken.value if pair[1].broken else pair[1].value)))


def _fine(asked: VoiceOptions, readings: list[list[Reading]]) -> Outcome:
    sign, own = next((s, own) for s, own in zip(asked.signs, readings, strict=True) if own)
    extreme = max(own, key=lambda r: r.value) if sign.most is not None else min(own, key=lambda r: r.value)
    value = median(r.value for r in own) if asked.reduce == "median" else extreme.value
    return passed(message("voice.fine", metric=message(NAMES[sign.of])), 0.8).measured(
        value, sign.most or sign.least, _unit(sign)
    )


def _unit(sign: Sign) -> str:
    return ABSOLUTE_UNITS[sign.of] if sign.against == "absolute" else UNITS[sign.of]


def _text(asked: VoiceOptions, sign: Sign, value: float, bound: Limit | None) -> Message:
    note = "" if bound is None else bound.note
    keys, limits = (ABOVE, sign.most) if bound is sign.most else (BELOW, sign.least)
    wanted = "" if limits is None else _number(sign, limits.value)
    shown = _number(sign, value, signed=sign.against != "absolute")
    fact = message(keys[sign.against], metric=message(NAMES[sign.of]), value=shown, wanted=wanted, note=note)
    return message("voice.inferred", fact=fact, infers=asked.infers) if asked.infers else fact


def _number(sign: Sign, value: float, *, signed: bool = False) -> str:
    if sign.of == "rate_cpm" and sign.against != "absolute":
        return f"{value:+.0%}" if signed else f"{value:.0%}"
    return f"{value:+.1f} {_unit(sign)}" if signed else f"{value:.1f} {_unit(sign)}"
