"""Rules as they are written, and as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any

from pydantic import Field

from callaudit.messages import Language
from callaudit.records import Severity, Source
from callaudit.rules.asking import Ask
from callaudit.rules.base import OPERATORS, AppliesTo, Cost, Settings, options
from callaudit.rules.conditions import Condition
from callaudit.rules.rule import Check, Raise, Rule, Title
from callaudit.rules.sources import Report, Spot, kind_of
from callaudit.rules.validating import like, valid

ID = r"^[a-z0-9][a-z0-9-]*$"
"""What a rule's id looks like."""


@options
class Quote:
    """The sentence of a document that a rule rests on."""

    anchor: str
    quote: str


@options
class Entry:
    """A rule as written, its checks still raw."""

    id: Annotated[str, Field(pattern=ID)]
    title: Title
    applies_to: AppliesTo = "both"
    severity: Severity
    check: Any
    sources: Annotated[tuple[Quote, ...], Field(min_length=1)]
    chapter: str | None = None
    sector: tuple[str, ...] = ()
    points: Cost | None = None
    fatal: bool = False
    outranked_by: tuple[str, ...] = ()
    raised: Raise | None = None
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    excuse: tuple[Condition, ...] = ()
    note: str | None = None
    ask: Ask | None = None
    passes: tuple[Any, ...] = ()
    traps: tuple[Any, ...] = ()
    fails: tuple[Any, ...] = ()
    not_applicable: tuple[Any, ...] = ()
    not_assessable: tuple[Any, ...] = ()


@options
class Head:
    """rulebook.yaml: what holds for the whole rulebook; `extends` names the one whose rules it begins with."""

    name: str
    version: str
    title: str
    chapters: Mapping[str, str]
    settings: Settings
    language: Language = "zh"
    extends: str | None = None
    disabled: tuple[str, ...] = ()


def rule_of(given: Mapping[str, Any], chapter: str, spot: Spot, report: Report) -> Rule | None:
    """The rule as a value; None, with every fault reported, where it cannot be one."""
    entry: Entry | None = valid(Entry, given, spot, report)
    written = given.get("check")
    checks = tuple(
        _check(one, spot.at("check", *((k,) if isinstance(written, list) else ())), report)
        for k, one in enumerate(written if isinstance(written, list) else [written])
        if "check" in given
    )
    if isinstance(written, list) and not written:
        report(spot.at("check").fault("must not be empty"))
        return None
    whole = tuple(check for check in checks if check is not None)
    if entry is None or len(whole) < len(checks):
        return None
    own = {f.name: getattr(entry, f.name) for f in fields(Entry) if f.name not in ("check", "sources", "chapter")}
    return Rule(
        **own,
        chapter=entry.chapter or chapter or "other",
        sources=tuple(Source(source.anchor, source.quote) for source in entry.sources),
        checks=whole,
    )


def _check(given: Any, spot: Spot, report: Report) -> Check | None:
    if not isinstance(given, dict):
        report(spot.fault(f"wanted a mapping with operator and its options, got {kind_of(given)}"))
        return None
    name = given.get("operator")
    if name not in OPERATORS:
        known = "" if not isinstance(name, str) else like(name, OPERATORS)
        wanted = known or "; wanted one of " + ", ".join(sorted(OPERATORS))
        report(spot.at("operator").fault(f"no operator is named {name!r}{wanted}"))
        return None
    asked = {key: value for key, value in given.items() if key not in ("operator", "when")}
    when = valid(tuple[Condition, ...], given.get("when", ()), spot.at("when"), report)
    chosen = valid(OPERATORS[name].options, asked, spot, report)
    return None if when is None or chosen is None else Check(name, chosen, when)
