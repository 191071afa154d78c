"""How well personal data is found in the cases beside this file: precision and recall of each kind."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from callaudit.privacy import KINDS, masked
from callaudit.records import Call, PersonalKind
from callaudit.testing.scripts import call_from_script
from tests.mishearing import misheard_text

FOLDER = Path(__file__).parent
HALVES = {"development": "cases_development.yaml", "held out": "cases_held_out.yaml"}
SEED = 11
LEAST_COVERED = 0.85
"""Share of the characters of a piece that must be masked for it to count as found."""

MOST_BEYOND = 2
"""Characters beside a piece that may be masked with it."""

_MARKED = re.compile(r"\[(\w+):([^\]]*)\]")
_NOT_DATA = re.compile(r"[^\w]|[嗯呃啊额]|然后是|后面是?|再后面|再")

Half = Literal["development", "held out"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A labelled piece of personal data: text[start:end] of a turn."""

    kind: PersonalKind
    turn: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Case:
    """A dialogue as plain text, its speakers, and what is personal in it."""

    turns: tuple[tuple[str, str], ...]
    pieces: tuple[Piece, ...]
    language: Any

    def __str__(self) -> str:
        return " / ".join(text for _, text in self.turns)


@dataclass(frozen=True, slots=True)
class Judged:
    """What masking all kinds did to a case: pieces found and missed, and what was masked without need."""

    case: Case
    found: tuple[Piece, ...]
    missed: tuple[Piece, ...]
    wrong: tuple[tuple[PersonalKind, str], ...]
    right_kinds: tuple[PersonalKind, ...]


def cases(half: Half) -> Iterator[Case]:
    """The cases of a half, in both languages."""
    data = yaml.safe_load((FOLDER / HALVES[half]).read_text(encoding="utf-8"))
    for language, own in data.items():
        for given in own:
            yield _case([given] if isinstance(given, str) else list(given), language)


def _case(lines: Sequence[str], language: str) -> Case:
    turns: list[tuple[str, str]] = []
    pieces: list[Piece] = []
    for k, line in enumerate(lines):
        who = "agent" if line.startswith("A: ") else "customer"
        text, at = "", 0
        line = re.sub(r"^[AC]: ", "", line)
        for one in _MARKED.finditer(line):
            text += line[at : one.start()]
            pieces.append(Piece(one[1], k, len(text), len(text) + len(one[2])))  # type: ignore[arg-type]
            text += one[2]
            at = one.end()
        turns.append((who, text + line[at:]))
    return Case(tuple(turns), tuple(pieces), language)


def misheard(case: Case, rng: random.Random) -> Case:
    """The same with one character in eight written as another of the same sound."""
    if case.language != "zh":
        return case
    return Case(tuple((who, misheard_text(text, rng)) for who, text in case.turns), case.pieces, case.language)


def call_of(case: Case) -> Call:
    """The case as a call."""
    return call_from_script([{who: text} for who, text in case.turns], language=case.language)


def judged(case: Case) -> Judged:
    """Masks every kind in turn, and compares."""
    call = call_of(case)
    hidden = {kind: _hidden(call, kind) for kind in KINDS}
    found, missed, wrong, kinds = [], [], [], []
    for piece in case.pieces:
        text = case.turns[piece.turn][1]
        skip = {k for one in _NOT_DATA.finditer(text[piece.start : piece.end]) for k in range(*one.span())}
        own = [k for k in range(piece.start, piece.end) if k - piece.start not in skip]
        covered = sum(k in hidden[piece.kind][piece.turn] for k in own)
        (found if covered >= LEAST_COVERED * len(own) else missed).append(piece)
    for kind in KINDS:
        for turn, chars in enumerate(hidden[kind]):
            for start, end in _stretches(sorted(chars)):
                there = [p for p in case.pieces if p.turn == turn and p.start < end and p.end > start]
                beyond = sum(not any(p.start <= k < p.end for p in there) for k in chars if start <= k < end)
                if any(p.kind == kind for p in there) and beyond <= MOST_BEYOND:
                    kinds.append(kind)
                else:
                    wrong.append((kind, case.turns[turn][1][start:end]))
    return Judged(case, tuple(found), tuple(missed), tuple(wrong), tuple(kinds))


def _hidden(call: Call, kind: PersonalKind) -> tuple[frozenset[int], ...]:
    """The characters of each turn's text that masking one kind hides."""
    return tuple(_changed(before, after) for before, after in zip(call.turns, masked(call, (kind,)).turns, strict=True))


def _changed(before: Any, after: Any) -> frozenset[int]:
    if before.text == after.text:
        return frozenset()
    hit: set[int] = set()
    at = 0
    for old, new in zip(before.words, after.words, strict=True):
        text = old.text.strip()
        at = before.text.index(text, at) if text in before.text[at:] else at
        if old.text != new.text:
            if len(old.text) == len(new.text):
                lead = len(old.text) - len(old.text.lstrip())
                hit |= {at + k - lead for k, (a, b) in enumerate(zip(old.text, new.text, strict=True)) if a != b}
            else:
                hit |= {at + k for k in range(len(text))}
        at += len(text)
    return frozenset(hit)


def _stretches(chars: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of characters no more than six apart."""
    start = last = None
    for char in chars:
        if start is None:
            start = char
        elif last is not None and char - last > 6:
            yield start, last + 1
            start = char
        last = char
    if start is not None and last is not None:
        yield start, last + 1


@dataclass(slots=True)
class Tally:
    """Counts of one kind: pieces there, of them found; stretches masked, of them rightly."""

    there: int = 0
    found: int = 0
    masked: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.masked if self.masked else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.there if self.there else 1.0


def tallies(half: Half, *, noisy: bool = False) -> tuple[dict[str, Tally], list[Judged]]:
    """The counts by kind, and all that was judged."""
    rng = random.Random(SEED)
    counts: dict[str, Tally] = {kind: Tally() for kind in (*KINDS, "all")}
    all_judged = [judged(misheard(case, rng) if noisy else case) for case in cases(half)]
    for one in all_judged:
        for name in ("all", *KINDS):
            own = counts[name]
            own.there += sum(name in ("all", p.kind) for p in one.case.pieces)
            own.found += sum(name in ("all", p.kind) for p in one.found)
            own.right += sum(name in ("all", kind) for kind in one.right_kinds)
            own.masked += sum(name in ("all", kind) for kind in one.right_kinds)
            own.masked += sum(name in ("all", kind) for kind, _ in one.wrong)
    return counts, all_judged
