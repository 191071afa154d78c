"""The figures of a night, counted: what a batch, or a choice of stored calls, came to. No document is read for them.

`summaries` writes them as text, JSON, a page and a workbook.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, String, and_, case, cast, func, select
from sqlalchemy.orm import QueryableAttribute, Session

from callaudit.batch.figures import LEAST_CALLS, VERDICTS, AgentFigures, RuleFigures, Summary
from callaudit.batch.scope import Scope, chosen_calls, chosen_tasks, failed_now, run_of
from callaudit.messages import Language
from callaudit.records import SEVERITIES, Severity, Verdict
from callaudit.store.database import Store
from callaudit.store.documents import unpacked
from callaudit.store.tables import AuditDocument, AuditRow, BreachRow, CallRow, FileRow, KeptRow, RunRow, TaskRow

PAGE: Final = 2000
"""Rows that are fetched at a time."""


def figures(store: Store, scope: int | Scope, *, least_calls: int = LEAST_CALLS) -> Summary:
    """Figures of a run, or of the calls chosen.

    Parameters
    ----------
    store : Store
    scope : id of a run, or the choice
    least_calls : an agent with fewer is not ranked; at least 1

    Raises
    ------
    StoreError
        No run has that id, or the database cannot be reached.
    """
    if least_calls < 1:
        raise ValueError(f"least_calls must be at least 1, got {least_calls}")
    chosen = Scope(run_id=scope) if isinstance(scope, int) else scope
    with store.session(write=False) as session:
        return _figures(session, store, chosen, least_calls)


def _figures(session: Session, store: Store, scope: Scope, least_calls: int) -> Summary:
    run = run_of(session, scope)
    where = chosen_calls(scope)
    verdicts, audio_s = _verdicts(session, where)
    n_scored, mean_score, n_incomplete, judged_at = _scores(session, where)
    n_heard, heard_audio_s = _heard(session, where, run)
    told = _told(session, store, where)
    failures, n_quarantined = _failures(session, scope)
    return Summary(
        kind=run.kind if run else None,
        started_at=run.started_at if run else None,
        ended_at=run.ended_at if run else None,
        n_calls=sum(verdicts.values()),
        audio_s=audio_s,
        n_heard=n_heard,
        heard_audio_s=heard_audio_s,
        verdicts=verdicts,
        mean_score=mean_score,
        n_scored=n_scored,
        n_incomplete=n_incomplete,
        rules=_rules(session, where, told),
        agents=_agents(session, where, least_calls),
        failures=failures,
        n_quarantined=n_quarantined,
        n_later=_later(session, scope, run),
        n_duplicates=_duplicates(session, scope, run),
        masked=_masked(session, where),
        stopped=run.figures.get("stopped") if run else None,
        as_of=run.ended_at if run and run.ended_at else judged_at,
        least_calls=least_calls,
        language=told.language,
    )


def _during(run: RunRow, moment: QueryableAttribute[datetime]) -> ColumnElement[bool]:
    after = moment >= run.started_at
    return after if run.ended_at is None else and_(after, moment <= run.ended_at)


# ── counting ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _verdicts(session: Session, where: ColumnElement[bool]) -> tuple[dict[Verdict, int], float]:
    """Calls by verdict, and the length of all of them in seconds."""
    query = select(AuditRow.verdict, func.count(), func.sum(CallRow.duration_s)).where(where).group_by(AuditRow.verdict)
    found = {verdict: (n, float(audio_s)) for verdict, n, audio_s in session.execute(query)}
    counts = {verdict: found.get(verdict, (0, 0.0))[0] for verdict in VERDICTS}
    return counts, round(math.fsum(audio_s for _, audio_s in found.values()), 3)


def _scores(session: Session, where: ColumnElement[bool]) -> tuple[int, float | None, int, datetime | None]:
    """How many calls have a score, its mean, in how many calls a rule crashed, and when the last was judged."""
    crashed = func.sum(case((AuditRow.n_failures > 0, 1), else_=0))
    n, mean, n_crashed, judged_at = session.execute(
        select(func.count(AuditRow.score), func.avg(AuditRow.score), crashed, func.max(AuditRow.judged_at)).where(where)
    ).one()
    return n, None if mean is None else float(mean), int(n_crashed or 0), judged_at


def _heard(session: Session, where: ColumnElement[bool], run: RunRow | None) -> tuple[int, float]:
    """Calls that the run heard, by its own count or else while it went on, and their length in seconds."""
    if run is None:
        return 0, 0.0
    if "n_heard" in run.figures:  # another run may have been at work at the same time
        return int(run.figures["n_heard"]), round(float(run.figures["audio_s"]), 3)
    query = select(func.count(), func.sum(CallRow.duration_s)).where(where, _during(run, CallRow.heard_at))
    n, audio_s = session.execute(query).one()
    return n, round(float(audio_s or 0.0), 3)


def _rules(session: Session, where: ColumnElement[bool], told: _Told) -> tuple[RuleFigures, ...]:
    violated: Counter[str] = Counter()
    times: Counter[str] = Counter()
    graver = dict(told.severities)
    broken: dict[str, Severity] = {}
    query = (
        select(BreachRow.rule, BreachRow.severity, func.count(), func.sum(BreachRow.times))
        .where(where, BreachRow.audit_id == AuditRow.id)
        .group_by(BreachRow.rule, BreachRow.severity)
    )
    for rule, severity, n, n_times in session.execute(query):
        violated[rule] += n
        times[rule] += int(n_times)
        broken[rule] = _graver(severity, broken.get(rule))
    graver |= broken
    passed, unassessed = _kept(session, where)
    found = [
        RuleFigures(
            rule,
            told.titles.get(rule, rule),
            graver.get(rule),
            violated[rule],
            passed[rule],
            unassessed[rule],
            times[rule],
        )
        for rule in violated.keys() | passed.keys() | unassessed.keys()
    ]
    return tuple(sorted(found, key=_worst_rule))


def _graver(severity: str, other: Severity | None) -> Severity:
    known = [one for one in SEVERITIES if one in (severity, other)]
    return known[0]


def _worst_rule(one: RuleFigures) -> tuple[float, ...] | tuple[float | str, ...]:
    gravity = len(SEVERITIES) if one.severity is None else SEVERITIES.index(one.severity)
    return -one.n_violated, gravity, -(one.share or 0.0), one.rule


def _kept(session: Session, where: ColumnElement[bool]) -> tuple[Counter[str], Counter[str]]:
    """In how many calls each rule was kept, and in how many it could not be told."""
    passed: Counter[str] = Counter()
    unassessed: Counter[str] = Counter()
    query = select(KeptRow.passed, KeptRow.unassessed).where(where, KeptRow.audit_id == AuditRow.id)
    for kept, open_ in session.execute(query.execution_options(yield_per=PAGE)):
        passed.update(kept.split())
        unassessed.update(open_.split())
    return passed, unassessed


def _agents(session: Session, where: ColumnElement[bool], least_calls: int) -> tuple[AgentFigures, ...]:
    agent_id = func.coalesce(CallRow.agent_id, "")
    by_verdict = [func.sum(case((AuditRow.verdict == verdict, 1), else_=0)) for verdict in VERDICTS]
    query = (
        select(
            agent_id, func.max(CallRow.agent_name), func.max(CallRow.team), func.count(), func.sum(CallRow.duration_s),
            func.avg(AuditRow.score), func.sum(AuditRow.n_violated), func.sum(AuditRow.n_critical), *by_verdict,
        )
        .where(where)
        .group_by(agent_id)
    )  # fmt: skip
    found = [
        AgentFigures(
            agent_id=who,
            name=name or "",
            team=team or "",
            n_calls=n,
            audio_s=round(float(audio_s), 3),
            mean_score=None if mean is None else float(mean),
            verdicts=dict(zip(VERDICTS, map(int, counts), strict=True)),
            n_violated=int(n_violated),
            n_critical=int(n_critical),
            ranked=bool(who) and n >= least_calls and mean is not None,
        )
        for who, name, team, n, audio_s, mean, n_violated, n_critical, *counts in session.execute(query)
    ]
    return tuple(sorted(found, key=_worst_agent))


def _worst_agent(one: AgentFigures) -> tuple[float | str, ...]:
    return not one.ranked, one.mean_score if one.ranked and one.mean_score is not None else 0.0, one.agent_id


def _failures(session: Session, scope: Scope) -> tuple[tuple[tuple[str, int], ...], int]:
    """Recordings that failed by cause; and of a run, how many are in the quarantine from before."""
    kind = func.coalesce(TaskRow.kind, "CallauditError")
    failed = [TaskRow.state == "failed", *chosen_tasks(scope)]
    now = [] if scope.run_id is None else [failed_now(scope.run_id)]
    rows = session.execute(select(kind, func.count()).where(*failed, *now).group_by(kind)).all()
    counts = {kind: n for kind, n in rows}
    n_all = session.execute(select(func.count()).where(*failed)).scalar_one()
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0]))), n_all - sum(counts.values())


def _later(session: Session, scope: Scope, run: RunRow | None) -> int:
    """Tasks that wait, and files that the run left alone because they were still being written."""
    query = select(func.count()).where(TaskRow.state.in_(("waiting", "leased")), *chosen_tasks(scope))
    unsettled = run.figures.get("n_unsettled", 0) if run else 0
    return session.execute(query).scalar_one() + int(unsettled)


def _duplicates(session: Session, scope: Scope, run: RunRow | None) -> int:
    """File names beyond the first of each recording."""
    if run is not None and "n_duplicates" in run.figures:
        return int(run.figures["n_duplicates"])
    query = select(func.count(), func.count(func.distinct(FileRow.recording_id)))
    query = query.where(FileRow.recording_id.in_(select(TaskRow.recording_id).where(*chosen_tasks(scope))))
    n_names, n_recordings = session.execute(query if run is None else query.where(_during(run, FileRow.seen_at))).one()
    return int(n_names - n_recordings)


def _masked(session: Session, where: ColumnElement[bool]) -> tuple[tuple[str, int], ...]:
    text = cast(CallRow.masked, String)  # PostgreSQL compares no JSON
    counts: Counter[str] = Counter()
    for kinds, n in session.execute(select(text, func.count()).where(where).group_by(text)):
        for kind, places in json.loads(kinds or "{}").items():
            counts[kind] += places * n
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


@dataclass(frozen=True, slots=True)
class _Told:
    """Titles and severities of the rules, and the language that reports are written in."""

    titles: Mapping[str, str]
    severities: Mapping[str, Severity]
    language: Language


def _told(session: Session, store: Store, where: ColumnElement[bool]) -> _Told:
    """What the documents alone know, from one judgement of each way of judging and direction; the latest way's hold."""
    query = select(func.min(AuditRow.id)).where(where).group_by(AuditRow.judging_id, CallRow.direction)
    titles: dict[str, str] = {}
    severities: dict[str, Severity] = {}
    language: Language = "zh"
    for audit_id in sorted(session.scalars(query)):
        kept = session.get_one(AuditDocument, audit_id).document
        document = unpacked(store.vault.opened(kept))
        titles |= {finding["rule"]: finding["title"] for finding in document["findings"]}
        severities |= {finding["rule"]: finding["severity"] for finding in document["findings"]}
        language = document.get("report_language", "zh")
    return _Told(titles, severities, language)
