"""Reading a rulebook: YAML into frozen values, with every fault named by file, line and field."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import callaudit.rules.operators  # noqa: F401  # registers every operator; a missing one must stop the program here
from callaudit.errors import RulebookError
from callaudit.meaning import Meaning
from callaudit.rules.cues import Cue
from callaudit.rules.entries import Head, rule_of
from callaudit.rules.merging import Given, Merged, merged, phrase_sets, spliced
from callaudit.rules.named_meanings import meanings_of, named
from callaudit.rules.references import check_references
from callaudit.rules.rule import Rule, Rulebook
from callaudit.rules.sheets import sheets_of
from callaudit.rules.sources import UNREADABLE, Fault, Named, Report, Spot, locate, read_raw, refuse
from callaudit.rules.validating import valid
from callaudit.text.building import uncollected

SPLICED = ("check", "when", "unless", "excuse", "raised")
"""The fields of a rule in which '@name' stands for phrases."""

UNJUDGED = ("note", "passes", "traps", "fails", "not_applicable", "not_assessable")


@dataclass(frozen=True, slots=True)
class Written:
    """A rulebook with how it was written.

    `own` is what the file itself writes of each rule, `entries` are the rules with what they inherit, `rules` says
    where each stands; `phrases` are the sets of phrases, `shared` what else has a name, by kind (`sources.SHARED`).
    """

    book: Rulebook
    own: dict[str, Given]
    entries: dict[str, Given]
    rules: dict[str, Spot]
    phrases: dict[str, list[str]]
    shared: dict[str, Named]


def load_rulebook(path_or_name: str | Path) -> Rulebook:
    """The rulebook of that file, folder or built-in name.

    Raises
    ------
    RulebookError
        Something in it is wrong; the message names file, line, field, what was wanted and what was got.
    """
    written = read_rulebook(path_or_name)
    assert written is not None  # refuse raises
    return written.book


@uncollected()
def read_rulebook(path_or_name: str | Path, report: Report = refuse) -> Written | None:
    """The rulebook with how it was written; None where what holds for the whole of it is faulty.

    Parameters
    ----------
    path_or_name : a file, a folder or a built-in name
    report : is told every fault; of what is faulty there is nothing in the rulebook

    Raises
    ------
    RulebookError
        There is no such rulebook, or `report` raises it.
    """
    whole = merged(read_raw(locate(path_or_name), report), report)
    head: Head | None = valid(Head, {"chapters": {}, "settings": {}, **whole.head}, whole.spot, report)
    phrases = phrase_sets(whole, report)
    meanings = meanings_of(whole.shared["meanings"], report)
    situations = _situations(whole, phrases, meanings, report)
    given = {
        rule_id: {
            key: spliced(value, phrases, spot.at(key), report) if key in SPLICED else value
            for key, value in entry.items()
        }
        for rule_id, (entry, _, spot) in whole.rules.items()
    }
    found = (
        rule_of(_meant(given[rule_id], meanings, spot, report), chapter, spot, report)
        for rule_id, (_, chapter, spot) in whole.rules.items()
    )
    rules = tuple(rule for rule in found if rule is not None)
    spots = {rule_id: spot for rule_id, (_, _, spot) in whole.rules.items()}
    chapters = head.chapters if head else {}
    check_references(rules, chapters, whole.shared["situations"], spots, report)
    if not spots:
        report(whole.spot.fault("the rulebook has no rules"))
    if head is None:
        return None
    book = _book(head, rules, situations, _digest(whole, phrases, list(given.values())))
    book = replace(book, sheets=sheets_of(whole.shared["sheets"], book, report))
    entries = {rule_id: entry for rule_id, (entry, _, _) in whole.rules.items()}
    sets = {name: versions[-1] for name, versions in whole.phrases.items()}
    return Written(book, whole.own, entries, spots, phrases, whole.shared | {"phrases": sets})


def faults_of(path_or_name: str | Path) -> tuple[Written | None, tuple[Fault, ...]]:
    """The rulebook as far as it can be read, and everything that is wrong with it, in order of file and line."""
    faults: list[Fault] = []
    try:
        written = read_rulebook(path_or_name, faults.append)
    except RulebookError as error:
        faults.append(Fault(str(path_or_name), 1, "", str(error).removeprefix(f"{path_or_name}: ")))
        written = None
    broken = {fault.file for fault in faults if fault.message.startswith(UNREADABLE)}
    told = {fault for fault in faults if fault.file not in broken or fault.message.startswith(UNREADABLE)}
    return written, tuple(sorted(told))


def _meant(given: Given, meanings: dict[str, Meaning], spot: Spot, report: Report) -> Given:
    """The rule with the meanings that its checks and conditions name; its examples are left alone."""
    return {
        key: named(value, meanings, spot.at(key), report) if key in SPLICED else value for key, value in given.items()
    }


def _situations(
    whole: Merged, phrases: dict[str, list[str]], meanings: dict[str, Meaning], report: Report
) -> dict[str, Cue]:
    found = {
        name: valid(Cue, named(spliced(given, phrases, spot, report), meanings, spot, report), spot, report)
        for name, (given, spot) in whole.shared["situations"].items()
    }
    return {name: cue for name, cue in found.items() if cue is not None}


def _book(head: Head, rules: tuple[Rule, ...], situations: dict[str, Cue], digest: str) -> Rulebook:
    order = {chapter: index for index, chapter in enumerate(head.chapters)}
    rules = tuple(sorted(rules, key=lambda rule: order.get(rule.chapter, len(order))))
    return Rulebook(
        head.name, head.version, head.title, head.language, head.chapters, head.settings, rules, situations, digest
    )


def _digest(whole: Merged, phrases: dict[str, list[str]], rules: list[Given]) -> str:
    """sha256 of what can change a judgement or its report: not of notes and examples."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): kept(item) for key, item in value.items() if key not in UNJUDGED}
        return [kept(item) for item in value] if isinstance(value, list | tuple) else value

    shared = {
        kind: {name: given for name, (given, _) in named.items()} for kind, named in whole.shared.items() if named
    }
    content = kept([whole.head, shared, phrases, rules])
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
