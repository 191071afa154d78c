"""Taking over the findings whose digests stand is judging anew, whatever was changed in the rulebook."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from callaudit.batch.rejudging import unchanged
from callaudit.meaning import Meaning
from callaudit.pipeline import judge_call
from callaudit.records import Audit, Call, Source
from callaudit.reports.json import audit_document
from callaudit.reports.stored import call_from, finding_from
from callaudit.rules import Rulebook
from callaudit.rules.aids import Aids
from callaudit.rules.base import Limit
from callaudit.rules.cues import Cue
from callaudit.rules.digests import PAST, code_digest, rule_digests, sums_up
from callaudit.rules.rule import Rule, Title
from callaudit.testing.other_calls import ENCODER
from tests.books import built_in

BOOK = built_in("etiquette-zh")
AIDS = Aids(encoder=ENCODER)
BEFORE = rule_digests(BOOK, AIDS)
SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.audit.json"))


@cache
def call(path: Path) -> Call:
    return call_from(json.loads(path.read_text(encoding="utf-8")))


@cache
def judged(path: Path) -> Audit:
    return judge_call(call(path), BOOK, AIDS)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────
def parts(value: Any, kind: type) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    if isinstance(value, tuple | list):
        for item in value:
            yield from parts(item, kind)
    elif is_dataclass(value) and not isinstance(value, type):
        for own in fields(value):
            yield from parts(getattr(value, own.name), kind)


def swapped(value: Any, old: Any, new: Any) -> Any:
    """The value with one part, told by identity, put in the place of another."""
    if value is old:
        return new
    if isinstance(value, tuple):
        return tuple(swapped(item, old, new) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        own = {one.name: getattr(value, one.name) for one in fields(value)}
        now = {name: swapped(item, old, new) for name, item in own.items()}
        return value if all(now[name] is own[name] for name in own) else replace(value, **now)
    return value


def with_rule(book: Rulebook, rule: Rule) -> Rulebook:
    return replace(book, rules=tuple(rule if one.id == rule.id else one for one in book.rules))


def some_rule(draw: random.Random, fits: Callable[[Rule], Any]) -> Rule:
    return draw.choice([rule for rule in BOOK.rules if fits(rule)])


def threshold(draw: random.Random) -> Rulebook:
    rule = some_rule(draw, lambda rule: [*parts(rule.checks, Limit)])
    limit = draw.choice([*parts(rule.checks, Limit)])
    return with_rule(BOOK, swapped(rule, limit, replace(limit, value=limit.value * draw.choice([0.1, 0.5, 3.0]))))


def phrase(draw: random.Random) -> Rulebook:
    rule = some_rule(draw, lambda rule: getattr(rule.checks[0].options, "words", None))
    words = rule.checks[0].options.words
    return with_rule(BOOK, swapped(rule, words, (*words, draw.choice(["好的", "您好", "请问", "谢谢", "的"]))))


def situation(draw: random.Random) -> Rulebook:
    name = draw.choice([name for name, cue in BOOK.situations.items() if cue.words])
    cue = BOOK.situations[name]
    words = (*cue.words[1:], draw.choice(["好的", "您好", "请问", "谢谢"]))
    return replace(BOOK, situations={**BOOK.situations, name: replace(cue, words=words)})


def meaning(draw: random.Random) -> Rulebook:
    rule = some_rule(draw, lambda rule: [*parts(rule.checks, Meaning)])
    told = draw.choice([*parts(rule.checks, Meaning)])
    return with_rule(BOOK, swapped(rule, told, replace(told, like=told.like[1:])))


def inline_cue(draw: random.Random) -> Rulebook:
    rule = some_rule(draw, lambda rule: [*parts((rule.checks, rule.when, rule.unless, rule.excuse), Cue)])
    cue = draw.choice([*parts((rule.checks, rule.when, rule.unless, rule.excuse), Cue)])
    return with_rule(BOOK, swapped(rule, cue, replace(cue, first_turns=1)))


def severity(draw: random.Random) -> Rulebook:
    rule = draw.choice(BOOK.rules)
    return with_rule(BOOK, replace(rule, severity="critical" if rule.severity != "critical" else "minor"))


def wording(draw: random.Random) -> Rulebook:
    rule = draw.choice(BOOK.rules)
    return with_rule(BOOK, replace(rule, title=Title(zh="另一个名字", en="another name"), sources=(Source("x", "y"),)))


def chapter(draw: random.Random) -> Rulebook:
    return replace(BOOK, chapters={**BOOK.chapters, draw.choice([*BOOK.chapters]): "另一章"})


def disabled(draw: random.Random) -> Rulebook:
    gone = draw.choice(BOOK.rules)
    return replace(BOOK, rules=tuple(rule for rule in BOOK.rules if rule.id != gone.id))


def unconditional(draw: random.Random) -> Rulebook:
    rule = some_rule(draw, lambda rule: rule.when or rule.unless or rule.excuse)
    return with_rule(BOOK, replace(rule, when=(), unless=(), excuse=()))


def order(draw: random.Random) -> Rulebook:
    return replace(BOOK, rules=tuple(draw.sample(BOOK.rules, len(BOOK.rules))))


def hours(draw: random.Random) -> Rulebook:
    return replace(BOOK, settings=replace(BOOK.settings, work_hours=("00:00", "01:00"), holidays={"11-10": "节"}))


def prices(draw: random.Random) -> Rulebook:
    return replace(BOOK, settings=replace(BOOK.settings, pass_from=99.0))


CHANGES = (threshold, phrase, situation, meaning, inline_cue, severity, wording, chapter, disabled, unconditional,
           order, hours, prices)  # fmt: skip


def check(change: Callable[[random.Random], Rulebook], seed: int, path: Path) -> None:
    changed = replace(change(random.Random(seed)), sha256=f"{change.__name__}{seed}")
    kept = unchanged(changed, rule_digests(changed, AIDS), BEFORE)
    written = [one for one in audit_document(judged(path))["findings"] if one["rule"] in kept]  # type: ignore[union-attr,index,call-overload]
    again = judge_call(call(path), changed, AIDS, known={one["rule"]: finding_from(one) for one in written})  # type: ignore[index,arg-type]
    assert audit_document(again) == audit_document(judge_call(call(path), changed, AIDS))


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_taken_over_is_what_would_be_judged(change: Callable[[random.Random], Rulebook]) -> None:
    check(change, 0, SAMPLES[CHANGES.index(change) % 2])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("change", CHANGES)
def test_the_same_of_every_sample(change: Callable[[random.Random], Rulebook], seed: int) -> None:
    for path in SAMPLES:
        check(change, seed, path)


# ── what a digest holds ──────────────────────────────────────────────────────────────────────────────────────────
def moved(changed: Rulebook, aids: Aids = AIDS) -> set[str]:
    after: Mapping[str, str] = rule_digests(changed, aids)
    return {rule for rule in BEFORE.keys() | after.keys() if BEFORE.get(rule) != after.get(rule)}


def test_one_rule_changed_is_one_digest_and_those_that_sum_it_up() -> None:
    summary = next(rule for rule in BOOK.rules if sums_up(rule))
    one = BOOK.rule(sorted(sums_up(summary) & {rule.id for rule in BOOK.rules})[0])
    summaries = {rule.id for rule in BOOK.rules if one.id in sums_up(rule)}
    assert moved(with_rule(BOOK, replace(one, severity="critical" if one.severity != "critical" else "minor"))) == {
        one.id, *summaries,
    }  # fmt: skip


def test_a_situation_is_in_the_digests_of_all_that_name_it() -> None:
    assert len(moved(situation(random.Random(3)))) in range(1, 60)


def test_prices_notes_and_examples_are_in_none() -> None:
    rule = BOOK.rules[0]
    assert moved(with_rule(BOOK, replace(rule, note="x", passes=(), traps=(), points=None, fatal=True))) == set()
    assert moved(prices(random.Random(0))) == set()


def test_what_all_share_is_in_all() -> None:
    everything = {*BEFORE}
    assert moved(hours(random.Random(0))) == everything
    assert moved(BOOK, Aids()) == everything  # the encoder
    assert PAST in everything


def test_the_code_is_read_from_the_package() -> None:
    assert len(code_digest()) == 64
