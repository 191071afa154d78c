"""Two runs over the same calls: which figures moved, which verdicts flipped, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from callaudit.evaluation.evaluate import CallResult, Evaluation, rule_figures
from callaudit.evaluation.figures import Figure, figures
from callaudit.evaluation.intervals import mcnemar
from callaudit.evaluation.judged import Judged
from callaudit.evaluation.truth import Label
from callaudit.records import Status

Direction = Literal["better", "worse", "same", "moved", "uncounted"]
LEAST_MOVE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Move:
    """A figure in both runs; `direction` is "moved" where neither way is better, "uncounted" where one run lacks it."""

    name: str
    unit: str
    before: float | None
    after: float | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class Flip:
    """A rule whose status changed on a call; `label` is None where no reviewer judged it, a status None where unsaid.

    `right_before` and `right_after` are None where there is no label.
    """

    call: str
    rule: str
    title: str
    before: Status | None
    after: Status | None
    label: Label | None
    right_before: bool | None
    right_after: bool | None


@dataclass(frozen=True, slots=True)
class CallMoves:
    """What changed on one call."""

    id: str
    moves: tuple[Move, ...]
    flips: tuple[Flip, ...]
    score_before: float | None
    score_after: float | None
    verdict_before: str | None
    verdict_after: str | None

    @property
    def verdict_flipped(self) -> bool:
        """Whether the call's verdict is another one."""
        return self.verdict_before != self.verdict_after

    @property
    def changed(self) -> bool:
        """Whether anything is different."""
        return bool(self.moves or self.flips) or self.verdict_flipped or self.score_before != self.score_after


@dataclass(frozen=True, slots=True)
class Comparison:
    """The other run is before, this one after; over the calls that both have, `left_out` are the others.

    `n_better` labelled items became right and `n_worse` wrong; `p_value` is the chance that they split at least so
    unevenly if both runs were equally good (McNemar's test, exact).
    """

    moves: tuple[Move, ...]
    calls: tuple[CallMoves, ...]
    n_better: int
    n_worse: int
    p_value: float
    left_out: tuple[str, ...] = ()

    @property
    def flips(self) -> tuple[Flip, ...]:
        """All flips, by call and rule."""
        return tuple(flip for call in self.calls for flip in call.flips)


def compare(before: Evaluation, after: Evaluation) -> Comparison:
    """Two evaluations of the same labels.

    Raises
    ------
    ValueError
        They are not of the same calls.
    """
    if [call.id for call in before.calls] != [call.id for call in after.calls]:
        raise ValueError("only evaluations of the same calls can be compared")
    pairs = [pair for pair in zip(before.calls, after.calls, strict=True) if all(call.audited for call in pair)]
    calls = tuple(_call(*pair) for pair in pairs)
    flips = [flip for call in calls for flip in call.flips]
    n_better = sum(flip.right_before is False and flip.right_after is True for flip in flips)
    n_worse = sum(flip.right_before is True and flip.right_after is False for flip in flips)
    old, new = [one for one, _ in pairs], [other for _, other in pairs]
    compared = {call.id for call in calls}
    return Comparison(
        (*_moves(_figures(old), _figures(new)), *_rule_moves(old, new)),
        calls,
        n_better,
        n_worse,
        mcnemar(n_worse, n_better),
        tuple(call.id for call in after.calls if call.id not in compared),
    )


def _figures(calls: Sequence[CallResult]) -> tuple[Figure, ...]:
    return figures([call.tally for call in calls], intervals=False)


def _call(before: CallResult, after: CallResult) -> CallMoves:
    moves = tuple(move for move in _moves(_figures([before]), _figures([after])) if move.direction != "same")
    return CallMoves(after.id, moves, _flips(before, after), before.score, after.score, before.verdict, after.verdict)


def _flips(before: CallResult, after: CallResult) -> tuple[Flip, ...]:
    """Statuses that changed; a run that judges nothing at all flips nothing."""
    one, other = ({item.rule: item for item in call.items} for call in (before, after))
    if not one or not other:
        return ()
    return tuple(
        _flip(after.id, rule, one, other)
        for rule in sorted({*one, *other})
        if (_status(one, rule) or "not_applicable") != (_status(other, rule) or "not_applicable")
    )


def _flip(call: str, rule: str, one: Mapping[str, Judged], other: Mapping[str, Judged]) -> Flip:
    label = next((row[rule].label for row in (one, other) if rule in row), None)
    was, is_ = _status(one, rule), _status(other, rule)
    title = next((row[rule].title for row in (other, one) if rule in row and row[rule].title), "")
    right = [None if label is None else (said or "not_applicable") == label for said in (was, is_)]
    return Flip(call, rule, title, was, is_, label, right[0], right[1])


def _status(row: Mapping[str, Judged], rule: str) -> Status | None:
    return row[rule].status if rule in row else None


def _moves(before: tuple[Figure, ...], after: tuple[Figure, ...]) -> tuple[Move, ...]:
    return tuple(
        Move(new.name, new.unit, old.value, new.value, _direction(old.value, new.value, new.better))
        for old, new in zip(before, after, strict=True)
        if old.value is not None or new.value is not None
    )


def _rule_moves(before: Sequence[CallResult], after: Sequence[CallResult]) -> tuple[Move, ...]:
    one, other = (rule_figures("", [item for call in calls for item in call.items]) for calls in (before, after))
    moves: list[Move] = []
    for name in ("precision", "recall", "f1", "kappa"):
        old, new = getattr(one, name), getattr(other, name)
        if old is not None or new is not None:
            moves.append(Move(f"violation_{name}", "ratio", old, new, _direction(old, new, "higher")))
    return tuple(moves)


def _direction(before: float | None, after: float | None, better: str) -> Direction:
    if before is None or after is None:
        return "uncounted"
    if abs(after - before) <= LEAST_MOVE:
        return "same"
    if better == "neither":
        return "moved"
    return "better" if (after > before) == (better == "higher") else "worse"
