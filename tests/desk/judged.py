"""Calls with findings told in a line, judged by a sheet that is added up by hand; people who say what they think.

The sheet: 服务 is worth 60 points, 收尾 40. A critical violation costs 40, a major one 10, a minor one 5 each time, at
most 10. From 85 on a call passes, below 60 it fails; `abuse` leaves nothing; `thanks`, surely kept, is worth 3 more.
`cut-off` costs nothing beside `abuse-customer`, which outranks it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callaudit.config import JudgeConfig
from callaudit.desk.cases import Bench, By
from callaudit.desk.outcome import Machine, rounded
from callaudit.desk.people import Role, User
from callaudit.desk.sheets import Sheets
from callaudit.records import (
    Audit,
    Call,
    CallMetadata,
    Finding,
    Hangup,
    MadeBy,
    Place,
    Recording,
    Score,
    Severity,
    Status,
    Timeline,
)
from callaudit.scoring import Limits, Price, Section, Sheet, score
from callaudit.spans import Span
from callaudit.store.database import Store
from callaudit.store.desk_tables import UserRow
from callaudit.store.entries import entries_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FIRST = "1" * 64

SERVICE = ("greeting", "interrupting", "rebuke", "abuse", "abuse-customer", "cut-off")
CLOSING = ("anything-else", "thanks", "goodbye")
SHEET = Sheet(
    "own", "手算表", (Section("服务", 60, SERVICE), Section("收尾", 40, CLOSING)),
    {"critical": Price(40), "major": Price(10), "minor": Price(5, 10)},
    fatal=frozenset({"abuse"}), outranked_by={"cut-off": ("abuse-customer",)}, bonus={"thanks": 3.0}, bonus_most=3.0,
    limits=Limits(pass_from=85, fail_below=60, sure_from=0.8),
)  # fmt: skip
SEVERITIES: dict[str, Severity] = {
    "greeting": "minor", "interrupting": "major", "rebuke": "critical", "abuse": "critical", "abuse-customer": "major",
    "cut-off": "major", "anything-else": "minor", "thanks": "minor", "goodbye": "minor",
}  # fmt: skip


def finding(rule: str, status: Status = "violated", confidence: float = 0.9, **more: Any) -> Finding:
    places = (Place(Span(3.0, 5.0), "agent"),) if status == "violated" else ()
    return Finding(rule, status, SEVERITIES[rule], f"《{rule}》", "", (), confidence, **{"places": places} | more)


def findings(*given: Finding | str) -> tuple[Finding, ...]:
    """Those, named alone for a sure violation, and all other rules kept; `thanks` without a word on it."""
    told = {one.rule: one for one in (finding(one) if isinstance(one, str) else one for one in given)}
    kept = {rule: finding(rule, "not_applicable" if rule == "thanks" else "passed") for rule in SEVERITIES}
    return tuple({**kept, **told}.values())


def machine(*given: Finding | str) -> Machine:
    found = findings(*given)
    scored = rounded(score(found, (), SHEET))
    return Machine(FIRST, 1, "j1", NOW, "a1", None, 60.0, found, (), scored)


def audit(*given: Finding | str, recording_id: str = FIRST, agent_id: str = "a1") -> Audit:
    found = findings(*given)
    metadata = CallMetadata("inbound", NOW - timedelta(1), agent_id=agent_id, department="客服一组")
    recording = Recording(recording_id, f"/calls/{recording_id[:4]}.wav", 60.0, 8000, 2, "stereo", "PCM_16", metadata)
    timeline = Timeline(None, (), Hangup("agent", 59.0, None), 0.0, 60.0)
    by = MadeBy("1", "whisper-base", rulebook="own", rulebook_sha256="0" * 64)
    call = Call(recording, timeline, (), (), (), (), by)
    return Audit(call, found, (), score(found, (), SHEET), by)


class OwnSheets(Sheets):
    """The sheet above, for calls that it scores as they were scored."""

    def __init__(self) -> None:
        super().__init__(JudgeConfig())

    def of(self, machine: Machine) -> Sheet | None:
        again = rounded(score(machine.findings, machine.failures, SHEET))
        return SHEET if replace(again, why=None) == replace(machine.score, why=None) else None


def save(store: Store, given: Audit, *, judging: str = "j1", hearing: str = "h1", now: datetime = NOW) -> int:
    return store.save(entries_of(given, hearing=hearing, judging=judging), now=now)


def bench(store: Store) -> Bench:
    return Bench(store, OwnSheets())


def add_user(store: Store, name: str, role: Role = "reviewer", agent_id: str | None = None) -> User:
    """Somebody with an account."""
    row = UserRow(
        name=name, shown_name=name.title(), role=role, agent_id=agent_id, password=None, subject=None, language=None,
        made_at=NOW, disabled_at=None,
    )  # fmt: skip
    with store.session() as session:
        session.add(row)
        session.flush()
        return User(row.id, name, name.title(), role, agent_id)


def by(user: User, seen: int, minute: float = 0.0) -> By:
    return By(user, NOW + timedelta(minutes=minute), seen)


def points(scored: Score) -> tuple[float | None, float | None, float | None, str]:
    return scored.value, scored.low, scored.high, scored.verdict
