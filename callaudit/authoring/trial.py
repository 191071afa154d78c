"""What a rule says on calls heard before, and how near it came: the phrases that were almost heard, and where."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
from typing import Final

from callaudit.authoring.examples import only
from callaudit.authoring.phrases import Listed, listed
from callaudit.records import Call, Finding, Status
from callaudit.rules import Rulebook, judge
from callaudit.rules.facts import Facts
from callaudit.rules.hearing import FLOOR
from callaudit.rules.references import situations_of
from callaudit.rules.rule import Rule

NEAREST: Final = 2


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase and the best place where it was heard: a hit from the score `least` on, else a near miss (from 0.55).

    `of` names what listens for it: an option of the rule, or a situation.
    """

    of: str
    phrase: str
    speaker: str
    at_s: float
    heard: str
    score: float
    least: float

    @property
    def hit(self) -> bool:
        return self.score >= self.least


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule's finding on a call (None: it does not concern the call's direction), and what came nearest.

    `before` is the status by the other rulebook, None without one or where it has no such rule.
    """

    call: Call
    finding: Finding | None
    crashed: str | None
    near: tuple[Near, ...]
    before: Status | None = None

    @property
    def flipped(self) -> bool:
        """Whether the other rulebook says something else."""
        return self.before is not None and self.finding is not None and self.before != self.finding.status


def trial(call: Call, rule: Rule, book: Rulebook, against: Rulebook | None = None) -> Trial:
    """The rule tried on a call.

    Parameters
    ----------
    call : as heard, or read back from its audit
    rule, book : the rule and its rulebook
    against : another rulebook whose rule of the same id is tried too
    """
    finding, crashed = _judged(call, rule, book)
    other = None if against is None else next((one for one in against.rules if one.id == rule.id), None)
    before = _judged(call, other, against)[0] if other is not None and against is not None else None
    return Trial(call, finding, crashed, nearest(call, rule, book), before.status if before else None)


def _judged(call: Call, rule: Rule, book: Rulebook) -> tuple[Finding | None, str | None]:
    findings, failures = judge(call, only(book, rule))
    crashed = next((failure.error for failure in failures if failure.rule == rule.id), None)
    return next((finding for finding in findings if finding.rule == rule.id), None), crashed


def nearest(call: Call, rule: Rule, book: Rulebook, n: int = NEAREST) -> tuple[Near, ...]:
    """For everything that the rule listens for, situations first, the phrases that came nearest to what was said."""
    facts = Facts(call, book.settings, book.situations, language=book.language)
    found: list[Near] = []
    for name, one in _listened(rule, book):
        if not one.exempts:
            best = (near for phrase in one.phrases if (near := _best(facts, name, phrase, one)))
            found += nlargest(n, best, key=lambda near: (near.score, -near.at_s))
    return tuple(dict.fromkeys(found))


def _best(facts: Facts, name: str, phrase: str, one: Listed) -> Near | None:
    """The best place of a phrase in the turns of whoever should say it."""
    hits = ((turn, hit) for turn in facts.of(one.who) for hit in facts.hits(turn, phrase, "any", FLOOR))  # type: ignore[arg-type]
    turn, hit = max(hits, key=lambda pair: (pair[1].score, -pair[0]), default=(None, None))
    if turn is None or hit is None:
        return None
    return Near(name, phrase, facts.turns[turn].speaker, hit.span.start_s, hit.heard, hit.score, one.least)


def _listened(rule: Rule, book: Rulebook) -> list[tuple[str, Listed]]:
    """Every list of phrases that the rule listens for, with the name of what listens."""
    names = dict.fromkeys(name for cues, _ in situations_of(rule) for name in cues.names)
    found = [(name, one) for name in names for one in listed(book.situations[name])]
    for part in (*rule.checks, *rule.when, *rule.unless, *rule.excuse, rule.raised):
        found += [(next(str(key) for key in reversed(one.way) if isinstance(key, str)), one) for one in listed(part)]
    return found
