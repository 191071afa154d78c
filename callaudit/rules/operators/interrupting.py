"""Talking over the customer."""

from __future__ import annotations

from dataclasses import replace

from callaudit.messages import message
from callaudit.records import Finding, Place
from callaudit.rules.base import (
    Outcome,
    Threshold,
    limit,
    not_applicable,
    not_assessable,
    operator,
    options,
    passed,
    violated,
)
from callaudit.rules.cues import CueRef
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import doubt_of_roles
from callaudit.rules.restating import inapplicable
from callaudit.spans import Span, intersect, total_s

BEFORE_S = 0.3
"""The customer has been speaking for so long when interrupted; both beginning at once is nobody's fault."""


@options
class Interrupting:
    """The agent begins while the customer speaks, overlaps for `least_overlap_s`, is no backchannel, and the customer
    stops within `yield_within_s`. `most` such places are allowed per `per_s` of talk; `during` keeps to customer turns
    in which the cue falls.
    """

    least_overlap_s: Threshold = limit(0.5)
    backchannel_most_s: Threshold = limit(1.0)
    yield_within_s: Threshold = limit(2.0)
    most: Threshold = limit(1)
    per_s: float = 300.0
    during: CueRef | None = None


def _restated(finding: Finding, asked: Interrupting) -> Finding | None:
    """What is allowed in a call is at least `most`; a violation that was doubted has places."""
    if finding.status == "passed" and finding.value is not None and finding.value <= asked.most.value:
        return replace(finding, limit=asked.most.value)
    unheard = finding.status == "not_assessable" and not finding.places
    return finding if unheard else inapplicable(finding, asked)


@operator("interrupting", Interrupting, loose=("most",), restate=_restated)
def interrupting(facts: Facts, asked: Interrupting) -> Outcome:
    """Not assessable on a mono mix, which hides overlaps."""
    during = None
    if asked.during is not None:
        during = {moment.turn for moment in facts.moments(asked.during)}
        if not during:
            return not_applicable(message("cue.absent", situation=facts.title(asked.during)))
    if facts.call.recording.layout != "stereo":
        return not_assessable(message("interrupting.mono"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    if not facts.agent or not facts.customer:
        return not_applicable(message("interrupting.one_party"))
    found = [(k, span) for k in facts.agent if (span := _interrupts(facts, asked, k, during))]
    minutes = max(1.0, (facts.talk_end_s - facts.call.timeline.answer_s) / asked.per_s)
    allowed = asked.most.value * minutes
    places = tuple(Place(span, "agent") for _, span in found)
    if len(found) <= allowed:
        text = message("interrupting.times", n=len(found)) if found else message("interrupting.none")
        return passed(text, 0.85, places=places).measured(len(found), asked.most, "times")
    text = message("interrupting.too_often", n=len(found), most=asked.most.value, note=asked.most.note)
    quote = facts.turns[found[0][0]].text
    outcome = violated(text, 0.85 * facts.role_confidence, places=places, quote=quote)
    return outcome.measured(len(found), asked.most, "times")


def _interrupts(facts: Facts, asked: Interrupting, turn: int, during: set[int] | None) -> Span | None:
    """Where the agent's turn cuts into one of the customer's; None where it does not."""
    own = facts.turns[turn]
    if own.span.duration_s <= asked.backchannel_most_s.value or (own.words and facts.backchannel(turn)):
        return None
    speech = facts.call.timeline.of("speech", "customer")
    for j in facts.customer:
        other = facts.turns[j]
        if during is not None and j not in during:
            continue
        if not other.span.start_s + BEFORE_S <= own.span.start_s < other.span.end_s:
            continue
        if not any(s.start_s + BEFORE_S <= own.span.start_s < s.end_s for s in speech):
            continue
        both = intersect([own.span], [s for s in speech if s.overlap_s(other.span) > 0])
        yields = other.span.end_s - own.span.start_s <= asked.yield_within_s.value
        if total_s(both) >= asked.least_overlap_s.value and yields:
            return both[0]
    return None
