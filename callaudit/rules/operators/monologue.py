"""How long one party speaks on without handing over."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from callaudit.messages import message
from callaudit.records import Finding, Place
from callaudit.rules.base import (
    Outcome,
    Threshold,
    not_applicable,
    not_assessable,
    operator,
    options,
    passed,
    violated,
)
from callaudit.rules.cues import CueRef, Phrase, Who
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import SAY_LEAST, doubt_of_roles, doubt_of_words, search
from callaudit.rules.restating import inapplicable, surely_at_most
from callaudit.spans import Span


@options
class Monologue:
    """No stretch of a speaker's turns, with at most signs of listening in between, is longer than `most_s`.

    A stretch in which the speaker asks something or says one of `asks` is none; with a `not_cue` turn it is not judged.
    """

    most_s: Threshold
    who: Who = "agent"
    asks: tuple[Phrase, ...] = ()
    not_cue: CueRef | None = None


def _restated(finding: Finding, asked: Monologue) -> Finding | None:
    """Which stretch is the longest hangs on no limit; without one nothing was held against it."""
    if finding.status == "passed" and finding.value is None:
        return finding
    if finding.status == "passed" and surely_at_most(finding, asked.most_s):
        return replace(finding, limit=asked.most_s.value)
    return inapplicable(finding, asked)


@operator("monologue", Monologue, loose=("most_s",), restate=_restated)
def monologue(facts: Facts, asked: Monologue) -> Outcome:
    """Violated by the longest stretch if that is too long; passed with its length otherwise."""
    own = facts.of(asked.who)
    if not own:
        return not_assessable(message("monologue.unheard"))
    if why := doubt_of_roles(facts):
        return not_assessable(why)
    exempt = {moment.turn for moment in facts.moments(asked.not_cue)} if asked.not_cue is not None else set()
    told = [rows for rows in _stretches(facts, own) if exempt.isdisjoint(rows)]
    if not told:
        return not_applicable(message("monologue.exempt"))
    told.sort(key=lambda rows: _span(facts, rows).duration_s, reverse=True)  # of equals the first stays first
    longest = next((rows for rows in told if not _asks(facts, rows, asked)), None)
    if longest is None:
        return passed(message("monologue.asks"), 0.9)
    span = _span(facts, longest)
    most = asked.most_s
    if span.duration_s <= most.value:
        return passed(message("monologue.longest", seconds=span.duration_s), 0.9).measured(span.duration_s, most, "s")
    if why := doubt_of_words(facts, longest):
        return not_assessable(why)
    outcome = violated(
        message("monologue.too_long", seconds=span.duration_s, most=most.value, note=most.note),
        round(0.85 * facts.role_confidence, 3),
        places=(Place(span, facts.turns[longest[0]].speaker),),
        quote=" / ".join(facts.turns[k].text for k in longest),
    )
    return outcome.measured(span.duration_s, most, "s")


def _stretches(facts: Facts, own: tuple[int, ...]) -> list[list[int]]:
    """The turns, those together that only signs of listening part; 「是我」 after a question is an answer."""
    stretches = [[own[0]]]
    joined = set(facts.neighbours(own))
    for left, right in pairwise(own):
        if (left, right) in joined and not facts.asks(left):
            stretches[-1].append(right)
        else:
            stretches.append([right])
    return stretches


def _span(facts: Facts, rows: list[int]) -> Span:
    return Span(facts.turns[rows[0]].span.start_s, max(facts.turns[k].span.end_s for k in rows))


def _asks(facts: Facts, rows: list[int], asked: Monologue) -> bool:
    """Whether the speaker asks the other party something in the stretch."""
    if any(facts.asks(k) for k in rows):
        return True
    return bool(search(facts, rows, asked.asks, least=SAY_LEAST, near=False).hits)
