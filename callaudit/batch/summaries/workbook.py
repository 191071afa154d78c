"""The night as an Excel workbook: summary, calls, findings, agents, rules, and what could not be audited.

Written row by row, so that a hundred thousand calls need no more memory than one. The same store makes the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any, Final, Literal

import xlsxwriter
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from callaudit.batch.figures import VERDICTS, AgentFigures, RuleFigures, Summary
from callaudit.batch.scope import Scope, chosen_calls, chosen_tasks
from callaudit.batch.summaries.told import Told
from callaudit.records import SEVERITIES
from callaudit.reports.csv import FORMULA_STARTS
from callaudit.reports.wording import file_name, printable
from callaudit.store.database import Store
from callaudit.store.documents import unpacked
from callaudit.store.tables import AuditDocument, AuditRow, CallRow, TaskRow

MOST_ROWS: Final = 1_048_576
"""Rows of an Excel sheet, its header included."""
LONGEST: Final = 32_767
"""UTF-16 units of an Excel cell."""
PAGE: Final = 200
"""Judgements in memory at a time."""
NO_CHARACTERS: Final = re.compile("[\ufffe\uffff]")  # XML 1.0 has no such characters
SECONDS_A_DAY: Final = 86_400.0
EPOCH: Final = datetime(1980, 1, 1, tzinfo=UTC)

Kind = Literal["text", "long", "whole", "decimal", "points", "share", "moment", "clock", "length"]
FORMATS: Final[Mapping[Kind, str]] = {
    "text": "@",
    "long": "@",
    "whole": "#,##0",
    "decimal": "#,##0.00",
    "points": "0.0",
    "share": "0.0%",
    "moment": "yyyy-mm-dd hh:mm",
    "clock": "[mm]:ss.0",
    "length": "[h]:mm:ss",
}
Cell = str | float | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the wording, what its cells hold, and its width in characters."""

    name: str
    kind: Kind = "text"
    width: float = 12


SUMMARY: Final = (Column("figure", width=34), Column("value", "decimal", 16), Column("unit", width=40))
CALLS: Final = (
    Column("file", width=34), Column("started_at", "moment", 17), Column("direction", width=8),
    Column("agent_id", width=12), Column("agent_name", width=12), Column("team", width=14), Column("sector", width=10),
    Column("duration", "length", 10), Column("verdict", width=10), Column("score", "points", 8),
    Column("low", "points", 9), Column("high", "points", 9), Column("sheet", width=16),
    Column("n_violated", "whole", 8), Column("n_critical", "whole", 10), Column("n_not_assessable", "whole", 10),
    Column("n_failures", "whole", 10), Column("recording_id", width=20),
)  # fmt: skip
FINDINGS: Final = (
    Column("file", width=34), Column("started_at", "moment", 17), Column("agent_id", width=12),
    Column("agent_name", width=12), Column("severity", width=8), Column("title", width=30),
    Column("start", "clock", 9), Column("end", "clock", 9), Column("times", "whole", 7),
    Column("confidence", "share", 8), Column("message", "long", 44), Column("quote", "long", 44),
    Column("source", "long", 50), Column("measured", "decimal", 9), Column("limit", "decimal", 9),
    Column("unit", width=8), Column("chapter", width=20), Column("rule", width=30), Column("recording_id", width=20),
)  # fmt: skip
AGENTS: Final = (
    Column("agent_id", width=14), Column("agent_name", width=14), Column("team", width=16),
    Column("n_calls", "whole", 9), Column("hours", "decimal", 9), Column("mean_score", "points", 9),
    *(Column(verdict, "whole", 9) for verdict in VERDICTS), Column("n_violated", "whole", 8),
    Column("n_critical", "whole", 10), Column("ranked", width=12),
)  # fmt: skip
RULES: Final = (
    Column("title", width=40), Column("severity", width=8), Column("n_violated", "whole", 9),
    Column("n_applied", "whole", 11), Column("share", "share", 10), Column("n_passed", "whole", 9),
    Column("n_not_assessable", "whole", 10), Column("times", "whole", 8), Column("rule", width=36),
)  # fmt: skip
FAILURES: Final = (
    Column("file", width=40), Column("cause", width=24), Column("why", "long", 80), Column("attempts", "whole", 10),
    Column("failed_at", "moment", 17), Column("recording_id", width=20),
)  # fmt: skip


