"""What rules name: situations, other rules, chapters. Each name must stand for something."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from callaudit.rules.cues import Cues
from callaudit.rules.operators.summary import Summary
from callaudit.rules.rule import Rule
from callaudit.rules.sources import Report, Spot
from callaudit.rules.validating import like

Keys = tuple[str | int, ...]


def check_references(
    rules: Sequence[Rule],
    chapters: Mapping[str, str],
    situations: Collection[str],
    known: Mapping[str, Spot],
    report: Report,
) -> None:
    """Reports every name that stands for nothing; `known` are the ids of all rules, faulty too, and their places."""
    for rule in rules:
        spot = known[rule.id]
        for cues, keys in situations_of(rule):
            for name in cues.names:
                if name not in situations:
                    report(spot.at(*keys).fault(f"no situation is named {name!r}{like(name, situations)}"))
        named = [(check.options.rules, "check") for check in rule.checks if isinstance(check.options, Summary)]
        for others, field in (*named, (rule.outranked_by, "outranked_by")):
            for other in others:
                if other not in known:
                    report(spot.at(field).fault(f"there is no rule {other!r}{like(other, known)}"))
        if chapters and rule.chapter not in chapters and rule.chapter != "other":
            why = f"no chapter of rulebook.yaml is named {rule.chapter!r}{like(rule.chapter, chapters)}"
            report(spot.at("chapter").fault(why))


def situations_of(rule: Rule) -> Iterator[tuple[Cues, Keys]]:
    """Every reference of a rule to situations, with the field it stands in."""
    for index, check in enumerate(rule.checks):
        keys: Keys = ("check", index) if len(rule.checks) > 1 else ("check",)
        yield from _cues(check.options, keys)
        yield from _cues(check.when, (*keys, "when"))
    for name in ("when", "unless", "excuse"):
        for index, condition in enumerate(getattr(rule, name)):
            yield from _cues(condition, (name, index))
    yield from _cues(rule.raised, ("raised",))
    yield from _cues(rule.ask, ("ask",))


def _cues(value: Any, keys: Keys = ()) -> Iterator[tuple[Cues, Keys]]:
    if isinstance(value, Cues):
        yield value, keys
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _cues(item, keys)
    elif is_dataclass(value) and not isinstance(value, type):
        for own in fields(value):
            yield from _cues(getattr(value, own.name), (*keys, own.name))
