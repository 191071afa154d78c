"""What people judged, as labels for `callaudit evaluate`: how well the machine does on the company's own calls.

Only calls that a person has been through. Upheld and missed say that a rule was broken, overturned that it was kept;
unsure says nothing. A label is named after its recording's content, and holds names of rules alone: no words, no
numbers, no names of people or files.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.desk.cases import CHECKED
from callaudit.desk.outcome import BROKEN
from callaudit.desk.people import User
from callaudit.desk.trail import note
from callaudit.errors import NotAllowed
from callaudit.evaluation.labels import SUFFIX
from callaudit.store.database import Store
from callaudit.store.desk_tables import CaseRow, OpinionRow
from callaudit.store.tables import AuditRow, CallRow

ACT: Final = "export labels"
NAME_CHARS: Final = 16
"""Of a recording's SHA-256: enough to tell calls apart."""
ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Archives of the same labels are the same, to the byte."""


@dataclass(frozen=True, slots=True)
class Label:
    """What people left of a call; `call_id` is the one that lists show."""

    recording_id: str
    call_id: int
    violations: tuple[str, ...]
    passes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What its files are called, without their endings."""
        return self.recording_id[:NAME_CHARS]

    @property
    def text(self) -> str:
        """The label as a file holds it."""
        rules = {"violations": list(self.violations), "passes": list(self.passes)}
        return json.dumps({key: value for key, value in rules.items() if value}, ensure_ascii=False, indent=1) + "\n"


def labels(session: Session) -> tuple[Label, ...]:
    """A label of every call that was reviewed and of which something was said, in order of recordings."""
    rows: Any = (
        select(CaseRow.recording_id, AuditRow.call_id, OpinionRow.rule, OpinionRow.says)
        .join(OpinionRow, OpinionRow.recording_id == CaseRow.recording_id)
        .join(CallRow, CallRow.recording_id == CaseRow.recording_id)
        .join(AuditRow, (AuditRow.call_id == CallRow.id) & AuditRow.latest)
        .where(CaseRow.state.in_(CHECKED), OpinionRow.stands, OpinionRow.says != "unsure")
        .order_by(CaseRow.recording_id, OpinionRow.rule)
    )
    calls: dict[tuple[str, int], dict[bool, list[str]]] = {}
    for recording_id, call_id, rule, says in session.execute(rows):
        calls.setdefault((recording_id, call_id), {True: [], False: []})[says in BROKEN].append(rule)
    return tuple(Label(*key, tuple(said[True]), tuple(said[False])) for key, said in calls.items())


def exported(session: Session, who: User | str, *, now: datetime, audits: bool = False) -> tuple[Label, ...]:
    """The labels, to be taken away; the trail notes it.

    Raises
    ------
    NotAllowed
    """
    if isinstance(who, User) and not who.may("export"):
        raise NotAllowed(f"{who.role} may not: export")
    found = labels(session)
    note(session, who, ACT, now=now, calls=len(found), audits=audits)
    return found


def zipped(found: tuple[Label, ...]) -> bytes:
    """The labels as an archive, a file each."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in found:
            archive.writestr(zipfile.ZipInfo(one.name + SUFFIX, ZIP_EPOCH), one.text)
    return held.getvalue()


def write(store: Store, who: str, out: Path, *, now: datetime, audits: Path | None = None) -> tuple[Label, ...]:
    """Writes the labels into a folder, and the audits they are held against into another one.

    Parameters
    ----------
    audits : what lists show of these calls, whole, words among it
    """
    found = store.transact(lambda session: exported(session, who, now=now, audits=audits is not None))
    out.mkdir(parents=True, exist_ok=True)
    for one in found:
        (out / (one.name + SUFFIX)).write_text(one.text, encoding="utf-8")
    if audits is not None:
        audits.mkdir(parents=True, exist_ok=True)
        for name, document in _documents(store, found):
            (audits / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return found


def _documents(store: Store, found: tuple[Label, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in found:
        yield one.name, store.document(one.call_id)
