"""A night made by hand, so that its figures can be added up by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from callaudit.records import Severity, Verdict
from callaudit.store.database import Store
from callaudit.store.documents import packed
from callaudit.store.entries import Breach, CallEntry, Entry, JudgementEntry
from callaudit.store.tables import FileRow, RunRow, RunTaskRow, TaskRow

BEGAN = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
ENDED = BEGAN + timedelta(hours=2)
SHANGHAI = timezone(timedelta(hours=8))
TITLES = {"greet": "先问候", "thank": "说谢谢", "calm": "不发火"}
GRAVITY: dict[str, Severity] = {"greet": "minor", "thank": "minor", "calm": "critical"}
QUOTE = "您的卡号＊＊＊＊我记下了"


@dataclass(frozen=True, slots=True)
class Heard:
    """A call of the night; `broken` rules once each, unless named several times."""

    verdict: Verdict = "pass"
    score: float | None = 100.0
    broken: Sequence[str] = ()
    passed: Sequence[str] = ()
    agent_id: str | None = None
    agent_name: str | None = None
    seconds: float = 600.0
    masked: tuple[tuple[str, int], ...] = ()
    n_failures: int = 0
    language: str = "zh"
    quote: str = QUOTE
    path: str | None = None


def entry(number: int, heard: Heard) -> Entry:
    """The call as the store takes it."""
    violated = dict.fromkeys(heard.broken)
    findings = [finding(rule, "violated", heard.broken.count(rule), heard.quote) for rule in violated]
    findings += [finding(rule, "passed") for rule in heard.passed]
    left = [rule for rule in TITLES if rule not in (*heard.broken, *heard.passed)]
    findings += [finding(rule, "not_assessable") for rule in left]
    judgement = {"findings": findings, "failures": [], "report_language": heard.language}
    call = CallEntry(
        recording_id=f"{number:064x}",
        hearing="h" * 64,
        path=heard.path or f"/calls/{number}.wav",
        duration_s=heard.seconds,
        document=packed({}),
        direction="inbound",
        started_at=datetime(2026, 11, 20, 9, number % 60, tzinfo=SHANGHAI),
        day="2026-11-20",
        agent_id=heard.agent_id,
        agent_name=heard.agent_name,
        team="一组",
        masked=heard.masked,
    )
    breaches = tuple(Breach(rule, GRAVITY[rule], 0.9, 1.5, heard.broken.count(rule)) for rule in violated)
    judged = JudgementEntry(
        judging="j" * 64,
        rulebook="etiquette-zh",
        rulebook_sha256="0" * 64,
        document=packed(judgement),
        verdict=heard.verdict,
        score=heard.score,
        low=heard.score,
        high=heard.score,
        sheet="通用",
        n_not_assessable=len(left),
        n_failures=heard.n_failures,
        breaches=breaches,
        passed=tuple(heard.passed),
        unassessed=tuple(left),
    )
    return Entry(call, judged)


def finding(rule: str, status: str, times: int = 1, quote: str = QUOTE) -> dict[str, Any]:
    return {
        "rule": rule, "status": status, "severity": GRAVITY[rule], "title": TITLES[rule], "chapter": "用语",
        "message": "没有做到", "why": None, "confidence": 0.9, "value": None, "limit": None, "unit": None,
        "spans": [{"start_s": 61.5, "end_s": 63.0, "speaker": "agent"}] if status == "violated" else [],
        "quote": quote if status == "violated" else None, "sources": [{"anchor": "s1-1", "quote": "要有礼貌"}],
        "times": times,
    }  # fmt: skip


def fill(store: Store, calls: Sequence[Heard], *, lost: Sequence[str] = (), waiting: int = 0, **figures: Any) -> int:
    """The id of a run that has heard the calls and lost recordings to those causes."""
    with store.session() as session:
        run = RunRow(kind="batch", owner="test", started_at=BEGAN, ended_at=ENDED, figures=figures)
        session.add(run)
        session.flush()
        run_id = run.id
    for number, heard in enumerate(calls):
        store.save(entry(number, heard), now=BEGAN + timedelta(seconds=number))
    with store.session() as session:
        for position, (state, kind) in enumerate(_states(len(calls), lost, waiting)):
            where = f"/calls/{position}.wav"
            task = TaskRow(
                recording_id=f"{position:064x}", hearing="h" * 64, location=where, state=state, kind=kind,
                why=kind and "the file is empty", attempts=1, found_at=BEGAN, next_at=BEGAN,
            )  # fmt: skip
            session.add(task)
            session.add(FileRow(location=where, size=1, seen_at=BEGAN, recording_id=task.recording_id))
            session.flush()
            session.add(RunTaskRow(run_id=run_id, position=position, task_id=task.id, name=str(position)))
    return run_id


def _states(n_done: int, lost: Sequence[str], waiting: int) -> Iterator[tuple[str, str | None]]:
    yield from (("done", None) for _ in range(n_done))
    yield from (("failed", kind) for kind in lost)
    yield from (("waiting", None) for _ in range(waiting))


def by_rule(rules: Sequence[Any]) -> dict[str, dict[str, Any]]:
    return {rule.rule: asdict(rule) for rule in rules}
