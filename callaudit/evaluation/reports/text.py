"""The evaluation for the terminal: figures, rules, confidence, what was missed, and what another run did otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from callaudit.evaluation.calibration import Calibration
from callaudit.evaluation.compare import CallMoves, Comparison, Direction, Flip
from callaudit.evaluation.evaluate import Evaluation, RuleFigures
from callaudit.evaluation.reports import wording
from callaudit.evaluation.reports.speed import speed
from callaudit.reports.console import drawn
from callaudit.reports.wording import MISSING, printable

LEAST_WIDTH: Final = 60
STYLES: Final[dict[Direction, str]] = {"better": "color(28)", "worse": "bold color(160)", "uncounted": "dim"}


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: `width` in columns, colour or none."""

    width: int = 100
    color: bool = False


def render_text(evaluation: Evaluation, comparison: Comparison | None = None, look: Look | None = None) -> str:
    """The whole evaluation as text."""
    look = look or Look()
    return drawn(_parts(evaluation, comparison), width=max(LEAST_WIDTH, look.width), color=look.color)


def _parts(evaluation: Evaluation, comparison: Comparison | None) -> Iterator[RenderableType]:
    yield _title(wording.TITLE)
    yield Text(wording.head(evaluation), "bold")
    for notice in (wording.missing(evaluation), wording.unknown_rules(evaluation)):
        if notice:
            yield Text(printable(notice), "color(208)")
    spent = speed(evaluation)
    if spent is not None:
        yield Text(wording.time(spent), "dim")
    yield from _figures(evaluation)
    if evaluation.rules:
        yield from _violations(evaluation.overall)
        yield from _rules(evaluation.rules)
    yield from _calibrations(evaluation.calibrations)
    yield from _misses(evaluation)
    if comparison is not None:
        yield from _comparison(comparison)


def _title(text: str) -> Rule:
    return Rule(Text(text, "bold"), align="left", style="dim", characters="─")


