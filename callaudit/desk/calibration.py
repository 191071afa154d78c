"""Calibrations: several people judge the same calls without seeing what the others say, until it is closed.

Of each call every rule found broken is asked, and, drawn at random, as many that were kept (at least `LEAST_KEPT`):
otherwise agreement with the machine would have no second side. The questions are fixed when the calibration is made,
are the same for everybody, and do not say which is which. What else was broken may be added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from callaudit.desk.cases import machine_of
from callaudit.desk.judging import LONGEST_COMMENT
from callaudit.desk.outcome import BROKEN, Machine, Says
from callaudit.desk.people import RIGHTS, User
from callaudit.desk.trail import note
from callaudit.errors import DeskError, NotAllowed, NotThere
from callaudit.records import Finding
from callaudit.store.crypt import Vault
from callaudit.store.database import Store
from callaudit.store.desk_tables import CalibrationCallRow, CalibrationRow, OpinionRow, UserRow
from callaudit.store.tables import AuditRow, CallRow

LEAST_KEPT: Final = 2
LEAST_PEOPLE: Final = 2
MOST_CALLS: Final = 200
LONGEST_NAME: Final = 120
Word = Literal["broken", "kept", "unsure"]
WORDS: Final[tuple[Word, ...]] = ("broken", "kept", "unsure")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is."""

    user_id: int
    name: str
    n_done: int
    n_calls: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration with how far everybody is."""

    id: int
    name: str
    maker: str
    made_at: datetime
    closed_at: datetime | None
    people: tuple[Progress, ...]

    @property
    def n_calls(self) -> int:
        """Calls of it that are still stored."""
        return max((one.n_calls for one in self.people), default=0)

    @property
    def n_left(self) -> int:
        """Calls that somebody has yet to judge, each as often as people have."""
        return sum(one.n_calls - one.n_done for one in self.people)

    def of(self, user: User) -> Progress | None:
        """How far that one is; None where they are not among its people."""
        return next((one for one in self.people if one.user_id == user.id), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says of a rule in a call; `start_s` is where, of one that was not asked."""

    rule: str
    word: Word
    comment: str = ""
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A call to be judged: its questions in an order that tells nothing, and what was answered so far.

    Sheets show of a finding only what its rule says: a place or a quote would tell that the machine found something.
    """

    calibration: Calibration
    recording_id: str
    call_id: int
    asked: tuple[Finding, ...]
    others: tuple[Finding, ...]
    answers: Mapping[str, Answer]
    done_at: datetime | None


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────
def make(
    store: Store, user: User, name: str, call_ids: Sequence[int], reviewer_ids: Collection[int], *, now: datetime
) -> int:
    """The id of a new calibration.

    Raises
    ------
    NotAllowed, NotThere, DeskError
    """
    _needs(user, "calibrate")
    name, people = name.strip(), sorted(set(reviewer_ids))
    if not 1 <= len(name) <= LONGEST_NAME:
        raise DeskError("a calibration needs a name of at most 120 characters")
    if len(people) < LEAST_PEOPLE:
        raise DeskError("choose at least two people")
    if not 1 <= len(set(call_ids)) <= MOST_CALLS:
        raise DeskError("choose between 1 and 200 calls")

    def work(session: Session) -> int:
        if people != [one.id for one in judges(session) if one.id in people]:
            raise DeskError("only people who judge calls can be chosen")
        recordings = recordings_of(session, call_ids)
        row = {"name": name, "user_id": user.id, "made_at": now, "closed_at": None}
        made = int(session.execute(insert(CalibrationRow).values(row).returning(CalibrationRow.id)).scalar_one())
        rows = []
        for recording_id in recordings:
            items = _items(machine_of(session, store.vault, recording_id), made)
            own = {"calibration_id": made, "recording_id": recording_id, "done_at": None, "items": items}
            rows += [{**own, "user_id": person} for person in people]
        session.execute(insert(CalibrationCallRow), rows)
        note(session, user, "make calibration", now=now, calibration=made, calls=len(recordings), people=len(people))
        return made

    return store.transact(work)


def judges(session: Session) -> tuple[UserRow, ...]:
    """The accounts that may judge calls, in the order in which they were made."""
    wanted = select(UserRow).where(UserRow.disabled_at.is_(None), UserRow.role.in_(RIGHTS["judge"]))
    return tuple(session.scalars(wanted.order_by(UserRow.id)))


def recordings_of(session: Session, call_ids: Sequence[int]) -> tuple[str, ...]:
    """The recordings of calls, each once.

    Raises
    ------
    NotThere
        One of them is not stored.
    """
    rows = session.execute(select(CallRow.id, CallRow.recording_id).where(CallRow.id.in_(set(call_ids))))
    known = {row.id: row.recording_id for row in rows}
    if set(call_ids) - known.keys():
        raise NotThere("there is no such call, or it is not yours to see")
    return tuple(dict.fromkeys(known[one] for one in call_ids))


def drawn(
    session: Session, n: int, *, seed: str, since: str | None = None, until: str | None = None,
    team: str | None = None, flagged: bool = False,
) -> tuple[int, ...]:  # fmt: skip
    """Calls drawn at random, the same for one seed.

    Parameters
    ----------
    flagged : only calls that failed or are to be looked at
    """
    wanted = select(AuditRow.call_id).where(AuditRow.latest)
    wanted = wanted if since is None else wanted.where(AuditRow.day >= since)
    wanted = wanted if until is None else wanted.where(AuditRow.day <= until)
    wanted = wanted if team is None else wanted.where(AuditRow.team == team)
    wanted = wanted.where(AuditRow.verdict != "pass") if flagged else wanted
    ids = session.scalars(wanted).all()
    return tuple(sorted(ids, key=lambda one: _draw(seed, str(one)))[:n])


def _items(machine: Machine, calibration_id: int) -> dict[str, str]:
    """The questions of a call, with what the machine says, in an order that tells nothing."""

    def place(finding: Finding) -> bytes:
        return _draw(str(calibration_id), machine.recording_id, finding.rule)

    broken = [one for one in machine.findings if one.status == "violated"]
    kept = sorted((one for one in machine.findings if one.status == "passed"), key=place)
    chosen = [*broken, *kept[: max(LEAST_KEPT, len(broken))]]
    return {one.rule: one.status for one in sorted(chosen, key=place)}


def _draw(*of: str) -> bytes:
    return hashlib.sha256("\0".join(of).encode()).digest()


# ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────────
def task(session: Session, vault: Vault, user: User, calibration_id: int, call_id: int) -> Task:
    """A call as one of the people is to judge it.

    Raises
    ------
    NotThere
        It is none of theirs.
    """
    of = calibration_of(session, user, calibration_id)
    recording_id = session.scalar(select(CallRow.recording_id).where(CallRow.id == call_id))
    row = None if recording_id is None else session.get(CalibrationCallRow, (calibration_id, recording_id, user.id))
    if recording_id is None or row is None:
        raise NotThere("there is no such call, or it is not yours to see")
    machine = machine_of(session, vault, recording_id)
    found = {finding.rule: finding for finding in machine.findings}
    asked = tuple(found[rule] for rule in row.items if rule in found)
    others = tuple(finding for finding in machine.findings if finding.rule not in row.items)
    said = session.scalars(
        select(OpinionRow).where(
            OpinionRow.calibration_id == calibration_id, OpinionRow.recording_id == recording_id,
            OpinionRow.user_id == user.id,
        )
    )  # fmt: skip
    answers = {
        own.rule: Answer(own.rule, word_of(own.says), own.comment, own.start_s)
        for own in said
    }  # fmt: skip
    return Task(of, recording_id, machine.call_id, asked, others, answers, row.done_at)


def answer(
    store: Store, user: User, calibration_id: int, call_id: int, answers: Sequence[Answer], *, now: datetime
) -> int | None:
    """Judges a call, once; the next call that is to be judged, None where there is none.

    Raises
    ------
    NotAllowed, NotThere, DeskError
    """
    _needs(user, "judge")

    def work(session: Session) -> int | None:
        given = task(session, store.vault, user, calibration_id, call_id)
        if given.calibration.closed_at is not None:
            raise DeskError("this calibration is closed")
        if given.done_at is not None:  # by now they may have seen what others say of it
            raise DeskError("you have judged this call already")
        own = {one.rule: one for one in answers}
        if {one.rule for one in given.asked} - own.keys():
            raise DeskError("some rules wait to be judged")
        machine = machine_of(session, store.vault, given.recording_id)
        session.execute(insert(OpinionRow), [_row(one, machine, user, calibration_id, now) for one in own.values()])
        mine = CalibrationCallRow.calibration_id == calibration_id, CalibrationCallRow.user_id == user.id
        session.execute(
            update(CalibrationCallRow)
            .where(*mine, CalibrationCallRow.recording_id == given.recording_id)
            .values(done_at=now)
        )
        note(
            session, user, "judge blind", now=now, recording_id=given.recording_id, calibration=calibration_id,
            call=call_id,
        )  # fmt: skip
        return next_call(session, user, calibration_id)

    return store.transact(work)


def _row(given: Answer, machine: Machine, user: User, calibration_id: int, now: datetime) -> dict[str, Any]:
    finding = machine.finding(given.rule)
    if finding is None or given.word not in WORDS:
        raise DeskError("this call was not judged by such a rule")
    if len(given.comment) > LONGEST_COMMENT:
        raise DeskError("that is too long; 2000 characters at most")
    if given.start_s is not None and not 0 <= given.start_s <= machine.duration_s:
        raise DeskError("that place is not within the call")
    return {
        "recording_id": machine.recording_id, "rule": given.rule, "user_id": user.id, "at": now, "kind": "blind",
        "says": _says(given.word, finding), "comment": given.comment.strip(), "found": finding.status,
        "confidence": finding.confidence, "judging": machine.judging, "start_s": given.start_s,
        "end_s": None if given.start_s is None else given.start_s + 1.0, "calibration_id": calibration_id,
        "undone_at": None, "stands": False,
    }  # fmt: skip


def _says(word: Word, finding: Finding) -> Says:
    if word == "broken":
        return "upheld" if finding.status == "violated" else "missed"
    return "overturned" if word == "kept" else "unsure"


def word_of(says: str) -> Word:
    """Broken, kept or unsure, as an opinion has it."""
    return "broken" if says in BROKEN else "kept" if says == "overturned" else "unsure"


def next_call(session: Session, user: User, calibration_id: int) -> int | None:
    """The next call of a calibration that somebody has yet to judge."""
    wanted = (
        select(CallRow.id)
        .join(AuditRow, (AuditRow.call_id == CallRow.id) & AuditRow.latest)
        .join(CalibrationCallRow, CalibrationCallRow.recording_id == CallRow.recording_id)
        .where(CalibrationCallRow.calibration_id == calibration_id, CalibrationCallRow.user_id == user.id)
        .where(CalibrationCallRow.done_at.is_(None))
    )
    return session.scalar(wanted.order_by(CallRow.id).limit(1))


def close(store: Store, user: User, calibration_id: int, *, now: datetime) -> None:
    """Ends a calibration: everybody may see what was said, and nobody may say more.

    Raises
    ------
    NotAllowed, NotThere, DeskError
    """
    _needs(user, "calibrate")

    def work(session: Session) -> None:
        of = calibration_of(session, user, calibration_id)
        ended = update(CalibrationRow).where(CalibrationRow.id == calibration_id, CalibrationRow.closed_at.is_(None))
        if not session.execute(ended.values(closed_at=now)).rowcount:  # type: ignore[attr-defined]  # an UPDATE's has it
            raise DeskError("this calibration is closed")
        note(session, user, "close calibration", now=now, calibration=calibration_id, left=of.n_left)

    store.transact(work)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def calibration_of(session: Session, user: User, calibration_id: int) -> Calibration:
    """A calibration that somebody may see.

    Raises
    ------
    NotThere
    """
    found = next((one for one in calibrations(session, user) if one.id == calibration_id), None)
    if found is None:
        raise NotThere("there is no such calibration")
    return found


def calibrations(session: Session, user: User) -> tuple[Calibration, ...]:
    """Calibrations that somebody takes part in, or all, the newest first."""
    n_done = func.count(CalibrationCallRow.done_at)
    rows = session.execute(
        select(CalibrationCallRow.calibration_id, UserRow.id, UserRow.shown_name, n_done, func.count())
        .join(UserRow, UserRow.id == CalibrationCallRow.user_id)
        .group_by(CalibrationCallRow.calibration_id, UserRow.id, UserRow.shown_name)
        .order_by(UserRow.id)
    )
    people: dict[int, list[Progress]] = {}
    for calibration_id, user_id, name, done, n in rows:
        people.setdefault(calibration_id, []).append(Progress(user_id, name, done, n))
    made = session.execute(
        select(CalibrationRow, UserRow.shown_name)
        .join(UserRow, UserRow.id == CalibrationRow.user_id)
        .order_by(CalibrationRow.id.desc())
    )
    found = (
        Calibration(row.id, row.name, maker, row.made_at, row.closed_at, tuple(people.get(row.id, ())))
        for row, maker in made
    )
    return tuple(one for one in found if user.may("calibrate") or one.of(user) is not None)


def _needs(user: User, act: Literal["calibrate", "judge"]) -> None:
    if not (user.may(act) and user.may_write):
        raise NotAllowed(f"{user.role} may not: {act}")
