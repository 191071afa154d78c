"""Stored calls judged by a rulebook with one rule changed, in a process of its own, so that the desk stays at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from callaudit.batch.rejudging import with_summaries
from callaudit.desk.books import Stamp
from callaudit.errors import CallauditError, RulebookError
from callaudit.meaning.encoder import SentenceEncoder
from callaudit.pipeline import judge_call
from callaudit.records import Audit, Finding, Status, Verdict
from callaudit.reports.stored import finding_from, score_from
from callaudit.rules import Rulebook, load_rulebook
from callaudit.rules.aids import Aids
from callaudit.rules.digests import rule_digests
from callaudit.store.documents import unpacked
from callaudit.store.entries import call_of


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a rulebook, in one state of its files, with a change of one rule as `Change.text` writes it.

    `meaning`: sentences may be compared by meaning. `sheet` is that of the settings.
    """

    rulebook: str
    stamp: Stamp
    changed: str
    rule: str
    sheet: str | None
    meaning: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored call: its two documents, compressed, and the digests of the rules by which it was judged."""

    call_id: int
    call: bytes
    judgement: bytes
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands with the rule: its finding (None: it does not concern the call), and what all come to."""

    status: Status | None
    confidence: float | None
    start_s: float | None
    verdict: Verdict
    score: float | None


@dataclass(frozen=True, slots=True)
class Tried:
    """A call before and after the change; `before` is None where it could not be read."""

    call_id: int
    before: Standing | None
    after: Standing | None


def check(trial: Trial) -> str | None:
    """What is wrong with the change; None where it can be tried."""
    try:
        _books(trial)
    except RulebookError as error:
        return str(error)
    return None


def try_calls(trial: Trial, calls: Sequence[Stored]) -> list[Tried]:
    """The calls before and after the change."""
    return [_tried(trial, call) for call in calls]


@lru_cache(maxsize=2)
def _base(rulebook: str, stamp: Stamp) -> Rulebook:
    return load_rulebook(rulebook)


@lru_cache(maxsize=4)
def _books(trial: Trial) -> tuple[Rulebook, Rulebook]:
    """The rulebook as it is and as it would be, read and checked as any other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rulebook.yaml"
        path.write_text(trial.changed, encoding="utf-8")
        try:
            changed = load_rulebook(path)
        except RulebookError as error:
            raise RulebookError(str(error).replace(f"{path}:", "")) from None
    return _base(trial.rulebook, trial.stamp), changed


@lru_cache(maxsize=2)
def _aids(meaning: bool) -> Aids:
    return Aids(SentenceEncoder() if meaning else None, None)


@lru_cache(maxsize=4)
def _digests(trial: Trial) -> Mapping[str, str]:
    return rule_digests(_books(trial)[0], _aids(trial.meaning))


def _tried(trial: Trial, given: Stored) -> Tried:
    try:
        base, changed = _books(trial)
        document = unpacked(given.judgement)
        call, found = call_of(given.call), [finding_from(one) for one in document["findings"]]
        touched = with_summaries(base, {trial.rule})
        known = {one.rule: one for one in found if one.rule not in touched}
        aids = _aids(trial.meaning)
        after = judge_call(call, changed, aids, sheet=trial.sheet, known=known)
        if _is_as_stored(trial, given, touched, {one.rule for one in found}):
            own = next((one for one in found if one.rule == trial.rule), None)
            score = score_from(document["score"])
            before = _standing(own, score.verdict, score.value)
        else:
            before = _of(judge_call(call, base, aids, sheet=trial.sheet, known=known), trial.rule)
        return Tried(given.call_id, before, _of(after, trial.rule))
    except (CallauditError, LookupError, TypeError, ValueError, AttributeError):  # a damaged document is left out
        return Tried(given.call_id, None, None)


def _is_as_stored(trial: Trial, given: Stored, touched: frozenset[str], found: set[str]) -> bool:
    """Whether what is stored is what the rulebook says today, of the rules that the change can touch."""
    now = _digests(trial)
    return trial.rule in found and all(given.digests.get(rule) == now.get(rule) for rule in touched)


def _of(judged: Audit, rule: str) -> Standing:
    finding = next((one for one in judged.findings if one.rule == rule), None)
    return _standing(finding, judged.score.verdict, judged.score.value)


def _standing(finding: Finding | None, verdict: Verdict, score: float | None) -> Standing:
    points = None if score is None else round(score, 1)
    if finding is None:
        return Standing(None, None, None, verdict, points)
    start_s = min((place.span.start_s for place in finding.places), default=None)
    return Standing(finding.status, finding.confidence, start_s, verdict, points)
