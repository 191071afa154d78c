"""A situation and how it must be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import message
from callaudit.records import Finding, Place
from callaudit.rules.base import Outcome, Threshold, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.cues import CueRef, Phrase
from callaudit.rules.facts import Facts, Moment
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, search
from callaudit.rules.restating import inapplicable
from callaudit.rules.senses import SAID, SURE_SITUATION, shown
from callaudit.rules.wording import Wording, verdict
from callaudit.spans import Span, covered_s


@options
class Respond(Wording):
    """After each (or the first, the last) `trigger` the agent's next `turns` turns must hold the wording.

    `within_s` after the trigger and `to_end` widen the search; `delay_most_s` bounds the silence before the reply; a
    hold in it excuses if the agent's turn before the trigger holds one of `waiting` (or none are given).
    `if_silent` says what no reply at all is: auto takes it for a violation if the agent then hung up.
    A reply that lacks the wording but holds one of `waived` is neither kept nor broken: not applicable.
    """

    trigger: CueRef
    which: Literal["each", "first", "last"] = "each"
    turns: Annotated[int, Field(ge=1)] = 1
    within_s: float | None = None
    to_end: bool = False
    delay_most_s: Threshold | None = None
    waiting: tuple[Phrase, ...] = ()
    waived: tuple[Phrase, ...] = ()
    if_silent: Literal["auto", "violated", "not_applicable"] = "auto"


def _restated(finding: Finding, asked: Respond) -> Finding | None:
    """Where any reply will do, only what has none is not applicable; else one in time may be that, too."""
    return None if asked.wanted or asked.refuse else inapplicable(finding, asked)


@operator("respond", Respond, loose=("delay_most_s",), restate=_restated)
def respond(facts: Facts, asked: Respond) -> Outcome:
    """Not applicable if the trigger never comes; violated if one of its occurrences is not answered as asked."""
    moments = facts.moments(asked.trigger) or facts.moments(asked.trigger, SAID)
    if not moments:
        return not_applicable(message("cue.absent", situation=facts.title(asked.trigger)))
    picked = {"each": moments, "first": moments[:1], "last": moments[-1:]}[asked.which]
    outcomes = [_resting(facts, _answered(facts, asked, moment), moment) for moment in picked]
    for status in ("violated", "not_assessable", "passed"):
        alike = [outcome for outcome in outcomes if outcome.status == status]
        if alike:
            worst = max(alike, key=lambda outcome: outcome.confidence)
            places = tuple(place for outcome in alike for place in outcome.places)
            return replace(worst, places=places, times=len(alike)) if status == "violated" else worst
    return outcomes[0]


def _resting(facts: Facts, outcome: Outcome, moment: Moment) -> Outcome:
    """The outcome; a violation that rests on a situation which only a meaning shows is marked, or too unsure."""
    if outcome.status != "violated" or moment.meant is None:
        return outcome
    if moment.score < SURE_SITUATION:
        return not_assessable(
            message("cue.perhaps", situation=moment.title), wants_reader=True, **shown(facts, moment.meant)
        )
    return replace(outcome, layer="meaning", matched=outcome.matched or shown(facts, moment.meant)["matched"])


def _answered(facts: Facts, asked: Respond, moment: Moment) -> Outcome:
    replies = _replies(facts, asked, moment)
    spot = Place(moment.span, facts.turns[moment.turn].speaker)
    if not replies:
        return _unanswered(facts, asked, moment, spot)
    most = asked.delay_most_s
    if most is not None:
        delay_s = _delay_s(facts, asked, moment, replies[0])
        if delay_s is not None and delay_s > most.value:
            late = violated(
                message("respond.late", situation=moment.title, seconds=delay_s, most=most.value, note=most.note),
                round(0.9 * facts.role_confidence * moment.score, 3),
                places=(spot,),
                quote=facts.turns[moment.turn].text,
            )
            return late.measured(delay_s, most, "s")
    if not asked.wanted and not asked.refuse:
        return passed(message("respond.answered", situation=moment.title), 0.85)
    outcome = verdict(facts, replies, asked, place=message("place.reply", situation=moment.title))
    if outcome.status != "violated":
        return outcome
    if asked.waived and search(facts, replies, asked.waived, least=SAY_LEAST).hits:
        return not_applicable(message("respond.waived", situation=moment.title))
    return replace(
        outcome,
        confidence=round(outcome.confidence * moment.score, 3),
        places=(spot, *outcome.places),
        quote=" → ".join(filter(None, (facts.turns[moment.turn].text, outcome.quote))),
    )


def _replies(facts: Facts, asked: Respond, moment: Moment) -> tuple[int, ...]:
    """The agent's turns that can answer; a mere sign of listening does not use up one of the `turns`."""
    later = [k for k in facts.agent if k > moment.turn]
    if facts.turns[moment.turn].speaker == "agent":
        later = [moment.turn, *later]
    if asked.to_end:
        return tuple(later)
    picked: list[int] = []
    n_full = 0
    end_s = facts.turns[moment.turn].span.end_s
    for k in later:
        soon = asked.within_s is not None and facts.turns[k].span.start_s <= end_s + asked.within_s
        if n_full >= asked.turns and not soon:
            break
        picked.append(k)
        n_full += not facts.backchannel(k)
    return tuple(picked)


def _delay_s(facts: Facts, asked: Respond, moment: Moment, reply: int) -> float | None:
    """Time before the reply since the last speech; None with an announced hold in between."""
    before = [turn.span.end_s for k, turn in enumerate(facts.turns) if k < reply]
    start_s = facts.turns[reply].span.start_s
    if not before or max(before) >= start_s:
        return 0.0
    silence = Span(max(before), start_s)
    if covered_s(silence, facts.call.timeline.of("hold")) == 0:
        return silence.duration_s
    told = [k for k in facts.agent if k < moment.turn][-1:]
    announced = not asked.waiting or search(facts, told, asked.waiting, least=SAY_LEAST).hits
    return None if announced else silence.duration_s


def _unanswered(facts: Facts, asked: Respond, moment: Moment, spot: Place) -> Outcome:
    by = facts.call.timeline.hangup.by
    if doubt_of_roles(facts) or asked.if_silent == "not_applicable" or (asked.if_silent == "auto" and by != "agent"):
        return not_applicable(message("respond.ended", situation=moment.title))
    return violated(
        message("respond.unanswered", situation=moment.title),
        round(0.85 * moment.score, 3),
        places=(spot,),
        quote=_quote(facts, (moment.turn,)),
    )


def _quote(facts: Facts, turns: Sequence[int]) -> str:
    return " / ".join(facts.turns[k].text for k in turns)
