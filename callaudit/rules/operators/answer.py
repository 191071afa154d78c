"""How soon the call is answered, and how soon the agent then speaks."""

from __future__ import annotations

from dataclasses import dataclass

from callaudit.messages import message
from callaudit.records import Place
from callaudit.rules.base import Outcome, Threshold, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import doubt_of_roles
from callaudit.spans import Span


@options
class Answering:
    """Rings are counted where they can be, else seconds decide; `speech_within_s` of the answer the agent speaks."""

    rings_most: Threshold | None = None
    seconds_most: Threshold | None = None
    speech_within_s: Threshold | None = None
    agent_first: bool = False

    def __post_init__(self) -> None:
        if not (self.rings_most or self.seconds_most or self.speech_within_s or self.agent_first):
            raise ValueError("answer needs at least one limit")


@dataclass(frozen=True, slots=True)
class _Waited:
    """What the caller waited before the answer."""

    n_rings: int | None
    seconds: float
    span: Span | None


@operator("answer", Answering)
def answering(facts: Facts, asked: Answering) -> Outcome:
    """Not applicable where nothing rings and no queue time is known."""
    ring, queue_s = facts.call.timeline.ring, facts.call.metadata.queue_s
    if ring is None and queue_s is None:
        return not_applicable(message("condition.no_ring"))
    if ring is not None and not facts.call.timeline.of("speech"):
        return not_applicable(message("answer.no_talk"))
    if asked.rings_most or asked.seconds_most:
        waited = _Waited(ring.count, ring.ring_to_answer_s, ring.span) if ring else _Waited(None, queue_s or 0.0, None)
        return _soon(asked, waited)
    return _greets(facts, asked)


def _soon(asked: Answering, waited: _Waited) -> Outcome:
    places = (Place(waited.span),) if waited.span else ()
    if waited.n_rings is not None and asked.rings_most:
        most, value, unit = asked.rings_most, float(waited.n_rings), "rings"
        soon = message("answer.soon_rings", n=waited.n_rings, seconds=waited.seconds)
        late = message("answer.late_rings", n=waited.n_rings, seconds=waited.seconds, most=most.value, note=most.note)
    elif asked.seconds_most:
        most, value, unit = asked.seconds_most, waited.seconds, "s"
        soon = message("answer.soon_s", seconds=waited.seconds)
        late = message("answer.late_s", seconds=waited.seconds, most=most.value, note=most.note)
    else:
        return not_assessable(message("condition.rings_uncounted"))
    outcome = violated(late, 0.95, places=places) if value > most.value else passed(soon, 0.95, places=places)
    return outcome.measured(value, most, unit)


def _greets(facts: Facts, asked: Answering) -> Outcome:
    if facts.call.timeline.ring is None:
        return not_applicable(message("answer.when_unknown"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    if not facts.agent:
        return not_assessable(message("doubt.agent_unheard"))
    answer_s = facts.call.timeline.answer_s
    first = facts.turns[facts.agent[0]]
    delay_s = max(0.0, first.span.start_s - answer_s)
    earlier = [
        facts.turns[k]
        for k in facts.customer
        if facts.turns[k].span.start_s < first.span.start_s and facts.turns[k].words
    ]
    if asked.agent_first and earlier:
        outcome = violated(
            message("answer.customer_first"),
            0.9 * facts.role_confidence,
            quote=earlier[0].text,
            places=(Place(earlier[0].span, "customer"),),
        )
        return outcome.measured(delay_s, asked.speech_within_s, "s")
    most = asked.speech_within_s
    if most is not None and delay_s > most.value:
        text = message("answer.late_speech", seconds=delay_s, most=most.value, note=most.note)
        places = (Place(Span(answer_s, first.span.start_s)),)
        return violated(text, 0.85 * facts.role_confidence, places=places).measured(delay_s, most, "s")
    return passed(message("answer.speech", seconds=delay_s), 0.9).measured(delay_s, most, "s")
