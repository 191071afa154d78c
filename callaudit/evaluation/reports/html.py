"""The evaluation as one self-contained page that opens offline; nothing is fetched and nothing runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from callaudit.evaluation.calibration import Bin, Calibration
from callaudit.evaluation.compare import Comparison
from callaudit.evaluation.evaluate import Evaluation, RuleFigures
from callaudit.evaluation.figures import Figure, figures
from callaudit.evaluation.reports import wording
from callaudit.evaluation.reports.speed import speed
from callaudit.reports.page import environment, policy, resource
from callaudit.reports.wording import MISSING

PACKAGE: Final = "callaudit.evaluation.reports"
PLOT: Final = 200
"""Side of a plot of confidence, in pixels of its own."""

PER_CALL: Final = (
    "answer_error_median",
    "hold_f1",
    "silence_f1",
    "overlap_f1_stereo",
    "speaker_time_f1",
    "cer",
    "syllable_error",
    "word_time_error_median",
    "level_error_median",
)
"""Figures of the table of calls; those of two channels and of one stand in one column."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin drawn: where it lies, how tall its interval is and how large it is, in pixels of the plot."""

    x: float
    y: float
    top: float
    bottom: float
    radius: float
    row: Bin


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of the table of calls."""

    id: str
    layout: str
    values: tuple[str, ...]
    verdict: str
    lines: tuple[str, ...]


def render_html(evaluation: Evaluation, comparison: Comparison | None = None) -> str:
    """The page."""
    style = resource("report.css") + resource("evaluation.css", PACKAGE)
    spent = speed(evaluation)
    return (
        environment(PACKAGE)
        .get_template("evaluation.html.j2")
        .render(
            evaluation=evaluation,
            comparison=comparison,
            moves=[] if comparison is None else [move for move in comparison.moves if move.direction != "same"],
            groups=_groups(evaluation),
            head_figures=_head(evaluation),
            disputed=[rule for rule in evaluation.rules if disputed(rule)],
            agreed=[rule for rule in evaluation.rules if not disputed(rule)],
            plots=[(one, _dots(one)) for one in evaluation.calibrations if one.n],
            plot=PLOT,
            calls=_calls(evaluation),
            columns=[wording.COLUMNS[name] for name in PER_CALL],
            spent="" if spent is None else wording.time(spent),
            policy=policy(style),
            style=Markup(style),  # our own file, not text from a call
            wording=wording,
        )
    )


def disputed(rule: RuleFigures) -> bool:
    """Whether label and machine differ on a rule anywhere."""
    counts = rule.counts
    return bool(counts.n_missed or counts.n_false or counts.n_passes_right < counts.n_passes)


def _groups(evaluation: Evaluation) -> list[tuple[str, list[Figure]]]:
    """The figures that were counted, under the name of their group."""
    rows: dict[str, list[Figure]] = {}
    for one in evaluation.figures:
        if one.value is not None:
            rows.setdefault(wording.GROUPS[one.group], []).append(one)
    return list(rows.items())


def _head(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """The handful of figures that a reader wants first: name, value, interval."""
    overall = evaluation.overall
    rows = [
        (wording.figure(name), wording.shown(name, value, "ratio"), wording.interval(bounds, name))
        for name, value, bounds in (
            ("violation_precision", overall.precision, overall.precision_interval),
            ("violation_recall", overall.recall, overall.recall_interval),
            ("violation_kappa", overall.kappa, overall.kappa_interval),
        )
        if value is not None
    ]
    for name in ("cer_stereo", "cer_mono", "speaker_time_f1_stereo", "speaker_time_f1_mono", "answer_error_median"):
        one = evaluation.figure(name)
        if one.value is not None:
            rows.append((wording.figure(name), wording.shown(name, one.value, one.unit), wording.bounds(one)))
    return rows


def _dots(one: Calibration) -> list[Dot]:
    most = max(row.n for row in one.bins)
    return [
        Dot(
            x=round(row.said * PLOT, 1),
            y=round((1 - row.right) * PLOT, 1),
            top=round((1 - row.high) * PLOT, 1),
            bottom=round((1 - row.low) * PLOT, 1),
            radius=round(2.5 + 4.5 * (row.n / most) ** 0.5, 1),
            row=row,
        )
        for row in one.bins
    ]


def _calls(evaluation: Evaluation) -> list[CallRow]:
    rows: list[CallRow] = []
    for call in evaluation.calls:
        found = figures([call.tally] if call.audited else [], intervals=False)
        by_name = {one.name: one for one in found}
        by_name |= {_without_layout(one.name): one for one in found if one.value is not None}
        values = tuple(_cell(by_name.get(name)) for name in PER_CALL)
        rows.append(CallRow(call.id, call.layout, values, wording.verdict(call.verdict), wording.call_misses(call)))
    return rows


def _cell(one: Figure | None) -> str:
    """A value without its unit, which stands above."""
    return MISSING if one is None else wording.shown(one.name, one.value, one.unit).partition(" ")[0]


def _without_layout(name: str) -> str:
    """A figure's name without the layout that a call has anyway."""
    return name.removesuffix("_stereo").removesuffix("_mono")