def write_workbook(store: Store, scope: Scope, summary: Summary, path: Path, zone: tzinfo | None = None) -> None:
    """Writes the workbook of the calls that the summary is of.

    Parameters
    ----------
    path : its folder also holds the drafts of the sheets meanwhile
    zone : of the moments of the run, and of calls whose own clock is unknown; by default this machine's
    """
    told = Told(summary, zone)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    made = (summary.as_of or EPOCH).astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.set_properties({"title": told.words.TITLE, "created": made})
    book.set_size(2400, 1400)
    try:
        _write(book, store, scope, told)
    finally:
        book.close()


def _write(book: xlsxwriter.Workbook, store: Store, scope: Scope, told: Told) -> None:
    tables = {
        name: Table(book, told.words.SHEETS[name], [_heading(column.name, told) for column in columns], columns)
        for name, columns in (
            ("summary", SUMMARY), ("calls", CALLS), ("findings", FINDINGS), ("agents", AGENTS), ("rules", RULES),
            *((("failures", FAILURES),) if told.summary.failures or told.summary.n_quarantined else ()),
        )
    }  # fmt: skip
    for row in _summary(told):
        tables["summary"].add(row)
    for agent in told.summary.agents:
        tables["agents"].add(_agent(agent, told))
    for rule in told.summary.rules:
        tables["rules"].add(_rule(rule, told))
    with store.session(write=False) as session:
        for call, document in _judged(session, store, chosen_calls(scope)):
            tables["calls"].add(_call(call, told))
            for finding in _violated(document):
                tables["findings"].add(_finding(call, finding, told))
        if "failures" in tables:
            for task in _lost(session, scope):
                tables["failures"].add(_failure(task, told))
    for table in tables.values():
        table.finish()


class Table:
    """A table that is filled from the top; one with more rows than a sheet holds goes on in the next sheet."""

    def __init__(
        self, book: xlsxwriter.Workbook, title: str, headings: Sequence[str], columns: Sequence[Column]
    ) -> None:
        self._book, self._columns = book, columns
        self._title, self._headings = title, headings
        self._styles: dict[tuple[Kind, bool], Format] = {}
        self._n_sheets = 0
        self._begin()

    def add(self, cells: Sequence[Cell]) -> None:
        """One more row."""
        if self._row == MOST_ROWS:
            self.finish()
            self._begin()
        for at, (column, cell) in enumerate(zip(self._columns, cells, strict=True)):
            self._write(at, column, cell)
        self._row += 1

    def finish(self) -> None:
        """The filter over all rows."""
        self._sheet.autofilter(0, 0, max(1, self._row - 1), len(self._columns) - 1)
        everything = f"A1:XFD{MOST_ROWS}"
        self._sheet.ignore_errors({"number_stored_as_text": everything})  # an agent's number is a name

    def _begin(self) -> None:
        self._n_sheets += 1
        title = self._title if self._n_sheets == 1 else f"{self._title} {self._n_sheets}"
        self._sheet: Worksheet = self._book.add_worksheet(title)
        heading = self._book.add_format({"bold": True, "bg_color": "#E2E6EC", "border": 1, "border_color": "#B8C0CC"})
        for at, column in enumerate(self._columns):
            self._sheet.set_column(at, at, column.width)
        for at, text in enumerate(self._headings):
            self._sheet.write_string(0, at, text, heading)
        self._sheet.freeze_panes(1, 1)
        self._sheet.repeat_rows(0)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._row = 1

    def _write(self, at: int, column: Column, cell: Cell) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            text = cell if cell.isprintable() else NO_CHARACTERS.sub("\ufffd", printable(cell))
            self._sheet.write_string(self._row, at, _short(text), self._style(column.kind, text))
        elif isinstance(cell, datetime):
            self._sheet.write_datetime(self._row, at, cell, self._style("moment"))
        else:
            whole = column.kind == "decimal" and isinstance(cell, int)
            self._sheet.write_number(self._row, at, cell, self._style("whole" if whole else column.kind))

    def _style(self, kind: Kind, text: str = "") -> Format:
        """The cell's format; a text that would be a formula once edited is marked as text, as by an apostrophe."""
        guarded = text.lstrip(" ").startswith(FORMULA_STARTS)
        if (kind, guarded) not in self._styles:
            self._styles[kind, guarded] = self._book.add_format(
                {
                    "num_format": "@" if text else FORMATS[kind],
                    "valign": "top",
                    "text_wrap": kind == "long",
                    "quote_prefix": guarded,
                }
            )
        return self._styles[kind, guarded]


