"""A desk to try pages on: calls of the samples and copies of them under other agents, teams and days, with their sound.

Eight calls: the five samples (8016, 8045, 3052, 1207, 2107), and copies of three (3052 again, 8045 again, 4711).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from callaudit.desk import accounts
from callaudit.desk.people import Role
from callaudit.records import Audit
from callaudit.reports.stored import audit_from
from callaudit.store import caseload
from callaudit.store.database import Store
from callaudit.store.desk_tables import CaseRow
from callaudit.store.entries import entries_of

SAMPLES: Final = Path(__file__).parents[2] / "samples"
NOW: Final = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PASSWORD: Final = "four plain words suffice"
AGENT: Final = "3052"
"""Whose calls the agent of the tests sees: two of the eight."""
USERS: Final[tuple[tuple[str, Role], ...]] = (
    ("admin", "admin"), ("lead", "lead"), ("reviewer", "reviewer"), ("second", "reviewer"), ("agent", "agent"),
)  # fmt: skip
"""Name and role of each account; all have the same password."""


@dataclass(frozen=True)
class Made:
    """A call to be: a sample, and what is said about it instead of what the sample says."""

    sample: str
    team: str
    agent_id: str | None = None
    agent_name: str | None = None
    days_before: int | None = None
    copy: int = 0


CALLS: Final = (
    Made("courier-abuse-bad", "华东一组", agent_name="李青"),
    Made("bank-outbound-night-bad", "信用卡组", agent_name="周岚"),
    Made("telecom-silent-call-bad", "宽带组"),
    Made("bank-hold-good", "信用卡组"),
    Made("property-mono-good", "物业组"),
    Made("courier-abuse-bad", "华东一组", AGENT, "李青", 2, 1),
    Made("bank-outbound-night-bad", "信用卡组", "8045", "周岚", 5, 2),
    Made("telecom-silent-call-bad", "华东二组", "4711", "Wang <Lin> & Co", 9, 3),  # a name that pages must escape
)


def fill(store: Store, sound: Path) -> None:
    """Writes the calls and the accounts, and their sound into a folder."""
    for made in CALLS:
        store.save(entries_of(_audit(made, sound), hearing="h1", judging="j1"), now=NOW)
    with store.session() as session:
        for name, role in USERS:
            agent_id = AGENT if role == "agent" else None
            accounts.make(
                session, "test", name, role, now=NOW, shown_name=name.title(), agent_id=agent_id, password=PASSWORD,
                must_change=False,
            )  # fmt: skip


def checked(session: Session, recording_id: str) -> None:
    """A call that somebody has reviewed: from then on its agent sees it."""
    session.add(CaseRow(recording_id=recording_id, version=1, state="reviewed", reviewed_at=NOW, changed_at=NOW))
    session.flush()
    caseload.point(session, [recording_id])


def _audit(made: Made, sound: Path) -> Audit:
    audit = audit_from(json.loads((SAMPLES / f"{made.sample}.audit.json").read_text()))
    flac = _with_padding((SAMPLES / f"{made.sample}.flac").read_bytes(), made.copy)
    path = sound / f"{made.sample}{made.copy or ''}.flac"
    path.write_bytes(flac)
    metadata = replace(audit.call.metadata, department=made.team)
    if made.agent_id is not None:
        metadata = replace(metadata, agent_id=made.agent_id)
    if made.agent_name is not None:
        metadata = replace(metadata, agent_name=made.agent_name)
    if made.days_before is not None:
        metadata = replace(metadata, started_at=NOW - timedelta(made.days_before))
    recording = replace(audit.call.recording, id=hashlib.sha256(flac).hexdigest(), path=str(path), metadata=metadata)
    return replace(audit, call=replace(audit.call, recording=recording))


def _with_padding(flac: bytes, n_bytes: int) -> bytes:
    """The same sound in other bytes: a block of padding after the first block, which describes the stream."""
    if n_bytes == 0:
        return flac
    end = 4 + 4 + 34
    last = flac[4] & 0x80
    return (
        flac[:4]
        + bytes([flac[4] & 0x7F])
        + flac[5:end]
        + bytes([last | 1, 0, 0, n_bytes])
        + b"\0" * n_bytes
        + flac[end:]
    )
