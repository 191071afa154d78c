"""How fast the store answers what a web page asks: generated calls, the median and the 95th percentile of each query.

    python tests/benchmarks/store.py --calls 1000000 --store /tmp/million.db
    python tests/benchmarks/store.py --calls 1000000 --store postgresql://…

A store that is there is asked; an empty one is filled first: calls of a year, 500 agents in 20 teams, of which a tenth
failed and a quarter are to be reviewed; 211 rules, some of them a thousand times as often broken as others, four
violations a call. People have been through every twentieth. Documents are a few bytes. The seed is fixed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from callaudit.desk import figures
from callaudit.records import Severity, Verdict
from callaudit.store import caseload, counts, queries
from callaudit.store.database import Store, open_store
from callaudit.store.desk_tables import CaseRow, OpinionRow, UserRow
from callaudit.store.entries import Breach, JudgementEntry, rank_of
from callaudit.store.queries import Filter
from callaudit.store.tables import (
    AuditDocument,
    AuditRow,
    BreachRow,
    CallDocument,
    CallFigureRow,
    CallRow,
    JudgingRow,
    KeptRow,
)

N_AGENTS, N_TEAMS, N_RULES, N_DAYS = 500, 20, 211, 365
FIRST_DAY = date(2026, 1, 1)
CHUNK = 5000
EVERY_REVIEWED = 20
"""Of so many calls people have been through one."""
TABLES = (
    CallRow, CallDocument, CallFigureRow, AuditRow, AuditDocument, KeptRow, BreachRow, CaseRow, OpinionRow,
)  # fmt: skip
REVIEWER = {
    "id": 1, "name": "reviewer", "shown_name": "Reviewer", "role": "reviewer", "must_change": False,
    "made_at": datetime(2026, 1, 1, tzinfo=UTC),
}  # fmt: skip
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor")


def fill(store: Store, n_calls: int) -> None:
    """Puts calls into an empty store, and counts them."""
    chance = random.Random(5)
    weights = [1 / (k + 1) for k in range(N_RULES)]
    with store.session() as session:
        row = {"judging": "j", "rulebook": "generated", "rulebook_sha256": "0" * 64, "digests": {}}
        session.execute(insert(JudgingRow).values(id=1, **row))
        session.execute(insert(UserRow).values(**REVIEWER))
    for first in range(1, n_calls + 1, CHUNK):
        tables: dict[Any, list[dict[str, Any]]] = {own: [] for own in TABLES}
        for number in range(first, min(first + CHUNK, n_calls + 1)):
            for table, row in _rows(number, chance, weights):
                tables[table].append(row)
        with store.session() as session:
            for table, rows in tables.items():
                session.connection().execute(insert(table.__table__), rows)
            caseload.point(session, [row["recording_id"] for row in tables[CaseRow]])
    with store.session() as session:
        counts.recount(session)
        if store.dialect == "postgresql":  # ids were given; the next ones must follow them
            for name in ("calls", "audits", "judgings", "users"):
                session.execute(text(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))"))
    with store.session() as session:
        session.execute(text("ANALYZE"))


def _rows(number: int, chance: random.Random, weights: list[float]) -> Iterator[tuple[Any, dict[str, Any]]]:
    agent = chance.randrange(N_AGENTS)
    started = datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(chance.randrange(N_DAYS), chance.randrange(36_000))
    shared = {"day": started.date().isoformat(), "agent_id": f"a{agent:04}", "team": f"team {agent % N_TEAMS}"}
    verdict: Verdict = chance.choices(("fail", "review", "pass"), (10, 25, 65))[0]
    severities = SEVERITIES if verdict == "fail" else SEVERITIES[1:]
    broken = sorted(set(chance.choices(range(N_RULES), weights, k=chance.randrange(1, 8))))
    breaches = tuple(
        Breach(f"rule-{rule:03}", severities[rule % len(severities)], round(chance.uniform(0.5, 1), 3), 1.0)
        for rule in broken
    )
    score = round(chance.uniform(0, 60) if verdict == "fail" else chance.uniform(60, 100), 1)
    entry = JudgementEntry("j", "generated", "0" * 64, b"", verdict, score, score, score, None, 3, 0, breaches)
    yield CallRow, {
        "id": number, "recording_id": f"{number:064}", "hearing": "h", "path": f"/calls/{number}.wav",
        "duration_s": chance.uniform(20, 600), "heard_at": started, "direction": "inbound", "started_at": started,
        "agent_name": None, "sector": "bank", "language": "zh", "masked": {}, **shared,
    }  # fmt: skip
    yield CallDocument, {"call_id": number, "document": b"0"}
    own = random.Random(number)  # the rest stays as it was before there were measures
    held = own.choice((0.0, 0.0, own.uniform(3, 90)))
    yield CallFigureRow, {
        "call_id": number, "ring_to_answer_s": own.gammavariate(3, 3), "silence_s": own.uniform(0, 60),
        "longest_silence_s": own.gammavariate(1.5, 4), "hold_s": held, "longest_hold_s": held,
        "overlap_share": own.betavariate(1, 30), "agent_rate_cpm": own.gauss(290, 35),
        "agent_share": own.betavariate(6, 5), "agent_level_dbov": own.gauss(-24, 3),
    }  # fmt: skip
    sure = {
        f"sure_{severity}": max((one.confidence for one in breaches if one.severity == severity), default=None)
        for severity in SEVERITIES
    }
    rank = rank_of(entry)
    yield AuditRow, {
        "id": number, "call_id": number, "judging_id": 1, "judged_at": started, "latest": True, "rank": rank,
        "verdict": verdict, "score": score, "low": score, "high": score, "sheet": None, "n_violated": len(breaches),
        "n_critical": sum(one.severity == "critical" for one in breaches), "n_not_assessable": 3, "n_failures": 0,
        **sure, **shared,
    }  # fmt: skip
    yield AuditDocument, {"audit_id": number, "document": b"0"}
    yield KeptRow, {"audit_id": number, "passed": "", "unassessed": ""}
    for one in breaches:
        yield BreachRow, {
            "audit_id": number, "rule": one.rule, "severity": one.severity, "confidence": one.confidence,
            "start_s": 1.0, "times": 1, "rank": rank, "day": shared["day"],
        }  # fmt: skip
    if number % EVERY_REVIEWED == 0:
        yield from _review(f"{number:064}", started, breaches, own)


def _review(
    recording_id: str, at: datetime, breaches: tuple[Breach, ...], chance: random.Random
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """A case that is reviewed: a quarter of the findings are overturned."""
    score = round(chance.uniform(50, 100), 1)
    yield CaseRow, {
        "recording_id": recording_id, "version": 2, "state": "reviewed", "assignee_id": None, "assigned_at": None,
        "reviewer_id": 1, "reviewed_at": at, "changed_at": at, "verdict": "pass" if score > 80 else "review",
        "score": score, "low": score, "high": score, "judged_at": at,
    }  # fmt: skip
    for one in breaches:
        yield OpinionRow, {
            "recording_id": recording_id, "rule": one.rule, "user_id": 1, "at": at, "kind": "review",
            "says": chance.choice(("upheld", "upheld", "upheld", "overturned")), "comment": "", "found": "violated",
            "confidence": one.confidence, "judging": "j", "start_s": None, "end_s": None, "calibration_id": None,
            "undone_at": None,
        }  # fmt: skip


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────
def filters(chance: random.Random) -> dict[str, Filter]:
    """One filter of each kind, chosen anew each time."""
    day = FIRST_DAY + timedelta(chance.randrange(N_DAYS - 31))
    one, month = day.isoformat(), (day + timedelta(30)).isoformat()
    agent, team = f"a{chance.randrange(N_AGENTS):04}", f"team {chance.randrange(N_TEAMS)}"
    often, rarely = f"rule-{chance.randrange(5):03}", f"rule-{chance.randrange(150, N_RULES):03}"
    return {
        "all flagged": Filter(),
        "all calls": Filter(verdicts=("fail", "review", "pass")),
        "a day": Filter(one, one),
        "a month": Filter(one, month),
        "an agent": Filter(agents=(agent,)),
        "an agent, a month": Filter(one, month, agents=(agent,)),
        "a team": Filter(teams=(team,)),
        "a team, a month": Filter(one, month, teams=(team,)),
        "a team, a day": Filter(one, one, teams=(team,)),
        "a rule often broken": Filter(rules=(often,)),
        "a rule often broken, a day": Filter(one, one, rules=(often,)),
        "a rule often broken, a month": Filter(one, month, rules=(often,)),
        "a rule often broken, a team": Filter(rules=(often,), teams=(team,)),
        "a rule often broken, an agent": Filter(rules=(often,), agents=(agent,)),
        "a rule often broken, surely": Filter(rules=(often,), least_confidence=0.95),
        "a rule rarely broken": Filter(rules=(rarely,)),
        "a rule rarely broken, a team": Filter(rules=(rarely,), teams=(team,)),
        "three rules": Filter(rules=(often, rarely, "rule-050")),
        "critical": Filter(severity="critical"),
        "critical, a month": Filter(one, month, severity="critical"),
        "major, surely": Filter(severity="major", least_confidence=0.99),
        "surely": Filter(least_confidence=0.99),
        "surely, a team, a month": Filter(one, month, teams=(team,), least_confidence=0.99),
        "nothing fits": Filter("1999-01-01", "1999-01-02"),
    }


def questions() -> Iterator[tuple[str, Callable[[Session, random.Random], object]]]:
    """Each query with a name; given chance, it asks about something else each time."""
    for name in filters(random.Random(0)):
        yield f"queue: {name}", lambda s, c, n=name: queries.queue(s, filters(c)[n])
        yield f"queue, page 20: {name}", lambda s, c, n=name: _deep(s, filters(c)[n])
        yield f"count: {name}", lambda s, c, n=name: queries.count(s, filters(c)[n])
    for name in ("all calls", "a month", "a team, a month", "an agent"):
        for figure in (queries.by_day, queries.by_agent, queries.by_team, queries.by_rule):
            yield f"{figure.__name__}: {name}", lambda s, c, f=figure, n=name: f(s, filters(c)[n])
    yield "choices", lambda s, c: queries.choices(s)
    for name in ("all calls", "a month", "a team", "a team, a month", "an agent"):
        for by in ("all", "day", "team", "agent"):
            yield f"dashboard, by {by}: {name}", lambda s, c, b=by, n=name: figures.groups(s, filters(c)[n], b)
        for what in (figures.rules, figures.distributions):
            yield f"dashboard, {what.__name__}: {name}", lambda s, c, w=what, n=name: w(s, filters(c)[n])
        yield f"dashboard, worst calls: {name}", lambda s, c, n=name: figures.examples(s, filters(c)[n], "rule-001")
        yield (
            f"dashboard, days of a rule: {name}",
            lambda s, c, n=name: figures.rule_chart(s, filters(c)[n], "rule-001"),
        )


def _deep(session: Session, wanted: Filter) -> object:
    """The page behind a place in the middle."""
    return queries.queue(session, wanted, after=queries.Place(12_500_000, 0))


def measure(store: Store, n_times: int) -> None:
    print(f"{'query':45} {'p50 ms':>9} {'p95 ms':>9}")
    for name, ask in questions():
        chance, took = random.Random(9), []
        for _ in range(n_times):
            begun = time.perf_counter()
            with store.session(write=False) as session:
                ask(session, chance)
            took.append(1000 * (time.perf_counter() - begun))
        worst = statistics.quantiles(took, n=20)[18] if len(took) > 1 else took[0]
        print(f"{name:45} {statistics.median(took):9.1f} {worst:9.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with open_store(given.store) as store:
        with store.session(write=False) as session:
            known = session.scalar(select(func.count()).select_from(CallRow))
        if not known:
            begun = time.perf_counter()
            fill(store, given.calls)
            print(f"{given.calls} calls generated in {time.perf_counter() - begun:.0f} s")
        measure(store, given.times)


if __name__ == "__main__":
    main()
