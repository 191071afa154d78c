"""When the customer waits: holds with music, announced silences, and silences that the agent causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from callaudit.rules.cues import Cues
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, search
from callaudit.rules.spoken import EPSILON_S
from callaudit.spans import Span

WaitKind = Literal["music", "silent", "pause"]

LEAST_PIECE_S = 2.0
"""A further silence this long goes on with a parking that the agent's chatter has interrupted (proposed)."""

MOST_CHATTER_S = 15.0
"""Speech longer than this between two silences is a return to the customer, whatever was said (proposed)."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch in which the customer waits; `before` and `after` are the turns beside it, if any."""

    kind: WaitKind
    span: Span
    before: int | None
    after: int | None


def all_waits(facts: Facts) -> tuple[Wait, ...]:
    """Every hold of the timeline and every silence that the agent causes, in order of time."""
    return tuple(sorted((*_holds(facts), *_pauses(facts)), key=lambda wait: wait.span))


def parkings(facts: Facts, back: Sequence[str]) -> tuple[Wait, ...]:
    """The waits, those joined that only chatter parts: speech of the agent's side without a word of being `back`."""
    waits = all_waits(facts)
    if not back:
        return waits
    parked: list[Wait] = []
    for wait in sorted({*waits, *_silences(facts)}, key=lambda wait: (wait.span.start_s, -wait.span.end_s)):
        last = parked[-1] if parked else None
        if last is not None and wait.span.end_s <= last.span.end_s:
            continue
        if last is not None and _goes_on(facts, last, wait, back):
            parked[-1] = replace(last, span=Span(last.span.start_s, wait.span.end_s), after=wait.after)
        elif wait in waits:
            parked.append(wait)
    return tuple(parked)


def _goes_on(facts: Facts, parked: Wait, wait: Wait, back: Sequence[str]) -> bool:
    gap_s = wait.span.start_s - parked.span.end_s
    if parked.kind == "pause" or wait.span.duration_s < LEAST_PIECE_S or gap_s > MOST_CHATTER_S:
        return False
    between = [
        k for k, turn in enumerate(facts.turns) if parked.span.end_s - 0.5 <= turn.span.start_s < wait.span.start_s
    ]
    if any(facts.turns[k].speaker != "agent" for k in between):
        return False
    said = search(facts, between, back, least=SAY_LEAST)
    return not said.hits and not said.near


def _holds(facts: Facts) -> tuple[Wait, ...]:
    pieces = (piece for piece in facts.call.timeline.spans if piece.kind == "hold")
    return tuple(
        Wait("silent" if piece.detail == "silent" else "music", piece.span, *facts.around(piece.span))
        for piece in pieces
    )


def _silences(facts: Facts) -> tuple[Wait, ...]:
    return tuple(Wait("pause", span, *facts.around(span)) for span in facts.call.timeline.of("silence"))


def _pauses(facts: Facts) -> tuple[Wait, ...]:
    """Silences that end with the agent and in which the customer was not the one to speak.

    The customer had spoken last, or the agent had, without asking anything.
    """
    return tuple(wait for wait in _silences(facts) if _caused_by_agent(facts, wait))


def _caused_by_agent(facts: Facts, wait: Wait) -> bool:
    if wait.before is None or wait.after is None or facts.turns[wait.after].speaker != "agent":
        return False
    spoke = facts.turns[wait.before].speaker
    return spoke == "customer" or (spoke == "agent" and facts.customer_spoke and not facts.asks(wait.before))


def picked(
    facts: Facts,
    kinds: Sequence[WaitKind],
    least_s: float,
    *,
    not_after: Cues | None,
    not_before: Cues | None,
    back: Sequence[str],
) -> tuple[Wait, ...]:
    """The waits of these kinds and length; no pause after a turn of `not_after`, nor before one of `not_before`."""
    barred = {moment.turn for moment in facts.moments(not_after)} if not_after is not None else set()
    ended = {moment.turn for moment in facts.moments(not_before)} if not_before is not None else set()
    fit = (wait for wait in parkings(facts, back) if wait.kind in kinds and wait.span.duration_s >= least_s - EPSILON_S)
    return tuple(wait for wait in fit if wait.kind != "pause" or not (wait.before in barred or wait.after in ended))
