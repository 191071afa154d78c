"""Rules and rulebooks as values; `callaudit.rules.rulebook` reads them from files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callaudit.messages import Language
from callaudit.records import Severity, Source
from callaudit.rules.asking import Ask
from callaudit.rules.base import AppliesTo, Settings, options
from callaudit.rules.conditions import Condition
from callaudit.rules.cues import Cue


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
    points: float | None = None
    fatal: bool = False
    outranked_by: tuple[str, ...] = ()
    raised: Raise | None = None
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    excuse: tuple[Condition, ...] = ()
    note: str | None = None
    ask: Ask | None = None
    passes: tuple[Any, ...] = ()
    fails: tuple[Any, ...] = ()
    not_applicable: tuple[Any, ...] = ()
    not_assessable: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Scoring:
    """What a violation of each rule costs; `own_points` are rules whose points do not follow from the severity."""

    settings: Settings
    points: Mapping[str, float]
    own_points: frozenset[str]
    fatal: frozenset[str]
    outranked_by: Mapping[str, tuple[str, ...]]


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

    @property
    def scoring(self) -> Scoring:
        """What `callaudit.scoring.score` needs to know."""
        return Scoring(
            settings=self.settings,
            points={
                rule.id: getattr(self.settings.points, rule.severity) if rule.points is None else rule.points
                for rule in self.rules
            },
            own_points=frozenset(rule.id for rule in self.rules if rule.points is not None),
            fatal=frozenset(rule.id for rule in self.rules if rule.fatal),
            outranked_by={rule.id: rule.outranked_by for rule in self.rules if rule.outranked_by},
        )

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id; ValueError where there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise ValueError(f"rulebook {self.name} has no rule {rule_id!r}")
