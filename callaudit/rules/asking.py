"""Asking a reader (a language model) what words, measures and meaning left open, and checking what it says.

It sees only the turns that the rule names, numbers masked. It must point at the words its answer rests on; where these
do not stand in the turn, the answer is none. By itself it never makes a critical accusation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from callaudit.messages import message
from callaudit.records import Place
from callaudit.rules.aids import Answer, Line, Question
from callaudit.rules.base import Outcome, not_applicable, not_assessable, options, passed, violated
from callaudit.rules.cues import CueRef, Window
from callaudit.rules.hearing import doubt_of_roles, doubt_of_words

if TYPE_CHECKING:
    from callaudit.rules.facts import Facts
    from callaudit.rules.rule import Rule

CONFIDENCE = 0.6
"""Confidence of what only a reader says: nobody has measured the user's model on the user's calls (proposed)."""

MOST_LINES = 40
"""A reader is shown no more turns than this; the first ones where there are more."""

BEFORE, AFTER = 1, 3
"""Turns shown before and after each occurrence of a situation."""

MASK = "＊"


@options
class Ask:
    """A question for a reader, answered "broken" or "kept", and the turns it may see.

    `about`: those around these situations; `where`: this window, both parties'; neither: those around what the rule
    has found. `numbers`: whether numbers of four digits and more may be shown.
    """

    question: Annotated[str, Field(min_length=8)]
    about: CueRef | None = None
    where: Window | None = None
    numbers: bool = False

    def __post_init__(self) -> None:
        if self.about is not None and self.where is not None:
            raise ValueError("give either about or where, not both")


def asked(facts: Facts, rule: Rule, outcome: Outcome) -> Outcome:
    """The outcome, or what a reader makes of the rule where it was left open for want of understanding."""
    reader = facts.aids.reader
    if rule.ask is None or reader is None or not outcome.wants_reader:
        return outcome
    turns = shown(facts, rule.ask, outcome)
    if not turns or doubt_of_roles(facts) or doubt_of_words(facts, turns):
        return outcome
    question = Question(rule.ask.question, tuple(_line(facts, k, rule.ask) for k in turns))
    answer = reader.read(question)
    return outcome if answer is None else _outcome(facts, rule, turns, answer, outcome)


def shown(facts: Facts, ask: Ask, outcome: Outcome) -> tuple[int, ...]:
    """The turns that a reader may see, in order of time."""
    if ask.where is not None:
        own = facts.window(ask.where, "agent")
        return tuple(range(max(0, own[0] - BEFORE), own[-1] + 1))[:MOST_LINES] if own else ()
    if ask.about is not None:
        centres = [moment.turn for moment in facts.moments(ask.about)]
    else:
        found = [place.span for place in outcome.places]
        centres = [k for k, turn in enumerate(facts.turns) if any(turn.span.overlap_s(span) > 0 for span in found)]
    near = {k for centre in centres for k in range(centre - BEFORE, centre + AFTER + 1)}
    return tuple(k for k in range(len(facts.turns)) if k in near)[:MOST_LINES]


def _line(facts: Facts, turn: int, ask: Ask) -> Line:
    said = facts.turns[turn]
    return Line(said.speaker, said.text if ask.numbers else facts.tongue.masked(said.text, MASK))


def _outcome(facts: Facts, rule: Rule, turns: Sequence[int], answer: Answer, outcome: Outcome) -> Outcome:
    if answer.reply == "no_occasion":
        return replace(not_applicable(message("reader.no_occasion"), CONFIDENCE), layer="model")
    if answer.line is None or answer.reply == "cannot_tell":
        return outcome
    turn = facts.turns[turns[answer.line]]
    more = {
        "places": (Place(turn.span, turn.speaker),),
        "quote": turn.text,
        "matched": message("reader.matched", heard=turn.text[answer.start : answer.end]),
        "layer": "model",
    }
    if answer.reply == "kept":
        return passed(message("reader.kept"), CONFIDENCE, **more)
    if rule.severity == "critical":
        return not_assessable(message("reader.critical"), **more)
    return violated(message("reader.broken"), CONFIDENCE, **more)
