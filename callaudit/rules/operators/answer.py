"""How soon the call is answered, and how soon the agent then speaks."""

from __future__ import annotations

from dataclasses import dataclass

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
        return not_applicable("录音中没有振铃，也没有排队时间")
    if ring is not None and not facts.call.timeline.of("speech"):
        return not_applicable("振铃之后没有人说话，电话没有接通")
    if asked.rings_most or asked.seconds_most:
        waited = _Waited(ring.count, ring.ring_to_answer_s, ring.span) if ring else _Waited(None, queue_s or 0.0, None)
        return _soon(asked, waited)
    return _greets(facts, asked)


def _soon(asked: Answering, waited: _Waited) -> Outcome:
    places = (Place(waited.span),) if waited.span else ()
    if waited.n_rings is not None and asked.rings_most:
        most, value, unit = asked.rings_most, float(waited.n_rings), "rings"
        text = f"响铃 {waited.n_rings} 声（{waited.seconds:.1f} 秒）"
        wanted = f"规定不超过 {most.value:g} 声{most.note}"
    elif asked.seconds_most:
        most, value, unit = asked.seconds_most, waited.seconds, "s"
        text, wanted = f"等了 {waited.seconds:.1f} 秒", f"规定不超过 {most.value:g} 秒{most.note}"
    else:
        return not_assessable("铃声数不清")
    late = value > most.value
    outcome = (
        violated(f"{text}才接听，{wanted}", 0.95, places=places) if late else passed(f"{text}接听", 0.95, places=places)
    )
    return outcome.measured(value, most, unit)


def _greets(facts: Facts, asked: Answering) -> Outcome:
    if facts.call.timeline.ring is None:
        return not_applicable("录音中没有振铃，不知道何时接通")
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    if not facts.agent:
        return not_assessable("没有听到客服说话")
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
            "接通后客户先开口，客服没有先问候",
            0.9 * facts.role_confidence,
            quote=earlier[0].text,
            places=(Place(earlier[0].span, "customer"),),
        )
        return outcome.measured(delay_s, asked.speech_within_s, "s")
    most = asked.speech_within_s
    if most is not None and delay_s > most.value:
        text = f"接通后 {delay_s:.1f} 秒才说话，应在 {most.value:g} 秒内{most.note}"
        places = (Place(Span(answer_s, first.span.start_s)),)
        return violated(text, 0.85 * facts.role_confidence, places=places).measured(delay_s, most, "s")
    return passed(f"接通后 {delay_s:.1f} 秒开口", 0.9).measured(delay_s, most, "s")
