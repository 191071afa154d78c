"""How turns sound: level, rate and pitch against the speaker's own habit, the customer, or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from callaudit.rules.restating import inapplicable
from callaudit.rules.voice_readings import LEAST_OWN, Compared, Reading, Sign, broken, long_enough, readings, usual

NAMES = {"level_dbov": "voice.level_dbov", "rate_cpm": "voice.rate_cpm", "f0_median_hz": "voice.f0_median_hz",
         "f0_spread_st": "voice.f0_spread_st", "confidence": "voice.confidence"}  # fmt: skip
UNITS = {"level_dbov": "dB", "rate_cpm": "ratio", "f0_median_hz": "st", "f0_spread_st": "st", "confidence": "ratio"}
ABSOLUTE_UNITS = {"level_dbov": "dBov", "rate_cpm": "chars/min", "f0_median_hz": "Hz", "f0_spread_st": "st",
                  "confidence": "ratio"}  # fmt: skip
ABOVE = {"own": "voice.above_own", "own_before": "voice.above_own_before", "customer": "voice.above_customer",
         "absolute": "voice.above"}  # fmt: skip
BELOW = {"own": "voice.below_own", "own_before": "voice.below_own_before", "customer": "voice.below_customer",
         "absolute": "voice.below"}  # fmt: skip

CLEAR_DB, NEAR_LIMIT = 1.0, 0.6
"""Even turns of a speaker differ by so much (the labelled calls); nearer to a limit a verdict is no surer than this."""


@options
class VoiceOptions:
    """Turns of at least `least_turn_s` in the window, holding `words` if given, or the `turns` after a cue, are judged.

    `together`: a turn counts only if every sign is out of range, else any one is enough. `each`: violated when such
    turns last `least_total_s` in all; `median`: when the median of the turns is out of range. `infers` says what the
    measure can only stand for, and goes into the message: a proxy is to be checked by ear. Turns in which `skip` falls
    are neither judged nor compared with (dictation is slow).
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
    skip: CueRef | None = None


@operator("voice", VoiceOptions, loose=("least_total_s",), restate=inapplicable)
def voice(facts: Facts, asked: VoiceOptions) -> Outcome:
    """Not applicable without such turns; not assessable where nothing was measured, or the line may be to blame."""
    if asked.after is not None and not facts.moments(asked.after):
        return not_applicable(message("cue.absent", situation=facts.title(asked.after)))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    turns = _turns(facts, asked)
    if len(turns) < asked.least_turns:
        return not_applicable(message("voice.too_short"))
    lacks = [_lacks(facts, asked, sign) for sign in asked.signs]
    if all(lacks):
        return lacks[0] or not_applicable(message("voice.nothing_to_compare"))
    read = [readings(facts, sign, turns, Compared(asked.who, _others(facts, asked, sign))) for sign in asked.signs]
    if not any(read):
        return not_assessable(message("voice.unmeasured", metric=message(NAMES[asked.signs[0].of])))
    by = _by_median if asked.reduce == "median" else _by_turn
    outcome = by(facts, asked, [[r if r.doubt is None else replace(r, broken=None) for r in own] for own in read])
    doubts = [reading.doubt for own in read for reading in own if reading.doubt is not None]
    if outcome.status != "violated" and doubts and by(facts, asked, read).status == "violated":
        return not_assessable(doubts[0])  # it would be one, but for what the line may have done
    return outcome


def _lacks(facts: Facts, asked: VoiceOptions, sign: Sign) -> Outcome | None:
    """What to make of a sign for which too little was said to compare with, whatever was measured; None: enough was."""
    long = long_enough(facts, sign.of, _others(facts, asked, sign))
    if sign.against == "customer" and not long:
        return not_applicable(message("voice.nothing_to_compare"))
    few = sign.against == "own" and len(long) < LEAST_OWN and usual(facts, asked.who, sign.of) is None
    return not_assessable(message("voice.too_few", least=LEAST_OWN)) if few else None


