"""What the measures of turns read, against the speaker's own habit, the other party, or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2
from statistics import median
from typing import Literal

from callaudit.messages import Message, message
from callaudit.records import Speaker
from callaudit.rules.base import Limit, Threshold, options
from callaudit.rules.facts import Facts
from callaudit.rules.gain import gain_controlled, line_change_db, lines_apart_db, raised

Metric = Literal["level_dbov", "rate_cpm", "f0_median_hz", "f0_spread_st", "confidence"]

LEAST_REFERENCE_S = 0.5
"""Shorter turns say nothing about a speaker's habit (proposed)."""

LEAST_RATED_S = 1.0
"""Shorter turns have no rate to go by: one drawn-out 喂 is slow (proposed)."""

LEAST_OWN = 3
"""Turns that a median of the speaker's own needs before one of them can stand out (proposed)."""


@options
class Sign:
    """The allowed range of a measure, as a difference to what it is held against.

    Differences are dB for level, a ratio less 1 for rate (0.25: a quarter faster), semitones for pitch and its spread.
    `from_usual`: where other calls of the agent are known, a measure out of range must also lie so far from what is
    usual there, so that nobody is blamed for a voice.
    """

    of: Metric
    against: Literal["own", "own_before", "customer", "absolute"] = "own"
    least: Threshold | None = None
    most: Threshold | None = None
    from_usual: Threshold | None = None

    def __post_init__(self) -> None:
        if self.least is None and self.most is None:
            raise ValueError("a sign needs least or most")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sign reads in a turn; `doubt` says why it proves nothing, though it is out of range (`broken`)."""

    turn: int
    value: float
    broken: Limit | None
    doubt: Message | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """Whose turns are read, and the turns that they are held against, where these are turns."""

    who: Speaker
    others: tuple[int, ...]


def readings(facts: Facts, sign: Sign, turns: Sequence[int], compared: Compared) -> list[Reading]:
    """What the sign reads in the turns; none where there is nothing to compare with."""
    reference = _reference(facts, sign, compared)
    read = []
    for k in turns:
        measured = getattr(facts.turns[k], sign.of)
        if measured is None or (sign.against != "absolute" and reference is None):
            continue
        value = measured if reference is None else difference(sign.of, measured, reference)
        read.append(_doubted(facts, sign, compared, Reading(k, value, broken(sign, value))))
    return read


def broken(sign: Sign, value: float) -> Limit | None:
    """The limit that a value breaks, if any."""
    if sign.most is not None and value > sign.most.value:
        return sign.most
    return sign.least if sign.least is not None and value < sign.least.value else None


def difference(of: Metric, value: float, reference: float) -> float:
    """How far a measure lies from a reference: dB, ratio − 1, or semitones.

    >>> difference("rate_cpm", 300.0, 240.0), round(difference("f0_median_hz", 440.0, 220.0), 6)
    (0.25, 12.0)
    """
    if of == "rate_cpm":
        return value / reference - 1
    return 12 * log2(value / reference) if of == "f0_median_hz" else value - reference


def long_enough(facts: Facts, of: Metric, turns: Sequence[int]) -> tuple[int, ...]:
    """The turns that say something about a habit."""
    least_s = LEAST_RATED_S if of == "rate_cpm" else LEAST_REFERENCE_S
    return tuple(k for k in turns if facts.turns[k].span.duration_s >= least_s)


def usual(facts: Facts, who: Speaker, of: Metric) -> float | None:
    """Median of the agent's other calls; None where too few are known, and of the level, which is the line's too."""
    if who != "agent" or of not in ("rate_cpm", "f0_median_hz", "f0_spread_st"):
        return None
    return facts.aids.history.usual(facts.call.metadata.agent_id, of)


def _reference(facts: Facts, sign: Sign, compared: Compared) -> float | None:
    """Median of the turns that are compared with; of the agent's other calls where there are too few in this one."""
    if sign.against == "absolute":
        return None
    turns = long_enough(facts, sign.of, compared.others)
    values: list[float] = [value for k in turns if (value := getattr(facts.turns[k], sign.of)) is not None]
    if len(values) >= (LEAST_OWN if sign.against == "own" else 1):
        return median(values)
    return usual(facts, compared.who, sign.of) if sign.against == "own" else None


def _doubted(facts: Facts, sign: Sign, compared: Compared, reading: Reading) -> Reading:
    """The reading, with the reason why it proves nothing, if there is one."""
    if reading.broken is None:
        return reading
    known = None if sign.from_usual is None else usual(facts, compared.who, sign.of)
    if sign.from_usual is not None and known is not None:
        apart = difference(sign.of, getattr(facts.turns[reading.turn], sign.of), known)
        if (apart if reading.broken is sign.most else -apart) < sign.from_usual.value:
            return replace(reading, broken=None)
    doubt = _doubt_of_line(facts, sign, compared, reading) if sign.of == "level_dbov" else None
    return replace(reading, doubt=doubt)


def _doubt_of_line(facts: Facts, sign: Sign, compared: Compared, reading: Reading) -> Message | None:
    """Why the line, not the speaker, may be what is loud or faint."""
    if sign.against == "absolute":
        return None
    if gain_controlled(facts, compared.who):
        return message("voice.gain_controlled")
    louder = reading.broken is sign.most
    if sign.against == "customer":
        change_db = lines_apart_db(facts, compared.who, "customer")
    else:
        change_db = line_change_db(facts, reading.turn, compared.others, louder=louder)
    if change_db is None:
        stands = not louder and sign.against != "customer"  # a rise that is missing needs no explanation
        stands = stands or (louder and raised(facts, reading.turn, reading.value))
        return None if stands else message("voice.line_unknown")
    left = reading.value - (max(0.0, change_db) if louder else min(0.0, change_db))
    return message("voice.line_gain", change=change_db) if broken(sign, left) is not reading.broken else None
