"""Calls made up in a line, to be written into a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from callaudit.records import PastCall, Severity, Verdict
from callaudit.store.documents import packed
from callaudit.store.entries import Breach, CallEntry, Entry, JudgementEntry

FIRST = datetime(2026, 1, 1, 8, tzinfo=UTC)
SHA = "b" * 64


def recording(number: int) -> str:
    return f"{number:064x}"


def judged(
    *breaches: tuple[str, Severity, float],
    verdict: Verdict = "review",
    score: float | None = 80.0,
    judging: str = "j1",
    past: PastCall | None = None,
    asked: tuple[tuple[str, str], ...] = (),
    n_not_assessable: int = 0,
) -> JudgementEntry:
    found = tuple(Breach(rule, severity, confidence, 1.5) for rule, severity, confidence in breaches)
    return JudgementEntry(
        judging=judging, rulebook="book", rulebook_sha256=SHA, document=packed({"findings": []}), verdict=verdict,
        score=score, low=score, high=score, sheet="general", n_not_assessable=n_not_assessable, n_failures=0,
        breaches=found, past=past, asked=asked,
    )  # fmt: skip


def entry(number: int, judgement: JudgementEntry, *, day: int | None = 0, **columns: Any) -> Entry:
    """A call of the so-manieth day of 2026; None: nobody knows when it was."""
    started = None if day is None else FIRST + timedelta(day)
    known = {"agent_id": "a1", "team": "t1", "duration_s": 60.0, "path": f"/calls/{number}.wav", "hearing": "h1"}
    call = CallEntry(
        recording_id=recording(number), started_at=started, day=started.date().isoformat() if started else None,
        document=packed({"turns": [{"text": f"number {number}"}]}), **{**known, **columns},
    )  # fmt: skip
    return Entry(call, judgement)
