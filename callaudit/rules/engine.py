"""Judging a call by a rulebook: one finding per rule, and a failure where a rule crashed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import callaudit.rules.operators  # noqa: F401  # registers every operator; a missing one must stop the program here
from callaudit.messages import Language, Text, message, render
from callaudit.records import Call, Direction, Failure, Finding, Severity
from callaudit.rules.aids import NO_AIDS, Aids
from callaudit.rules.asked import phrases_of
from callaudit.rules.asking import asked
from callaudit.rules.base import OPERATORS, Outcome, not_applicable, not_assessable
from callaudit.rules.conditions import Answer, all_of, answer, any_of
from callaudit.rules.facts import Facts
from callaudit.rules.operators.summary import Summary, summarise
from callaudit.rules.rule import Check, Raise, Rule, Rulebook
from callaudit.rules.second_hearing import GRAVE, posterior, weighed, worlds

log = logging.getLogger(__name__)

ORDER = ("violated", "not_assessable", "passed", "not_applicable")
"""Of several checks of a rule the first of these statuses decides."""


def judge(
    call: Call, rulebook: Rulebook, aids: Aids = NO_AIDS, known: Mapping[str, Finding] | None = None
) -> tuple[tuple[Finding, ...], tuple[Failure, ...]]:
    """Findings of every rule that applies to the call's direction, in the rulebook's order, and the rules that crashed.

    Rules that sum up others are judged last, on their findings. What is `known` of this call by these rules, from a
    judgement made before, is taken as it is (`callaudit.rules.digests` tells what may be).
    """
    facts = Facts(call, rulebook.settings, rulebook.situations, aids, rulebook.language)
    rules = concerning(rulebook, call.metadata.direction)
    found: dict[str, Finding] = {rule.id: known[rule.id] for rule in rules if rule.id in known} if known else {}
    judged = [rule for rule in rules if rule.id not in found]
    facts.ears.expect(phrases_of(rulebook, frozenset(rule.id for rule in judged) if found else None))
    others = cache(lambda: worlds(facts))
    failures: list[Failure] = []
    for last in (False, True):
        for rule in (rule for rule in judged if _sums_up(rule) == last):
            try:
                found[rule.id] = replace(
                    _finding(facts, others, rule, found), chapter=rulebook.chapters.get(rule.chapter, rule.chapter)
                )
            except Exception as error:  # one crashed rule is a failure in the audit, the others go on
                log.error("rule %s crashed: %s", rule.id, type(error).__name__)  # its message may hold what was said
                failures.append(Failure(rule.id, f"{type(error).__name__}: {error}"))
    return tuple(found[rule.id] for rule in rules if rule.id in found), tuple(failures)


def concerning(rulebook: Rulebook, direction: Direction | None) -> tuple[Rule, ...]:
    """The rules that apply to calls of a direction, in the rulebook's order; all where it is unknown."""
    return tuple(rule for rule in rulebook.rules if direction is None or rule.applies_to in ("both", direction))


def _sums_up(rule: Rule) -> bool:
    return any(isinstance(check.options, Summary) for check in rule.checks)


def _finding(facts: Facts, others: Callable[[], Sequence[Facts]], rule: Rule, found: dict[str, Finding]) -> Finding:
    outcome = _outcome(facts, rule, found)
    if outcome.status == "violated" and not _sums_up(rule):  # what is summed up has been weighed
        outcome = weighed(outcome, facts, others(), lambda world: _outcome(world, rule, found))
    outcome = asked(facts, rule, outcome)
    severity: Severity = rule.severity
    if outcome.status == "violated" and rule.raised and _raised(facts, others(), rule.raised):
        severity = rule.raised.to
    if outcome.status == "violated" and severity == "critical" and not _found_in_words(facts, rule, found):
        more = {"places": outcome.places, "quote": outcome.quote, "matched": outcome.matched}
        outcome = not_assessable(message("meaning.critical"), layer="meaning", wants_reader=True, **more)
    language = facts.language
    return Finding(
        rule=rule.id, status=outcome.status, severity=severity, title=rule.title.of(language),
        message=render(outcome.message, language), sources=rule.sources,
        confidence=round(min(1.0, max(0.0, outcome.confidence)), 3), why=_words(outcome.why, language),
        value=outcome.value, limit=outcome.limit, unit=outcome.unit, places=outcome.places, quote=outcome.quote,
        matched=_words(outcome.matched, language), chapter=rule.chapter, steps=outcome.steps, layer=outcome.layer,
        times=outcome.times,
    )  # fmt: skip