def _table(*columns: tuple[str, bool]) -> Table:
    """A table; each column has a title, and whether it is of numbers."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for title, is_number in columns:
        table.add_column(
            title, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold", header_style="dim"
        )
    return table


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _figures(evaluation: Evaluation) -> Iterator[RenderableType]:
    table = _table((wording.FIGURE, False), (wording.VALUE, True), (wording.INTERVAL, True), (wording.BASE, True))
    group = ""
    for one in evaluation.figures:
        if one.value is None:
            continue
        if one.group != group:
            group = one.group
            table.add_row(Text(wording.GROUPS[one.group], "bold color(38)"))
        value = Text(wording.shown(one.name, one.value, one.unit), "bold")
        table.add_row(f"  {wording.figure(one.name)}", value, Text(wording.bounds(one), "dim"), wording.base(one))
    if table.row_count:
        yield Padding(table, (1, 0, 0, 0))
    if absent := wording.absent(evaluation):
        yield Text(absent, "dim")


def _violations(overall: RuleFigures) -> Iterator[RenderableType]:
    counts = overall.counts
    yield Text("")
    yield _title(wording.VIOLATIONS)
    table = _table((wording.FIGURE, False), (wording.VALUE, True), (wording.INTERVAL, True), (wording.BASE, True))
    said = counts.n_hit + counts.n_false
    rows = (
        ("violation_precision", overall.precision, overall.precision_interval, f"{counts.n_hit} / {said}"),
        ("violation_recall", overall.recall, overall.recall_interval, f"{counts.n_hit} / {counts.n_violations}"),
        ("violation_f1", overall.f1, overall.f1_interval, ""),
        ("violation_kappa", overall.kappa, overall.kappa_interval, f"{_crossed(overall)} 项"),
    )
    for name, value, bounds, base in rows:
        text = Text(wording.shown(name, value, "ratio"), "bold")
        table.add_row(wording.figure(name), text, Text(wording.interval(bounds, name), "dim"), base)
    table.add_row("误判（标注通过）", Text(str(counts.n_false_on_passes), "bold"), "", f"{counts.n_passes} 项")
    table.add_row("通过判对", Text(str(counts.n_passes_right), "bold"), "", f"{counts.n_passes} 项")
    table.add_row("不适用判对", Text(str(counts.n_inapplicable_right), "bold"), "", f"{counts.n_inapplicable} 项")
    table.add_row("答“不可评”", Text(str(counts.n_abstained), "bold"), "", "")
    yield table
    yield Text(wording.KAPPA_HINT, "dim")


def _crossed(rule: RuleFigures) -> int:
    counts = rule.counts
    return counts.n_both + counts.n_machine_only + counts.n_label_only + counts.n_neither


def _rules(rules: Sequence[RuleFigures]) -> Iterator[RenderableType]:
    yield Text("")
    yield _title(f"{wording.RULES} · {len(rules)}")
    titles = (wording.HIT, wording.MISSED, wording.FALSE, wording.PASSED, wording.PRECISION, wording.RECALL, "κ")
    table = _table((wording.RULE, False), *((title, True) for title in titles))
    for rule in rules:
        counts = rule.counts
        wrong = counts.n_missed or counts.n_false
        table.add_row(
            Text(printable(rule.rule), "color(208)" if wrong else ""),
            *(str(n) for n in (counts.n_hit, counts.n_missed, counts.n_false)),
            f"{counts.n_passes_right}/{counts.n_passes}",
            _share(rule.precision, rule.precision_interval),
            _share(rule.recall, rule.recall_interval),
            MISSING if rule.kappa is None else f"{rule.kappa:.2f}",
        )
    yield table


def _share(value: float | None, bounds: tuple[float, float] | None) -> str:
    if value is None or bounds is None:
        return MISSING
    return f"{value * 100:.0f}% {wording.narrow(bounds)}"


# ── confidence ───────────────────────────────────────────────────────────────────────────────────────────────────
def _calibrations(rows: Sequence[Calibration]) -> Iterator[RenderableType]:
    told = [one for one in rows if one.n]
    if not told:
        return
    yield Text("")
    yield _title(wording.CALIBRATION)
    table = _table(
        (wording.BIN, False),
        ("数量", True),
        (wording.SAID, True),
        (wording.RIGHT, True),
        (wording.INTERVAL, True),
    )
    for one in told:
        name = f"{wording.CALIBRATIONS[one.name]}  {wording.GAP} {wording.value(one.gap, 'ratio')}"
        unsure = f"{one.n_unsure} 项未下结论" if one.n_unsure else ""
        table.add_row(Text(name, "bold color(38)"), str(one.n), *_said_and_right(one.said, one.right), unsure)
        for row in one.bins:
            bounds = wording.interval((row.low, row.high))
            between = f"  {row.from_:.2f} – {row.to:.2f}"
            table.add_row(between, str(row.n), *_said_and_right(row.said, row.right), Text(bounds, "dim"))
    yield table


def _said_and_right(said: float | None, right: float | None) -> tuple[str, Text]:
    return wording.value(said, "ratio"), Text(wording.value(right, "ratio"), "bold")


# ── what was missed ──────────────────────────────────────────────────────────────────────────────────────────────
def _misses(evaluation: Evaluation) -> Iterator[RenderableType]:
    yield Text("")
    yield _title(wording.MISSES)
    told = [(call.id, lines) for call in evaluation.calls if (lines := wording.call_misses(call))]
    for name, lines in told:
        yield Text(printable(name), "bold")
        for line in lines:
            yield Padding(Text(printable(line)), (0, 0, 0, 2))
    if not told:
        yield Text(wording.NO_MISSES, "color(28)")


# ── another run ──────────────────────────────────────────────────────────────────────────────────────────────────
def _comparison(comparison: Comparison) -> Iterator[RenderableType]:
    yield Text("")
    yield _title(wording.COMPARED)
    yield Text(wording.compared(comparison), "dim")
    moved = [move for move in comparison.moves if move.direction != "same"]
    table = _table((wording.FIGURE, False), (wording.BEFORE, True), (wording.AFTER, True), ("", False))
    for move in moved:
        style = STYLES.get(move.direction, "")
        values = (wording.shown(move.name, value, move.unit) for value in (move.before, move.after))
        table.add_row(wording.figure(move.name), *values, Text(wording.DIRECTIONS[move.direction], style))
    yield table if moved else Text(wording.NO_MOVES, "dim")
    yield Text("")
    yield Text(wording.flips(comparison), "bold")
    for call in comparison.calls:
        if call.flips or call.verdict_flipped:
            yield from _changed(call)


def _changed(call: CallMoves) -> Iterator[RenderableType]:
    head = Text(printable(call.id), "bold")
    if call.verdict_flipped:
        head.append(f"  {wording.verdict(call.verdict_before)} → {wording.verdict(call.verdict_after)}", "color(208)")
    yield head
    for flip in call.flips:
        yield Padding(_flip(flip), (0, 0, 0, 2))


def _flip(flip: Flip) -> Text:
    said = f"{wording.status(flip.before)} → {wording.status(flip.after)}"
    style = STYLES["better"] if flip.right_after else STYLES["worse"] if flip.right_after is False else "dim"
    line = Text(f"{printable(wording.rule(flip.rule, flip.title))}  ")
    return line.append(said, style).append(f"  {wording.label(flip.label)}", "dim")
