"""How far ahead a promised time may lie."""

from __future__ import annotations

from callaudit.messages import message
from callaudit.records import Place
from callaudit.rules.base import Outcome, Threshold, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.cues import CueRef
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import doubt_of_roles
from callaudit.rules.promises import deadline_of
from callaudit.text.deadline import Deadline


@options
class DeadlineOptions:
    """Of the times named beside the promises `of` after the cue one must be at most `most_h` hours; a day is 24."""

    of: CueRef
    after: CueRef
    most_h: Threshold


@operator("deadline", DeadlineOptions)
def deadline(facts: Facts, asked: DeadlineOptions) -> Outcome:
    """Not applicable without the cue, without a time, and where a time (周三, 五点前) is no length of hours or days."""
    moments = facts.moments(asked.after)
    if not moments:
        return not_applicable(message("cue.absent", situation=facts.title(asked.after)))
    made = [moment for moment in facts.moments(asked.of) if moment.turn > moments[0].turn]
    named = [(_hours(one), moment.turn, one) for moment in made if (one := deadline_of(facts, moment))]
    known = [(hours, turn, one) for hours, turn, one in named if hours is not None]
    if not known:
        return not_applicable(message("deadline.none"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    hours, turn, one = min(known, key=lambda row: (row[0], row[1]))
    kept = hours <= asked.most_h.value
    if not kept and len(known) < len(named):
        return not_applicable(message("deadline.none"))
    key, most = "deadline.kept" if kept else "deadline.long", asked.most_h
    text = message(key, said=one.said, most=most.value, note=most.note)
    place, quote = Place(facts.turns[turn].span, "agent"), facts.turns[turn].text
    outcome = passed(text, 0.85) if kept else violated(text, 0.85, places=(place,), quote=quote)
    return outcome.measured(hours, most, "h")


def _hours(one: Deadline) -> float | None:
    """Hours of a length of time; None for a moment and for today and tomorrow."""
    if one.hours is not None:
        return one.hours
    if one.workdays is not None:
        return one.workdays * 24
    return one.n * 24.0 if one.day == "in_days" and one.n > 1 and one.until is None else None
