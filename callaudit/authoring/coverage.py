"""What the documents ask for, held against the rules there are: which rule answers it, how far, and why not further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

from callaudit.authoring import wording
from callaudit.errors import RulebookError
from callaudit.records import JsonValue, Severity
from callaudit.reports.page import environment, policy, resource
from callaudit.rules import Rulebook
from callaudit.rules.base import AppliesTo, options
from callaudit.rules.merging import extended_by
from callaudit.rules.rule import Title
from callaudit.rules.sources import CATALOGUE, Spot, load, locate, refuse
from callaudit.rules.validating import valid

PACKAGE = "callaudit.authoring"
WORDS = "catalogue-zh.yaml"
Need = Literal["full", "partial", "no"]
State = Literal["rule", "partly", "open", "silent"]
"""A rule answers it; one answers a part; a rule is missing; no recording can."""


@options
class Requirement:
    """One thing that the documents ask for; `auditable` says how far a recording can answer it, and why no further."""

    id: str
    title: Title
    sources: tuple[str, ...]
    kind: str
    applies_to: AppliesTo
    severity: Severity
    auditable: Need
    auditable_why: str | None = None
    sector: str | None = None
    thresholds: Mapping[str, Any] = field(default_factory=dict)


@options
class Conflict:
    """Where the documents contradict each other: how it is settled, and what one writes to settle it otherwise."""

    id: str
    subject: str
    settled: str
    rules: tuple[str, ...] = ()
    setting: str | None = None


@options
class Catalogue:
    """catalogue.yaml: the requirements, and where the documents contradict each other."""

    requirements: tuple[Requirement, ...]
    conflicts: tuple[Conflict, ...] = ()


@options
class Words:
    """catalogue-zh.yaml: the documents by the letters that their anchors begin with, and the reasons in Chinese."""

    documents: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A requirement and the rule that answers it, if one does; `why` says why a recording does not in full."""

    requirement: Requirement
    state: State
    rule: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """How many requirements of a group are in which state."""

    name: str
    n: int
    n_rule: int
    n_partly: int
    n_open: int
    n_silent: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The lines in the catalogue's order, sums over them, and the rules that no document asks for."""

    rulebook: str
    lines: tuple[Line, ...]
    whole: Total
    by_kind: tuple[Total, ...]
    by_document: tuple[Total, ...]
    own: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()

    def in_state(self, *states: State) -> tuple[Line, ...]:
        """The lines in these states."""
        return tuple(line for line in self.lines if line.state in states)


def read_catalogue(rulebook: str) -> tuple[Catalogue, Words]:
    """The catalogue beside a rulebook, or beside the one it extends, and its words in Chinese.

    Raises
    ------
    RulebookError
        There is none, or it is faulty.
    """
    book: str | Path | None = rulebook
    while book is not None:
        place = locate(book)
        if place.is_dir() and (file := place / CATALOGUE).is_file():
            words = place / WORDS
            return (
                valid(Catalogue, load(file, dict), Spot(file), refuse),
                valid(Words, load(words, dict), Spot(words), refuse) if words.is_file() else Words(),
            )
        book = extended_by(book)
    raise RulebookError(f"{rulebook}: no {CATALOGUE} beside this rulebook or those that it extends")


def coverage(book: Rulebook, catalogue: Catalogue, words: Words) -> Coverage:
    """The rules held against the catalogue."""
    ids = {rule.id for rule in book.rules}
    lines = tuple(_line(requirement, ids, words) for requirement in catalogue.requirements)
    kinds = dict.fromkeys(requirement.kind for requirement in catalogue.requirements)
    known = {requirement.id for requirement in catalogue.requirements}
    return Coverage(
        rulebook=book.title,
        lines=lines,
        whole=_total("合计", lines),
        by_kind=tuple(
            _total(wording.REQUIREMENT_KINDS.get(kind, kind), [ln for ln in lines if ln.requirement.kind == kind])
            for kind in kinds
        ),
        by_document=tuple(
            _total(title, [ln for ln in lines if _of_document(ln.requirement, letters)])
            for letters, title in words.documents.items()
        ),
        own=tuple(rule.id for rule in book.rules if rule.id not in known),
        conflicts=catalogue.conflicts,
    )


def _of_document(requirement: Requirement, letters: str) -> bool:
    return any(anchor.partition("-")[0] == letters for anchor in requirement.sources)


def _line(requirement: Requirement, ids: Iterable[str], words: Words) -> Line:
    why = requirement.auditable_why or ""
    why = words.reasons.get(why, why)
    if requirement.id in ids:
        return Line(requirement, "rule" if requirement.auditable == "full" else "partly", requirement.id, why)
    return Line(requirement, "silent" if requirement.auditable == "no" else "open", None, why)


def _total(name: str, lines: Sequence[Line]) -> Total:
    n = Counter(line.state for line in lines)
    return Total(name, len(lines), n["rule"], n["partly"], n["open"], n["silent"])


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────
def coverage_document(found: Coverage) -> dict[str, JsonValue]:
    """The coverage as plain data."""
    return {
        "rulebook": found.rulebook,
        "total": asdict(found.whole),
        "by_kind": [asdict(total) for total in found.by_kind],
        "by_document": [asdict(total) for total in found.by_document],
        "requirements": [
            {
                "id": line.requirement.id,
                "title": {"zh": line.requirement.title.zh, "en": line.requirement.title.en},
                "kind": line.requirement.kind,
                "severity": line.requirement.severity,
                "applies_to": line.requirement.applies_to,
                "sector": line.requirement.sector,
                "sources": list(line.requirement.sources),
                "auditable": line.requirement.auditable,
                "why": line.why or None,
                "state": line.state,
                "rule": line.rule,
            }
            for line in found.lines
        ],
        "own_rules": list(found.own),
        "conflicts": [asdict(conflict) for conflict in found.conflicts],
    }


def render_coverage(found: Coverage) -> str:
    """The coverage as one self-contained page that opens offline; nothing is fetched and nothing runs."""
    style = resource("coverage.css", PACKAGE)
    template = environment(PACKAGE).get_template("coverage.html.j2")
    markup = Markup(style)  # our own file, not text from outside
    return template.render(found=found, style=markup, policy=policy(style), wording=wording)
