"""Rules and rulebooks as values; `callaudit.rules.rulebook` reads them from files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callaudit.errors import RulebookError
from callaudit.messages import Language
from callaudit.records import SEVERITIES, Severity, Source
from callaudit.rules.asking import Ask
from callaudit.rules.base import AppliesTo, Settings, options
from callaudit.rules.conditions import Condition
from callaudit.rules.cues import Cue
from callaudit.scoring import Limits, Price, Section, Sheet

GENERAL = "general"
"""The sheet for calls of a sector that has none of its own."""


@dataclass(frozen=True, slots=True)
class Check:
    """An operator and its options; not applicable unless all of `when` hold."""

    operator: str
    options: Any
    when: tuple[Condition, ...] = ()


@options
class Title:
    """The name of a rule in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The name in that language."""
        return self.zh if language == "zh" else self.en


@options
class Raise:
    """Another severity for a violation when all the conditions hold."""

    to: Severity
    when: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of a rulebook."""

    id: str
    title: Title
    chapter: str
    applies_to: AppliesTo
    severity: Severity
    sources: tuple[Source, ...]
    checks: tuple[Check, ...]
    sector: tuple[str, ...] = ()
    points: Price | None = None
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


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A set of rules with what they share; `sha256` covers everything that can change a judgement.

    `language` is that of the calls it judges, and of its findings.
    """

    name: str
    version: str
    title: str
    language: Language
    chapters: Mapping[str, str]
    settings: Settings
    rules: tuple[Rule, ...]
    situations: Mapping[str, Cue]
    sha256: str
    sheets: Mapping[str, Sheet] = field(default_factory=dict)

    def sheet(self, name: str | None = None, sector: str | None = None) -> Sheet:
        """The scoring sheet of that name; else that of the sector, else `general`, else one without sections.

        Raises
        ------
        RulebookError
            There is no sheet of that name.
        """
        if name is not None:
            if name not in self.sheets:
                known = ", ".join(self.sheets) or "none"
                raise RulebookError(f"rulebook {self.name} has no scoring sheet {name!r}; there are: {known}")
            return self.sheets[name]
        own = [sheet for sheet in self.sheets.values() if sector is not None and sector in sheet.sectors]
        return own[0] if own else self.sheets.get(GENERAL) or self.plain_sheet

    @property
    def plain_sheet(self) -> Sheet:
        """Every rule by its severity, a section for each chapter, none with a limit of its own."""
        chapters = dict.fromkeys(rule.chapter for rule in self.rules)
        return Sheet(
            name="plain",
            title=self.title,
            sections=tuple(
                Section(self.chapters.get(key, key), None, tuple(r.id for r in self.rules if r.chapter == key))
                for key in chapters
            ),
            **self.prices(),
        )

    def prices(self) -> dict[str, Any]:
        """What a sheet of this rulebook starts from: prices, fatal rules, precedence and limits."""
        settings = self.settings
        return {
            "prices": {severity: getattr(settings.points, severity) for severity in SEVERITIES},
            "own": {rule.id: rule.points for rule in self.rules if rule.points is not None},
            "fatal": frozenset(rule.id for rule in self.rules if rule.fatal),
            "outranked_by": {rule.id: rule.outranked_by for rule in self.rules if rule.outranked_by},
            "limits": Limits(settings.pass_from, settings.fail_below, settings.sure_from, settings.review_over_share),
            "language": self.language,
        }

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; ValueError where there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise ValueError(f"rulebook {self.name} has no rule {rule_id!r}")
