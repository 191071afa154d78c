"""What came of a calibration: how far people agree with each other and with the machine, and where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from callaudit.desk.agreement import Agreement, Words, of_all, of_any, of_pair
from callaudit.desk.calibration import Calibration, Word, calibration_of, word_of
from callaudit.desk.people import User
from callaudit.errors import DeskError
from callaudit.store.desk_tables import CalibrationCallRow, OpinionRow
from callaudit.store.tables import AuditRow, CallRow

MACHINE: Final = "machine"
COUNTED: Final = ("broken", "kept")
"""Who is unsure has given no word: neither κ nor α counts it, as they count no finding that the machine left open."""


@dataclass(frozen=True, slots=True)
class Item:
    """A rule in a call: what was said of it, by person and `MACHINE`, and with which comments.

    `was_asked` is False of one that somebody added; such a one counts for nothing, since the others were not asked.
    """

    recording_id: str
    call_id: int | None
    rule: str
    words: Mapping[str, Word]
    comments: Mapping[str, str]
    start_s: float | None
    was_asked: bool

    @property
    def differs(self) -> bool:
        """Whether people do not agree, or nobody else said what one of them did."""
        people = {word for who, word in self.words.items() if who != MACHINE}
        return len(people) > 1 or not self.was_asked


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people, or one and the machine."""

    one: str
    other: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class RuleAgreement:
    """A rule: whoever judged it, and each of them with the machine."""

    rule: str
    n_items: int
    people: Agreement
    machine: Agreement


@dataclass(frozen=True, slots=True)
class Results:
    """What came of a calibration; `names` are its people's, by key."""

    calibration: Calibration
    names: Mapping[str, str]
    items: tuple[Item, ...]
    pairs: tuple[Pair, ...]
    all: Agreement
    any: Agreement
    machine: tuple[Pair, ...]
    rules: tuple[RuleAgreement, ...]
    n_unsure: Mapping[str, int]

    @property
    def differences(self) -> tuple[Item, ...]:
        """Where people do not agree."""
        return tuple(item for item in self.items if item.differs)


def results(session: Session, user: User, calibration_id: int) -> Results:
    """What came of a calibration that is closed.

    Raises
    ------
    NotThere
    DeskError
        It is still open: nobody sees what others said.
    """
    of = calibration_of(session, user, calibration_id)
    if of.closed_at is None:
        raise DeskError("this calibration is still open")
    items = _items(session, calibration_id)
    people = [str(person.user_id) for person in of.people]
    asked = [item for item in items if item.was_asked]
    calls = _by_call(asked)
    seed = calibration_id
    rules = sorted({item.rule for item in asked})
    return Results(
        calibration=of,
        names={str(person.user_id): person.name for person in of.people},
        items=items,
        pairs=tuple(Pair(a, b, of_pair(calls, a, b, COUNTED, seed)) for a, b in combinations(people, 2)),
        all=of_all(calls, people, COUNTED, seed),
        any=of_any(calls, people, COUNTED, seed),
        machine=tuple(Pair(a, MACHINE, of_pair(calls, a, MACHINE, COUNTED, seed)) for a in people),
        rules=tuple(_rule(rule, asked, people, seed) for rule in rules),
        n_unsure={who: sum(item.words.get(who) == "unsure" for item in items) for who in people},
    )


def _rule(rule: str, items: Sequence[Item], people: Sequence[str], seed: int) -> RuleAgreement:
    own = [item for item in items if item.rule == rule]
    calls = _by_call(own)
    with_machine = [
        [
            {"person": item.words[who], MACHINE: item.words[MACHINE]}
            for item in own
            for who in people
            if who in item.words
        ]
    ]
    return RuleAgreement(
        rule, len(own), of_any(calls, people, COUNTED, seed), of_pair(with_machine, "person", MACHINE, COUNTED, seed)
    )


def _by_call(items: Sequence[Item]) -> list[list[Words]]:
    calls: dict[str, list[Words]] = {}
    for item in items:
        calls.setdefault(item.recording_id, []).append(item.words)
    return list(calls.values())


def _items(session: Session, calibration_id: int) -> tuple[Item, ...]:
    """Everything asked or added, call by call."""
    asked: dict[tuple[str, str], str] = {}
    rows = session.execute(
        select(CalibrationCallRow.recording_id, CalibrationCallRow.items)
        .where(CalibrationCallRow.calibration_id == calibration_id)
        .order_by(CalibrationCallRow.recording_id)
    )
    for recording_id, items in rows:
        asked |= {(recording_id, rule): status for rule, status in items.items()}
    said: dict[tuple[str, str], list[OpinionRow]] = {key: [] for key in asked}
    opinions = select(OpinionRow).where(OpinionRow.calibration_id == calibration_id, OpinionRow.undone_at.is_(None))
    for row in session.scalars(opinions.order_by(OpinionRow.recording_id, OpinionRow.id)):
        said.setdefault((row.recording_id, row.rule), []).append(row)
    shown = _calls(session, calibration_id)
    return tuple(
        _item(recording_id, shown.get(recording_id), rule, rows, asked.get((recording_id, rule)))
        for (recording_id, rule), rows in sorted(said.items(), key=lambda pair: pair[0])
    )


def _item(recording_id: str, call_id: int | None, rule: str, rows: Sequence[OpinionRow], machine: str | None) -> Item:
    words: dict[str, Word] = {str(row.user_id): word_of(row.says) for row in rows}
    if machine is not None:
        words[MACHINE] = "broken" if machine == "violated" else "kept"
    comments = {str(row.user_id): row.comment for row in rows if row.comment}
    start_s = next((row.start_s for row in rows if row.start_s is not None), None)
    return Item(recording_id, call_id, rule, words, comments, start_s, machine is not None)


def _calls(session: Session, calibration_id: int) -> dict[str, int]:
    """The calls that lists show of the recordings of a calibration."""
    own = select(CalibrationCallRow.recording_id).where(CalibrationCallRow.calibration_id == calibration_id)
    rows = session.execute(
        select(CallRow.recording_id, CallRow.id)
        .join(AuditRow, (AuditRow.call_id == CallRow.id) & AuditRow.latest)
        .where(CallRow.recording_id.in_(own))
    )
    return {row.recording_id: row.id for row in rows}
