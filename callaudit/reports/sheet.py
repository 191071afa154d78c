"""How a score came about, section by section, so that anyone can add it up by hand; pure."""

from __future__ import annotations

from dataclasses import dataclass

from callaudit.records import Deduction, Score
from callaudit.reports.wording import MISSING, Wording, number, points, printable


@dataclass(frozen=True, slots=True)
class Row:
    """A section in words: `worth` and `left` are a dash where it has no limit of its own."""

    title: str
    worth: str
    lost: str
    left: str
    items: tuple[str, ...]
    broken: bool


def rows(score: Score, wording: Wording) -> tuple[Row, ...]:
    """Every section of the sheet, in its order."""
    return tuple(
        Row(
            title=printable(section.title),
            worth=MISSING if section.points is None else number(section.points),
            lost=f"−{number(section.lost)}" if section.lost else "0",
            left=MISSING if section.points is None else number(section.points - section.lost),
            items=tuple(item(deduction, wording) for deduction in section.deductions)
            + ((wording.NO_MORE_TO_LOSE,) if _spent(section.points, section.lost, section.deductions) else ()),
            broken=bool(section.deductions),
        )
        for section in score.sections
    )


def item(deduction: Deduction, wording: Wording) -> str:
    """What a violation costs, as one sum.

    >>> from callaudit.reports.words_zh import ZH
    >>> item(Deduction("r", "回应道谢", 4, 5, 15, 15, True), ZH)
    '回应道谢：4 次 × 5，封顶 15'
    """
    cost = min(deduction.most, deduction.times * deduction.each)
    told = number(deduction.each)
    if deduction.times > 1:
        told = wording.EACH_TIME.format(n=deduction.times, each=told)
        capped = cost < deduction.times * deduction.each
        told += wording.AT_MOST_LOST.format(most=number(cost)) if capped else f" = {number(cost)}"
    if deduction.instead is not None:
        told += wording.INSTEAD.format(instead=deduction.instead, points=number(deduction.points))
    cost_of = wording.DEDUCTION.format(title=printable(deduction.title), sum=told)
    return cost_of + ("" if deduction.sure else wording.ASIDE.format(text=wording.NOT_SURE))


def total(score: Score, wording: Wording) -> str:
    """The sum itself."""
    if score.zeroed_by:
        rules = wording.LIST.join(map(printable, score.zeroed_by))
        return wording.FATAL_SUM.format(rules=rules, points=points(0))
    lost = "".join(f" − {number(section.lost)}" for section in score.sections if section.lost)
    more = "".join(
        wording.BONUS.format(points=number(bonus.points), title=printable(bonus.title)) for bonus in score.bonus
    )
    return f"100{lost}{more} = {points(score.value)}" if lost or more else wording.NOTHING_LOST


def possible(score: Score, wording: Wording) -> str:
    """The range."""
    return wording.POSSIBLE.format(low=points(score.low), high=points(score.high))


def doubts(score: Score, wording: Wording) -> str:
    """What the range rests on; nothing where it is a point."""
    unsure = sum(not deduction.sure for section in score.sections for deduction in section.deductions)
    reasons = [wording.UNSURE_BREACHES.format(n=unsure)] if unsure and score.high != score.value else []
    reasons += [wording.SUSPECTED.format(n=score.n_suspected)] if score.n_suspected and score.low != score.value else []
    return wording.HENCE_RANGE.format(reasons=wording.COMMA.join(reasons)) if reasons else ""


def _spent(points: float | None, lost: float, deductions: tuple[Deduction, ...]) -> bool:
    return points is not None and lost < sum(deduction.points for deduction in deductions)
