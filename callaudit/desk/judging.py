"""What reviewers say of a call: finding by finding, what the machine missed, and that they are through with it.

Rows are added, never changed: whoever changes their mind adds one. Each act is one version of the case and one line of
the trail, in one transaction; a person's last act on a call can be taken back by that person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from callaudit.desk import cases
from callaudit.desk.cases import Bench, By, Case, is_blind, left, machine_of, opinions_of, put, taken
from callaudit.desk.outcome import Kind, Machine, Opinion, Outcome, Says, outcome_of, standing
from callaudit.desk.trail import note
from callaudit.errors import DeskError, Stale
from callaudit.spans import Span
from callaudit.store.desk_tables import AppealRow, OpinionRow

LONGEST_COMMENT: Final = 2000
MOMENT_S: Final = 1.0
"""How long a missed thing counts as lasting of which only the beginning was told."""


@dataclass(slots=True)
class Scene:
    """A call within the transaction of an act: the case is locked, and what is said is added here first."""

    session: Session
    bench: Bench
    by: By
    at: datetime
    case: Case
    machine: Machine
    opinions: tuple[Opinion, ...]

    def outcome(self) -> Outcome:
        """How people left the call by now."""
        return outcome_of(self.machine, self.opinions, self.bench.sheets.of(self.machine))

    def say(self, rule: str, says: Says, comment: str = "", span: Span | None = None, kind: Kind = "review") -> None:
        """Adds an opinion."""
        finding = self.machine.finding(rule)
        assert finding is not None
        row = {
            "recording_id": self.case.recording_id, "rule": rule, "user_id": self.by.user.id, "at": self.at,
            "kind": kind, "says": says, "comment": comment, "found": finding.status, "confidence": finding.confidence,
            "judging": self.machine.judging, "start_s": span.start_s if span else None,
            "end_s": span.end_s if span else None, "calibration_id": None, "undone_at": None,
        }  # fmt: skip
        self.session.execute(insert(OpinionRow).values(row))
        self.opinions = opinions_of(self.session, self.case.recording_id)

    def close(self, act: str, what: Mapping[str, Any], **changes: Any) -> Case:
        """Writes the next version of the case with the score worked out anew, and the line of the trail."""
        outcome = self.outcome()
        own = left(self.case, self.machine, outcome)
        _mark(self.session, self.case.recording_id, [one.id for one in outcome.standing.values()])
        after = put(self.session, self.case, self.at, **own, **changes)
        note(
            self.session, self.by.user, act, now=self.at, recording_id=after.recording_id,
            **{**what, "call": self.machine.call_id, "version": after.version},
        )  # fmt: skip
        return after


def acting(bench: Bench, by: By, recording_id: str, act: Callable[[Scene], Case]) -> Case:
    """The case after an act, which is one transaction.

    Raises
    ------
    Stale
        Somebody has changed the case since it was seen.
    DeskError
    """

    def work(session: Session) -> Case:
        case, at = taken(session, recording_id, by)
        machine = machine_of(session, bench.store.vault, recording_id)
        return act(Scene(session, bench, by, at, case, machine, opinions_of(session, recording_id)))

    return bench.store.transact(work)


# ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def judge(bench: Bench, by: By, recording_id: str, rule: str, says: Says, comment: str = "") -> Case:
    """Says of a rule that was found broken whether that is so.

    Raises
    ------
    Stale
        As `acting`; or the machine has another opinion by now, and nobody said that it missed something.
    NotAllowed, DeskError
    """
    by.needs("judge")
    said = _comment(comment)
    if says not in get_args(Says) or says == "missed":
        raise DeskError("a finding is upheld, overturned or unsure")

    def act(scene: Scene) -> Case:
        _refuse_closed(scene)
        stands = standing(scene.opinions).get(rule)
        if scene.machine.status(rule) is None or (scene.machine.status(rule) != "violated" and stands is None):
            raise Stale("the machine has judged this rule anew since you looked")
        scene.say(rule, says, said, None if stands is None else stands.span)
        return scene.close("judge finding", {"rule": rule, "says": says})

    return acting(bench, by, recording_id, act)


def report_miss(
    bench: Bench, by: By, recording_id: str, rule: str, start_s: float, end_s: float | None = None, comment: str = ""
) -> Case:
    """Says that a rule was broken, and where, although the machine did not find it.

    Raises
    ------
    Stale, NotAllowed, DeskError
    """
    by.needs("judge")
    said = _comment(comment)

    def act(scene: Scene) -> Case:
        _refuse_closed(scene)
        if scene.machine.status(rule) is None:
            raise DeskError("this call was not judged by such a rule")
        if scene.machine.status(rule) == "violated":
            raise DeskError("the machine has found this one")
        scene.say(rule, "missed", said, _span(start_s, end_s, scene.machine.duration_s))
        return scene.close("report miss", {"rule": rule})

    return acting(bench, by, recording_id, act)


def mark_reviewed(bench: Bench, by: By, recording_id: str) -> Case:
    """Says that one is through with a call, each of whose findings somebody has judged.

    Raises
    ------
    Stale, NotAllowed, DeskError
    """
    by.needs("judge")

    def act(scene: Scene) -> Case:
        _refuse_checked(scene)
        if scene.outcome().left:
            raise DeskError("some findings wait to be judged")
        return scene.close("mark reviewed", {}, **_review(scene))

    return acting(bench, by, recording_id, act)


def uphold_all(bench: Bench, by: By, recording_id: str) -> Case:
    """Upholds every finding that nobody has judged, and marks the call reviewed: one act, for calls that are clear.

    Raises
    ------
    Stale, NotAllowed, DeskError
    """
    by.needs("judge")

    def act(scene: Scene) -> Case:
        _refuse_checked(scene)
        rules = scene.outcome().left
        for rule in rules:
            scene.say(rule, "upheld")
        return scene.close("uphold all", {"rules": list(rules)}, **_review(scene))

    return acting(bench, by, recording_id, act)


def undo(bench: Bench, by: By, recording_id: str) -> Case:
    """Takes one's own last act on a call back: opinions, a review, a decision on an appeal.

    What others did in between stands. A review does not stand where a finding is left unjudged.

    Raises
    ------
    Stale, NotAllowed, DeskError
    """
    by.needs("judge")

    def act(scene: Scene) -> Case:
        last = last_act(scene.case, scene.opinions, by.user.id)
        if last is None:
            raise DeskError("there is nothing of yours to undo here")
        own = [one for one in scene.opinions if one.user_id == by.user.id and one.at == last]
        changes: dict[str, Any] = {}
        if any(one.kind == "final" for one in own):
            changes["state"] = _undo_decision(scene, last)
        else:
            _refuse_final(scene.case)
        taken_back = update(OpinionRow).where(OpinionRow.id.in_([one.id for one in own]))
        scene.session.execute(taken_back.values(undone_at=scene.at))
        scene.opinions = opinions_of(scene.session, recording_id)
        is_own_review = scene.case.reviewer_id == by.user.id and scene.case.reviewed_at == last
        if scene.case.is_checked and (is_own_review or scene.outcome().left):
            if _appeals(scene.session, recording_id):
                raise DeskError("there is an appeal against this review; it must be decided first")
            changes |= {"state": "open", "reviewer_id": None, "reviewed_at": None}
        return scene.close(
            "undo", {"rules": sorted({one.rule for one in own}), "state": changes.get("state")}, **changes
        )

    return acting(bench, by, recording_id, act)


def last_act(case: Case, opinions: tuple[Opinion, ...], user_id: int) -> datetime | None:
    """When somebody did what they could take back now; None where there is nothing."""
    own = [one.at for one in opinions if one.user_id == user_id and one.kind != "blind"]
    if case.reviewer_id == user_id and case.reviewed_at is not None:
        own.append(case.reviewed_at)
    return max(own, default=None)


def _mark(session: Session, recording_id: str, counting: list[int]) -> None:
    """Marks the opinions of a recording that count."""
    said = update(OpinionRow).where(OpinionRow.recording_id == recording_id, OpinionRow.kind != "blind")
    session.execute(said.values(stands=OpinionRow.id.in_(counting)))


# ── what they have in common ─────────────────────────────────────────────────────────────────────────────────────
def state_after(session: Session, recording_id: str) -> cases.State:
    """The state of a reviewed case by its appeals: final once some are decided and none is open."""
    states = {row.state for row in _appeals(session, recording_id)}
    return "final" if states and "open" not in states else "reviewed"


def _appeals(session: Session, recording_id: str) -> list[AppealRow]:
    """The appeals that were not withdrawn."""
    wanted = select(AppealRow).where(AppealRow.recording_id == recording_id, AppealRow.state != "withdrawn")
    return list(session.scalars(wanted, execution_options={"populate_existing": True}))


def _undo_decision(scene: Scene, at: datetime) -> cases.State:
    """Opens an appeal again; the state of the case then."""
    decided = update(AppealRow).where(
        AppealRow.recording_id == scene.case.recording_id, AppealRow.decided_at == at,
        AppealRow.decided_by == scene.by.user.id,
    )  # fmt: skip
    scene.session.execute(decided.values(state="open", decided_by=None, decided_at=None, answer=""))
    return state_after(scene.session, scene.case.recording_id)


def _review(scene: Scene) -> dict[str, Any]:
    return {"state": "reviewed", "reviewer_id": scene.by.user.id, "reviewed_at": scene.at}


def _refuse_final(case: Case) -> None:
    if case.state == "final":
        raise DeskError("the appeals of this call have been decided; what was decided stands")


def _refuse_closed(scene: Scene) -> None:
    """Refuses to judge what was decided, and what whoever judges has yet to judge without knowing others' opinions."""
    _refuse_final(scene.case)
    if is_blind(scene.session, scene.by.user.id, scene.case.recording_id):
        raise DeskError("this call is in a calibration of yours; judge it there until that is closed")


def _refuse_checked(scene: Scene) -> None:
    _refuse_closed(scene)
    if scene.case.is_checked:
        raise DeskError("this call has been reviewed already")


def _comment(given: str) -> str:
    said = given.strip()
    if len(said) > LONGEST_COMMENT:
        raise DeskError("that is too long; 2000 characters at most")
    return said


def _span(start_s: float, end_s: float | None, duration_s: float) -> Span:
    """The place of something missed, within the call."""
    end = start_s + MOMENT_S if end_s is None else end_s
    if not 0.0 <= start_s < end <= duration_s + MOMENT_S or start_s > duration_s:  # of what is no number, nothing holds
        raise DeskError("that place is not within the call")
    first, last = round(start_s, 3), round(end, 3)
    if first == last:
        raise DeskError("that place is not within the call")
    return Span(first, last)
