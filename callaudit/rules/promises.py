"""What an agent promises for later, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from callaudit.records import Promise
from callaudit.rules.cues import Cues
from callaudit.rules.due import due
from callaudit.rules.facts import Facts, Moment
from callaudit.text.deadline import Deadline

ABOUT = timedelta(minutes=30)
"""How late an appointment (明天三点) or a vague time (左右) may be kept (proposed)."""


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise in the call, where it is made, and the time that was named, if any."""

    moment: Moment
    promise: Promise
    deadline: Deadline | None


def promised(facts: Facts, ref: Cues) -> tuple[Promised, ...]:
    """Every promise that the cues find, in order; none where nobody knows when the call was.

    Hours count from the end of the call, as the catalogue has it.
    """
    if facts.ended is None:
        return ()
    found = []
    for moment in facts.moments(ref):
        deadline = deadline_of(facts, moment)
        due_at = due(deadline, facts.ended, facts.settings) if deadline else None
        if deadline is not None and due_at is not None and deadline.about:
            due_at += ABOUT
        found.append(Promised(moment, Promise(facts.ended, due_at, deadline.said if deadline else ""), deadline))
    return tuple(found)


def deadline_of(facts: Facts, moment: Moment) -> Deadline | None:
    """The time named nearest: in the turn of the promise, in the answer to the next question, or by the customer."""
    turn = moment.turn
    words = facts.turns[turn].words
    at = sum(len(word.text) for word in words if word.span.end_s <= moment.span.start_s)
    end = sum(len(word.text) for word in words if word.span.start_s < moment.span.end_s)
    named = facts.tongue.deadlines("".join(word.text for word in words))
    if named:
        return min(named, key=lambda one: (max(one.start - end, at - one.end, 0), one.start))
    after = [k for k in facts.agent if k > turn][:1]
    if after and any(facts.asks(k) for k in facts.customer if turn < k < after[0]):
        named = facts.tongue.deadlines(facts.turns[after[0]].text)
    before = [k for k in facts.customer if k < turn][-1:]
    if not named and before and before[0] == turn - 1:
        named = facts.tongue.deadlines(facts.turns[before[0]].text)
    return named[0] if named else None
