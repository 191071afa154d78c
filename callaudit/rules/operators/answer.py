"""How soon the call is answered, and how soon the agent then speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from callaudit.messages import message, render
from callaudit.records import Place, Step
from callaudit.rules.base import Outcome, Threshold, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import doubt_of_roles
from callaudit.rules.restating import inapplicable
from callaudit.rules.spoken import EPSILON_S, is_speech, spoken
from callaudit.spans import Span

_AT_ONCE_S = 0.3
"""Within this time, in seconds, nobody can have waited for the other: it is what one needs to begin to answer (about
0.2 s; Stivers et al., PNAS 2009) and what the border of a turn errs by."""


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


@operator("answer", Answering, loose=("rings_most", "seconds_most", "speech_within_s"), restate=inapplicable)
def answering(facts: Facts, asked: Answering) -> Outcome:
    """Not applicable where nothing rings and no queue time is known."""
    ring, queue_s = facts.call.timeline.ring, facts.call.metadata.queue_s
    if ring is None and queue_s is None:
        return not_applicable(message("condition.no_ring"))
    if ring is not None and not facts.call.timeline.of("speech"):
        return not_applicable(message("answer.no_talk"))
    if asked.rings_most or asked.seconds_most:
        waited = _Waited(ring.count, ring.ring_to_answer_s, ring.span) if ring else _Waited(None, queue_s or 0.0, None)
        return _soon(facts, asked, waited)
    return _greets(facts, asked)


def _soon(facts: Facts, asked: Answering, waited: _Waited) -> Outcome:
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
    limit_s = most.value if unit == "s" else None
    steps = answered(facts, waited.seconds, in_time=value <= most.value, limit_s=limit_s)
    return replace(outcome, steps=steps).measured(value, most, unit)


def answered(
    facts: Facts, waited_s: float | None = None, *, in_time: bool = True, limit_s: float | None = None
) -> tuple[Step, ...]:
    """The first ring and the answer, with the time between them; the answer alone where nothing rings."""
    timeline, language = facts.call.timeline, facts.language
    ring = timeline.ring
    if ring is not None and waited_s is None:
        waited_s = ring.ring_to_answer_s
    waited_s = None if waited_s is None else round(waited_s, 3)
    name = render(message("answer.step_answer"), language)
    picked_up = Step(name, in_time, round(timeline.answer_s, 3), waited_s, limit_s, at_most=True)
    if ring is None:
        return (picked_up,)
    return Step(render(message("answer.step_ring"), language), True, round(ring.span.start_s, 3)), picked_up


def _greets(facts: Facts, asked: Answering) -> Outcome:
    if facts.call.timeline.ring is None:
        return not_applicable(message("answer.when_unknown"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    if not facts.agent:
        return not_assessable(message("doubt.agent_unheard"))
    answer_s = facts.call.timeline.answer_s
    start_s = spoken(facts, next((k for k in facts.agent if is_speech(facts, k)), facts.agent[0])).start_s
    earlier = [k for k in facts.customer if facts.turns[k].span.start_s < start_s - _AT_ONCE_S and facts.turns[k].words]
    first_customer = asked.agent_first and bool(earlier)
    outcome = _first_words(facts, asked, start_s, earlier if first_customer else [])
    most = asked.speech_within_s
    delay_s, limit_s = max(0.0, start_s - answer_s), None if most is None else most.value
    steps = [*answered(facts)]
    if first_customer:
        at_s = spoken(facts, earlier[0]).start_s
        steps.append(Step(render(message("answer.step_customer"), facts.language), True, round(at_s, 3)))
    speaks = Step(render(message("answer.step_speak"), facts.language), outcome.status == "passed", round(start_s, 3),
                  round(delay_s, 3), limit_s, at_most=True)  # fmt: skip
    return replace(outcome, steps=(*steps, speaks)).measured(delay_s, most, "s")


def _first_words(facts: Facts, asked: Answering, start_s: float, earlier: Sequence[int]) -> Outcome:
    """What the agent's first words at `start_s` are, after those turns of the customer."""
    answer_s = facts.call.timeline.answer_s
    delay_s, most = max(0.0, start_s - answer_s), asked.speech_within_s
    if earlier:
        turn = facts.turns[earlier[0]]
        sure, places = 0.9 * facts.role_confidence, (Place(turn.span, "customer"),)
        return violated(message("answer.customer_first"), sure, quote=turn.text, places=places)
    if most is not None and delay_s > most.value + EPSILON_S:
        text = message("answer.late_speech", seconds=delay_s, most=most.value, note=most.note)
        return violated(text, 0.85 * facts.role_confidence, places=(Place(Span(answer_s, start_s)),))
    return passed(message("answer.speech", seconds=delay_s), 0.9)
