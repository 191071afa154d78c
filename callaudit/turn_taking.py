"""Who takes the floor from whom: interruptions and the gaps before replies. Pure: spans and turns in, values out.

What is an interruption
-----------------------
A party begins to speak while the other is speaking, both voices sound at once for more than 0.5 s, and what is said is
no listener's sign (「嗯」「好的」). Amazon Transcribe Call Analytics counts "one participant cuts off the other
midsentence"; call-ai-metrics draws the line at 0.5 s of overlap, Alibaba SCA (抢话) at four characters; all three are
asked here, and `cut_off` says which events meet the first in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callaudit.records import Speaker, Timeline, Turn
from callaudit.spans import Span, covered_s, merge

LEAST_OVERLAP_S = 0.5
"""Shorter overlaps are the usual seams of turns; call-ai-metrics draws the line here."""

LEAST_CHARS = 4
"""Fewer characters are a listener's sign; Alibaba SCA excludes 「嗯」「好的」 by this limit."""

LEAST_WORDLESS_S = 1.0
"""Speech without recognised words is no listener's sign if it lasts as long as four characters do at 240 a minute."""

LEAST_LEAD_S = 0.3
"""Two who begin closer together than this begin at once, and neither interrupts."""

RESUME_S = 1.0
"""Who goes on after a pause shorter than this, in which the other began, resumes and does not interrupt."""

CUT_OFF_S = 2.0
"""The other has given way if silent from the end of the overlap for at least this long, or to the interrupter's end."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """`by` begins to speak into the other's speech; `span` is where both sound; `cut_off`: the other gave way."""

    by: Speaker
    span: Span
    cut_off: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """A change of speaker: `by` begins `latency_s` (at least 0) after the other's last word."""

    by: Speaker
    at_s: float
    latency_s: float


def interruptions(timeline: Timeline, turns: Sequence[Turn]) -> tuple[Interruption, ...]:
    """Interruptions by either party, in order of time.

    Parameters
    ----------
    timeline : tells who speaks when; on a mono mix it can hold no true overlap, and nothing is found
    turns : tell what was said, to set listeners' signs aside
    """
    found: list[Interruption] = []
    parties: tuple[tuple[Speaker, Speaker], ...] = (("agent", "customer"), ("customer", "agent"))
    for by, other in parties:
        own, others = merge(timeline.of("speech", by)), merge(timeline.of("speech", other))
        for k, span in enumerate(own):
            under = next((o for o in others if o.start_s + LEAST_LEAD_S <= span.start_s < o.end_s), None)
            if under is None or under.overlap_s(span) <= LEAST_OVERLAP_S:
                continue
            before = own[k - 1] if k else None
            if before and span.start_s - before.end_s < RESUME_S and before.start_s < under.start_s:
                continue
            if _is_sign(span, by, turns):
                continue
            both = Span(span.start_s, min(span.end_s, under.end_s))
            found.append(Interruption(by, both, _gives_way(span, under, others)))
    return tuple(sorted(found, key=lambda event: (event.span, event.by)))


def _is_sign(span: Span, by: Speaker, turns: Sequence[Turn]) -> bool:
    """Whether the speech of one span is a listener's sign."""
    own = [turn for turn in turns if turn.speaker == by and turn.span.overlap_s(span) > 0]
    words = [word for turn in own for word in turn.words if span.holds(word.span.middle_s)]
    if not words:
        return span.duration_s < LEAST_WORDLESS_S
    return sum(sum(c.isalnum() for c in word.text) for word in words) < LEAST_CHARS


def _gives_way(span: Span, under: Span, others: Sequence[Span]) -> bool:
    if under.end_s >= span.end_s:
        return False
    after = Span(under.end_s, min(span.end_s, under.end_s + CUT_OFF_S))
    return covered_s(after, others) == 0


def replies(timeline: Timeline, turns: Sequence[Turn]) -> tuple[Reply, ...]:
    """Every change of speaker, in order of time; those with a hold in the gap are no replies.

    Who begins before the other has ended, and goes on after, replies at once (0 s); who begins and ends inside the
    other's turn does not take the floor.
    """
    found: list[Reply] = []
    holds = timeline.of("hold")
    ordered = sorted(turns, key=lambda turn: turn.span)
    for k, turn in enumerate(ordered):
        before = max(ordered[:k], key=lambda earlier: earlier.span.end_s, default=None)
        if before is None or before.speaker == turn.speaker or before.span.end_s >= turn.span.end_s:
            continue
        latency_s = turn.span.start_s - before.span.end_s
        if latency_s > 0 and covered_s(Span(before.span.end_s, turn.span.start_s), holds) > 0:
            continue
        found.append(Reply(turn.speaker, turn.span.start_s, max(0.0, latency_s)))
    return tuple(found)
