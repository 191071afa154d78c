"""Required words: what must be said in some turns, and what is made of it when it was not heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Annotated

from pydantic import Field

from callaudit.messages import Message, Text, message
from callaudit.rules.base import Outcome, not_applicable, not_assessable, options, passed, violated
from callaudit.rules.cues import Meanings, Part, Phrase
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import (
    NEVER_LEAST,
    SAY_LEAST,
    Heard,
    across,
    evidence,
    missing_why,
    search,
    sure,
    without_exempt,
)
from callaudit.rules.senses import PERHAPS, SAID, Meant, meant, shown
from callaudit.text.readable import readable

NEAR_CONFIDENCE = 0.55
"""Confidence that a rule was kept where the phrase was only nearly heard."""


@options
class Wording:
    """Words that must be said: one of `any`, or all `parts` (or `least_parts` of them), in order if so asked.

    `means` is what will do in other words than those of `any`.
    `refuse` must not be said in the same place, unless inside an `exempt` phrase; `what` names the thing in messages.
    `hidden`: words that the recogniser was unsure of may be the phrase; no for long lists, where one always fits.
    `optional`: to say it is good, to leave it out no breach but not applicable.
    """

    any: tuple[Phrase, ...] = ()
    means: Meanings = ()
    parts: tuple[Part, ...] = ()
    least_parts: Annotated[int, Field(ge=1)] | None = None
    in_order: bool = False
    refuse: tuple[Phrase, ...] = ()
    exempt: tuple[Phrase, ...] = ()
    what: str | None = None
    least: Annotated[float, Field(gt=0, le=1)] = SAY_LEAST
    hidden: bool = True
    optional: bool = False

    def __post_init__(self) -> None:
        if self.any and self.parts:
            raise ValueError("give either any or parts, not both")
        if self.means and not self.any:
            raise ValueError("means goes with any; each of the parts has its own")
        if self.least_parts is not None and self.least_parts > len(self.parts):
            raise ValueError(f"least_parts is {self.least_parts}, but there are only {len(self.parts)} parts")

    @property
    def wanted(self) -> tuple[Part, ...]:
        """The parts; `any` is a single one."""
        if self.parts or not self.any:
            return self.parts
        return (Part(name=self.what or "", any=self.any, means=self.means),)

    @property
    def n_wanted(self) -> int:
        return self.least_parts or len(self.wanted)


@dataclass(frozen=True, slots=True)
class Told:
    """What was heard of a wording; `near` are parts that were nearly heard.

    `meant` are those said in other words, `perhaps` what missing parts may have been put as.
    """

    found: tuple[Heard, ...]
    meant: tuple[Meant, ...]
    perhaps: tuple[Meant, ...]
    missing: tuple[Part, ...]
    near: tuple[Part, ...]
    refused: tuple[Heard, ...]


def tell(facts: Facts, turns: Sequence[int], wording: Wording) -> Told:
    """Listens for the wording in the turns."""
    found: list[Heard] = []
    missing: list[Part] = []
    near: list[Part] = []
    for part in wording.wanted:
        if part.given is not None and facts.moments(part.given):
            continue
        heard = search(facts, turns, part.any, least=wording.least)
        crossing = None if heard.hits else across(facts, turns, part.any, least=wording.least)
        if heard.best:
            found.append(heard.best)
        elif crossing:
            found.append(Heard(_turn_at(facts, turns, crossing.span.start_s), crossing))
        else:
            missing.append(part)
            if heard.near:
                near.append(part)
    refused = search(facts, turns, wording.refuse, least=NEVER_LEAST, near=False).hits
    meanings: dict[str, Meant] = {}
    if len(wording.wanted) - len(missing) < wording.n_wanted:
        meanings = {part.name: best for part in missing if (best := meant(facts, turns, part.means))}
    said = {name: best for name, best in meanings.items() if best.prob >= SAID}
    weak = {*said, *(part.name for part in near)}
    return Told(
        found=tuple(found),
        meant=tuple(said.values()),
        perhaps=tuple(m for name, m in meanings.items() if name not in weak and m.prob >= PERHAPS),
        missing=tuple(part for part in missing if part.name not in said),
        near=tuple(part for part in near if part.name not in said),
        refused=without_exempt(facts, refused, wording.exempt),
    )


def verdict(facts: Facts, turns: Sequence[int], wording: Wording, *, place: Text) -> Outcome:
    """Whether the wording was said in the turns, which hold at least one; `place` names them in the message."""
    told = tell(facts, turns, wording)
    if told.refused:
        worst = max(told.refused, key=lambda heard: heard.score)
        return violated(
            message("wording.refused", place=place, heard=worst.hit.heard),
            sure(facts, worst),
            **evidence(facts, told.refused),
        )
    n_found = len(wording.wanted) - len(told.missing)
    if n_found >= wording.n_wanted:
        if wording.in_order and (swapped := _swapped(told.found)):
            return violated(
                message("wording.disorder", place=place, swapped=swapped),
                sure(facts, *told.found),
                **evidence(facts, told.found),
            )
        names = tuple(_name(part) for part in wording.wanted if part not in told.missing)
        return passed(
            message("wording.said", place=place, names=names) if names else message("wording.answered", place=place),
            min([sure(facts, *told.found), *(round(one.prob * facts.role_confidence, 3) for one in told.meant)]),
            **_proof(facts, told),
        )
    names = tuple(_name(part) for part in told.missing)
    if n_found + len(told.near) >= wording.n_wanted:
        return passed(message("wording.near", place=place, names=names), NEAR_CONFIDENCE, **evidence(facts, told.found))
    if wording.optional:
        return not_applicable(message("wording.optional", names=names))
    if told.perhaps and n_found + len(told.near) + len(told.perhaps) >= wording.n_wanted:
        likeliest = max(told.perhaps, key=lambda one: one.prob)
        return not_assessable(message("doubt.reworded", names=names), wants_reader=True, **shown(facts, likeliest))
    phrases = [phrase for part in told.missing for phrase in part.any]
    if why := missing_why(facts, turns, phrases, least=wording.least, hidden=wording.hidden):
        return not_assessable(why, **evidence(facts, told.found))
    said = [word.prob for k in turns for word in facts.turns[k].words]
    confidence = facts.role_confidence * (0.6 + 0.35 * (fmean(said) if said else 0.5))
    return violated(
        message("wording.unsaid", place=place, names=names),
        round(confidence, 3),
        **(evidence(facts, told.found) or _unsaid(facts, turns)),
    )


def _proof(facts: Facts, told: Told) -> dict[str, object]:
    """What shows that the wording was said: where some of it is a matter of meaning, the least sure of that."""
    if told.meant:
        return shown(facts, min(told.meant, key=lambda one: one.prob))
    return evidence(facts, told.found)


def _unsaid(facts: Facts, turns: Sequence[int]) -> dict[str, object]:
    """What was said instead."""
    from callaudit.records import Place

    picked = [facts.turns[k] for k in turns][-1:] if len(turns) > 4 else [facts.turns[k] for k in turns]
    return {
        "places": tuple(Place(turn.span, turn.speaker) for turn in picked),
        "quote": " / ".join(turn.text for turn in picked) or None,
    }


def _name(part: Part) -> Text:
    """What a part is called in messages: its name, or the first of its phrases."""
    return part.name or message("wording.like", phrase=readable(part.any[0]))


def _turn_at(facts: Facts, turns: Sequence[int], time_s: float) -> int:
    return max((k for k in turns if facts.turns[k].span.start_s <= time_s + 0.01), default=turns[0])


def _swapped(found: Sequence[Heard]) -> Message | None:
    for one, other in pairwise(found):
        if other.span.start_s < one.span.start_s:
            return message("wording.swapped", one=other.hit.heard, other=one.hit.heard)
    return None