def _heading(name: str, told: Told) -> str:
    return told.words.COLUMNS[name] if name in told.words.COLUMNS else told.common.VERDICTS[name]


def _short(text: str) -> str:
    """The text, cut where a cell would not hold it."""
    if len(text) * 2 <= LONGEST or len(text.encode("utf-16-le")) <= LONGEST * 2:
        return text
    return text.encode("utf-16-le")[: (LONGEST - 1) * 2].decode("utf-16-le", "ignore") + "…"


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _summary(told: Told) -> Iterator[Sequence[Cell]]:
    summary, words, common = told.summary, told.words, told.common
    yield words.TITLE, None, told.when()
    yield words.CALLS, summary.n_calls, None
    yield words.COLUMNS["hours"], round(summary.audio_s / 3600, 2), None
    for verdict in VERDICTS:
        yield common.VERDICTS[verdict], summary.verdicts[verdict], None
    yield words.MEAN_SCORE, _rounded(summary.mean_score, 1), None
    if summary.took_s is not None:
        yield words.TOOK, None, words.took(summary.took_s)
        yield words.HEARD_NOW.format(n="").rstrip(" :："), summary.n_heard, told.speed()
    yield words.FAILURES, summary.n_failed, None
    for kind, n in summary.failures:
        yield f"{words.FAILURES}{common.COLON}{words.cause(kind)}", n, kind
    yield words.QUARANTINED, summary.n_quarantined, None
    yield words.LATER, summary.n_later, None
    yield words.DUPLICATES, summary.n_duplicates, None
    yield words.INCOMPLETE, summary.n_incomplete, None
    for kind, n in summary.masked:
        yield f"{words.MASKED}{common.COLON}{words.personal(kind)}", n, None
    yield words.COLUMNS["ranked"], None, words.AGENTS_HINT.format(n=summary.least_calls)


def _agent(agent: AgentFigures, told: Told) -> Sequence[Cell]:
    words = told.words
    return (
        agent.agent_id or words.UNKNOWN_AGENT, agent.name, agent.team, agent.n_calls, round(agent.audio_s / 3600, 2),
        _rounded(agent.mean_score, 1), *(agent.verdicts[verdict] for verdict in VERDICTS), agent.n_violated,
        agent.n_critical, words.RANKED if agent.ranked else words.NOT_RANKED,
    )  # fmt: skip


def _rule(rule: RuleFigures, told: Told) -> Sequence[Cell]:
    return (
        rule.title, told.common.SEVERITIES[rule.severity] if rule.severity else None, rule.n_violated, rule.n_applied,
        _rounded(rule.share, 4), rule.n_passed, rule.n_unassessed, rule.times, rule.rule,
    )  # fmt: skip


def _call(call: Any, told: Told) -> Sequence[Cell]:
    common = told.common
    return (
        file_name(call.path), _local(call, told), common.DIRECTIONS.get(call.direction or ""), call.agent_id,
        call.agent_name, call.team, call.sector, call.duration_s / SECONDS_A_DAY, common.VERDICTS[call.verdict],
        call.score, call.low, call.high, call.sheet, call.n_violated, call.n_critical, call.n_not_assessable,
        call.n_failures, call.recording_id,
    )  # fmt: skip


