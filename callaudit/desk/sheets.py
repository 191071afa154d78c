"""By which scoring sheet a stored call was scored.

A judgement names its sheet by the title alone, and the rulebook may have changed since. A sheet of the rulebook of the
settings is taken for the same only where the machine's findings come to the machine's score by it, to the tenth of a
point and the last deduction.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from threading import Lock
from typing import Final

from callaudit.config import JudgeConfig
from callaudit.desk.books import books_of
from callaudit.desk.outcome import Machine, rounded
from callaudit.errors import RulebookError
from callaudit.records import Score
from callaudit.rules import Rulebook
from callaudit.rules.rule import Title
from callaudit.scoring import Sheet, score

log = logging.getLogger("callaudit.desk")

AGAIN_S = 60.0
"""A rulebook in which no sheet fits is asked for again after so many seconds: it may have been changed on disk."""

MOST_KNOWN: Final = 64
"""Judgements whose sheet is remembered: an act on a call, and the page before it, ask for the same."""


class Sheets:
    """The scoring sheets of the rulebook of the settings, read when they are first asked for."""

    def __init__(self, judge: JudgeConfig) -> None:
        self._judge = judge
        self._lock = Lock()
        self._book: Rulebook | None = None
        self._titles: Mapping[str, Title] = {}
        self._read_at: float | None = None
        self._known: dict[int, tuple[Machine, Rulebook, Sheet]] = {}

    def of(self, machine: Machine) -> Sheet | None:
        """The sheet that the call was scored by; None where it is no longer at hand."""
        with self._lock:
            known = self._known.get(id(machine.findings))
            if known is not None and known[1] is self._book and _is_judged_alike(known[0], machine):
                return known[2]
        for book in self._books():
            for sheet in _candidates(book, self._judge.sheet, machine):
                if _is_same(rounded(score(machine.findings, machine.failures, sheet)), machine.score):
                    self._remember(machine, book, sheet)
                    return sheet
        return None

    def _remember(self, machine: Machine, book: Rulebook, sheet: Sheet) -> None:
        with self._lock:
            while len(self._known) >= MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[id(machine.findings)] = machine, book, sheet

    def title(self, rule: str, language: str) -> str:
        """The name of a rule in that language; its id where the rulebook knows it no more."""
        return self.titles([rule], language)[rule]

    def titles(self, rules: Iterable[str], language: str) -> dict[str, str]:
        """The names of rules, as `title`, by their ids."""
        next(self._books(), None)  # has it read
        own = self._titles
        return {rule: own[rule].of("zh" if language == "zh" else "en") if rule in own else rule for rule in rules}

    def _books(self) -> Iterator[Rulebook]:
        """The rulebook as it was read, then as it is on disk now, unless that was a moment ago."""
        with self._lock:
            before, fresh = self._book, self._read_at is not None and time.monotonic() - self._read_at < AGAIN_S
        if before is not None:
            yield before
        if not fresh and (now := self._read()) is not None:
            yield now

    def _read(self) -> Rulebook | None:
        with self._lock:
            try:
                self._book = books_of(self._judge.rulebook).written().book
                self._titles = {rule.id: rule.title for rule in self._book.rules}
            except RulebookError as error:
                log.error("scores cannot be worked out anew: %s", error)
            self._read_at = time.monotonic()
            return self._book


def _candidates(book: Rulebook, named: str | None, machine: Machine) -> Iterator[Sheet]:
    """The sheet that a judgement would be made by today, then others of the same title."""
    known = dict(book.sheets)
    first = known.get(named) if named is not None else book.sheet(None, machine.sector)
    for sheet in (first, *known.values()):
        if sheet is not None and sheet.title == machine.score.sheet:
            yield sheet


def _is_judged_alike(one: Machine, other: Machine) -> bool:
    """Whether both hold one judgement, as `callaudit.desk.cases` keeps it: what was worked out of it once, holds."""
    return (
        one.findings is other.findings and one.failures is other.failures and one.score is other.score
        and one.sector == other.sector
    )  # fmt: skip


def _is_same(one: Score, other: Score) -> bool:
    """Whether two scores came about in the same way, in whatever words."""
    return replace(one, why=None) == replace(other, why=None)
