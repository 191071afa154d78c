"""Which of two ways of speaking prevails: 您 against 你, requests with 请 against bare ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Annotated, Literal

from pydantic import Field

from callaudit.messages import message
from callaudit.records import Finding, Place
from callaudit.rules.base import Outcome, Threshold, not_applicable, not_assessable, operator, options, passed, violated
from callaudit.rules.cues import Where, Window
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import doubt_of_roles, doubt_of_words
from callaudit.rules.restating import inapplicable, surely_at_least


@options
class Share:
    """Share of `words` among `words` and `others`.

    Both as written (matching by sound would not tell 您 from 你), but `words`, which speak for the agent, also where
    two or more syllables were written in other characters, one of them rightly: 麻反 for 麻烦, 清您 for 请您.

    by: hits counts each; clauses counts a clause once, for `words` if it holds one of them, else for `others`.
    Words inside an `exempt` one are not counted. From `least` up to `pass_from` neither a pass nor a violation is
    sure. `least_prob`: mean probability of the recogniser for the words that hold one of `others`, else nobody is
    accused.
    """

    words: Annotated[tuple[str, ...], Field(min_length=1)]
    others: Annotated[tuple[str, ...], Field(min_length=1)]
    exempt: tuple[str, ...] = ()
    by: Literal["hits", "clauses"] = "hits"
    where: Window = Where()
    least: Threshold
    pass_from: Threshold | None = None
    least_prob: float = 0.0
    least_total: Annotated[int, Field(ge=1)] = 4
    what: str | None = None


@dataclass(frozen=True, slots=True)
class _Tally:
    good: int
    bad: tuple[int, ...]
    total: int


def _restated(finding: Finding, asked: Share) -> Finding | None:
    least = asked.pass_from or asked.least
    if finding.status == "passed" and surely_at_least(finding, least):
        return replace(finding, limit=least.value)
    return inapplicable(finding, asked)


@operator("share", Share, loose=("least", "pass_from"), restate=_restated)
def share(facts: Facts, asked: Share) -> Outcome:
    """Not applicable with too few occurrences."""
    turns = facts.window(asked.where, "agent")
    if turns and (why := doubt_of_words(facts, turns) or doubt_of_roles(facts)):
        return not_assessable(why)
    tally = _tally(facts, turns, asked)
    if tally.total < asked.least_total:
        return not_applicable(message("share.too_few", n=tally.total, least=asked.least_total))
    value = tally.good / tally.total
    what = asked.what or message("share.courtesy")
    text = message("share.is", what=what, value=value, good=tally.good, total=tally.total)
    if value >= (asked.pass_from or asked.least).value:
        return passed(text, 0.8).measured(value, asked.pass_from or asked.least, "ratio")
    if value >= asked.least.value:
        return not_assessable(message("share.between", share=text)).measured(value, asked.least, "ratio")
    if _prob(facts, tally.bad, asked.others) < asked.least_prob:
        return not_assessable(message("share.blurred", share=text)).measured(value, asked.least, "ratio")
    places = tuple(Place(facts.turns[k].span, "agent") for k in tally.bad)
    quote = facts.turns[tally.bad[0]].text if tally.bad else None
    return violated(
        message("share.low", share=text, least=asked.least.value, note=asked.least.note),
        0.75 * facts.role_confidence,
        places=places,
        quote=quote,
    ).measured(value, asked.least, "ratio")


def _tally(facts: Facts, turns: Sequence[int], asked: Share) -> _Tally:
    good = total = 0
    bad: list[int] = []
    for k in turns:
        clauses = facts.tongue.clauses(facts.turns[k].text)
        for piece in clauses if asked.by == "clauses" else ["，".join(clauses)]:
            for word in sorted(asked.exempt, key=len, reverse=True):
                piece = piece.replace(word, "＿")
            right, wrong = facts.tongue.times_heard(piece, asked.words), facts.tongue.times(piece, asked.others)
            if asked.by == "clauses":
                right, wrong = min(right, 1), 0 if right else min(wrong, 1)
            good, total = good + right, total + right + wrong
            bad += [k] * bool(wrong)
    return _Tally(good, tuple(dict.fromkeys(bad)), total)


def _prob(facts: Facts, turns: Sequence[int], others: Sequence[str]) -> float:
    """Mean probability of the words in which one of `others` was written; 1 where none is found."""
    probs = [word.prob for k in turns for word in facts.turns[k].words if any(other in word.text for other in others)]
    return fmean(probs) if probs else 1.0