def _words(text: Text | None, language: Language) -> str | None:
    return None if text is None else render(text, language)


def _found_in_words(facts: Facts, rule: Rule, found: dict[str, Finding]) -> bool:
    """Whether a violation is found without comparing by meaning: nothing critical rests on that."""
    if facts.aids.encoder is None or _sums_up(rule):
        return True
    return _outcome(facts.wordly, rule, found).status == "violated"


def _raised(facts: Facts, others: Sequence[Facts], raised: Raise) -> bool:
    """Whether the conditions that make a violation graver hold, whatever was said."""

    def holds(world: Facts) -> bool:
        return all_of(answer(world, condition) for condition in raised.when).holds is True

    again = ((hearing, holds(world)) for hearing, world in zip(facts.hearings, others, strict=True))
    return holds(facts) and posterior(True, again) >= GRAVE


def _outcome(facts: Facts, rule: Rule, found: dict[str, Finding]) -> Outcome:
    if rule.applies_to != "both" and facts.call.metadata.direction is None:
        return not_assessable(message("direction.unknown"))
    wanted = all_of([*(answer(facts, c) for c in rule.when), _sector(facts, rule)])
    if wanted.holds is False:
        return not_applicable(wanted.why)
    barred = any_of(answer(facts, c) for c in rule.unless) if rule.unless else Answer(False, "")
    if barred.holds:
        return not_applicable(barred.why)
    outcome = _together([_checked(facts, check, found) for check in rule.checks])
    if outcome.status != "violated" and not (outcome.status == "not_assessable" and outcome.layer == "meaning"):
        return outcome
    excused = any_of(answer(facts, c) for c in rule.excuse) if rule.excuse else Answer(False, "")
    if excused.holds:
        return not_applicable(excused.why)
    for unknown in (wanted, barred, excused):
        if unknown.holds is None:
            return not_assessable(unknown.why, places=outcome.places, quote=outcome.quote, matched=outcome.matched)
    return outcome


def _sector(facts: Facts, rule: Rule) -> Answer:
    if not rule.sector:
        return Answer(True, message("sector.any"))
    sector = facts.call.metadata.sector
    if sector is None:
        return Answer(None, message("sector.unknown"))
    return Answer(sector in rule.sector, message("sector.other", sectors=rule.sector, sector=sector))


def _checked(facts: Facts, check: Check, found: dict[str, Finding]) -> Outcome:
    wanted = all_of(answer(facts, c) for c in check.when)
    if wanted.holds is False:
        return not_applicable(wanted.why)
    if isinstance(check.options, Summary):
        return summarise(check.options, found)
    outcome = OPERATORS[check.operator].judge(facts, check.options)
    if outcome.status == "violated" and wanted.holds is None:
        return not_assessable(wanted.why, places=outcome.places, quote=outcome.quote, matched=outcome.matched)
    return outcome


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    decisive = min(outcomes, key=lambda outcome: (ORDER.index(outcome.status), outcome.layer == "meaning"))
    steps = dict.fromkeys(step for outcome in outcomes for step in outcome.steps)  # of every check, whichever decides
    decisive = replace(decisive, steps=tuple(steps))
    alike = [outcome for outcome in outcomes if outcome.status == decisive.status]
    if len(alike) == 1 or decisive.status != "violated":
        return decisive
    return replace(
        decisive,
        message=message("text.joined", parts=tuple(dict.fromkeys(outcome.message for outcome in alike))),
        confidence=max(outcome.confidence for outcome in alike),
        times=max(outcome.times for outcome in alike),
        places=tuple(sorted({place for o in alike for place in o.places}, key=lambda place: place.span)),
    )
