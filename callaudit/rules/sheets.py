"""Scoring sheets as they are written: which rules count, in which section, and for how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Annotated, Any

from pydantic import Field

from callaudit.records import Severity
from callaudit.rules.base import Cost, options
from callaudit.rules.merging import laid_over
from callaudit.rules.rule import Rule, Rulebook
from callaudit.rules.sources import Named, Report, Spot
from callaudit.rules.validating import like, valid
from callaudit.scoring import FULL, Section, Sheet


@options
class SectionEntry:
    """A section: the rules of `chapters` and those named in `rules`, which are then in no other section."""

    title: str
    points: Annotated[float, Field(gt=0, le=FULL)]
    chapters: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@options
class BonusEntry:
    """Points for rules that were surely kept, together at most `most`."""

    most: Annotated[float, Field(gt=0)]
    points: Mapping[str, Annotated[float, Field(gt=0)]]


@options
class SheetEntry:
    """A scoring sheet; `extends` is another sheet to begin with.

    `sectors` of the calls it is meant for; `without` rules do not count; `points` of single rules and `prices` by
    severity outrank those of the rulebook; `fatal` rules leave nothing, besides those the rulebook calls so.
    """

    title: str
    sections: Annotated[tuple[SectionEntry, ...], Field(min_length=1)]
    sectors: tuple[str, ...] = ()
    extends: str | None = None
    without: tuple[str, ...] = ()
    prices: Mapping[Severity, Cost] = field(default_factory=dict)
    points: Mapping[str, Cost] = field(default_factory=dict)
    fatal: tuple[str, ...] = ()
    bonus: BonusEntry | None = None
    pass_from: float | None = None
    fail_below: float | None = None


def sheets_of(written: Named, book: Rulebook, report: Report) -> dict[str, Sheet]:
    """The sheets of a rulebook by name; faulty ones are reported and left out."""
    found: dict[str, Sheet] = {}
    for name, (_, spot) in written.items():
        entry: SheetEntry | None = valid(SheetEntry, _with_base(name, written, report), spot, report)
        if entry is not None and _fits(entry, book, spot, report):
            found[name] = _sheet(name, entry, book)
    taken: dict[str, str] = {}
    for name, sheet in found.items():
        for sector in sheet.sectors:
            if sector in taken:
                report(written[name][1].at("sectors").fault(f"{sector} already has the sheet {taken[sector]}"))
            taken.setdefault(sector, name)
    return found


def _with_base(name: str, written: Named, report: Report, within: tuple[str, ...] = ()) -> Any:
    """The sheet laid over the one that it extends."""
    given, spot = written[name]
    extends = given.get("extends") if isinstance(given, dict) else None
    if not isinstance(extends, str):
        return given
    if extends not in written:
        report(spot.at("extends").fault(f"there is no sheet {extends!r}{like(extends, written)}"))
        return given
    if extends in (*within, name):
        report(spot.at("extends").fault(f"{extends} extends itself"))
        return given
    base = _with_base(extends, written, report, (*within, name))
    return laid_over({key: value for key, value in base.items() if key not in ("sectors", "extends")}, given)


def _fits(entry: SheetEntry, book: Rulebook, spot: Spot, report: Report) -> bool:
    """Whether what the sheet names exists, and its sections are worth 100 together."""
    faults: list[tuple[Spot, str]] = []
    ids, chapters = {rule.id for rule in book.rules}, {rule.chapter for rule in book.rules} | set(book.chapters)
    named: list[tuple[str, Iterable[str]]] = [
        ("without", entry.without), ("points", entry.points), ("fatal", entry.fatal),
        ("bonus", entry.bonus.points if entry.bonus else ()),
    ]  # fmt: skip
    for key, rules in named:
        faults += [(spot.at(key), f"there is no rule {rule!r}{like(rule, ids)}") for rule in rules if rule not in ids]
    taken: dict[str, str] = {}
    for index, section in enumerate(entry.sections):
        here = spot.at("sections", index)
        for key, names, known in (("chapters", section.chapters, chapters), ("rules", section.rules, ids)):
            for name in names:
                what = key.removesuffix("s")
                if name not in known:
                    faults.append((here.at(key), f"there is no {what} {name!r}{like(name, known)}"))
                elif name in taken:
                    faults.append((here.at(key), f"{name} is already in the section {taken[name]}"))
                taken.setdefault(name, section.title)
    total = sum(section.points for section in entry.sections)
    if abs(total - FULL) > 1e-6:
        faults.append((spot.at("sections"), f"the points of the sections must add up to {FULL:g}, got {total:g}"))
    for where, why in faults:
        report(where.fault(why))
    return not faults


def _sheet(name: str, entry: SheetEntry, book: Rulebook) -> Sheet:
    start = book.prices()
    limits = start["limits"]
    return Sheet(
        name=name,
        title=entry.title,
        sections=tuple(Section(s.title, s.points, _rules(entry, s, book)) for s in entry.sections),
        sectors=entry.sectors,
        bonus=dict(entry.bonus.points) if entry.bonus else {},
        bonus_most=entry.bonus.most if entry.bonus else 0.0,
        **start
        | {
            "prices": start["prices"] | dict(entry.prices),
            "own": start["own"] | dict(entry.points),
            "fatal": start["fatal"] | set(entry.fatal),
            "limits": replace(
                limits,
                pass_from=limits.pass_from if entry.pass_from is None else entry.pass_from,
                fail_below=limits.fail_below if entry.fail_below is None else entry.fail_below,
            ),
        },
    )


def _rules(entry: SheetEntry, section: SectionEntry, book: Rulebook) -> tuple[str, ...]:
    """The rules that count in a section, in the rulebook's order."""
    elsewhere = {rule for other in entry.sections if other is not section for rule in other.rules}
    return tuple(
        rule.id
        for rule in book.rules
        if rule.id not in entry.without
        and _concerns(rule, entry.sectors)
        and (rule.id in section.rules or (rule.chapter in section.chapters and rule.id not in elsewhere))
    )


def _concerns(rule: Rule, sectors: tuple[str, ...]) -> bool:
    """Whether the rule can apply to calls of these sectors (none named: of any)."""
    return not rule.sector or not sectors or bool(set(rule.sector) & set(sectors))