def _others(facts: Facts, asked: VoiceOptions, sign: Sign) -> tuple[int, ...]:
    """The turns that a sign is compared with."""
    if sign.against == "absolute":
        return ()
    own = facts.customer if sign.against == "customer" else facts.of(asked.who)
    if sign.against == "own_before":
        first = facts.moments(asked.after)[0].turn if asked.after is not None else len(facts.turns)
        own = tuple(k for k in own if k < first)
    return _kept(facts, asked, own)


def _kept(facts: Facts, asked: VoiceOptions, turns: Sequence[int]) -> tuple[int, ...]:
    skipped = set() if asked.skip is None else {moment.turn for moment in facts.moments(asked.skip)}
    return tuple(k for k in turns if k not in skipped)


def _turns(facts: Facts, asked: VoiceOptions) -> tuple[int, ...]:
    turns = _kept(facts, asked, facts.window(asked.where, asked.who))
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


def _by_turn(facts: Facts, asked: VoiceOptions, read: list[list[Reading]]) -> Outcome:
    out = [{r.turn for r in own if r.broken} for own in read]
    out_of_range = set.intersection(*out) if asked.together else set.union(*out)
    total_s = sum(facts.turns[k].span.duration_s for k in out_of_range)
    worst = _worst(asked, read, out_of_range)
    if not out_of_range or (asked.least_total_s is not None and total_s < asked.least_total_s.value):
        return _fine(asked, read)
    sign, reading = worst
    places = tuple(Place(facts.turns[k].span, asked.who) for k in sorted(out_of_range))
    text = _text(asked, sign, reading.value, reading.broken)
    sure = 0.8 if _clear(sign, reading) else NEAR_LIMIT
    outcome = violated(text, sure * facts.role_confidence, places=places,
                       quote=facts.turns[reading.turn].text)  # fmt: skip
    return outcome.measured(reading.value, reading.broken, _unit(sign))


def _by_median(facts: Facts, asked: VoiceOptions, read: list[list[Reading]]) -> Outcome:
    found = [(s, own, median(r.value for r in own)) for s, own in zip(asked.signs, read, strict=True) if own]
    out = [(sign, own, value, bound) for sign, own, value in found if (bound := _median_bound(sign, own, value))]
    if not out or (asked.together and len(out) < len(asked.signs)):
        return _fine(asked, read)
    sign, own, value, bound = out[0]
    places = tuple(Place(facts.turns[r.turn].span, asked.who) for r in own)
    return violated(_text(asked, sign, value, bound), 0.75 * facts.role_confidence, places=places).measured(
        value, bound, _unit(sign)
    )


def _median_bound(sign: Sign, own: Sequence[Reading], value: float) -> Limit | None:
    """The limit that the median breaks, if readings on that side are not taken out for a doubt."""
    bound = broken(sign, value)
    return bound if any(reading.broken is bound for reading in own) else None


def _clear(sign: Sign, reading: Reading) -> bool:
    """Whether a level lies further beyond the limit than the levels of even turns differ by."""
    return sign.of != "level_dbov" or reading.broken is None or abs(reading.value - reading.broken.value) >= CLEAR_DB


def _worst(asked: VoiceOptions, read: list[list[Reading]], out_of_range: set[int]) -> tuple[Sign, Reading]:
    pairs = [
        (s, r) for s, own in zip(asked.signs, read, strict=True) for r in own if r.turn in out_of_range and r.broken
    ]
    pairs = pairs or [(s, r) for s, own in zip(asked.signs, read, strict=True) for r in own]
    return max(pairs, key=lambda pair: abs(pair[1].value - (pair[1].broken.value if pair[1].broken else pair[1].value)))


def _fine(asked: VoiceOptions, read: list[list[Reading]]) -> Outcome:
    sign, own = next((s, own) for s, own in zip(asked.signs, read, strict=True) if own)
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
