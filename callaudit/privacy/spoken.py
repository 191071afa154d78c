"""Numbers across a call: what asks for them, dictated in groups over several turns, read back by the other party."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, product

from callaudit.privacy.cues import Cue, Says
from callaudit.privacy.lines import Line
from callaudit.privacy.numbers import Verdict, kind_of
from callaudit.privacy.personal import Mark
from callaudit.records import PersonalKind
from callaudit.text.runs import UNHEARD, Run

NEAR_CHARS = 12
"""A cue so few characters before a number belongs to it."""

BACK_TURNS, BACK_S = 4, 40.0
"""How far back, in turns and seconds, a question still says what a number is (proposed)."""

LEAST_GROUP = 4
"""Digits from which a part of a number is recognised wherever it recurs."""

GROUP_OTHER, BETWEEN_OTHER, GROUP_S = 10, 14, 20.0
"""Most characters besides digits in a turn that goes on dictating, and in the other party's turn between; most
seconds between two groups (proposed)."""

ALIKE = 0.8
"""Share of equal digits, in order, from which a misheard repetition is one (proposed)."""

_BEHIND = re.compile(
    r"[，,。.\s]*(?:[这那]个?(?:就?是)?(?:[我你您]的)?|就?是[我你您]的"
    r"|(?:that'?s|that is|it'?s|is)\s+(?:my|the|our|your)\s+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Said:
    """A number in its place, and what the words say that it is."""

    line: Line
    run: Run
    says: Says | None
    near: bool

    @property
    def loose(self) -> bool:
        return (self.run.measured and self.run.n <= 8) or self.run.quantity


def numbers(lines: Sequence[Line]) -> dict[int, list[Mark]]:
    """The personal numbers of the lines (one a turn, in order of time), by the index of the line."""
    said = [_said(lines, k, run) for k, line in enumerate(lines) for run in line.runs]
    index = {id(line): k for k, line in enumerate(lines)}
    known: dict[int, Verdict] = {}
    whole: list[tuple[str, Verdict, int]] = []
    for k, one in enumerate(said):
        verdict, run = _alone(one)
        if verdict:
            known[k] = verdict
            said[k] = replace(one, run=run)
            whole.append((run.digits, verdict, index[id(one.line)]))
    for group in _dictated(said, known, lines, index):
        digits = "".join(said[k].run.digits for k in group)
        if verdict := _together([said[k] for k in group], digits):
            for k in group:
                if k not in known or known[k][1] < verdict[1]:
                    known[k] = verdict
            whole.append((digits, verdict, index[id(said[group[-1]].line)]))
    for k, one in enumerate(said):
        if k not in known and (verdict := _again(one, index[id(one.line)], whole)):
            known[k] = verdict
    found: dict[int, list[Mark]] = {}
    for k, (kind, sure) in sorted(known.items()):
        found.setdefault(index[id(said[k].line)], []).append(_mark(said[k].run, kind, sure))
    return found


def again(line: Line, whole: Sequence[str], kind: PersonalKind) -> Iterator[Mark]:
    """The numbers of a line that are, or are part of, known ones."""
    for run in line.runs:
        if any(_part_of(run.digits, digits) for digits in whole):
            yield _mark(run, kind, 0.7)


def _mark(run: Run, kind: PersonalKind, sure: float) -> Mark:
    chars: dict[int, int] = {}
    for part in run.parts:
        chars[part.start] = max(1, len(part.digits))
        chars.update(dict.fromkeys(range(part.start + 1, part.end), 0))
    return Mark(kind, chars, sure)


# ── what the words say ───────────────────────────────────────────────────────────────────────────────────────────
def _said(lines: Sequence[Line], k: int, run: Run) -> Said:
    """The number with the nearest cue: before it in its turn, right behind it, or in the turns before."""
    line = lines[k]
    own = [cue for cue in line.cues if cue.start < run.start]
    if own:
        after = _after(line, run)
        near = run.start - own[-1].end <= NEAR_CHARS
        return Said(line, run, _meant(own, line.text), near) if near or not after else Said(line, run, after, True)
    if after := _after(line, run):
        return Said(line, run, after, True)
    for j in range(k - 1, max(-1, k - 1 - BACK_TURNS), -1):
        if line.span.start_s - lines[j].span.end_s > BACK_S:
            break
        open_ = [cue for cue in lines[j].cues if cue.says not in ("other", "tail") or not _used(lines[j], cue.end)]
        if open_:
            return Said(line, run, _meant(open_, lines[j].text), False)
    return Said(line, run, None, False)


def _meant(cues: Sequence[Cue], text: str) -> Says:
    """What the last cue says; 卡号后四位 is a tail, 卡背面后三位 a code, 银行卡的验证码 a code."""
    last: Says = cues[-1].says
    if last == "tail" and len(cues) > 1 and cues[-2].says == "identity" and cues[-1].start - cues[-2].end <= 2:
        return "identity"
    if last == "code" and len(cues) > 1 and cues[-2].says in ("phone", "identity", "other"):
        gap = text[cues[-2].end : cues[-1].start]
        if len(gap) <= 2 and re.match("[后末最][三六四]?", text[cues[-1].start :]):
            return cues[-2].says
    return last


def _after(line: Line, run: Run) -> Says | None:
    """A cue right behind a number: 六二一七…这是我的卡号."""
    behind = _BEHIND.match(line.text, run.end)
    return next((cue.says for cue in line.cues if behind and cue.start == behind.end()), None)


def _used(line: Line, at: int) -> bool:
    """Whether a number follows the cue closely in its own turn: it has been given."""
    return any(0 <= run.start - at <= NEAR_CHARS for run in line.runs)


# ── one number ───────────────────────────────────────────────────────────────────────────────────────────────────
def _alone(one: Said) -> tuple[Verdict | None, Run]:
    """What a number is by itself, or with a neighbouring character that sounds like the digit that is missing."""
    run = one.run
    best, whole = kind_of(run.digits, one.says, near=one.near, loose=one.loose), run
    if one.says == "code" and run.n in (2, 5) and not one.loose:  # of three or six digits one was misheard
        beside = run.before or run.after
        longer = replace(run, parts=(*((run.before,) if run.before else ()), *run.parts)) if run.before else run
        if beside is not None and longer is run:
            longer = replace(run, parts=(*run.parts, beside))
        if longer is not run:
            return kind_of(longer.digits, one.says, near=one.near), longer
    if one.loose or run.n < 9 or (best and best[1] >= 0.9):
        return best, whole
    before = ((), (run.before,)) if run.before else ((),)
    after = ((), (run.after,)) if run.after else ((),)
    for head, tail in product(before, after):
        longer = replace(run, parts=(*head, *run.parts, *tail))
        other = kind_of(longer.digits, one.says, near=one.near)
        if other and other[1] >= 0.9 and (best is None or other[1] > best[1]):
            best, whole = other, longer
    return best, whole


# ── in groups ────────────────────────────────────────────────────────────────────────────────────────────────────
def _dictated(
    said: Sequence[Said], known: dict[int, Verdict], lines: Sequence[Line], index: dict[int, int]
) -> Iterator[list[int]]:
    """Numbers that one party gives one after another, with little else said between."""
    for speaker in ("agent", "customer", "unknown"):
        own = [k for k, one in enumerate(said) if one.line.speaker == speaker and not one.loose]
        group = own[:1]
        for left, right in pairwise(own):
            whole = known.get(left, ("", 0.0))[1] >= 0.9 or known.get(right, ("", 0.0))[1] >= 0.9
            if whole or not _goes_on(said[left], said[right], lines, index):
                if len(group) > 1:
                    yield group
                group = []
            group.append(right)
        if len(group) > 1:
            yield group


def _goes_on(left: Said, right: Said, lines: Sequence[Line], index: dict[int, int]) -> bool:
    first, last = index[id(left.line)], index[id(right.line)]
    before = right.line.text[left.run.end if first == last else 0 : right.run.start]
    if (right.near and right.says in ("other", "tail")) or sum(map(str.isalpha, before)) > GROUP_OTHER:
        return False
    if first == last:
        return True
    if lines[last].span.start_s - lines[first].span.end_s > GROUP_S or last - first > BACK_TURNS:
        return False
    behind = sum(map(str.isalpha, left.line.text[left.run.end :]))
    return behind <= GROUP_OTHER and all(lines[k].n_other <= BETWEEN_OTHER for k in range(first + 1, last))


def _together(group: Sequence[Said], digits: str) -> Verdict | None:
    """What the groups are as one number: of any length where the words say so, else of the length of such a number."""
    says = next((one.says for one in group if one.says not in (None, "tail")), None)
    near = group[0].near
    verdict = kind_of(digits, says, near=near)
    if verdict is None or (verdict[0] == "code" and len(digits) > 8):
        return None
    asked = says == verdict[0]
    return verdict if asked or verdict[1] >= 0.9 or (verdict[0] == "card" and verdict[1] >= 0.6) else None


# ── again ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _again(one: Said, at: int, whole: Sequence[tuple[str, Verdict, int]]) -> Verdict | None:
    """Whether a number is one that was found elsewhere, or part of it."""
    if one.loose or (one.near and one.says == "other" and one.run.n <= 6):
        return None
    for digits, (kind, sure), turn in whole:
        short = len(digits) < LEAST_GROUP and one.run.digits == digits and 0 <= at - turn <= BACK_TURNS
        if short or _part_of(one.run.digits, digits):
            return kind, round(0.9 * sure, 3)
    return None


@lru_cache(maxsize=4096)
def _part_of(own: str, digits: str) -> bool:
    """Whether a number is a part of another, or holds it, slips of the ear aside."""
    if len(own) < LEAST_GROUP:
        return False
    short, long = sorted((own, digits), key=len)
    if len(short) < LEAST_GROUP:
        return False
    if UNHEARD not in short + long and short in long:
        return True
    if any(_same(short, long[k : k + len(short)]) for k in range(len(long) - len(short) + 1)):
        return True
    return len(short) >= 6 and len(own) <= len(digits) + 2 and common(own, digits) >= ALIKE * len(own)


def _same(one: str, other: str) -> bool:
    unheard = sum(a == UNHEARD or b == UNHEARD for a, b in zip(one, other, strict=True))
    return unheard <= len(one) // 3 and all(a == b or UNHEARD in (a, b) for a, b in zip(one, other, strict=True))


def common(one: str, other: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for a in one:
        before = 0
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], before + 1 if a == b else max(row[j], row[j - 1])
    return row[-1]