def _finding(call: Any, finding: Mapping[str, Any], told: Told) -> Sequence[Cell]:
    common = told.common
    spans = finding["spans"]
    start_s = min((span["start_s"] for span in spans), default=None)
    end_s = max((span["end_s"] for span in spans if span["start_s"] == start_s), default=None)
    said = common.CLAUSES.join(filter(None, (finding["message"], finding["why"])))
    sources = common.CLAUSES.join(
        common.SOURCE_CELL.format(quote=one["quote"], anchor=one["anchor"]) for one in finding["sources"]
    )
    return (
        file_name(call.path), _local(call, told), call.agent_id, call.agent_name,
        common.SEVERITIES[finding["severity"]], finding["title"], _days(start_s), _days(end_s), finding["times"],
        finding["confidence"], said, finding["quote"], sources, finding["value"], finding["limit"],
        common.UNITS.get(finding["unit"] or "", finding["unit"]), finding["chapter"], finding["rule"],
        call.recording_id,
    )  # fmt: skip


def _failure(task: Any, told: Told) -> Sequence[Cell]:
    failed_at = task.next_at.astimezone(told.zone).replace(tzinfo=None, microsecond=0)
    cause = told.words.cause(task.kind or "")
    return file_name(task.location), cause, task.why, task.attempts, failed_at, task.recording_id


def _local(call: Any, told: Told) -> datetime | None:
    """When the call began by the clock where it took place, without a zone: Excel knows none."""
    if call.started_at is None:
        return None
    own = None if call.utc_offset_s is None else timezone(timedelta(seconds=call.utc_offset_s))
    moment: datetime = call.started_at.astimezone(own or told.zone)
    return moment.replace(tzinfo=None, microsecond=0) if moment.year >= 1900 else None  # Excel's days begin there


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / SECONDS_A_DAY


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _judged(session: Session, store: Store, where: ColumnElement[bool]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Every chosen call with its judgement, in the order in which the calls took place."""
    query = (
        select(
            AuditRow.id, CallRow.path, CallRow.started_at, CallRow.utc_offset_s, CallRow.direction, CallRow.agent_id,
            CallRow.agent_name, CallRow.team, CallRow.sector, CallRow.duration_s, CallRow.recording_id,
            AuditRow.verdict, AuditRow.score, AuditRow.low, AuditRow.high, AuditRow.sheet, AuditRow.n_violated,
            AuditRow.n_critical, AuditRow.n_not_assessable, AuditRow.n_failures,
        )
        .where(where)
        .order_by(CallRow.started_at.is_(None), CallRow.started_at, CallRow.path, CallRow.id)
    )  # fmt: skip
    for calls in session.execute(query.execution_options(yield_per=PAGE)).partitions(PAGE):
        wanted = select(AuditDocument.audit_id, AuditDocument.document)
        wanted = wanted.where(AuditDocument.audit_id.in_([call.id for call in calls]))
        documents = {audit_id: kept for audit_id, kept in session.execute(wanted)}
        for call in calls:
            yield call, unpacked(store.vault.opened(documents[call.id]))


def _violated(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What was violated, the gravest first, then as it is heard."""
    found = [finding for finding in document["findings"] if finding["status"] == "violated"]
    return sorted(
        found,
        key=lambda one: (
            SEVERITIES.index(one["severity"]),
            min((span["start_s"] for span in one["spans"]), default=float("inf")),
            one["rule"],
        ),
    )


def _lost(session: Session, scope: Scope) -> Iterator[Any]:
    columns = (
        TaskRow.location, TaskRow.kind, TaskRow.why, TaskRow.attempts, TaskRow.next_at, TaskRow.recording_id
    )  # fmt: skip
    query = select(*columns)
    query = query.where(TaskRow.state == "failed", *chosen_tasks(scope)).order_by(TaskRow.location, TaskRow.id)
    yield from session.execute(query.execution_options(yield_per=PAGE))
