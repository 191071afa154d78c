"""Judging a stored call again, as far as a change touches it; pure: documents in, documents out."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial

from callaudit.batch.keys import judging_digest
from callaudit.config import Config
from callaudit.errors import CallauditError
from callaudit.history import past_call
from callaudit.pipeline import aids_of, conclude, judge_call
from callaudit.records import Audit, Direction, Finding, JsonValue, Judgement, MadeBy
from callaudit.reports.stored import HEARD, finding_from
from callaudit.rules import Rulebook, load_rulebook
from callaudit.rules.aids import Aids
from callaudit.rules.digests import LOOSE, rule_digests, sums_up
from callaudit.rules.engine import concerning
from callaudit.rules.past import Others
from callaudit.rules.restating import restated
from callaudit.rules.rule import Rule
from callaudit.store.documents import unpacked_judgement
from callaudit.store.entries import JudgementEntry, call_of, judgement_of


@dataclass(frozen=True)
class Way:
    """A way of judging: by which rulebook and sheet, with what help; it can be handed to another process."""

    rulebook: Rulebook
    aids: Aids
    sheet: str | None = None

    @classmethod
    def from_config(cls, config: Config) -> Way:
        """The way that the settings describe.

        Raises
        ------
        RulebookError
        """
        rulebook = load_rulebook(config.judge.rulebook)
        rulebook.sheet(config.judge.sheet)  # a wrong name is said at once
        return cls(rulebook, aids_of(config), config.judge.sheet)

    @cached_property
    def judging(self) -> str:
        """The digest by which the store knows it."""
        return judging_digest(self.rulebook, self.aids, self.sheet)

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The digests of the rules."""
        return rule_digests(self.rulebook, self.aids)

    def rejudge(self) -> Rejudge:
        """What judges by it."""
        return Rejudge(self)


@dataclass(frozen=True, slots=True)
class Given:
    """A stored call to be judged again.

    `judgement` and `call` are documents as the store keeps them; without `call` nothing of it is judged anew. Findings
    of the rules in `carried` are taken over, those of the rules in `loosened` where they can be told without the call.
    `history` is what is known of other calls; `remember`: what other calls need to know of this one is worked out too.
    """

    call_id: int
    direction: Direction | None
    sector: str | None
    judgement: bytes
    carried: frozenset[str]
    call: bytes | None = None
    history: Others | None = None
    remember: bool = False
    loosened: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A call judged again, or why that could not be done; `parsed`: the call itself had to be read."""

    call_id: int
    entry: JudgementEntry | None
    why: str | None = None
    parsed: bool = False


@dataclass(frozen=True)
class Rejudge:
    """Judges calls again."""

    way: Way

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.way.rulebook.rules}

    @cached_property
    def _concerning(self) -> Callable[[Direction | None], tuple[Rule, ...]]:
        return cache(partial(concerning, self.way.rulebook))

    def __call__(self, calls: Sequence[Given]) -> list[Rejudged]:
        return [self.one(given) for given in calls]

    def one(self, given: Given) -> Rejudged:
        """The call judged again; never raises for a fault of its documents."""
        try:
            return self._rejudged(given)
        except (CallauditError, LookupError, TypeError, ValueError, AttributeError) as error:
            return Rejudged(given.call_id, None, type(error).__name__)  # its message may hold what was said

    def _rejudged(self, given: Given) -> Rejudged:
        way, before = self.way, unpacked_judgement(given.judgement)
        crashed = {failure["rule"] for failure in before.rest["failures"]}
        carried = given.carried - with_summaries(way.rulebook, crashed) if crashed else given.carried
        known: dict[str, Finding] = {}
        written: dict[str, bytes] = {}
        for line in before.findings:
            finding = _finding(line)
            if finding.rule in carried:
                known[finding.rule], written[finding.rule] = finding, line
            elif finding.rule in given.loosened and (now := restated(self._rules[finding.rule], finding)) is not None:
                known[finding.rule] = now
        own: Judgement | Audit
        left = [rule for rule in self._concerning(given.direction) if rule.id not in known]
        if given.call is None or not (left or given.remember):
            own, past, parsed = self._concluded(given, known, before.rest["made_by"]), None, False
        else:
            call = call_of(given.call)
            aids = way.aids if given.history is None else replace(way.aids, history=given.history)
            own = judge_call(call, way.rulebook, aids, sheet=way.sheet, known=known)
            past, parsed = past_call(call, way.rulebook) if given.remember else None, True
        return Rejudged(given.call_id, judgement_of(own, way.judging, past, written), parsed=parsed)

    def _concluded(self, given: Given, known: Mapping[str, Finding], made_by: Mapping[str, JsonValue]) -> Judgement:
        way = self.way
        findings = tuple(known[rule.id] for rule in self._concerning(given.direction))
        heard = MadeBy(**{key: made_by[key] for key in HEARD})  # type: ignore[arg-type]  # texts, or None
        return conclude(findings, (), heard, way.rulebook, way.aids, way.rulebook.sheet(way.sheet, given.sector))


@lru_cache(maxsize=8192)
def _finding(line: bytes) -> Finding:
    """The finding in a line of a document: three in four of a call were found in others, to the byte."""
    return finding_from(json.loads(line))


def with_summaries(rulebook: Rulebook, rules: Collection[str]) -> frozenset[str]:
    """The rules, and those that sum up one of them, directly or through another."""
    found = set(rules)
    while more := {rule.id for rule in rulebook.rules if rule.id not in found and sums_up(rule) & found}:
        found |= more
    return frozenset(found)


def unchanged(rulebook: Rulebook, digests: Mapping[str, str], before: Mapping[str, str]) -> frozenset[str]:
    """The rules whose findings can be taken over from a judgement made when the digests were those `before`."""
    changed = {rule.id for rule in rulebook.rules if digests[rule.id] != before.get(rule.id)}
    return frozenset(rule.id for rule in rulebook.rules) - with_summaries(rulebook, changed)


def loosened(rulebook: Rulebook, digests: Mapping[str, str], before: Mapping[str, str]) -> frozenset[str]:
    """The rules that differ from those of such a judgement at most in values of loose limits."""
    alike = (rule.id for rule in rulebook.rules if rule.id + LOOSE in digests)
    return frozenset(rule for rule in alike if digests[rule + LOOSE] == before.get(rule + LOOSE))
