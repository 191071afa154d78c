"""Milestones of a call that must come in a certain order."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import message
from callaudit.records import Place
from callaudit.rules.base import Outcome, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.cues import CueRef, Phrase
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, Heard, doubt_of_roles, evidence, missing_why, search


@options
class Milestone:
    """Something said by the agent (`any`), or a cue; `last` takes its last occurrence instead of the first."""

    name: str
    any: tuple[Phrase, ...] = ()
    cue: CueRef | None = None
    last: bool = False
    required: bool = False

    def __post_init__(self) -> None:
        if bool(self.any) == (self.cue is not None):
            raise ValueError("a milestone needs either any or cue")


@options
class Order:
    """Milestones that occur must come in this order, or in `any_order`; required ones must occur."""

    milestones: Annotated[tuple[Milestone, ...], Field(min_length=2)]
    any_order: bool = False
    on_missing: Literal["violated", "ignore"] = "violated"


@operator("order", Order)
def order(facts: Facts, asked: Order) -> Outcome:
    """Not applicable where fewer than two milestones occur and none is required."""
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    times: list[tuple[float, Milestone]] = []
    said: list[Heard] = []
    for milestone in asked.milestones:
        found = _time_s(facts, milestone)
        if found is not None:
            times.append((found[0], milestone))
            said += [found[1]] if found[1] else []
        elif milestone.required and asked.on_missing == "violated":
            if why := missing_why(facts, facts.agent, milestone.any, least=SAY_LEAST):
                return not_assessable(why)
            return violated(
                message("steps.missing", step=milestone.name),
                0.75 * facts.role_confidence,
                **(evidence(facts, said) or _occasion(facts, asked)),
            )
    if len(times) < 2:
        return not_applicable(message("order.too_few"))
    if asked.any_order:
        names = tuple(milestone.name for _, milestone in times)
        return passed(message("order.present", steps=names), 0.75, **evidence(facts, said))
    for (one_s, one), (other_s, other) in pairwise(times):
        if other_s < one_s:
            return violated(
                message("order.wrong", one=one.name, other=other.name),
                0.7 * facts.role_confidence,
                **evidence(facts, said),
            )
    return passed(
        message("order.right", steps=tuple(milestone.name for _, milestone in times)), 0.75, **evidence(facts, said)
    )


def _occasion(facts: Facts, asked: Order) -> dict[str, object]:
    """Where the first of the situations occurs: what made the missing step necessary."""
    moments = [m for milestone in asked.milestones if milestone.cue for m in facts.moments(milestone.cue)[:1]]
    if not moments:
        return {}
    turn = facts.turns[moments[0].turn]
    return {"places": (Place(moments[0].span, turn.speaker),), "quote": turn.text}


def _time_s(facts: Facts, milestone: Milestone) -> tuple[float, Heard | None] | None:
    if milestone.cue is not None:
        moments = facts.moments(milestone.cue)
        return (moments[-1 if milestone.last else 0].span.start_s, None) if moments else None
    hits = search(facts, facts.agent, milestone.any, least=SAY_LEAST).hits
    if not hits:
        return None
    picked = hits[-1 if milestone.last else 0]
    return picked.span.start_s, picked
