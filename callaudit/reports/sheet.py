"""How a score came about, section by section, so that anyone can add it up by hand; pure."""

from __future__ import annotations

from dataclasses import dataclass

from callaudit.records import Deduction, Score
from callaudit.reports import wording
from callaudit.reports.wording import number, printable


@dataclass(frozen=True, slots=True)
class Row:
    """A section in words: `worth` and `left` are a dash where it has no limit of its own."""

    title: str
    worth: str
    lost: str
    left: str
    items: tuple[str, ...]
    broken: bool


def rows(score: Score) -> tuple[Row, ...]:
    """Every section of the sheet, in its order."""
    return tuple(
        Row(
            title=printable(section.title),
            worth=wording.MISSING if section.points is None else number(section.points),
            lost=f"−{number(section.lost)}" if section.lost else "0",
            left=wording.MISSING if section.points is None else number(section.points - section.lost),
            items=tuple(item(deduction) for deduction in section.deductions)
            + ((wording.NO_MORE_TO_LOSE,) if _spent(section.points, section.lost, section.deductions) else ()),
            broken=bool(section.deductions),
        )
        for section in score.sections
    )


def item(deduction: Deduction) -> str:
    """What a violation costs, as one sum.

    >>> item(Deduction("r", "回应道谢", 4, 5, 15, 15, True))
    '回应道谢：4 次 × 5，封顶 15'
    """
    cost = min(deduction.most, deduction.times * deduction.each)
    told = number(deduction.each)
    if deduction.times > 1:
        told = f"{deduction.times} 次 × {told}"
        told += f"，封顶 {number(cost)}" if cost < deduction.times * deduction.each else f" = {number(cost)}"
    if deduction.instead is not None:
        told += f"，{deduction.instead} 已扣，实扣 {number(deduction.points)}"
    return f"{printable(deduction.title)}：{told}" + ("" if deduction.sure else f"（{wording.NOT_SURE}）")


def total(score: Score) -> str:
    """The sum itself."""
    if score.zeroed_by:
        return (
            f"{wording.FATAL}：{'、'.join(map(printable, score.zeroed_by))}，{wording.points(0)} {wording.SCORE_UNIT}"
        )
    lost = "".join(f" − {number(section.lost)}" for section in score.sections if section.lost)
    more = "".join(f" + {number(bonus.points)}（{printable(bonus.title)}）" for bonus in score.bonus)
    return f"100{lost}{more} = {wording.points(score.value)}" if lost or more else wording.NOTHING_LOST


def possible(score: Score) -> str:
    """The range."""
    return f"可能 {wording.points(score.low)}–{wording.points(score.high)}"


def doubts(score: Score) -> str:
    """What the range rests on; nothing where it is a point."""
    unsure = sum(not deduction.sure for section in score.sections for deduction in section.deductions)
    reasons = [f"{unsure} 项违规把握不足"] if unsure and score.high != score.value else []
    reasons += [f"{score.n_suspected} 项听到疑点而无法判断"] if score.n_suspected else []
    return f"{'，'.join(reasons)}，分数因此有出入" if reasons else ""


def _spent(points: float | None, lost: float, deductions: tuple[Deduction, ...]) -> bool:
    return points is not None and lost < sum(deduction.points for deduction in deductions)
